"""The list of schools from a workbook: found by code, all or nothing."""

import io
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from schools.importing.schools import ensure_city, read_schools, upsert_schools
from schools.models import AuditEntry, Region, School
from schools.workbooks import SheetOut, WorkbookError, read_workbook, write_workbook
from tests.factories import CityFactory

pytestmark = pytest.mark.django_db
HEADINGS = ["学校编码", "学校名称", "县（市、区）"]


def workbook(*rows, headings=HEADINGS):
    buffer = io.BytesIO()
    write_workbook(buffer, [SheetOut("学校", headings, rows)])
    return read_workbook(buffer.getvalue(), name="schools.xlsx")


def test_upsert_creates_counties_and_schools_in_order():
    city = CityFactory(code="4451")
    rows = read_schools(
        workbook(
            ["A2", "中共乙镇委员会党校", "甲区"],
            ["A1", "中共甲镇委员会党校", "丙县"],
            ["A3", "中共丁镇委员会党校", None],
        )
    )

    schools = upsert_schools(city, rows)

    assert [(school.code, school.county and school.county.name) for school in schools] == [
        ("A2", "甲区"),
        ("A1", "丙县"),
        ("A3", None),
    ]
    assert list(city.counties.values_list("code", "name")) == [("4451-01", "甲区"), ("4451-02", "丙县")]
    assert [school.code for school in School.objects.filter(city=city)] == ["A2", "A1", "A3"]


def test_upsert_updates_by_code_and_keeps_what_the_sheet_does_not_name():
    city = CityFactory()
    (school,) = upsert_schools(
        city,
        read_schools(
            workbook(
                ["A1", "旧名党校", "甲区", "120座", "2020.3.5"],
                headings=[*HEADINGS, "主教室座位", "启用月份"],
            )
        ),
    )

    (again,) = upsert_schools(
        city, read_schools(workbook(["A1", "新名党校", "乙区", "是"], headings=[*HEADINGS, "已挂牌"]))
    )

    again.refresh_from_db()
    assert again.pk == school.pk
    assert (again.name, again.county.name, again.seats, again.opened_on, again.has_plaque) == (
        "新名党校",
        "乙区",
        120,
        date(2020, 3, 5),
        True,
    )


def test_same_code_in_another_city_is_another_school():
    rows = read_schools(workbook(["A1", "中共甲镇委员会党校", "甲区"]))

    first, second = (upsert_schools(CityFactory(), rows)[0] for _ in range(2))

    assert first.pk != second.pk
    assert first.county != second.county


def test_read_names_every_wrong_row_at_once():
    with pytest.raises(WorkbookError) as refused:
        read_schools(
            workbook(
                ["A1", "中共甲镇委员会党校", "甲区", "镇委党校"],
                ["A1", "中共乙镇委员会党校", "甲区", "镇校"],
                [None, "中共甲镇委员会党校", "甲区", ""],
                headings=[*HEADINGS, "类型"],
            )
        )

    text = str(refused.value)
    assert "第 3 行「学校编码」：“A1”与第 2 行重复" in text
    assert "第 3 行「类型」：“镇校”不在可选范围" in text
    assert "第 4 行「学校编码」：不能为空" in text
    assert "第 4 行「学校名称」：“中共甲镇委员会党校”与第 2 行重复" in text


def test_read_of_an_empty_sheet_is_refused():
    with pytest.raises(WorkbookError, match="没有任何学校"):
        read_schools(workbook())


def test_ensure_city_finds_by_name_or_creates():
    city = CityFactory(name="潮州市")

    assert ensure_city("潮州市") == city
    assert ensure_city("吴川市").kind == Region.Kind.CITY
    assert ensure_city("茂名市").code != ensure_city("吴川市").code


@pytest.mark.parametrize(
    ("folder", "city", "schools", "counties"), [("chaozhou", "潮州市", 46, 4), ("wuchuan", "吴川市", 15, 0)]
)
def test_import_registry_brings_in_the_real_lists_twice_without_change(
    folder, city, schools, counties, capsys
):
    path = Path(settings.BASE_DIR) / "fixtures" / folder / "schools.xlsx"

    for _ in range(2):
        call_command("import_registry", path, city=city)

    region = Region.objects.get(name=city)
    assert region.schools.count() == schools
    assert region.counties.count() == counties
    assert f"{city}：已导入 {schools} 所镇街党校" in capsys.readouterr().out
    assert AuditEntry.objects.filter(city=region, action="import").count() == 2


def test_import_registry_of_a_wrong_file_leaves_nothing_behind(tmp_path):
    path = tmp_path / "schools.xlsx"
    path.write_bytes(b"PK nonsense")

    with pytest.raises(CommandError, match="已损坏"):
        call_command("import_registry", path, city="潮州市")

    assert not Region.objects.exists()
