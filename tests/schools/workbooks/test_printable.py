"""What no document can print is replaced where something plain says the same, and else refused by name."""

import pytest

from schools.workbooks import CellError
from schools.workbooks.cells import cell_bool, cell_text, normalise
from schools.workbooks.printable import Unprintable, fitted, replacements_noted, unprintable


@pytest.mark.parametrize(
    "text",
    [
        "䶮",
        "𬭎",
        "㙍",
        "𠮷",
        "〇",
        "①⑴㈠Ⅳ",
        "√×□■●★→",
        "85%～90％",
        "㎡℃‰",
        "㊣",
        "é ü ǖ",
        "一\t二\r\n三",
        "",
    ],
)
def test_rare_names_and_the_marks_of_offices_are_left_alone(text):
    assert (unprintable(text), fitted(text)) == ([], text)


@pytest.mark.parametrize(
    ("text", "stored", "said"),
    [
        ("☑是", "√是", "“☑”（U+2611）改为“√”"),
        ("✔\ufe0f", "√", "U+FE0F已去掉"),
        ("\uf0fc已办", "√已办", "U+F0FC改为“√”"),
        ("一\u2028二", "一\n二", "U+2028改为换行"),
        ("一\u2029二\x0b三", "一\n二\n三", "U+2029改为换行，U+000B改为换行"),
        ("1\ufe0f\u20e3 落实", "1 落实", "U+20E3已去掉"),
        ("𝐀班", "A班", "改为“A”"),
        ("零\u200b宽", "零宽", "U+200B已去掉"),
        ("葛\U000e0100", "葛", "U+E0100已去掉"),
    ],
)
def test_what_has_a_plain_sign_beside_it_is_replaced_and_said(text, stored, said):
    with replacements_noted() as noted:
        assert fitted(text) == stored

    assert said in "".join(noted)
    assert unprintable(stored) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("不是\ufffd文字", "“\ufffd”（U+FFFD）"),
        ("同意👍", "“👍”（U+1F44D）"),
        ("🇨🇳", "“🇨”（U+1F1E8）、“🇳”（U+1F1F3）"),
        ("👨\u200d👩\u200d👧", "“👨”（U+1F468）、“👩”（U+1F469）、“👧”（U+1F467）"),
        ("❤\ufe0f", "“❤”（U+2764）"),
        ("\ue123", "U+E123"),
        ("\u0378", "U+0378"),
        ("10⁵", "“⁵”（U+2075）"),
    ],
)
def test_what_nothing_can_replace_is_refused_by_its_name(text, named):
    with pytest.raises(Unprintable) as refused:
        fitted(text)

    assert str(refused.value).startswith(f"{named}在公文和用表里印不出来")


def test_a_letter_of_a_name_that_the_fonts_lack_is_told_how_to_write_it():
    with pytest.raises(Unprintable, match=r"（U\+20123）.*请改用通用的字"):
        fitted("李\U00020123")


def test_many_are_named_with_an_end():
    with pytest.raises(Unprintable, match="等在公文"):
        fitted("😀😁😂😃😄😅😆")


def test_where_one_line_is_wanted_an_end_of_line_is_a_blank():
    assert fitted("一\u2028二", lines=False) == "一 二"


def test_whoever_gathers_around_somebody_else_hears_of_it_as_well():
    with replacements_noted() as outer:
        with replacements_noted() as inner:
            fitted("☑", "说明")
        fitted("☑", "说明")

    assert list(outer) == list(inner) == ["“说明”里“☑”（U+2611）改为“√”。"]


def test_a_cell_is_read_by_the_same_rule():
    assert cell_text(normalise("✔")) == "√"
    assert cell_text(normalise("龚䶮")) == "龚䶮"
    assert cell_bool(normalise("☑")) is True
    with pytest.raises(CellError, match="“👍”（U\\+1F44D）"):
        cell_text(normalise("很好👍"))
