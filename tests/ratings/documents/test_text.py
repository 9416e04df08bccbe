"""Words of a bulletin: number, title, paragraphs, draft and annexes; no PDF here."""

import datetime
import random
import re
from fractions import Fraction

import pytest

from ratings.documents.layout import arrange, break_title, split_paragraphs, width
from ratings.documents.official import (
    count_characters,
    numeral,
    parse_number,
    percentage,
    problems_of,
    wording_problems,
)
from ratings.publication.bulletin import CountTable, Roster, draft_addressee, draft_annexes, draft_text
from ratings.publication.facts import BulletinFacts, RatedSchool
from schools.numbers import chinese_date
from schools.saving import Refused
from tests.documents import bulletin, city, county_level_city


@pytest.mark.parametrize(
    "typed",
    [
        "示组通〔2026〕12号",
        "示组通[2026]12号",
        "示组通(2026) 12 号",
        "示组通（2026）12号",
        "示组通【２０２６】１２号",
    ],
)
def test_number_is_written_with_hexagonal_brackets_whatever_was_typed(typed):
    assert str(parse_number(typed)) == "示组通〔2026〕12号"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("示组通〔26〕12号", "四位"),
        ("示组通〔2026〕012号", "虚位"),
        ("示组通〔2026〕0号", "虚位"),
        ("示组通〔2026〕第12号", "“第”"),
        ("示组通2026年12号", "例如"),
        ("〔2026〕12号", "例如"),
        ("", "例如"),
    ],
)
def test_number_against_the_standard_is_refused_with_a_sentence(typed, says):
    with pytest.raises(Refused, match=says):
        parse_number(typed)


def test_a_number_that_nobody_typed_is_called_missing_and_not_wrong():
    with pytest.raises(Refused, match="还没有填写"):
        parse_number(" ")


def test_date_has_no_leading_zeros():
    assert chinese_date(datetime.date(2026, 1, 5)) == "2026年1月5日"


def test_numeral_counts_past_ten():
    assert [numeral(number) for number in (1, 10, 11, 20, 35)] == ["一", "十", "十一", "二十", "三十五"]


def test_percentage_rounds_half_up_exactly():
    assert (percentage(33, 49), percentage(1, 8), percentage(0, 0)) == ("67.3%", "12.5%", "0.0%")
    assert percentage(1, 16) == "6.3%"


def test_short_title_stays_on_one_line():
    assert break_title("星级评定结果通报") == ("星级评定结果通报",)


def test_long_title_breaks_between_words():
    assert break_title("关于2026年度镇街党校规范化建设星级评定结果的通报") == (
        "关于2026年度镇街党校",
        "规范化建设星级评定结果的通报",
    )


def test_title_keeps_the_breaks_the_office_typed():
    assert break_title("中共示例市委组织部\n关于星级评定结果的通报") == (
        "中共示例市委组织部",
        "关于星级评定结果的通报",
    )


def test_any_title_keeps_its_characters_and_its_lines_short():
    random.seed(9704)
    words = [
        "关于",
        "2026年度",
        "镇街党校",
        "星级评定",
        "结果",
        "的",
        "通报",
        "《评定办法（试行）》",
        "市委组织部",
        "、",
        "和",
        "全市",
    ]
    for _ in range(200):
        title = "".join(random.choices(words, k=random.randint(1, 14)))
        broken = break_title(title)
        assert "".join(broken) == title
        assert all(width(line) <= 19 for line in broken)
        if width(title) <= 50:
            assert not any(line.startswith(("的", "、", "》", "）")) for line in broken[1:])


def test_paragraph_levels_are_read_from_the_text_itself():
    read = split_paragraphs(
        "　　引言。\n\n一、评定情况\n(一)总体结果。共49所。\n1.第一点\n（2）第二点\n2.5万元"
    )
    assert [(one.level, one.lead, one.rest) for one in read] == [
        (0, "", "引言。"),
        (1, "一、评定情况", ""),
        (2, "（一）总体结果。", "共49所。"),
        (3, "1.第一点", ""),
        (4, "（2）第二点", ""),
        (0, "", "2.5万元"),
    ]


def test_characters_are_counted_without_white_space():
    assert count_characters("共 49　所。\n") == 5


@pytest.mark.parametrize(
    ("signers", "sealed", "style"),
    [
        (("中共示例市委组织部",), True, "sealed"),
        (("中共示例市委组织部", "中共示例市委党校"), True, "sealed-row"),
        (("中共示例市委组织部", "中共示例市委机构编制委员会办公室"), True, "sealed-stack wide"),
        (("中共示例市委组织部",), False, "by-organ"),
        (("市委党校",), False, "by-date"),
    ],
)
def test_signature_is_arranged_by_widths_and_seal(signers, sealed, style):
    assert arrange(signers, "2026年12月30日", sealed=sealed).style == style


def test_draft_tells_counts_shares_counties_and_change():
    drafted = draft_text(city())
    assert "五星级33所，占67.3%；四星级14所，占28.6%；三星级2所，占4.1%。" in drafted
    assert "与2025年度相比，五星级增加2所，四星级数量持平，三星级减少2所。" in drafted
    assert re.search(r"甲区13所，其中五星级\d+所、四星级\d+所、三星级1所", drafted)


def test_draft_lists_five_star_schools_in_administrative_order():
    facts = city()
    named = re.findall(
        r"[一-鿿㙍𠮷]+?镇委党校",
        draft_text(facts).split("按行政区划顺序排列，")[1].split("\n")[0].replace("：", "、"),
    )
    assert [name.split("、")[-1] for name in named] == [school.name for school in facts.with_star(5)]


def test_draft_names_categories_but_no_school_under_problems():
    facts = city()
    problems = draft_text(facts).split("存在的主要问题")[1]
    assert "“教学培训”“后勤保障”" in problems
    assert not [school.name for school in facts.schools if school.name in problems]


@pytest.mark.parametrize("facts", [city(), county_level_city(), city(last_year=None, category_rates=())])
def test_draft_holds_no_score_rank_or_unwelcome_word(facts):
    drafted = draft_text(facts)
    assert wording_problems(drafted) == []
    assert not re.search(r"(?<!\d)0\.\d|\d+\.\d+分|第\d+名|评委|投票|报送|上报|书面报告", drafted)


def test_draft_numbers_headings_without_gaps_when_a_section_falls_away():
    headings = [one.lead for one in split_paragraphs(draft_text(city(category_rates=()))) if one.level == 1]
    assert headings == ["一、评定基本情况", "二、下一步工作要求"]


def test_draft_counts_schools_that_did_not_take_part():
    schools = (*city().schools, RatedSchool("后来镇委党校", "甲区", lapsed=True))
    drafted = draft_text(city(schools=schools, declined=2))
    assert "全市共有镇街党校52所，其中经确认不参评2所、未按规定申报1所，实际参加评定49所。" in drafted
    assert "有1所镇街党校未按规定时间完成申报。" in drafted


def test_draft_without_counties_speaks_of_none():
    facts = county_level_city()
    assert "县（区）" not in draft_text(facts) + draft_addressee(facts)
    assert "一星级1所" in draft_text(facts)


def test_draft_keeps_within_the_limit_for_300_schools():
    schools = tuple(
        RatedSchool(f"第{number}镇委党校", f"{number // 25}县", star=5 - number % 3) for number in range(300)
    )
    facts = BulletinFacts(2026, "办法", (5, 4, 3), schools, tuple(f"{number}县" for number in range(12)))
    assert count_characters(draft_text(facts)) < 4000
    assert "名单见附件1" in draft_text(facts)


def test_roster_hides_unrated_schools_unless_asked():
    schools = (RatedSchool("东溪镇委党校", "甲区", star=5), RatedSchool("云岭镇委党校", "甲区"))
    hidden, listed = (
        draft_annexes(city(schools=schools, list_unrated=option))[0] for option in (False, True)
    )
    assert isinstance(hidden, Roster)
    assert [group.heading for group in hidden.groups] == ["一、五星级镇街党校（1所）"]
    assert listed.groups[-1].counties == (("甲区", ("云岭镇委党校",)),)


def test_roster_loses_no_school_of_the_city_itself():
    schools = (RatedSchool("东溪镇委党校", "甲区", star=5), RatedSchool("农场党委党校", star=5))
    roster, table = draft_annexes(city(schools=schools))
    assert roster.groups[0].counties == (("甲区", ("东溪镇委党校",)), ("市直", ("农场党委党校",)))
    assert table.rows[-2][0] == "市直"


def test_count_table_adds_up_to_its_total():
    table = draft_annexes(city())[1]
    assert isinstance(table, CountTable)
    counts = [[int(row[column]) for column in (1, 2, 4, 6)] for row in table.rows]
    assert [sum(column) for column in zip(*counts[:-1], strict=True)] == counts[-1] == [49, 33, 14, 2]


def test_table_without_counties_goes_by_kind_or_falls_away():
    facts = county_level_city()
    one_kind = BulletinFacts(
        2026,
        "办法",
        (5, 4),
        tuple(RatedSchool(f"{number}镇", kind="镇委党校", star=5) for number in range(3)),
    )
    assert [row[0] for row in draft_annexes(facts)[1].rows] == ["镇委党校", "街道党工委党校", "合　计"]
    assert len(draft_annexes(one_kind)) == 1


def test_check_passes_a_complete_bulletin():
    assert problems_of(bulletin()) == []


def test_check_names_everything_that_is_missing():
    problems = problems_of(bulletin(number="", title="通报。", addressee="：", body=" ", organ="很长" * 12))
    assert len(problems) == 5


def test_check_counts_the_text():
    assert "4001字" in problems_of(bulletin(body="字" * 4001))[0]


def test_categories_of_equal_rate_are_neither_strong_nor_weak():
    equal = tuple((name, Fraction(9, 10)) for name in ("甲项", "乙项"))
    assert "甲项" not in draft_text(city(category_rates=equal))
