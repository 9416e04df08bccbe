"""Workbooks of records: what is typed is understood, what is wrong is named, and nothing is written by
halves.
"""

import io
from datetime import date
from decimal import Decimal

import pytest

from schools.importing.account_sheets import AppointmentResource, UserResource
from schools.importing.exchange import export_sheets, import_workbook, template_sheets
from schools.importing.figure_sheets import (
    BudgetResource,
    LiaisonResource,
    MetricValueResource,
    VisitResource,
    YearFiguresResource,
)
from schools.importing.registry_sheets import (
    EquipmentResource,
    LeaderResource,
    RegionResource,
    RegulationResource,
    SchoolResource,
    TeacherResource,
    TeachingPointResource,
)
from schools.importing.teaching_sheets import (
    LessonResource,
    MonthlyReportResource,
    PlannedClassResource,
    TrainingClassResource,
)
from schools.models import (
    AnnualPlan,
    Appointment,
    AuditEntry,
    Budget,
    Equipment,
    Leader,
    Lesson,
    MetricValue,
    MonthlyReport,
    School,
    Teacher,
    TrainingClass,
    User,
)
from schools.workbooks import SheetOut, WorkbookError, read_workbook, write_workbook
from tests import factories as make
from tests.factories import moment

pytestmark = pytest.mark.django_db
CLASSES = (TrainingClassResource, LessonResource)
KINDS = [
    (RegionResource,),
    (SchoolResource,),
    (LeaderResource,),
    (TeacherResource,),
    (TeachingPointResource,),
    (EquipmentResource,),
    (RegulationResource,),
    (BudgetResource,),
    (YearFiguresResource,),
    (PlannedClassResource,),
    CLASSES,
    (MonthlyReportResource,),
    (LiaisonResource,),
    (VisitResource,),
    (MetricValueResource,),
    (UserResource,),
    (AppointmentResource,),
]


@pytest.fixture
def bring(school, keeper):
    """Imports sheets written as {name: [headings, row, …]} and returns the reports."""

    def run(kinds, by=keeper, **sheets):
        options = {name: sheets.pop(name) for name in ("dry_run", "year") if name in sheets}
        book = written([SheetOut(name, rows[0], rows[1:]) for name, rows in sheets.items()])
        return import_workbook(
            kinds, book, schools=School.objects.visible_to(by), city=school.city, by=by, **options
        )

    return run


def written(sheets):
    buffer = io.BytesIO()
    write_workbook(buffer, sheets)
    return read_workbook(buffer.getvalue(), name="记录.xlsx")


def refusal(bring, kinds, **sheets):
    with pytest.raises(WorkbookError) as refused:
        bring(kinds, **sheets)
    return str(refused.value)


CLASS_HEAD = ["学校编码", "开始日期", "班名", "类别", "学时", "人次"]


def test_classes_are_read_as_people_type_them(bring, school):
    head = [*CLASS_HEAD, "第一课", "教学形式", "经费支出（元）", "评价均分", "结束日期"]
    rows = [
        [
            "A01",
            "2026.3.5",
            "两新党员班",
            "主体班",
            "8学时",
            "100人",
            "是",
            "案例",
            "1,200.50元",
            "95.5分",
            "2026年3月6日",
        ],
        ["Ａ01", "20260405", "入党积极分子班", "集中培训", 4, 60, None, None, None, None, None],
    ]

    (report,) = bring(CLASSES, 开班登记=[head, *rows])

    assert str(report) == "开班登记：新增 2 条，更新 0 条，未变 0 条"
    first, second = TrainingClass.objects.order_by("starts_on")
    assert (first.starts_on, first.ends_on, first.hours, first.attendance) == (
        date(2026, 3, 5),
        date(2026, 3, 6),
        8,
        100,
    )
    assert (first.first_lesson, first.form, first.cost, first.rating) == (
        True,
        "case",
        Decimal("1200.50"),
        Decimal("95.5"),
    )
    assert (second.ends_on, second.form, second.cost, second.rating, second.part) == (
        date(2026, 4, 5),
        "lecture",
        0,
        None,
        "host",
    )


def test_every_wrong_row_is_named_and_nothing_is_written(bring, school):
    text = refusal(
        bring,
        CLASSES,
        开班登记=[
            [*CLASS_HEAD, "结束日期"],
            ["A01", "2026-03-05", "甲班", "主体班", 8, 100, None],
            ["A09", "2026-13-05", "乙班", "主体", None, "约60人", None],
            [None, None, None, None, None, None, None],
            ["A01", "2026-05-05", "丙班", "主体班", 8, 60, "2026-05-04"],
            ["A01", "2026.3.5", "甲班", "集中培训", 2, 10, None],
        ],
    )

    for sentence in (
        "记录.xlsx「开班登记」第 3 行「学校编码」：没有编码为“A09”的党校",
        "第 3 行「开始日期」：“2026-13-05”不是有效日期",
        "第 3 行「类别」：“主体”不在可选范围",
        "第 3 行「学时」：不能为空",
        "第 3 行「人次」：应填数字",
        "第 5 行「结束日期」：不能早于开始日期",
        "第 6 行：与第 2 行重复（学校编码、开始日期、班名相同）",
    ):
        assert sentence in text
    assert not TrainingClass.objects.exists()
    assert not AuditEntry.objects.exists()


def test_dry_run_counts_and_leaves_no_trace(bring, school):
    make.TeacherFactory(school=school, name="张某", kind=Teacher.Kind.EXPERT)
    sheet = [["学校编码", "姓名", "类型"], ["A01", "张某", "领导型"], ["A01", "李某", "榜样型"]]

    (report,) = bring([TeacherResource], 师资=sheet, dry_run=True)

    assert (report.created, report.updated, report.unchanged) == (1, 1, 0)
    assert list(Teacher.objects.values_list("name", "kind")) == [("张某", "expert")]
    assert not AuditEntry.objects.exists()


def test_second_import_updates_by_natural_key_and_skips_what_is_known(bring, school, keeper):
    sheet = [["学校编码", "姓名", "类型"], ["A01", "张某", "领导型"], ["A01", "李某", "榜样型"]]
    bring([TeacherResource], 师资=sheet)
    sheet[2][2] = "专家型"

    (report,) = bring([TeacherResource], 师资=sheet)

    assert (report.created, report.updated, report.unchanged) == (0, 1, 1)
    assert dict(Teacher.objects.values_list("name", "kind")) == {"张某": "leader", "李某": "expert"}
    entry = AuditEntry.objects.order_by("number").last()
    assert (entry.action, entry.user, entry.subject) == ("import", keeper, "师资（记录.xlsx）")


def test_columns_left_out_keep_their_values(bring, school):
    make.TeacherFactory(school=school, name="张某", post="镇党委书记", kind=Teacher.Kind.LEADER)

    bring([TeacherResource], 师资=[["学校编码", "姓名", "类型"], ["A01", "张某", "专家型"]])

    assert Teacher.objects.get().post == "镇党委书记"


def test_schools_of_another_city_cannot_be_named(bring, school):
    make.SchoolFactory(code="B01")

    text = refusal(bring, [EquipmentResource], 设施=[["学校编码", "种类"], ["B01", "音响"]])

    assert "没有编码为“B01”的党校，或不在您的管理范围" in text
    assert not Equipment.objects.exists()


def test_missing_and_unknown_columns_are_named(bring, school):
    assert "表头缺少：姓名" in refusal(
        bring, [TeacherResource], 师资=[["学校编码", "类型"], ["A01", "领导型"]]
    )

    (report,) = bring([EquipmentResource], 设施=[["学校编码", "种类", "购置价"], ["A01", "音响", 3000]])

    assert [str(warning) for warning in report.warnings] == [
        "记录.xlsx「设施」第 1 行「购置价」：不认识的列，已忽略"
    ]


def test_empty_sheet_is_refused(bring):
    assert "没有数据" in refusal(bring, [EquipmentResource], 设施=[["学校编码", "种类"]])


def test_lessons_on_the_second_sheet_find_class_and_teacher(bring, school):
    teacher = make.TeacherFactory(school=school, name="张某", kind=Teacher.Kind.LEADER)
    classes = [CLASS_HEAD, ["A01", "2026-03-05", "甲班", "主体班", 8, 100]]
    lessons = [
        ["学校编码", "开始日期", "班名", "题目", "授课人", "授课人身份", "学时"],
        ["A01", "2026.3.5", "甲班", "党的创新理论", "张某", None, 2],
        ["A01", "2026.3.5", "甲班", "廉洁教育", "张某", "书记", 2],
        ["A01", "2026.3.5", "甲班", "实用技术", "王某", "专家", 4],
    ]

    reports = bring(CLASSES, 开班登记=classes, 课次=lessons)
    again = bring(CLASSES, 开班登记=classes, 课次=lessons)

    assert [report.created for report in reports] == [1, 3]
    assert [report.created for report in again] == [0, 0]
    assert list(
        Lesson.objects.order_by("pk").values_list("teacher", "lecturer", "lecturer_kind", "hours")
    ) == [
        (teacher.pk, "", "leader", 2),
        (teacher.pk, "", "secretary", 2),
        (None, "王某", "expert", 4),
    ]


def test_lesson_without_class_or_kind_takes_the_classes_back_too(bring, school):
    text = refusal(
        bring,
        CLASSES,
        开班登记=[CLASS_HEAD, ["A01", "2026-03-05", "甲班", "主体班", 8, 100]],
        课次=[
            ["学校编码", "开始日期", "班名", "授课人", "学时"],
            ["A01", "2026-03-05", "乙班", "王某", 2],
            ["A01", "2026-03-05", "甲班", "王某", 2],
            ["A01", "2026-03-05", "甲班", "王某、李某", 2],
        ],
    )

    assert "「课次」第 2 行「班名」：该党校当天没有名为“乙班”的班次" in text
    assert "「课次」第 3 行「授课人身份」：授课人不在师资库，请填写身份" in text
    assert "「课次」第 4 行「授课人」：几个人授课的，请在课次里逐人填写" in text
    assert not TrainingClass.objects.exists()


def test_class_names_planned_class_and_shared_point(bring, school):
    planned = make.PlannedClassFactory(plan__school=school, name="春季班")
    point = make.TeachingPointFactory(name="红色讲台")
    point.shared_with.add(school)
    head = [*CLASS_HEAD, "计划班次", "现场教学点"]

    bring(CLASSES, 开班登记=[head, ["A01", "2026-03-05", "甲班", "现场教学", 4, 30, "春季班", "红色讲台"]])

    one = TrainingClass.objects.get()
    assert (one.planned, one.teaching_point) == (planned, point)
    text = refusal(
        bring, CLASSES, 开班登记=[head, ["A01", "2025-03-05", "甲班", "现场教学", 4, 30, "春季班", "别处"]]
    )
    assert "该党校当年计划中没有“春季班”" in text
    assert "该党校没有名为“别处”的现场教学点" in text


def test_plan_rows_make_one_plan(bring, school):
    head = ["学校编码", "年度", "备案日期", "月份", "班次名称", "类别"]

    for _ in range(2):
        bring(
            [PlannedClassResource],
            计划班次=[
                head,
                ["A01", 2026, "2026.3.20", 3, "春季班", "主体班"],
                ["A01", 2026, None, "9月", "秋季班", None],
            ],
        )

    plan = AnnualPlan.objects.get()
    assert plan.filed_on == date(2026, 3, 20)
    assert list(plan.planned_classes.values_list("month", "name", "kind")) == [
        (3, "春季班", "main"),
        (9, "秋季班", "concentrated"),
    ]


def test_money_in_another_unit_is_refused_and_wan_is_understood(bring, school):
    head = ["学校编码", "年度", "来源", "到位（元）"]

    assert "单位只能写 元" in refusal(
        bring, [BudgetResource], 经费=[head, ["A01", 2026, "镇街财政", "5千元"]]
    )

    bring([BudgetResource], 经费=[head, ["A01", 2026, "镇街财政", "5万元"], ["A01", 2026, "党费", None]])
    assert list(Budget.objects.values_list("source", "arrived")) == [("dues", None), ("town", 50000)]


def test_metric_values_are_canonical_bounded_and_exact(bring, school, keeper):
    head = ["学校编码", "指标", "数值"]
    text = refusal(
        bring,
        [MetricValueResource],
        导入值=[
            head,
            ["A01", "参训率", 85],
            ["A01", "办班数", 3],
            ["A01", "办班期数[学时>=2]", 3],
            ["A01", "办班期数［学时≥2］", 4],
        ],
        year=2025,
    )
    assert "第 2 行「数值」：“参训率”不能大于 100%" in text
    assert "第 3 行「指标」：没有名为“办班数”的系统取数指标，相近的有：办班期数" in text
    assert "第 5 行：与第 4 行重复" in text

    bring(
        [MetricValueResource],
        导入值=[head, ["A01", "参训率", "85.37%"], ["A01", "办班期数[人次≥15, 学时>=2]", "12期"]],
        year=2025,
    )

    values = {row.reference: (row.value, row.year, row.recorded_by) for row in MetricValue.objects.all()}
    assert values == {
        "参训率": (Decimal("0.8537"), 2025, keeper),
        "办班期数[学时≥2, 人次≥15]": (Decimal(12), 2025, keeper),
    }


def test_reports_keep_day_and_person_of_the_confirmation(bring, school, keeper):
    bring(
        [MonthlyReportResource],
        月报=[
            ["学校编码", "年度", "月份", "确认日期"],
            ["A01", 2026, 3, "2026-04-07"],
            ["A01", 2026, 4, None],
        ],
    )

    first, second = MonthlyReport.objects.order_by("month")
    assert (first.confirmed_at, first.confirmed_by) == (moment(date(2026, 4, 7), 12), keeper)
    assert second.confirmed_at is None


CLASS = [CLASS_HEAD, ["A01", "2026-09-10", "秋训", "主体班", 8, 30]]
PLAN_HEAD, REPORT_HEAD = ["学校编码", "年度", "月份", "班次名称"], ["学校编码", "年度", "月份"]
VISIT_HEAD = ["学校编码", "走访人", "日期", "类别"]


@pytest.mark.parametrize(
    ("kinds", "sheets", "within"),
    [
        (CLASSES, {"开班登记": [CLASS_HEAD, ["A01", "2026-09-11", "秋训", "主体班", 8, 30]]}, False),
        (CLASSES, {"开班登记": CLASS}, True),
        ([PlannedClassResource], {"计划班次": [PLAN_HEAD, ["A01", 2026, 10, "秋训"]]}, False),
        ([PlannedClassResource], {"计划班次": [PLAN_HEAD, ["A01", 2026, 9, "秋训"]]}, True),
        ([MonthlyReportResource], {"月报": [REPORT_HEAD, ["A01", 2026, 10]]}, False),
        ([MonthlyReportResource], {"月报": [REPORT_HEAD, ["A01", 2026, 9]]}, True),
        ([VisitResource], {"走访指导": [VISIT_HEAD, ["A01", "guide", "2026-09-11", "走访"]]}, False),
        ([VisitResource], {"走访指导": [VISIT_HEAD, ["A01", "guide", "2026-09-10", "走访"]]}, True),
    ],
)
def test_nothing_is_brought_in_of_a_school_after_its_closing_day(bring, school, kinds, sheets, within):
    School.objects.filter(pk=school.pk).update(closed_on=date(2026, 9, 10))
    make.AppointmentFactory(role="liaison", city=school.city, user__username="guide", user__city=school.city)
    if within:
        assert "新增 1 条" in str(bring(kinds, **sheets)[0])
    else:
        assert f"{school.name}的关闭日期是2026年9月10日，在此以后不再办学" in refusal(bring, kinds, **sheets)


def test_teaching_points_are_shared_by_code(bring, school):
    other = make.SchoolFactory(county=school.county, code="A02")

    bring([TeachingPointResource], 现场教学点=[["学校编码", "名称", "共用党校"], ["A01", "红色讲台", "A02"]])

    assert list(other.shared_points.values_list("name", flat=True)) == ["红色讲台"]
    text = refusal(
        bring,
        [TeachingPointResource],
        现场教学点=[["学校编码", "名称", "共用党校"], ["A01", "红色讲台", "A02，A99"]],
    )
    assert "没有编码为“A99”的党校" in text


def test_accounts_come_without_password_and_without_mobile_numbers(bring, school):
    make.UserFactory(username="taken")
    head = ["用户名", "姓名", "办公电话"]
    text = refusal(
        bring, [UserResource], 用户=[head, ["zhang", "张某", "13812345678"], ["taken", "李某", None]]
    )
    assert "不收集个人手机号码" in text
    assert "用户名“taken”已被其他单位使用" in text

    bring([UserResource], 用户=[head, ["zhang", "张某", "0768-2345678"]])

    user = User.objects.get(username="zhang")
    assert (user.city, user.has_usable_password(), user.must_change_password) == (school.city, False, True)


def test_appointments_are_checked_and_nobody_appoints_oneself(bring, school, keeper):
    make.UserFactory(username="zhang", city=school.city)
    head = ["用户名", "角色", "学校编码", "县（市、区）", "任职开始"]
    text = refusal(
        bring,
        [AppointmentResource],
        任职=[
            head,
            ["zhang", "填报人", None, None, "2026-01-01"],
            [keeper.username, "评委", None, None, "2026-01-01"],
        ],
    )
    assert "第 2 行「学校编码」：填报人须填党校" in text
    assert "第 3 行「用户名」：不能给本人任职" in text

    bring(
        [AppointmentResource],
        任职=[
            head,
            ["zhang", "填报人", "A01", None, "2026-01-01"],
            ["zhang", "初评人", None, school.county.name, "2026-01-01"],
            ["zhang", "评委", None, None, "2026-01-01"],
        ],
    )
    assert list(Appointment.objects.filter(user__username="zhang").values_list("role", "city")) == [
        (role, school.city_id) for role in ("filler", "county", "judge")
    ]


def test_what_takes_two_administrators_does_not_come_in_by_workbook(bring, school, keeper):
    held = make.AppointmentFactory(
        role="office", city=school.city, user__city=school.city, user__username="li", user__name="李某"
    )
    make.UserFactory(username="zhang", city=school.city)
    head = ["用户名", "角色", "学校编码", "县（市、区）", "任职开始", "任职结束"]
    as_stored = ["li", "市评委会办公室", None, None, held.start.isoformat(), None]

    bring([AppointmentResource], 任职=[head, as_stored])
    text = refusal(
        bring,
        [AppointmentResource],
        任职=[
            head,
            [*as_stored[:5], "2027-01-01"],
            ["zhang", "评委会主任", None, None, "2026-01-01", None],
        ],
    )
    for row in (2, 3):
        assert f"第 {row} 行「角色」：管理员、办公室、主任的任职由两名管理员在“重要账号”里办理" in text
    assert Appointment.objects.filter(city=school.city, role__in=["office", "chair"]).get() == held

    head = ["用户名", "姓名", "办公电话"]
    assert "由两名管理员" in refusal(bring, [UserResource], 用户=[head, ["li", "王某", "0768-2345678"]])
    bring([UserResource], 用户=[head, ["li", "李某", "0768-2345678"]])
    assert User.objects.get(username="li").office_phone == "0768-2345678"


def test_regions_and_schools_come_in_by_code(bring, school):
    bring([RegionResource], 县=[["区划代码", "名称", "性质"], ["4451X1", "丁区", "功能区"]])

    bring(
        [SchoolResource],
        镇街党校=[
            ["学校编码", "学校名称", "县（市、区）", "已挂牌", "主教室座位"],
            ["A02", "中共丁镇委员会党校", "丁区", "√", "120座"],
        ],
    )

    added = School.objects.get(code="A02")
    assert (added.city, added.county.name, added.county.nature, added.has_plaque, added.seats) == (
        school.city,
        "丁区",
        "functional",
        True,
        120,
    )


@pytest.mark.parametrize("kinds", KINDS, ids=lambda kinds: kinds[0].title())
def test_template_has_the_headings_and_explains_them(kinds):
    buffer = io.BytesIO()

    write_workbook(buffer, template_sheets(kinds))

    book = read_workbook(buffer.getvalue())
    assert book.sheet_names == [*(kind.title().replace("/", "·") for kind in kinds), "填写说明"]
    for kind in kinds:
        assert book.sheet(kind.title()).grid[0] == [field.column_name for field in kind.columns()]


@pytest.mark.parametrize("kinds", KINDS, ids=lambda kinds: kinds[0].title())
def test_export_can_be_imported_again_and_changes_nothing(kinds, school, keeper):
    make_one_of_everything(school, keeper)
    model = kinds[0]._meta.model
    queryset = model.objects.order_by("pk")
    if model._meta.model_name == "region":
        queryset = queryset.counties()
    elif model is User:
        queryset = queryset.filter(city=school.city)
    elif model is Appointment:
        queryset = queryset.exclude(user=keeper)
    before = list(queryset.values())
    buffer = io.BytesIO()
    write_workbook(buffer, export_sheets(kinds, queryset))

    reports = import_workbook(
        kinds,
        read_workbook(buffer.getvalue()),
        schools=School.objects.filter(city=school.city),
        city=school.city,
        by=keeper,
    )

    assert [report.created for report in reports] == [0] * len(kinds)
    assert list(queryset.values()) == before
    assert before


def make_one_of_everything(school, keeper):
    point = make.TeachingPointFactory(school=school, theme="=1+1")
    point.shared_with.add(make.SchoolFactory(county=school.county))
    planned = make.PlannedClassFactory(plan__school=school)
    one = make.TrainingClassFactory(
        school=school, teaching_point=point, planned=planned, rating=Decimal("95.25"), cost=Decimal("1200.50")
    )
    make.LessonFactory(
        training_class=one, teacher=make.TeacherFactory(school=school), lecturer="", title="第一课"
    )
    Leader.objects.create(school=school, post=Leader.Post.PRESIDENT, name="张某")
    Equipment.objects.create(school=school, kind=Equipment.Kind.SCREEN, working=False)
    make.RegulationFactory(school=school)
    make.BudgetFactory(school=school)
    make.YearFiguresFactory(school=school, party_members=100)
    make.MonthlyReportFactory(school=school, confirmed_at=moment(date(2026, 4, 3), 12), confirmed_by=keeper)
    guide = make.UserFactory(city=school.city)
    make.LiaisonFactory(school=school, user=guide)
    make.VisitFactory(school=school, by=guide)
    make.MetricValueFactory(school=school, reference="参训率", value=Decimal("0.8537"))
    make.AppointmentFactory(user=guide, role="filler", school=school)


def test_large_sheet_costs_few_queries(bring, school, django_assert_max_num_queries):
    rows = [["A01", date(2025, 1 + n % 12, 1 + n % 28), f"第{n}期", "主体班", 8, 100] for n in range(600)]

    with django_assert_max_num_queries(45):
        (report,) = bring(CLASSES, 开班登记=[CLASS_HEAD, *rows])

    assert report.created == 600


@pytest.mark.parametrize(
    ("heading", "right", "wrong"),
    [
        ("学校名称", "榕荫镇党校", "河口镇党校"),
        ("学校名称", "中共榕荫镇委员会党校", "白沙"),
        ("县区", "甲", "乙区"),
    ],
)
def test_a_name_beside_the_code_must_not_be_another_schools(bring, school, heading, right, wrong):
    school.county.name = "甲区"
    school.county.save()
    school.name, school.short_name = "中共榕荫镇委员会党校", "榕荫镇委党校"
    school.save()
    head = ["学校编码", heading, *CLASS_HEAD[1:]]

    text = refusal(
        bring,
        CLASSES,
        开班登记=[
            head,
            ["A01", right, "2026-03-05", "甲班", "主体班", 8, 100],
            ["A01", wrong, "2026-03-06", "乙班", "主体班", 8, 100],
        ],
    )

    assert "第 3 行：编码“A01”是甲区“榕荫镇委党校”" in text
    assert f"却写着“{wrong}”，请核对是哪一所" in text
    assert "第 2 行" not in text
