"""自定义指标的数值: typed by whom the metric names, until the figures of the school are taken for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils import timezone

from ratings.criteria.kinds import exactly, to_decimal
from ratings.criteria.spec import CustomMetricSpec, SchemeSpec
from ratings.criteria.versions import current_spec
from ratings.enums import RUNNING, FilledBy, Stage, Status
from ratings.models import Assessment, Scheme, SchemeVersion
from ratings.workflow import hold_assessments, is_overdue, returned_items, void_signature
from schools.models import MetricValue, Role, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES
from schools.permissions import role_of
from schools.records.changes import note_change, snapshot
from schools.workbooks.cells import CellError, cell_decimal

WRITERS = {FilledBy.SCHOOL: SCHOOL_ROLES, FilledBy.COUNTY: COUNTY_ROLES, FilledBy.CITY: (Role.OFFICE,)}
STAGES = {FilledBy.SCHOOL: Stage.SELF, FilledBy.COUNTY: Stage.COUNTY}
#: Figures are taken for good when the county recommends, or when the school submits where there is no county
#: stage.
BEFORE_FINAL = (Status.DRAFT, Status.CONFIRMING, Status.RETURNED, Status.COUNTY)
NOTE = "自定义指标填报"


def figure_metrics(scheme: Scheme, user: User) -> tuple[CustomMetricSpec, ...]:
    """The metrics of an opened scheme whose values this identity types."""
    try:
        spec = current_spec(scheme)
    except SchemeVersion.DoesNotExist:
        return ()
    role = role_of(user)
    return tuple(metric for metric in spec.custom_metrics if role in WRITERS[FilledBy(metric.filled_by)])


def figures_left(scheme: Scheme, user: User) -> int:
    """How many figures this identity still owes."""
    metrics = figure_metrics(scheme, user)
    if not metrics or scheme.phase not in RUNNING:
        return 0
    mine = Assessment.objects.visible_to(user).filter(scheme=scheme, status__in=BEFORE_FINAL)
    if role_of(user) in SCHOOL_ROLES:
        mine = mine.exclude(status=Status.COUNTY)
    labels = [metric.label for metric in metrics]
    typed = MetricValue.objects.filter(
        school__in=mine.values("school"), year=scheme.year, reference__in=labels
    ).count()
    return max(mine.count() * len(labels) - typed, 0)


def closed(assessment: Assessment, metric: CustomMetricSpec, spec: SchemeSpec, user: User) -> str:
    """Why the figure may not be typed now, as a sentence; "" when it may."""
    filled_by = FilledBy(metric.filled_by)
    if assessment.scheme.phase not in RUNNING:
        return f"方案处于“{assessment.scheme.get_phase_display()}”阶段，不能再填。"
    allowed = BEFORE_FINAL[:3] if filled_by == FilledBy.SCHOOL else BEFORE_FINAL
    if assessment.status not in allowed:
        return f"申报处于“{assessment.get_status_display()}”，数已取定。"
    if filled_by in STAGES and is_overdue(assessment, STAGES[filled_by]):
        return f"{Stage(STAGES[filled_by]).label}已截止。"
    return _own_rules(assessment, metric, spec, user) if filled_by == FilledBy.SCHOOL else ""


def _own_rules(assessment: Assessment, metric: CustomMetricSpec, spec: SchemeSpec, user: User) -> str:
    """A school hands its figures to its head like its answers, and mends only what it was asked to."""
    if assessment.status == Status.CONFIRMING and role_of(user) == Role.FILLER:
        return "已交负责人确认，如需修改请先取回。"
    if assessment.status == Status.RETURNED:
        codes = returned_items(assessment, "item__code")
        if not any(metric.label in spec.bound[code].references for code in codes if code in spec.bound):
            return "退回补正时只能修改所列小项要用的数。"
    return ""


@dataclass
class FigureField:
    """One figure of one school on the page: what stands in it, what stood in it when the page was opened, why
    it may not be typed ("" when it may), what is wrong with it.
    """

    assessment: Assessment
    metric: CustomMetricSpec
    closed: str
    name: str
    text: str
    was: str
    error: str = ""

    @property
    def label(self) -> str:
        """For who hears the page instead of seeing it."""
        unit = f"（{self.metric.unit}）" if self.metric.unit else ""
        return f"{self.assessment.school.name} {self.metric.label}{unit}"

    def read(self) -> Decimal | None:
        """What was typed; an unreadable figure leaves its sentence at the field."""
        metric = self.metric
        unit, upper = "" if metric.unit == "%" else metric.unit, to_decimal(metric.upper)
        try:
            return cell_decimal(self.text or None, unit=unit, lowest=0, highest=upper, places=4)
        except CellError as error:
            self.error = f"{error}。"
        return None

    def refuse(self, why: str, now: Decimal | None) -> None:
        """What is stored now becomes what the next attempt starts from."""
        self.was = _text(now)
        self.error = f"{why}现在保存的是 {self.was or '（空）'}，您填的是 {self.text or '（空）'}。"


class FiguresForm:
    """A row of figures for every school; bound, it keeps what was typed. Two queries, and a few more for
    schools that were asked to mend.
    """

    def __init__(
        self,
        data: Mapping[str, str] | None,
        scheme: Scheme,
        metrics: Sequence[CustomMetricSpec],
        assessments: Iterable[Assessment],
        *,
        user: User,
    ) -> None:
        self.scheme, self.metrics, self.user, self.spec = scheme, metrics, user, current_spec(scheme)
        schools = list(assessments)
        stored = self._stored(schools)
        self.rows = [
            [self._field(data or {}, stored, school, place) for place in range(len(metrics))]
            for school in schools
        ]
        self.fields = [field for row in self.rows for field in row]

    def _stored(self, assessments: Iterable[Assessment]) -> dict[tuple[int, str], Decimal]:
        rows = MetricValue.objects.filter(
            school__in=[one.school_id for one in assessments],
            year=self.scheme.year,
            reference__in=[metric.label for metric in self.metrics],
        )
        return {(row.school_id, row.reference): row.value for row in rows}

    def _field(self, data: Mapping[str, str], stored: Mapping, school: Assessment, place: int) -> FigureField:
        metric, name = self.metrics[place], f"figure-{school.pk}-{place}"
        now = _text(stored.get((school.school_id, metric.label)))
        return FigureField(
            school,
            metric,
            closed(school, metric, self.spec, self.user),
            name,
            data.get(name, now).strip(),
            data.get(f"was-{name}", now),
        )

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Anchors and sentences for the summary."""
        return [(field.name, f"{field.label}：{field.error}") for field in self.fields if field.error]

    @property
    def is_open(self) -> bool:
        """Whether anything may be typed here."""
        return any(not field.closed for field in self.fields)

    def save(self) -> None:
        """Store what was changed, once every figure can be read; what is not stored says why at its field.

        A figure that somebody else changed since the page was opened is not overwritten. The signature on
        paper no longer covers what changed.
        """
        typed = [(field, field.read()) for field in self.fields if not field.closed]
        if self.errors:
            return
        wanted = {field.assessment.pk for field, _ in typed}
        visible = Assessment.objects.visible_to(self.user).filter(scheme=self.scheme, pk__in=wanted)
        with transaction.atomic():
            held = {one.pk: one for one in hold_assessments(visible)}
            self.spec = current_spec(self.scheme)  # a correction may have been signed meanwhile
            stored = self._stored(held.values())
            for field, value in typed:
                assessment = held.get(field.assessment.pk)
                if assessment is not None:
                    now = stored.get((assessment.school_id, field.metric.label))
                    self._change(field, assessment, now, value)

    def _change(
        self, field: FigureField, assessment: Assessment, now: Decimal | None, value: Decimal | None
    ) -> None:
        was = _number(field.was)
        if value in (now, was):
            return
        if why := closed(assessment, field.metric, self.spec, self.user):
            field.refuse(why, now)
        elif now != was:
            field.refuse("别人刚改过这个数，请核对后再保存。", now)
        else:
            _store(assessment, field.metric.label, value, self.user)
            void_signature(assessment)


def _text(value: Decimal | None) -> str:
    return "" if value is None else exactly(value)


def _number(text: str) -> Decimal | None:
    """What the page itself wrote; anything else counts as nothing."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _store(assessment: Assessment, reference: str, value: Decimal | None, by: User) -> None:
    """Write the figure, with the old and the new one in the 修改记录 of the school."""
    key = {"school_id": assessment.school_id, "year": assessment.scheme.year, "reference": reference}
    row = MetricValue.objects.filter(**key).first()
    before = snapshot(row) if row else {}
    if value is None:
        note_change(row, school=assessment.school, action="void", before=before, after={}, by=by)
        row.delete()
        return
    action = "change" if row else "add"
    row = row or MetricValue(**key)
    row.value, row.note, row.recorded_by, row.recorded_at = value, NOTE, by, timezone.now()
    row.save()
    note_change(row, school=assessment.school, action=action, before=before, after=snapshot(row), by=by)
