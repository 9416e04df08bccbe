"""The monitoring page of a whole city, beside bare SQL that adds up the same records."""

from collections.abc import Iterator
from datetime import date
from itertools import product

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ratings.models import Scheme
from schools.models import (
    AnnualPlan,
    Budget,
    MonthlyReport,
    PlannedClass,
    School,
    TrainingClass,
    User,
)
from schools.models.people import Role
from schools.monitoring.overview import city_on
from schools.monitoring.standing import View, last_day

from .measuring import Measure, median, person, queries

BATCH = 2000
#: A year of the sample: a class in each of these months.
MONTHS = range(2, 12)
FLOOR = """SELECT c.school_id,
  {months},
  {sums},
  COALESCE(MAX(c.attendance) FILTER (WHERE c.starts_on BETWEEN %(first)s AND %(last)s), 0)
FROM schools_trainingclass c JOIN schools_school s ON s.id = c.school_id
WHERE s.city_id = %(city)s AND c.voided_at IS NULL AND c.starts_on BETWEEN %(start)s AND %(last)s
GROUP BY c.school_id"""
SUMS = """COUNT(*) FILTER (WHERE c.part = 'host' AND c.starts_on BETWEEN {span}),
  COALESCE(SUM(c.attendance) FILTER (WHERE c.starts_on BETWEEN {span}), 0),
  COALESCE(SUM(c.cost) FILTER (WHERE c.starts_on BETWEEN {span}), 0)"""
MONTH = "COUNT(*) FILTER (WHERE c.starts_on BETWEEN '{first}' AND '{last}')"
OTHERS = (
    """SELECT p.school_id, p.filed_on, COUNT(k.id), COUNT(k.id) FILTER (WHERE EXISTS (
       SELECT 1 FROM schools_trainingclass c WHERE c.planned_id = k.id AND c.voided_at IS NULL))
     FROM schools_annualplan p LEFT JOIN schools_plannedclass k ON k.plan_id = p.id
     JOIN schools_school s ON s.id = p.school_id
     WHERE s.city_id = %(city)s AND p.year = %(year)s GROUP BY p.school_id, p.filed_on""",
    """SELECT m.school_id, SUM(1 << m.month) FROM schools_monthlyreport m
     JOIN schools_school s ON s.id = m.school_id
     WHERE s.city_id = %(city)s AND m.year = %(year)s AND m.confirmed_at IS NOT NULL GROUP BY m.school_id""",
    """SELECT b.school_id, SUM(b.arrived) FROM schools_budget b JOIN schools_school s ON s.id = b.school_id
     WHERE s.city_id = %(city)s AND b.year = %(year)s GROUP BY b.school_id""",
    """SELECT s.id, s.short_name, s.code, s.seats, r.name
     FROM schools_school s LEFT JOIN schools_region r ON r.id = s.county_id
     WHERE s.city_id = %(city)s ORDER BY r."order", r.code, s."order", s.code""",
)


def watching(scheme: Scheme) -> Iterator[Measure]:
    """The sums with their oddities, and the page of the first fifty schools, at the size of the scheme's
    city.
    """
    today = timezone.localdate()
    year = today.year
    schools = list(School.objects.filter(city=scheme.city))
    office = person(scheme.city, Role.OFFICE)
    _fill(schools, year, office)
    view = View(year, today)
    statements = _statements(view)
    values = {
        "city": scheme.city_id,
        "year": year,
        "start": date(year - 1, 1, 1),
        "first": date(year, 1, 1),
        "last": view.end,
    }

    def floor() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, values)
                cursor.fetchall()

    client = Client()
    client.force_login(office)
    address = reverse("schools:monitoring")
    bare = median(floor)
    for work, ours in (
        (f"监测汇总和提示（{len(schools)} 所）", lambda: city_on(scheme.city_id, view)),
        (f"监测页（{len(schools)} 所，每页 50 所）", lambda: client.get(address)),
    ):
        yield Measure(work, median(ours), bare, "原生 SQL 同样汇总", queries(ours))


def _statements(view: View) -> list[str]:
    year = view.year
    ended = last_day(year, max(view.ended, 1))
    spans = (
        (date(year, 1, 1), view.end),
        (date(year, 1, 1), ended),
        (date(year - 1, 1, 1), last_day(year - 1, ended.month)),
    )
    sums = ",\n  ".join(SUMS.format(span=f"'{first}' AND '{last}'") for first, last in spans)
    months = ",\n  ".join(
        MONTH.format(first=date(year, month, 1), last=last_day(year, month)) for month in range(1, 13)
    )
    return [FLOOR.format(months=months, sums=sums), *OTHERS]


def _fill(schools: list[School], year: int, by: User) -> None:
    """Two years of classes, a plan, reports and money of every school."""
    now = timezone.now()
    held = [date(past, month, 5) for past in (year - 1, year) for month in MONTHS]
    classes = [
        TrainingClass(
            school=school,
            starts_on=day,
            ends_on=day,
            name=f"{day.month}月班",
            category="concentrated",
            hours=4,
            attendance=40 + (school.pk * day.month) % 37,
            cost=800 + (school.pk * day.month) % 331,
        )
        for school, day in product(schools, held)
        if day < now.date().replace(day=1)
    ]
    plans = [AnnualPlan(school=school, year=year, filed_on=date(year, 3, 1)) for school in schools]
    reports = [
        MonthlyReport(school=school, year=year, month=month, confirmed_at=now, confirmed_by=by)
        for school, month in product(schools, range(1, now.month))
    ]
    money = [Budget(school=school, year=year, source="town", arrived=50000) for school in schools]
    planned = [PlannedClass(plan=plan, month=month, name="班") for plan, month in product(plans, MONTHS)]
    for rows in filter(None, (classes, plans, reports, money, planned)):  # no reports in January
        type(rows[0]).objects.bulk_create(rows, batch_size=BATCH)
