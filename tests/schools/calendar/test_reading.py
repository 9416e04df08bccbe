"""A pasted notice, read: what was published comes out whole, whatever is wrong is named with its line."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.calendar.reading import official_number, read
from schools.models.calendar import national_year
from tests.schools.notices import Style, notice

#: The arrangement of 2024 in the words notices had then: no weekdays for the days off, advice in between.
OF_2024 = """一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位落实带薪年休假，安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。"""
#: That of 2025, in one paragraph.
OF_2025 = (
    "一、元旦：1月1日（周三）放假1天，不调休。"
    "二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。"
    "1月26日（周日）、2月8日（周六）上班。"
    "三、清明节：4月4日（周五）至6日（周日）放假，共3天。"
    "四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。"
    "五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。"
    "六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。"
)


def works_by(reading, day: date) -> bool:
    named = reading.days.get(day)
    return day.weekday() < 5 if named is None else named.works


def differing(reading) -> list[date]:
    """Days of the year on which the text and the package do not agree."""
    year = national_year(reading.year)
    days = [date(reading.year, 1, 1) + timedelta(days=number) for number in range(365)]
    return [day for day in days if works_by(reading, day) != year.is_workday(day)]


@pytest.mark.parametrize(("year", "text"), [(2024, OF_2024), (2025, OF_2025), (2026, notice(2026))])
def test_a_notice_gives_the_year_as_it_was(year, text):
    reading = read(text, year)

    assert reading.problems == []
    assert differing(reading) == []


def test_advice_to_rest_is_no_day_off_and_is_shown():
    reading = read(OF_2024, 2024)

    assert date(2024, 2, 9) not in reading.days
    assert [str(one)[:8] for one in reading.skipped] == ["第 2 行：鼓励"]


def test_days_are_noted_by_their_festival():
    notes = {day: one.note for day, one in read(OF_2025, 2025).days.items()}

    assert notes[date(2025, 2, 4)] == "春节"
    assert notes[date(2025, 2, 8)] == "春节调休上班"
    assert notes[date(2025, 10, 11)] == "国庆节、中秋节调休上班"


STYLES = st.builds(
    Style,
    weekday=st.sampled_from(["周", "星期", ""]),
    of_month=st.booleans(),
    counted=st.booleans(),
    with_year=st.booleans(),
    torn=st.booleans(),
    one_line=st.booleans(),
    full_width=st.booleans(),
)


@given(year=st.integers(2008, 2026), style=STYLES)
def test_any_published_year_in_any_style_comes_back_whole(year, style):
    reading = read(notice(year, style), year)

    assert reading.problems == []
    assert differing(reading) == []


@pytest.mark.parametrize(
    "line",
    [
        "2027-01-03 班 元旦调休",
        "2027-01-03,上班,元旦调休",
        "2027/1/3\t班\t元旦调休",
        "2027.1.3　上班　元旦调休",
        "20270103 星期日 班 元旦调休",
        "2027年1月3日（周日） 工作日 元旦调休",
        "1月3日 补班 元旦调休",
        "1.3 班 元旦调休",
        "２０２７－０１－０３ 班 元旦调休",
    ],
)
def test_a_line_of_a_list_as_people_type_it(line):
    reading = read(f"日期\t休/班\t说明\n{line}", 2027)

    assert reading.problems == []
    assert [(one.day, one.works, one.note, one.line) for one in reading.days.values()] == [
        (date(2027, 1, 3), True, "元旦调休", 2)
    ]


@pytest.mark.parametrize(
    "line",
    ["2027-02-05至2027-02-11 休 春节", "2月5日—11日 休 春节", "2.5~2.11 放假 春节", "2/5-2/11,休息,春节"],
)
def test_a_line_may_name_several_days(line):
    reading = read(line, 2027)

    assert reading.problems == []
    assert list(reading.days) == [date(2027, 2, day) for day in range(5, 12)]
    assert {(one.works, one.note) for one in reading.days.values()} == {(False, "春节")}


def test_days_of_one_month_need_the_month_once():
    assert list(read("2月14日（周六）、28日（周六）上班。", 2026).days) == [
        date(2026, 2, 14),
        date(2026, 2, 28),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "一、元旦：12月30日至1月1日放假，共3天。12月29日上班。",
        "一、元旦：2029年12月30日至2030年1月1日放假，共3天。2029年12月29日上班。",
        "一、元旦：2029年12月30日至1月1日放假，共3天。12月29日上班。",
        "12月29日 班 元旦调休\n12月30日至1月1日 休 元旦",
    ],
)
def test_a_new_year_may_begin_in_the_old_one(text):
    reading = read(text, 2030)

    assert reading.problems == []
    assert [(day.isoformat(), one.works) for day, one in reading.days.items()] == [
        ("2029-12-29", True),
        ("2029-12-30", False),
        ("2029-12-31", False),
        ("2030-01-01", False),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "元旦：1月1日（周五）至3日（周日）放假，共4天。",
            "第 1 行：“1月1日(周五)至3日(周日)放假,共4天”写的是4天，按日期是3天，请核对。",
        ),
        ("元旦：1月1日至3日放假，共五天。", "写的是5天，按日期是3天"),
        ("\n\n1月3日（周六）上班", "第 3 行：2027年1月3日是星期日，写的是“周六”，请核对日期。"),
        ("2027-01-03 星期六 班", "2027年1月3日是星期日，写的是“星期六”"),
        ("1月3日 休\n1月3日 班", "第 2 行：2027年1月3日在第 1 行写的是休息，这里写的是上班，请核对。"),
        ("2月30日 休", "第 1 行：“2月30日”不是有效日期，2月没有30日。"),
        ("2月1日至30日放假", "不是有效日期"),
        ("10月1日至11月7日放假", "从2027年10月1日到2027年11月7日不像一个假期，请核对起止日期。"),
        ("10月7日至10月1日放假", "请核对起止日期"),
        ("2026-11-04 班", "2026年11月4日不在2027年，请核对年度或日期。"),
        ("2028-01-01 休", "2028年1月1日不在2027年"),
        (
            "2027-03-03",
            (
                "没有看懂“2027-03-03”。请改写成“2027-03-03 休 说明”或“2027-03-03 班 说明”，一天一行；"
                "不是放假安排的，删去这一句。"
            ),
        ),
        ("2月9日大家商量", "请改写成“2027-02-09 休 说明”"),
        ("3月1日 休 班", "没有看懂"),
        (
            "28日上班",
            "没有看懂“28日上班”：“28日”只写了日，没有写月，请补上月份；不是放假安排的，删去这一句。",
        ),
        ("28号上班", "“28号”只写了日，没有写月"),
        ("五、端午节：9日（周三）放假", "“9日”只写了日，没有写月，请补上月份"),
        ("25日、5月8日上班", "“25日”只写了日，没有写月，请补上月份"),
        ("1月1日放假，4日上班", "“4日”只写了日，没有写月，请补上月份"),
        ("2月30日、28日上班", "第 1 行：“2月30日”不是有效日期，2月没有30日。"),
        ("l月1日 休", "请按“年-月-日 休 说明”或“年-月-日 班 说明”改写，年月日用数字，一天一行"),
        ("5/2/2027 休", "没有看懂“5/2/2027 休”。请按“年-月-日 休 说明”"),
        ("2027-13 休", "没有看懂“2027-13 休”。请按“年-月-日 休 说明”"),
        ("二月五日放假", "没有看懂“二月五日放假”。请按“年-月-日 休 说明”"),
        ("二月二十日 班 春节", "没有看懂“二月二十日 班 春节”"),
        ("关于二月五日放假", "没有看懂“关于二月五日放假”"),
        ("正月初一放假", "没有看懂“正月初一放假”。请按“年-月-日 休 说明”"),
        ("1月1日放假。下周六上班", "没有看懂“下周六上班”"),
        ("2027/2/5\t四\t休息\t春节", "2027年2月5日是星期五，写的是“周四”，请核对日期。"),
        ("2027-02-05 五 周四 休", "2027年2月5日是星期五，写的是“周四”"),
        ("大家好", "没有读到任何日期"),
        (
            "现将2026年节假日安排通知如下。1月1日放假。",
            "贴入的是2026年的安排，选的年度是2027年。请改选年度，或换成2027年的通知。",
        ),
    ],
)
def test_what_cannot_stand_is_named_with_its_line_and_a_way_out(text, said):
    found = [str(one) for one in read(text, 2027).problems]

    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "发布时间：2026-11-04 17:30",
        "2026-11-04 17:30:05 来源：中国政府网",
        "发布时间：2026-12-04 17:30",
        "成文日期：2027年1月27日",
        "经国务院批准，现将2027年元旦、春节、国庆节\n放假调休日\n期的具体安排通知如下。",
        "节前要做好放假的准备",
        "日期 休息 说明",
    ],
)
def test_what_stands_around_a_notice_is_no_problem(text):
    reading = read(f"{text}\n1月1日 休 元旦", 2027)

    assert reading.problems == []
    assert list(reading.days) == [date(2027, 1, 1)]


def test_an_introduction_ends_where_the_list_begins():
    reading = read("现将安排通知如下：\n二月五日放假\n1月1日 休", 2027)

    assert [one.line for one in reading.problems] == [2]


def test_a_weekday_in_a_column_of_its_own_is_no_note():
    reading = read("2027/2/5\t五\t休息\t春节", 2027)

    assert reading.problems == []
    assert [one.note for one in reading.days.values()] == ["春节"]


@pytest.mark.parametrize("name", ["“元旦”", '"元旦"', "「元旦」", "元旦"])
def test_a_festival_in_quotes_is_the_note(name):
    reading = read(f"一、{name}：1月1日放假。1月3日上班。", 2027)

    assert reading.problems == []
    assert [one.note for one in reading.days.values()] == ["元旦", "元旦调休上班"]


def test_everything_wrong_is_said_at_once():
    found = read("1月1日至3日放假，共4天\n2月30日 休\n3月1日商量", 2027).problems

    assert [one.line for one in found] == [1, 2, 3]


def test_the_number_of_the_document_is_found():
    assert official_number("通知\n国办发明电 〔2026〕 9 号\n各省") == "国办发明电〔2026〕9号"
    assert official_number("没有文号") == ""


GOOD = [
    "2027-01-03 班 元旦调休",
    "二、春节：2月5日（周五）至11日（周四）放假调休，共7天。",
    "10月9日（周六）上班。",
    "一、元旦：1月1日放假，与周末连休。",
]
BAD = [
    "2027-03-03",
    "2月30日 休",
    "2月9日大家商量",
    "15日至17日放假",
    "7月4日（周一）上班",
    "2月 休 说明",
    "二月五日放假",
]


@given(st.permutations([*GOOD, *BAD]))
def test_no_faulty_line_gets_lost_among_good_ones(lines):
    reading = read("\n".join(lines), 2027)

    assert sorted({lines[one.line - 1] for one in reading.problems}) == sorted(BAD)
    assert len(reading.days) == 11


PIECES = [
    *"0123456789年月日号至、，。：（）()-./~\n\t 休班上放假调共天元旦周一",
    "1月1日",
    "2027-01-04",
    "9999年12月31日",
    "鼓励",
    "²",
    "\u0663",
    "\x00",
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.sampled_from([2024, 2027]))
def test_no_text_breaks_the_reader(text, year):
    reading = read(text, year)

    assert reading.days or reading.problems
