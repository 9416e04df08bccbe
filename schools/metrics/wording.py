"""The words for where a figure comes from and which way it counts."""

#: Which way a metric counts: what workbooks, forms, pages and methodology say.
DIRECTIONS = {"up": "越高越好", "down": "越低越好", "none": "无方向"}
#: One entry for each list of `SchoolData`.
SOURCES = {
    "teachers": "师资库",
    "points": "现场教学点（含共用）",
    "regulations": "管理制度",
    "budgets": "经费来源、下达和到位",
    "figures": "年度人数",
    "plans": "年度培训计划",
    "planned": "计划班次",
    "classes": "开班登记（作废的不计）",
    "lessons": "课次和授课人",
    "reports": "月报",
    "visits": "走访指导（作废的不计）",
}
