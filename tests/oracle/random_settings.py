"""The rest of a scheme by chance: its items as a whole, what each asks of whom, bands, restrictions, stages
and panel.
"""

from fractions import Fraction

from tests.oracle.naive import asked_names
from tests.oracle.random_schemes import COUNTS, FAULTS, METHODS, OWN_METRIC, RATES, SchemeMaker, composition


def base_items(maker, categories):
    """3 to 19 items worth 100 in all; the largest of the first and last category become tuners."""
    rng = maker.rng
    count = rng.randint(max(3, len(categories)), 19)
    points = composition(rng, 100, count, 1 if count > 15 else 2)
    homes = list(categories) + [rng.choice(list(categories)) for _ in range(count - len(categories))]
    homes.sort()
    tuned = {
        max((worth, at) for at, worth in enumerate(points) if homes[at] == code)[1]
        for code in (homes[0], homes[-1])
    }
    items = []
    for at, (home, worth) in enumerate(zip(homes, points, strict=True)):
        code = f"{home}{rng.choice('-.')}{at + 1}"
        items.append(maker.item(home, code, Fraction(worth), tuner=at in tuned))
    return items


def bonus_items(maker):
    """Up to three bonus items, people's answers or figures."""
    items = []
    for number in range(maker.rng.choice([0, 0, 1, 2, 3])):
        points = Fraction(maker.rng.choice([2, 3, 4]))
        part = maker.rng.choice([maker.additions, maker.levels])(points)
        row = {
            "category": "Z",
            "code": f"Z{number + 1}",
            "name": f"加分{number + 1}",
            "points": points,
            "parts": [part],
        }
        items.append(
            {**row, "bonus": True, "reviewed": [], "on_site": False, "optional": False, "tuner": False}
        )
    return items


def distribute_duties(rng, scheme):
    """Which names only reviewers answer, which items are seen on site, which need not apply."""
    for item in scheme["items"]:
        names = asked_names(scheme, item)
        if not names or item["tuner"]:
            item["on_site"] = bool(not names and rng.random() < 0.2)
            continue
        chance = rng.random()
        if chance < 0.15:
            item["reviewed"] = "全部"
        elif chance < 0.35 and len(names) > 1:
            item["reviewed"] = rng.sample(names, rng.randint(1, len(names) - 1))
        item["on_site"] = rng.random() < 0.2
        item["optional"] = rng.random() < 0.12


def bands(rng, maker, items, categories):
    """Three to five levels with falling totals; the upper ones may ask for more than a total."""
    levels = rng.randint(3, 5)
    totals = sorted(rng.sample(range(90, 188), levels), reverse=True)
    result = []
    for at, half_points in enumerate(totals):
        condition = [("总分", "≥", Fraction(half_points, 2))]
        if at == 0 and rng.random() < 0.6:
            condition.append(("最低大项得分率", "≥", Fraction(rng.choice([30, 50, 60]), 100)))
        if at < 2 and rng.random() < 0.3:
            code = rng.choice(list(categories))
            whole = sum(item["points"] for item in items if item["category"] == code)
            condition.append((code, "≥", whole * rng.choice([2, 3]) / 5))
        if at < 2 and rng.random() < 0.2:
            condition.append(("基础分", "≥", Fraction(half_points, 2) - 3))
        if at == 0 and rng.random() < 0.2:
            item = rng.choice([item for item in items if not item["bonus"] and not item["optional"]])
            condition.append((item["code"], "≥", item["points"] / 4))
        if at == 0 and rng.random() < 0.15:
            label, most = maker.metric(COUNTS)
            condition.append((label, "≥", maker.bounds(most, 1)[0]))
        result.append((5 - at, condition))
    return result


def restrictions(rng, maker, categories, levels):
    """All three triggers; caps at any level of the scheme."""
    caps = [0, 0, *levels[1:]]
    label, most = maker.metric(FAULTS) if rng.random() < 0.5 else maker.metric(RATES)
    atom = (label, "≥", most) if label in FAULTS else (label, "<", Fraction(rng.choice([5, 10, 20]), 100))
    triggers = ["人工", "未提交自评", "人工", [atom]]
    if rng.random() < 0.4:
        triggers.append(
            [
                (
                    rng.choice(["总分", "基础分", rng.choice(list(categories))]),
                    "<",
                    Fraction(rng.choice([5, 40])),
                )
            ]
        )
    return [
        {
            "code": f"Q{number}",
            "name": f"情形{number}",
            "trigger": trigger,
            "cap": rng.choice(caps),
            "basis": "材料",
        }
        for number, trigger in enumerate(triggers, 1)
    ]


def random_scheme(rng, *, name="随机方案", city="随机市", year=2025):
    """One scheme with everything that can vary drawn by ``rng``."""
    maker = SchemeMaker(rng)
    letters = sorted(rng.sample("ABCDEFGH", rng.randint(2, 6)))
    categories = {letter + str(rng.randint(1, 9)): f"大项{letter}" for letter in letters}
    items = base_items(maker, categories) + bonus_items(maker)
    county_stage = rng.random() < 0.6
    scheme = {
        "name": name,
        "year": year,
        "organiser": f"{city}委组织部",
        "city": city,
        "county_stage": county_stage,
        "county_weight": Fraction(rng.choice([0, 20, 30, 40, 50, 33]), 100) if county_stage else Fraction(0),
        "method": rng.choice(METHODS),
        "bonus_cap": rng.choice([None, Fraction(2), Fraction(5)]),
        "bonus_from": Fraction(rng.choice([0, 0, 50, 70])),
        "five_star_share": Fraction(rng.choice([10, 30, 50]), 100) if rng.random() < 0.3 else None,
        "categories": {**categories, **({"Z": "加分"} if any(item["bonus"] for item in items) else {})},
        "items": items,
        "metrics": maker.metrics,
    }
    distribute_duties(rng, scheme)
    scheme["bands"] = bands(rng, maker, items, categories)
    scheme["restrictions"] = restrictions(rng, maker, categories, [star for star, _ in scheme["bands"]])
    scheme["custom_metrics"] = (
        [[OWN_METRIC, "场", "越高越好", "", "市"]] if OWN_METRIC in maker.metrics else []
    )
    return scheme
