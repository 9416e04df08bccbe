"""Saving answers: what is stored, what is refused, and that nobody's words are overwritten unseen."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ratings.enums import Status
from ratings.models import Assessment, Evidence, SignedPage
from ratings.sheets.answering import CONFLICT, INVALID, REFUSED, REMARK_LIMIT, SAVED, save, writable_scores
from tests.factories import SchoolFactory
from tests.ratings.opened_year import answer_everything

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def test_answers_are_stored_by_name_with_points_author_and_version(row, filler):
    saved = save(row("L2").pk, by=filler, version=0, posted={"无专人": "是"}, remark="已安排")

    stored = row("L2")
    assert saved.state == SAVED
    assert stored.answers == {"答": {"无专人": True}}
    assert (stored.points, stored.remark, stored.version, stored.updated_by) == (15, "已安排", 1, filler)


def test_questions_for_reviewers_are_not_taken_from_a_school(row, filler):
    save(row("L2").pk, by=filler, version=0, posted={"无专人": "", "数据不符": "3"}, remark="")

    assert row("L2").answers == {"答": {"无专人": False}}


def test_part_of_the_answers_is_kept_without_points(row, filler):
    save(row("L3").pk, by=filler, version=0, posted={"质量": "B"}, remark="")

    assert row("L3").answers == {"答": {"质量": "B"}}
    assert row("L3").points is None


def test_numbers_are_exact(row, filler):
    save(row("L3").pk, by=filler, version=0, posted={"质量": "A", "调研次数": "１．５"}, remark="")

    assert row("L3").answers == {"答": {"质量": "A", "调研次数": "3/2"}}
    assert row("L3").points == 8


def test_emptying_the_only_answers_makes_the_row_unanswered_again(row, filler):
    save(row("L3").pk, by=filler, version=0, posted={"质量": "B"}, remark="")
    save(row("L3").pk, by=filler, version=1, posted={}, remark="")

    assert row("L3").answers is None


@pytest.mark.parametrize("code", ["K2", "L2", "M1"])
def test_a_remark_alone_is_no_answer_of_nothing(row, filler, code):
    assert save(row(code).pk, by=filler, version=0, posted={}, remark="待补").state == SAVED

    assert (row(code).answers, row(code).points, row(code).remark) == (None, None, "待补")


@pytest.mark.parametrize("code", ["K2", "L2", "M1"])
def test_that_there_is_nothing_is_an_answer_once_it_is_said(row, filler, code):
    assert save(row(code).pk, by=filler, version=0, posted={}, declared=True).state == SAVED
    assert row(code).points is not None

    assert save(row(code).pk, by=filler, version=1, posted={}, remark="确实没有").state == SAVED
    assert row(code).points is not None


def test_an_item_that_may_not_apply_is_taken_out(row, filler):
    assert save(row("K2").pk, by=filler, version=0, posted={}, na=True).state == SAVED
    assert save(row("M1").pk, by=filler, version=0, posted={}, na=True).state == INVALID
    assert row("K2").answers == {"不适用": True}
    assert row("M1").answers is None


@pytest.mark.parametrize(
    ("code", "posted", "name"),
    [
        ("L3", {"质量": "甲"}, "质量"),
        ("L3", {"调研次数": "很多"}, "调研次数"),
        ("M1", {"成果": "1.5"}, "成果"),
        ("K2", {"音响": "也许"}, "音响"),
    ],
)
def test_answers_that_do_not_fit_change_nothing_and_are_named(row, filler, code, posted, name):
    saved = save(row(code).pk, by=filler, version=0, posted=posted, remark="写下的话")

    assert saved.state == INVALID
    assert name in saved.errors
    assert (row(code).answers, row(code).remark, row(code).version) == (None, "", 0)


def test_a_remark_is_stored_as_people_see_it(row, filler):
    save(
        row("L2").pk,
        by=filler,
        version=0,
        posted={"无专人": "是"},
        remark="\u200b已\0安排\u3000李某\r\n周五到岗 ",
    )

    assert row("L2").remark == "已安排 李某\n周五到岗"


def test_a_remark_that_cannot_be_printed_is_replaced_with_a_word_or_refused(row, filler):
    replaced = save(row("L2").pk, by=filler, version=0, posted={"无专人": "是"}, remark="☑已安排")
    refused = save(row("M1").pk, by=filler, version=0, posted={"成果": "2"}, remark="很好👍")

    assert (row("L2").remark, replaced.sentence) == ("√已安排", "“说明”里“☑”（U+2611）改为“√”。")
    assert refused.state == INVALID and "“👍”（U+1F44D）" in refused.errors["说明"]
    assert row("M1").answers is None


def test_a_remark_has_a_limit(row, filler):
    assert (
        "说明" in save(row("M1").pk, by=filler, version=0, posted={}, remark="长" * (REMARK_LIMIT + 1)).errors
    )


def test_a_stale_version_shows_both_and_overwrites_nothing(row, filler, head):
    save(row("M1").pk, by=head, version=0, posted={"成果": "2"}, remark="校长写的")

    saved = save(row("M1").pk, by=filler, version=0, posted={"成果": "1"}, remark="填报人写的")

    assert saved.state == CONFLICT
    assert saved.score.answers == {"答": {"成果": 2}}
    assert saved.score.version == 1
    assert head.name in saved.sentence
    assert row("M1").remark == "校长写的"


def test_the_newer_version_after_a_conflict_lets_the_writer_decide(row, filler, head):
    save(row("M1").pk, by=head, version=0, posted={"成果": "2"})
    conflict = save(row("M1").pk, by=filler, version=0, posted={"成果": "1"})

    assert save(row("M1").pk, by=filler, version=conflict.score.version, posted={"成果": "1"}).state == SAVED
    assert row("M1").answers == {"答": {"成果": 1}}


def test_repeating_a_save_whose_answer_was_lost_is_no_conflict(row, filler):
    save(row("M1").pk, by=filler, version=0, posted={"成果": "2"}, remark="")

    assert save(row("M1").pk, by=filler, version=0, posted={"成果": "2"}, remark="").state == SAVED
    assert row("M1").version == 1


def test_nothing_is_saved_after_the_deadline(assessment, row, filler):
    assessment.scheme.self_due = timezone.localdate() - dt.timedelta(days=15)
    assessment.scheme.save()

    saved = save(row("M1").pk, by=filler, version=0, posted={"成果": "2"})

    assert saved.state == REFUSED
    assert "截止" in saved.sentence
    assert row("M1").answers is None


@pytest.mark.parametrize(
    "status", [Status.COUNTY, Status.CITY, Status.SETTLED, Status.LAPSED, Status.DECLINED]
)
def test_nothing_is_saved_in_a_closed_status(assessment, row, head, status):
    Assessment.objects.filter(pk=assessment.pk).update(status=status)

    assert save(row("M1").pk, by=head, version=0, posted={"成果": "2"}).state == REFUSED
    assert row("M1").answers is None


def test_rows_of_other_schools_and_stages_are_nobody_elses(row, scheme, appoint, county, office):
    other = SchoolFactory(county=county)

    mine = writable_scores(appoint("head"))
    foreign = writable_scores(appoint("filler", school=other))

    assert row("M1") in mine
    assert row("M1") not in foreign
    assert not writable_scores(appoint("county")).exists()
    assert not writable_scores(office).exists()


def test_a_changed_answer_voids_the_signed_page(assessment, row, filler, scheme):
    scheme.confirmation = "signed"
    scheme.save()
    scan = Evidence.objects.create(
        assessment=assessment,
        kind="paper",
        name="确认页",
        copies=1,
        location="办公室",
        by=filler,
        at=timezone.now(),
    )
    page = SignedPage.objects.create(assessment=assessment, scan=scan, code="c" * 64, at=timezone.now())

    save(row("M1").pk, by=filler, version=0, posted={"成果": "2"})

    page.refresh_from_db()
    assert page.voided_at is not None


@pytest.mark.parametrize("code", ["K2", "L2", "L3"])
def test_a_save_costs_few_queries(assessment, row, filler, code):
    answer_everything(assessment)
    pk, user = row(code).pk, type(filler).objects.get(pk=filler.pk)
    assert user.identity

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert save(pk, by=user, version=0, posted={"音响": "是", "质量": "B", "无专人": "是"}).state == SAVED

    assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) <= 10
