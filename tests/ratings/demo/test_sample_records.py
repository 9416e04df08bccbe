"""The sample's year-long records: what the system counts from them is what metrics.xlsx of the same year
says.
"""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from openpyxl import load_workbook

from schools.importing.exchange import import_workbook
from schools.importing.figure_sheets import BudgetResource, YearFiguresResource
from schools.importing.registry_sheets import (
    EquipmentResource,
    LeaderResource,
    RegulationResource,
    TeacherResource,
    TeachingPointResource,
)
from schools.importing.schools import ensure_city, read_schools, upsert_schools
from schools.importing.teaching_sheets import (
    LessonResource,
    MonthlyReportResource,
    PlannedClassResource,
    TrainingClassResource,
)
from schools.metrics import compute
from schools.models import School, User
from schools.workbooks import read_workbook

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "shili-shi"
#: In the order in which one sheet may name what another brought in.
RECORDS = {
    "teachers": [TeacherResource],
    "points": [TeachingPointResource],
    "regulations": [RegulationResource],
    "equipment": [EquipmentResource],
    "leaders": [LeaderResource],
    "plans": [PlannedClassResource],
    "budgets": [BudgetResource],
    "figures": [YearFiguresResource],
    "classes": [TrainingClassResource, LessonResource],
    "reports": [MonthlyReportResource],
}
HALF_OF_THE_LAST_DIGIT = Fraction(1, 20000)


def stated_figures():
    """metrics.xlsx by school and reference."""
    _, *rows = load_workbook(FOLDER / "metrics.xlsx").worksheets[0].values
    return {(school, reference): Fraction(str(value)) for school, reference, value in rows}


@pytest.mark.django_db
def test_figures_computed_from_the_records_are_those_of_the_metrics_workbook():
    city = ensure_city("示例市")
    by = User.objects.create_user("clerk", "Ceshi-2026", name="导入人")
    upsert_schools(city, read_schools(read_workbook(FOLDER / "schools.xlsx", name="schools.xlsx")))
    schools = School.objects.filter(city=city)
    for name, kinds in RECORDS.items():
        import_workbook(
            kinds, read_workbook(FOLDER / f"{name}.xlsx", name=name), schools=schools, city=city, by=by
        )
    stated = stated_figures()
    references = {reference for _, reference in stated}

    found = compute(references, schools=schools, start=date(2025, 1, 1), end=date(2025, 11, 30))

    codes = dict(schools.values_list("pk", "code"))
    counted = {
        (codes[pk], reference): value for pk, values in found.items() for reference, value in values.items()
    }
    assert counted.keys() == stated.keys()
    assert [
        key
        for key, value in counted.items()
        if value is None or abs(value - stated[key]) > HALF_OF_THE_LAST_DIGIT
    ] == []
