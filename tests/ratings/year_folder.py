"""A small year as workbooks: three schools, two categories, every kind of row; tests change one thing at a
time.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.workbook import read_scheme_workbook
from schools.workbooks import SheetOut, write_workbook

PARAMETERS = {
    "名称": "测试市镇街党校星级评定方案",
    "年度": 2025,
    "主办单位": "中共测试市委组织部、中共测试市委党校",
    "所属市": "测试市",
    "县级初评": "有",
    "县初评权重": "30%",
    "评审权重": "70%",
    "评委汇总": "平均",
    "加分上限": 3,
}
ITEM_HEADINGS = [
    "大项编码",
    "大项名称",
    "分组名称",
    "小项编码",
    "小项名称",
    "类型",
    "分值",
    "标准",
    "计分规则",
    "佐证要求",
    "核定要素",
    "现场",
    "可不适用",
]
ITEMS = [
    (
        "K",
        "场地",
        "",
        "K1",
        "主教室",
        "小项",
        30,
        "",
        "档(主教室座位: ≥100→30; ≥60→20; 其他→0)",
        "",
        "",
        "",
        "",
    ),
    ("", "", "", "K2", "设施", "小项", 30, "", "清单(音响=10; 桌椅=20)", "", "", "是", ""),
    ("L", "教学", "", "L1", "听课", "小项", 20, "", "评(听课: A=20; B=12; C=0)", "", "听课", "", ""),
    ("", "", "", "L2", "台账", "小项", 20, "", "扣(月报逾期 每月 2; 无专人 5; 下限 0)", "", "", "", ""),
    ("M", "加分", "", "M1", "创新", "加分项", 5, "", "加(成果 每项 2)", "", "", "", ""),
]
BANDS = [("五星", "总分≥90 且 L≥30"), ("四星", "总分≥75"), ("三星", "总分≥60")]
RESTRICTIONS = [
    ("Y1", "发生责任事故", "人工", "最高三星", "认定材料"),
    ("Y2", "未提交自评", "未提交自评", "不授星", "申报记录"),
    ("Y3", "主教室不足", "主教室座位<20", "不授星", "登记"),
]
SCHOOLS = [("001", "东溪镇委党校", "甲区"), ("002", "南浦镇委党校", "甲区"), ("003", "青屿镇委党校", "乙县")]
METRICS = [
    (code, name, value)
    for code in ("001", "002", "003")
    for name, value in (("主教室座位", 120), ("月报逾期", 0))
]
DECISION_HEADINGS = [
    "学校编码",
    "审定星级",
    "理由",
    "会议日期",
    "应到",
    "实到",
    "会议纪要",
    "同意",
    "不同意",
    "弃权",
]
#: The meeting of the small year, as the cells of a row.
HELD = ("2025-12-20", 11, 9, "测评纪〔2025〕3号")
_read: dict[str, SchemeSpec] = {}
SCORE_HEADINGS = ["学校编码", "小项编码", "阶段", "评委", "得分", "作答", "说明"]


def full_marks(
    school: str, judges: tuple[str, ...] = ("评委甲", "评委乙", "评委丙")
) -> list[tuple[Any, ...]]:
    """Rows of a school that owes nothing and misses nothing; M1 without any result."""
    answers = {"K2": "音响；桌椅", "L2": "无", "M1": "无"}
    rows = [(school, code, "自评", "", None, text, "") for code, text in answers.items()]
    reviewed = answers | {"L1": "A"}
    rows += [(school, code, "初评", "", None, text, "") for code, text in reviewed.items()]
    return rows + [
        (school, code, "评审", judge, None, text, "") for judge in judges for code, text in reviewed.items()
    ]


class YearFolder:
    """Change the lists, then `write()`; `scheme` and `folder` are what run_year takes."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.parameters: dict[str, Any] = dict(PARAMETERS)
        self.items = [list(item) for item in ITEMS]
        self.bands, self.restrictions = list(BANDS), list(RESTRICTIONS)
        self.custom_metrics: list[tuple] = []
        self.schools, self.metrics = list(SCHOOLS), deepcopy(METRICS)
        self.scores = [row for code, _, _ in SCHOOLS for row in full_marks(code)]
        self.cases: list[tuple[str, str, str]] = []
        self.decisions: list[tuple[Any, ...]] = []

    @property
    def scheme(self) -> Path:
        return self.folder / "scheme.xlsx"

    def item(self, code: str) -> list[Any]:
        return next(item for item in self.items if item[3] == code)

    def set_score(
        self,
        school: str,
        item: str,
        stage: str,
        *,
        judge: str = "",
        points=None,
        answers: str = "",
        remark: str = "",
    ) -> None:
        """Replace the row of this school, item, stage and judge."""
        self.drop_scores(school, item, stage, judge)
        self.scores.append((school, item, stage, judge, points, answers, remark))

    def drop_scores(self, school: str, item: str = "", stage: str = "", judge: str = "") -> None:
        """Remove the rows that match; an empty argument matches everything."""
        wanted = (school, item, stage, judge)
        self.scores = [
            row
            for row in self.scores
            if any(want and want != have for want, have in zip(wanted, row, strict=False))
        ]

    def write(self) -> YearFolder:
        self._write_scheme()
        self._one("schools.xlsx", ["学校编码", "学校名称", "县（市、区）"], self.schools)
        self._one("metrics.xlsx", ["学校编码", "指标", "数值"], self.metrics)
        self._one("scores.xlsx", SCORE_HEADINGS, self.scores)
        self._one("restrictions.xlsx", ["学校编码", "情形编码", "依据"], self.cases)
        if self.decisions:  # a workbook that most years do not have
            self._one("decisions.xlsx", DECISION_HEADINGS, self.decisions)
        return self

    def spec(self) -> SchemeSpec:
        """The criteria as read from their workbook; workbooks with the same cells are written and read once
        in a run.
        """
        cells = repr((self.parameters, self.items, self.bands, self.restrictions, self.custom_metrics))
        if cells not in _read:
            _read[cells] = read_scheme_workbook(self._write_scheme()).spec
        return _read[cells]

    def _write_scheme(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        sheets = [
            SheetOut("方案", ["项目", "内容"], list(self.parameters.items())),
            SheetOut("指标项", ITEM_HEADINGS, self.items),
            SheetOut("自定义指标", ["名称", "单位", "方向", "上限", "填报"], self.custom_metrics),
            SheetOut("星级标准", ["星级", "条件"], self.bands),
            SheetOut("限制性情形", ["编码", "情形", "触发", "后果", "依据"], self.restrictions),
        ]
        write_workbook(self.scheme, sheets)
        return self.scheme

    def _one(self, name: str, headings: list[str], rows: list) -> None:
        write_workbook(self.folder / name, [SheetOut("Sheet1", headings, rows)])
