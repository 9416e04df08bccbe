"""The draft on one page: sections of items with their sums, the other tables, what the checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.urls import reverse

from ratings.criteria.checking import FULL_SCORE, Finding
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import read_scheme
from ratings.enums import PUBLIC_PHASES, FilledBy, Phase, Star, Trigger
from ratings.models import Category, Item, Scheme
from ratings.rules.rounding import plain
from ratings.selfassessment.figures import figure_metrics
from ratings.workflow.opening import findings_of
from schools.models import User
from schools.permissions import may

#: Up to this many items the sections stand open; more are folded behind the jump list.
OPEN_ITEMS = 30


@dataclass(frozen=True)
class ItemRow:
    """One item as a line of the table."""

    pk: int
    code: str
    name: str
    points: str
    rule: str
    marks: str
    faults: int


@dataclass(frozen=True)
class GroupRows:
    """Items under one heading; an empty name is no heading."""

    name: str
    points: str
    rows: tuple[ItemRow, ...]


@dataclass(frozen=True)
class SectionRows:
    """A category, or the bonus items (`category` None)."""

    category: Category | None
    code: str
    name: str
    points: str
    groups: tuple[GroupRows, ...]
    count: int
    faults: int
    is_open: bool
    bonus_only: bool = False

    @property
    def anchor(self) -> str:
        return f"section-{self.category.pk}" if self.category else "section-bonus"


@dataclass(frozen=True)
class OtherRow:
    """A line of the smaller tables: address, cells and faults."""

    pk: int
    cells: tuple[str, ...]
    faults: int


@dataclass(frozen=True)
class Overview:
    spec: SchemeSpec
    sections: tuple[SectionRows, ...]
    bands: tuple[OtherRow, ...]
    restrictions: tuple[OtherRow, ...]
    metrics: tuple[OtherRow, ...]
    findings: tuple[Finding, ...]
    word: str
    count: int

    @property
    def total(self) -> str:
        """Points of all base items."""
        return plain(sum((item.points for item in self.spec.base_items), Fraction(0)))

    @property
    def adds_up(self) -> bool:
        return sum((item.points for item in self.spec.base_items), Fraction(0)) == FULL_SCORE

    @property
    def errors(self) -> int:
        return sum(finding.level == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def overview_of(scheme: Scheme, *, word: str = "", unfolded: str = "") -> Overview:
    """Everything the editor's first page shows; `word` narrows the items, `unfolded` is the section to open.

    The number of queries does not depend on the size of the scheme.
    """
    prefetch_related_objects([scheme], "categories", "bands", "restrictions", "custom_metrics")
    spec = read_scheme(scheme)
    findings = tuple(findings_of(spec))
    faults = Counter(finding.where for finding in findings)
    keys = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    shown = [item for item in spec.items if _matches(item, word)]
    opened = bool(word) or len(spec.items) <= OPEN_ITEMS
    categories = list(scheme.categories.all())
    headings: list[tuple[Category | None, str, str, list]] = [
        (one, one.code, one.name, [item for item in shown if not item.bonus and item.category == one.code])
        for one in categories
    ]
    headings.append((None, "", "加分项", [item for item in shown if item.bonus]))
    heads = {item.category for item in spec.bonus_items}
    sections = [
        SectionRows(
            category=category,
            code=code,
            name=name,
            points=plain(sum((item.points for item in items), Fraction(0))),
            groups=_groups(items, keys, faults),
            count=len(items),
            faults=faults[code] + sum(faults[item.code] for item in items)
            if code
            else sum(faults[item.code] for item in items),
            bonus_only=bool(code) and not items and code in heads,
            is_open=opened or unfolded == (str(category.pk) if category else "bonus"),
        )
        for category, code, name, items in headings
    ]
    if word:
        sections = [one for one in sections if one.count]
    return Overview(
        spec=spec,
        sections=tuple(sections),
        bands=tuple(
            OtherRow(row.pk, (row.get_star_display(), row.condition), faults[Star(row.star).label])
            for row in scheme.bands.all()
        ),
        restrictions=tuple(
            OtherRow(
                row.pk, (row.code, row.name, _trigger(row), row.effect, row.basis or "—"), faults[row.code]
            )
            for row in scheme.restrictions.all()
        ),
        metrics=tuple(
            OtherRow(
                row.pk,
                (row.name, row.unit or "—", row.get_direction_display(), FilledBy(row.filled_by).label),
                faults[row.name],
            )
            for row in scheme.custom_metrics.all()
        ),
        findings=findings,
        word=word,
        count=len(shown),
    )


def _matches(item, word: str) -> bool:
    texts = (item.code, item.label, item.name, item.group, item.standard, item.rule_text)
    return not word or any(word.casefold() in text.casefold() for text in texts)


def _groups(items: Iterable, keys: dict[str, int], faults: Counter) -> tuple[GroupRows, ...]:
    groups: dict[str, list] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    return tuple(
        GroupRows(
            name,
            plain(sum((item.points for item in rows), Fraction(0))),
            tuple(_row(item, keys, faults) for item in rows),
        )
        for name, rows in groups.items()
    )


def _row(item, keys: dict[str, int], faults: Counter) -> ItemRow:
    marks = [
        "现场" if item.onsite else "",
        "可不适用" if item.may_be_na else "",
        "有核定要素" if item.verified else "",
    ]
    return ItemRow(
        pk=keys.get(item.code, 0),
        code=item.code,
        name=item.name,
        points=plain(item.points),
        rule=item.rule_text,
        marks="、".join(mark for mark in marks if mark),
        faults=faults[item.code],
    )


def _trigger(row) -> str:
    return f"条件：{row.condition}" if row.trigger == Trigger.CONDITION else row.get_trigger_display()


def place_of(scheme: Scheme, where: str) -> str:
    """The address where `where`, a code or a star, is edited."""
    editor = reverse("ratings:scheme_edit", args=[scheme.pk])
    return f"{editor}?{urlencode({'where': where})}" if where else editor


@dataclass(frozen=True)
class SchemeLink:
    """One way on from the page of a scheme; `hint` says what waits there."""

    label: str
    url: str
    hint: str


def scheme_links(user: User, scheme: Scheme) -> list[SchemeLink]:
    """Everything this person may do with the scheme now, in the order of the work."""
    drafting, public = scheme.phase == Phase.DRAFTING, scheme.phase in PUBLIC_PHASES
    drafter, office = may(user, "read_draft"), may(user, "edit_scheme")
    copied = "新增、取消和改动的内容，逐项对照" + ("，写上变化说明" if office and drafting else "")
    found = [
        ("scheme_edit", "编制方案", "大项、小项、规则、星级标准和评定办法", drafter and drafting),
        ("scheme_checks", "启动前检查", "错误须改正，提示须知悉", drafter and drafting),
        ("scheme_changes", "本年度调整说明", copied, True),
        ("rehearsal", "模拟", "用上年数据试算，看各星级会有多少", may(user, "rehearse")),
        ("scheme_opening", "启动评定", "一人提议，另一人确认", drafter and drafting),
        ("opening_notice", "启动通知", "开展年度评定的通知和附件", drafter or not drafting),
        ("scheme_errata", "更正", "启动后发现错误的，签发更正", drafter and not drafting),
        ("scheme_errata", "更正", "启动后签发的更正", not drafter and scheme.versions.count() > 1),
        ("methodology", "方法说明", "标准、规则、门槛和计算次序", not drafting),
        (
            "scheme_figures",
            "填报自定义指标",
            "方案指定由您填报的数",
            bool(not drafting and figure_metrics(scheme, user)),
        ),
        (
            "self_checks",
            "对标自查",
            "对照本年度标准，看本校今天到哪一步",
            may(user, "self_check") and not drafting and not public,
        ),
        ("scheme_copy", "复制为新年度方案", "由本年度带出下一年度的草稿", office),
    ]
    return [
        SchemeLink(label, reverse(f"ratings:{name}", args=[scheme.pk]), hint)
        for name, label, hint, shown in found
        if shown
    ]


def list_links(user: User) -> list[SchemeLink]:
    """Ways to a scheme that is not there yet: the newest copied into the next year, or an empty one."""
    office = may(user, "edit_scheme")
    newest = Scheme.objects.visible_to(user).order_by("-year").first() if office else None
    found = [
        (
            "scheme_copy",
            "复制为新年度方案",
            (newest.pk,) if newest else (),
            newest is not None and newest.phase != Phase.DRAFTING,
        ),
        ("scheme_start", "新建空白方案", (), office),
    ]
    return [
        SchemeLink(label, reverse(f"ratings:{name}", args=args), "")
        for name, label, args, shown in found
        if shown
    ]
