"""Sheets of money, head counts, imported metric values and guidance."""

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from schools.metrics import METRICS, MetricError, canonical, resolve
from schools.models import Budget, Liaison, MetricValue, Visit, YearFigures
from schools.site.contributions import said_of_ties
from schools.workbooks import CellError, cell_decimal, cell_text

from .base import WorkbookResource, person_column
from .columns import CellWidget, ColumnField

MONEY = {"unit": ("元",), "highest": 1_000_000_000}
PERSONS = {"unit": ("人", "名")}
TRAINED = {**PERSONS, "hint": "一人只计一次"}


class BudgetResource(WorkbookResource):
    class Meta:
        model = Budget
        import_id_fields = ("school", "year", "source")
        widgets = {
            "allotted": {"hint": "单位为元", **MONEY},
            "arrived": {"hint": "单位为元；不填表示尚未登记，没有到位填 0", **MONEY},
        }


class YearFiguresResource(WorkbookResource):
    class Meta:
        model = YearFigures
        import_id_fields = ("school", "year")
        widgets = {
            "party_members": PERSONS,
            "cadres_due": PERSONS,
            "members_trained": TRAINED,
            "cadres_trained": TRAINED,
            "issues_solved": {"unit": ("项", "个")},
        }


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

    reference = ColumnField(
        "reference",
        "指标",
        CellWidget(cell_reference, required=True),
        hint="系统取数指标的名称，可带口径，如：办班期数[学时≥2, 人次≥15]",
    )
    value = ColumnField(
        "value",
        "数值",
        CellWidget(cell_decimal, required=True, lowest=0, unit=UNITS),
        hint="百分比写成 85% 或 0.85",
    )

    class Meta:
        model = MetricValue
        import_id_fields = ("school", "year", "reference")

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


class LiaisonResource(WorkbookResource):
    user = person_column("user", "联系指导人员", hint="填用户名")

    tells_new = True  # who guides a school reads its records, and does not score it

    def note(self) -> list[str]:
        """With what scoring it undoes."""
        begun = [one for one, _ in self.written if one.until is None]
        return [*super().note(), *(text for one in begun for text in said_of_ties(one.user, [one.school]))]

    class Meta:
        model = Liaison
        import_id_fields = ("user", "school", "since")
        fields = ("school", "user", "since", "until")


class VisitResource(WorkbookResource):
    by = person_column("by", "走访人", hint="填用户名")

    class Meta:
        model = Visit
        import_id_fields = ("school", "by", "on", "kind")
        fields = ("school", "by", "on", "kind", "findings")
        widgets = {"kind": {"required": True}}

    def get_queryset(self) -> QuerySet[Visit]:
        """Voided visits stay voided."""
        return super().get_queryset().kept()
