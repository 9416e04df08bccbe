"""The sample city enlarged: the same honest rows, many more schools."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.db import transaction

from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Phase
from ratings.models import Scheme
from ratings.offline.folder import YearFolder, read_folder
from ratings.offline.running import SchoolYear, judge_year
from ratings.offline.storing import store_year
from schools.importing.schools import ensure_city, upsert_schools


def enlarged_city(fixtures: Path, schools: int) -> Scheme:
    """A scheme in 评审 with scores of as many schools as asked, copies of the sample's under codes of their own."""
    year = read_folder(fixtures / "scheme.xlsx", fixtures)
    judged = judge_year(year)
    copies = [_copy(judged[index % len(judged)], index) for index in range(schools)]
    rows = [replace(year.schools[index % len(judged)], code=f"S{index:05d}", name=f"第{index}镇委党校") for index in range(schools)]
    many = YearFolder(year.source, rows, {copy.code: year.metrics[judged[i % len(judged)].code] for i, copy in enumerate(copies)}, [], [])
    with transaction.atomic():
        city = ensure_city(f"{year.spec.city}{schools}")
        stored = {school.code: school for school in upsert_schools(city, rows)}
        scheme = create_scheme(year.spec, city=city, imported=True)
        freeze(scheme, reason="测速", spec=year.spec)
        Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
        scheme.refresh_from_db()
        store_year(scheme, many, copies, stored, by=None)
    return scheme


def _copy(school: SchoolYear, index: int) -> SchoolYear:
    code = f"S{index:05d}"
    return replace(school, code=code, name=f"第{index}镇委党校", input=replace(school.input, key=code, cases=frozenset()))
