"""启动前检查: what stands against opening a draft, what a named person has to take note of, whether the days
fit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ratings.criteria.checking import Finding, check_scheme
from ratings.criteria.spec import SchemeSpec, digest, to_json
from ratings.criteria.storing import read_scheme
from ratings.enums import Phase, Star, Trigger
from ratings.models import AcknowledgedWarning, Scheme
from ratings.rules import RuleError, parse_condition, parse_effect
from schools.calendar.checking import caveat
from schools.calendar.workdays import is_workday
from schools.numbers import chinese_date

from .deadlines import next_workday_from

#: Column, who is due, label; in the order in which the days follow.
DUE = (("self_due", "自评截止日"), ("county_due", "初评截止日"), ("city_due", "评审截止日"))


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


def checks_of(scheme: Scheme, spec: SchemeSpec | None = None) -> Checks:
    """Every finding of the check, with what was acknowledged for exactly this content."""
    spec = spec or read_scheme(scheme)
    content = digest(to_json(spec))
    found = findings_of(spec)
    noted = {
        (row.where, row.text): row
        for row in AcknowledgedWarning.objects.filter(scheme=scheme, digest=content).select_related("by")
    }
    warnings = tuple(Remark(one, noted.get((one.where, one.text))) for one in found if one.level != "error")
    return Checks(content, tuple(one for one in found if one.level == "error"), warnings)


def findings_of(spec: SchemeSpec) -> list[Finding]:
    """`check_scheme`, also for a draft whose bands or restrictions cannot be read yet."""
    broken = list(_unreadable(spec))
    if not spec.bands:
        broken.append(Finding("error", "", "没有任何星级标准"))
    unread = any(isinstance(one, _Unreadable) for one in broken)
    return broken if unread else [*broken, *dict.fromkeys(check_scheme(spec))]


class _Unreadable(Finding):
    """A line the rule language refuses: the rest cannot be checked before it is mended."""


def _unreadable(spec: SchemeSpec) -> Iterable[Finding]:
    lines = [(Star(band.star).label, band.condition_text, parse_condition) for band in spec.bands]
    for row in spec.restrictions:
        lines.append((row.code, row.effect_text, parse_effect))
        if row.trigger == Trigger.CONDITION:
            lines.append((row.code, row.condition_text, parse_condition))
    for where, text, parse in lines:
        try:
            parse(text)
        except RuleError as error:
            yield _Unreadable("error", where, f"“{text}”不能识别：{error}")


def acknowledge(scheme: Scheme, *, seen: str, by, only: Finding | None = None) -> int:
    """A named person takes note of one warning, or of all that are open; tells how many.

    `seen` is the digest of the content that was on the page: after another edit nothing is noted.
    """
    with transaction.atomic():
        locked = Scheme.objects.select_for_update().get(pk=scheme.pk)
        checks = checks_of(locked)
        if locked.phase != Phase.DRAFTING or checks.digest != seen:
            return 0
        wanted = [one for one in checks.open_warnings if only is None or one == only]
        at = timezone.now()
        AcknowledgedWarning.objects.bulk_create(
            AcknowledgedWarning(
                scheme=locked, digest=checks.digest, where=one.where, text=one.text, by=by, at=at
            )
            for one in wanted
        )
    return len(wanted)


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
    """What is allowed but worth knowing: rest days, an unknown calendar, a 统计期 that ends later."""
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
    return list(dict.fromkeys(hints))
