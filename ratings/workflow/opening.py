"""启动: one person proposes, a second one confirms exactly what was proposed; any edit in between voids the
proposal.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.checking import Finding, check_scheme, errors
from ratings.criteria.fields import Deadlines, fields_of, frozen
from ratings.criteria.spec import SchemeSpec, digest, to_json
from ratings.criteria.storing import hold_scheme, read_scheme
from ratings.criteria.years import notes_of
from ratings.enums import PUBLIC_PHASES, Phase, Star, Trigger
from ratings.models import AcknowledgedWarning, OpeningProposal, Scheme
from ratings.models.schemes import COMMITTEE
from ratings.rules import RuleError, parse_condition, parse_effect
from schools import audit
from schools.calendar.checking import caveat
from schools.calendar.workdays import is_workday
from schools.messages.inbox import notify
from schools.models import Appointment, User
from schools.models.scope import SCHOOL_ROLES
from schools.numbers import chinese_date
from schools.saving import Refused, refuse

from .deadlines import next_workday_from
from .stages import open_scheme

#: Column and label; in the order in which the days follow.
DUE = tuple((field.column, field.heading) for field in fields_of(Deadlines))
#: Where a remark on the days that count stands.
PERIOD = "统计期"
A_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Remark:
    """A warning with the person who took note of it, if anybody did."""

    finding: Finding
    noted: AcknowledgedWarning | None


@dataclass(frozen=True)
class Checks:
    """The check of a draft as it stands; `digest` is that of its content."""

    digest: str
    errors: tuple[Finding, ...]
    warnings: tuple[Remark, ...]

    @property
    def open_warnings(self) -> list[Finding]:
        """Warnings nobody has taken note of for this very content."""
        return [remark.finding for remark in self.warnings if remark.noted is None]

    @property
    def passed(self) -> bool:
        return not self.errors and not self.open_warnings


def checks_of(scheme: Scheme) -> Checks:
    """Every finding of the check, with what was acknowledged for exactly this content."""
    spec = read_scheme(scheme)
    content = digest(to_json(spec))
    findings = [*findings_of(spec), *period_findings(scheme)]
    rows = AcknowledgedWarning.objects.filter(scheme=scheme, digest=content).select_related("by")
    noted = {(row.where, row.text): row for row in rows}
    warnings = [finding for finding in findings if finding.level != "error"]
    remarks = tuple(Remark(warning, noted.get((warning.where, warning.text))) for warning in warnings)
    return Checks(content, tuple(errors(findings)), remarks)


def findings_of(spec: SchemeSpec) -> list[Finding]:
    """`check_scheme`, also for a draft whose bands or restrictions cannot be read yet."""
    unreadable = list(_unreadable(spec))
    missing = [] if spec.bands else [Finding("error", "", "没有任何星级标准")]
    return [*unreadable, *missing, *([] if unreadable else dict.fromkeys(check_scheme(spec)))]


def _unreadable(spec: SchemeSpec) -> Iterable[Finding]:
    """Lines the rule language refuses: the rest cannot be checked before they are mended."""
    lines = [(Star(band.star).label, band.condition_text, parse_condition) for band in spec.bands]
    for row in spec.restrictions:
        lines.append((row.code, row.effect_text, parse_effect))
        if row.trigger == Trigger.CONDITION:
            lines.append((row.code, row.condition_text, parse_condition))
    for where, text, parse in lines:
        try:
            parse(text)
        except RuleError as error:
            yield Finding("error", where, f"“{text}”不能识别：{error}")


def period_findings(scheme: Scheme) -> list[Finding]:
    """A warning for the days between this 统计期 and that of an opened year beside it that would count
    nowhere or twice.
    """
    years = (scheme.year - 1, scheme.year + 1)
    beside = Scheme.objects.out().filter(city=scheme.city_id, year__in=years).order_by("year")
    return list(filter(None, (_join(scheme, other) for other in beside)))


def _join(scheme: Scheme, other: Scheme) -> Finding | None:
    earlier, later = (other, scheme) if other.year < scheme.year else (scheme, other)
    due, begins = earlier.period_end + A_DAY, later.period_start
    if begins == due:
        return None
    if begins > due:
        first, last, counted = due, begins - A_DAY, "哪个年度都不计入"
    else:
        first, last, counted = begins, min(earlier.period_end, later.period_end), "两个年度都计入"
    label, day = ("统计起始日", due) if later is scheme else ("统计截止日", begins - A_DAY)
    days = chinese_date(first) if first == last else f"{chinese_date(first)}至{chinese_date(last)}"
    return Finding(
        "warning",
        PERIOD,
        f"{earlier.year}年度的统计期到{chinese_date(earlier.period_end)}为止，"
        f"{later.year}年度的从{chinese_date(begins)}开始：{days}的办班等记录{counted}。"
        f"请把本方案的{label}改为{chinese_date(day)}；确实要这样的，确认知悉。",
    )


def acknowledge(scheme: Scheme, *, seen: str, by, only: Finding | None = None) -> int:
    """A named person takes note of one warning, or of all that are open; tells how many.

    `seen` is the digest of the content that was on the page: after another edit nothing is noted.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        checks = checks_of(locked)
        if locked.phase != Phase.DRAFTING or checks.digest != seen:
            return 0
        noted = {"scheme": locked, "digest": checks.digest, "by": by, "at": timezone.now()}
        rows = [
            AcknowledgedWarning(where=warning.where, text=warning.text, **noted)
            for warning in checks.open_warnings
            if only in (None, warning)
        ]
        AcknowledgedWarning.objects.bulk_create(rows)
    return len(rows)


def due_columns(scheme: Scheme) -> list[tuple[str, str]]:
    """The deadlines this scheme has: no 初评 without a county stage."""
    return [(column, label) for column, label in DUE if column != "county_due" or scheme.has_county_stage]


def deadline_problems(scheme: Scheme, today: dt.date | None = None) -> list[tuple[str, str]]:
    """(column, sentence) for every day that is missing, past, or before the stage that comes first."""
    today = today or timezone.localdate()
    problems, before = [], None
    for column, label in due_columns(scheme):
        day = getattr(scheme, column)
        if day is None:
            problems.append((column, f"请填写{label}。"))
            continue
        if day <= today:
            problems.append((column, f"{label}（{chinese_date(day)}）须在今天之后。"))
        if before and day < before[1]:
            problems.append(
                (column, f"{label}（{chinese_date(day)}）不能早于{before[0]}（{chinese_date(before[1])}）。")
            )
        before = (label, day)
    return problems


def deadline_hints(scheme: Scheme) -> list[str]:
    """What is allowed but worth knowing: rest days, an unknown calendar, a 统计期 that ends later, another
    year that is not over.
    """
    hints = []
    for column, label in due_columns(scheme):
        day = getattr(scheme, column)
        if day is None:
            continue
        if not is_workday(day):
            hints.append(
                f"{label}（{chinese_date(day)}）不是工作日，实际顺延到 "
                f"{chinese_date(next_workday_from(day))}。"
            )
        if unsure := caveat(day.year, "日期"):
            hints.append(unsure)
    if scheme.self_due and scheme.self_due < scheme.period_end:
        hints.append(
            f"自评截止日早于统计截止日（{chinese_date(scheme.period_end)}），"
            "提交后的办班等记录不计入自评数据。"
        )
    under_way = Scheme.objects.out().filter(city=scheme.city_id, year__lt=scheme.year)
    hints += [
        f"{one.year}年度还没有通报（{one.get_phase_display()}），启动以后两个年度同时进行，在页面上方切换年度。"
        for one in under_way.exclude(phase__in=PUBLIC_PHASES).order_by("year")
    ]
    return list(dict.fromkeys(hints))


# Proposing and confirming


def proposal_digest(scheme: Scheme) -> str:
    """What a proposal covers: criteria, deadlines and the notes on what changed."""
    return digest(
        {
            "criteria": to_json(read_scheme(scheme)),
            "deadlines": frozen(fields_of(Deadlines), scheme),
            "notes": notes_of(scheme),
        }
    )


def standing_proposal(scheme: Scheme) -> OpeningProposal | None:
    """The proposal that waits for confirmation, void or not."""
    waiting = OpeningProposal.objects.filter(
        scheme=scheme, withdrawn_at__isnull=True, confirmed_at__isnull=True
    )
    return waiting.select_related("proposed_by").first()


def is_void(proposal: OpeningProposal, scheme: Scheme) -> bool:
    """Whether the draft was changed after it was proposed."""
    return proposal.digest != proposal_digest(scheme)


def obstacles(scheme: Scheme, checks: Checks) -> list[str]:
    """Every sentence against proposing or confirming now."""
    if scheme.phase != Phase.DRAFTING:
        return [f"方案处于“{scheme.get_phase_display()}”阶段，不能再启动。"]
    sentences = [f"{len(checks.errors)} 处错误尚未改正，见检查。"] if checks.errors else []
    if checks.open_warnings:
        sentences.append(f"{len(checks.open_warnings)} 条提示尚未确认知悉，见检查。")
    return sentences + [text for _, text in deadline_problems(scheme)]


def propose(scheme: Scheme, *, by, deadlines: dict | None = None) -> OpeningProposal:
    """Keep the deadlines and propose the draft as it stands. A void proposal gives way; a valid one is
    refused.

    Raises Refused with every reason; then nothing has changed.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        if locked.phase == Phase.DRAFTING and deadlines:
            for column, day in deadlines.items():
                setattr(locked, column, day)
            edited = {"version": F("version") + 1, "edited_by": by, "edited_at": timezone.now()}
            Scheme.objects.filter(pk=locked.pk).update(**deadlines, **edited)
        reasons = obstacles(locked, checks_of(locked))
        standing = standing_proposal(locked)
        if standing and not is_void(standing, locked):
            reasons.append(f"{standing.proposed_by} 已提议启动，等待另一人确认。")
        refuse(*reasons)
        if standing:
            _withdraw(standing, by)
        proposal = OpeningProposal.objects.create(
            scheme=locked, digest=proposal_digest(locked), proposed_by=by, proposed_at=timezone.now()
        )
        _tell_colleagues(locked, proposal, by)
        days = {label: getattr(locked, column) for column, label in DUE if getattr(locked, column)}
        _record(locked, by, {"提议启动": proposal.digest, **days})
    scheme.refresh_from_db()
    return proposal


def withdraw_proposal(scheme: Scheme, *, by) -> None:
    """The proposer takes it back, or the one who should confirm does not agree. Raises Refused where none
    stands.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        standing = standing_proposal(locked)
        if standing is None:
            raise Refused("没有等待确认的启动提议。")
        _withdraw(standing, by)
        _record(locked, by, {"撤回启动提议": standing.digest})


def confirm(scheme: Scheme, proposal_pk: int, *, by) -> None:
    """The second person opens what was proposed. Raises Refused with every reason; then nothing
    has changed.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        standing = standing_proposal(locked)
        if standing is None or standing.pk != proposal_pk:
            raise Refused("启动提议已撤回或已另行提出，请重新核对。")
        reasons = obstacles(locked, checks_of(locked))
        if standing.proposed_by_id == by.pk:
            reasons.append("提议人不能自己确认，须由另一人确认。")
        if is_void(standing, locked):
            reasons.append("提议之后方案有改动，原提议已失效，请重新提议。")
        refuse(*reasons)
        standing.confirmed_by, standing.confirmed_at = by, timezone.now()
        standing.save(update_fields=["confirmed_by", "confirmed_at"])
        _tell_schools(locked)
        open_scheme(locked, by=by, proposed_by=standing.proposed_by)
    scheme.refresh_from_db()


def _record(scheme: Scheme, by, detail: dict) -> None:
    audit.record("scheme", by=by, city=scheme.city, subject=str(scheme), detail=detail)


def _withdraw(proposal: OpeningProposal, by) -> None:
    proposal.withdrawn_by, proposal.withdrawn_at = by, timezone.now()
    proposal.save(update_fields=["withdrawn_by", "withdrawn_at"])


def holders(scheme: Scheme, roles) -> list[User]:
    """Everybody who holds one of the roles in the city today."""
    held = Appointment.objects.in_force().filter(city=scheme.city_id, role__in=roles)
    return list(User.objects.filter(is_active=True, pk__in=held.order_by().values("user")))


def _tell_colleagues(scheme: Scheme, proposal: OpeningProposal, by) -> None:
    others = [user for user in holders(scheme, COMMITTEE) if user.pk != by.pk]
    page = reverse("ratings:scheme_opening", args=[scheme.pk])
    notify(others, f"{by} 提议启动《{scheme}》，请核对后确认。", url=page, key=f"opening-{proposal.pk}")


def _tell_schools(scheme: Scheme) -> None:
    page = reverse("ratings:scheme", args=[scheme.pk])
    schools = holders(scheme, SCHOOL_ROLES)
    notify(schools, f"《{scheme}》已启动，请按时完成自评。", url=page, key=f"opened-{scheme.pk}")
