"""The fixed words of the regulation: states, phases, stages and ways of counting."""

from django.db.models import IntegerChoices, TextChoices


class Phase(TextChoices):
    """Where the year of a whole scheme stands; a notice of 0 days is skipped."""

    DRAFTING = "drafting", "编制中"
    OPEN = "open", "申报中"
    SCORING = "scoring", "评审中"
    SETTLED = "settled", "已审定"
    NOTICE = "notice", "公示中"
    PUBLISHED = "published", "已通报"
    ARCHIVED = "archived", "已归档"


#: The year is under way: schools fill in and reviewers score.
RUNNING = (Phase.OPEN, Phase.SCORING)
#: Phases in which results may be read by schools, counties, viewers and auditors.
PUBLIC_PHASES = (Phase.PUBLISHED, Phase.ARCHIVED)


class Status(TextChoices):
    """Where one school's assessment stands (状态)."""

    DRAFT = "draft", "填报中"
    CONFIRMING = "confirming", "待确认"
    COUNTY = "county", "县初评中"
    CITY = "city", "市评审中"
    SETTLED = "settled", "已审定"
    RETURNED = "returned", "退回补正"
    DECLINED = "declined", "不参评"
    LAPSED = "lapsed", "未申报"


#: Nothing is handed in yet: whoever scores or decides does not see the school's sheet.
UNFINISHED = (Status.DRAFT, Status.CONFIRMING)


class Stage(TextChoices):
    """Who scores; each stage keeps rows of its own and never overwrites an earlier one."""

    SELF = "self", "自评"
    COUNTY = "county", "初评"
    CITY = "city", "评审"


class Aggregation(TextChoices):
    """How the sheets of a panel become one figure per item (评委汇总)."""

    TRIMMED = "trimmed", "去一高一低平均"
    MEAN = "mean", "平均"
    MEDIAN = "median", "中位数"
    JOINT = "joint", "合议"


class Confirmation(TextChoices):
    """How a head of school confirms a submission (确认方式)."""

    SYSTEM = "system", "系统确认"
    SIGNED = "signed", "签字盖章页"


class ItemKind(TextChoices):
    BASE = "base", "小项"
    BONUS = "bonus", "加分项"


class FilledBy(TextChoices):
    """Who supplies the value of a metric that the scheme declares itself (填报)."""

    SCHOOL = "school", "学校"
    COUNTY = "county", "县"
    CITY = "city", "市"


class Trigger(TextChoices):
    """What makes a restriction apply (触发)."""

    MANUAL = "manual", "人工"
    NO_SUBMISSION = "no_submission", "未提交自评"
    CONDITION = "condition", "条件"


class Star(IntegerChoices):
    """Star levels; 不授星 is the absence of a star, not a sixth level."""

    NONE = 0, "不授星"
    ONE = 1, "一星"
    TWO = 2, "二星"
    THREE = 3, "三星"
    FOUR = 4, "四星"
    FIVE = 5, "五星"
