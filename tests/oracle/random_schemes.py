"""Schemes by chance, in every shape the rule language allows: what the engine must read and score as the
naive one does.
"""

from fractions import Fraction

COUNTS = {
    "主教室座位": 160,
    "工作人员数": 4,
    "师资人数": 20,
    "现场教学点数": 3,
    "使用过的教学点数": 3,
    "主体班次": 5,
    "办班期数[学时≥2, 人次≥15]": 15,
    "集中培训次数": 12,
    "现场教学次数": 6,
    "参训人次": 1500,
    "培训学时": 120,
    "书记授课": 4,
    "榜样授课": 4,
    "专题研究解决事项": 3,
    "走访指导次数": 6,
    "管理制度数": 8,
    "自办讲堂场次": 12,
}
OWN_METRIC = "自办讲堂场次"  # no metric of the registry: a scheme that uses it declares it
RATES = [
    "第一课占比",
    "评价班次占比",
    "非讲授式占比",
    "计划完成率",
    "领导干部授课占比",
    "参训率",
    "干部参训率",
]
FAULTS = {"月报逾期": 6, "缺管理制度[教学、学员、师资、经费]": 4}
PAIRS = [("参训党员", "党员总数"), ("参训干部", "应训干部")]
NUMERALS = "一二三四五六七八九十"
METHODS = ["去一高一低平均", "平均", "中位数", "合议"]


class SchemeMaker:
    """Draws one scheme; names people are asked for are numbered so that none repeats."""

    def __init__(self, rng):
        self.rng = rng
        self.names = 0
        self.metrics = {}

    def name(self):
        """A fresh name for people to answer, sometimes one that needs quoting."""
        self.names += 1
        number = NUMERALS[self.names // 10 % 10] + NUMERALS[self.names % 10] + NUMERALS[self.names // 100]
        return f"投影/大屏{number}" if self.rng.random() < 0.05 else f"核查要点{number}"

    def metric(self, *tables):
        """A metric of one of the tables, noted with its unit and largest plausible value."""
        table = self.rng.choice(tables)
        label = self.rng.choice(list(table))
        rate = table is RATES
        self.metrics[label] = "%" if rate else ""
        return label, Fraction(1) if rate else Fraction(table[label])

    def falling(self, points, count):
        """Points of bands: the full points first, then ever fewer quarters."""
        quarters = self.rng.sample(range(1, int(points * 4)), min(count - 1, int(points * 4) - 1))
        return [points] + [Fraction(quarter, 4) for quarter in sorted(quarters, reverse=True)]

    def bounds(self, most, count):
        """Distinct bounds from high to low, on whole numbers or whole percents."""
        grid = 100 if most == 1 else int(most)
        picks = self.rng.sample(range(1, grid + 1), min(count, grid))
        return [Fraction(pick, 100) if most == 1 else Fraction(pick) for pick in sorted(picks, reverse=True)]

    def ticks(self, points):
        shares = self.falling(points, self.rng.randint(1, 4))
        parts = [high - low for high, low in zip(shares, [*shares[1:], Fraction(0)], strict=True)]
        entries = []
        for share in parts:
            label = self.metric(COUNTS)[0] if self.rng.random() < 0.25 else self.name()
            entries.append((self.name() if any(label == name for name, _ in entries) else label, share))
        return {"kind": "清单", "entries": entries}

    def bands(self, points):
        down = self.rng.random() < 0.2
        label, most = self.metric(FAULTS) if down else self.metric(COUNTS, RATES)
        bounds = self.bounds(most, self.rng.randint(1, 5))
        op = self.rng.choice(["≤", "<"] if down else ["≥", "≥", ">"])
        if op == ">":
            bounds = [bound - (Fraction(1, 100) if most == 1 else 1) for bound in bounds]
        if down:
            bounds.reverse()
        scale = self.falling(points, len(bounds))
        bands = [([(label, op, bound)], share) for bound, share in zip(bounds, scale, strict=False)]
        if op == "≥" and most == 1 and len(bands) > 1 and self.rng.random() < 0.3:
            bands[0] = ([(label, "—", (bounds[0], Fraction(1)))], points)
        return {"kind": "档", "subject": label, "bands": bands, "otherwise": Fraction(0)}

    def steps(self, points):
        """Bands on equality, as for months with training."""
        self.metrics["有培训的双月数"] = ""
        scale = self.falling(points, self.rng.randint(1, 5))
        bands = [([("有培训的双月数", "=", Fraction(6 - at))], share) for at, share in enumerate(scale)]
        return {"kind": "档", "subject": "有培训的双月数", "bands": bands, "otherwise": Fraction(0)}

    def asked_bands(self, points):
        """Bands on a number people type."""
        label = self.name()
        bounds = self.bounds(40, self.rng.randint(1, 4))
        bands = [
            ([(label, "≥", bound)], share)
            for bound, share in zip(bounds, self.falling(points, len(bounds)), strict=False)
        ]
        return {"kind": "档", "subject": label, "bands": bands, "otherwise": Fraction(0)}

    def cases(self, points):
        """Bands on several metrics, each band asking for one comparison less than the one above."""
        atoms = []
        for table in (COUNTS, RATES):
            label, most = self.metric(table)
            atoms.append((label, "≥", self.bounds(most, 1)[0]))
        scale = self.falling(points, 2)
        bands = [(atoms, scale[0])] + ([(atoms[:1], scale[1])] if len(scale) > 1 else [])
        return {"kind": "档", "subject": None, "bands": bands, "otherwise": Fraction(0)}

    def ratio(self, points):
        over, under = self.rng.choice(PAIRS)
        self.metrics.update({over: "", under: ""})
        target = Fraction(self.rng.choice([60, 75, 85, 90, 100]), 100)
        return {"kind": "比", "over": over, "under": under, "target": target, "points": points}

    def deductions(self, points, alone):
        entries = []
        for how in self.rng.sample(["每问", "一次", "每数", "差", "条件"], self.rng.randint(1, 4)):
            share = Fraction(self.rng.randint(1, 8), 4)
            if how == "每问":
                entries.append(
                    {
                        "how": "每",
                        "name": self.name(),
                        "unit": self.rng.choice(["处", "项", "次"]),
                        "points": share,
                    }
                )
            elif how == "一次":
                entries.append({"how": "一次", "name": self.name(), "points": share})
            elif how == "每数":
                label, _ = self.metric(FAULTS)
                entries.append(
                    {
                        "how": "每",
                        "name": label,
                        "unit": "月" if label == "月报逾期" else "项",
                        "points": share,
                    }
                )
            elif how == "差":
                label, _ = self.metric(RATES)
                bound, step = self.bounds(Fraction(1), 1)[0], Fraction(self.rng.choice([1, 2, 5]), 100)
                entries.append(
                    {"how": "差", "name": label, "op": "<", "bound": bound, "step": step, "points": share / 4}
                )
            else:
                label, most = self.metric(COUNTS)
                entries.append(
                    {"how": "条件", "condition": [(label, "<", self.bounds(most, 1)[0])], "points": share}
                )
        states_full = not alone or self.rng.random() < 0.5
        floor = self.rng.choice([Fraction(0), Fraction(0), points / 4])
        return {"kind": "扣", "full": points, "states_full": states_full, "floor": floor, "entries": entries}

    def additions(self, points):
        entries = []
        for _ in range(self.rng.randint(1, 3)):
            share = Fraction(self.rng.randint(1, 6), 4)
            label = self.metric(COUNTS)[0] if self.rng.random() < 0.3 else self.name()
            if any(entry["name"] == label for entry in entries):
                label = self.name()
            how = {"how": "一次"} if self.rng.random() < 0.2 else {"how": "每", "unit": "项"}
            entries.append({**how, "name": label, "points": share})
        if all(entry["how"] == "一次" for entry in entries):
            entries[0].update({"how": "每", "unit": "次"})
        return {"kind": "加", "entries": entries, "cap": points}

    def levels(self, points):
        scale = [*self.falling(points, self.rng.randint(2, 3)), Fraction(0)]
        return {"kind": "评", "name": self.name(), "levels": list(zip("ABCD", scale, strict=False))}

    def typed(self, points, step):
        return {"kind": "分", "name": "分", "low": Fraction(0), "high": points, "step": step}

    def part(self, points, alone):
        """One part of any kind worth at most ``points``."""
        kinds = [
            self.ticks,
            self.ticks,
            self.bands,
            self.bands,
            self.steps,
            self.asked_bands,
            self.cases,
            self.ratio,
            self.additions,
        ]
        make = self.rng.choice([*kinds, self.levels, None])
        return self.deductions(points, alone) if make is None else make(points)

    def item(self, category, code, points, *, tuner=False):
        """One 小项: a tuner is a bare typed score in hundredths, by which a total can be set to the cent."""
        if tuner:
            parts = [self.typed(points, Fraction(1, 100))]
        elif self.rng.random() < 0.06:
            parts = [self.typed(points, Fraction(1, 2))]
        else:
            count = self.rng.choice([1, 1, 2, 3]) if points >= 2 else 1
            shares = (
                [points / 2, points / 2]
                if count == 2
                else [points / 2, points / 4, points / 4]
                if count == 3
                else [points]
            )
            parts = [self.part(share, count == 1) for share in shares]
        row = {"category": category, "code": code, "name": f"小项{code}", "points": points, "parts": parts}
        return {**row, "bonus": False, "reviewed": [], "on_site": False, "optional": False, "tuner": tuner}


def composition(rng, whole, count, least):
    """``count`` whole numbers of at least ``least`` that add up to ``whole``."""
    cuts = sorted(rng.sample(range(1, whole - count * (least - 1)), count - 1))
    return [
        high - low + least - 1
        for low, high in zip([0, *cuts], [*cuts, whole - count * (least - 1)], strict=True)
    ]
