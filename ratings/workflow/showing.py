"""What stands on the page of a step, so that whoever takes it takes it for what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ratings.enums import Stage
from ratings.models import Assessment, Evidence
from schools.metrics import Figure
from schools.models import AuditEntry
from schools.saving import Shown, last_saved

#: Steps by which the school signs its answers, or hands them to who signs them.
HANDING_ON = ("send_to_head", "submit", "resubmit")
#: Steps whose page shows figures.
FIGURED = (*HANDING_ON, "recommend")


def shown_at(assessment: Assessment, code: str) -> Shown:
    """What the page of the step shows, read now: whoever fills a page asks this before anything else, so that
    a change in between is noticed. Figures are added by `with_figures`.
    """
    shown = Shown(
        {"状态": [assessment.status, assessment.version]},
        {"状态": lambda: last_saved((assessment.moves.all(), "by__name", "at"))},
    )
    if code in FIGURED:
        shown = _with_own(shown, assessment)
    if code == "recommend":
        shown = _with_county(shown, assessment)
    return shown


def with_figures(shown: Shown, figures: Mapping[str, Figure]) -> Shown:
    """And the figures beside the answers."""
    values = {name: None if one.value is None else str(one.value) for name, one in figures.items()}
    return shown.plus("系统数据", values)


def _with_own(shown: Shown, assessment: Assessment) -> Shown:
    versions = assessment.scheme.versions.order_by("number")
    own = frozen_sheet(assessment, Stage.SELF)
    evidence = assessment.evidence.filter(item__isnull=False)
    savers = {
        "评分标准": lambda: last_saved((versions, "by__name", "at")),
        "自评作答和说明": lambda: _scored(assessment, Stage.SELF),
        "佐证材料": lambda: last_saved(
            (evidence, "by__name", "at"), (evidence, "removed_by__name", "removed_at")
        ),
    }
    parts = {
        "评分标准": versions.values_list("digest", flat=True).last(),
        "自评作答和说明": own["scores"],
        "佐证材料": own.get("evidence", []),
    }
    return Shown({**shown.parts, **parts}, {**shown.savers, **savers})


def _with_county(shown: Shown, assessment: Assessment) -> Shown:
    county = frozen_sheet(assessment, Stage.COUNTY)
    savers = {
        "初评评分和理由": lambda: _scored(assessment, Stage.COUNTY),
        "初评核定": lambda: last_adjusted(assessment),
    }
    parts = {"初评评分和理由": county["scores"], "初评核定": county["adjustments"]}
    return Shown({**shown.parts, **parts}, {**shown.savers, **savers})


def _scored(assessment: Assessment, stage: str) -> str:
    return last_saved((assessment.scores.filter(stage=stage), "updated_by__name", "updated_at"))


def last_adjusted(assessment: Assessment) -> str:
    """From the trail: a 核定 that was taken back left no row."""
    trail = AuditEntry.objects.filter(
        city=assessment.scheme.city_id, action="adjust", subject=str(assessment)
    )
    return last_saved((trail, "user__name", "at"))


def frozen_sheet(assessment: Assessment, stage: str) -> dict[str, Any]:
    """A stage's sheet as it stands: every row with answers, points and remark, its adjustments, and beside
    自评 the evidence, if there is any: sheets without that key, older ones among them, cover none.
    """
    rows = assessment.scores.filter(stage=stage).order_by("item__order", "judge_id")
    adjusted = assessment.adjustments.filter(stage=stage).order_by("item__order")
    sheet = {
        "stage": stage,
        "scores": [
            {
                "item": item,
                "judge": judge,
                "answers": answers,
                "points": None if points is None else str(points),
                "remark": remark,
            }
            for item, judge, answers, points, remark in rows.values_list(
                "item__code", "judge__label", "answers", "points", "remark"
            )
        ],
        "adjustments": [
            {"item": item, "points": str(points), "reason": reason}
            for item, points, reason in adjusted.values_list("item__code", "points", "reason")
        ],
    }
    if stage == Stage.SELF and (evidence := _evidence(assessment)):
        sheet["evidence"] = evidence
    return sheet


def _evidence(assessment: Assessment) -> list[dict[str, Any]]:
    """What is attached to items, files under their digest; scans of signed pages belong to none."""
    kept = Evidence.objects.kept().filter(assessment=assessment, item__isnull=False)
    rows = kept.order_by("item__order", "pk").values(
        "item__code", "kind", "name", "digest", "link", "copies", "location"
    )
    return [{"item": row.pop("item__code"), **row} for row in rows]
