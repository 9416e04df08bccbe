"""Points of rules and items, stage by stage, as a careful clerk with paper would work them out.

Everything is a plain dict or list and every number a Fraction; nothing is shared with the product. A part of
a rule is ``{"kind": 清单|档|比|扣|加|评|分, …}`` as printed by ``printing.py``; a condition is a list of
atoms joined by 且, an atom ``(subject, op, bound)`` with ``op`` one of ≥ > ≤ < = or ``(subject, "—", (low,
high))``.
"""

from fractions import Fraction
from math import floor

HALF_CENT = Fraction(5, 1000)
ENDLESS = 10**6


class BlockedError(Exception):
    """The year cannot be scored: something owed is missing or contradicts itself."""


def cents(number):
    """Round to two decimals, halves up; points are never negative."""
    return Fraction(floor(number * 100 + Fraction(1, 2)), 100)


def atom_holds(atom, values):
    """One comparison; a subject without a value blocks instead of counting as zero."""
    subject, op, bound = atom
    value = values.get(subject)
    if value is None:
        raise BlockedError(f"{subject} 没有数值")
    if op == "—":
        return bound[0] <= value <= bound[1]
    return {
        "≥": value >= bound,
        ">": value > bound,
        "≤": value <= bound,
        "<": value < bound,
        "=": value == bound,
    }[op]


def holds(condition, values):
    """All atoms of a condition hold."""
    return all(atom_holds(atom, values) for atom in condition)


def part_points(part, values):
    """Points of one part, given every name it reads (metrics, counts, ticks as 0/1, levels)."""
    return {
        "清单": _ticks,
        "档": _bands,
        "比": _ratio,
        "扣": _deductions,
        "加": _additions,
        "评": _level,
        "分": _typed,
    }[part["kind"]](part, values)


def _known(name, values):
    if values.get(name) is None:
        raise BlockedError(f"{name} 没有数值")
    return values[name]


def _ticks(part, values):
    total = Fraction(0)
    for name, points in part["entries"]:
        if _known(name, values) > 0:
            total += points
    return total


def _bands(part, values):
    for condition, points in part["bands"]:
        if holds(condition, values):
            return points
    return part["otherwise"]


def _ratio(part, values):
    over, under = _known(part["over"], values), _known(part["under"], values)
    if under == 0:
        raise BlockedError(f"{part['under']} 为零")
    return min(Fraction(1), over / under / part["target"]) * part["points"]


def _deductions(part, values):
    lost = Fraction(0)
    for entry in part["entries"]:
        how, points = entry["how"], entry["points"]
        if how == "每":
            lost += _known(entry["name"], values) * points
        elif how == "一次":
            lost += points if _known(entry["name"], values) > 0 else 0
        elif how == "条件":
            lost += points if holds(entry["condition"], values) else 0
        else:
            value = _known(entry["name"], values)
            gap = entry["bound"] - value if entry["op"] == "<" else value - entry["bound"]
            lost += max(0, floor(gap / entry["step"])) * points
    return max(part["floor"], part["full"] - lost)


def _additions(part, values):
    won = Fraction(0)
    for entry in part["entries"]:
        count = _known(entry["name"], values)
        won += count * entry["points"] if entry["how"] == "每" else (entry["points"] if count > 0 else 0)
    return won if part["cap"] is None else min(won, part["cap"])


def _level(part, values):
    level = values.get(part["name"])
    if level == 0:  # not asked at this stage
        return Fraction(0)
    return dict(part["levels"])[level]


def _typed(part, values):
    return Fraction(_known(part["name"], values))


def part_names(part):
    """Every name a part reads, in reading order."""
    kind = part["kind"]
    if kind == "清单":
        return [name for name, _ in part["entries"]]
    if kind == "档":
        return [atom[0] for condition, _ in part["bands"] for atom in condition]
    if kind == "比":
        return [part["over"], part["under"]]
    if kind in ("评", "分"):
        return [part["name"]]
    names = []
    for entry in part["entries"]:
        names += [atom[0] for atom in entry["condition"]] if entry["how"] == "条件" else [entry["name"]]
    return names


def asked_names(scheme, thing):
    """Names of a part or an item that people answer, that is all that are no metric."""
    known = scheme.setdefault("asked", {})  # by identity: looked up for every row of a year
    if id(thing) not in known:
        names = [
            name
            for part in thing.get("parts", [thing])
            for name in part_names(part)
            if name not in scheme["metrics"]
        ]
        known[id(thing)] = list(dict.fromkeys(names))
    return known[id(thing)]


def reviewed_names(scheme, item):
    """The 核定要素 of an item: what the school itself is never asked."""
    return asked_names(scheme, item) if item["reviewed"] == "全部" else list(item["reviewed"])


def names_owed(scheme, item, stage):
    """Names one stage answers."""
    hidden = reviewed_names(scheme, item) if stage == "自评" else []
    return [name for name in asked_names(scheme, item) if name not in hidden]


def computed_points(scheme, item, metrics):
    """Sum of the parts that read metrics only."""
    parts = [part for part in item["parts"] if not asked_names(scheme, part)]
    return sum([part_points(part, metrics) for part in parts], Fraction(0))


def answered_points(scheme, item, metrics, answers):
    """Sum of the parts people take part in; a name that the stage does not answer contributes nothing."""
    total = Fraction(0)
    for part in item["parts"]:
        names = asked_names(scheme, part)
        if not names:
            continue
        values = dict(metrics)
        values.update({name: answers.get(name, 0) for name in names})
        if part["kind"] in ("档", "分") and names[0] not in answers:
            continue
        total += part_points(part, values)
    return total


def asked_range(scheme, item, metrics, stage):
    """Lowest and highest the asked parts can come to at a stage, metric names filled in."""
    owed = names_owed(scheme, item, stage)
    low = high = Fraction(0)
    for part in item["parts"]:
        names = [name for name in asked_names(scheme, part) if name in owed]
        if not asked_names(scheme, part):
            continue
        values = dict(metrics)
        values.update(dict.fromkeys(asked_names(scheme, part), 0))
        kind = part["kind"]
        if kind in ("评", "分", "档"):
            if not names:
                continue
            ends = {"评": lambda p: [n for _, n in p["levels"]], "分": lambda p: [p["low"], p["high"]]}.get(
                kind, lambda p: [n for _, n in p["bands"]] + [p["otherwise"]]
            )(part)
            low, high = low + min(ends), high + max(ends)
            continue
        none = part_points(part, values)
        values.update(dict.fromkeys(names, 1 if kind == "清单" else ENDLESS))
        every = part_points(part, values)
        low, high = low + min(none, every), high + max(none, every)
    return low, high


def row_asked_points(scheme, item, metrics, row, stage):
    """Asked points of one row of scores.xlsx, from its answers or by taking the system part off its 得分."""
    if row.get("answers") is not None:
        return answered_points(scheme, item, metrics, row["answers"])
    asked = row["points"] - computed_points(scheme, item, metrics)
    low, high = asked_range(scheme, item, metrics, stage)
    if low <= asked <= high:
        return asked
    if low - HALF_CENT <= asked < low:
        return low
    if high < asked <= high + HALF_CENT:
        return high
    raise BlockedError(f"{item['code']} 得分超出范围")


def joined(method, points):
    """What a panel's points for one item come to."""
    points = sorted(points)
    count = len(points)
    if method == "合议":
        return points[0]
    if method == "中位数":
        middle = points[(count - 1) // 2] + points[count // 2]
        return middle / 2
    if method == "去一高一低平均" and count >= 5:
        points = points[1:-1]
    return sum(points, Fraction(0)) / len(points)


def within(points, item):
    """An item is never below zero and never above its 分值."""
    return min(max(points, Fraction(0)), item["points"])
