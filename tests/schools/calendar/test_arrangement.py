"""节假日安排: a year entered in one paste, and whoever can enter it is told."""

import re
from datetime import date
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from schools.calendar import workdays
from schools.calendar.checking import caveat, save
from schools.calendar.reading import read
from schools.calendar.workdays import calendar_known, is_workday, years_to_enter
from schools.models import AuditEntry, CalendarDay, CalendarYear, Notice
from schools.models.calendar import national_year
from schools.operations import daily
from tests.clock import SHANGHAI, at
from tests.ratings.races import at_once
from tests.schools.notices import notice

pytestmark = pytest.mark.django_db

PAGE = "/calendar/"
#: An arrangement of 2027 as it might be; every weekday off beyond the thirteen days is worked on a weekend.
OF_2027 = """国务院办公厅关于2027年部分节假日安排的通知
国办发明电〔2026〕9号
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月4日（周四）至11日（周四）放假调休，共8天。1月31日（周日）、2月20日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天。
六、中秋节：9月15日（周三）放假1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
2026年11月4日
"""


@pytest.fixture(autouse=True)
def november():
    """Late in 2026, when the next year is asked for."""
    with at(date(2026, 11, 25)):
        yield


@pytest.fixture
def keeper(appoint):
    """The system administrator, let into the back office."""
    user = appoint("sysadmin")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return user


@pytest.fixture
def client_of_keeper(keeper, signed_client):
    return signed_client(keeper)


def send(client, text=OF_2027, *, year=2027, confirm=False, **more):
    """Check a text or, with `confirm`, check it and press the second button of the page that came."""
    data = {"year": year, "text": text, "source": "", **more}
    checked = client.post(PAGE, data, follow=True)
    return press(client, checked, data) if confirm else checked


def press(client, checked, data):
    """The second press on a page as it was when it came."""
    seen = re.search('name="seen" value="(.*?)"', checked.content.decode())
    return client.post(PAGE, {**data, "confirm": "1", "seen": seen[1] if seen else ""}, follow=True)


def test_a_notice_is_shown_day_by_day_and_nothing_is_written(client_of_keeper):
    page = send(client_of_keeper).content.decode()

    assert (
        "读到放假 <strong>28</strong> 天、周末上班 <strong>5</strong> 天，来源：国办发明电〔2026〕9号" in page
    )
    row = re.search(r"<th[^>]*>1月31日（星期日）</th>(.*?)</tr>", page)[1]
    assert re.sub("<[^>]*>", " ", row).split() == ["班", "春节调休上班"]
    assert "请再看一眼" not in page
    assert "尚未写入" in page
    assert not CalendarDay.objects.exists()
    assert not CalendarYear.objects.exists()
    assert not calendar_known(2027)


def test_one_press_writes_the_year_and_it_counts_at_once(client_of_keeper, keeper):
    assert is_workday(date(2027, 2, 11))

    page = send(client_of_keeper, confirm=True).content.decode()

    assert "已录入2027年节假日安排，共 33 天" in page
    year = CalendarYear.objects.get()
    assert (year.year, year.source, year.entered_by) == (2027, "国办发明电〔2026〕9号", keeper)
    assert year.days.count() == 33
    assert calendar_known(2027)
    assert [is_workday(date(2027, *day)) for day in ((2, 11), (2, 12), (1, 31), (5, 5), (6, 9))] == [
        False,
        True,
        True,
        False,
        False,
    ]
    entry = AuditEntry.objects.get(action="import")
    assert entry.subject == "2027年节假日安排"
    assert "2027-01-31" in entry.detail
    assert entry.city_id == keeper.identity.city_id


def test_the_hidden_text_of_the_second_press_is_the_first(client_of_keeper):
    page = send(client_of_keeper, f"\n\n{OF_2027}").content.decode()

    kept = re.search(r'<textarea name="text" hidden>\n(.*?)</textarea>', page, re.DOTALL)[1]
    assert kept == f"\n\n{OF_2027}"


def test_what_is_wrong_is_said_with_its_line_and_what_was_typed_stays(client_of_keeper):
    faulty = OF_2027.replace("1月31日（周日）、", "5月2日、").replace("共5天", "共6天")

    response = send(client_of_keeper, faulty, confirm=True)

    page = response.content.decode()
    assert "共 3 处需要改正" in page
    assert "第 4 行：2027年5月2日是法定节日（劳动节），一律休息，不能写成上班。" in page
    assert "第 6 行：2027年5月2日在第 4 行写的是上班，这里写的是休息，请核对。" in page
    assert "写的是6天，按日期是5天" in page
    assert response.context["form"]["text"].value() == faulty
    assert not CalendarDay.objects.exists()
    assert not CalendarYear.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "五、端午节：6月9日（周三）放假1天。\n",
            "",
            "没有写到端午节（6月9日）：请检查是否漏贴，全年七个节日都要写上。",
        ),
        ("1月31日（周日）", "2月22日", "2027年2月22日是星期一，本来就上班"),
        ("1月31日（周日）", "1月30日（周日）", "2027年1月30日是星期六，写的是“周日”，请核对日期。"),
        ("1月31日（周日）", "2月6日（周六）", "2027年2月6日在第 4 行写的是休息，这里写的是上班，请核对。"),
        ("关于2027年", "关于2026年", "贴入的是2026年的安排，选的年度是2027年。"),
    ],
)
def test_contradictions_are_refused(old, new, said, client_of_keeper):
    page = send(client_of_keeper, OF_2027.replace(old, new), confirm=True).content.decode()

    assert said in page
    assert not CalendarYear.objects.exists()


def test_a_lost_working_weekend_is_asked_about_but_may_be_right(client_of_keeper):
    short = OF_2027.replace("、2月20日（周六）", "")

    asked = send(client_of_keeper, short).content.decode()
    send(client_of_keeper, short, confirm=True)

    assert "往年周一至周五放假的天数，都等于法定节日13天加上周末上班的天数" in asked
    assert "这里周末上班4天，周一至周五放假18天，多1天：请对照通知核对是否漏了周末上班的日子" in asked
    assert calendar_known(2027)


@pytest.mark.parametrize("year", [2021, 2022, 2023, 2024, 2025, 2026])
def test_true_notices_raise_no_question(year, client_of_keeper):
    with at(date(year, 6, 1)):
        page = send(client_of_keeper, notice(year), year=year).content.decode()

    assert "核对结果" in page
    assert "请再看一眼" not in page


def test_a_source_is_asked_for_where_the_text_has_none(client_of_keeper):
    bare = OF_2027.replace("国办发明电〔2026〕9号\n", "")

    refused = send(client_of_keeper, bare, confirm=True)
    assert "贴入的文字里没有文号，请写明来源或文号" in refused.content.decode()
    assert refused.context["form"]["text"].value() == bare
    assert not CalendarYear.objects.exists()

    send(client_of_keeper, bare, confirm=True, source="市府办转发通知")
    assert CalendarYear.objects.get().source == "市府办转发通知"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"text": " \n "}, "请贴入通知全文"),
        ({"text": ""}, "请贴入通知全文"),
        ({"year": "1999"}, "年度只能选2025年、2026年、2027年，请重新选择。"),
        ({"year": "x\x00"}, "年度只能选2025年、2026年、2027年，请重新选择。"),
        ({"text": "长" * 20001}, "贴入的文字不超过 20000 字符，现在有 20001 字符"),
        ({"source": "长" * 101}, "来源或文号不超过 100 字符，现在有 101 字符"),
        ({"text": "1月1日\x00 休"}, "贴入的文字里有看不见的空字符，请重新从原网页复制"),
        ({"source": "国办\x00"}, "来源或文号里有看不见的空字符"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(data, said, client_of_keeper):
    response = send(client_of_keeper, **{"confirm": True, **data})

    assert response.status_code == 200
    assert said in response.content.decode()
    assert not CalendarYear.objects.exists()


def test_the_browser_cuts_nothing_of_what_is_pasted(client_of_keeper):
    assert "maxlength" not in client_of_keeper.get(PAGE).content.decode()


def test_faults_of_the_text_are_said_together_with_a_missing_source(client_of_keeper):
    faulty = OF_2027.replace("国办发明电〔2026〕9号\n", "").replace("共5天", "共6天")

    page = send(client_of_keeper, faulty).content.decode()

    assert "贴入的文字里没有文号，请写明来源或文号" in page
    assert "写的是6天，按日期是5天" in page


def test_thirteen_bare_days_are_asked_about_in_plain_words(client_of_keeper):
    days = sorted(national_year(2027).statutory)

    page = send(client_of_keeper, "\n".join(f"{day} 休" for day in days), source="文号").content.decode()

    given = sum(day.weekday() < 5 for day in days)
    assert (
        f"这里周末上班0天，周一至周五放假{given}天，少{13 - given}天：请对照通知核对是否漏了放假的日子"
        in page
    )
    assert "-" not in re.search("请再看一眼.*?</div>", page, re.DOTALL)[0].replace("plain-list", "")


def test_a_year_entered_before_is_named_with_the_days_that_go(client_of_keeper, keeper):
    first = send(client_of_keeper).content.decode()
    send(client_of_keeper, confirm=True)
    again = send(
        client_of_keeper, OF_2027.replace("5月8日（周六）上班", "5月9日（周日）上班")
    ).content.decode()
    same = send(client_of_keeper).content.decode()

    assert "确认后整份替换" not in first
    assert f"2027年已有国办发明电〔2026〕9号（{keeper.name}，2026年11月25日 " in again
    gone = "原来有、这次没有写到的 1 天将删去：2027-05-08 上班（劳动节调休上班）。"
    assert again.index("确认后整份替换") < again.index(gone) < again.index("确认录入2027年的安排")
    assert "将删去" not in same
    assert "确认后整份替换" in same


OTHER = OF_2027.replace("5月8日（周六）上班", "5月9日（周日）上班")


def by_another_paste(client) -> None:
    send(client, OTHER, confirm=True)


def by_a_single_day(client) -> None:
    CalendarDay.objects.create(day=date(2027, 9, 1), works=False, note="台风停课")


@pytest.mark.parametrize("change_it", [by_another_paste, by_a_single_day])
@pytest.mark.parametrize("was_entered", [True, False])
def test_an_older_check_overwrites_nothing(change_it, was_entered, client_of_keeper):
    if was_entered:
        send(client_of_keeper, confirm=True)
    data = {"year": 2027, "text": OF_2027.replace("国庆节", "国庆"), "source": "国办发明电〔2026〕10号"}
    older = client_of_keeper.post(PAGE, data)
    change_it(client_of_keeper)
    before = list(CalendarDay.objects.values_list("day", "works", "note").order_by("day"))

    refused = press(client_of_keeper, older, data)

    page = refused.content.decode()
    assert "核对以后，2027年的节假日安排有了变动，所以没有写入。" in page
    assert list(CalendarDay.objects.values_list("day", "works", "note").order_by("day")) == before
    assert not CalendarYear.objects.filter(source=data["source"]).exists()
    assert refused.context["form"]["text"].value() == data["text"]
    press(client_of_keeper, refused, data)
    assert CalendarYear.objects.get().source == data["source"]


@pytest.mark.parametrize("year", ["2027", "1999", "²", "9" * 40, "x%00", "٢٠٢٧"])
def test_a_year_in_the_address_is_chosen_or_passed_over(year, client_of_keeper):
    assert client_of_keeper.get(PAGE, {"year": year}).status_code == 200


def test_entering_a_year_again_replaces_its_list_and_leaves_single_days_alone(client_of_keeper):
    CalendarDay.objects.create(day=date(2027, 9, 1), works=False, note="台风停课")
    CalendarDay.objects.create(day=date(2027, 5, 8), works=False, note="本地调整")
    send(client_of_keeper, confirm=True)
    mended = OF_2027.replace("5月8日（周六）上班", "5月9日（周日）上班")

    shown = send(client_of_keeper, mended).content.decode()
    send(client_of_keeper, mended, confirm=True)

    assert "另有单独登记、这次没有写到的 1 天，保留不变：2027-09-01 休息（台风停课）" in shown
    days = dict(CalendarDay.objects.values_list("day", "works"))
    assert days[date(2027, 9, 1)] is False
    assert days[date(2027, 5, 9)] is True
    assert date(2027, 5, 8) not in days
    assert CalendarYear.objects.count() == 1
    assert "2027-05-08 上班" in AuditEntry.objects.filter(action="import").latest("number").detail


def test_a_day_entered_otherwise_before_is_named(client_of_keeper):
    CalendarDay.objects.create(day=date(2027, 5, 8), works=False, note="本地调整")

    page = send(client_of_keeper).content.decode()
    send(client_of_keeper, confirm=True)

    assert page.count("原登记为休息，将按此改正") == 1
    assert CalendarDay.objects.get(day=date(2027, 5, 8)).works


def test_a_failure_half_way_writes_nothing(client_of_keeper, monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("schools.calendar.checking.audit.record", refuse)
    with pytest.raises(RuntimeError):
        send(client_of_keeper, confirm=True)

    assert not CalendarYear.objects.exists()
    assert not CalendarDay.objects.exists()
    assert not calendar_known(2027)


def test_a_table_read_by_another_thread_before_the_commit_is_read_again(
    client_of_keeper, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        send(client_of_keeper, confirm=True)
        workdays.remember({})  # what the other thread still saw

    assert calendar_known(2027)


def test_days_the_package_has_and_the_text_has_not_are_named(client_of_keeper):
    text = notice(2026).replace("2月14日（周六）、", "")

    page = send(client_of_keeper, text, year=2026).content.decode()

    assert "自带的节假日历里2026年2月14日是上班，贴入的内容没有写到，仍按自带的计算：请核对。" in page


def test_days_of_the_old_year_are_shown_with_it(client_of_keeper):
    text = "一、元旦：2026年12月30日至1月3日放假，共5天。12月27日上班。"
    text = re.sub("一、元旦.*", text, OF_2027)

    page = send(client_of_keeper, text).content.decode()
    send(client_of_keeper, text, confirm=True)

    assert "2026年12月27日（星期日）" in page
    assert [is_workday(date(2026, 12, day)) for day in (27, 29, 30, 31)] == [True, True, False, False]


def test_the_page_says_where_each_year_comes_from(client_of_keeper, keeper):
    before = client_of_keeper.get(PAGE).content.decode()
    send(client_of_keeper, confirm=True)
    after = client_of_keeper.get(PAGE).content.decode()

    assert re.search("<dt>2026年</dt><dd>系统自带</dd>", before)
    assert "还没有录入，期限只按周末和法定节日推算" in before
    assert f"国办发明电〔2026〕9号，{keeper.name} 2026年11月25日录入" in after
    assert "还没有录入" not in after


def test_the_page_costs_few_queries(client_of_keeper, django_assert_max_num_queries):
    send(client_of_keeper, confirm=True)
    for ask in (lambda: client_of_keeper.get(PAGE), lambda: send(client_of_keeper)):
        with django_assert_max_num_queries(10):
            assert ask().status_code == 200


def test_only_system_administrators_in_the_back_office_enter_it(keeper, appoint, signed_client):
    outside = appoint("sysadmin", user=appoint("viewer"))
    for user in (outside, appoint("office"), appoint("security"), appoint("filler")):
        response = send(signed_client(user), confirm=True)
        assert response.status_code == 403
        assert "节假日安排由系统管理员录入" in response.content.decode()

    assert not CalendarYear.objects.exists()
    assert send(signed_client(keeper), confirm=True).status_code == 200
    assert CalendarYear.objects.exists()


def test_the_table_of_single_days_leads_to_the_page_and_refuses_a_working_festival(client_of_keeper):
    add = reverse("admin:schools_calendarday_add")

    listed = client_of_keeper.get(reverse("admin:schools_calendarday_changelist")).content.decode()
    refused = client_of_keeper.post(
        add, {"day": "2027-05-01", "works": "on", "note": "值班"}
    ).content.decode()
    client_of_keeper.post(add, {"day": "2027-09-01", "note": "台风停课"})

    assert f'href="{PAGE}"' in listed
    assert "2027年5月1日是法定节日（劳动节），一律休息，不能登记为上班。" in refused
    assert CalendarDay.objects.get().day == date(2027, 9, 1)
    assert "台风停课" in AuditEntry.objects.get(action="maintain").detail


def test_a_changed_day_is_audited_with_what_stood_before(client_of_keeper):
    one = CalendarDay.objects.create(day=date(2027, 9, 4), works=True, note="补班")

    client_of_keeper.post(
        reverse("admin:schools_calendarday_change", args=[one.pk]), {"day": "2027-09-04", "note": "不补班"}
    )

    detail = AuditEntry.objects.get(action="maintain").detail
    assert detail.index("修改前") < detail.index("修改后")
    assert "补班" in detail
    assert not is_workday(date(2027, 9, 4))


def change(client, day: CalendarDay, **data) -> None:
    response = client.post(
        reverse("admin:schools_calendarday_change", args=[day.pk]), {"day": day.day.isoformat(), **data}
    )
    assert response.status_code == 302


def test_a_day_of_the_list_changed_by_hand_is_a_single_one_from_then_on(client_of_keeper):
    send(client_of_keeper, confirm=True)
    change(client_of_keeper, CalendarDay.objects.get(day=date(2027, 5, 8)), note="本地不补班")
    change(client_of_keeper, CalendarDay.objects.get(day=date(2027, 9, 26)), note="国庆节轮休")
    mended = OF_2027.replace("5月8日（周六）上班", "5月9日（周日）上班")

    shown = send(client_of_keeper, mended).content.decode()
    send(client_of_keeper, mended, confirm=True)

    assert "单独登记、这次没有写到的 1 天，保留不变：2027-05-08 休息（本地不补班）" in shown
    assert shown.count("原登记为休息，将按此改正") == 1
    assert not is_workday(date(2027, 5, 8))
    assert is_workday(date(2027, 9, 26))


def test_a_day_of_the_list_saved_as_it_was_stays_in_it(client_of_keeper):
    send(client_of_keeper, confirm=True)
    one = CalendarDay.objects.get(day=date(2027, 5, 8))
    change(client_of_keeper, one, works="on", note=one.note)
    mended = OF_2027.replace("5月8日（周六）上班", "5月9日（周日）上班")

    assert "单独登记、" not in send(client_of_keeper, mended).content.decode()
    send(client_of_keeper, mended, confirm=True)
    assert not CalendarDay.objects.filter(day=one.day).exists()


def test_a_festival_may_be_entered_as_resting():
    CalendarDay(day=date(2027, 5, 1), works=False).full_clean()
    with pytest.raises(ValidationError, match="劳动节"):
        CalendarDay(day=date(2027, 5, 1), works=True).full_clean()


@pytest.mark.parametrize(
    ("today", "asked"),
    [
        (date(2026, 10, 31), []),
        (date(2026, 11, 1), [2027]),
        (date(2026, 12, 31), [2027]),
        (date(2027, 1, 1), [2027]),
        (date(2027, 10, 31), [2027]),
        (date(2027, 11, 1), [2027, 2028]),
    ],
)
def test_the_running_year_is_always_asked_for_the_next_from_november(today, asked, monkeypatch):
    monkeypatch.setattr(workdays, "calendar_known", lambda year: year <= 2026)

    assert years_to_enter(today) == asked


def test_readers_are_told_until_the_year_is_entered(client_of_keeper):
    assert caveat(2026, "日期") == ""
    assert (
        caveat(2027, "日期")
        == "2027年的节假日安排还没有录入，日期只按周末和法定节日推算，可能与实际有出入；由系统管理员录入。"
    )

    send(client_of_keeper, confirm=True)

    assert caveat(2027, "日期") == ""


def desk(client) -> str:
    return client.get("/").content.decode()


def test_the_workbench_asks_from_november(keeper, signed_client):
    with at(date(2026, 10, 31)):
        before = desk(signed_client(keeper))
    with at(date(2026, 11, 1)):
        after = desk(signed_client(keeper))

    assert "今天要办" in before
    assert "节假日安排" not in before
    assert "录入2027年的节假日安排" in after


def test_the_workbench_asks_until_the_year_is_entered(client_of_keeper):
    page = desk(client_of_keeper)
    assert "录入2027年的节假日安排" in page
    assert f'href="{PAGE}?year=2027"' in page
    CalendarDay.objects.create(day=date(2027, 9, 1), works=False)
    assert "录入2027年的节假日安排" in desk(client_of_keeper)

    send(client_of_keeper, confirm=True)

    assert "节假日安排" not in desk(client_of_keeper)


@pytest.mark.parametrize(
    "role", ["filler", "county_lead", "office", "chair", "viewer", "security", "auditor", "judge"]
)
def test_nobody_else_is_bothered(role, appoint, signed_client):
    assert "节假日安排" not in desk(signed_client(appoint(role)))


def told(user) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("text", flat=True))


def run(*moment: int) -> list[str]:
    now = timezone.datetime(*moment, tzinfo=SHANGHAI)
    with at(now):
        return list(daily.run(now))


def test_the_daily_job_tells_the_keepers_once_a_month(keeper, appoint):
    others = [appoint("office"), appoint("security"), appoint("sysadmin", user=appoint("viewer"))]

    first = run(2026, 11, 2, 9)
    for moment in ((2026, 11, 2, 10), (2026, 11, 24, 9), (2026, 12, 1, 9), (2026, 12, 1, 11)):
        run(*moment)

    assert any(line.startswith("注意：2027年的节假日安排还没有录入") for line in first)
    assert "2027年的节假日安排：已请系统管理员 1 人录入（每月提醒一次）。" in first
    assert (
        told(keeper)
        == ["2027年的节假日安排还没有录入。国务院办公厅的通知一般在11月公布，公布后请把全文贴入系统。"] * 2
    )
    assert Notice.objects.filter(user=keeper).first().url == f"{PAGE}?year=2027"
    assert [told(one) for one in others] == [[], [], []]


def test_the_daily_job_is_silent_before_november_and_once_it_is_entered(keeper, client_of_keeper):
    before = run(2026, 10, 30, 9)
    send(client_of_keeper, confirm=True)
    after = run(2026, 11, 25, 11)

    assert told(keeper) == []
    assert not any("节假日安排" in line for line in before + after)


def test_outside_working_hours_it_is_said_but_nobody_is_told(keeper):
    said = run(2026, 11, 21, 10)

    assert any("2027年的节假日安排还没有录入" in line for line in said)
    assert told(keeper) == []


def test_a_running_year_that_is_not_known_is_pressed_for(keeper, signed_client):
    run(2027, 3, 1, 9)
    with at(date(2027, 3, 1)):
        page = desk(signed_client(keeper))

    assert told(keeper) == [
        (
            "2027年的节假日安排还没有录入，现在的各项期限只按周末和法定节日推算，"
            "请尽快把国务院办公厅的通知全文贴入系统。"
        )
    ]
    assert "各项期限现在只按周末和法定节日推算，可能不准" in page


def test_where_nobody_can_enter_it_the_job_says_who_must_be_appointed(appoint):
    appoint("sysadmin")

    assert "2027年的节假日安排：没有可以录入的系统管理员，请安全管理员登记任职并勾选“可进入后台”。" in run(
        2026, 11, 2, 9
    )


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_leave_one_whole_list(keeper):
    lists = [OF_2027, OF_2027.replace("5月8日（周六）上班", "5月9日（周日）上班")]
    readings = [read(text, 2027) for text in lists]

    outcomes = at_once(*(partial(save, reading, source="文号", by=keeper) for reading in readings))

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    stored = dict(CalendarDay.objects.values_list("day", "works"))
    assert stored in [{day: named.works for day, named in reading.days.items()} for reading in readings]
    assert CalendarYear.objects.count() == 1
