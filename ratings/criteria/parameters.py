"""The 方案 sheet: one parameter a row, everything that is not written takes its default."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from schools.workbooks import Row, Sheet
from schools.workbooks.text import heading_key

from .fields import Field, Parameters, fields_of

GROUP_CAP = "加分上限（"


#: Lines of the sheet by what stands in their first cell.
PARAMETERS = {field.heading: field for field in fields_of(Parameters) if field.heading}
#: Read once the year is known, which completes 3月5日.
PERIOD = ("统计起始日", "统计截止日")
OWED = tuple(heading for heading, field in PARAMETERS.items() if field.owed)


def read_parameters(sheet: Sheet, warnings: list[str]) -> dict[str, Any]:
    """The fields of SchemeSpec that the 方案 sheet sets, defaults filled in; what is wrong goes to the sheet's problems."""
    table = sheet.table(["项目", "内容"])
    rows: dict[str, Row] = {}
    group_caps: dict[str, Fraction] = {}
    for row in table:
        label = row.text("项目", required=True)
        known = next((name for name in PARAMETERS if heading_key(name) == heading_key(label)), None)
        if known is None and heading_key(label).startswith(heading_key(GROUP_CAP)):
            group_caps[_group_name(label)] = _value(PARAMETERS["加分上限"], row)
        elif known is None:
            _unknown(row, label, warnings)
        elif known in rows:
            row.problem("项目", f"“{known}”重复，已在第 {rows[known].number} 行写过")
        elif row.get("内容") is not None or known in OWED:
            rows[known] = row
    values = {PARAMETERS[name].name: _value(PARAMETERS[name], row) for name, row in rows.items() if name not in PERIOD}
    for name in OWED:
        if name not in rows:
            sheet.problems.add(None, "项目", f"缺少“{name}”一行")
    _period(values, rows)
    _weights(values, rows, sheet)
    values["bonus_group_caps"] = tuple(group_caps.items())
    return {name: value for name, value in values.items() if value is not None or name == "bonus_cap"}


def _value(field: Field, row: Row) -> Any:
    return field.kind.read(row, "内容", owed=True)


def _group_name(label: str) -> str:
    return label.replace("(", "（").replace(")", "）").removeprefix(GROUP_CAP).removesuffix("）").strip()


def _unknown(row: Row, label: str, warnings: list[str]) -> None:
    """A misspelt parameter would silently take its default, so a near miss is refused; a stranger is only named."""
    near = get_close_matches(label, PARAMETERS, n=1, cutoff=0.6)
    if near:
        row.problem("项目", f"没有“{label}”这一项，是否为“{near[0]}”")
    else:
        warnings.append(f"方案表第 {row.number} 行“{label}”不认识，已忽略")


def usual_period(year: int) -> dict[str, date]:
    """统计期 where nobody says otherwise."""
    return {"period_start": date(year, 1, 1), "period_end": date(year, 11, 30)}


def _period(values: dict[str, Any], rows: dict[str, Row]) -> None:
    """统计起始日 and 统计截止日, by default 1 January to 30 November of the year."""
    year = values.get("year")
    if not year:
        return
    for heading, (name, default) in zip(PERIOD, usual_period(year).items(), strict=True):
        values[name] = rows[heading].date("内容", year=year) if heading in rows else default
    start, end = values["period_start"], values["period_end"]
    if start and end and start > end:
        (rows.get("统计截止日") or rows["统计起始日"]).problem("内容", "统计截止日早于统计起始日")


def _weights(values: dict[str, Any], rows: dict[str, Row], sheet: Sheet) -> None:
    """Both weights make 100 %; one given sets the other; without a county stage the judges count alone."""
    county, city = values.get("county_weight"), values.get("city_weight")
    if not values.get("has_county_stage", True):
        if county:
            rows["县初评权重"].problem("内容", "县级初评为“无”，县初评权重应为 0 或不填")
        county, city = Fraction(0), Fraction(1) if city is None else city
    elif county is None:
        county = Fraction(0) if city is None else 1 - city
    city = 1 - county if city is None else city
    if county + city != 1:
        sheet.problems.add(rows["评审权重"].number if "评审权重" in rows else None, "内容", "县初评权重与评审权重之和应为 100%")
    values["county_weight"], values["city_weight"] = county, city
