"""Lists and forms of a school on a screen 360 px wide: nothing is squeezed to a character a line, nothing
pushed out of sight.
"""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import Leader, Lesson
from tests.factories import (
    AnnualPlanFactory,
    LessonFactory,
    LiaisonFactory,
    PlannedClassFactory,
    RegulationFactory,
    TeacherFactory,
    TeachingPointFactory,
    TrainingClassFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

NARROW = 360
#: Five lines of text; a column squeezed to one character a line makes the row far higher.
HIGHEST_ROW = 150
KINDS = [Lesson.LecturerKind.EXPERT, Lesson.LecturerKind.MODEL, Lesson.LecturerKind.SECRETARY]


@pytest.fixture
def page(school, appoint, signed_in):
    today = timezone.localdate()
    held = TrainingClassFactory(
        school=school, starts_on=date(today.year, 1, 4), name="村（社区）党组织书记培训班"
    )
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

    boxes = [
        one.bounding_box() for one in page.locator("table.rows select, table.rows input[type=text]").all()
    ]
    assert boxes and max(box["x"] + box["width"] for box in boxes) <= NARROW


def test_boxes_of_the_plan_are_seen_in_the_order_of_the_tab_key(page, live_server):
    page.goto(live_server.url + reverse("schools:plan_edit", args=[timezone.localdate().year]))

    boxes = [
        one.bounding_box()
        for one in page.locator("table.rows tbody tr").first.locator("select, input[type=text]").all()
    ]
    assert len(boxes) > 2
    assert boxes == sorted(boxes, key=lambda box: (round(box["y"]), box["x"]))


@pytest.mark.parametrize("slug", ["leaders", "teachers", "points", "regulations"])
def test_acts_on_a_record_are_in_sight_without_pushing(slug, page, school, live_server):
    Leader.objects.create(school=school, post=Leader.Post.PRESIDENT, name="李某")
    TeacherFactory(school=school, post="中共示例镇委员会党校高级讲师、理论宣讲团成员")
    TeachingPointFactory(school=school)
    RegulationFactory(school=school)

    page.goto(live_server.url + reverse("schools:registry_rows", args=[school.pk, slug]))

    acts = [one.bounding_box() for one in page.locator("table.data tbody a").all()]
    assert acts and max(box["x"] + box["width"] for box in acts) <= NARROW


def test_a_visit_is_registered_from_the_list_without_pushing(school, appoint, signed_in, live_server):
    guide = appoint("liaison")
    LiaisonFactory(user=guide, school=school)
    page = signed_in(guide)
    page.set_viewport_size({"width": NARROW, "height": 740})

    page.goto(live_server.url + reverse("schools:guidance"))

    box = page.get_by_role("link", name="登记对").bounding_box()
    assert box["x"] + box["width"] <= NARROW
