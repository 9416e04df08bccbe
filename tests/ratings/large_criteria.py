"""A three-level table as large as the largest known: 6 categories, 42 groups, 228 items, all made up."""

from __future__ import annotations

import io
from typing import Any

from django.utils import timezone

from schools.workbooks import SheetOut, write_workbook

CATEGORIES, GROUPS, ITEMS = 6, 42, 228
DIGITS = "一二三四五六"
HEADINGS = [
    "大项编码",
    "大项名称",
    "分组名称",
    "小项编码",
    "小项名称",
    "分值",
    "标准",
    "计分规则",
    "核定要素",
    "现场",
]


def rows() -> list[list[Any]]:
    """Items with 0.44 and 0.43 points that make 100; every fourth is counted by the system, some are for
    reviewers alone.
    """
    return [_row(number) for number in range(ITEMS)]


def _row(number: int) -> list[Any]:
    group = number * GROUPS // ITEMS
    category = group * CATEGORIES // GROUPS
    points = 0.44 if number < 196 else 0.43
    rules = (
        f"清单(要点{number}有记录={points})",
        f"档(主体班次: ≥{2 + number % 3}→{points}; ≥1→0.2; 其他→0)",
        f"评(要点{number}质量: A={points}; B=0.2; C=0)",
        f"扣(要点{number}缺项 每项 0.1; 下限 0)",
    )
    return [
        f"G{category + 1}",
        f"第{DIGITS[category]}大项",
        f"第{group + 1}组 示范内容",
        f"G{category + 1}-{number + 1}",
        f"示范内容第{number + 1}项",
        points,
        f"示范内容第{number + 1}项应当落实并有记录。",
        rules[number % 4],
        "全部" if number % 20 == 2 else "",
        "是" if number % 30 == 3 else "",
    ]


def large_workbook(*, year: int | None = None, city: str = "示例市") -> bytes:
    """The table as a workbook, with three stars and no restrictions but the one for schools that hand in
    nothing.
    """
    year = year or timezone.localdate().year
    parameters = [
        ("名称", "大规模考评表"),
        ("年度", year),
        ("主办单位", "市委组织部"),
        ("所属市", city),
        ("统计截止日", f"{year}-01-31"),
    ]
    sheets = [
        SheetOut("方案", ["项目", "内容"], parameters),
        SheetOut("指标项", HEADINGS, rows()),
        SheetOut(
            "星级标准", ["星级", "条件"], [("五星", "总分≥90"), ("四星", "总分≥80"), ("三星", "总分≥70")]
        ),
        SheetOut(
            "限制性情形", ["编码", "情形", "触发", "后果"], [("X1", "未提交自评", "未提交自评", "不授星")]
        ),
    ]
    target = io.BytesIO()
    write_workbook(target, sheets)
    return target.getvalue()
