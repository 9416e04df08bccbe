"""A document that cannot be printed says where, and the table of what can be printed is that of the fonts."""

from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from ratings.documents.fonts import OPTIONAL, ROLES, FontMissing, find_faces
from ratings.documents.missing import missing_sentence
from ratings.documents.pdf import render_pdf
from schools.workbooks import printable

TABLE = (
    "<html><body><h1>初评汇总表</h1><table><thead><tr><th>党校</th><th>{heading}</th></tr></thead>"
    "<tbody><tr><td>东溪镇<b>党校</b></td><td>很好</td></tr><tr><td>{name}</td><td>{text}</td></tr></tbody>"
    "</table><p>{note}</p></body></html>"
)


def said(heading="初评意见", name="西岭镇党校", text="好", note="完", letters="👍") -> str:
    html = TABLE.format(heading=heading, name=name, text=text, note=note)
    return missing_sentence(ElementTree.fromstring(html), letters)


@pytest.mark.parametrize(
    ("changed", "place", "writer"),
    [
        ({"text": "同意👍"}, "“西岭镇党校”一行的“初评意见”一栏", "县（市、区）初评人"),
        ({"heading": "自评说明", "text": "同意<br/>👍"}, "“西岭镇党校”一行的“自评说明”一栏", "学校填报人"),
        ({"heading": "备注", "text": "<b>好</b>👍"}, "“西岭镇党校”一行的“备注”一栏", "填写这一栏的人"),
        ({"name": "西岭👍党校"}, "“西岭□党校”一行", "填写这一栏的人"),
        ({"note": "注：很好👍"}, "“注：很好□”一段", "填写的人"),
    ],
)
def test_the_line_the_column_and_the_writer_are_named(changed, place, writer):
    sentence = said(**changed)

    assert "“👍”（U+1F44D）" in sentence and place in sentence
    assert f"请由{writer}改正" in sentence


def test_a_line_that_begins_with_its_heading_is_named_by_it():
    rows = "<tr><th>党校</th><td>西岭镇党校</td></tr><tr><th>理由</th><td>👍</td></tr>"
    html = f"<html><body><table>{rows}</table></body></html>"

    sentence = missing_sentence(ElementTree.fromstring(html), "👍")

    assert "，在“理由”一栏。请由市评委会办公室改正" in sentence


def test_a_document_names_its_places_and_prints_where_nothing_is_missing():
    with pytest.raises(FontMissing, match="“西岭镇党校”一行的“初评意见”一栏"):
        render_pdf(TABLE.format(heading="初评意见", name="西岭镇党校", text="同意👍", note=""))

    made = render_pdf(TABLE.format(heading="意见", name="西岭镇党校", text="龚䶮、𬭎、㙍 √", note=""))
    assert made.startswith(b"%PDF")


def test_the_table_of_what_can_be_printed_is_what_every_chain_of_fonts_holds():
    """Where the fonts have changed, printable.txt is to be written anew from what this finds."""
    files = {path.name: path for face in find_faces() for path in face.files}
    chains = [[name for name in role.free if name not in OPTIONAL] for role in ROLES]
    held = {
        name: set(TTFont(files[name]).getBestCmap()) for name in {one for chain in chains for one in chain}
    }
    common = set.intersection(*(set().union(*(held[name] for name in chain)) for chain in chains))

    firsts, lasts = printable._ranges()
    stated = {code for first, last in zip(firsts, lasts, strict=True) for code in range(first, last + 1)}
    assert stated == common
