"""通报: from a settled year to a published one, with the document kept; its first text, which the office
edits, and its 附件, which follow the figures.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from ratings.committee.invariants import violations
from ratings.documents.layout import width
from ratings.documents.life import Kind, held, keep_file
from ratings.documents.official import (
    Annex,
    DocumentContext,
    count_characters,
    in_sections,
    numeral,
    percentage,
)
from ratings.enums import Phase
from ratings.models import Bulletin, Result, Scheme
from ratings.workflow import hold_all
from schools import audit
from schools.models import User
from schools.saving import Refused

from .facts import BulletinFacts, by_place, gather_facts, level_name

#: Phases in which a year waits for its bulletin, and the text may change.
EDITABLE = (Phase.SETTLED, Phase.NOTICE)


class BulletinKind(Kind):
    """The results of a year; issuing publishes them."""

    model = Bulletin
    name = short = "通报"
    text_name = "通报文稿"
    annex_note = "名单和统计表由系统生成"
    annex_hint = "名单和统计表由系统作为附件生成"
    also = "，公布结果"
    file_name = "年度星级评定通报"
    action = "publish"
    route = "bulletin"
    drafted_for = {"phase__in": EDITABLE}
    writes, issues = "write_bulletin", "issue_bulletin"
    signed = True
    done = "{}年度评定结果通报已印发，评定结果已对各党校公布。"
    above = ("通报", "ratings:bulletins")

    def links(self, record: Bulletin) -> list[tuple[str, str]]:
        return [("授牌名单", reverse("ratings:form_plaques", args=[record.scheme_id]))]

    def summary(self, record: Bulletin, context: DocumentContext) -> list[tuple[str, list[str]]]:
        """And the schools whose star is another than the computed one, by name."""
        results = Result.objects.filter(scheme=record.scheme).exclude(star=F("computed_star"))
        named = [
            f"{one.school_name}：计算为{one.get_computed_star_display()}，审定为{one.get_star_display()}"
            for one in results.order_by("order", "school_code")
        ]
        return [*super().summary(record, context), ("审定与计算不同", named or ["无"])]

    def first_text(self, scheme: Scheme) -> Mapping[str, str]:
        facts = gather_facts(scheme)
        return {
            "organiser": scheme.organiser,
            "title": draft_title(facts),
            "addressee": draft_addressee(facts).rstrip("：:"),
            "body": draft_text(facts),
        }

    def annexes(self, record: Bulletin) -> tuple[Annex, ...]:
        return draft_annexes(gather_facts(record.scheme))

    def closed(self, record: Bulletin) -> str:
        if record.is_issued or record.scheme.phase in EDITABLE:
            return super().closed(record)
        return "审定已撤回，重新审定以后才能修改、印发通报。"

    def last_checks(self, record: Bulletin) -> list[str]:
        return violations(record.scheme)

    def carry_out(
        self, record: Bulletin, context: DocumentContext, *, by: User | None, at: dt.datetime
    ) -> None:
        scheme = record.scheme
        hold_all(scheme)  # what is noted of a school until its results are public
        scheme.phase, scheme.published_at, scheme.published_by = Phase.PUBLISHED, at, by
        scheme.save(update_fields=["phase", "published_at", "published_by"])

    def consequences(self, record: Bulletin) -> list[str]:
        county = "、县（市、区）" if record.scheme.has_county_stage else ""
        return [
            "通报 PDF 存档，文稿不能再改；",
            f"{record.scheme.year}年度全部评定结果冻结，不能再改，也不能撤回审定；",
            f"各党校{county}和查阅人员立即可以看到各自范围内的结果。",
        ]


BULLETIN = BulletinKind()


def publish(scheme: Scheme, *, by: User | None, check_text: bool = True, with_file: bool = True) -> Bulletin:
    """Issue the bulletin of a settled year and make its results public; see `Kind.issue`."""
    bulletin = Bulletin.objects.select_related("scheme").filter(scheme=scheme).first()
    if bulletin is None:
        raise Refused("还没有通报草稿。")
    return BULLETIN.issue(bulletin, by=by, check_text=check_text, with_file=with_file)


def file_document(scheme: Scheme) -> None:
    """Keep the PDF of a year that was published without one; nothing happens where it is there already.

    Raises DocumentError, changing nothing.
    """
    bulletin = Bulletin.objects.select_related("scheme__city").get(scheme=scheme)
    if bulletin.pdf or not bulletin.is_issued:
        return
    content = BULLETIN.pdf(bulletin)
    with transaction.atomic():
        current = held(bulletin)
        if not current.pdf:
            keep_file(current, content)
            current.save(update_fields=["pdf", "digest"])
            detail = {"发文字号": current.number, "文件摘要": current.digest}
            subject = f"{current.scheme}：补存通报文件"
            audit.record("maintain", by=None, city=current.scheme.city, subject=subject, detail=detail)


# The first text, which the office edits


#: A longer list of five-star schools belongs into the annex alone.
LIST_LIMIT = 600
#: Characters of a line shared by so many names; longer names get fewer columns.
_COLUMN_WIDTHS = ((3, 8), (2, 12))
#: Rows that a landscape sheet takes at the full size of type.
_ROOMY_ROWS = 8


def draft_title(facts: BulletinFacts) -> str:
    return f"关于{facts.year}年度{facts.school_word}规范化建设星级评定结果的通报"


def draft_addressee(facts: BulletinFacts) -> str:
    """Departments of the counties: a department does not instruct lower Party committees."""
    if not facts.counties:
        return f"各{facts.school_word}："
    return f"各{facts.county_word}委组织部、{facts.county_word}委党校："


def draft_text(facts: BulletinFacts) -> str:
    """缘由 → 情况 → 做法 → 问题 → 要求, one paragraph per line.

    Says only what the figures show. Problems name categories and no school; nobody is asked to report back.
    """
    sections = [
        ("评定基本情况", [*_overview(facts), *_top_list(facts)]),
        ("评定中反映的主要成效", _strengths(facts)),
        ("存在的主要问题", _weaknesses(facts)),
        ("下一步工作要求", _requirements(facts)),
    ]
    return in_sections(_opening(facts), sections)


def _opening(facts: BulletinFacts) -> str:
    scheme = facts.scheme.strip("《》")
    steps = f"，经{'、'.join(facts.steps)}" if facts.steps else ""
    return (
        f"根据《{scheme}》{steps}，对全市{len(facts.rated)}所{facts.school_word}{facts.year}年度规范化建设情况进行了星级评定。"
        "现将有关情况通报如下："
    )


def _overview(facts: BulletinFacts) -> list[str]:
    text = _participation(facts) + _levels(facts) + _compared(facts) + _invested(facts)
    if not facts.counties:
        return [text]
    return [f"（一）总体结果。{text}", f"（二）各{facts.county_word}情况。{_places(facts)}"]


def _participation(facts: BulletinFacts) -> str:
    counts = {"经确认不参评": facts.declined, "未按规定申报": facts.lapsed}
    absent = [f"{words}{count}所" for words, count in counts.items() if count]
    if not absent:
        return ""
    total = len(facts.schools) + facts.declined
    return (
        f"全市共有{facts.school_word}{total}所，其中{'、'.join(absent)}，实际参加评定{len(facts.rated)}所。"
    )


def _levels(facts: BulletinFacts) -> str:
    rated = len(facts.rated)
    shown = [*facts.levels, *([0] if facts.with_star(0) else [])]
    counts = [(star, len(facts.with_star(star))) for star in shown]
    shares = [f"{level_name(star)}{count}所，占{percentage(count, rated)}" for star, count in counts if count]
    none = [level_name(star) for star, count in counts if not count]
    if none:
        shares.append(f"没有{'、'.join(none)}")
    return f"参加评定的{rated}所{facts.school_word}中，{'；'.join(shares)}。"


def _compared(facts: BulletinFacts) -> str:
    if not facts.last_year:
        return ""
    changes = [
        _change(star, len(facts.with_star(star)) - facts.last_year.get(star, 0)) for star in facts.levels
    ]
    return f"与{facts.year - 1}年度相比，{'，'.join(changes)}。"


def _invested(facts: BulletinFacts) -> str:
    """Ten-thousands of yuan, as bulletins count money; nothing where no school recorded any."""
    if not facts.invested:
        return ""
    amount = f"{facts.invested / 10_000:,.2f}".rstrip("0").rstrip(".")
    return f"{facts.year}年各{facts.school_word}登记建设投入合计{amount}万元。"


def _change(star: int, difference: int) -> str:
    if difference == 0:
        return f"{level_name(star)}数量持平"
    return f"{level_name(star)}{'增加' if difference > 0 else '减少'}{abs(difference)}所"


def _places(facts: BulletinFacts) -> str:
    parts = [(place, facts.of_place(place)) for place in facts.places]
    return "；".join(_place(place, part) for place, part in parts if part.schools) + "。"


def _place(name: str, facts: BulletinFacts) -> str:
    counts = {level_name(star): len(facts.with_star(star)) for star in (*facts.levels, 0)}
    counts["未申报"] = facts.lapsed
    stars = [f"{level}{count}所" for level, count in counts.items() if count]
    return f"{name}{len(facts.schools)}所，其中{'、'.join(stars)}"


def _top_list(facts: BulletinFacts) -> list[str]:
    top = facts.levels[0]
    schools = facts.with_star(top)
    if not schools:
        return []
    groups = by_place(schools, facts.places)
    listed = "；".join((f"{county}：" if county else "") + "、".join(names) for county, names in groups)
    order = "按行政区划顺序排列"
    text = f"{order}，{listed}。" if count_characters(listed) <= LIST_LIMIT else "名单见附件1。"
    if facts.counties:
        return [f"（三）{level_name(top)}{facts.school_word}。{text}"]
    named = text if text.startswith("名单") else f"（{order}）：{listed}。"
    return [f"{level_name(top)}{facts.school_word}{named}"]


def _extremes(facts: BulletinFacts) -> tuple[str, str]:
    """The categories with the highest and those with the lowest rates; "" where the rates do not differ."""
    if len({rate for _, rate in facts.category_rates}) <= 1:
        return "", ""
    names = [f"“{name}”" for name, _ in sorted(facts.category_rates, key=lambda category: -category[1])]
    few = 2 if len(names) >= 4 else 1
    return "".join(names[:few]), "".join(names[-few:])


def _strengths(facts: BulletinFacts) -> list[str]:
    strong, _ = _extremes(facts)
    if not strong:
        return []
    return [f"从各大项总体得分情况看，{strong}得分率相对较高，是全市{facts.school_word}基础较好的方面。"]


def _weaknesses(facts: BulletinFacts) -> list[str]:
    text, (_, weak) = "", _extremes(facts)
    if weak:
        text = f"从各大项总体得分情况看，{weak}得分率相对较低，是全市{facts.school_word}需要重点改进的方面。"
    if facts.lapsed:
        text += f"有{facts.lapsed}所{facts.school_word}未按规定时间完成申报。"
    return [text] if text else []


def _requirements(facts: BulletinFacts) -> list[str]:
    return [f"（{numeral(number)}）{text}" for number, text in enumerate(_demands(facts), 1)]


def _demands(facts: BulletinFacts) -> Iterator[str]:
    top, word = level_name(facts.levels[0]), facts.school_word
    yield (
        f"巩固评定成果。{top}{word}要保持标准、持续用力，把行之有效的做法坚持下去；"
        f"其他{word}要找准差距，学习借鉴，稳步提升办学水平。"
    )
    _, weak = _extremes(facts)
    around = f"围绕{weak}等薄弱环节，" if weak else ""
    yield (
        f"抓好问题改进。各{word}要对照评定标准和本校的评定结果，{around}逐项加以改进，"
        "能够马上解决的抓紧解决，需要一段时间解决的明确措施和时限。"
    )
    who = (
        f"各{facts.county_word}委组织部、{facts.county_word}委党校" if facts.counties else "挂点联系指导人员"
    )
    yield (
        f"加强联系指导。{who}要加强日常指导，推动办学基础较好的学校与基础较弱的学校结对帮扶，"
        "统筹用好现有场所、师资和经费，不搞重复建设，不增加基层负担。"
    )
    yield ("注重培训实效。把精力放在办好班、讲好课上，不以材料多少、场所装饰评价工作。")


# 附件


@dataclass(frozen=True)
class StarGroup:
    """One heading of the list and, under each county, its schools in administrative order."""

    heading: str
    counties: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Roster(Annex):
    """附件: schools by star. `columns` is how many names stand side by side."""

    groups: tuple[StarGroup, ...]

    template = "documents/official/roster.html"

    @property
    def columns(self) -> int:
        names = [name for group in self.groups for _, county in group.counties for name in county]
        longest = max(map(width, names), default=0)
        return next((columns for columns, widest in _COLUMN_WIDTHS if longest <= widest), 1)


@dataclass(frozen=True)
class CountTable(Annex):
    """附件, landscape: a row per county or kind of school and a total; every star has a count and a share."""

    first_heading: str
    levels: tuple[str, ...]
    single_headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    template = "documents/official/count_table.html"
    landscape = True

    @property
    def dense(self) -> bool:
        """Smaller type and closer rows, so that a city's counties stand on one sheet."""
        return len(self.rows) > _ROOMY_ROWS


def draft_annexes(facts: BulletinFacts) -> tuple[Annex, ...]:
    """The 附件 these figures call for: always the list, the table only where there is something to
    compare.
    """
    rows = _table_rows(facts)
    return (_roster(facts), _count_table(facts, rows)) if rows else (_roster(facts),)


def _roster(facts: BulletinFacts) -> Roster:
    listed = [star for star in facts.levels if facts.with_star(star)]
    if facts.list_unrated and facts.with_star(0):
        listed.append(0)
    groups = []
    for number, star in enumerate(listed, 1):
        schools = facts.with_star(star)
        heading = f"{numeral(number)}、{level_name(star)}{facts.school_word}（{len(schools)}所）"
        groups.append(StarGroup(heading, by_place(schools, facts.places)))
    return Roster(f"{facts.year}年度{facts.school_word}星级评定结果名单", tuple(groups))


def _table_rows(facts: BulletinFacts) -> list[tuple[str, BulletinFacts]]:
    if facts.counties:
        return [(place, facts.of_place(place)) for place in facts.places]
    return [(kind, facts.of_kind(kind)) for kind in facts.kinds] if len(facts.kinds) > 1 else []


def _count_table(facts: BulletinFacts, rows: list[tuple[str, BulletinFacts]]) -> CountTable:
    unrated, lapsed = bool(facts.with_star(0)), bool(facts.lapsed)
    by = facts.county_word if facts.counties else "类型"
    return CountTable(
        title=f"{facts.year}年度各{by if facts.counties else f'类{facts.school_word}'}星级评定情况统计表",
        first_heading=by,
        levels=tuple(level_name(star) for star in facts.levels),
        single_headings=(*(["不授星"] if unrated else []), *(["未申报"] if lapsed else [])),
        rows=tuple(_row(name, part, unrated, lapsed) for name, part in [*rows, ("合　计", facts)]),
    )


def _row(name: str, facts: BulletinFacts, unrated: bool, lapsed: bool) -> tuple[str, ...]:
    rated = len(facts.rated)
    cells = [name, str(rated)]
    for star in facts.levels:
        count = len(facts.with_star(star))
        cells += [str(count), percentage(count, rated).rstrip("%") if rated else "—"]
    cells += [str(len(facts.with_star(0)))] if unrated else []
    cells += [str(facts.lapsed)] if lapsed else []
    return tuple(cells)
