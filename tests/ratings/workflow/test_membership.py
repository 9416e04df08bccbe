"""Which schools are in a year after its opening: by an act of the office."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Phase, Status
from ratings.models import Assessment, Move, Scheme, Score
from ratings.workflow.membership import absent_from
from schools.models import AuditEntry, Notice, School
from tests.factories import SchoolFactory
from tests.html_forms import press
from tests.ratings.county_year import county_scheme

pytestmark = pytest.mark.django_db
A_DAY = dt.timedelta(days=1)


@pytest.fixture
def scheme(city, school) -> Scheme:
    return county_scheme(city, [school], year=2026)


@pytest.fixture
def office(appoint, signed_client):
    return signed_client(appoint("office"))


def close(school: School, on: dt.date, into: School | None = None) -> None:
    School.objects.filter(pk=school.pk).update(closed_on=on, merged_into=into)


def board(office, scheme: Scheme) -> str:
    return office.get(reverse("ratings:progress_board", args=[scheme.pk])).content.decode()


def page_of(step: str, row: Assessment) -> str:
    return reverse("ratings:progress_step", args=[row.pk, step])


def admission(scheme: Scheme, school: School) -> str:
    return reverse("ratings:progress_admit", args=[scheme.pk, school.pk])


def test_office_admits_a_school_registered_after_the_opening(office, appoint, scheme, school):
    new = SchoolFactory(city=school.city, county=school.county, name="新设党校")
    head, county, page = appoint("head", school=new), appoint("county"), admission(scheme, new)

    assert page in board(office, scheme)
    assert "请写明补列参评的理由" in press(office, page, {"reason": " "}).content.decode()
    assert not new.assessments.exists()
    press(office, page, {"reason": "九月新设"})

    row, own = new.assessments.get(), scheme.assessments.get(school=school)
    assert row.status == Status.DRAFT
    assert set(row.scores.values_list("item", "stage")) == set(
        own.scores.filter(stage="self").values_list("item", "stage")
    )
    assert (row.moves.get().step, row.moves.get().comment) == ("admit", "补列参评：九月新设")
    assert Notice.objects.filter(user__in=[head, county], text__contains="九月新设").count() == 2
    assert AuditEntry.objects.filter(action="move", detail__contains="补列参评").exists()
    assert "已经在本年度" in office.get(page).content.decode()
    assert page not in board(office, scheme)


def test_what_the_office_went_by_has_not_changed_meanwhile(office, scheme, school):
    new = SchoolFactory(city=school.city, county=school.county)
    seen = office.get(admission(scheme, new)).context["seen"]
    School.objects.filter(pk=new.pk).update(name="改名党校")

    told = office.post(admission(scheme, new), {"reason": "新设", "seen": seen}).content.decode()
    assert "党校登记有变化" in told and "新设" in told
    assert not new.assessments.exists()


def test_after_the_deadline_a_day_is_owed(office, scheme, school):
    Scheme.objects.filter(pk=scheme.pk).update(self_due=timezone.localdate() - 30 * A_DAY)
    new = SchoolFactory(city=school.city, county=school.county)
    page = admission(scheme, new)

    assert "自评截止时间已过" in press(office, page, {"reason": "新设"}).content.decode()
    assert not new.assessments.exists()
    press(office, page, {"reason": "新设", "due_on": timezone.localdate() + 9 * A_DAY})
    assert new.assessments.get().extensions.count() == 1


def test_registry_tells_why_a_school_is_not_in_the_year(office, scheme, school):
    """Founded after the 统计期, closed before its end, closed before it began, of another city."""
    scheme.refresh_from_db()
    start, end = scheme.period_start, scheme.period_end
    of_city = {"city": school.city, "county": school.county}
    later = SchoolFactory(**of_city, opened_on=end + A_DAY)
    left = SchoolFactory(**of_city, closed_on=end - A_DAY)
    last_day = SchoolFactory(**of_city, closed_on=max(end, timezone.localdate()))
    SchoolFactory(**of_city, closed_on=start - A_DAY)
    SchoolFactory()

    found = {one.school: one for one in absent_from(scheme, School.objects.all())}
    assert {one: absent.may_enter for one, absent in found.items()} == {
        later: False,
        left: False,
        last_day: True,
    }
    assert "启用，在统计截止日" in found[later].why and "关闭" in found[left].why
    for refused in (later, left):
        assert "不能补列" in office.get(admission(scheme, refused)).content.decode()
        told = office.post(admission(scheme, refused), {"reason": "误"})
        assert "不能补列" in told.content.decode() and not refused.assessments.exists()


@pytest.mark.parametrize("status", [Status.DRAFT, Status.CONFIRMING, Status.COUNTY, Status.CITY])
def test_office_takes_a_merged_school_out_at_every_stage_and_its_scores_stay(
    office, appoint, scheme, school, status
):
    Assessment.objects.filter(scheme=scheme).update(status=status)
    row, county = scheme.assessments.get(), appoint("county")
    scores = Score.objects.filter(assessment=row).count()
    step = page_of("take_out", row)

    assert step not in office.get(reverse("ratings:progress_school", args=[row.pk])).content.decode()
    close(school, scheme.period_end - A_DAY, SchoolFactory(city=school.city, name="邻镇党校"))
    assert "并入邻镇党校" in board(office, scheme)
    assert step in office.get(reverse("ratings:progress_school", args=[row.pk])).content.decode()
    assert "请写明理由" in press(office, step, {"comment": " "}).content.decode()
    press(office, step, {"comment": "十月并入邻校"})

    row.refresh_from_db()
    assert (row.status, row.scores.count()) == (Status.DECLINED, scores)
    assert row.moves.get(step="take_out").comment == "十月并入邻校"
    assert Notice.objects.filter(user=county, text__contains="十月并入邻校").exists()


def test_a_closing_day_to_come_takes_nobody_out(office, scheme, school):
    row = scheme.assessments.get()
    close(school, max(scheme.period_end, timezone.localdate()) + A_DAY)
    told = office.post(page_of("take_out", row), {"comment": "明年撤"}, follow=True).content.decode()

    assert "还在办，不能因撤并移出" in told and "明年撤" in told
    close(school, None)
    assert "没有登记关闭日期" in office.get(page_of("take_out", row)).content.decode()
    row.refresh_from_db()
    assert row.status == Status.COUNTY and not Move.objects.filter(step="take_out").exists()


def test_nobody_enters_or_leaves_a_settled_year(office, scheme, school):
    row, new = scheme.assessments.get(), SchoolFactory(city=school.city, county=school.county)
    close(school, scheme.period_end - A_DAY)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SETTLED)

    assert admission(scheme, new) not in board(office, scheme)
    assert "不能再补列" in office.post(admission(scheme, new), {"reason": "新设"}).content.decode()
    assert "take_out" not in office.get(reverse("ratings:progress_school", args=[row.pk])).content.decode()


def test_a_county_reads_of_its_own_schools_alone(appoint, signed_client, scheme, school):
    SchoolFactory(city=school.city, county=school.county, name="本县新校")
    SchoolFactory(city=school.city, name="外县新校")
    seen = board(signed_client(appoint("county_lead")), scheme)

    assert "本县新校" in seen and "外县新校" not in seen and "补列参评" not in seen
