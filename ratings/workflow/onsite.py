"""现场项: what is to be looked at on site is judged by the city only once its visit is registered."""

from ratings.criteria.spec import SchemeSpec
from ratings.models import Assessment


def shut(assessment: Assessment, *, onsite: bool) -> str:
    """Why the city can neither score nor adjust an item there yet, as a sentence; "" where it can.

    Until the school is visited 初评 stands for its 现场 items; where the scheme has no 初评, nothing does.
    """
    if not onsite or assessment.visited:
        return ""
    until = "现在沿用初评，" if assessment.scheme.has_county_stage else ""
    return f"现场项走访后才能评分：{assessment.school.name}还没有登记走访，{until}请先登记走访的日期和人员。"


def shut_codes(assessment: Assessment, spec: SchemeSpec) -> frozenset[str]:
    """The items that are shut."""
    return frozenset(item.code for item in spec.items if shut(assessment, onsite=item.onsite))
