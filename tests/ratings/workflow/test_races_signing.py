"""A school hands in while the chair corrects the criteria, and while somebody changes a record that feeds its
figures.
"""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from ratings.drafting.errata import change_row, prepare, send_for_signature, write_reason
from ratings.drafting.errata import sign as sign_erratum
from ratings.drafting.errata.foreseeing import Foresight
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Erratum, Move, Scheme
from ratings.workflow import take_step
from schools.importing.exchange import import_workbook
from schools.importing.registry_sheets import SchoolResource
from schools.models import Correction, JointPartner, School, TrainingClass
from schools.records.changes import snapshot
from schools.registry.saving import change, digest
from schools.saving import Refused
from schools.teaching import classes
from schools.workbooks import SheetOut, WorkbookError
from tests.ratings.played_year import PlayedYear
from tests.ratings.races import at_once, closing, hold, linger, unguard
from tests.schools.importing.test_importing import written

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


def submit(year: PlayedYear, row: Assessment) -> Move:
    return take_step(Assessment.objects.get(pk=row.pk), "submit", by=year.person("head", row))


# The first submission of a year while the criteria are corrected


def submit_and_correct(year: PlayedYear, row: Assessment, standard: str) -> list[Any]:
    office, chair = year.people["office"], year.people["chair"]
    erratum = prepare(Scheme.objects.get(), by=office)
    change_row(erratum, "item", "K1", {"standard": standard}, by=office, revision=erratum.revision)
    write_reason(
        erratum, reason="标准印错", basis="市评委会纪要第3号", by=office, revision=erratum.revision + 1
    )
    send_for_signature(erratum, by=office)
    return at_once(
        lambda: submit(year, row), lambda: sign_erratum(Erratum.objects.get(pk=erratum.pk), by=chair)
    )


def test_the_first_submission_and_a_correction_of_the_criteria_do_not_wait_for_each_other(
    race_year, race_rounds, monkeypatch
):
    year = race_year(race_rounds // 5)
    year.fill(year.assessments, Stage.SELF)
    linger(monkeypatch, "ratings.workflow.taking", "blockers")
    wrong = []

    for row in year.assessments:
        Scheme.objects.update(phase=Phase.OPEN)  # every one is the first
        move, signed = submit_and_correct(year, row, f"第{row.pk}次更正")
        if not (isinstance(move, Move) and isinstance(signed, Foresight)):
            wrong.append((move, signed))

    assert wrong == []
    assert Scheme.objects.get().phase == Phase.SCORING
    assert set(Assessment.objects.values_list("status", flat=True)) == {Status.COUNTY}


# Handing in while a record changes


def submit_and_change(year: PlayedYear, row: Assessment) -> list[Any]:
    school, filler = row.school, year.person("filler", row)
    seen = digest(snapshot(School.objects.get(pk=school.pk)))
    return at_once(
        lambda: take_step(Assessment.objects.get(pk=row.pk), "submit", by=year.person("head", row)),
        lambda: change(school, {"seats": 60}, by=filler, seen=seen, reason="误登"),
    )


def signed_as_it_stands(row: Assessment, found: list[Any]) -> bool:
    """Changed before and signed so, or signed before and only asked for."""
    move, changed = found
    seats, figures = School.objects.get(pk=row.school_id).seats, row.snapshots.get().values
    asked = isinstance(changed, Correction)
    return (
        isinstance(move, Move)
        and figures["主教室座位"] == str(seats)
        and (asked or isinstance(changed, School))
        and asked == (seats == 120)
    )


def test_a_record_is_among_the_signed_figures_or_finds_them_signed(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds)
    year.fill(year.assessments, Stage.SELF)
    linger(monkeypatch, "schools.registry.saving", "lock_for")

    wrong = [
        found
        for row in year.assessments
        if not signed_as_it_stands(row, found := submit_and_change(year, row))
    ]

    assert wrong == []


def test_a_signed_figure_changes_unasked_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    year.fill(year.assessments, Stage.SELF)
    (row,) = year.assessments
    hold(
        monkeypatch,
        ("schools.registry.saving", "lock_for"),
        (__name__, "take_step"),
        until=row.moves.filter(step="submit").exists,
    )
    unlocked(School)

    assert not signed_as_it_stands(row, submit_and_change(year, row))


# Handing in while a workbook is brought in


def submit_and_import(year: PlayedYear, row: Assessment) -> list[Any]:
    school, office = row.school, year.people["office"]
    cells = [school.code, school.name, 60]
    book = written([SheetOut("镇街党校", ["学校编码", "学校名称", "主教室座位"], [cells])])
    own = School.objects.filter(pk=school.pk)
    return at_once(
        lambda: take_step(Assessment.objects.get(pk=row.pk), "submit", by=year.person("head", row)),
        lambda: import_workbook([SchoolResource], book, schools=own, city=school.city, by=office),
    )


def signed_as_imported(row: Assessment, found: list[Any]) -> bool:
    """Brought in before and signed so, or signed before and refused."""
    move, reports = found
    seats, figures = School.objects.get(pk=row.school_id).seats, row.snapshots.get().values
    refused = isinstance(reports, WorkbookError)
    return (
        isinstance(move, Move)
        and figures["主教室座位"] == str(seats)
        and (refused or isinstance(reports, list))
        and refused == (seats == 120)
    )


def test_a_workbook_is_among_the_signed_figures_or_finds_them_signed(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds)
    year.fill(year.assessments, Stage.SELF)
    linger(monkeypatch, "schools.records.guarding", "periods")

    wrong = [
        found
        for row in year.assessments
        if not signed_as_imported(row, found := submit_and_import(year, row))
    ]

    assert wrong == []


def test_a_workbook_changes_a_signed_figure_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    year.fill(year.assessments, Stage.SELF)
    (row,) = year.assessments
    hold(
        monkeypatch,
        ("schools.records.guarding", "periods"),
        (__name__, "take_step"),
        until=row.moves.filter(step="submit").exists,
    )
    unlocked(School)

    assert not signed_as_imported(row, submit_and_import(year, row))


# Two hosts that invite each other


def test_two_schools_that_invite_each_other_at_once_both_register(race_year, race_rounds, monkeypatch):
    year = race_year(2)
    linger(monkeypatch, "schools.teaching.classes", "write_lessons")
    one, other = (row.school for row in year.assessments)
    fillers = {row.school: year.person("filler", row) for row in year.assessments}
    wrong = []

    for number in range(race_rounds // 5):
        values = {
            **HELD,
            "name": f"第{number}期联合班",
            "starts_on": year.scheme.period_start,
            "ends_on": year.scheme.period_start,
        }
        found = at_once(
            lambda values=values: classes.register(one, values, [], [other], by=fillers[one]),
            lambda values=values: classes.register(other, values, [], [one], by=fillers[other]),
        )
        wrong += [result for result in found if not isinstance(result, TrainingClass)]

    assert wrong == []


# Joining a class that its host takes back


def void_and_join(year: PlayedYear, monkeypatch, name: str) -> list[Any]:
    host, guest = year.assessments
    day, hosting = host.scheme.period_start, year.person("filler", host)
    values = {**HELD, "name": name, "starts_on": day, "ends_on": day}
    record = classes.register(host.school, values, [], [guest.school], by=hosting)
    invited = JointPartner.objects.get(host_class=record)
    return closing(
        monkeypatch,
        ("schools.teaching.classes", "note_change"),
        lambda: classes.void(record, by=hosting, reason="误登"),
        lambda: classes.join(invited, 30, by=year.person("filler", guest)),
    )


def test_who_joins_a_class_that_is_just_taken_back_is_told(race_year, monkeypatch):
    year = race_year(2)

    voided, joined = void_and_join(year, monkeypatch, "甲班")

    assert voided is None
    assert isinstance(joined, Refused)
    if connection.vendor == "postgresql":
        unguard(monkeypatch, [TrainingClass])
        assert isinstance(void_and_join(year, monkeypatch, "乙班")[1], TrainingClass)


# Handing in while a class is registered

HELD = {"name": "骨干班", "category": "main", "hours": 4, "attendance": 60}


def submit_and_register(year: PlayedYear, row: Assessment) -> list[Any]:
    filler, day = year.person("filler", row), row.scheme.period_start
    values = {**HELD, "starts_on": day, "ends_on": day}
    return at_once(
        lambda: take_step(Assessment.objects.get(pk=row.pk), "submit", by=year.person("head", row)),
        lambda: classes.register(School.objects.get(pk=row.school_id), values, [], by=filler),
    )


def registered_before_or_refused(row: Assessment, found: list[Any]) -> bool:
    """A class that is there was there when the figures were taken; afterwards it is refused."""
    move, registered = found
    if not isinstance(move, Move):
        return False
    if isinstance(registered, TrainingClass):
        return registered.recorded_at < move.at
    return (
        isinstance(registered, ValidationError)
        and not TrainingClass.objects.filter(school=row.school_id).exists()
    )


def test_a_class_is_registered_before_the_signature_or_refused(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds)
    year.fill(year.assessments, Stage.SELF)
    linger(monkeypatch, "schools.teaching.classes", "twin_of")

    wrong = [
        found
        for row in year.assessments
        if not registered_before_or_refused(row, found := submit_and_register(year, row))
    ]

    assert wrong == []


def test_a_class_slips_into_a_signed_period_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    year.fill(year.assessments, Stage.SELF)
    (row,) = year.assessments
    hold(
        monkeypatch,
        ("schools.teaching.classes", "twin_of"),
        (__name__, "take_step"),
        until=row.moves.filter(step="submit").exists,
    )
    unlocked(School)

    assert not registered_before_or_refused(row, submit_and_register(year, row))
