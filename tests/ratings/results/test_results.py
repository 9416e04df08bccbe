"""Settling and publishing: all or nothing, in a constant number of queries, and every later change
is found.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ratings.committee.invariants import violations
from ratings.committee.settling import NotSettled, accept_computed, settle
from ratings.enums import Phase, Status
from ratings.models import (
    Adjustment,
    Assessment,
    Bulletin,
    Decision,
    Item,
    MetricSnapshot,
    Move,
    Result,
    Scheme,
    SchemeVersion,
    Score,
)
from ratings.offline.running import run_year
from ratings.publication.bulletin import publish
from ratings.sheets.evaluation import evaluate
from schools.models import AuditEntry
from schools.saving import Refused
from tests.ratings.year_folder import full_marks

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def settled(year) -> Scheme:
    """A year left at 已审定 with a bulletin draft."""
    return run_year(year.write().scheme, year.folder, issue=False).scheme


@pytest.fixture
def scoring(settled) -> Scheme:
    """The same year put back before the committee's session."""
    Result.objects.all().delete()
    Decision.objects.all().delete()
    Bulletin.objects.all().delete()
    Move.objects.filter(step="settle").delete()
    Assessment.objects.filter(status=Status.SETTLED).update(status=Status.CITY)
    Scheme.objects.update(phase=Phase.SCORING)
    settled.refresh_from_db()
    return settled


def test_settling_lists_everything_that_is_missing(scoring):
    Assessment.objects.filter(school__code="002").update(status=Status.COUNTY)
    Score.objects.filter(assessment__school__code="003", stage="county").delete()

    with pytest.raises(NotSettled) as refused:
        settle(evaluate(scoring), by=None)

    missing = refused.value.missing
    assert ("东溪镇委党校", "尚无审定意见") in missing
    assert ("南浦镇委党校", "尚在“县初评中”") in missing
    assert ("青屿镇委党校", "K2 缺初评评分") in missing
    assert not Result.objects.exists()


def test_settling_a_second_time_is_refused(settled):
    with pytest.raises(NotSettled, match="已审定"):
        settle(evaluate(settled), by=None)


def test_committee_may_deviate_and_the_result_says_so(scoring):
    evaluation = evaluate(scoring)
    assessment = Assessment.objects.get(school__code="001")
    Decision.objects.create(
        assessment=assessment, star=4, computed=5, reason="评委会认为教学质量有待观察", at=timezone.now()
    )
    accept_computed(evaluation, by=None)

    settle(evaluation, by=None)

    result = Result.objects.get(assessment=assessment)
    assert (result.star, result.computed_star) == (4, 5)
    assert "与计算不同" in result.trace["star"][-1]
    assert violations(scoring) == []


def _settling_queries(year, folder, schools: int) -> int:
    year.folder, year.parameters["年度"] = folder, 2000 + schools
    year.schools = [(f"{number:03d}", f"第{number}镇委党校", "甲区") for number in range(schools)]
    year.metrics = [
        (code, name, value)
        for code, _, _ in year.schools
        for name, value in (("主教室座位", 120), ("月报逾期", 0))
    ]
    year.scores = [row for code, _, _ in year.schools for row in full_marks(code)]
    scheme = run_year(year.write().scheme, folder, issue=False).scheme
    Result.objects.filter(scheme=scheme).delete()
    Decision.objects.filter(assessment__scheme=scheme).delete()
    Assessment.objects.filter(scheme=scheme).update(status=Status.CITY)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
    scheme.refresh_from_db()
    with CaptureQueriesContext(connection) as captured:
        evaluation = evaluate(scheme)
        accept_computed(evaluation, by=None)
        settle(evaluation, by=None)
    return len(captured)


def test_settling_takes_the_same_queries_for_any_number_of_schools(year, tmp_path):
    counts = {_settling_queries(year, tmp_path / str(size), size) for size in (1, 3, 30)}

    assert len(counts) == 1


def test_publication_keeps_the_document_and_writes_the_audit_row(settled, appoint_chair):
    Bulletin.objects.update(number="测组通〔2025〕3号")

    bulletin = publish(settled, by=appoint_chair)

    settled.refresh_from_db()
    assert (settled.phase, settled.published_by) == (Phase.PUBLISHED, appoint_chair)
    assert bulletin.pdf.read().startswith(b"%PDF")
    assert AuditEntry.objects.filter(action="publish").count() == 1
    assert violations(settled) == []


def test_publication_without_a_document_number_is_refused(settled, appoint_chair):
    with pytest.raises(Refused, match="发文字号"):
        publish(settled, by=appoint_chair)

    settled.refresh_from_db()
    assert settled.phase == Phase.SETTLED
    assert not Bulletin.objects.get().pdf


def test_publication_is_refused_while_an_invariant_is_violated(settled, appoint_chair):
    Bulletin.objects.update(number="测组通〔2025〕3号")
    Result.objects.filter(school_code="001").update(star=4)

    with pytest.raises(Refused, match="东溪镇委党校"):
        publish(settled, by=appoint_chair)


def test_settled_year_violates_nothing(settled):
    assert violations(settled) == []


@pytest.mark.parametrize(
    ("tamper", "name"),
    [
        (lambda: Result.objects.filter(school_code="001").update(total=99), "总分等于各部分之和"),
        (lambda: Result.objects.filter(school_code="001").update(base=90, total=90), "总分等于各部分之和"),
        (lambda: Result.objects.filter(school_code="001").update(star=3), "结果摘要"),
        (lambda: Result.objects.filter(school_code="001").update(school_name="别的学校"), "结果摘要"),
        (
            lambda: Decision.objects.filter(assessment__school__code="001").update(star=3, reason="x"),
            "星级与审定意见一致",
        ),
        (
            lambda: Decision.objects.filter(assessment__school__code="001").update(computed=3, reason="x"),
            "星级与审定意见一致",
        ),
        (lambda: Decision.objects.filter(assessment__school__code="001").delete(), "星级与审定意见一致"),
        (lambda: SchemeVersion.objects.update(digest="0" * 64), "方案版本摘要"),
        (lambda: Result.objects.filter(school_code="001").delete(), "评定申报齐全"),
        (lambda: Score.objects.filter(stage="city", judge__label="评委甲").delete(), "评委人数"),
        (
            lambda: Score.objects.filter(stage="county", item__code="L1").update(
                answers={"答": {"听课": "C"}}
            ),
            "重算一致",
        ),
        (lambda: MetricSnapshot.objects.update(values={"主教室座位": "60", "月报逾期": "0"}), "重算一致"),
        (lambda: Score.objects.filter(stage="county", item__code="L2").update(points=21), "评分在分值以内"),
        (lambda: Assessment.objects.filter(school__code="001").update(status=Status.CITY), "流转记录连贯"),
        (lambda: Move.objects.filter(step="run_year").delete(), "流转记录连贯"),
        (lambda: Result.objects.filter(school_code="001").update(star=1), "星级范围"),
    ],
)
def test_tampering_is_named_by_the_invariant_it_breaks(settled, tamper, name):
    tamper()

    found = violations(settled)

    assert any(text.startswith(f"{name}：") for text in found), found


def test_adjustment_above_the_points_of_its_item_is_found(settled):
    item, assessment = Item.objects.get(code="K1"), Assessment.objects.first()
    Adjustment.objects.create(
        assessment=assessment, item=item, stage="county", points=31, reason="多", at=timezone.now()
    )

    assert any(text.startswith("评分在分值以内：") for text in violations(settled))
