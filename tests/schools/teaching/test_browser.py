"""What a class and a month cost in fields, clicks and keystrokes; printed, because the README quotes it."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import MonthlyReport, TrainingClass
from schools.teaching import months
from tests.factories import (
    AnnualPlanFactory,
    LessonFactory,
    PlannedClassFactory,
    TeacherFactory,
    TrainingClassFactory,
    moment,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

#: Keystroke-level model: to point at something and press, to press a key, to think before each.
CLICK, KEY, THINK = 1.3, 0.28, 1.35
#: A name of three characters typed by pinyin: its syllables, and one key to choose.
PINYIN_KEYS = 10
LONGEST = 60
FIELDS = "form.class-form input:not([type=hidden]), form.class-form select, form.class-form textarea"


class Hand:
    """Does what a person does, and counts it."""

    def __init__(self, page):
        self.page, self.clicks, self.keys = page, 0, 0

    def click(self, target) -> None:
        target.click()
        self.clicks += 1

    def choose(self, target, label: str) -> None:
        """Open a list, take an entry."""
        target.select_option(label=label)
        self.clicks += 2

    def type(self, target, text: str, keys: int = 0) -> None:
        """Click into a field and type."""
        self.click(target)
        self.page.keyboard.insert_text(text) if keys else self.page.keyboard.type(text)
        target.dispatch_event("change")
        self.keys += keys or len(text)

    @property
    def seconds(self) -> float:
        """As the model has it, a thought before every click."""
        return self.clicks * (CLICK + THINK) + self.keys * KEY


@pytest.fixture
def page(school, appoint, signed_in):
    """The filler of a school with a plan, teachers and an earlier class."""
    today = timezone.localdate()
    plan = AnnualPlanFactory(school=school, year=today.year, filed_on=date(today.year, 3, 1))
    PlannedClassFactory(plan=plan, month=today.month, name="党员冬训第二期", kind="concentrated")
    TeacherFactory(school=school, name="陈小明", kind="lecturer")
    LessonFactory(
        training_class=TrainingClassFactory(
            school=school, starts_on=today, name="昨天的班", hours=6, place="老祠堂"
        )
    )
    return signed_in(appoint("filler"))


def test_usual_class_takes_few_fields_and_less_than_a_minute(page, school, live_server):
    page.goto(live_server.url + reverse("schools:teaching_school", args=[school.pk]))
    hand = Hand(page)

    hand.click(page.get_by_role("link", name="登记一个班"))
    fields = [one for one in page.locator(FIELDS).all() if one.is_visible()]
    hand.choose(page.get_by_label("计划班次"), f"{timezone.localdate().month}月 党员冬训第二期")
    hand.type(page.get_by_label("人次"), "58")
    hand.type(page.get_by_label("授课人", exact=True), "陈小明", PINYIN_KEYS)
    hand.type(page.get_by_label("经费支出"), "1200")
    hand.click(page.get_by_role("button", name="登记", exact=True))
    page.wait_for_url("**/teaching/schools/**")

    record = TrainingClass.objects.get(name="党员冬训第二期")
    print(
        f"一个班：可见 {len(fields)} 格，点击 {hand.clicks} 次，按键 {hand.keys} 次，按键模型 "
        f"{hand.seconds:.0f} 秒"
    )
    assert (record.category, record.attendance, record.hours, record.place) == (
        "concentrated",
        58,
        6,
        "老祠堂",
    )
    assert record.lessons.get().lecturer_kind == "lecturer"
    assert len(fields) <= 10
    assert (hand.clicks, hand.keys) == (7, 16)
    assert hand.seconds <= LONGEST


def test_month_takes_one_click_on_the_workbench(page, school, live_server):
    filler = school.appointments.get().user
    today = timezone.localdate()
    last = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    for month in range(1, 13):
        for year in (last[0] - 1, last[0]):
            if (year, month) < last:
                MonthlyReport.objects.create(
                    school=school,
                    year=year,
                    month=month,
                    is_zero=True,
                    confirmed_at=moment(date(year, month, 28)),
                    confirmed_by=filler,
                )
    page.goto(live_server.url)

    page.get_by_role("button", name="确认零报告").click()
    page.get_by_text(f"已确认{last[0]}年{last[1]}月零报告").wait_for()

    print("一个月：点击 1 次")
    assert page.url == f"{live_server.url}/"
    assert months.month_of(school, *last).state == months.CONFIRMED
