"""Two people save from the same page at the same moment: one is stored, the other is told."""

import pytest

from ratings.models import Goal, Item
from ratings.selfassessment.selfcheck import set_goal
from schools.models import PlannedClass, School, TrainingClass
from schools.saving import Stale
from schools.teaching import classes, plans
from schools.teaching.plans import PlanRow
from tests.factories import TrainingClassFactory
from tests.ratings.races import at_once, linger, meet

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


def one_told(found: list, kind: type) -> bool:
    """One of the two has what it saved, the other the conflict."""
    return sorted(isinstance(one, Stale) for one in found) == [False, True] and any(
        isinstance(one, kind) for one in found
    )


def test_the_first_two_goals_of_an_item_are_one(race_year, race_rounds):
    year = race_year(race_rounds // 2)
    item = Item.objects.get(code="K1")

    def note(row, words: str):
        return lambda: set_goal(row, item, {"text": words}, version=0, by=year.person("head", row))

    told = [one_told(at_once(note(row, "甲"), note(row, "乙")), Goal) for row in year.assessments]

    assert all(told)
    assert set(Goal.objects.values_list("version", flat=True)) == {1}


def test_of_two_tables_of_a_plan_one_is_written(race_year, race_rounds):
    year = race_year(race_rounds // 2)
    seen = plans.digest_of([])

    def save(row, name: str):
        by = year.person("head", row)
        return lambda: plans.save_rows(row.school, 2031, [PlanRow(None, 3, name, "main")], by=by, seen=seen)

    told = [one_told(at_once(save(row, "甲班"), save(row, "乙班")), list) for row in year.assessments]

    assert all(told)
    assert PlannedClass.objects.filter(plan__year=2031).count() == len(told)


def test_without_the_lock_both_tables_would_be_written(race_year, unlocked, monkeypatch):
    year = race_year(1)
    (row,) = year.assessments
    by, seen = year.person("head", row), plans.digest_of([])
    unlocked(School)
    plans.save_rows(row.school, 2031, [], by=by)  # the plan itself is there already
    meet(monkeypatch, ("schools.teaching.plans", "digest_of"))

    def save(name: str):
        return lambda: plans.save_rows(row.school, 2031, [PlanRow(None, 3, name, "main")], by=by, seen=seen)

    at_once(save("甲班"), save("乙班"))

    assert PlannedClass.objects.filter(plan__year=2031).count() == 2


def test_of_two_changes_of_a_class_one_is_written(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds // 2)
    linger(monkeypatch, "schools.teaching.classes", "digest_of")

    def change(row, record: TrainingClass, people: int):
        by, seen = year.person("head", row), classes.digest_of(record)
        values = {"starts_on": record.starts_on, "name": record.name, "attendance": people}
        return lambda: classes.change(record, values, [], by=by, seen=seen)

    told = []
    for row in year.assessments:
        record = TrainingClassFactory(school=row.school)
        told.append(one_told(at_once(change(row, record, 81), change(row, record, 82)), TrainingClass))

    assert all(told)
    assert set(TrainingClass.objects.values_list("attendance", flat=True)) <= {81, 82}
