"""The first day of an installation: from an empty database to the first school's sign-in, through the pages
people use.
"""

import io
import re
from datetime import date
from functools import partial

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from schools.accounts.opening import one_time_password
from schools.audit import verify
from schools.models import AccountChange, Appointment, AuditEntry, Region, Role, School, User
from schools.models.scope import ADMINISTRATORS
from schools.workbooks import SheetOut, write_workbook
from tests.cast import PASSWORD
from tests.html_forms import seen_in
from tests.ratings.races import at_once, linger

pytestmark = pytest.mark.django_db
FIRST = "Diyici-2026"


def create(**options):
    """What the command prints, and the passwords in it by user name."""
    out = io.StringIO()
    call_command("create_administrators", stdout=out, **options)
    said = out.getvalue()
    return said, dict(re.findall(r"用 户 名：(\S+)\n  一次性密码：(\S+)\n", said))


def sign_in(username, password, *, new=PASSWORD):
    """A client of somebody who signs in for the first time and is made to choose a password."""
    client = Client()
    assert client.post(reverse("login"), {"username": username, "password": password}).status_code == 302
    change = reverse("password_change")
    assert client.get("/", follow=True).redirect_chain[-1][0] == change
    answered = client.post(change, {"old_password": password, "new_password1": new, "new_password2": new})
    assert answered.status_code == 302, answered.context["form"].errors
    return client


def save(client, model, **fields):
    """Presses 保存 on a form of the back office as it came, with these fields filled in."""
    address = reverse(f"admin:schools_{model}_add")
    page = client.get(address)
    assert page.status_code == 200
    form = page.context["adminform"].form
    values = {
        name: "" if (value := form.get_initial_for_field(form.fields[name], name)) is None else value
        for name in form.fields
    }
    values = {name: getattr(value, "pk", value) for name, value in values.items()}
    for formset in page.context["inline_admin_formsets"]:
        values |= {f"{formset.formset.prefix}-TOTAL_FORMS": 0, f"{formset.formset.prefix}-INITIAL_FORMS": 0}
    answered = client.post(address, values | fields)
    assert answered.status_code == 302, answered.context["adminform"].form.errors


def upload(client, model, *rows):
    """What the back office finds in a workbook."""
    buffer = io.BytesIO()
    write_workbook(buffer, [SheetOut("表", rows[0], rows[1:])])
    buffer.seek(0)
    buffer.name = "导入.xlsx"
    return client.post(reverse(f"admin:schools_{model}_import"), {"workbook": buffer})


def import_rows(client, model, *rows):
    """Uploads, reads that nothing is wrong, and confirms."""
    checked = upload(client, model, *rows)
    assert "problems" not in checked.context, checked.context["problems"]
    confirmed = {"confirm": "1"} | seen_in(checked)
    assert client.post(reverse(f"admin:schools_{model}_import"), confirmed).status_code == 302


def test_from_an_empty_system_to_the_workbench_of_the_first_school():
    _, passwords = create(sysadmin_name="张系统", security_name="李安全", auditor_name="王审计")
    system, security, auditor = (
        sign_in(name, passwords[name]) for name in ("sysadmin", "security", "auditor")
    )
    assert "还没有登记本市" in system.get("/").content.decode()

    save(system, "region", code="C-01", name="示例市", kind="city")
    assert "还没有登记党校" in system.get("/").content.decode()
    import_rows(system, "region", ["区划代码", "名称"], ["D-01", "甲区"])
    import_rows(
        system, "school", ["学校编码", "学校名称", "县（市、区）"], ["X-01", "中共东溪镇委员会党校", "甲区"]
    )
    school = School.objects.get()
    assert (school.city.name, school.county.name) == ("示例市", "甲区")
    for username, name in (("dongxi", "陈填报"), ("office", "何办公室")):
        save(system, "user", username=username, name=name, password1=FIRST, password2=FIRST)
    assert set(User.objects.filter(city=school.city).values_list("username", flat=True)) == {
        "dongxi",
        "office",
    }

    assert "2 个账号没有现任职务" in security.get("/").content.decode()
    save(
        security, "appointment", user=User.objects.get(username="dongxi").pk, role="filler", school=school.pk
    )
    office = sign_in("office", FIRST)  # whose rights come only after a password of the owner's own
    asked = {"person": "office", "role": "office", "city": school.city_id, "start": "2026-11-01"}
    security.post(reverse("schools:account_appoint"), asked | {"reason": "首次任命"})
    assert "何办公室" in auditor.get("/").content.decode()
    change = reverse("schools:account_change", args=[AccountChange.objects.get().pk])
    assert auditor.post(change, {"password": PASSWORD, "decision": "confirm"}).status_code == 302

    desk = sign_in("dongxi", FIRST).get("/").content.decode()
    assert "东溪" in desk
    assert "学校资料还缺" in desk
    assert "还没有评定方案" in office.get("/").content.decode()
    assert "任职变更" in auditor.get(reverse("schools:audit")).content.decode()
    assert verify() == []


def test_three_people_are_made_each_with_a_slip_and_a_password_for_one_sign_in():
    said, passwords = create(sysadmin="zhang", sysadmin_name="张三")

    held = {one.role: one for one in Appointment.objects.select_related("user")}
    assert held.keys() == set(ADMINISTRATORS)
    assert (
        {one.user.username for one in held.values()} == passwords.keys() == {"zhang", "security", "auditor"}
    )
    assert held[Role.SYSADMIN].user.name == "张三"
    assert held[Role.AUDITOR].user.name == "审计管理员"
    for one in held.values():
        assert one.city is None
        assert one.user.must_change_password
        assert one.user.check_password(passwords[one.user.username])
        assert one.user.is_staff == (one.role != Role.AUDITOR)
    assert len(set(passwords.values())) == 3
    assert said.count("沿此线裁开") == 4


def test_the_trail_says_who_was_made_and_not_with_which_password():
    _, passwords = create()

    entries = list(AuditEntry.objects.filter(city=None).order_by("number"))
    assert [(one.action, one.subject) for one in entries[:2]] == [
        ("account", "系统管理员（sysadmin）"),
        ("appointment", "系统管理员（sysadmin）"),
    ]
    assert len(entries) == 6
    assert all(password not in str(one.__dict__) for one in entries for password in passwords.values())
    assert verify() == []


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_it_is_refused_once_one_of_the_three_is_there(appoint, role):
    appoint(role)

    with pytest.raises(CommandError, match=f"已有管理员：.*{role}某（{role}）"):
        create(sysadmin="a", security="b", auditor="c")
    assert User.objects.count() == 1


def test_it_helps_again_when_nobody_is_left(appoint):
    appoint("sysadmin")
    Appointment.objects.update(end=date(2021, 1, 1))

    create(sysadmin="a", security="b", auditor="c")

    assert Appointment.objects.in_force().count() == 3


def test_administrators_who_are_all_switched_off_do_not_lock_everybody_out(appoint):
    for role in ADMINISTRATORS:
        appoint(role)
    User.objects.exclude(username="auditor").update(is_active=False)
    with pytest.raises(CommandError, match=r"已有管理员：审计管理员 auditor某（auditor）。"):
        create(sysadmin="a", security="b", auditor="c")
    User.objects.update(is_active=False)

    with pytest.raises(CommandError, match=r"该用户名已被使用.*--sysadmin、--security、--auditor 另定"):
        create()
    _, passwords = create(sysadmin="a", security="b", auditor="c")

    assert passwords.keys() == {"a", "b", "c"}
    sign_in("a", passwords["a"])


def test_a_name_given_out_at_the_same_moment_is_a_sentence(monkeypatch):
    User.objects.create_user("security", name="刚建立的")
    monkeypatch.setattr(User, "full_clean", lambda self: None)  # which looked just before

    with pytest.raises(CommandError, match=r"没有建立任何账号：同时有人在建立同名账号。请先查看现有账号"):
        create()
    assert [user.name for user in User.objects.all()] == ["刚建立的"]


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_two_commands_at_once_make_three_administrators(monkeypatch):
    linger(monkeypatch, "schools.accounts.opening", "one_time_password")
    names = [{role: f"{role}{number}" for role in ADMINISTRATORS} for number in (1, 2)]

    outcomes = at_once(*(partial(create, **chosen) for chosen in names))

    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert isinstance(refused, CommandError)
    assert "系统已有管理员" in str(refused)
    assert Appointment.objects.count() == User.objects.count() == len(ADMINISTRATORS)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"auditor": "taken"}, "没有建立任何账号：审计管理员的用户名：该用户名已被使用"),
        ({"auditor": "sysadmin"}, "三个用户名不能相同"),
        ({"sysadmin": " "}, "没有建立任何账号：系统管理员的用户名没有填写"),
        ({"security": "zhang san"}, "安全管理员的用户名有空格或不能输入的字符"),
        ({"security": "\x1b[31mzs"}, "安全管理员的用户名有空格或不能输入的字符"),
        ({"auditor_name": "某" * 31}, "审计管理员的姓名：.*30"),
    ],
)
def test_user_names_that_cannot_be_leave_nothing_behind(options, sentence):
    User.objects.create_user("taken", name="已有")

    with pytest.raises(CommandError, match=sentence):
        create(**options)

    assert User.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_a_name_stands_on_one_line_of_its_slip():
    create(sysadmin_name=" 张\n三\t")

    assert User.objects.get(username="sysadmin").name == "张三"


@pytest.mark.parametrize("command", ["create_administrators", "changepassword"])
def test_a_database_without_its_tables_is_told_in_a_sentence(command, monkeypatch):
    monkeypatch.setattr(
        "schools.operations.commands.schema.obstacle",
        lambda: "数据库还没有升级到 9.9.9：请先备份，再执行 manage.py migrate。",
    )

    with pytest.raises(CommandError, match=r"manage\.py migrate"):
        call_command(command, *(["somebody"] if command == "changepassword" else []))


@pytest.mark.parametrize(("least", "classes"), [(8, 3), (16, 4)])
def test_one_time_passwords_keep_the_rule_for_passwords(settings, least, classes):
    rule = {
        "NAME": "schools.accounts.opening.CharacterClassValidator",
        "OPTIONS": {"min_length": least, "classes": classes},
    }
    settings.AUTH_PASSWORD_VALIDATORS = [rule]
    for _ in range(20):
        password = one_time_password()
        validate_password(password)
        assert not set("01lIO") & set(password)


def test_a_workbook_of_counties_is_refused_while_it_is_unknown_whose_they_are():
    _, passwords = create()
    system = sign_in("sysadmin", passwords["sysadmin"])
    for code in ("C-01", "C-02"):
        Region.objects.create(code=code, name=code, kind=Region.Kind.CITY)

    said = upload(system, "region", ["区划代码", "名称"], ["D-01", "甲区"]).content.decode()

    assert "不知道属于哪个市" in said
    assert Region.objects.count() == 2


def test_choices_of_a_city_hold_no_county_and_the_other_way_round():
    _, passwords = create()
    security = sign_in("security", passwords["security"])
    city = Region.objects.create(code="C-01", name="示例市", kind=Region.Kind.CITY)
    county = Region.objects.create(code="D-01", name="甲区", kind=Region.Kind.COUNTY, city=city)

    form = security.get(reverse("admin:schools_appointment_add")).context["adminform"].form

    assert list(form.fields["city"].queryset) == [city]
    assert list(form.fields["county"].queryset) == [county]


def test_a_forgotten_password_is_replaced_at_the_server_and_the_trail_does_not_blame_the_owner():
    create()
    out = io.StringIO()

    call_command("changepassword", "sysadmin", stdout=out)

    password = re.search(r"（sysadmin）的一次性密码：(\S+)", out.getvalue()).group(1)
    last = AuditEntry.objects.filter(city=None).latest("number")
    assert (last.action, last.user_label, last.subject) == (
        "password_reset",
        "系统",
        "系统管理员（sysadmin）",
    )
    sign_in("sysadmin", password)


def test_a_password_is_given_only_to_an_account_that_can_use_it():
    User.objects.create_user("gone", name="离职", is_active=False)

    with pytest.raises(CommandError, match="没有用户名为“nobody”的账号"):
        call_command("changepassword", "nobody")
    with pytest.raises(CommandError, match="已停用"):
        call_command("changepassword", "gone")
