"""What the registry says of the schools themselves, where their workbooks say nothing or too much."""

from __future__ import annotations

from schools.models import Region, School

from .sample import Sample

SEATS, STAFF = "主教室座位", "工作人员数"


def describe_schools(sample: Sample) -> None:
    """Seats and staff as the sample's figures have them: its list of schools holds names only."""
    figures = {school.code: school.metrics for school in sample.judged}
    schools = list(School.objects.filter(city__name=sample.city))
    for school in schools:
        school.has_plaque = True
        school.seats, school.staff_count = int(figures[school.code][SEATS]), int(figures[school.code][STAFF])
    School.objects.bulk_update(schools, ["has_plaque", "seats", "staff_count"])


def leave_gap(city: Region) -> None:
    """One school has not said whether its plaque is up: a gap that no figure needs, for whoever keeps the registry."""
    School.objects.filter(pk=School.objects.filter(city=city).in_order().values_list("pk", flat=True)[1]).update(has_plaque=None)
