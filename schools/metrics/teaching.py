"""Figures made of class records, lessons and the annual plan."""

from datetime import date
from fractions import Fraction

from schools.models import Lesson, TrainingClass
from schools.models.teaching import ClassCategory

from .loading import ClassRow, LessonRow, PlannedRow, PlanRow, SchoolData
from .metric import ONE, YUAN_PER_UNIT, Metric, Reduce, Select, number_of, rate, share, sum_of, total
from .references import Reference

ARGUMENTS = {"学时": "hours", "人次": "attendance"}
FILING_DEADLINE = (3, 31)
FIRST_HALF = range(1, 7)
SECOND_HALF = range(7, 13)
BELOW_LIMIT = "可加口径（学时、人次），不够口径的班次不计。"


def classes(data: SchoolData, reference: Reference) -> list[ClassRow]:
    """Classes of the period that meet the reference's conditions, hosted and joined."""
    limits = [(ARGUMENTS[comparison.name], comparison) for comparison in reference.comparisons]
    return [row for row in data.classes if all(limit.holds(getattr(row, column)) for column, limit in limits)]


def hosted(category: str | None = None, months: range = range(1, 13)) -> Select:
    """Classes the school hosts itself, of one category or of all, in some months or in all."""
    return lambda data, reference: [
        row
        for row in classes(data, reference)
        if row.hosted and category in (None, row.category) and row.starts_on.month in months
    ]


def months_with_classes(size: int) -> Reduce:
    """How many spans of `size` months have a class; spans start in January."""

    def reduce(rows: list[ClassRow], data: SchoolData, reference: Reference) -> Fraction:
        spans = {(row.starts_on.year, (row.starts_on.month - 1) // size) for row in rows}
        return Fraction(min(len(spans), 12 // size))

    return reduce


def spending(data: SchoolData) -> Fraction:
    """What the classes of the period cost, in yuan."""
    return total(row.cost for row in data.classes)


def _used_points(data: SchoolData, reference: Reference) -> list[ClassRow]:
    own = {point.pk for point in data.points}
    return [row for row in classes(data, reference) if row.teaching_point_id in own]


def _filed_in_time(rows: list[PlanRow], data: SchoolData, reference: Reference) -> Fraction:
    deadline = date(data.period.year, *FILING_DEADLINE)
    return Fraction(any(plan.filed_on is not None and plan.filed_on <= deadline for plan in rows))


def _completion(rows: list[PlannedRow], data: SchoolData, reference: Reference) -> Fraction | None:
    held = {row.planned_id for row in data.classes}
    return share(lambda row: row.pk in held)(rows, data, reference)


def _lessons_by(*kinds: str) -> Select:
    return lambda data, reference: [
        row for row in data.lessons if row.part == TrainingClass.Part.HOST and row.kind in kinds
    ]


def _leading_share(rows: list[LessonRow], data: SchoolData, reference: Reference) -> Fraction | None:
    taught = total(row.hours for row in data.classes if row.hosted)
    return rate(total(row.hours for row in rows), taught, cap=ONE)


def _of_classes(
    label: str, unit: str, select: Select, definition: str, reduce: Reduce = number_of, **extra
) -> Metric:
    return Metric(
        label,
        unit,
        f"{definition}{BELOW_LIMIT}",
        select=select,
        reduce=reduce,
        accepts=frozenset(ARGUMENTS),
        **{"sources": ("classes",), **extra},
    )


def _of_lessons(label: str, kind: str, definition: str) -> Metric:
    return Metric(label, "次", definition, ("lessons",), _lessons_by(kind))


MAIN, CONCENTRATED, ONSITE = ClassCategory.MAIN, ClassCategory.CONCENTRATED, ClassCategory.ONSITE
LECTURE = TrainingClass.Form.LECTURE
KINDS = Lesson.LecturerKind

TEACHING = (
    _of_classes(
        "上半年主体班",
        "期",
        hosted(MAIN, FIRST_HALF),
        "统计期内1月至6月开班、由本校主办的主体班期数。",
    ),
    _of_classes(
        "下半年主体班",
        "期",
        hosted(MAIN, SECOND_HALF),
        "统计期内7月至12月开班、由本校主办的主体班期数。",
    ),
    _of_classes("主体班次", "期", hosted(MAIN), "统计期内由本校主办的主体班期数。"),
    _of_classes(
        "办班期数",
        "期",
        hosted(),
        "统计期内由本校主办的各类班次期数；联合办班只计主办方，参加方不计期数。",
    ),
    _of_classes("集中培训次数", "次", hosted(CONCENTRATED), "统计期内由本校主办的集中培训次数。"),
    _of_classes("现场教学次数", "次", hosted(ONSITE), "统计期内由本校主办的现场教学次数。"),
    _of_classes(
        "有培训的双月数",
        "个",
        classes,
        "统计期内1—2月、3—4月至11—12月中有班次（主办或参加，按开班日期）的双月个数。",
        months_with_classes(2),
        upper=Fraction(6),
    ),
    _of_classes(
        "有培训的月数",
        "个",
        classes,
        "统计期内有班次（主办或参加，按开班日期）的月份个数。",
        months_with_classes(1),
        upper=Fraction(12),
    ),
    _of_classes(
        "参训人次",
        "人次",
        classes,
        "统计期内主办和参加的班次的人次合计，联合办班各校登记本校人次。",
        sum_of("attendance"),
    ),
    _of_classes("培训学时", "学时", hosted(), "统计期内由本校主办的班次的学时合计。", sum_of("hours")),
    _of_classes(
        "第一课占比",
        "%",
        hosted(),
        "本校主办的班次中以党的创新理论为第一课的班次所占比例。",
        share(lambda row: row.first_lesson),
        upper=ONE,
    ),
    _of_classes(
        "评价班次占比",
        "%",
        hosted(),
        "本校主办的班次中登记了训后评价均分的班次所占比例。",
        share(lambda row: row.rating is not None),
        upper=ONE,
    ),
    _of_classes(
        "非讲授式占比",
        "%",
        hosted(),
        "本校主办的班次中教学形式不是讲授的班次所占比例。",
        share(lambda row: row.form != LECTURE),
        upper=ONE,
    ),
    _of_classes(
        "补录占比",
        "%",
        classes,
        "开班登记中在班次结束15天以后才登记的所占比例。",
        share(lambda row: row.late),
        direction="down",
        upper=ONE,
    ),
    _of_classes(
        "使用过的教学点数",
        "个",
        _used_points,
        "统计期内本校班次使用过的现场教学点个数，含与邻校共用的教学点。",
        lambda rows, data, reference: Fraction(len({row.teaching_point_id for row in rows})),
        sources=("classes", "points"),
    ),
    Metric(
        "培训支出",
        "万元",
        "统计期内开班登记的经费支出合计，以万元计。",
        ("classes",),
        lambda data, reference: [row for row in data.classes if row.cost > 0],
        lambda rows, data, reference: total(row.cost for row in rows) / YUAN_PER_UNIT,
        direction="none",
    ),
    Metric("计划班次数", "期", "年度培训计划中月份在统计期内的班次数。", ("planned",)),
    Metric(
        "计划完成率",
        "%",
        "月份在统计期内的计划班次中，至少办过一期（开班登记注明该计划班次）的所占比例；"
        "没有计划班次时无法计算。",
        ("planned", "classes"),
        reduce=_completion,
        upper=ONE,
    ),
    Metric(
        "年度计划按期备案",
        "是否",
        "当年年度培训计划在3月31日以前备案的为1，否则为0。",
        ("plans",),
        reduce=_filed_in_time,
        upper=ONE,
    ),
    Metric(
        "领导干部授课占比",
        "%",
        "本校主办的班次中，书记、领导班子成员、挂点领导讲授的课次学时占班次学时的比例。",
        ("classes", "lessons"),
        _lessons_by(*Lesson.LEADING),
        _leading_share,
        upper=ONE,
    ),
    _of_lessons("书记授课", KINDS.SECRETARY, "统计期内本校主办的班次中镇街党（工）委书记讲授的课次数。"),
    _of_lessons("榜样授课", KINDS.MODEL, "统计期内本校主办的班次中榜样讲授的课次数。"),
    _of_lessons(
        "挂点领导授课",
        KINDS.LINKED_LEADER,
        "统计期内本校主办的班次中挂点领导（含第一书记）讲授的课次数。",
    ),
)
