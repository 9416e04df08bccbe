"""The list of a city's schools from a workbook, counties made as they are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from schools.models import RecordChange, Region, School, User
from schools.records.changes import Names, change_of, differences, snapshot, worded
from schools.records.guarding import Guard
from schools.saving import insert_many, refuse
from schools.workbooks import Column, Problem, Row, Workbook
from schools.workbooks.text import narrow

from .base import column_of

CODE, NAME, COUNTY, ZONE = "学校编码", "学校名称", "县（市、区）", "功能区"
PERSONS_OR_SEATS = {"unit": ("座", "个", "人", "名"), "highest": 100_000}
#: Columns that may be left out, by the field of the model they fill; what is left out stays as it is.
DETAILS = {
    "short_name": column_of(School, "short_name"),
    "organiser": column_of(School, "organiser"),
    "operator": column_of(School, "operator"),
    "seats": column_of(School, "seats", **PERSONS_OR_SEATS),
    "staff_count": column_of(School, "staff_count", **PERSONS_OR_SEATS),
    "kind": column_of(School, "kind"),
    "opened_on": column_of(School, "opened_on"),
    "has_plaque": column_of(School, "has_plaque"),
}
COLUMNS = (
    Column(CODE),
    Column(NAME),
    Column(COUNTY, required=False, aliases=("县市区", "县区")),
    *(Column(heading, required=False) for heading in (ZONE, *(one.column_name for one in DETAILS.values()))),
)


@dataclass(frozen=True)
class SchoolRow:
    """One school as the workbook names it. `details` holds only the columns the workbook has."""

    number: int
    code: str
    name: str
    county: str = ""
    zone: bool | None = None
    details: dict[str, Any] = field(default_factory=dict)


def read_schools(workbook: Workbook, *, warnings: list[Problem] | None = None) -> list[SchoolRow]:
    """The schools in the order of the sheet, which is the administrative order.

    Raises WorkbookError with every faulty row. Ignored columns are added to `warnings`.
    """
    table = workbook.first_sheet.table(COLUMNS)
    if warnings is not None:
        warnings += table.warnings
    rows = [_read(row, table.headings) for row in table]
    for heading, key in ((CODE, lambda one: one.code), (NAME, lambda one: one.name)):
        _refuse_doubles(table, rows, heading, key)
    if not rows:
        table.problems.add(None, None, "表中没有任何学校")
    table.raise_if_any()
    return rows


def _read(row: Row, headings: tuple[str, ...]) -> SchoolRow:
    details = {
        name: row.read(column.column_name, column.widget.parse, **column.widget.options)
        for name, column in DETAILS.items()
        if column.column_name in headings
    }
    if details.get("kind") is None:  # a blank leaves the kind as it is
        details.pop("kind", None)
    code, name = narrow(row.text(CODE, required=True, longest=20)), row.text(NAME, required=True, longest=80)
    return SchoolRow(row.number, code, name, row.text(COUNTY, longest=50), row.boolean(ZONE), details)


def _refuse_doubles(table, rows: list[SchoolRow], heading: str, key) -> None:
    first: dict[str, int] = {}
    for row in rows:
        value = key(row)
        if value and first.setdefault(value, row.number) != row.number:
            table.problems.add(row.number, heading, f"“{value}”与第 {first[value]} 行重复")


@transaction.atomic
def upsert_schools(city: Region, rows: Sequence[SchoolRow], *, by: User | None = None) -> list[School]:
    """Create or update the city's schools by code and return them in the order of the rows.

    Counties are found by name and created with a local code where missing. Schools the rows do not name stay
    as they are. What a signature covers is refused, what is changed is kept as a change; the caller keeps the
    audit trail.
    """
    counties = _counties(city, rows)
    named = School.objects.filter(city=city, code__in=[row.code for row in rows])
    School.objects.hold_all(list(named.values_list("pk", flat=True)))
    known = {school.code: school for school in named}
    before = {school.code: snapshot(school) for school in known.values()}
    found = [
        _filled(known.get(row.code) or School(city=city, code=row.code), row, counties, place)
        for place, row in enumerate(rows, 1)
    ]
    _refuse_signed(rows, known, before)
    School.objects.bulk_create([school for school in found if school.pk is None], batch_size=500)
    School.objects.bulk_update(known.values(), ["name", "county", "order", *DETAILS], batch_size=200)
    _note(found, before, by)
    return found


def _refuse_signed(
    rows: Sequence[SchoolRow], known: Mapping[str, School], before: Mapping[str, Mapping[str, Any]]
) -> None:
    guard = Guard(School, [school.pk for school in known.values()])
    reasons = []
    for row in rows:
        if (school := known.get(row.code)) is None:
            continue
        now = snapshot(school)
        if sentence := guard.refusal(school, before[row.code], now, school.pk):
            old, new = (worded(School, values) for values in differences(before[row.code], now))
            told = "，".join(f"{name} {old[name] or '空'}→{value or '空'}" for name, value in new.items())
            reasons.append(f"第 {row.number} 行 {school.name}（{told}）：{sentence}")
    refuse(*reasons)


def _note(found: Sequence[School], before: Mapping[str, Mapping[str, Any]], by: User | None) -> None:
    names: Names = {}
    changes = [
        change_of(
            school,
            school=school,
            action=RecordChange.Action.CHANGE if school.code in before else RecordChange.Action.ADD,
            before=before.get(school.code, {}),
            after=snapshot(school),
            by=by,
            reason="工作簿导入",
            names=names,
        )
        for school in found
    ]
    insert_many([change for change in changes if change])


def _filled(school: School, row: SchoolRow, counties: dict[str, Region], place: int) -> School:
    school.name, school.order = row.name, place
    school.county = counties[row.county] if row.county else None
    for name, value in row.details.items():
        setattr(school, name, value)
    return school


def _counties(city: Region, rows: Sequence[SchoolRow]) -> dict[str, Region]:
    counties = {region.name: region for region in city.counties.all()}
    taken = {region.code for region in counties.values()}
    last = max((region.order for region in counties.values()), default=0)
    for row in rows:
        if row.county and row.county not in counties:
            last += 1
            region = counties[row.county] = Region.objects.create(
                city=city,
                kind=Region.Kind.COUNTY,
                nature=Region.Nature.FUNCTIONAL if row.zone else Region.Nature.ADMINISTRATIVE,
                name=row.county,
                order=last,
                code=_free_code(city.code, taken),
            )
            taken.add(region.code)
    return counties


def ensure_city(name: str) -> Region:
    """The city of that name, created with a local code where it does not exist."""
    city = Region.objects.cities().filter(name=name).first()
    if city is None:
        taken = set(Region.objects.cities().values_list("code", flat=True))
        city = Region.objects.create(name=name, kind=Region.Kind.CITY, code=_free_code("C", taken))
    return city


def _free_code(prefix: str, taken: set[str]) -> str:
    number = 1
    while (code := f"{prefix}-{number:02d}") in taken:
        number += 1
    return code
