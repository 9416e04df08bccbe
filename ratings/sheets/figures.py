"""One system figure as people read it, with the place where its records stand."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage
from ratings.models import Assessment
from ratings.rules.rounding import with_unit
from schools.metrics import IMPORTED, METRICS, Figure, worded
from schools.registry.overview import address


@dataclass(frozen=True)
class FigureLine:
    """`url` leads to the records a figure was counted from, `registry` to where the school itself
    keeps them.
    """

    reference: str
    label: str
    text: str
    url: str = ""
    imported: bool = False
    note: str = ""
    registry: str = ""


def figure_line(
    spec: SchemeSpec, assessment: Assessment, reference: str, figure: Figure, *, reader: str
) -> FigureLine:
    """A figure with its unit. The school itself is led on to what it can mend; a metric of the scheme has no
    records.
    """
    label = reference.partition("[")[0]
    registered, is_own = METRICS.get(label), reader == Stage.SELF
    if registered:
        url = (
            f"{reverse('schools:school', args=[assessment.school_id])}?year={spec.year}#{registered.section}"
        )
    else:
        url = reverse("ratings:scheme_figures", args=[assessment.scheme_id]) if is_own else ""
    return FigureLine(
        reference=reference,
        label=worded(reference),
        text=with_unit(figure.value, spec.metrics[label].unit),
        url=url,
        imported=figure.source == IMPORTED and registered is not None,
        note=figure.note if is_own else "",
        registry=address(assessment.school_id, registered.section, spec.year)
        if registered and is_own
        else "",
    )
