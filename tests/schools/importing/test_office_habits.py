"""What comes in by workbook as people make them: a blank never erases, one thing is one record in whatever
spelling, the bounds are those of the form, a bad cell has one sentence.
"""

from datetime import date
from decimal import Decimal

import pytest

from schools.importing.exchange import import_workbook
from schools.importing.figure_sheets import BudgetResource
from schools.importing.registry_sheets import (
    LeaderResource,
    SchoolResource,
    TeacherResource,
    TeachingPointResource,
)
from schools.importing.schools import read_schools, upsert_schools
from schools.importing.teaching_sheets import LessonResource, PlannedClassResource, TrainingClassResource
from schools.models import Budget, Lesson, School, Teacher, TrainingClass
from schools.registry.kinds import KINDS as FORMS
from schools.teaching.backfill import BackfillResource
from schools.teaching.classes import twin_of
from schools.workbooks import WorkbookError, read_workbook
from tests import factories as make
from tests.xlsx import book

pytestmark = pytest.mark.django_db
CLASS = ["开始日期", "班名", "类别", "学时", "人次"]


@pytest.fixture
def bring(school, keeper):
    """Imports the rows of one sheet; the reports."""

    def run(kind, *rows, name="记录.xlsx", merge=None, **sheet):
        return import_workbook(
            (kind,),
            read_workbook(book(*rows, merge=merge, **sheet), name=name),
            schools=School.objects.filter(city=school.city),
            city=school.city,
            by=keeper,
        )

    return run


@pytest.fixture
def backfill(school, keeper):
    """Imports as the school does."""

    def run(*rows, **sheet):
        workbook = read_workbook(book(*rows, **sheet), name="补录.xlsx")
        own = School.objects.filter(pk=school.pk)
        (report,) = import_workbook((BackfillResource,), workbook, schools=own, city=school.city, by=keeper)
        return report

    return run


def sentences(run, *args, **options):
    with pytest.raises(WorkbookError) as refused:
        run(*args, **options)
    return [(problem.row, problem.column, problem.reason) for problem in refused.value.problems]


# A blank never erases


@pytest.mark.parametrize(
    ("kind", "make_one", "head", "row", "kept"),
    [
        (
            SchoolResource,
            lambda school: school,
            ["学校编码", "学校名称", "简称", "县（市、区）", "主教室座位", "已挂牌", "关闭日期"],
            lambda school: ["A01", "新名党校", None, None, None, None, None],
            ("short_name", "county", "seats", "has_plaque"),
        ),
        (
            TeacherResource,
            lambda school: make.TeacherFactory(
                school=school, name="谢敏", post="镇党委书记", topics="党史", since=date(2020, 1, 1)
            ),
            ["学校编码", "姓名", "类型", "单位及职务", "课题、专题", "入库日期"],
            lambda school: ["A01", "谢　敏", "专家型", None, " ", None],
            ("name", "post", "topics", "since"),
        ),
        (
            BudgetResource,
            lambda school: make.BudgetFactory(
                school=school, year=2026, source="town", allotted=Decimal(9), arrived=Decimal(8)
            ),
            ["学校编码", "年度", "来源", "预算（元）", "到位（元）"],
            lambda school: ["A01", 2026, "镇街财政", 10, None],
            ("arrived",),
        ),
        (
            TeachingPointResource,
            lambda school: make.TeachingPointFactory(school=school, name="红色讲台", theme="党史"),
            ["学校编码", "名称", "主题", "共用党校"],
            lambda school: ["A01", "红色 讲台", None, None],
            ("theme", "name"),
        ),
    ],
)
def test_a_blank_cell_leaves_what_is_recorded(kind, make_one, head, row, kept, bring, school):
    School.objects.filter(pk=school.pk).update(short_name="甲校", seats=80, has_plaque=True)
    school.refresh_from_db()
    record = make_one(school)
    before = {name: getattr(record, name) for name in kept}

    bring(kind, head, row(school))

    record.refresh_from_db()
    assert {name: getattr(record, name) for name in kept} == before


def test_who_wants_it_gone_says_so(bring, school):
    one = make.TeacherFactory(school=school, name="谢敏", kind="leader", post="书记", since=date(2020, 1, 1))
    head = ["学校编码", "姓名", "类型", "单位及职务", "入库日期"]

    told = sentences(bring, TeacherResource, head, ["A01", "谢敏", "清空", "清空", " 清 空 "])
    bring(TeacherResource, head, ["A01", "谢敏", "领导型", "清空", " 清 空 "])

    one.refresh_from_db()
    assert (one.post, one.since) == ("", None)
    assert told == [(2, "类型", "这一列必须填写，不能清空")]


def test_the_sharing_of_a_point_is_kept_by_a_blank_and_taken_out_by_the_word(bring, school):
    point, other = (
        make.TeachingPointFactory(school=school, name="红色讲台"),
        make.SchoolFactory(county=school.county),
    )
    point.shared_with.add(other)
    head = ["学校编码", "名称", "共用党校"]

    bring(TeachingPointResource, head, ["A01", "红色讲台", None])
    assert list(point.shared_with.all()) == [other]

    bring(TeachingPointResource, head, ["A01", "红色讲台", "清空"])
    assert not point.shared_with.exists()


LIST = ["学校编码", "学校名称", "县（市、区）", "主教室座位", "已挂牌", "启用月份"]


def _list(*rows, merge=None):
    return read_schools(read_workbook(book(LIST, *rows, merge=merge), name="schools.xlsx"))


def test_the_list_of_schools_obeys_merged_cells_blanks_and_the_word():
    city = make.CityFactory()
    upsert_schools(
        city,
        _list(
            ["A1", "甲镇党校", "东县", "80座", "是", "2019年5月"],
            ["A2", "乙镇党校", None, 60],
            ["A3", "丙镇党校", "西县", 50],
            merge="C2:C3",
        ),
    )
    stated = School.objects.order_by("code").values_list("county__name", "seats", "has_plaque", "opened_on")
    assert list(stated) == [
        ("东县", 80, True, date(2019, 5, 1)),
        ("东县", 60, None, None),
        ("西县", 50, None, None),
    ]

    upsert_schools(
        city,
        _list(
            ["Ａ1", "甲镇党校", None, None], ["A2", "乙镇党校", "清空", "清空"], ["A3", "丙镇党校", " 西 县"]
        ),
    )

    assert [row[:2] for row in stated.all()] == [("东县", 80), (None, None), ("西县", 50)]
    assert city.counties.count() == 2


# Codes, and names that two things have


def test_two_schools_of_one_name_are_told_apart_by_their_codes(bring, school):
    city = make.CityFactory()
    upsert_schools(city, _list(["A1", "云岭镇党校", "东县"], ["A2", "云岭镇党校", "西县"]))
    assert School.objects.filter(city=city).count() == 2
    with pytest.raises(WorkbookError, match="第 3 行「学校名称」：“云岭镇 党校”与第 2 行重复"):
        _list(["A1", "云岭镇党校", "东县"], ["A2", "云岭镇 党校", "东县"])

    School.objects.filter(pk=school.pk).update(name="云岭镇党校")
    west = make.CountyFactory(city=school.city)
    twin = make.SchoolFactory(county=west, code="A02", name="云岭镇党校", short_name="云岭校")
    head = ["学校编码", "姓名", "类型"]
    told = sentences(
        bring, TeacherResource, head, ["云岭镇党校", "谢敏", "领导型"], ["云岭校", "王明", "领导型"]
    )

    assert told == [
        (2, "学校编码", f"“云岭镇党校”是学校名称，请填编码：A01（{school.county}）、A02（{twin.county}）"),
        (3, "学校编码", f"“云岭校”是学校名称，请填编码：A02（{twin.county}）"),
    ]


@pytest.mark.parametrize("code", ["Ａ０１", " A01 ", "A 01"])
def test_a_code_is_known_in_any_width(code, bring, school):
    bring(TeacherResource, ["学校编码", "姓名", "类型"], [code, "谢敏", "领导型"])

    assert Teacher.objects.get().school == school


@pytest.mark.parametrize(
    ("stored", "typed"), [("谢敏", "谢　敏"), ("阿依·买买提", "阿依•买买提"), ("李伟（教务）", "李伟(教务)")]
)
def test_a_person_is_one_person_in_whatever_spelling(stored, typed, bring, school):
    make.TeacherFactory(school=school, name=stored, kind="leader")

    (report,) = bring(TeacherResource, ["学校编码", "姓名", "类型"], ["A01", typed, "专家型"])

    assert (report.created, report.updated) == (0, 1)
    assert list(Teacher.objects.values_list("name", "kind")) == [(stored, "expert")]


def test_namesakes_in_brackets_are_two_and_a_new_name_is_kept_tidy(bring, school):
    make.TeacherFactory(school=school, name="李伟")

    bring(
        TeacherResource,
        ["学校编码", "姓名", "类型"],
        ["A01", "李伟(教务)", "专家型"],
        ["A01", "王　明", "专家型"],
    )

    assert set(Teacher.objects.values_list("name", flat=True)) == {"李伟", "李伟（教务）", "王明"}


def test_of_two_of_one_name_the_one_who_is_still_there_is_meant(bring, school):
    now = make.TeacherFactory(school=school, name="谢敏", kind="leader")
    gone = make.TeacherFactory(school=school, name="谢敏", kind="leader", until=date(2020, 1, 1))

    bring(TeacherResource, ["学校编码", "姓名", "类型"], ["A01", "谢敏", "专家型"])

    now.refresh_from_db()
    gone.refresh_from_db()
    assert (now.kind, gone.kind) == ("expert", "leader")


@pytest.mark.parametrize("kind", ["teachers", "staff", "leaders"])
def test_the_forms_know_the_same_person_too(kind, school):
    """The field itself tidies, so that every form and every workbook does."""
    name = FORMS[kind].model._meta.get_field("name")

    assert name.clean("谢　敏", None) == "谢敏"
    assert name.clean("阿依 • 买买提", None) == "阿依·买买提"


def test_a_lesson_finds_the_person_of_the_pool(bring, school):
    teacher = make.TeacherFactory(school=school, name="谢敏", kind="leader")
    make.TrainingClassFactory(school=school, name="甲班（第1期）", starts_on=date(2026, 3, 5))
    head = ["学校编码", "开始日期", "班名", "题目", "授课人", "学时"]

    bring(LessonResource, head, ["A01", "2026.3.5", "甲班(第１期)", "党史", "谢　敏", 2])

    assert Lesson.objects.get().teacher == teacher


# One class, however it is written


TWINS = [
    ["2026-03-05", "甲班（第1期）", "主体班", 4, 30],
    ["2026-03-05", "甲班(第1期)", "主体班", 4, 30],
    ["2026-03-05", "甲班 （第１期）", "主体班", 4, 30],
]


def test_one_class_three_times_is_one(backfill, school):
    told = sentences(backfill, CLASS, *TWINS)
    assert told == [(row, None, "与第 2 行重复（学校编码、开始日期、班名相同）") for row in (3, 4)]

    backfill(CLASS, TWINS[0])
    for twin in TWINS[1:]:
        assert backfill(CLASS, twin).unchanged == 1

    assert [record.name for record in TrainingClass.objects.all()] == ["甲班（第1期）"]


@pytest.mark.parametrize("name", ["甲班【第1期】", "甲班 (第１期)", "甲班（第 1 期）"])
def test_the_form_finds_the_twin_by_the_same_rule(name, school):
    one = make.TrainingClassFactory(school=school, name="甲班（第1期）", starts_on=date(2026, 3, 5))

    assert twin_of(school, date(2026, 3, 5), name) == one
    assert twin_of(school, date(2026, 3, 5), "甲班（第2期）") is None


@pytest.mark.parametrize(
    ("kind", "factory", "stored", "typed", "sentence"),
    [
        ("teachers", make.TeacherFactory, "谢敏", "谢　敏", "该党校师资库中已有这位教师。"),
        ("courses", make.CourseFactory, "学习《决定》", "学习 〈决定〉", "该党校已登记同名课程。"),
        (
            "regulations",
            make.RegulationFactory,
            "请销假办法(试行)",
            "请销假办法（试行）",
            "该党校已登记同名制度。",
        ),
        ("brands", make.BrandFactory, "周五·讲堂", "周五•讲堂", "该党校已登记同名品牌。"),
    ],
)
def test_the_forms_of_the_registry_know_the_same_thing(kind, factory, stored, typed, sentence, school):
    known = FORMS[kind]
    field = "title" if kind == "regulations" else "name"
    one = factory(school=school, **{field: stored})
    filled = {name: getattr(one, name) for name in known.fields}

    form = known.form({**filled, field: typed}, school=school)

    told = [text for texts in form.errors.values() for text in texts]
    assert told == [sentence]


def test_another_class_of_the_day_is_another(backfill):
    assert backfill(CLASS, TWINS[0], ["2026-03-05", "甲班（第2期）", "主体班", 4, 30]).created == 2


@pytest.mark.parametrize(
    ("start", "end", "column", "reason"),
    [
        ("1926-03-05", None, "开始日期", "年份过早，请核对"),
        ("2062-03-05", None, "开始日期", "开始日期还没有到，请在开班后登记"),
        ("2026-03-05", "2062-03-07", "结束日期", "班次超过一年，请核对日期"),
        ("2026-03-05", "2026-03-04", "结束日期", "不能早于开始日期"),
        ("3月5日", None, "开始日期", "“3月5日”缺年份，请写成 2026-03-05"),
        ("2026年3月", None, "开始日期", "“2026年3月”只写到月，请写明是哪一天，如 2026-03-01"),
        ("三月", None, "开始日期", "“三月”不是日期，请写成 2026-03-05"),
        ("2026-03-05", "三月", "结束日期", "“三月”不是日期，请写成 2026-03-05"),
    ],
)
@pytest.mark.parametrize("kind", [BackfillResource, TrainingClassResource])
def test_the_days_of_a_class_have_the_bounds_of_the_form(
    kind, start, end, column, reason, bring, school, backfill
):
    head = [*CLASS, "结束日期"] if kind is BackfillResource else ["学校编码", *CLASS, "结束日期"]
    row = [start, "甲班", "主体班", 4, 30, end]

    if kind is BackfillResource:
        told = sentences(backfill, head, row)
    else:
        told = sentences(bring, kind, head, ["A01", *row])

    assert told == [(2, column, reason)]
    assert not TrainingClass.objects.exists()


def test_the_year_of_the_sheet_completes_its_days_for_every_column_that_asks(backfill, school):
    planned = make.PlannedClassFactory(plan__school=school, plan__year=2026, name="春季班")

    report = backfill(
        ["2026年办班情况"], [*CLASS, "计划班次"], ["3月5日", "甲班", "主体班", "8.00", "1,200", "春季 班"]
    )

    record = TrainingClass.objects.get()
    assert (record.starts_on, record.hours, record.attendance, record.planned) == (
        date(2026, 3, 5),
        8,
        1200,
        planned,
    )
    assert [warning.reason for warning in report.warnings] == ["没有写年份的日期，按 2026 年读入"]


def test_the_year_of_the_row_completes_its_days(bring, school):
    head = ["学校编码", "年度", "备案日期", "月份", "班次名称"]

    bring(PlannedClassResource, head, ["A01", 2025, "3月20日", 3, "春季班"], name="2026.xlsx")

    assert school.plans.get().filed_on == date(2025, 3, 20)


def test_totals_signatures_and_other_sheets_are_named_in_the_report(bring):
    (report,) = bring(
        BudgetResource,
        ["学校编码", "年度", "来源", "到位（元）"],
        ["A01", 2026, "镇街财政", "1.2万"],
        ["合计", None, None, 12000],
        ["填表人：谢敏"],
    )

    assert Budget.objects.get().arrived == 12000
    assert [(warning.row, warning.reason) for warning in report.warnings] == [
        (3, "合计、小计等汇总行，没有读入"),
        (4, "“填表人：谢敏”是落款，没有读入"),
    ]


# One bad cell, one sentence, none of Django's own


NASTY = ["x" * 300, -1, 10**30, 1.23456, "三", "#N/A", "2019年5月", True, date(1, 1, 1), "１２３人", "¥5"]
#: What only Django or import-export says.
FOREIGN = ("请输入", "确保", "字段", "has no", "valid", "must be", "cannot", "“None”", "值")


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (BudgetResource, ["A01", 2026, "镇街财政", 10, 8]),
        (TeacherResource, ["A01", "谢敏", "专家型", "书记", "党史", "2020-01-01", "2021-01-01"]),
        (LeaderResource, ["A01", "校长", "谢敏", "书记", "2020-01-01", "2021-01-01"]),
        (
            TrainingClassResource,
            [
                "A01",
                "2026-03-05",
                "2026-03-05",
                "甲班",
                "主体班",
                "",
                "讲授",
                "党员",
                "4",
                "30",
                "是",
                "礼堂",
                "",
                "5",
                "90",
                "主办",
            ],
        ),
        (PlannedClassResource, ["A01", 2026, "2026-01-05", 3, "春季班", "主体班"]),
    ],
    ids=lambda value: value.title() if isinstance(value, type) else "",
)
def test_a_bad_cell_has_one_sentence_of_ours(kind, row, bring, school):
    head = [field.column_name for field in kind.columns()]
    rows = [[*row[:place], bad, *row[place + 1 :]] for place in range(len(row)) for bad in NASTY]

    told = sentences(bring, kind, head, *rows)

    places = [(row, column) for row, column, _ in told]
    assert len(places) == len(set(places))
    assert len({row for row, _ in places}) == len(places), "a second sentence for one bad cell"
    for _, _, reason in told:
        assert not any(word in reason for word in FOREIGN if word != "值" or "错误值" not in reason), reason
