"""The bulletin names the steps that took place, with their days, and no other."""

import datetime as dt

import pytest
from django.utils import timezone

from ratings.enums import Status
from ratings.models import Feedback, JudgeSheet, Move, SiteVisit
from ratings.publication.bulletin import draft_text
from ratings.publication.facts import gather_facts
from ratings.publication.procedure import Taken, in_words, steps_taken
from tests.rating_factories import settled_year

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def moved(assessment, step: str, *day: int) -> None:
    at = timezone.make_aware(dt.datetime(*day, 10))
    Move.objects.create(assessment=assessment, step=step, to_status=Status.CITY, at=at)


def test_steps_stand_with_their_days_and_only_once_they_happened(judged):
    first, second = judged.assessments
    Move.objects.all().delete()
    SiteVisit.objects.all().delete()
    judged.scheme.assessments.update(visited=False)
    assert steps_taken(judged.scheme) == ()

    moved(first, "submit", 2026, 10, 8)
    moved(second, "submit", 2026, 10, 30)
    moved(second, "recommend", 2026, 11, 12)
    assert in_words(steps_taken(judged.scheme)) == (
        "学校自评（2026年10月8日至30日提交）",
        "县级初评（11月12日确认）",
    )

    SiteVisit.objects.create(
        assessment=first, on=dt.date(2026, 11, 30), members="评委1", by=judged.office, at=timezone.now()
    )
    note = {"visited_on": dt.date(2026, 12, 2), "text": "好", "by": judged.office, "at": timezone.now()}
    Feedback.objects.create(assessment=second, **note)
    JudgeSheet.objects.update(submitted_at="2026-12-20T02:00Z", submitted_by=judged.office)
    moved(first, "settle", 2027, 1, 5)
    assert in_words(steps_taken(judged.scheme))[2:] == (
        "实地走访2所（11月30日至12月2日）",
        "市级评审（12月20日）",
        "审定（2027年1月5日）",
    )


def test_a_year_from_workbooks_claims_no_days_and_no_step_without_a_score(city, school):
    scheme = settled_year(city, [school])
    scheme.imported = True

    assert [step.name for step in steps_taken(scheme)] == ["市级评审（合议）", "审定"]
    assert not any(step.days for step in steps_taken(scheme))


def test_the_draft_promises_no_use_and_no_notice(city, school):
    drafted = draft_text(gather_facts(settled_year(city, [school])))

    assert not [
        word for word in ("等程序", "公示", "重要参考", "用好评定结果", "县级初评") if word in drafted
    ]


def test_a_visit_whose_day_nobody_registered_is_counted_without_one():
    assert in_words([Taken("实地走访1所")]) == ("实地走访1所",)
