"""年度培训计划: issued to all schools, filled in by each, filed once, measured against the classes."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import AnnualPlan, Correction, IssuedPlan, Notice, PlannedClass, RecordChange
from schools.records import corrections, locks
from schools.teaching import plans
from tests.factories import (
    AnnualPlanFactory,
    CountyFactory,
    PlannedClassFactory,
    SchoolFactory,
    TrainingClassFactory,
)

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def filler(appoint):
    return appoint("filler")


@pytest.fixture
def desk(filler, signed_client):
    return signed_client(filler)


def table(*rows, **more) -> dict:
    """Rows of (month, name, kind, pk, remove) as the table sends them, and an empty one that
    nobody touched.
    """
    data = {
        "row-TOTAL_FORMS": str(len(rows) + 1),
        "row-INITIAL_FORMS": str(sum(len(row) > 3 for row in rows)),
    }
    for place, row in enumerate((*rows, ())):
        data |= {
            f"row-{place}-month": "",
            f"row-{place}-name": "",
            f"row-{place}-kind": "concentrated",
            f"row-{place}-pk": "",
        }
        for field, value in zip(("month", "name", "kind", "pk", "remove"), row, strict=False):
            if value:
                data[f"row-{place}-{field}"] = str(value)
    return data | more


def save(client, *rows, year=2026, **more):
    """Opens the table and sends it back with other rows."""
    address = reverse("schools:plan_edit", args=[year])
    return client.post(address, table(*rows, seen=client.get(address).context["seen"], **more))


def issue(client, *rows, year=2026):
    """Opens the year's issued plan, adds rows and issues."""
    address = client.post(reverse("schools:issued_list"), {"year": year}).url
    client.post(address, table(*rows, issue="1"))
    return address


def names(school, year=2026) -> list[str]:
    return list(
        PlannedClass.objects.filter(plan__school=school, plan__year=year)
        .order_by("month", "pk")
        .values_list("name", flat=True)
    )


def test_school_fills_changes_and_removes_rows(desk, school):
    save(desk, (3, "党员春训", "main"), (9, "秋训"), (None, ""))
    spring, autumn = PlannedClass.objects.order_by("month")
    save(desk, (4, "党员春训", "main", spring.pk), (9, "秋训", "concentrated", autumn.pk, "on"))

    spring.refresh_from_db()
    assert names(school) == ["党员春训"]
    assert spring.month == 4
    assert set(RecordChange.objects.values_list("action", flat=True)) == {"add", "change", "void"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((3, "春训"), "3月有两个“春训”"),
        ((None, "夏训"), "请选择“夏训”的月份"),
        ((13, "夏训"), "月份"),
        ((3, "长" * 101), "100"),
    ],
)
def test_rows_that_cannot_be_are_named_and_nothing_is_written(desk, school, row, said):
    page = save(desk, (3, "春训"), row).content.decode()

    assert said in page
    assert "春训" in page
    assert names(school) == []


def test_a_name_that_was_wiped_out_is_asked_for(desk, school):
    row = PlannedClassFactory(plan=AnnualPlanFactory(school=school), month=3, name="春训")

    page = save(desk, (3, "", "main", row.pk)).content.decode()

    assert "请填写班次名称；不再举办的请勾选“删去”。" in page
    assert names(school) == ["春训"]


def test_rows_nobody_touched_stay_as_they_are(desk, school):
    row = PlannedClassFactory(plan=AnnualPlanFactory(school=school), month=3, name="春训")

    save(desk, (3, "春训", "concentrated", row.pk), (9, "秋训"))
    twin = save(desk, (3, "春训", "concentrated", row.pk), (3, "春训")).content.decode()

    assert names(school) == ["春训", "秋训"]
    assert "3月有两个“春训”" in twin
    assert not RecordChange.objects.filter(action="change").exists()


def test_what_was_held_stays_in_the_plan(desk, school):
    row = PlannedClassFactory(plan=AnnualPlanFactory(school=school), name="春训")
    TrainingClassFactory(school=school, planned=row)

    page = save(desk, (3, "春训", "concentrated", row.pk, "on")).content.decode()

    assert "已有办班登记" in page
    assert names(school) == ["春训"]


def test_only_what_was_not_held_can_be_removed(desk, school):
    plan = AnnualPlanFactory(school=school)
    free, held = PlannedClassFactory(plan=plan), PlannedClassFactory(plan=plan)
    TrainingClassFactory(school=school, planned=held)

    page = desk.get(reverse("schools:plan_edit", args=[2026]))

    offered = {
        row.pk: f'name="{form["remove"].html_name}"' in page.content.decode()
        for form, row in page.context["lines"]
        if row
    }
    assert offered == {free.pk: True, held.pk: False}


@pytest.mark.parametrize("pk", ["abc", "9" * 30, "-1", "１２"])
def test_forged_rows_are_refused_without_an_error_page(desk, school, pk):
    response = save(desk, (3, "春训", "main", pk))

    assert response.status_code == 200
    assert names(school) == []


def test_nobody_overwrites_a_plan_they_have_not_seen(desk, school):
    address = reverse("schools:plan_edit", args=[2026])
    seen = desk.get(address).context["seen"]
    PlannedClassFactory(plan=AnnualPlanFactory(school=school), name="同事加的班")

    page = desk.post(address, table((5, "我加的班"), seen=seen)).content.decode()

    assert "刚修改过这里，您的内容还没有保存" in page and "同事加的班" in page and "我加的班" in page
    assert names(school) == ["同事加的班"]


@pytest.fixture
def signed(school, monkeypatch):
    """The school has signed 2026."""
    lock = locks.Lock("2026年度自评", 2026, date(2026, 1, 1), date(2026, 12, 31), locks.COUNTY)
    monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods",
        [lambda ids: {school.pk: [lock]} if school.pk in ids else {}],
    )


@pytest.fixture
def signed_autumn(school, monkeypatch):
    """Of 2026 only the months from September on are signed."""
    lock = locks.Lock("2026年度自评", 2026, date(2026, 9, 1), date(2026, 12, 31), locks.COUNTY)
    monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods",
        [lambda ids: {pk: [lock] for pk in ids if pk == school.pk}],
    )


def test_signed_period_keeps_its_plan(desk, school, signed):
    page = save(desk, (3, "补一个班")).content.decode()

    assert "2026年3月的计划已经锁定" in page
    assert names(school) == []


def test_changes_of_a_signed_plan_are_asked_for_and_written_when_agreed(desk, appoint, school, signed):
    plan = AnnualPlanFactory(school=school, year=2026)
    spring, autumn = (
        PlannedClassFactory(plan=plan, month=month, name=name) for month, name in ((3, "春训"), (9, "秋训"))
    )
    rows = [
        (4, "春训", spring.kind, spring.pk),
        (9, "秋训", autumn.kind, autumn.pk, "on"),
        (5, "补一个班", "main"),
    ]
    county = appoint("county")

    without = save(desk, *rows).content.decode()
    done = desk.get(save(desk, *rows, reason="县里调整了安排").url).content.decode()
    before = names(school)
    shown = desk.get(reverse("schools:plan_edit", args=[2026])).content.decode()
    for correction in Correction.objects.order_by("pk"):
        corrections.approve(correction, by=county)

    assert "请在表下写明更正理由" in without and 'value="补一个班"' in without
    assert "3 处改动已提交数据更正" in done and "有 3 处改动等待审核" in shown
    assert before == ["春训", "秋训"]
    assert list(PlannedClass.objects.order_by("month").values_list("month", "name", "kind")) == [
        (4, "春训", spring.kind),
        (5, "补一个班", "main"),
    ]
    assert RecordChange.objects.filter(action="correct", reason="县里调整了安排").count() == 3


def test_a_planned_class_that_was_held_is_not_asked_to_go(desk, school, signed):
    row = PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=2026), month=3, name="春训")
    TrainingClassFactory(school=school, planned=row)

    page = save(desk, (3, "春训", row.kind, row.pk, "on"), reason="取消").content.decode()

    assert "“春训”已有办班登记，不能从计划中删去" in page
    assert not Correction.objects.exists()


def test_the_same_row_is_not_asked_for_twice(desk, school, signed):
    row = PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=2026), month=3, name="春训")

    save(desk, (4, "春训", row.kind, row.pk), reason="改期")
    again = save(desk, (5, "春训", row.kind, row.pk), reason="再改期").content.decode()

    assert "已有一份数据更正等待审核" in again and "再改期" in again
    assert Correction.objects.count() == 1


def test_issuing_leaves_signed_plans_alone(city, county, school, signed, appoint, signed_client):
    neighbour = SchoolFactory(city=city, county=county)

    issue(signed_client(appoint("office")), (5, "主体班", "main"))

    assert names(school) == []
    assert names(neighbour) == ["主体班"]


def copy(client, *rows, year=2026, **more):
    """Presses 从上一年复制 under a table that was opened and typed into."""
    return save(client, *rows, year=year, copy="1", **more)


def typed_in(page) -> list[tuple]:
    """Month and name of the rows on the page that say something."""
    values = [
        (form["month"].value(), form["name"].value(), form["kind"].value()) for form in page.context["table"]
    ]
    return [row for row in values if row[0] or row[1]]


def test_a_copy_is_saved_by_saving_and_keeps_what_is_being_typed(desk, school):
    last = AnnualPlanFactory(school=school, year=2025)
    PlannedClassFactory(plan=last, month=3, name="2025年春训", kind="main")

    page = copy(
        desk, (5, "正在填的班", "concentrated"), ("", "没选月份", "concentrated"), (6, "", "concentrated")
    )

    assert typed_in(page) == [
        ("5", "正在填的班", "concentrated"),
        ("", "没选月份", "concentrated"),
        ("6", "", "concentrated"),
        ("3", "2026年春训", "main"),
    ]
    assert "还没有保存" in page.content.decode()
    assert names(school) == [] and not RecordChange.objects.exists()
    rows = [row for row in typed_in(page) if all(row)]
    desk.post(reverse("schools:plan_edit", args=[2026]), table(*rows, seen=page.context["seen"]))
    assert names(school) == ["2026年春训", "正在填的班"]


def test_last_year_is_copied_without_what_was_issued_and_without_doubles(
    desk, school, appoint, signed_client
):
    last = AnnualPlanFactory(school=school, year=2025)
    for name in ("2025年春训", "2026年春训"):
        PlannedClassFactory(plan=last, month=3, name=name)
    PlannedClassFactory(plan=last, month=9, name="秋训")
    there = PlannedClassFactory(
        plan=AnnualPlanFactory(school=school, year=2026, filed_on=None), month=9, name="秋训"
    )
    stored = (9, "秋训", there.kind, there.pk)

    once = copy(desk, stored)
    again = copy(desk, stored, *typed_in(once)[1:])

    assert [row[1] for row in typed_in(once)] == ["秋训", "2026年春训"]
    assert typed_in(again) == typed_in(once)
    assert "表中都已经有了" in again.content.decode()


def test_more_rows_than_are_empty_are_copied_below(desk, school):
    last = AnnualPlanFactory(school=school, year=2025)
    for month in range(1, 9):
        PlannedClassFactory(plan=last, month=month, name="例训")

    assert len(typed_in(copy(desk, (5, "自办", "main")))) == 9


def test_a_copy_does_not_hide_what_somebody_else_saved_meanwhile(desk, school):
    PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=2025), month=3, name="春训")
    page = copy(desk)
    PlannedClassFactory(
        plan=AnnualPlanFactory(school=school, year=2026, filed_on=None), month=6, name="别人加的"
    )

    copied = table(*typed_in(page), copy="1", seen=page.context["seen"])
    again = desk.post(reverse("schools:plan_edit", args=[2026]), copied)
    saved = desk.post(
        reverse("schools:plan_edit", args=[2026]), table(*typed_in(again), seen=again.context["seen"])
    )

    assert saved.status_code == 200 and saved.context["table"].conflict
    assert names(school) == ["别人加的"]


def test_a_copy_into_a_signed_month_owes_its_reason_when_it_is_saved(desk, school, signed):
    PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=2025), month=3, name="春训")
    page = copy(desk)

    refused = desk.post(
        reverse("schools:plan_edit", args=[2026]), table(*typed_in(page), seen=page.context["seen"])
    )

    assert "请在表下写明更正理由" in refused.content.decode()
    assert names(school) == []


@pytest.mark.parametrize("forged", [{}, {"row-TOTAL_FORMS": "x"}, {"row-TOTAL_FORMS": "9" * 12}])
def test_a_forged_table_is_copied_into_without_an_error_page(forged, desk, school):
    PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=2025), month=3, name="春训")

    page = desk.post(reverse("schools:plan_edit", args=[2026]), {"copy": "1"} | forged)

    assert page.status_code == 200 and names(school) == []


def test_copying_is_offered_where_last_year_has_a_plan_of_its_own_to_copy(desk, school):
    empty = desk.get(reverse("schools:plan_edit", args=[2026])).content.decode()
    PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=2025), month=9, name="秋训")
    page = desk.get(reverse("schools:plan_edit", args=[2026])).content.decode()

    assert "从上一年复制" not in empty
    assert "从上一年复制" in page


def test_plan_is_filed_once_and_late_after_march(desk, school):
    address = reverse("schools:plan_file", args=[2026])
    desk.post(address)
    empty = AnnualPlan.objects.filter(filed_on__isnull=False).exists()
    save(desk, (3, "春训"))
    desk.post(address)
    AnnualPlan.objects.update(filed_on=date(2026, 4, 1))
    desk.post(address)

    plan = AnnualPlan.objects.get()
    assert not empty
    assert plan.filed_on == date(2026, 4, 1)
    assert plans.is_late(2026, plan)
    assert not plans.is_late(2026, AnnualPlan(year=2026, filed_on=date(2026, 3, 31)))


def test_a_year_without_a_plan_is_late_after_its_day_only():
    this_year = timezone.localdate().year

    assert plans.is_late(this_year - 1, None)
    assert not plans.is_late(this_year + 1, None)


def test_progress_is_counted_from_the_classes(school, filler):
    plan = AnnualPlanFactory(school=school)
    spring, _ = PlannedClassFactory(plan=plan), PlannedClassFactory(plan=plan)
    for _ in range(2):
        TrainingClassFactory(school=school, planned=spring)
    TrainingClassFactory(school=school)
    TrainingClassFactory(school=school).void(by=filler, reason="误登")

    found = plans.progress(school, 2026)

    assert (found.planned, found.done, found.held, found.unplanned, found.percent) == (2, 1, 3, 1, 50)


def test_issued_plan_reaches_every_school_once_and_keeps_their_own_rows(
    city, county, school, appoint, signed_client, filler
):
    neighbour = SchoolFactory(city=city, county=county)
    PlannedClassFactory(plan=AnnualPlanFactory(school=school), month=3, name="本校自办")
    PlannedClassFactory(plan=school.plans.get(), month=5, name="主体班", kind="other")
    office = signed_client(appoint("office"))

    address = issue(office, (5, "主体班", "main"), (10, "集中培训"))
    office.post(address, table(issue="1"))

    assert names(school) == ["本校自办", "主体班", "集中培训"]
    assert names(neighbour) == ["主体班", "集中培训"]
    assert PlannedClass.objects.get(plan__school=school, name="主体班").kind == "main"
    assert Notice.objects.filter(user=filler).count() == 1


def test_a_forged_tick_to_remove_adds_no_row_to_an_issued_plan(appoint, signed_client):
    address = issue(signed_client(appoint("office")), (3, "主体班"), (0, "", "", "1", "on"))

    assert list(IssuedPlan.objects.get().issued_classes.values_list("name", flat=True)) == ["主体班"]
    assert address == reverse("schools:issued", args=[IssuedPlan.objects.get().pk])


def test_later_addition_is_added_and_told(school, appoint, signed_client, filler):
    office = signed_client(appoint("office"))
    address = issue(office, (5, "主体班", "main"))
    IssuedPlan.objects.update(issued_at=timezone.now() - timezone.timedelta(days=9))

    office.post(address, table((11, "冬训"), issue="1"))

    assert names(school) == ["主体班", "冬训"]
    assert Notice.objects.filter(user=filler).count() == 2


def test_school_moves_an_issued_class_but_neither_renames_nor_removes_it(
    appoint, signed_client, school, filler
):
    issue(signed_client(appoint("office")), (5, "主体班", "main"))
    row = PlannedClass.objects.get()
    client = signed_client(filler)

    save(client, (6, "换个名字", "other", row.pk))
    row.refresh_from_db()
    page = save(client, (6, "主体班", "main", row.pk, "on")).content.decode()

    assert (row.month, row.name, row.kind) == (6, "主体班", "main")
    assert "由上级下发，不能从计划中删去" in page


def test_withdrawn_class_leaves_the_plans_that_have_not_held_it(city, county, school, appoint, signed_client):
    neighbour = SchoolFactory(city=city, county=county)
    office = signed_client(appoint("office"))
    address = issue(office, (5, "主体班", "main"))
    TrainingClassFactory(school=school, planned=PlannedClass.objects.get(plan__school=school))

    office.post(address, table(withdraw=str(IssuedPlan.objects.get().issued_classes.get().pk)))

    assert names(neighbour) == []
    assert names(school) == ["主体班"]
    assert PlannedClass.objects.get().issued is None


def test_county_issues_to_its_own_schools_only(city, county, school, appoint, signed_client):
    other = SchoolFactory(city=city, county=CountyFactory(city=city))

    issue(signed_client(appoint("county_lead")), (5, "县里的班"))

    assert names(school) == ["县里的班"]
    assert names(other) == []


def test_issued_plan_is_changed_by_its_issuer_only(school, appoint, signed_client):
    address = issue(signed_client(appoint("office")), (5, "主体班"))

    statuses = {
        role: signed_client(appoint(role)).post(address, table((6, "乱加"))).status_code
        for role in ("county_lead", "county", "filler")
    }

    assert statuses == {"county_lead": 404, "county": 403, "filler": 403}
    assert names(school) == ["主体班"]


def test_unfiled_plan_waits_on_the_workbench_and_filed_ones_are_counted(desk, school, appoint, signed_client):
    year = timezone.localdate().year
    waiting = desk.get("/").content.decode()
    PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=year, filed_on=date(year, 3, 1)))

    assert f"{year}年培训计划还没有备案" in waiting
    assert f"{year}年培训计划还没有备案" not in desk.get("/").content.decode()
    assert f"{year}年培训计划备案" in signed_client(appoint("county")).get("/").content.decode()


def test_list_of_schools_costs_the_same_for_any_number(
    city, county, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("office"))
    for more in (1, 29):
        for one in SchoolFactory.create_batch(more, city=city, county=county):
            TrainingClassFactory(school=one)
        with django_assert_max_num_queries(12):
            response = client.get(reverse("schools:teaching"), {"year": "2026"})

    assert len(response.context["rows"]) == 31


def test_no_class_is_planned_or_issued_for_a_month_in_which_the_school_is_not_there(
    desk, school, appoint, signed_client
):
    school.opened_on, school.closed_on = date(2025, 3, 20), date(2027, 9, 10)
    school.save()
    sentence = f"{school.name}的关闭日期是2027年9月10日，在此以后不再办学"

    refused = save(desk, (10, "秋训"), year=2027)
    assert sentence in refused.content.decode() and "秋训" in refused.content.decode()
    early = save(desk, (2, "春训"), year=2025).content.decode()
    assert f"2025年2月：{school.name}2025年3月启用，在此以前没有办学" in early
    save(desk, (9, "秋训"), year=2027)
    issue(signed_client(appoint("office")), (9, "市级班"), (10, "迟到的班"), year=2027)

    assert names(school, 2027) == ["秋训", "市级班"]
