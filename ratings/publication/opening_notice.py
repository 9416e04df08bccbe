"""启动通知: 《关于开展××年度镇街党校规范化建设星级评定工作的通知》, with its 附件."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.urls import reverse

from ratings.criteria.changes import REMOVED, Changes, RowChange
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.standards import Group, Line, condition_text, groups
from ratings.criteria.years import notes_of, standing_spec, year_changes
from ratings.documents.life import Kind
from ratings.documents.official import Annex, DocumentContext, in_sections, numeral
from ratings.enums import Aggregation, Confirmation, Phase, Stage, Star
from ratings.models import OpeningNotice, Scheme
from ratings.rules import Asked
from ratings.rules.rounding import plain
from ratings.workflow.deadlines import next_workday_from
from schools.models import School, User
from schools.numbers import chinese_date

#: Between opening and settling.
ISSUABLE = (Phase.OPEN, Phase.SCORING)
#: Said of a stage without a date.
LATER = "另行通知"
COUNTIES = "县（市、区）"


class OpeningNoticeKind(Kind):
    """The notice goes out once the year is open and before its results are settled."""

    model = OpeningNotice
    name = text_name = "启动通知"
    short = "通知"
    annex_note = annex_hint = "附件由系统按方案生成"
    file_name = "年度星级评定启动通知"
    action = "opening_notice"
    route, key = "opening_notice", "scheme.pk"
    drafted_for = {"imported": False}
    writes = issues = "write_notice"
    done = "{}年度启动通知已印发，全市可以查阅。"
    above = ("评定方案", "ratings:schemes")

    def trail_to(self, record: OpeningNotice) -> list[tuple[str, str]]:
        scheme = record.scheme
        return [self.home(), (f"{scheme.year}年度", reverse("ratings:scheme", args=[scheme.pk]))]

    def first_text(self, scheme: Scheme) -> Mapping[str, str]:
        spec = standing_spec(scheme)
        return {
            "organiser": spec.organiser,
            "title": f"关于开展{spec.year}年度镇街党校规范化建设星级评定工作的通知",
            "addressee": _addressee(spec),
            "body": draft_text(scheme, spec, annexes=annexes_of(scheme)),
        }

    def annexes(self, record: OpeningNotice) -> tuple[Annex, ...]:
        """Once issued as they were then, before that as the scheme stands."""
        return from_json(record.annexes) if record.is_issued else annexes_of(record.scheme)

    def reasons_against(self, record: OpeningNotice) -> list[str]:
        scheme = record.scheme
        if scheme.phase in ISSUABLE:
            return []
        if scheme.phase == Phase.DRAFTING:
            return ["方案尚未启动；启动以后细则不再变动，才能印发通知。"]
        return [f"方案处于“{scheme.get_phase_display()}”阶段，不再印发启动通知。"]

    def carry_out(
        self, record: OpeningNotice, context: DocumentContext, *, by: User, at: dt.datetime
    ) -> None:
        record.annexes, record.issued_by, record.issued_at = to_json(context.annexes), by, at

    def summary(self, record: OpeningNotice, context: DocumentContext) -> list[tuple[str, list[str]]]:
        listed = [f"{number}. {annex.title}" for number, annex in enumerate(context.annexes, 1)]
        return [*super().summary(record, context), ("附件", listed)]

    def consequences(self, record: OpeningNotice) -> list[str]:
        return ["通知 PDF 连同附件存档，记下文件摘要，文稿和附件不能再改；", "全市各级都可以查阅、下载。"]


OPENING_NOTICE = OpeningNoticeKind()


def annexes_of(scheme: Scheme) -> tuple[Annex, ...]:
    """细则, 申报表, 时间安排 and, where there is an earlier year that differs, what this year changes and
    why.
    """
    spec = standing_spec(scheme)
    annexes = [criteria_annex(spec), form_annex(spec), schedule_annex(spec.year, schedule(scheme, spec))]
    changes = year_changes(scheme)
    return (*annexes, changes_annex(changes, notes_of(scheme))) if changes else tuple(annexes)


def schedule(scheme: Scheme, spec: SchemeSpec) -> list[tuple[str, str, str, str]]:
    """The stages of the year as (stage, work, by whom, when); a deadline on a rest day stands as the working
    day after it.
    """
    signed = "，签字盖章" if spec.confirmation == Confirmation.SIGNED else ""
    rows = [
        ("日常记录", "登记培训计划、开班、师资等情况，对照细则自查改进", "各镇街党校", spec.period),
        (
            "学校自评",
            f"核对系统取数，填写申报表{signed}，由负责人确认提交",
            "各镇街党校",
            _until(scheme.self_due),
        ),
    ]
    if spec.has_county_stage:
        rows.append(
            (
                "县级初评",
                "逐项初评，集体研究后提出建议星级和初评意见",
                f"{COUNTIES}委组织部、党校",
                _until(scheme.county_due),
            )
        )
    rows.append(("市级评审", _judging(spec), "市评委会办公室、评委", _until(scheme.city_due)))
    rows.append(("集体审定", "研究审定星级", "市评委会", "市级评审结束后"))
    return [*rows, ("通报", "印发评定结果通报", "市评委会", "审定后")]


def _judging(spec: SchemeSpec) -> str:
    how = "评审组合议评分" if spec.aggregation == Aggregation.JOINT else "评委分别评分"
    if not any(item.onsite for item in spec.items):
        return how
    return f"{how}，现场项走访后评分{'，没有走访的沿用初评' if spec.has_county_stage else ''}"


def _until(day: dt.date | None) -> str:
    return f"{chinese_date(next_workday_from(day))}前" if day else LATER


def _addressee(spec: SchemeSpec) -> str:
    return f"各{COUNTIES}委组织部、{COUNTIES}委党校，各镇街党校" if spec.has_county_stage else "各镇街党校"


def draft_text(scheme: Scheme, spec: SchemeSpec, *, annexes: tuple[Annex, ...]) -> str:
    """缘由 → 范围 → 标准 → 程序 → 要求, one paragraph per line; every figure is the scheme's."""
    count = School.objects.filter(city=scheme.city_id).open_on(scheme.period_end).count()
    sections = [
        ("评定范围", [_scope(spec, count)]),
        ("评定标准", _standards(spec, changed=len(annexes) > 3)),
        ("评定程序", _procedure(scheme, spec)),
        ("有关要求", _requirements(spec)),
    ]
    first = (
        f"为推进全市镇街党校规范化建设，提高基层党员教育培训质量，根据《{spec.name.strip('《》')}》，"
        f"决定开展{spec.year}年度镇街党校规范化建设星级评定工作。现将有关事项通知如下："
    )
    return in_sections(first, sections)


def _scope(spec: SchemeSpec, count: int) -> str:
    return f"全市{count}所镇街党校。评定以{spec.period}的工作情况为准，以平时在系统中登记的记录为依据。"


def _standards(spec: SchemeSpec, *, changed: bool) -> list[str]:
    full = plain(spec.full_points)
    bonus = f"，另设加分项{len(spec.bonus_items)}项" if spec.bonus_items else ""
    if spec.bonus_items and spec.bonus_cap is not None:
        bonus += f"，加分合计不超过{plain(spec.bonus_cap)}分"
    stars = "、".join(f"{Star(band.star).label}级" for band in spec.bands)
    lines = [
        f"评定内容分{len(spec.scored_categories)}个大项、{len(spec.base_items)}个小项，满分{full}分{bonus}。"
        f"评定等次分为{stars}，各等次标准和限制性情形与评分细则一并见附件1。"
    ]
    if changed:
        lines.append("本年度对评分标准作了调整，调整内容和考虑见附件4。")
    return lines


def _procedure(scheme: Scheme, spec: SchemeSpec) -> list[str]:
    lines = []
    for number, (stage, work, who, when) in enumerate(schedule(scheme, spec)[1:], 1):  # not 日常记录
        timed = f"{when}，" if re.match(r"\d", when) else ""
        lines.append(f"（{numeral(number)}）{stage}。{timed}由{who}{work}。")
    return [*lines, "各阶段时间安排见附件3。"]


def _requirements(spec: SchemeSpec) -> list[str]:
    reviewers = f"{COUNTIES}委组织部、党校" if spec.has_county_stage else "市评委会办公室"
    scored = "合议的评分由评审组成员共同确认" if spec.aggregation == Aggregation.JOINT else "评委独立打分"
    restricted = "；有限制性情形的，按附件1处理" if spec.restrictions else ""
    return [
        "（一）坚持实事求是。各镇街党校对申报内容的真实性负责，申报表（附件2）中由系统取数的内容以平时登记为准，记录有误的在提交前更正；"
        f"{reviewers}对照细则从严把关。",
        "（二）切实减轻负担。系统已有的记录不再报送，每个小项的佐证材料不超过3份；不以会议照片、领导批示、媒体报道作为评分依据，不搞层层迎评。",
        f"（三）严明工作纪律。评审实行回避制度，{scored}{restricted}。",
        "（四）注意保密。申报系统为非涉密系统，严禁上传、存储、处理国家秘密和工作秘密。",
    ]


# 附件


#: What stands in the form where somebody writes a figure by hand.
BLANK = "＿＿＿＿"
BOX = "□"


@dataclass(frozen=True)
class Grid(Annex):
    """A table; `kind` names its fragment. Its content is made of plain texts, as it is kept as JSON with the
    notice that was issued.
    """

    kind: str
    content: dict[str, Any]
    stylesheet: ClassVar[str] = "documents/notice.css"

    @property
    def template(self) -> str:
        return f"documents/notice/{self.kind}.html"

    @property
    def landscape(self) -> bool:
        return self.kind == "criteria"


def to_json(annexes: Iterable[Grid]) -> list[dict[str, Any]]:
    """The annexes as they are kept with the issued notice."""
    return [{"kind": annex.kind, "title": annex.title, **annex.content} for annex in annexes]


def from_json(content: Iterable[Mapping[str, Any]]) -> tuple[Grid, ...]:
    """Read back what `to_json` wrote."""
    kept = [dict(annex) for annex in content]
    return tuple(Grid(annex.pop("title"), annex.pop("kind"), annex) for annex in kept)


def criteria_annex(spec: SchemeSpec) -> Grid:
    """评分细则: every item by category with its rule in words; then the stars and the restrictions.

    A group is (heading, rows); a row (item, points, standard, sentences of the rule, who supplies it).
    """
    bands = [f"{Star(band.star).label}级：{condition_text(spec, band.condition)}。" for band in spec.bands]
    content = {
        "groups": _grouped(spec, _criterion),
        "bands": tuple(bands),
        "restrictions": tuple(f"{entry.name}的，{entry.effect_text}。" for entry in spec.restrictions),
    }
    return Grid(f"{spec.year}年度镇街党校规范化建设星级评定细则", "criteria", content)


def _grouped(spec: SchemeSpec, row: Callable[[SchemeSpec, Line], tuple]) -> tuple[tuple[str, tuple], ...]:
    return tuple((_heading(group), tuple(row(spec, line) for line in group.lines)) for group in groups(spec))


def _heading(group: Group) -> str:
    points = f"{group.points}分" if group.code else group.points.replace(" ", "")
    return f"{group.code} {group.name}".strip() + (f"（{points}）" if points else "")


def _criterion(spec: SchemeSpec, line: Line) -> tuple:
    item = line.item
    return f"{item.code} {item.name}", line.points, item.standard, line.words, _supply(spec, line)


def _supply(spec: SchemeSpec, line: Line) -> str:
    """Where the points come from, in the words of those who must do something."""
    sources = {
        "系统取数": line.computed,
        "学校填报": line.asked,
        f"{_reviewed_at(spec)}核定": line.verified,
        "现场查看": line.item.onsite,
    }
    return "、".join(words for words, applies in sources.items() if applies)


def _reviewed_at(spec: SchemeSpec) -> str:
    return (Stage.COUNTY if spec.has_county_stage else Stage.CITY).label


def form_annex(spec: SchemeSpec) -> Grid:
    """申报表, the blank form for those who draft on paper: what a school is asked, nothing that the system
    knows already.

    A group is (heading, rows); a row (item, points, what is to be filled in).
    """
    content = {"in_counties": spec.has_county_stage, "groups": _grouped(spec, _entry)}
    return Grid(f"{spec.year}年度镇街党校规范化建设星级评定申报表", "form", content)


def _entry(spec: SchemeSpec, line: Line) -> tuple[str, str, tuple[str, ...]]:
    bound = spec.bound[line.item.code]
    owed = [_blank(question) for question in bound.asked if question.name not in bound.not_for_school]
    if not owed:
        owed = [f"由{_reviewed_at(spec)}核定，不用填写"] if bound.asked else ["由系统取数，不用填写"]
    elif bound.system_parts:
        owed.append("其余由系统取数")
    if bound.item.may_be_na:
        owed.append(f"{BOX}不适用")
    return f"{bound.item.code} {bound.item.name}", line.points, tuple(owed)


def _blank(question: Asked) -> str:
    match question.kind:
        case "tick":
            return f"{BOX}{question.name}"
        case "level":
            return f"{question.name}：" + "　".join(f"{BOX}{word}" for word, _ in question.levels)
        case "count":
            return f"{question.name}{BLANK}（{question.per}）"
        case "points":
            return f"{question.name}{BLANK}分（{plain(question.low)}—{plain(question.high)}分）"
        case _:
            return f"{question.name}{BLANK}"


def schedule_annex(year: int, rows: Iterable[tuple[str, str, str, str]]) -> Grid:
    """时间安排: stages in their order as (stage, work, by whom, when)."""
    return Grid(f"{year}年度镇街党校规范化建设星级评定时间安排", "schedule", {"rows": tuple(rows)})


def changes_annex(changes: Changes, notes: Mapping[str, str]) -> Grid:
    """本年度调整说明, with the office's note on each change.

    A section is (name, rows); a row (what, kind of change, before, now, the year's priority behind it).
    """
    sections = (
        (name, tuple(_change(row, notes.get(row.key, "")) for row in rows)) for name, rows in changes.sections
    )
    content = {
        "years": (changes.old_year, changes.new_year),
        "sections": tuple(sections),
        "totals": changes.totals,
    }
    return Grid(f"{changes.new_year}年度星级评定标准调整说明", "changes", content)


def _change(row: RowChange, note: str) -> tuple[str, str, tuple[str, ...], tuple[str, ...], str]:
    if row.fields:
        before = tuple(_said(field.label, field.old, row) for field in row.fields)
        now = tuple(_said(field.label, field.new, row) for field in row.fields)
    else:
        detail = (row.detail,) if row.detail else ()
        before, now = (detail, ()) if row.kind == REMOVED else ((), detail)
    return row.title, row.label, before, now, note


def _said(label: str, text: str, row: RowChange) -> str:
    """A field named unless it is the only thing the row can change."""
    text = text or "（无）"
    return text if label == row.title else f"{label}：{text}"
