"""Nothing typed is lost: every form several people may have open, refused in each way there is, by two people
on real pages.

`stale`: a colleague saved other values in between. `shut`: the moment has passed. `invalid`: a value that
cannot be. Each answer still holds every value, and the tables are as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.drafting.errata import change_row, prepare, send_for_signature, write_reason
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Bulletin, Erratum, Feedback, Goal, Scheme, Score
from schools.models import Budget, Equipment, PlannedClass, School, Teacher, TrainingClass
from schools.records import locks
from tests.factories import (
    AnnualPlanFactory,
    BudgetFactory,
    PlannedClassFactory,
    TeacherFactory,
    TrainingClassFactory,
)
from tests.html_forms import Forms
from tests.rating_factories import settled_year, spec_for

pytestmark = pytest.mark.django_db
STALE_WORDS = "刚修改过这里，您的内容还没有保存，请核对后再保存。"


@dataclass
class Case:
    """One form: what is typed into it, what the colleague saves first, what cannot be, and what ends its
    time.
    """

    address: str
    typed: dict[str, str]
    theirs: dict[str, str]
    invalid: dict[str, str]
    rows: Callable[[], Any]
    shut: Callable[[], Any]
    #: What both see of the two contents after a conflict.
    shown: tuple[str, ...] = ()
    #: Sent as well, without being anything a person typed.
    pressed: dict[str, str] = field(default_factory=dict)
    #: Typed by the office, not by the school.
    of_office: bool = False


def publish(scheme: Scheme) -> None:
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.PUBLISHED, published_at="2026-12-30T00:00Z")


def stored(*models) -> list[dict]:
    """Every row of the tables, whole."""
    return [
        {name: str(value) for name, value in model_to_dict(row).items()}
        for model in models
        for row in model.objects.order_by("pk")
    ]


@pytest.fixture
def sign_period(school, monkeypatch):
    """The school signs 2026 while the page is open."""
    lock = locks.Lock("2026年度自评", 2026, date(2026, 1, 1), date(2026, 12, 31), locks.COUNTY)

    def sign() -> None:
        monkeypatch.setattr(
            "ratings.desk.CONTRIBUTIONS.signed_periods",
            [lambda keys: {pk: [lock] for pk in keys if pk == school.pk}],
        )

    return sign


@pytest.fixture
def a_class(school, sign_period) -> Case:
    record = TrainingClassFactory(school=school, name="党员春训", attendance=60, starts_on=date(2026, 3, 5))
    typed = {
        "name": "党员春季轮训",
        "attendance": "71",
        "place": "老礼堂东厅",
        "audience": "在职党员和积极分子",
        "cost": "1234.50",
    }
    return Case(
        address=reverse("schools:class_edit", args=[record.pk]),
        typed=typed,
        theirs={"attendance": "58", "place": "新礼堂"},
        invalid={"hours": "四个"},
        rows=lambda: stored(TrainingClass),
        shut=sign_period,
        shown=("58", "新礼堂"),
    )


@pytest.fixture
def a_plan(school, sign_period) -> Case:
    row = PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=2026), month=3, name="春训")
    return Case(
        address=reverse("schools:plan_edit", args=[2026]),
        typed={"row-0-name": "春季轮训", "row-0-month": "4", "row-1-name": "新办的秋训", "row-1-month": "9"},
        theirs={"row-0-name": "春训（扩大）", "row-1-name": "同事加的班", "row-1-month": "5"},
        invalid={"row-2-name": "没有月份的班"},
        rows=lambda: stored(PlannedClass),
        shut=sign_period,
        shown=("春训（扩大）", "同事加的班", f"{row.month}月"),
    )


@pytest.fixture
def a_teacher(school, sign_period) -> Case:
    teacher = TeacherFactory(school=school, name="李某", post="组织委员")
    return Case(
        address=reverse("schools:registry_record", args=[school.pk, "teachers", teacher.pk]),
        typed={"name": "李某某", "post": "宣传委员兼统战委员", "topics": "党章、乡村振兴"},
        theirs={"post": "党委副书记"},
        invalid={"since": "去年"},
        rows=lambda: stored(Teacher),
        shut=sign_period,
        shown=("党委副书记", "宣传委员兼统战委员"),
    )


@pytest.fixture
def the_equipment(school, sign_period) -> Case:
    Equipment.objects.create(school=school, kind="screen", note="一台")
    return Case(
        address=reverse("schools:registry_equipment", args=[school.pk]),
        typed={
            "has-screen": "on",
            "note-screen": "两台，一台在二楼",
            "has-sound": "on",
            "note-sound": "带无线话筒",
        },
        theirs={"has-screen": "on", "note-screen": "三台"},
        invalid={"broken-library": "on"},
        rows=lambda: stored(Equipment),
        shut=sign_period,
        shown=("三台", "两台，一台在二楼"),
    )


@pytest.fixture
def the_budget(school, sign_period) -> Case:
    BudgetFactory(school=school, year=2026, source="town", allotted=100, arrived=50)
    return Case(
        address=reverse("schools:registry_budget", args=[school.pk]) + "?year=2026",
        typed={"allotted-town": "222.22", "arrived-town": "111.11", "allotted-city": "333.33"},
        theirs={"allotted-town": "444.44"},
        invalid={"arrived-city": "-1"},
        rows=lambda: stored(Budget),
        shut=sign_period,
        shown=("444.44", "222.22"),
    )


@pytest.fixture
def the_profile(school, sign_period) -> Case:
    return Case(
        address=reverse("schools:registry_profile", args=[school.pk]),
        typed={"seats": "121", "staff_count": "17", "office_email": "dangxiao@example.cn"},
        theirs={"seats": "90"},
        invalid={"operator": "无" * 500},
        rows=lambda: stored(School),
        shut=sign_period,
        shown=("90", "121"),
    )


@pytest.fixture
def a_goal(scheme, assessment) -> Case:
    return Case(
        address=reverse("ratings:self_check_item", args=[scheme.pk, "K1"]),
        typed={"text": "全年办班十五期", "person": "组织委员", "due": "2026-06-30"},
        theirs={"text": "全年办班十二期", "person": "副书记"},
        invalid={"due": "六月底"},
        rows=lambda: stored(Goal),
        shut=lambda: publish(scheme),
        shown=("全年办班十二期", "全年办班十五期", "副书记"),
    )


@pytest.fixture
def an_answer(assessment) -> Case:
    row = Score.objects.get(assessment=assessment, stage=Stage.SELF, item__code="L2")
    rows = lambda: list(Score.objects.order_by("pk").values_list("pk", "answers", "remark", "version"))  # noqa: E731
    return Case(
        address=reverse("ratings:answer", args=[row.pk]),
        typed={f"s{row.pk}-remark": "台账由党政办保管"},
        theirs={f"s{row.pk}-remark": "台账在档案室"},
        invalid={f"s{row.pk}-remark": "长" * 501},
        rows=rows,
        shut=lambda: Assessment.objects.filter(pk=assessment.pk).update(status=Status.COUNTY),
        shown=("台账在档案室", "台账由党政办保管"),
    )


@pytest.fixture
def a_bulletin(city, school) -> Case:
    draft = settled_year(city, [school]).bulletin
    return Case(
        address=reverse("ratings:bulletin_edit", args=[draft.pk]),
        typed={"body": "一、我写的正文", "cc": "市委党校"},
        theirs={"body": "一、同事写的正文"},
        invalid={"issued_on": "年底"},
        rows=lambda: stored(Bulletin),
        shut=lambda: publish(draft.scheme),
        shown=("一、同事写的正文", "一、我写的正文"),
        of_office=True,
    )


@pytest.fixture
def a_note_on_a_visit(city, school) -> Case:
    spec = spec_for(city, 2025)
    spec = replace(spec, items=tuple(replace(item, onsite=True) for item in spec.items))
    scheme = create_scheme(spec, city=city)
    freeze(scheme, reason="启动", spec=spec)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
    assessment = Assessment.objects.create(scheme=scheme, school=school)
    return Case(
        address=reverse("ratings:feedback", args=[assessment.pk]),
        typed={"text": "我写的意见", "visited_on": "2025-11-20"},
        theirs={"text": "同事写的意见"},
        invalid={"visited_on": "上月底"},
        rows=lambda: stored(Feedback),
        shut=lambda: publish(scheme),
        shown=("同事写的意见", "我写的意见"),
        of_office=True,
    )


@pytest.fixture
def erratum(scheme, office) -> Erratum:
    """The draft of a correction that could be sent for signature."""
    erratum = prepare(scheme, by=office)
    change_row(erratum, "item", "K1", {"name": "主课堂"}, by=office, revision=erratum.revision)
    write_reason(
        erratum, reason="标准印错", basis="市评委会纪要第3号", by=office, revision=erratum.revision + 1
    )
    return erratum


@pytest.fixture
def a_row_of_an_erratum(erratum, office) -> Case:
    return Case(
        address=reverse("ratings:erratum_row", args=[erratum.pk, "item", "K1"]),
        typed={"name": "我的名称", "standard": "我写的标准"},
        theirs={"standard": "同事写的标准"},
        invalid={"points": "三十"},
        rows=lambda: stored(Erratum),
        shut=lambda: send_for_signature(erratum, by=office),
        shown=("同事写的标准", "我写的标准", "主课堂"),
        of_office=True,
    )


@pytest.fixture
def a_reason_of_an_erratum(erratum, office) -> Case:
    return Case(
        address=reverse("ratings:erratum", args=[erratum.pk]),
        typed={"reason": "我写的理由", "basis": "我找到的文件"},
        theirs={"reason": "同事写的理由"},
        invalid={"basis": "长" * 201},
        rows=lambda: stored(Erratum),
        shut=lambda: send_for_signature(erratum, by=office),
        shown=("同事写的理由", "我写的理由"),
        of_office=True,
    )


CASES = (
    *("a_class", "a_plan", "a_teacher", "the_equipment", "the_budget", "the_profile", "a_goal", "an_answer"),
    *("a_bulletin", "a_note_on_a_visit", "a_row_of_an_erratum", "a_reason_of_an_erratum"),
)


@pytest.fixture(params=CASES)
def case(request, assessment) -> Case:
    return request.getfixturevalue(request.param)


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, user):
        self.client = Client()
        self.client.force_login(user)
        self.fields: dict[str, str] = {}

    def open(self, case: Case) -> None:
        self.read(case, self.client.get(case.address))

    def read(self, case: Case, answer) -> None:
        """The form that holds what the case types, with its hidden fields."""
        forms = [
            fields for _, fields in Forms(answer.content.decode()).found if set(case.typed) & fields.keys()
        ]
        self.fields = {
            name: value for name, value in forms[0].items() if name not in ("another", "more", "decision")
        }

    def send(self, case: Case, typed: dict[str, str]):
        self.fields |= typed
        return self.client.post(case.address, {**self.fields, **case.pressed})


@pytest.fixture
def one(case, filler, office) -> Person:
    return Person(office if case.of_office else filler)


@pytest.fixture
def other(case, head, office) -> Person:
    return Person(office if case.of_office else head)


def holds(answer, typed: dict[str, str]) -> None:
    """Every value that was typed stands in a field of the page that comes back."""
    page = answer.content.decode()
    values = {unescape(value).strip() for _, fields in Forms(page).found for value in fields.values()}
    assert answer.status_code in (200, 409)
    assert {value for value in typed.values() if value != "on"} <= values, page


def test_a_colleague_was_faster(case, one, other):
    one.open(case)
    other.open(case)
    assert other.send(case, case.theirs).status_code == 302
    before = case.rows()

    answer = one.send(case, case.typed)
    page = unescape(answer.content.decode())

    holds(answer, case.typed)
    assert STALE_WORDS in page
    assert all(text in page for text in case.shown), page
    assert case.rows() == before

    one.read(case, answer)
    assert one.send(case, {}).status_code == 302
    assert case.rows() != before


def test_the_moment_has_passed(case, one):
    one.open(case)
    case.shut()
    before = case.rows()

    answer = one.send(case, case.typed)

    holds(answer, case.typed)
    assert case.rows() == before


def test_a_value_cannot_be(case, one):
    one.open(case)
    before = case.rows()

    answer = one.send(case, case.typed | case.invalid)

    holds(answer, case.typed | case.invalid)
    assert case.rows() == before
