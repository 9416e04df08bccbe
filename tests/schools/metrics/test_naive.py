"""A second computation, school by school and row by row through the models, must agree with the set-based
one.
"""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools.metrics import compute
from schools.models import Lesson, School, TrainingClass
from schools.models.teaching import ClassCategory
from tests import factories as make
from tests.factories import moment

START, END = date(2026, 1, 1), date(2026, 11, 30)
THRESHOLDS = (Decimal(2), 15)
ARGUMENTS = "[学时≥2, 人次≥15]"

classes = st.fixed_dictionaries(
    {
        "starts_on": st.dates(date(2025, 12, 20), date(2026, 12, 10)),
        "category": st.sampled_from(ClassCategory.values),
        "form": st.sampled_from(TrainingClass.Form.values),
        "hours": st.sampled_from([Decimal("1.5"), Decimal(2), Decimal("7.5")]),
        "attendance": st.sampled_from([0, 14, 15, 80]),
        "first_lesson": st.booleans(),
        "rating": st.sampled_from([None, Decimal(0), Decimal("91.5")]),
        "part": st.sampled_from(TrainingClass.Part.values),
        "cost": st.sampled_from([Decimal(0), Decimal("1200.37")]),
    }
)
lessons = st.lists(
    st.tuples(st.sampled_from(Lesson.LecturerKind.values), st.sampled_from([Decimal("0.5"), Decimal(2)])),
    max_size=3,
)
records = st.lists(st.tuples(classes, lessons, st.integers(0, 30), st.booleans()), max_size=6)


def lay(school: School, drawn) -> None:
    for number, (fields, taught, delay, voided) in enumerate(drawn):
        end = fields["starts_on"] + timedelta(days=number % 3)
        one = make.TrainingClassFactory(
            school=school,
            name=f"班{number}",
            ends_on=end,
            recorded_at=moment(end + timedelta(days=delay)),
            **fields,
        )
        for kind, hours in taught:
            make.LessonFactory(training_class=one, lecturer_kind=kind, hours=hours)
        if voided:
            one.void(by=make.UserFactory(), reason="登记错误")


def naive(school: School) -> dict[str, Fraction | None]:
    """Straight from the definitions, one school at a time."""
    held = [
        one
        for one in TrainingClass.objects.filter(school=school)
        if not one.is_voided and START <= one.starts_on <= END
    ]
    enough = [one for one in held if one.hours >= THRESHOLDS[0] and one.attendance >= THRESHOLDS[1]]
    hosted, hosted_enough = ([one for one in rows if one.part == "host"] for rows in (held, enough))

    def share(rows, hit):
        return Fraction(len([one for one in rows if hit(one)]), len(rows)) if rows else None

    taught = [lesson for one in hosted for lesson in one.lessons.all()]
    leading = sum(
        (Fraction(lesson.hours) for lesson in taught if lesson.lecturer_kind in Lesson.LEADING), Fraction(0)
    )
    hours = sum((Fraction(one.hours) for one in hosted), Fraction(0))
    mains = [one for one in hosted if one.category == "main"]
    return {
        "办班期数": Fraction(len(hosted)),
        f"办班期数{ARGUMENTS}": Fraction(len(hosted_enough)),
        "主体班次": Fraction(len(mains)),
        "上半年主体班": Fraction(len([one for one in mains if one.starts_on < date(2026, 7, 1)])),
        "下半年主体班": Fraction(len([one for one in mains if one.starts_on >= date(2026, 7, 1)])),
        "集中培训次数": Fraction(len([one for one in hosted if one.category == "concentrated"])),
        "现场教学次数": Fraction(len([one for one in hosted if one.category == "onsite"])),
        f"有培训的双月数{ARGUMENTS}": Fraction(len({(one.starts_on.month + 1) // 2 for one in enough})),
        "有培训的月数": Fraction(len({one.starts_on.month for one in held})),
        f"参训人次{ARGUMENTS}": Fraction(sum(one.attendance for one in enough)),
        "培训学时": hours,
        "第一课占比": share(hosted, lambda one: one.first_lesson),
        f"评价班次占比{ARGUMENTS}": share(hosted_enough, lambda one: one.rating is not None),
        "非讲授式占比": share(hosted, lambda one: one.form != "lecture"),
        "补录占比": share(held, lambda one: one.is_late),
        "培训支出": sum((Fraction(one.cost) for one in held), Fraction(0)) / 10000,
        "领导干部授课占比": min(leading / hours, Fraction(1)) if hours else None,
        "书记授课": Fraction(len([lesson for lesson in taught if lesson.lecturer_kind == "secretary"])),
    }


@pytest.mark.engine
class NaiveAgreement(TestCase):
    """A test case of Hypothesis, so that every example has its own transaction."""

    @given(drawn=st.lists(records, min_size=1, max_size=3))
    def test_set_based_figures_equal_the_naive_ones(self, drawn):
        schools = [make.SchoolFactory() for _ in drawn]
        for school, rows in zip(schools, drawn, strict=True):
            lay(school, rows)
        expected = {school.pk: naive(school) for school in schools}

        found = compute(expected[schools[0].pk], schools=School.objects.all(), start=START, end=END)

        assert found == expected
