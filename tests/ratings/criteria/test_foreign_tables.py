"""Rating tables of other places, entered as workbooks alone: run offline, and one taken into the browser and
scored there.
"""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from openpyxl import load_workbook

from ratings.models import Scheme
from ratings.workflow import open_scheme
from schools.models import MetricValue
from tests.html_forms import seen_in
from tests.ratings.opened_year import fields

pytestmark = pytest.mark.django_db
FIXTURES = Path(settings.BASE_DIR) / "fixtures"

#: Worked out by hand from the sheets, before any of them was run.
BY_HAND = {
    "biaozhun-wuxiang": {
        # 20 + (4+8+4+4) + (10+10) + 20 + (10+10)
        "HD01": {"总分": "100.00", "星级": "五星"},
        # 14 + (4+4+4+0) + (5+7.5) + 12 + (68/85×10 + 9)
        "HD02": {"总分": "67.50", "星级": "三星"},
        # 20 + (0+8+4+4) + 20 + 20 + (75/85×10 + 25/30×10 = 17.1569); 干部 83.33% 不够五星
        "HD03": {"总分": "93.16", "星级": "四星"},
        # 8 + 0 + (0+2.5) + 0 + (25/85×10 + 4 = 6.9412)
        "HD04": {"总分": "17.44", "星级": "不授星"},
    },
    "biaozhun-koufen": {
        # 15 + 13 + 19 + 19 + (0.3×12 + 0.7×11) + (0.3×15 + 0.7×43/3 = 14.5333)
        "LS01": {"总分": "91.83", "星级": "五星"},
        # 10 + 11 + 16 + 15 + 9 + (0.3×11 + 0.7×31/3 = 10.5333)
        "LS02": {"总分": "71.53", "星级": "三星"},
        "LS03": {"总分": "100.00", "星级": "不授星"},  # 限制性情形
        "LS04": {"总分": "", "星级": "不授星"},  # 未提交自评
    },
}


@pytest.mark.parametrize("name", BY_HAND)
def test_year_by_a_foreign_table_gives_the_figures_worked_out_by_hand(name, tmp_path):
    folder = FIXTURES / name

    call_command("run_year", scheme=folder / "scheme.xlsx", input=folder, out=tmp_path, verbosity=0)

    headings, *rows = load_workbook(tmp_path / "results.xlsx").worksheets[0].values
    found = {row[0]: dict(zip(headings, row, strict=True)) for row in rows}
    shown = {
        code: {"总分": f"{row['总分']:.2f}" if row["总分"] is not None else "", "星级": row["星级"]}
        for code, row in found.items()
    }
    assert shown == BY_HAND[name]


def test_a_foreign_table_goes_through_the_browser_until_a_school_is_scored(city, school, appoint, client):
    office, filler = appoint("office"), appoint("filler")
    workbook = (FIXTURES / "biaozhun-wuxiang" / "scheme.xlsx").read_bytes()
    client.force_login(office)
    checked = client.post(
        reverse("ratings:scheme_import"), {"workbook": SimpleUploadedFile("scheme.xlsx", workbook)}
    )
    client.post(reverse("ratings:scheme_import"), {"confirm": "1"} | seen_in(checked))
    scheme = Scheme.objects.get(city=city)
    figures = {"图书册数": 1200, "政治类图书": 350, "社科类图书": 320, "档案立卷年数": 5}
    MetricValue.objects.bulk_create(
        MetricValue(school=school, year=2025, reference=name, value=value) for name, value in figures.items()
    )

    checks = client.get(reverse("ratings:scheme_checks", args=[scheme.pk]))
    open_scheme(scheme, by=office)  # the two persons who open a scheme have tests of their own
    client.force_login(filler)
    assessment = school.assessments.get(scheme=scheme)
    row = assessment.scores.select_related("item").get(item__rule__contains="固定教室", stage="self")
    page = client.get(
        reverse("ratings:assessment_item", args=[assessment.pk, row.item.code])
    ).content.decode()
    saved = client.post(reverse("ratings:answer", args=[row.pk]), fields(row, 固定教室="1"))

    assert checks.status_code == 200
    assert "启动前还要改正" not in checked.content.decode()
    assert "1200" in page
    assert "固定教室" in page
    assert saved.status_code in (200, 302)
    row.refresh_from_db()
    assert row.answers == {"答": {"固定教室": True}}
    assert row.points == 4
    tasks = client.get(reverse("ratings:assessment", args=[assessment.pk])).content.decode()
    assert "20.00" in tasks
