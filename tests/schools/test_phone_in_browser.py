"""Lists and forms of a school on a screen 360 px wide: nothing is squeezed to a character a line, nothing pushed out of sight."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import Lesson
from tests.factories import AnnualPlanFactory, LessonFactory, PlannedClassFactory, TrainingClassFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

NARROW = 360
#: Five lines of text; a column squeezed to one character a line makes the row far higher.
HIGHEST_ROW = 150
KINDS = [Lesson.LecturerKind.EXPERT, Lesson.LecturerKind.MODEL, Lesson.LecturerKind.SECRETARY]


@pytest.fixture
def page(school, appoint, signed_in):
    today = timezone.localdate()
    held = TrainingClassFactory(school=school, starts_on=date(today.year, 1, 4), name="村（社区）党组织书记培训班")
    for name, kind in zip(("欧阳建国", "上官文辉", "司徒德明"), KINDS, strict=True):
        LessonFactory(training_class=held, lecturer=name, lecturer_kind=kind)
    PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=today.year), month=12, name="党员冬训")
    page = signed_in(appoint("filler"))
    page.set_viewport_size({"width": NARROW, "height": 740})
    return page


def test_a_list_of_classes_keeps_its_rows_low(page, live_server):
    page.goto(live_server.url + reverse("schools:teaching"))

    assert page.locator("table.data tbody tr").first.bounding_box()["height"] < HIGHEST_ROW


def test_all_boxes_of_the_plan_are_in_sight(page, live_server):
    page.goto(live_server.url + reverse("schools:plan_edit", args=[timezone.localdate().year]))

    boxes = [one.bounding_box() for one in page.locator("table.rows select, table.rows input[type=text]").all()]
    assert boxes and max(box["x"] + box["width"] for box in boxes) <= NARROW
