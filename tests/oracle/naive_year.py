"""One year of one city by hand: from rows of people's scores to totals, restrictions and stars."""

from fractions import Fraction
from math import floor

from tests.oracle.naive import (
    BlockedError,
    asked_names,
    cents,
    computed_points,
    holds,
    joined,
    names_owed,
    row_asked_points,
    within,
)


def weights(scheme):
    """Shares of the county's and the city's points in an item."""
    if not scheme["county_stage"]:
        return Fraction(0), Fraction(1)
    return scheme["county_weight"], 1 - scheme["county_weight"]


def rows_of(rows, stage, code=None):
    """Rows of one stage, of one item or of all."""
    return [row for row in rows if row["stage"] == stage and code in (None, row["item"])]


def visited(scheme, rows):
    """Whether the city went to see the school: any judge scored a 现场 item."""
    on_site = [item["code"] for item in scheme["items"] if item["on_site"] and asked_names(scheme, item)]
    return any(row["item"] in on_site for row in rows_of(rows, "评审"))


def panel_labels(scheme, rows):
    """Judges of a school in order of appearance; a replaced system figure is nobody's sheet."""
    judged = [item["code"] for item in scheme["items"] if asked_names(scheme, item)]
    return list(dict.fromkeys(row["judge"] for row in rows_of(rows, "评审") if row["item"] in judged))


def check_panel(scheme, rows):
    """Refuse a panel that is too small or has gaps."""
    labels = panel_labels(scheme, rows)
    if (scheme["method"] == "合议" and len(labels) != 1) or (scheme["method"] != "合议" and len(labels) < 3):
        raise BlockedError("评委数不合要求")
    went = visited(scheme, rows)
    for item in scheme["items"]:
        if not asked_names(scheme, item) or (item["on_site"] and not went):
            continue
        if len(rows_of(rows, "评审", item["code"])) != len(labels):
            raise BlockedError(f"{item['code']} 评委未评全")
    if (
        not went
        and not scheme["county_stage"]
        and any(item["on_site"] and asked_names(scheme, item) for item in scheme["items"])
    ):
        raise BlockedError("未到现场")


def stage_points(scheme, item, metrics, rows, stage):
    """Points of one item at 初评 or 评审, or None where the item does not apply to the school."""
    if not asked_names(scheme, item):
        for source in ["初评"] if stage == "初评" else ["评审", "初评"]:
            replaced = rows_of(rows, source, item["code"])
            if replaced:
                return within(replaced[0]["points"], item)
        return within(computed_points(scheme, item, metrics), item)
    mine = rows_of(rows, stage, item["code"])
    if stage == "评审" and item["on_site"] and not visited(scheme, rows):
        return stage_points(scheme, item, metrics, rows, "初评")
    if not mine:
        raise BlockedError(f"{item['code']} {stage}缺评分")
    if all(row.get("absent") for row in mine):
        return None
    if any(row.get("absent") for row in mine):
        raise BlockedError(f"{item['code']} 是否适用意见不一")
    asked = [row_asked_points(scheme, item, metrics, row, stage) for row in mine]
    together = joined(scheme["method"], asked) if stage == "评审" else asked[0]
    return within(computed_points(scheme, item, metrics) + together, item)


def item_points(scheme, item, metrics, rows):
    """Final points of an item, rounded once; None where it does not apply."""
    county_share, city_share = weights(scheme)
    city = stage_points(scheme, item, metrics, rows, "评审")
    if county_share == 0:
        return None if city is None else cents(city)
    county = stage_points(scheme, item, metrics, rows, "初评")
    if (county is None) != (city is None):
        raise BlockedError(f"{item['code']} 是否适用意见不一")
    return None if city is None else cents(county * county_share + city * city_share)


def category_points(scheme, code, finals):
    """Points of a category; what does not apply is made up for in proportion."""
    items = [item for item in scheme["items"] if item["category"] == code and not item["bonus"]]
    whole = sum(item["points"] for item in items)
    applying = [item for item in items if finals[item["code"]] is not None]
    if not applying:
        raise BlockedError(f"{code} 没有适用的小项")
    got = sum(finals[item["code"]] for item in applying)
    open_points = sum(item["points"] for item in applying)
    return got if open_points == whole else cents(got * whole / open_points), whole


def bonus_points(scheme, base, finals):
    """Bonus that counts: capped as a whole, nothing below the base score that unlocks it."""
    if base < scheme["bonus_from"]:
        return Fraction(0)
    won = sum([finals[item["code"]] or Fraction(0) for item in scheme["items"] if item["bonus"]], Fraction(0))
    return won if scheme["bonus_cap"] is None else min(won, scheme["bonus_cap"])


def school_figures(scheme, metrics, rows):
    """Items, categories, base, bonus, total and the star of the bands alone for one school that is rated."""
    check_panel(scheme, rows)
    if scheme["county_stage"]:
        for item in scheme["items"]:
            if asked_names(scheme, item) and not rows_of(rows, "初评", item["code"]):
                raise BlockedError(f"{item['code']} 初评缺评分")
    finals = {item["code"]: item_points(scheme, item, metrics, rows) for item in scheme["items"]}
    rated = dict.fromkeys(item["category"] for item in scheme["items"] if not item["bonus"])
    got = {code: category_points(scheme, code, finals) for code in rated}
    categories = {code: points for code, (points, _) in got.items()}
    base = sum(categories.values())
    bonus = bonus_points(scheme, base, finals)
    values = dict(metrics)
    values.update(finals)
    values.update(categories)
    lowest = min(points / whole for points, whole in got.values())
    values.update({"基础分": base, "加分": bonus, "总分": base + bonus, "最低大项得分率": lowest})
    star = next((star for star, condition in scheme["bands"] if holds(condition, values)), 0)
    return {
        "items": finals,
        "categories": categories,
        "base": base,
        "bonus": bonus,
        "total": base + bonus,
        "star": star,
        "values": values,
    }


def self_rows_owed(scheme):
    """Codes of the items a school answers itself."""
    return [item["code"] for item in scheme["items"] if names_owed(scheme, item, "自评")]


def _proven(trigger, declared, values):
    """Whether a restriction applies by itself."""
    if isinstance(trigger, list):
        return values is not None and holds(trigger, values)
    return trigger == "未提交自评" and not declared


def score_school(scheme, metrics, rows, listed):
    """Figures, restrictions and capped star of one school; a school that declared nothing has no figures."""
    declared = bool(rows_of(rows, "自评")) or not self_rows_owed(scheme)
    if declared and {row["item"] for row in rows_of(rows, "自评")} < set(self_rows_owed(scheme)):
        raise BlockedError("自评不全")
    if rows_of(rows, "初评") or rows_of(rows, "评审") or declared:
        outcome = school_figures(scheme, metrics, rows)
        values = outcome["values"]
    else:
        outcome = {"items": None, "categories": None, "base": None, "bonus": None, "total": None, "star": 0}
        values = None
    applying = [
        row
        for row in scheme["restrictions"]
        if row["code"] in listed or _proven(row["trigger"], declared, values)
    ]
    if not declared and not any(restriction["trigger"] == "未提交自评" for restriction in applying):
        raise BlockedError("未提交自评")
    outcome["restrictions"] = [restriction["code"] for restriction in applying]
    outcome["star"] = min([outcome["star"]] + [restriction["cap"] for restriction in applying])
    return outcome


def score_year(scheme, schools, metrics, rows, listed):
    """Results by school code. ``metrics`` and ``listed`` (restriction codes) by school; ``rows`` as in
    scores.xlsx.
    """
    by_school = {code: [] for code in schools}
    for row in rows:
        by_school[row["school"]].append(row)
    results = {
        code: score_school(scheme, metrics.get(code, {}), by_school[code], listed.get(code, []))
        for code in schools
    }
    share = scheme["five_star_share"]
    if share is not None:
        limit = floor(share * sum(result["total"] is not None for result in results.values()))
        five = {code: result["total"] for code, result in results.items() if result["star"] == 5}
        for code, total in five.items():
            if sum(other >= total for other in five.values()) > limit:
                results[code]["star"] = 4
    return results
