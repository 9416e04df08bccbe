"""The 方案 sheet: one parameter a row, everything that is not written takes its default."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from ratings.enums import Aggregation, Confirmation
from schools.workbooks import Row, Sheet
from schools.workbooks.text import heading_key

GROUP_CAP = "加分上限（"


def _text(row: Row) -> Any:
    return row.text("内容", required=True, longest=120)


def _amount(row: Row) -> Any:
    value = row.decimal("内容", required=True, unit="分", lowest=0, highest=1000, places=2)
    return None if value is None else Fraction(value)


def _share(row: Row) -> Any:
    value = row.decimal("内容", required=True, lowest=0)
    if value is not None and value > 1:
        row.problem("内容", f"应为百分比，如 30%，现为 {value}")
        return None
    return None if value is None else Fraction(value)


def _count(highest: int, unit: str) -> Callable[[Row], Any]:
    return lambda row: row.integer("内容", required=True, unit=unit, lowest=0, highest=highest)


def _choice(choices: dict[str, Any]) -> Callable[[Row], Any]:
    return lambda row: row.choice("内容", choices, required=True)


def _year(row: Row) -> Any:
    return row.integer("内容", required=True, unit=("年", "年度"), lowest=2000, highest=2100)


#: 项目 → (field of SchemeSpec or "city", reader). Dates are read once the year is known.
PARAMETERS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "名称": ("name", _text),
    "年度": ("year", _year),
    "主办单位": ("organiser", _text),
    "所属市": ("city", _text),
    "县级初评": ("has_county_stage", _choice({"有": True, "无": False})),
    "县初评权重": ("county_weight", _share),
    "评审权重": ("city_weight", _share),
    "评委汇总": ("aggregation", _choice({label: value for value, label in Aggregation.choices})),
    "加分上限": ("bonus_cap", _amount),
    "加分起算分": ("bonus_floor", _amount),
    "退回次数": ("return_limit", _count(9, "次")),
    "确认方式": ("confirmation", _choice({label: value for value, label in Confirmation.choices})),
    "统计起始日": ("period_start", None),
    "统计截止日": ("period_end", None),
    "公示工作日": ("notice_days", _count(30, ("日", "天", "个工作日"))),
    "五星比例上限": ("five_star_share", _share),
}
OWED = ("名称", "年度", "主办单位")


def read_parameters(sheet: Sheet, warnings: list[str]) -> dict[str, Any]:
    """The fields of SchemeSpec that the 方案 sheet sets, defaults filled in; what is wrong goes to the sheet's problems."""
    table = sheet.table(["项目", "内容"])
    rows: dict[str, Row] = {}
    group_caps: dict[str, Fraction] = {}
    for row in table:
        label = row.text("项目", required=True)
        known = next((name for name in PARAMETERS if heading_key(name) == heading_key(label)), None)
        if known is None and heading_key(label).startswith(heading_key(GROUP_CAP)):
            group_caps[_group_name(label)] = _amount(row)
        elif known is None:
            _unknown(row, label, warnings)
        elif known in rows:
            row.problem("项目", f"“{known}”重复，已在第 {rows[known].number} 行写过")
        elif row.get("内容") is not None or known in OWED:
            rows[known] = row
    values = {PARAMETERS[name][0]: PARAMETERS[name][1](row) for name, row in rows.items() if PARAMETERS[name][1]}
    for name in OWED:
        if name not in rows:
            sheet.problems.add(None, "项目", f"缺少“{name}”一行")
    _period(values, rows)
    _weights(values, rows, sheet)
    values["bonus_group_caps"] = tuple(group_caps.items())
    return {name: value for name, value in values.items() if value is not None or name == "bonus_cap"}


def _group_name(label: str) -> str:
    return label.replace("(", "（").replace(")", "）").removeprefix(GROUP_CAP).removesuffix("）").strip()


def _unknown(row: Row, label: str, warnings: list[str]) -> None:
    """A misspelt parameter would silently take its default, so a near miss is refused; a stranger is only named."""
    near = get_close_matches(label, PARAMETERS, n=1, cutoff=0.6)
    if near:
        row.problem("项目", f"没有“{label}”这一项，是否为“{near[0]}”")
    else:
        warnings.append(f"方案表第 {row.number} 行“{label}”不认识，已忽略")


def _period(values: dict[str, Any], rows: dict[str, Row]) -> None:
    """统计起始日 and 统计截止日, by default 1 January to 30 November of the year."""
    year = values.get("year")
    if not year:
        return
    defaults = {"统计起始日": date(year, 1, 1), "统计截止日": date(year, 11, 30)}
    for name, default in defaults.items():
        values[PARAMETERS[name][0]] = rows[name].date("内容", year=year) if name in rows else default
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
