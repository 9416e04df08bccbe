"""评委会会议: the wall and the numbered papers."""

import pytest
from django.urls import reverse

from ratings.models import Assessment
from schools.models import AuditEntry
from schools.workbooks import read_workbook
from tests.documents import text as pdf_text
from tests.factories import SchoolFactory
from tests.ratings.committee_year import JUDGES, OPINION, REMARK, committee_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(city, county, appoint) -> list[Assessment]:
    """Three schools before the committee, in administrative order."""
    scheme = committee_year(city, SchoolFactory.create_batch(3, county=county), by=appoint("chair"))
    return list(Assessment.objects.filter(scheme=scheme).select_related("school").order_by("school__code"))


@pytest.fixture
def page(client, rows, appoint):
    """Opens a page of the year as the office: `page("projector")`."""
    client.force_login(appoint("office"))

    def get(name: str, method="get", **data):
        return getattr(client, method)(reverse(f"ratings:{name}", args=[rows[0].scheme_id]), data)

    return get


@pytest.mark.parametrize(
    ("place", "school"), [("1", 0), ("2", 1), ("99", 2), ("0", 0), ("x", 0), ("", 0), ("²", 0)]
)
def test_the_wall_shows_one_school_at_a_time(place, school, page, rows):
    shown = page("projector", place=place).content.decode()

    assert f"<h1>{rows[school].school.name}</h1>" in shown
    assert [word for word in (*JUDGES, REMARK) if word in shown] == []


def test_papers_as_workbook_carry_their_number_on_every_row_and_are_logged(page, rows):
    response = page("materials", method="post", copies=2, kind="xlsx", order="")

    book = read_workbook(b"".join(response.streaming_content), name="x.xlsx")
    table = book.sheet("编号02").table(["编号", "党校", "总分", "计算星级", "提示"])
    assert [row.text("党校") for row in table.rows] == [row.school.name for row in rows]
    assert {row.text("编号") for row in table.rows} == {"第1次印制 编号 02（共 2 份）"}
    cells = " ".join(
        row.text(heading) for row in table.rows for heading in ("编号", "党校", "总分", "计算星级", "提示")
    )
    assert [word for word in (*JUDGES, REMARK, OPINION) if word in cells] == []
    detail = AuditEntry.objects.get(action="export", subject="2026年度星级评定会议材料").detail
    assert "01—02" in str(detail)


def test_papers_as_pdf_are_numbered_on_every_page_and_name_no_judge(page, rows):
    page("materials", method="post", copies=1, kind="xlsx", order="")
    response = page("materials", method="post", copies=2, kind="pdf", order="total")

    content = pdf_text(b"".join(response.streaming_content))
    assert "第2次印制编号01（共2份）" in content
    assert "第2次印制编号02（共2份）" in content
    assert rows[0].school.name in content
    assert [word for word in (*JUDGES, REMARK, OPINION) if word in content] == []


@pytest.mark.parametrize("copies", ["0", "31", "x", ""])
def test_papers_in_impossible_numbers_are_refused(copies, page):
    response = page("materials", method="post", copies=copies, kind="pdf", order="")

    assert response.status_code == 200
    assert not AuditEntry.objects.filter(action="export").exists()
