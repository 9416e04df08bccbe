"""From plain structures to what people type: rule lines, conditions, answers, and the rows of the five
workbooks.
"""

import re
from fractions import Fraction

import xlsxwriter

from tests.oracle.naive import asked_names

STARS = ["不授星", "一星", "二星", "三星", "四星", "五星"]
RATES = {"最低大项得分率"}
ITEM_HEADINGS = ["大项编码", "大项名称", "分组名称", "小项编码", "小项名称", "类型", "分值"]
ITEM_HEADINGS += ["标准", "计分规则", "佐证要求", "核定要素", "现场", "可不适用"]


def decimal_text(number):
    """Shortest decimal of a fraction that has one."""
    number = Fraction(number)
    digits = 0
    while (number * 10**digits).denominator != 1:
        digits += 1
        assert digits < 9, f"{number} is no decimal"
    if digits == 0:
        return str(int(number))
    sign, whole = ("-" if number < 0 else ""), str(abs(int(number * 10**digits))).rjust(digits + 1, "0")
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}"


def bound_text(scheme, subject, number):
    """A bound in the unit of its subject: rates as percent."""
    percent = number != 0 and (subject in RATES or scheme["metrics"].get(subject) == "%")
    return decimal_text(number * 100) + "%" if percent else decimal_text(number)


def name_text(name):
    """A name, quoted when a bare one would not hold it."""
    return name if re.fullmatch(r"\w+(\[.*\])?", name) else f"“{name}”"


def comparison_text(scheme, atom, subject=True):
    """``名≥数`` or, inside a one-subject 档, ``≥数``."""
    name, op, bound = atom
    shown = name_text(name) if subject else ""
    if op == "—":
        low, high = (bound_text(scheme, name, end) for end in bound)
        return f"{shown}={low}—{high}" if subject else f"{low}—{high}"
    if op == "=" and not subject:
        return bound_text(scheme, name, bound)
    return f"{shown}{op}{bound_text(scheme, name, bound)}"


def condition_text(scheme, condition):
    """Comparisons joined by 且."""
    return " 且 ".join(comparison_text(scheme, atom) for atom in condition)


def _entries_text(scheme, part):
    texts = []
    for entry in part["entries"]:
        points = decimal_text(entry["points"])
        if entry["how"] == "每":
            texts.append(f"{name_text(entry['name'])} 每{entry['unit']} {points}")
        elif entry["how"] == "一次":
            texts.append(f"{name_text(entry['name'])} {points}")
        elif entry["how"] == "条件":
            texts.append(f"{condition_text(scheme, entry['condition'])} {points}")
        else:
            percent = scheme["metrics"].get(entry["name"]) == "%"
            step = (
                decimal_text(entry["step"] * 100) + "个百分点"
                if percent
                else decimal_text(entry["step"]) + entry["unit"]
            )
            bound = bound_text(scheme, entry["name"], entry["bound"])
            texts.append(f"{name_text(entry['name'])}{entry['op']}{bound} 每{step} {points}")
    return texts


def part_text(scheme, part):
    """One part of a rule in the words of the rule language."""
    kind = part["kind"]
    if kind == "清单":
        return (
            "清单("
            + "; ".join(f"{name_text(name)}={decimal_text(points)}" for name, points in part["entries"])
            + ")"
        )
    if kind == "档":
        single = part.get("subject")
        bands = [
            (
                comparison_text(scheme, condition[0], subject=False)
                if single
                else condition_text(scheme, condition)
            )
            + f"→{decimal_text(points)}"
            for condition, points in part["bands"]
        ]
        asked = "问 " if single and single not in scheme["metrics"] else ""
        head = f"{asked}{name_text(single)}: " if single else ""
        return f"档({head}{'; '.join(bands)}; 其他→{decimal_text(part['otherwise'])})"
    if kind == "比":
        target = decimal_text(part["target"] * 100)
        return f"比({part['over']}/{part['under']} ÷ {target}%)×{decimal_text(part['points'])}"
    if kind == "评":
        return (
            f"评({name_text(part['name'])}: "
            + "; ".join(f"{level}={decimal_text(n)}" for level, n in part["levels"])
            + ")"
        )
    if kind == "分":
        return (
            f"分({decimal_text(part['low'])}—{decimal_text(part['high'])}; 步长 {decimal_text(part['step'])})"
        )
    texts = _entries_text(scheme, part)
    if kind == "加":
        return (
            "加("
            + "; ".join(texts + ([f"上限 {decimal_text(part['cap'])}"] if part["cap"] is not None else []))
            + ")"
        )
    opening = [f"满分 {decimal_text(part['full'])}"] if part["states_full"] else []
    return "扣(" + "; ".join(opening + texts + [f"下限 {decimal_text(part['floor'])}"]) + ")"


def rule_text(scheme, item):
    """The 计分规则 of an item."""
    return " + ".join(part_text(scheme, part) for part in item["parts"])


def answer_text(scheme, item, answers):
    """作答 of one row; 无 where nothing applies."""
    kinds = {}
    for part in item["parts"]:
        for name in asked_names(scheme, part):
            entry = next(
                (
                    entry
                    for entry in part.get("entries", [])
                    if isinstance(entry, dict) and entry.get("name") == name
                ),
                {},
            )
            kinds[name] = entry.get("how", part["kind"])
    texts = []
    for name, value in answers.items():
        if kinds[name] in ("评", "分") and len(answers) == 1:
            texts.append(value if kinds[name] == "评" else decimal_text(value))
        elif kinds[name] == "评":
            texts.append(f"{name}={value}")
        elif kinds[name] in ("档", "分"):
            texts.append(f"{name}={decimal_text(value)}")
        elif value:
            texts.append(name if kinds[name] in ("清单", "一次") else f"{name}×{decimal_text(value)}")
    return "；".join(texts) or "无"


def trigger_text(scheme, trigger):
    """触发 of a restriction."""
    return condition_text(scheme, trigger) if isinstance(trigger, list) else trigger


def effect_text(cap):
    """后果 of a restriction."""
    return "不授星" if cap == 0 else f"最高{STARS[cap]}"


def scheme_sheets(scheme):
    """Rows of the five sheets of scheme.xlsx, headings first."""
    setting = {
        "名称": scheme["name"],
        "年度": scheme["year"],
        "主办单位": scheme["organiser"],
        "所属市": scheme["city"],
        "县级初评": "有" if scheme["county_stage"] else "无",
    }
    if scheme["county_stage"]:
        setting["县初评权重"] = decimal_text(scheme["county_weight"] * 100) + "%"
        setting["评审权重"] = decimal_text(100 - scheme["county_weight"] * 100) + "%"
    setting["评委汇总"] = scheme["method"]
    if scheme["bonus_cap"] is not None:
        setting["加分上限"] = float(scheme["bonus_cap"])
    setting["加分起算分"] = float(scheme["bonus_from"])
    setting.update(scheme.get("settings", {}))
    if scheme["five_star_share"] is not None:
        setting["五星比例上限"] = decimal_text(scheme["five_star_share"] * 100) + "%"
    items = [
        [
            item["category"],
            scheme["categories"].get(item["category"], item["category"]),
            item.get("group", ""),
            item["code"],
            item["name"],
            "加分项" if item["bonus"] else "小项",
            float(item["points"]),
            item.get("standard", ""),
            rule_text(scheme, item),
            item.get("evidence", ""),
            item["reviewed"] if item["reviewed"] == "全部" else "、".join(item["reviewed"]),
            "是" if item["on_site"] else "",
            "是" if item["optional"] else "",
        ]
        for item in scheme["items"]
    ]
    restrictions = [
        [
            row["code"],
            row["name"],
            trigger_text(scheme, row["trigger"]),
            effect_text(row["cap"]),
            row.get("basis", ""),
        ]
        for row in scheme["restrictions"]
    ]
    return {
        "方案": [["项目", "内容"]] + [list(pair) for pair in setting.items()],
        "指标项": [ITEM_HEADINGS, *items],
        "自定义指标": [["名称", "单位", "方向", "上限", "填报"], *scheme.get("custom_metrics", [])],
        "星级标准": [["星级", "条件"]]
        + [[STARS[star], condition_text(scheme, condition)] for star, condition in scheme["bands"]],
        "限制性情形": [["编码", "情形", "触发", "后果", "依据"], *restrictions],
    }


def score_rows(scheme, rows):
    """Rows of scores.xlsx, headings first. A 得分 is written as a number of the decimals it has."""
    items = {item["code"]: item for item in scheme["items"]}
    table = [["学校编码", "小项编码", "阶段", "评委", "得分", "作答", "说明"]]
    for row in rows:
        answers = "不适用" if row.get("absent") else None
        if row.get("answers") is not None:
            answers = answer_text(scheme, items[row["item"]], row["answers"])
        points = row.get("points")
        note = row.get("note", "")
        typed = None if points is None else float(points)
        table.append([row["school"], row["item"], row["stage"], row.get("judge", ""), typed, answers, note])
    return table


def metric_rows(scheme, metrics):
    """Rows of metrics.xlsx; rates as percent text."""
    table = [["学校编码", "指标", "数值"]]
    for school, values in metrics.items():
        for reference, value in values.items():
            table.append([school, reference, bound_text(scheme, reference, value)])
    return table


def input_workbooks(scheme, schools, metrics, rows, listed):
    """Rows of the four workbooks beside the scheme, by file name."""
    return {
        "schools.xlsx": [["学校编码", "学校名称", "县（市、区）"], *schools],
        "metrics.xlsx": metric_rows(scheme, metrics),
        "scores.xlsx": score_rows(scheme, rows),
        "restrictions.xlsx": [["学校编码", "情形编码", "依据"]]
        + [[school, code, "查实材料"] for school, codes in listed.items() for code in codes],
    }


def write_workbook(path, sheets):
    """Write sheets of rows as .xlsx, numbers as numbers and text as text."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        for title, table in sheets.items():
            sheet = book.add_worksheet(title)
            for number, cells in enumerate(table):
                for column, cell in enumerate(cells):
                    if cell not in (None, ""):
                        sheet.write(number, column, cell)
