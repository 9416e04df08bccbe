"""GB/T 9704-2012 measured in the finished PDF, to half a millimetre."""

import gc
import re
import sys

import pytest

from ratings.documents.official import DocumentContext, document_pdf
from ratings.publication.facts import BulletinFacts, RatedSchool
from tests.documents import TOWNS, Line, bulletin, city, county_level_city, ink, lines, text, tool

LEFT, RIGHT, TOP, BOTTOM = 28, 184, 37, 262
PITCH = 225 / 22
CHARACTER = 156 / 28
HALF_A_MILLIMETRE = 0.5

#: What the making of a document warns of is a fault, a file left open too.
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True, scope="module")
def nothing_of_others() -> None:
    """What other tests left to the collector is collected first, without a word: no document is to blame for
    it.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "unraisablehook", lambda unraisable: None)
        gc.collect()


@pytest.fixture(scope="module")
def sample() -> bytes:
    return document_pdf(bulletin())


def body_lines(pdf: bytes, page: int) -> list[Line]:
    return [line for line in lines(pdf) if line.page == page and line.top < BOTTOM]


def near(value: float) -> object:
    return pytest.approx(value, abs=HALF_A_MILLIMETRE)


def test_full_page_holds_22_lines_of_28_characters():
    page = body_lines(document_pdf(bulletin(body="试" * 1500, annexes=())), 2)
    assert [len(line.text) for line in page] == [28] * 22
    assert all((line.left, line.right) == (near(LEFT), near(RIGHT)) for line in page)


def test_lines_keep_their_pitch_whatever_the_characters():
    body = "".join(f"{town}镇㙍𠮷埇abc2026（一）" for town in TOWNS) * 3
    page = body_lines(document_pdf(bulletin(body=body, annexes=())), 2)
    baselines = [line.top for line in page]
    assert len(page) == 22
    assert [line - baselines[0] for line in baselines] == [
        pytest.approx(number * PITCH, abs=0.2) for number in range(22)
    ]


def test_first_line_of_a_paragraph_is_two_characters_in():
    page = body_lines(document_pdf(bulletin(body="试" * 100, annexes=())), 1)
    paragraph = next(line for line in page if line.text.startswith("试"))
    assert len(paragraph.text) == 26
    assert paragraph.left == near(LEFT + 2 * CHARACTER)


def test_right_edge_is_straight_where_punctuation_and_digits_end_lines_early(sample):
    inner = [line for line in body_lines(sample, 2) if line.right > RIGHT - 15]
    assert len(inner) > 12
    assert all(line.right == near(RIGHT) for line in inner)


def test_red_mark_stands_35_mm_below_the_top_of_the_type_area(sample):
    left, top, right, _ = ink(sample, 1, 0, 45, 210, 100)
    assert top == near(TOP + 35)
    assert (left + right) / 2 == near((LEFT + RIGHT) / 2)


def test_red_line_is_as_wide_as_the_type_area_and_4_mm_under_the_number(sample):
    number = ink(sample, 1, 0, 100, 210, 116)
    rule = ink(sample, 1, 0, 116, 210, 125)
    assert (rule[0], rule[2]) == (near(LEFT), near(RIGHT))
    assert rule[1] - number[3] == near(4)


def test_first_page_shows_text_under_the_longest_title_and_addressee():
    title = (
        "中共示例市委组织部、"
        "中共示例市委党校关于2026年度全市镇街党校规范化建设星级评定结果以及下一步工作安排有关情况的通报"
    )
    pdf = document_pdf(bulletin(title=title, addressee="各县（区）委组织部、县（区）委党校，" * 4))
    assert any(line.text.startswith("根据《示例市") for line in lines(pdf) if line.page == 1)


def test_very_long_addressee_moves_to_the_imprint():
    pdf = document_pdf(bulletin(addressee="各县（区）委组织部、县（区）委党校，" * 9 + "市直机关"))
    assert text(pdf).index("主送：") > text(pdf).index("附件2")


@pytest.mark.parametrize(("page", "edge"), [(1, "right"), (2, "left")])
def test_page_number_stands_7_mm_below_the_type_area_at_the_outer_side(sample, page, edge):
    left, _, right, _ = ink(sample, page, 20, 263, 195, 290)
    dash = ink(sample, page, left - 0.1, 263, left + 1.5, 290)
    assert (dash[1] + dash[3]) / 2 == near(BOTTOM + 7)
    inset = RIGHT - right if edge == "right" else left - LEFT
    assert inset == pytest.approx(14 * 25.4 / 72, abs=0.7)


def test_landscape_sheet_keeps_the_number_at_the_place_of_the_others(sample):
    sheet = sheets(sample).index((297, 210)) + 1
    left, top, right, bottom = ink(sample, sheet, 15, 20, 34, 190)
    dash = ink(sample, sheet, 15, top - 0.1, 34, top + 1.5)
    assert (dash[0] + dash[2]) / 2 == near(35 - 7)
    assert (top < 60) if sheet % 2 == 0 else (bottom > 150)
    assert right - left < 6


def test_pages_are_numbered_on_through_the_annexes(sample):
    numbers = re.findall(r"—(\d+)—", text(sample))
    assert [int(number) for number in numbers] == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(sheets(sample)) - 1


def test_imprint_closes_the_type_area_of_the_last_page(sample):
    last = len(sheets(sample))
    box = ink(sample, last, 0, 200, 210, 297)
    assert (box[0], box[2], box[3]) == (near(LEFT), near(RIGHT), near(BOTTOM))
    assert [line.text for line in lines(sample) if line.page == last][-2:] != []


def test_imprint_shares_the_last_page_with_the_text_when_no_annex_is_landscape():
    pdf = document_pdf(bulletin(annexes=bulletin().annexes[:1]))
    last = len(sheets(pdf))
    assert any("镇委党校" in line.text for line in lines(pdf) if line.page == last)
    assert ink(pdf, last, 0, 200, 210, 263)[3] == near(BOTTOM)


def signature(context: DocumentContext) -> tuple[Line, Line]:
    found = lines(document_pdf(context))
    date = next(line for line in found if line.text == "2026年12月30日")
    organ = next(
        line
        for line in found
        if line.page == date.page and line.text.endswith(context.organ) and line.bottom < date.bottom
    )
    return organ, date


def test_sealed_signature_is_centred_over_a_date_4_characters_in():
    organ, date = signature(bulletin(annexes=()))
    assert date.right == near(RIGHT - 4 * CHARACTER)
    assert (organ.left + organ.right) / 2 == near((date.left + date.right) / 2)


def test_unsealed_signature_stands_2_characters_in_and_the_date_2_further():
    organ, date = signature(bulletin(annexes=(), sealed=False))
    assert organ.right == near(RIGHT - 2 * CHARACTER)
    assert date.left == near(organ.left + 2 * CHARACTER)


def test_unsealed_short_signature_leaves_the_date_2_characters_in():
    organ, date = signature(bulletin(annexes=(), sealed=False, organ="市委党校"))
    assert date.right == near(RIGHT - 2 * CHARACTER)
    assert date.left == near(organ.left + 2 * CHARACTER)


def test_joint_signature_stands_side_by_side_under_the_mark_of_the_organiser():
    found = lines(document_pdf(bulletin(annexes=(), co_organs=("中共示例市委党校",))))
    signed = [
        line
        for line in found
        if line.text.startswith("中共示例市委") and line.page == found[-1].page and line.bottom < 240
    ]
    date = next(line for line in found if line.text == "2026年12月30日")
    centre = (date.left + date.right) / 2
    assert "".join(line.text for line in signed) == "中共示例市委组织部中共示例市委党校"
    assert max(line.right for line in signed) - centre == near(4 * CHARACTER)
    assert [line.text for line in found if line.text.endswith("文件")] == ["中共示例市委组织部文件"]


@pytest.mark.parametrize(
    "organ", ["中共示例市委机构编制委员会办公室", "中共示例市委党校（示例市行政学院、示例市社会主义学院）"]
)
def test_long_signature_stays_inside_the_type_area(organ):
    pdf = document_pdf(bulletin(annexes=(), organ=organ, co_organs=("中共示例市委党校", "示例市行政学院")))
    signed = [line for line in lines(pdf) if line.text in (organ, "2026年12月30日")]
    assert signed
    assert all(line.left > LEFT - 0.5 and line.right < RIGHT + 0.5 for line in signed)


@pytest.mark.parametrize(("length", "sealed"), [(26, True), (27, True), (29, True), (28, False), (29, False)])
def test_signature_never_stands_alone_on_a_page(length, sealed):
    """29 lines of text fill the first two pages to the last line."""
    pdf = document_pdf(bulletin(body="\n".join(["试" * 26] * length), annexes=(), cc="", sealed=sealed))
    date = next(line for line in lines(pdf) if line.text == "2026年12月30日")
    assert [line for line in lines(pdf) if line.page == date.page and line.text.startswith("试")]


@pytest.mark.parametrize("length", [5, 6, 7])
def test_heading_never_stands_last_on_a_page(length):
    """7 lines of text fill the first page."""
    pdf = document_pdf(bulletin(body="\n".join([*["试" * 26] * length, "一、标题", "试" * 60]), annexes=()))
    heading = next(line for line in lines(pdf) if line.text == "一、标题")
    assert heading.page == (1 if length == 5 else 2)
    assert [line for line in lines(pdf) if line.page == heading.page and heading.top < line.top < BOTTOM]


def test_annex_begins_a_page_with_its_title_on_the_third_line(sample):
    mark = next(line for line in lines(sample) if line.text == "附件1")
    title = next(line for line in lines(sample) if line.page == mark.page and line.text.endswith("名单"))
    assert mark.top < TOP + PITCH
    assert TOP + 2 * PITCH - 1 < title.top < TOP + 3 * PITCH


def test_annex_titles_are_the_same_in_note_and_annex(sample):
    for title in ("2026年度镇街党校星级评定结果名单", "2026年度各县（区）星级评定情况统计表"):
        assert text(sample).count(title) == 2


def many_schools() -> BulletinFacts:
    counties = tuple(f"{letter}县" for letter in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰")
    names = [
        f"{first}{second}镇委党校"
        for first in "东西南北上下大小新古前后左右中"
        for second in "溪坑塘岭桥浦洋湾屿坪山河湖田村坂埔林沙石"
    ]
    schools = tuple(
        RatedSchool(name, counties[number // 20], star=(5, 5, 4, 3, 0)[number % 5])
        for number, name in enumerate(names)
    )
    return BulletinFacts(
        2026, "示例市镇街党校规范化建设星级评定办法", (5, 4, 3), schools, counties, list_unrated=True
    )


@pytest.mark.parametrize(
    "facts",
    [
        city(),
        county_level_city(),
        city(schools=(RatedSchool("东溪镇委党校", "甲区", star=5),), counties=("甲区",)),
        many_schools(),
    ],
    ids=["49 schools", "no counties", "one school", "300 schools"],
)
def test_every_listed_school_is_in_the_document(facts):
    pdf = document_pdf(bulletin(facts))
    printed = text(pdf)
    assert all(school.name in printed for school in facts.schools)
    assert len(pdf) < 2 * 1024 * 1024


def test_15_counties_fit_one_landscape_sheet():
    assert sheets(document_pdf(bulletin(many_schools()))).count((297, 210)) == 1


def sheets(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page in mm."""
    report = tool("pdfinfo", "-f", "1", "-l", "999", "-", given=pdf).decode()
    return [
        (round(float(w) * 25.4 / 72), round(float(h) * 25.4 / 72))
        for w, h in re.findall(r"size:\s+([\d.]+) x ([\d.]+)", report)
    ]
