#!/usr/bin/env python3
"""核验：用核验包里的方案、取数、作答、核定和限制性情形，重算每所党校的得分和星级，与公布的结果逐项比较。

用法：python3 recompute.py 核验包.zip   只用 Python 标准库（3.9 以上），不联网。全部一致返回 0，否则返回 1。
"""

import hashlib
import json
import sys
import zipfile
from fractions import Fraction
from math import floor
from operator import eq, ge, gt, le, lt, mul, ne, sub, truediv
from statistics import median

OPERATORS = {
    **{"≥": ge, ">": gt, "≤": le, "<": lt, "=": eq, "≠": ne, "-": sub, "×": mul, "÷": truediv, "floor": floor, "min": min, "max": max},
    **{"+": lambda *all_of: sum(all_of, Fraction(0)), "且": lambda *all_of: all(all_of)},
}
#: 结果摘要所包含的内容，依次接在方案摘要之后
DIGESTED = ("code", "name", "county", "lapsed", "computed_star", "star", "figures", "trace")


def digest(content):
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def round2(points):  # 四舍五入到两位小数
    return Fraction(floor(points * 100 + Fraction(1, 2)), 100)


def value(node, figures, answers=()):  # 规则是一棵算式树：数、系统数值、作答、等次、分档、运算
    if isinstance(node, str):
        return Fraction(node)
    head, *rest = node
    if head in ("figure", "answer"):
        known = figures if head == "figure" else answers
        return Fraction(known.get(*rest) if rest[1:] else known[rest[0]])
    if head == "level":
        return Fraction(rest[1][answers[rest[0]]])
    if head == "first":
        return next((value(then, figures, answers) for when, then in rest[0] if value(when, figures, answers)), Fraction(0))
    return OPERATORS[head](*(value(one, figures, answers) for one in rest))


def item_points(scheme, rule, item, school, visited):  # 一个小项：各阶段得分、评委汇总、加权、四舍五入一次
    code, figures, owed, bases = item["code"], school["figures"], rule["asked"] is not None, {}
    try:
        system = value(rule["system"], figures)
    except ZeroDivisionError:  # 分母为 0：按核定；没有核定的，可不适用的小项按不适用
        system = school["adjustments"]["city"].get(code)
    bases["county"] = school["adjustments"]["county"].get(code, system)
    bases["city"] = school["adjustments"]["city"].get(code, bases["county"])

    def one(sheet, stage):
        entry = sheet[code] if owed else {"答": {}, "不适用": bases[stage] is None and item["may_be_na"]}
        if entry.get("不适用"):
            return None
        asked = Fraction(entry["得分"]) - Fraction(entry["系统"]) if "得分" in entry else value(rule["asked"] or "0", figures, entry["答"])
        return min(max(Fraction(bases[stage]) + asked, Fraction(0)), Fraction(item["points"]))

    staged, sheets = scheme["has_county_stage"], school["city"] if owed else [{}]
    county = one(school["county"], "county") if staged else None
    given = [one(sheet, "city") for sheet in sheets] if visited or not item["onsite"] or not owed else [county]
    if scheme["aggregation"] == "trimmed" and len(given) >= 5 and None not in given:
        given = sorted(given)[1:-1]
    city = None if None in given else median(given) if scheme["aggregation"] == "median" else sum(given) / len(given)
    weights = [(county, Fraction(scheme["county_weight"])), (city, Fraction(scheme["city_weight"]))] if staged else [(city, Fraction(1))]
    counted = [pair for pair in weights if pair[1]]
    return None if None in dict(counted) else round2(sum(points * weight for points, weight in counted))


def totals(scheme, points):  # 大项；基础分、加分、总分；最低大项得分率
    categories, rates, groups = {}, [], {}
    for code in dict.fromkeys(one["category"] for one in scheme["items"] if not one["bonus"]):
        members = [one for one in scheme["items"] if one["category"] == code and not one["bonus"]]
        full = sum(Fraction(one["points"]) for one in members)
        applicable = sum(Fraction(one["points"]) for one in members if points[one["code"]] is not None)
        categories[code] = round2(sum(points[one["code"]] or 0 for one in members) * full / applicable)
        rates.append(categories[code] / full)
    for one in (one for one in scheme["items"] if one["bonus"]):
        groups[one["group"]] = groups.get(one["group"], Fraction(0)) + (points[one["code"]] or 0)
    base, caps = sum(categories.values()), dict(scheme["bonus_group_caps"])
    bonus = sum(min(got, Fraction(caps.get(group, got))) for group, got in groups.items())
    bonus = min(bonus, Fraction(bonus if scheme["bonus_cap"] is None else scheme["bonus_cap"]))
    bonus = bonus if base >= Fraction(scheme["bonus_floor"]) else 0
    return categories, {"基础分": base, "加分": bonus, "总分": base + bonus}, min(rates)


def recompute(scheme, rules, school):  # 一所党校：小项 → 大项 → 合计 → 星级标准 → 限制性情形
    known, points, categories, sums, star = dict(school["figures"]), {}, {}, {}, 0
    if school["submitted"] or school["county"] or school["city"] or any(school["adjustments"].values()):
        onsite = {one["code"] for one in scheme["items"] if one["onsite"] and rules["items"][one["code"]]["asked"]}
        visited = any(onsite & set(sheet) for sheet in school["city"])
        points = {one["code"]: item_points(scheme, rules["items"][one["code"]], one, school, visited) for one in scheme["items"]}
        categories, sums, lowest = totals(scheme, points)
        known.update({**points, **categories, **sums, "最低大项得分率": lowest})
        star = next((band["star"] for band in rules["bands"] if value(band["when"], known)), 0)
    caps = []
    for one in rules["restrictions"]:
        known_all = one["when"] and all(known.get(left[1]) is not None for _, left, _ in one["when"][1:])
        met = value(one["when"], known) if known_all else one["trigger"] == "no_submission" and not school["submitted"]
        caps += [one] * (met or one["code"] in school["cases"])
    shown = {code: None if got is None else f"{float(got):.2f}" for code, got in {**points, **categories, **sums}.items()}
    return {**shown, "限制性情形": sorted(one["code"] for one in caps), "星级": min([star, *(one["star"] for one in caps)])}


def check_schools(scheme, rules, schools, results):  # 得出（党校，项目，公布，重算）
    found, decided = {}, {school["code"]: school["decision"] for school in schools}
    for school in schools:
        try:
            found[school["code"]] = recompute(scheme, rules, school)
        except (LookupError, TypeError, ZeroDivisionError) as gap:
            yield school["name"], "数据", "应当齐全", f"不能重算：{gap}"
    tops = sorted((Fraction(one["总分"]) for one in found.values() if one["星级"] == 5), reverse=True)
    limit = floor(Fraction(scheme["five_star_share"] or 1) * sum("总分" in one for one in found.values()))
    for one in (one for one in results if one["code"] in found):
        again, figures = found[one["code"]], one["figures"]
        if again["星级"] == 5 and len(tops) > limit and Fraction(again["总分"]) <= tops[limit]:
            again["星级"] = 4  # 超出五星比例上限
        again["审定星级"] = again["星级"] if decided[one["code"]] is None else decided[one["code"]]
        kept = {name: figures[key] for name, key in (("基础分", "base"), ("加分", "bonus"), ("总分", "total")) if figures}
        kept = {**figures.get("items", {}), **figures.get("categories", {}), **kept}
        kept.update({"限制性情形": sorted(one["restrictions"]), "星级": one["computed_star"], "审定星级": one["star"]})
        for what in {**kept, **again}:
            if kept.get(what) != again.get(what):
                yield one["name"], what, kept.get(what), again.get(what)


def main(path):
    with zipfile.ZipFile(path) as package:
        raw = {name: package.read(name) for name in package.namelist()}
    manifest, scheme, rules, schools, results = (json.loads(raw[f"{name}.json"]) for name in ("manifest", "scheme", "rules", "schools", "results"))
    pairs = [*((name, "文件摘要", kept, hashlib.sha256(raw.get(name, b"")).hexdigest()) for name, kept in manifest["files"].items()), ("scheme.json", "方案摘要", manifest["scheme_digest"], digest(scheme))]
    pairs += [(one["name"], "结果摘要", one["digest"], digest([manifest["scheme_digest"], *(one[key] for key in DIGESTED)])) for one in results]
    pairs.append(("全部", "党校名单", *(sorted(one["code"] for one in rows) for rows in (results, schools))))
    wrong = [pair for pair in pairs if pair[2] != pair[3]] + list(check_schools(scheme, rules, schools, results))
    lines = [f"不一致：{name}，{what}，公布 {published}，重算 {computed}" for name, what, published, computed in wrong]
    end = f"结论：有 {len(wrong)} 处不一致。" if wrong else f"结论：{len(results)} 所党校的摘要、得分和星级全部一致。"
    sys.stdout.write("\n".join([scheme["name"], *lines, end, ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
    except (OSError, zipfile.BadZipFile, LookupError, ValueError) as problem:
        sys.exit(f"核验包打不开或不完整：{problem}")
