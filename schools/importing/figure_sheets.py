"""Sheets of money, head counts, imported metric values and guidance."""

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from schools.metrics import METRICS, MetricError, canonical, resolve
from schools.models import Budget, Liaison, MetricValue, Visit, YearFigures
from schools.workbooks import CellError, cell_text

from .base import YEARS, WorkbookResource, person_lookup, school_column
from .columns import CellWidget, ColumnField, amount, choice, day, lookup, number, text

MONEY = {"unit": ("元",), "places": 2, "highest": 1_000_000_000}
PERSONS = ("人", "名")


class BudgetResource(WorkbookResource):
    school = school_column()
    year = number("year", "年度", required=True, **YEARS)
    source = choice("source", "来源", Budget.Source, required=True)
    allotted = amount("allotted", "下达（元）", hint="单位为元", **MONEY)
    arrived = amount("arrived", "到位（元）", hint="单位为元；不填表示尚未登记，没有到位填 0", **MONEY)

    class Meta:
        model = Budget
        import_id_fields = ("school", "year", "source")
        fields = ("school", "year", "source", "allotted", "arrived")


class YearFiguresResource(WorkbookResource):
    school = school_column()
    year = number("year", "年度", required=True, **YEARS)
    party_members = number("party_members", "党员总数", unit=PERSONS)
    cadres_due = number("cadres_due", "应训干部", unit=PERSONS)
    members_trained = number("members_trained", "参训党员", unit=PERSONS, hint="一人只计一次")
    cadres_trained = number("cadres_trained", "参训干部", unit=PERSONS, hint="一人只计一次")
    issues_solved = number("issues_solved", "专题研究解决事项", unit=("项", "个"))

    class Meta:
        model = YearFigures
        import_id_fields = ("school", "year")
        fields = (
            "school",
            "year",
            "party_members",
            "cadres_due",
            "members_trained",
            "cadres_trained",
            "issues_solved",
        )


def cell_reference(value: object) -> str:
    """A metric with its conditions in canonical spelling; CellError with the nearest names otherwise."""
    typed = cell_text(value)
    if not typed:
        return ""
    try:
        return canonical(typed)
    except MetricError as error:
        raise CellError(str(error).rstrip("。")) from error


UNITS = tuple(sorted({metric.unit for metric in METRICS.values()} - {"%", "是否"}))


class MetricValueResource(WorkbookResource):
    """Figures from other systems or earlier years; 年度 may be given by the import instead of a column."""

    school = school_column()
    year = number("year", "年度", required=True, **YEARS)
    reference = ColumnField(
        "reference",
        "指标",
        CellWidget(cell_reference, required=True),
        hint="系统取数指标的名称，可带口径，如：办班期数[学时≥2, 人次≥15]",
    )
    value = amount("value", "数值", required=True, unit=UNITS, hint="百分比写成 85% 或 0.85")
    note = text("note", "来源", longest=200)

    class Meta:
        model = MetricValue
        import_id_fields = ("school", "year", "reference")
        fields = ("school", "year", "reference", "value", "note")

    def defaults(self) -> dict[str, object]:
        """The year of the import."""
        return {"年度": self.year}

    def check(self, instance: MetricValue) -> None:
        """A figure beyond what its metric can be is a slip of the pen, most often 85 for 85%."""
        metric, _ = resolve(instance.reference)
        if metric.upper is not None and instance.value > metric.upper:
            most = "100%" if metric.unit == "%" else str(metric.upper)
            raise ValidationError({"value": f"“{metric.label}”不能大于 {most}"})

    def before_save_instance(self, instance, row, **kwargs) -> None:
        """Who brought in the present value, and when."""
        instance.recorded_by, instance.recorded_at = self.by, timezone.now()


def _person(attribute: str, heading: str) -> ColumnField:
    return lookup(attribute, heading, person_lookup(), hint="填用户名")


class LiaisonResource(WorkbookResource):
    school = school_column()
    user = _person("user", "联系指导人员")
    since = day("since", "开始日期", required=True)
    until = day("until", "结束日期")

    periods = (("since", "until"),)

    class Meta:
        model = Liaison
        import_id_fields = ("user", "school", "since")
        fields = ("school", "user", "since", "until")


class VisitResource(WorkbookResource):
    school = school_column()
    by = _person("by", "走访人")
    on = day("on", "日期", required=True)
    kind = choice("kind", "类别", Visit.Kind, required=True)
    findings = text("findings", "情况", longest=200)

    class Meta:
        model = Visit
        import_id_fields = ("school", "by", "on", "kind")
        fields = ("school", "by", "on", "kind", "findings")

    def get_queryset(self) -> QuerySet[Visit]:
        """Voided visits stay voided."""
        return super().get_queryset().kept()
