"""The list of a city's schools from a workbook, counties made as they are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from schools.models import RecordChange, Region, School, User
from schools.records.changes import Names, change_of, differences, snapshot, worded
from schools.records.guarding import Guard
from schools.saving import insert_many, refuse
from schools.workbooks import Column, Problem, Row, Workbook, cell_code, cell_month, same

from .columns import codes_of, column_of, is_erased

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
    "opened_on": column_of(School, "opened_on", parse=cell_month),
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
    """One school as the workbook names it. `details` holds only the cells in which it says something; where
    it names no county, the school stays where it is.
    """

    number: int
    code: str
    name: str
    county: str | None = None
    zone: bool | None = None
    details: dict[str, Any] = field(default_factory=dict)


def read_schools(workbook: Workbook, *, warnings: list[Problem] | None = None) -> list[SchoolRow]:
    """The schools in the order of the sheet, which is the administrative order.

    Raises WorkbookError with every faulty row. Ignored columns are added to `warnings`.
    """
    table = workbook.first_sheet.table(COLUMNS)
    rows = [_read(row) for row in table]
    if warnings is not None:
        warnings += [*table.warnings, *workbook.left_out()]
    _refuse_doubles(table, rows, CODE, lambda one: one.code)
    # Two schools of one name stand in two counties.
    _refuse_doubles(table, rows, NAME, lambda one: (same(one.name), same(one.county or "")))
    if not rows:
        table.problems.add(None, None, "表中没有任何学校")
    table.raise_if_any()
    return rows


def _read(row: Row) -> SchoolRow:
    details = {
        name: row.read(column.column_name, column.clean_cell)
        for name, column in DETAILS.items()
        if row.get(column.column_name) is not None
    }
    code, name = row.code(CODE, required=True, longest=20), row.text(NAME, required=True, longest=80)
    county = "" if is_erased(row.get(COUNTY)) else row.text(COUNTY, longest=50) or None
    return SchoolRow(row.number, code, name, county, row.boolean(ZONE), details)


def _refuse_doubles(table, rows: list[SchoolRow], heading: str, key) -> None:
    first: dict[str, int] = {}
    for row in rows:
        value = key(row)
        if value and value[0] and first.setdefault(value, row.number) != row.number:
            written = row.code if heading == CODE else row.name
            table.problems.add(row.number, heading, f"“{written}”与第 {first[value]} 行重复")


def check_school(row: Row, code: str, schools: Mapping[str, SchoolRow], hint: str = "") -> None:
    """Notes at a row of another workbook that the list has no such code; a name is answered with its
    codes.
    """
    if code and code not in schools:
        listed = schools.values()
        named = (
            (one.code, (one.name, one.details.get("short_name", "")), one.county or "") for one in listed
        )
        row.problem(CODE, codes_of(code, named) or f"schools.xlsx 里没有编码“{code}”{hint}")


@transaction.atomic
def upsert_schools(city: Region, rows: Sequence[SchoolRow], *, by: User | None = None) -> list[School]:
    """Create or update the city's schools by code and return them in the order of the rows.

    Counties are found by name and created with a local code where missing. Schools the rows do not name stay
    as they are. What a signature covers is refused, what is changed is kept as a change; the caller keeps the
    audit trail.
    """
    counties = _counties(city, rows)
    codes = {row.code for row in rows}
    every = School.objects.filter(city=city).values_list("pk", "code")
    named = School.objects.filter(pk__in=[pk for pk, code in every if cell_code(code) in codes])
    School.objects.hold_all(list(named.values_list("pk", flat=True)))
    known = {cell_code(school.code): school for school in named}
    before = {code: snapshot(school) for code, school in known.items()}
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
    stood = [before.get(cell_code(school.code), {}) for school in found]
    changes = [
        change_of(
            school,
            school=school,
            action=RecordChange.Action.CHANGE if known else RecordChange.Action.ADD,
            before=known,
            after=snapshot(school),
            by=by,
            reason="工作簿导入",
            names=names,
        )
        for school, known in zip(found, stood, strict=True)
    ]
    insert_many([change for change in changes if change])


def _filled(school: School, row: SchoolRow, counties: dict[str, Region], place: int) -> School:
    school.name, school.order = row.name, place
    if row.county is not None:
        school.county = counties.get(same(row.county))
    for name, value in row.details.items():
        setattr(school, name, value)
    return school


def _counties(city: Region, rows: Sequence[SchoolRow]) -> dict[str, Region]:
    counties = {same(region.name): region for region in city.counties.all()}
    taken = {region.code for region in counties.values()}
    last = max((region.order for region in counties.values()), default=0)
    for row in rows:
        if row.county and same(row.county) not in counties:
            last += 1
            region = counties[same(row.county)] = Region.objects.create(
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
