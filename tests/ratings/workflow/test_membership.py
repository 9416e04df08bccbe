"""Which schools are in a year after its opening: by an act of the office."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Phase, Status
from ratings.models import Scheme, Score
from schools.models import AuditEntry, Notice
from tests.factories import SchoolFactory
from tests.html_forms import press
from tests.ratings.county_year import county_scheme

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme(city, school) -> Scheme:
    return county_scheme(city, [school], year=2026)


def test_office_admits_a_school_registered_after_the_opening(appoint, signed_client, scheme, school):
    office = signed_client(appoint("office"))
    new = SchoolFactory(city=school.city, county=school.county, name="新设党校")
    gone = SchoolFactory(
        city=school.city, name="早撤党校", closed_on=timezone.localdate() - dt.timedelta(days=1)
    )
    head = appoint("head", school=new)
    board = reverse("ratings:progress_board", args=[scheme.pk])
    page = reverse("ratings:progress_admit", args=[scheme.pk, new.pk])

    assert page in office.get(board).content.decode()
    assert "早撤党校" not in office.get(board).content.decode()
    press(office, page, {"reason": " "})
    assert not new.assessments.exists()
    press(office, page, {"reason": "九月新设"})

    row = new.assessments.get()
    own = scheme.assessments.get(school=school)
    assert row.status == Status.DRAFT
    assert row.scores.count() == own.scores.filter(stage="self").count()
    assert row.moves.get().comment == "补列参评：九月新设"
    assert Notice.objects.filter(user=head, text__contains="补列参评").count() == 1
    assert AuditEntry.objects.filter(action="move", detail__contains="补列参评").exists()
    assert "已在本年度" in press(office, page, {"reason": "又一次"}).content.decode()
    other = reverse("ratings:progress_admit", args=[scheme.pk, gone.pk])
    assert "已关闭" in press(office, other, {"reason": "误"}).content.decode()


def test_after_the_deadline_a_day_is_owed(appoint, signed_client, scheme, school):
    office = signed_client(appoint("office"))
    Scheme.objects.filter(pk=scheme.pk).update(self_due=timezone.localdate() - dt.timedelta(days=30))
    new = SchoolFactory(city=school.city, county=school.county)
    page = reverse("ratings:progress_admit", args=[scheme.pk, new.pk])

    assert "自评截止时间已过" in press(office, page, {"reason": "新设"}).content.decode()
    assert not new.assessments.exists()
    press(office, page, {"reason": "新设", "due_on": timezone.localdate() + dt.timedelta(days=9)})
    assert new.assessments.get().extensions.count() == 1


def test_office_takes_a_closed_school_out_and_its_scores_stay(appoint, signed_client, scheme, school):
    office, row = signed_client(appoint("office")), scheme.assessments.get()
    page = reverse("ratings:progress_step", args=[row.pk, "take_out"])
    scores = Score.objects.filter(assessment=row).count()

    assert "现在不能因撤并不参评" in office.get(page).content.decode()
    type(school).objects.filter(pk=school.pk).update(closed_on=timezone.localdate())
    assert "请写明理由" in press(office, page, {"comment": " "}).content.decode()
    press(office, page, {"comment": "已并入邻校"})

    row.refresh_from_db()
    assert (row.status, row.scores.count()) == (Status.DECLINED, scores)
    assert row.moves.get(step="take_out").comment == "已并入邻校"


def test_nobody_enters_or_leaves_a_settled_year(appoint, signed_client, scheme, school):
    office, row = signed_client(appoint("office")), scheme.assessments.get()
    type(school).objects.filter(pk=school.pk).update(closed_on=timezone.localdate())
    new = SchoolFactory(city=school.city, county=school.county)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SETTLED)
    page = reverse("ratings:progress_admit", args=[scheme.pk, new.pk])

    assert page not in office.get(reverse("ratings:progress_board", args=[scheme.pk])).content.decode()
    assert "现在不能补列" in office.post(page, {"reason": "新设"}).content.decode()
    assert "take_out" not in office.get(reverse("ratings:progress_school", args=[row.pk])).content.decode()
