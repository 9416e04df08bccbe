"""学校资料: overview, lists, and the list of changes, for everybody who may see the school."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from schools import locks
from schools.forms.registry_kinds import KINDS, Kind
from schools.models import Correction, RecordChange, School, User
from schools.models.scope import record_scope
from schools.permissions import allowed_to, keeps_records
from schools.registry.overview import blocks
from schools.workbooks import clean_text

PAGE_SIZE = 50


def school_of(user: User, pk: int) -> School:
    """The school, for those who may read its records."""
    return get_object_or_404(School.objects.filter(record_scope(user, "")).select_related("city", "county"), pk=pk)


def kind_of(slug: str) -> Kind:
    """The list an address names."""
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


def trail_of(school: School, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Breadcrumbs: the school, its overview, and what lies between."""
    page, overview = (reverse(f"schools:{name}", args=[school.pk]) for name in ("school", "registry"))
    return [(str(school), page), ("学校资料", overview), *more]


@require_GET
@allowed_to("read_records")
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """All parts with their last change, what is missing and where to fill it in."""
    school = school_of(request.user, pk)
    year = timezone.localdate().year
    may_edit = keeps_records(request.user, school)
    found = blocks(school, year, may_edit=may_edit)
    context = {
        "school": school,
        "year": year,
        "blocks": found,
        "missing": sum(1 for block in found if block.missing),
        "may_edit": may_edit,
        "lock": locks.standing_lock(school),
        "waiting": Correction.objects.visible_to(request.user).pending().filter(school=school).count(),
        "trail": trail_of(school)[:1],
    }
    return render(request, "schools/registry/overview.html", context)


@require_GET
@allowed_to("read_records")
def rows(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One list, with search and former records on demand."""
    school, kind = school_of(request.user, pk), kind_of(slug)
    former, word = request.GET.get("former") == "1", clean_text(request.GET.get("q", ""))[:40]
    page = Paginator(kind.rows(school, former=former, word=word).order_by("pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    changes = _last_changes(kind, [one.pk for one in shown])
    context = {
        "school": school,
        "kind": kind,
        "page": page,
        "lines": [_line(kind, school, one, changes) for one in shown],
        "headings": [name for name, _ in kind.columns],
        "former": former,
        "word": word,
        "query": request.GET.urlencode(),
        "may_edit": keeps_records(request.user, school),
        "trail": trail_of(school),
    }
    return render(request, "schools/registry/rows.html", context)


@require_GET
@allowed_to("read_records")
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every change of the school's entry and records, newest first."""
    school = school_of(request.user, pk)
    changes = RecordChange.objects.filter(school=school).select_related("by")
    records = sorted(set(RecordChange.objects.filter(school=school).order_by().values_list("record", flat=True).distinct()))
    chosen = request.GET.get("record", "")
    if chosen in records:
        changes = changes.filter(record=chosen)
    page = Paginator(changes, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "school": school,
        "page": page,
        "records": records,
        "chosen": chosen,
        "query": request.GET.urlencode(),
        "trail": trail_of(school),
    }
    return render(request, "schools/registry/history.html", context)


def _last_changes(kind: Kind, keys: list[int]) -> dict[int, RecordChange]:
    found = RecordChange.objects.filter(model=kind.model._meta.label_lower, object_id__in=keys)
    newest = found.order_by().values("object_id").annotate(last=Max("pk")).values("last")
    return {one.object_id: one for one in RecordChange.objects.filter(pk__in=newest).select_related("by")}


def _line(kind: Kind, school: School, record, changes: dict[int, RecordChange]) -> dict:
    return {
        "record": record,
        "name": record.project if hasattr(record, "project") else record.name if hasattr(record, "name") else str(record),
        "cells": [(heading, value(record)) for heading, value in kind.columns],
        "own": record.school_id == school.pk,
        "former": kind.is_former(record),
        "change": changes.get(record.pk),
    }
