"""Schools and rows by chance for a scheme, many of them moved to within a cent of a threshold."""

from fractions import Fraction

from tests.oracle.naive import BlockedError, answered_points, asked_names, cents, computed_points, names_owed
from tests.oracle.naive_year import school_figures
from tests.oracle.random_schemes import COUNTS, FAULTS, RATES

CENT = Fraction(1, 100)


def bounds_by_name(scheme):
    """Every number a rule or condition compares a name with."""
    found = {}

    def note(atom):
        name, op, bound = atom
        found.setdefault(name, []).extend(bound if op == "—" else [bound])

    conditions = [condition for _, condition in scheme["bands"]]
    conditions += [row["trigger"] for row in scheme["restrictions"] if isinstance(row["trigger"], list)]
    for item in scheme["items"]:
        for part in item["parts"]:
            if part["kind"] == "档":
                conditions += [condition for condition, _ in part["bands"]]
            for entry in part.get("entries", []) if part["kind"] == "扣" else []:
                if entry["how"] == "条件":
                    conditions.append(entry["condition"])
                elif entry["how"] == "差":
                    note((entry["name"], entry["op"], entry["bound"]))
    for condition in conditions:
        for atom in condition:
            note(atom)
    return found


def figures(rng, scheme):
    """Metric values of one school, half of them on a bound or one step beside it."""
    bounds = bounds_by_name(scheme)
    values = {}
    for label in scheme["metrics"]:
        rate = label in RATES
        most = 1 if rate else {**COUNTS, **FAULTS}.get(label, 6)
        if rng.random() < 0.5 and label in bounds:
            value = rng.choice(bounds[label]) + rng.choice([-1, 0, 1]) * (
                rng.choice([CENT, CENT / 100]) if rate else 1
            )
        elif rate:
            value = Fraction(rng.randint(20, 100), 100)
        else:
            value = Fraction(
                rng.randint(most // 3, most) if label not in FAULTS else rng.choice([0, 0, 1, most])
            )
        values[label] = max(Fraction(0), min(value, Fraction(1)) if rate else value)
    values.update(
        {label: min(Fraction(6), value) for label, value in values.items() if label == "有培训的双月数"}
    )
    for over, under in (("参训党员", "党员总数"), ("参训干部", "应训干部")):
        if under in scheme["metrics"]:
            values[under] = Fraction(rng.randint(30, 900))
            values[over] = Fraction(rng.randint(int(values[under]) * 2 // 5, int(values[under])))
    return values


def random_answers(rng, item, names, bounds):
    """What one person says of one item."""
    answers = {}
    for part in item["parts"]:
        kind = part["kind"]
        if kind == "清单":
            answers.update({name: int(rng.random() < 0.75) for name, _ in part["entries"] if name in names})
        elif kind in ("扣", "加"):
            mine = [entry for entry in part["entries"] if entry.get("name") in names]
            for entry in mine:
                most = 1 if entry["how"] == "一次" else 3
                answers[entry["name"]] = rng.choice([0, 0, 0, 1, most] if kind == "扣" else [0, 1, most])
        elif kind == "评" and part["name"] in names:
            answers[part["name"]] = rng.choice([part["levels"][0][0], rng.choice(part["levels"])[0]])
        elif kind == "分" and "分" in names:
            answers["分"] = rng.randint(0, int(part["high"] / part["step"])) * part["step"]
        elif kind == "档" and part["subject"] in names:
            answers[part["subject"]] = max(
                Fraction(0), rng.choice(bounds[part["subject"]]) + rng.choice([-1, 0, 0, 1])
            )
    return answers


def answered_row(rng, scheme, item, metrics, base, bounds):
    """A row with answers or, as often, with points; points that are no cents are rounded as people round."""
    answers = random_answers(rng, item, names_owed(scheme, item, base["stage"]), bounds)
    if rng.random() < 0.5:
        return {**base, "answers": answers}
    return {
        **base,
        "points": cents(
            computed_points(scheme, item, metrics) + answered_points(scheme, item, metrics, answers)
        ),
    }


def school_rows(rng, scheme, code, metrics, *, declared=True):
    """All rows of one school: self-assessment, county, a panel of the size the method wants, adjustments."""
    bounds = bounds_by_name(scheme)
    judges = (
        ["合议"]
        if scheme["method"] == "合议"
        else [f"评委{number}" for number in range(1, rng.randint(3, 7) + 1)]
    )
    went = not scheme["county_stage"] or rng.random() < 0.75
    bare = code_of_applying(rng, scheme)
    rows = []
    for item in scheme["items"]:
        base = {"school": code, "item": item["code"], "judge": ""}
        if not asked_names(scheme, item):
            rows += adjustments(rng, scheme, item, base, went)
            continue
        same = Fraction(rng.randint(int(item["points"]) * 50, int(item["points"]) * 100), 100)
        stages = [("自评", "")] if declared and names_owed(scheme, item, "自评") else []
        stages += [("初评", "")] if scheme["county_stage"] else []
        stages += [("评审", judge) for judge in judges] if went or not item["on_site"] else []
        for stage, judge in stages:
            row = {**base, "stage": stage, "judge": judge}
            if item["code"] in bare:
                rows.append({**row, "absent": True})
            elif item["tuner"]:
                rows.append({**row, "points": same})
            else:
                rows.append(answered_row(rng, scheme, item, metrics, row, bounds))
    return rows


def code_of_applying(rng, scheme):
    """Items that do not apply to the school, never a whole category."""
    bare = set()
    for item in scheme["items"]:
        fellows = [
            one["code"]
            for one in scheme["items"]
            if one["category"] == item["category"] and one["code"] not in bare
        ]
        if item["optional"] and rng.random() < 0.3 and (len(fellows) > 1 or item["bonus"]):
            bare.add(item["code"])
    return bare


def adjustments(rng, scheme, item, base, went):
    """Now and then a stage replaces a computed figure."""
    stages = (["初评"] if scheme["county_stage"] else []) + (["评审"] if went or not item["on_site"] else [])
    chosen = [stage for stage in stages if rng.random() < 0.06]
    points = [Fraction(rng.randint(0, int(item["points"]) * 4), 4) for _ in chosen]
    return [
        {**base, "stage": stage, "points": worth, "note": "实地核实"}
        for stage, worth in zip(chosen, points, strict=True)
    ]


def shift(rows, item, difference):
    """Move a tuner for everybody; False where its range does not reach."""
    moved = [row for row in rows if row["item"] == item["code"] and "points" in row]
    if not all(0 <= row["points"] + difference <= item["points"] for row in moved):
        return False
    for row in moved:
        row["points"] += difference
    return True


def move_to_threshold(rng, scheme, metrics, rows):
    """Bring the school to a star's total, or to the lowest rate a star asks for, at −0.01, exactly
    or +0.01.
    """
    try:
        found = school_figures(scheme, metrics, rows)
    except BlockedError:
        return
    wishes = [
        atom
        for _, condition in scheme["bands"]
        for atom in condition
        if atom[0] in ("总分", "最低大项得分率")
    ]
    tuners = [item for item in scheme["items"] if item["tuner"]]
    home = tuners[0]["category"]
    whole = sum(item["points"] for item in scheme["items"] if item["category"] == home and not item["bonus"])
    for subject, _, bound in rng.sample(wishes, len(wishes)):
        beside = rng.choice([-1, 0, 1]) * CENT
        if subject == "总分":
            reached = shift(rows, tuners[-1], bound + beside - found["total"])
        else:
            reached = shift(rows, tuners[0], cents(bound * whole) + beside - found["categories"][home])
        if reached:
            return


def random_year(rng, scheme, count):
    """Schools, metrics, rows and proven restrictions of one year; the last two schools may have declared
    nothing.
    """
    schools, metrics, rows, listed = [], {}, [], {}
    for number in range(1, count + 1):
        code = f"S{number:03d}"
        county = rng.choice(["甲县", "乙区"]) if scheme["county_stage"] else ""
        schools.append([code, f"学校{number}", county])
        if number == count and count > 4:
            continue
        metrics[code] = figures(rng, scheme)
        mine = school_rows(rng, scheme, code, metrics[code], declared=not (number == count - 1 and count > 4))
        move_to_threshold(rng, scheme, metrics[code], mine)
        rows += mine
        codes = [
            row["code"] for row in scheme["restrictions"] if row["trigger"] == "人工" and rng.random() < 0.08
        ]
        if codes:
            listed[code] = codes
    return schools, metrics, rows, listed
