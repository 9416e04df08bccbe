"""Workbooks of every kind changed at random: taken as a whole, or refused with sentences of ours, and then
nothing is written.
"""

import io
import re

import pytest
from django.apps import apps
from django.db import transaction

from schools.importing.account_sheets import AppointmentResource
from schools.importing.exchange import UNREADABLE, export_sheets, import_workbook
from schools.importing.teaching_sheets import TrainingClassResource
from schools.models import School, TrainingClass
from schools.teaching.backfill import BackfillResource
from schools.workbooks import SheetOut, WorkbookError, read_workbook, write_workbook
from tests.fuzzed_forms import foreign_sentences
from tests.mutated import mutated
from tests.schools.importing.test_importing import KINDS, make_one_of_everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workbooks_opened_here")]
FEW, MANY = 15, 2000


def valid(kinds, school, keeper) -> bytes:
    """What the kinds export of one school that has everything."""
    model = kinds[0]._meta.model
    rows = model.objects.order_by("pk")
    if model._meta.model_name == "region":
        rows = rows.counties()
    elif kinds[0] is AppointmentResource:
        rows = rows.exclude(user=keeper)
    buffer = io.BytesIO()
    write_workbook(buffer, export_sheets(kinds, rows))
    return buffer.getvalue()


def everything() -> dict[str, int]:
    """How many rows each table has."""
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_app_config("schools").get_models()
    }


def refused_well(error: WorkbookError) -> list[str]:
    """What is wrong with a refusal."""
    said = str(error)
    found = [piece for piece in foreign_sentences() if piece in said]
    found += [said] if UNREADABLE in said or not re.search("[一-鿿]", said) else []
    return found + [said for one in error.problems if not one.reason]


def tried(kinds, content, schools, keeper, times) -> None:
    """Each change of the workbook, taken back again."""
    before, lines, taken = everything(), {}, 0
    for seed in range(times):
        with transaction.atomic():
            try:
                import_workbook(
                    kinds,
                    read_workbook(mutated(content, f"{kinds[0].title()} {seed}"), name="甲.xlsx"),
                    schools=schools,
                    city=keeper.city,
                    by=keeper,
                    year=2026,
                )
                taken += 1
            except WorkbookError as error:
                lines[seed] = refused_well(error) + (["was written"] if everything() != before else [])
            except Exception as error:
                lines[seed] = [f"{type(error).__name__}: {error}"]
            transaction.set_rollback(True)

    assert {seed: found for seed, found in lines.items() if found} == {}
    assert taken < times
    assert taken or times == FEW


TIMES = [FEW, pytest.param(MANY, marks=pytest.mark.deep)]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kinds", KINDS, ids=lambda kinds: kinds[0].title())
def test_no_change_of_a_workbook_ends_in_an_error(kinds, times, school, keeper):
    make_one_of_everything(school, keeper)

    tried(kinds, valid(kinds, school, keeper), School.objects.filter(city=school.city), keeper, times)


@pytest.mark.parametrize("times", TIMES)
def test_nor_does_one_of_the_sheet_of_past_classes(times, school, keeper):
    make_one_of_everything(school, keeper)
    (sheet,) = export_sheets((TrainingClassResource,), TrainingClass.objects.all())
    headings = [column.column_name for column in TrainingClassResource.columns()]
    known = dict(zip(headings, next(iter(sheet.rows)), strict=True))
    names = [column.column_name for column in BackfillResource.columns()]
    rows = [[{**known, "班名": f"第{number}期"}.get(name) for name in names] for number in range(3)]
    buffer = io.BytesIO()
    write_workbook(buffer, [SheetOut(BackfillResource.title(), names, rows)])

    tried((BackfillResource,), buffer.getvalue(), School.objects.filter(pk=school.pk), keeper, times)
