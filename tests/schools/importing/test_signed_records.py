"""What a workbook changes is kept as old and new; what is signed, or waits for a second person, it cannot
change.
"""

import json
from datetime import date

import pytest

from schools.importing import account_sheets as accounts
from schools.importing import figure_sheets as figures
from schools.importing import registry_sheets as registry
from schools.importing import teaching_sheets as teaching
from schools.importing.exchange import import_workbook
from schools.importing.schools import read_schools, upsert_schools
from schools.models import AuditEntry, Correction, Equipment, Leader, RecordChange, School
from schools.models.naming import refuse_no_name
from schools.records import locks
from schools.records.locks import Lock
from schools.saving import Refused
from schools.workbooks import SheetOut, WorkbookError
from tests import factories as make

from .test_importing import written
from .test_schools import workbook

pytestmark = pytest.mark.django_db
SIGNED = Lock("2026年度自评", 2026, date(2026, 1, 1), date(2026, 10, 31), locks.COUNTY)
ASK = "如需更改，请提交数据更正，经县（市、区）同意后生效"


def keep(model, **values):
    """A record where no factory is."""
    return lambda school: model.objects.create(school=school, **values)


def of(factory, **values):
    """The record of the school, by the factory."""
    return lambda school: factory(school=school, **values)


def planned(school):
    return make.PlannedClassFactory(plan__school=school, plan__year=2026, month=3, name="春季班")


def lesson(school):
    held = make.TrainingClassFactory(school=school, name="甲班")
    return make.LessonFactory(training_class=held, title="党史", lecturer="李某")


def guide(school):
    until = date(2026, 4, 1)
    return make.LiaisonFactory(school=school, until=until, user__username="guide", user__city=school.city)


def visit(school):
    make.AppointmentFactory(role="office", city=school.city, user__username="office1")
    by = school.city.city_appointments.get(role="office").user
    return make.VisitFactory(school=school, by=by, on=date(2026, 5, 8), findings="桌椅待修")


#: Sheet, the record that is there, headings and cells of a row that changes it, the column that changes with
#: its old and new words, what is said once the year is signed.
CHANGES = {
    "school": (
        registry.SchoolResource,
        lambda school: School.objects.filter(pk=school.pk).update(seats=80) and school,
        ["学校编码", "学校名称", "主教室座位"],
        ["A01", None, 90],
        ("主教室座位", "80", "90"),
        ASK,
    ),
    "leader": (
        registry.LeaderResource,
        keep(Leader, post="vice", name="张某", party_post="委员"),
        ["学校编码", "校内职务", "姓名", "党内职务"],
        ["A01", "副校长", "张某", "副书记"],
        ("党内职务", "委员", "副书记"),
        "",
    ),
    "teacher": (
        registry.TeacherResource,
        of(make.TeacherFactory, name="张某", kind="expert"),
        ["学校编码", "姓名", "类型"],
        ["A01", "张某", "领导型"],
        ("类型", "专家型", "领导型"),
        ASK,
    ),
    "point": (
        registry.TeachingPointResource,
        of(make.TeachingPointFactory, name="旧址", theme="党史"),
        ["学校编码", "名称", "主题"],
        ["A01", "旧址", "廉洁"],
        ("主题", "党史", "廉洁"),
        ASK,
    ),
    "equipment": (
        registry.EquipmentResource,
        keep(Equipment, kind="sound"),
        ["学校编码", "种类", "可正常使用"],
        ["A01", "音响", "否"],
        ("可正常使用", "是", "否"),
        ASK,
    ),
    "regulation": (
        registry.RegulationResource,
        of(make.RegulationFactory, title="教学办法", kind="teaching"),
        ["学校编码", "制度名称", "种类", "印发日期"],
        ["A01", "教学办法", "经费", "2024-01-01"],
        ("种类", "教学", "经费"),
        ASK,
    ),
    "staff": (
        registry.StaffResource,
        of(make.StaffMemberFactory, name="王某", duty="part"),
        ["学校编码", "姓名", "专兼职"],
        ["A01", "王某", "专职"],
        ("专兼职", "兼职", "专职"),
        "",
    ),
    "investment": (
        registry.InvestmentResource,
        of(make.InvestmentFactory, project="修缮", year=2026, source="town"),
        ["学校编码", "年度", "项目", "金额（元）", "来源"],
        ["A01", 2026, "修缮", 20000, "镇街财政"],
        ("金额（元）", "10000", "20000"),
        "",
    ),
    "course": (
        registry.CourseResource,
        of(make.CourseFactory, name="十讲", theme="治理"),
        ["学校编码", "课程名称", "主题"],
        ["A01", "十讲", "党史"],
        ("主题", "治理", "党史"),
        "",
    ),
    "brand": (
        registry.BrandResource,
        of(make.BrandFactory, name="课堂", content="就近"),
        ["学校编码", "品牌名称", "主要做法"],
        ["A01", "课堂", "常办"],
        ("主要做法", "就近", "常办"),
        "",
    ),
    "budget": (
        figures.BudgetResource,
        of(make.BudgetFactory, year=2026, source="town", arrived=99),
        ["学校编码", "年度", "来源", "到位（元）"],
        ["A01", 2026, "镇街财政", 88],
        ("到位（元）", "99", "88"),
        ASK,
    ),
    "figures": (
        figures.YearFiguresResource,
        of(make.YearFiguresFactory, year=2026, party_members=51),
        ["学校编码", "年度", "党员总数"],
        ["A01", 2026, 510],
        ("党员总数", "51", "510"),
        ASK,
    ),
    "value": (
        figures.MetricValueResource,
        of(make.MetricValueFactory, year=2026, reference="主教室座位", value=100),
        ["学校编码", "年度", "指标", "数值"],
        ["A01", 2026, "主教室座位", 120],
        ("数值", "100", "120"),
        "请县（市、区）退回该校补正，补正期间再改",
    ),
    "liaison": (
        figures.LiaisonResource,
        guide,
        ["学校编码", "联系指导人员", "开始日期", "结束日期"],
        ["A01", "guide", "2020-01-01", "2026-05-01"],
        ("结束日期", "2026-04-01", "2026-05-01"),
        "",
    ),
    "visit": (
        figures.VisitResource,
        visit,
        ["学校编码", "走访人", "日期", "类别", "情况"],
        ["A01", "office1", "2026-05-08", None, "桌椅已修"],
        ("情况", "桌椅待修", "桌椅已修"),
        ASK,
    ),
    "planned": (
        teaching.PlannedClassResource,
        planned,
        ["学校编码", "年度", "月份", "班次名称", "类别"],
        ["A01", 2026, 3, "春季班", "主体班"],
        ("类别", "集中培训", "主体班"),
        ASK,
    ),
    "plan": (
        teaching.PlannedClassResource,
        planned,
        ["学校编码", "年度", "备案日期", "月份", "班次名称"],
        ["A01", 2026, "2026-03-01", 3, "春季班"],
        ("备案日期", "2026-03-20", "2026-03-01"),
        "请县（市、区）退回该校补正，补正期间再改",
    ),
    "class": (
        teaching.TrainingClassResource,
        of(make.TrainingClassFactory, name="甲班", starts_on=date(2026, 3, 5), attendance=51),
        ["学校编码", "开始日期", "班名", "类别", "学时", "人次"],
        ["A01", "2026-03-05", "甲班", "集中培训", 4, 510],
        ("人次", "51", "510"),
        ASK,
    ),
    "lesson": (
        teaching.LessonResource,
        lesson,
        ["学校编码", "开始日期", "班名", "题目", "授课人", "授课人身份", "学时"],
        ["A01", "2026-03-05", "甲班", "党史", "李某", "专家", 4],
        ("学时", "2", "4"),
        ASK,
    ),
    "report": (
        teaching.MonthlyReportResource,
        of(make.MonthlyReportFactory, year=2026, month=3, is_zero=False),
        ["学校编码", "年度", "月份", "零报告"],
        ["A01", 2026, 3, "是"],
        ("零报告", "否", "是"),
        ASK,
    ),
}


@pytest.fixture
def sign(monkeypatch, school):
    """From here on the school has signed the year 2026."""
    return lambda: monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods", [lambda keys: {school.pk: [SIGNED]}]
    )


@pytest.fixture
def bring(school, keeper):
    """Brings in one sheet."""

    def run(kind, *rows, by=keeper, dry_run=False):
        book = written([SheetOut(kind.title(), rows[0], rows[1:])])
        schools = School.objects.filter(city=school.city)
        return import_workbook([kind], book, schools=schools, city=school.city, by=by, dry_run=dry_run)

    return run


def ask(record, school, by):
    """A correction of the record that waits for its second person."""
    Correction.objects.create(
        school=school,
        act="change",
        record="登记",
        model=record._meta.label_lower,
        object_id=record.pk,
        name="登记",
        reason="误登",
        asked_by=by,
    )


@pytest.mark.parametrize("case", CHANGES)
def test_a_row_is_kept_as_a_change_unless_it_is_signed_or_waits_for_a_second_person(
    case,
    bring,
    school,
    keeper,
    sign,
):
    kind, there, head, row, (column, old, new), locked = CHANGES[case]
    record = there(school)
    if case == "plan":
        record = record.plan
    stated = {"学校名称": school.name, "类别": record.get_kind_display() if case == "visit" else None}
    row = [cell or stated.get(heading) for heading, cell in zip(head, row, strict=True)]

    bring(kind, head, row)

    (change,) = RecordChange.objects.all()
    assert (change.school, change.object_id, change.by) == (school, record.pk, keeper)
    assert (change.action, change.before, change.after) == ("change", {column: old}, {column: new})
    assert change.reason == "工作簿导入"
    detail = json.loads(AuditEntry.objects.get(action="import").detail)[kind.title()]
    assert f"{column} {old or '空'}→{new}" in detail["明细"][0]

    back = [old if heading == column else cell for heading, cell in zip(head, row, strict=True)]
    ask(record, school, keeper)
    with pytest.raises(WorkbookError, match="有一份数据更正等待审核") as refused:
        bring(kind, head, back)
    assert f"第 2 行「{column}」：登记为“{new}”，表中为“{old}”" in str(refused.value)
    Correction.objects.all().delete()

    sign()
    for dry_run in (True, False):
        if locked:
            with pytest.raises(WorkbookError, match=locked):
                bring(kind, head, back, dry_run=dry_run)
        else:
            bring(kind, head, back, dry_run=dry_run)
    assert RecordChange.objects.count() == (1 if locked else 2)

    if locked and case not in ("school", "plan"):  # a new one of the signed time is refused as well
        record.delete()
        with pytest.raises(WorkbookError, match=locked):
            bring(kind, head, row)


def test_what_was_brought_in_by_workbook_is_kept_as_new(bring, school, keeper):
    bring(teaching.TrainingClassResource, CHANGES["class"][2], CHANGES["class"][3])

    change = RecordChange.objects.get()
    assert (change.action, change.before, change.after["人次"], change.by) == ("add", {}, "510", keeper)
    assert "明细" not in json.loads(AuditEntry.objects.get().detail)["开班登记"]  # each stands in its school


def test_the_trail_says_who_got_which_role_by_workbook(bring, school, keeper):
    bring(accounts.UserResource, ["用户名", "姓名", "办公电话"], ["zhang", "张某", None])
    bring(
        accounts.AppointmentResource,
        ["用户名", "角色", "学校编码", "任职开始", "任职结束"],
        ["zhang", "填报人", "A01", "2026-01-01", None],
    )
    bring(
        accounts.AppointmentResource,
        ["用户名", "角色", "学校编码", "任职开始", "任职结束"],
        ["zhang", "填报人", "A01", "2026-01-01", "2026-06-30"],
    )

    told = [
        (entry.action, entry.subject, json.loads(entry.detail))
        for entry in AuditEntry.objects.exclude(action="import").order_by("number")
    ]
    new = {"账号归属市": str(school.city), "启用": "是", "可进入后台": "否"}
    given = {"任职": f"{school} 填报人", "开始": "2026-01-01"}
    assert told == [
        ("account", "张某（zhang）", {"新建": {"姓名": "张某", "用户名": "zhang", **new}}),
        ("appointment", "张某（zhang）", {**given, "结束": None}),
        ("appointment", "张某（zhang）", {**given, "结束": "2026-06-30", "修改前": {"任职结束": ""}}),
    ]
    assert all(
        "password" not in entry.detail and "口令" not in entry.detail for entry in AuditEntry.objects.all()
    )


def test_a_county_renamed_by_workbook_stands_in_the_trail(bring, school):
    county = school.county

    bring(registry.RegionResource, ["区划代码", "名称"], [county.code, "新区"])

    detail = json.loads(AuditEntry.objects.get().detail)
    assert detail["市、县（市、区）"]["明细"] == [f"新区：名称 {county.name}→新区"]


def test_the_list_of_schools_keeps_old_and_new_and_obeys_the_signature(school, sign):
    School.objects.update(seats=80)
    head = ["学校编码", "学校名称", "县（市、区）", "主教室座位"]

    def listed(seats, name=school.name):
        return read_schools(workbook(["A01", name, school.county.name, seats], headings=head))

    upsert_schools(school.city, listed(90))

    change = RecordChange.objects.get()
    assert (change.before, change.after, change.by) == (
        {"主教室座位": "80", "排序": "0"},
        {"主教室座位": "90", "排序": "1"},
        None,
    )
    assert change.who == "系统（命令）"
    sign()
    with pytest.raises(Refused, match=f"第 2 行 .*主教室座位 90→91.*{ASK}"):
        upsert_schools(school.city, listed(91))
    upsert_schools(school.city, listed(90, "中共新镇委员会党校"))  # no figure is read from a name
    assert School.objects.get().name == "中共新镇委员会党校"
    assert School.objects.get().seats == 90


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("13812345678", "里有数字，不是姓名"),
        ("张１３８", "里有数字，不是姓名"),
        ("张某@", "姓名里不能有“@”"),
        ("张", "不是完整的姓名，至少写两个字"),
    ],
)
def test_what_is_no_name_is_refused_by_every_sheet_of_people(name, reason, bring, school):
    for kind, head, row in (
        (accounts.UserResource, ["用户名", "姓名"], ["zhang", name]),
        (registry.TeacherResource, ["学校编码", "姓名", "类型"], ["A01", name, "专家型"]),
        (registry.StaffResource, ["学校编码", "姓名"], ["A01", name]),
        (registry.LeaderResource, ["学校编码", "校内职务", "姓名"], ["A01", "校长", name]),
    ):
        with pytest.raises(WorkbookError, match=f"第 2 行「姓名」：.*{reason}"):
            bring(kind, head, row)


@pytest.mark.parametrize(
    "name", ["谢　敏", "买买提·艾力", "李伟（教务）", "何〇", "Anna O'Neil", "古丽-努尔"]
)
def test_what_people_are_called_is_a_name(name):
    refuse_no_name(name)
