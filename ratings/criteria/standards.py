"""The criteria of a year arranged for reading: parameters in plain words, items by category, rules in
sentences.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ratings.enums import Aggregation, Confirmation, Trigger
from ratings.models import Scheme
from ratings.rules import Condition, to_text
from ratings.rules.rounding import plain, show_rate

from .fields import Parameters, RestrictionSpec, fields_of
from .spec import BoundItem, ItemSpec, SchemeSpec
from .storing import read_scheme
from .versions import spec_of


@dataclass(frozen=True)
class Line:
    """One item for the table: its rule, the rule in sentences, who supplies what."""

    item: ItemSpec
    points: str
    rule: str
    words: tuple[str, ...]
    computed: tuple[str, ...]
    asked: tuple[str, ...]
    verified: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A category, or the bonus items."""

    code: str
    name: str
    points: str
    lines: tuple[Line, ...]


def standards_of(scheme: Scheme) -> dict[str, Any]:
    """From the version that counts; before opening, from the rows as they stand."""
    version = scheme.versions.select_related("by").order_by("-number").first()
    spec = spec_of(version) if version else read_scheme(scheme)
    return {
        "parameters": parameters(spec),
        "groups": groups(spec),
        "bands": [(band.star, condition_text(spec, band.condition)) for band in spec.bands],
        "restrictions": restriction_lines(spec),
        "custom_metrics": spec.custom_metrics,
        "version": version,
    }


def restriction_lines(spec: SchemeSpec) -> tuple[tuple[str, str, str, str, str], ...]:
    """Code, name, how it is found, effect and basis of every 限制性情形."""
    return tuple(
        (entry.code, entry.name, _trigger(entry), entry.effect_text, entry.basis)
        for entry in spec.restrictions
    )


def parameters(spec: SchemeSpec) -> tuple[tuple[str, str], ...]:
    """Every parameter of the year's procedure as a name and a sentence; what no sentence tells stands in its
    own words.
    """
    told = {name for _, names, _ in SENTENCES for name in names}
    others = (field for field in fields_of(Parameters) if field.change and field.name not in told)
    sentences = ((heading, sentence(spec)) for heading, _, sentence in SENTENCES if heading)
    return (*sentences, *((field.label, field.text(spec)) for field in others))


def groups(spec: SchemeSpec) -> tuple[Group, ...]:
    """Items by category, the bonus items last."""
    arranged = []
    for category in spec.scored_categories:
        items = [item for item in spec.base_items if item.category == category.code]
        points = plain(spec.category_points[category.code])
        arranged.append(Group(category.code, category.name, points, _lines(spec, items)))
    if spec.bonus_items:
        cap = f"最高 {plain(spec.bonus_cap)} 分" if spec.bonus_cap is not None else ""
        arranged.append(Group("", "加分项", cap, _lines(spec, spec.bonus_items)))
    return tuple(arranged)


def condition_text(spec: SchemeSpec, condition: Condition) -> str:
    """The condition with the names of the categories and items whose codes it uses."""
    names = {row.code: row.name for row in (*spec.categories, *spec.items)}
    parts = []
    for comparison in condition.comparisons:
        code, text = comparison.left.name, to_text(comparison)
        parts.append(f"{names[code]}（{code}）{text.removeprefix(code)}" if code in names else text)
    return "，且 ".join(parts)


def _lines(spec: SchemeSpec, items: Iterable[ItemSpec]) -> tuple[Line, ...]:
    return tuple(_line(spec, spec.bound[item.code]) for item in items)


def _line(spec: SchemeSpec, bound: BoundItem) -> Line:
    item, names = bound.item, [question.name for question in bound.asked]
    return Line(
        item=item,
        points=plain(item.points),
        rule=to_text(item.rule),
        words=spec.words[item.code],
        computed=tuple(sorted(bound.references)),
        asked=tuple(name for name in names if name not in bound.not_for_school),
        verified=tuple(name for name in names if name in bound.not_for_school),
    )


def _trigger(restriction: RestrictionSpec) -> str:
    if restriction.trigger == Trigger.CONDITION:
        return f"系统判断：{to_text(restriction.condition)}，经认定后适用"
    return "凭依据认定" if restriction.trigger == Trigger.MANUAL else "未按期提交自评"


def _procedure(spec: SchemeSpec) -> str:
    county = "县级初评、" if spec.has_county_stage else ""
    return f"学校自评、{county}市级评审、集体审定、通报"


def _aggregation(spec: SchemeSpec) -> str:
    return {
        Aggregation.TRIMMED: "每项去掉一个最高分、一个最低分后平均（评委 5 人以上）；3 至 4 人时直接平均",
        Aggregation.MEAN: "每项取评委平均分，评委不少于 3 人",
        Aggregation.MEDIAN: "每项取评委评分的中位数，评委不少于 3 人",
        Aggregation.JOINT: "评委组合议，填一份评分表",
    }[Aggregation(spec.aggregation)]


def _weights(spec: SchemeSpec) -> str:
    if not spec.has_county_stage or not spec.county_weight:
        return "以市级评审为准"
    return f"县级初评占 {show_rate(spec.county_weight)}，市级评审占 {show_rate(spec.city_weight)}"


def _bonus(spec: SchemeSpec) -> str:
    if not spec.bonus_items:
        return "不设加分"
    parts = [
        f"加分合计最高 {plain(spec.bonus_cap)} 分" if spec.bonus_cap is not None else "加分合计不另设上限"
    ]
    parts += [f"{group}最高 {plain(cap)} 分" for group, cap in spec.bonus_group_caps]
    if spec.bonus_floor:
        parts.append(f"基础分达到 {plain(spec.bonus_floor)} 分才计加分")
    return "；".join(parts)


def _share(spec: SchemeSpec) -> str:
    if spec.five_star_share is None or spec.five_star_share >= 1:
        return "不限比例，达到标准即授"
    return f"五星不超过参评党校的 {show_rate(spec.five_star_share)}"


#: The sentences by heading, each with the parameters it tells. The name of the year is the title of its page.
SENTENCES = (
    # said elsewhere; of a public notice nothing is said before there is one
    ("", ("name", "notice_days"), str),
    ("主办单位", ("organiser",), lambda spec: spec.organiser),
    ("评定程序", ("has_county_stage",), _procedure),
    (
        "统计期",
        ("period_start", "period_end"),
        lambda spec: spec.period,
    ),
    ("评委汇总", ("aggregation",), _aggregation),
    ("得分构成", ("county_weight", "city_weight"), _weights),
    ("加分", ("bonus_cap", "bonus_floor", "bonus_group_caps"), _bonus),
    ("五星比例", ("five_star_share",), _share),
    ("退回补正", ("return_limit",), lambda spec: f"每个阶段最多退回 {spec.return_limit} 次"),
    ("确认方式", ("confirmation",), lambda spec: Confirmation(spec.confirmation).label),
)


# Large criteria


#: Above this many items a page is divided, searched and given jumps.
MANY = 40
ALL, BONUS = "all", "bonus"


@dataclass(frozen=True)
class Part:
    """One 大项, or the bonus items."""

    key: str
    name: str
    codes: frozenset[str]


@dataclass(frozen=True)
class Division:
    """The parts of a large scheme and the one that is shown; no parts where the scheme is small enough for
    one page.
    """

    parts: tuple[Part, ...] = ()
    chosen: Part | None = None
    everything = ALL

    def shows(self, code: str) -> bool:
        return self.chosen is None or code in self.chosen.codes


def division_of(spec: SchemeSpec, wanted: str = "", waiting: Iterable[str] = ()) -> Division:
    """What to show of a scheme: all of a small one; of a large one the part asked for, else the first with a
    `waiting` item.
    """
    if len(spec.items) <= MANY:
        return Division()
    parts = tuple(_parts(spec))
    if wanted == ALL:
        return Division(parts)
    codes = set(waiting)
    first = next((part for part in parts if part.codes & codes), parts[0])
    return Division(parts, next((part for part in parts if part.key == wanted), first))


def _parts(spec: SchemeSpec) -> Iterator[Part]:
    for category in spec.scored_categories:
        items = [item for item in spec.base_items if item.category == category.code]
        yield Part(category.code, f"{category.code} {category.name}", _codes(items))
    if spec.bonus_items:
        yield Part(BONUS, "加分项", _codes(spec.bonus_items))


def _codes(items: Iterable[ItemSpec]) -> frozenset[str]:
    return frozenset(item.code for item in items)


#: A page that shows every item.
WHOLE = Division()


def spans_of(items: Iterable[ItemSpec]) -> tuple[tuple[str, int], ...]:
    """(分组, how many items in a row belong to it); nothing where no item has a group."""
    runs = [(name, len(list(run))) for name, run in groupby(items, key=lambda item: item.group)]
    return tuple(runs) if any(name for name, _ in runs) else ()


def matches(item: ItemSpec, word: str) -> bool:
    """Whether an item is meant by what was typed: its code, its name, its group or its original code."""
    return any(word.casefold() in text.casefold() for text in (item.code, item.name, item.group, item.label))


def narrowed(groups: Iterable[Any], word: str, *, open_only: bool = False) -> list[tuple[Any, list[Any]]]:
    """Groups of lines with the lines that match; a group without any falls out."""
    matching = [
        (
            group,
            [line for line in group.lines if matches(line.item, word) and (line.is_open or not open_only)],
        )
        for group in groups
    ]
    return [(group, lines) for group, lines in matching if lines]
