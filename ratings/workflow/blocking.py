"""When a step may be taken: what is missing, what is too late, what somebody already scored."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Confirmation, FilledBy, Phase, Stage, Status
from ratings.models import Assessment, Score
from ratings.rules.rounding import show
from ratings.scoring import Entry, answered_apart, entry_from_json, owed_codes, owed_in
from schools.metrics import Figure
from schools.numbers import chinese_date

from .deadlines import day_words, due, is_overdue
from .membership import has_left
from .requests import open_request
from .snapshots import figures_of, live_figures, scheme_spec

OPINION_LIMIT = 300
#: Under this name `facts` holds the figures that were checked, so that the snapshot keeps the very same.
FIGURES = "figures"
#: Who is to be asked for the figure that is missing.
FILLERS = {FilledBy.SCHOOL: "本校", FilledBy.COUNTY: "县（区）初评人", FilledBy.CITY: "市评委会办公室"}


@dataclass(frozen=True)
class Blocker:
    """One sentence against a step; `item` is the code of the item it stands on, for a link."""

    text: str
    item: str = ""


#: Asked with the assessment, its criteria, and the facts of the step, to which it may add.
Check = Callable[[Assessment, SchemeSpec, dict], Iterator[Blocker]]


def blockers(assessment: Assessment, code: str, facts: dict | None = None) -> list[Blocker]:
    """Everything that stands against taking the step now, whoever takes it; empty when it may be taken."""
    spec = scheme_spec(assessment.scheme)
    return [
        blocker
        for check in CHECKS.get(code, ())
        for blocker in check(assessment, spec, {} if facts is None else facts)
    ]


def standing_against(assessment: Assessment, code: str) -> list[Blocker]:
    """What no filling in of its page could change; for offering steps of offices at many schools, so it asks
    the database nothing that `with_requests` and the extensions have not brought.
    """
    checks = (check for check in CHECKS.get(code, ()) if check in WHATEVER_IS_TYPED)
    return [blocker for check in checks for blocker in check(assessment, None, {})]


def missing_in(assessment: Assessment, spec: SchemeSpec, stage: str) -> Iterator[Blocker]:
    """Items a stage owes and has not answered, by code."""
    for owed in owed_in(spec, stage, _entries(assessment, stage), owed_codes(spec, stage)):
        yield Blocker(owed.text, owed.code)


def _entries(assessment: Assessment, stage: str) -> dict[str, Entry]:
    rows = Score.objects.filter(assessment=assessment, stage=stage, judge=None, answers__isnull=False)
    return {code: entry_from_json(answers) for code, answers in rows.values_list("item__code", "answers")}


def _complete(stage: str) -> Check:
    def check(assessment: Assessment, spec: SchemeSpec, *_) -> Iterator[Blocker]:
        return missing_in(assessment, spec, stage)

    return check


def _in_time(stage: Stage) -> Check:
    def check(assessment: Assessment, *_) -> Iterator[Blocker]:
        if is_overdue(assessment, stage):
            last = day_words(due(assessment, stage))
            yield Blocker(f"{stage.label}已于 {last} 截止，如需延期请联系市评委会办公室")

    return check


overdue = _in_time(Stage.SELF)


def _known_figures(assessment: Assessment, spec: SchemeSpec, facts: dict) -> Iterator[Blocker]:
    facts[FIGURES] = live_figures(assessment, spec)
    yield from unknown_figures(spec, facts[FIGURES])


def unknown_figures(spec: SchemeSpec, figures: Mapping[str, Figure]) -> Iterator[Blocker]:
    """Figures that an item or a star reads and nobody knows, and who can tell them."""
    fillers = {metric.label: FILLERS[FilledBy(metric.filled_by)] for metric in spec.custom_metrics}
    of_stars_alone = set(spec.star_references)
    for code, bound in spec.bound.items():
        of_stars_alone -= bound.references
        item, unknown = f"{code} {bound.item.name}", _unknown(bound.references, figures)
        if registered := [reference for reference in unknown if reference not in fillers]:
            yield Blocker(f"{item}缺系统数据：{'、'.join(registered)}，请先补全登记", code)
        for reference in unknown:
            if reference in fillers:
                yield Blocker(f"{item}缺自定义指标“{reference}”，由{fillers[reference]}填报", code)
    for reference in _unknown(of_stars_alone, figures):
        whose = f"由{fillers[reference]}填报" if reference in fillers else "请先补全登记"
        yield Blocker(f"星级标准要用的“{reference}”没有数据，{whose}")


def _unknown(references: Iterable[str], figures: Mapping[str, Figure]) -> list[str]:
    return sorted(reference for reference in references if figures[reference].value is None)


def _scheme_open(assessment: Assessment, *_) -> Iterator[Blocker]:
    if assessment.scheme.phase not in (Phase.OPEN, Phase.SCORING):
        yield Blocker(f"方案处于“{assessment.scheme.get_phase_display()}”阶段")


def _signed(assessment: Assessment, *_) -> Iterator[Blocker]:
    if (
        assessment.scheme.confirmation == Confirmation.SIGNED
        and not assessment.signed_pages.filter(voided_at__isnull=True).exists()
    ):
        yield Blocker("请打印申报确认页，签字盖章后上传扫描件")


def _not_scored_yet(assessment: Assessment, *_) -> Iterator[Blocker]:
    stage = Stage.COUNTY if assessment.status == Status.COUNTY else Stage.CITY
    scored = (
        assessment.scores.filter(stage=stage, answers__isnull=False).exists()
        or assessment.adjustments.filter(stage=stage).exists()
    )
    if scored:
        yield Blocker(f"{stage.label}已经开始评分，不能再撤回，如需修改请联系评审方退回补正")


def _returnable(assessment: Assessment, spec: SchemeSpec, facts: dict) -> Iterator[Blocker]:
    items = facts.get("items") or {}
    if not items:
        yield Blocker("请指明要补正的小项")
    for code, comment in items.items():
        if code not in spec.bound:
            yield Blocker(f"方案里没有小项 {code}")
        elif not str(comment).strip():
            yield Blocker(f"请写明 {code} {spec.bound[code].item.name}要补正什么", code)


def _returns_left(assessment: Assessment, *_) -> Iterator[Blocker]:
    used = assessment.moves.filter(step="return_", from_status=assessment.status).count()
    if used >= assessment.scheme.return_limit:
        yield Blocker(f"本阶段已退回 {used} 次，达到上限，不能再退回")


def _return_overdue(assessment: Assessment, *_) -> Iterator[Blocker]:
    if not is_overdue(assessment, Stage.SELF):
        yield Blocker(f"补正期限到 {day_words(due(assessment, Stage.SELF))}，期满前不能收回")


def _self_overdue(assessment: Assessment, *_) -> Iterator[Blocker]:
    last = due(assessment, Stage.SELF)
    if last is None:
        yield Blocker("本方案没有设自评截止日，不能认定未申报")
    elif not is_overdue(assessment, Stage.SELF):
        yield Blocker(f"自评截止时间未到（{day_words(last)}截止），不能认定未申报")


def _reasons_owed(assessment: Assessment, spec: SchemeSpec, *_) -> Iterator[Blocker]:
    """初评 far from 自评 on the answers owes a reason; items with 核定要素 were not asked of the school
    alike.
    """
    own, county = _entries(assessment, Stage.SELF), _entries(assessment, Stage.COUNTY)
    values = figures_of(assessment)
    rows = assessment.scores.filter(stage=Stage.COUNTY, answers__isnull=False)
    for code, remark in rows.values_list("item__code", "remark"):
        bound = spec.bound[code]
        apart = answered_apart(spec, bound, values, own.get(code), county.get(code))
        if apart and not remark.strip():
            yield Blocker(f"{code} {bound.item.name}初评与自评相差 {show(apart)} 分，请写明理由", code)


def _opinion(assessment: Assessment, spec: SchemeSpec, facts: dict) -> Iterator[Blocker]:
    opinion = str(facts.get("opinion") or "").strip()
    if facts.get("star") not in {0, *(band.star for band in spec.bands)}:
        yield Blocker("请选择建议星级")
    if not opinion:
        yield Blocker("请填写初评意见")
    elif len(opinion) > OPINION_LIMIT:
        yield Blocker(f"初评意见共 {len(opinion)} 字，最多 {OPINION_LIMIT} 字")


def _asked_to_decline(assessment: Assessment, *_) -> Iterator[Blocker]:
    if open_request(assessment) is None:
        yield Blocker("学校负责人没有申请不参评，或者申请已经答复")


def _not_asked_yet(assessment: Assessment, *_) -> Iterator[Blocker]:
    if open_request(assessment) is not None:
        yield Blocker("已经申请不参评，等待市评委会办公室答复")


def _has_left(assessment: Assessment, *_) -> Iterator[Blocker]:
    school, scheme = assessment.school, assessment.scheme
    if not has_left(school, scheme):
        still = f"到统计截止日（{chinese_date(scheme.period_end)}）还在办"
        told = f"{school.closing}，{still}" if school.closed_on else "没有登记关闭日期"
        yield Blocker(f"党校{told}，不能因撤并移出")


def _before_publication(assessment: Assessment, *_) -> Iterator[Blocker]:
    # SCORING: another school of the same year was reopened before.
    if assessment.scheme.phase not in (Phase.SCORING, Phase.SETTLED, Phase.NOTICE):
        yield Blocker(f"方案处于“{assessment.scheme.get_phase_display()}”阶段，不能撤回审定")


HANDING_IN = (_scheme_open, overdue, _complete(Stage.SELF), _known_figures, _signed)
CHECKS: dict[str, tuple[Check, ...]] = {
    "send_to_head": (_scheme_open, overdue, _complete(Stage.SELF)),
    "submit": HANDING_IN,
    "take_back": (_scheme_open, overdue),
    "withdraw": (_scheme_open, overdue, _not_scored_yet),
    "return_": (_scheme_open, _returns_left, _returnable),
    "resubmit": HANDING_IN,
    "recall": (_scheme_open, _return_overdue),
    "recommend": (
        _scheme_open,
        _in_time(Stage.COUNTY),
        _complete(Stage.COUNTY),
        _reasons_owed,
        _known_figures,
        _opinion,
    ),
    "send_back": (_scheme_open,),
    "lapse": (_scheme_open, _self_overdue),
    "ask_decline": (_scheme_open, _not_asked_yet),
    "decline": (_scheme_open, _asked_to_decline),
    "refuse_decline": (_scheme_open, _asked_to_decline),
    "take_out": (_scheme_open, _has_left),
    "reopen": (_before_publication,),
}
WHATEVER_IS_TYPED = (
    _scheme_open,
    _returns_left,
    _return_overdue,
    _self_overdue,
    _asked_to_decline,
    _not_asked_yet,
    overdue,
    _has_left,
    _before_publication,
)
