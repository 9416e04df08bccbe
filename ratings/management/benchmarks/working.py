"""The year at work: task list, form, autosave, county desk, judge's desk, the board before settling."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

from ratings.enums import Stage
from ratings.models import Assessment, Scheme, Score
from ratings.sheets.forms import AnswersForm
from ratings.workflow import scheme_spec
from schools.models import Appointment, Region, User
from schools.models.people import Role

from .measuring import Measure, median, queries, running_year
from .pages import BOARD_ROWS, FLOOR_MIDDLEWARE, FLOOR_PAGE, page_measure

BARE_FORM = """<!doctype html><title>{{ user.name }}</title><form method="post">
{% for row in rows %}<label>{{ row.0 }} {{ row.1 }}
<input name="s{{ row.2 }}" value="{{ row.3|default:'' }}"></label>{% endfor %}<button>ok</button></form>"""


def bare_form(request: HttpRequest) -> HttpResponse:
    """The least a form of one school's items can be."""
    rows = Score.objects.filter(assessment__school__appointments__user=request.user, stage=Stage.SELF)
    values = rows.values_list("item__code", "item__name", "pk", "points")
    return HttpResponse(
        engines["django"].from_string(BARE_FORM).render({"rows": values, "user": request.user})
    )


def bare_list(request: HttpRequest) -> HttpResponse:
    """The least a desk can be: the schools of the year with their status."""
    rows = Assessment.objects.filter(scheme__city=request.user.city, scheme__phase="scoring")
    values = rows.values_list("school__name", "school__county__name", "status")
    return HttpResponse(
        engines["django"].from_string(FLOOR_PAGE).render({"rows": values, "user": request.user})
    )


@csrf_exempt
def bare_save(request: HttpRequest) -> HttpResponse:
    """The least a save can be: both rows locked, one written."""
    with transaction.atomic():
        held = Score.objects.select_for_update().select_related("assessment").get(pk=request.POST["pk"])
        held.remark, held.version = request.POST["remark"], held.version + 1
        held.save(update_fields=["remark", "version"])
        Assessment.objects.filter(pk=held.assessment_id).update(version=held.assessment.version + 1)
    return HttpResponse("ok")


urlpatterns = [path("form/", bare_form), path("list/", bare_list), path("save/", bare_save)]


def working(settled: Scheme) -> Iterator[Measure]:
    """Pages and saves of the year after `settled`, each as the person who does that work."""
    city = settled.city
    judge = _person(city, Role.JUDGE)
    scheme = running_year(settled, judge)
    first = scheme.assessments.select_related("school__county").order_by("pk").first()
    filler = _person(city, Role.FILLER, school=first.school)
    lead, office = _person(city, Role.COUNTY_LEAD, county=first.school.county), _person(city, Role.OFFICE)
    yield page_measure(
        "自评任务清单", filler, reverse("ratings:assessment", args=[first.pk]), __name__, "/form/", 5
    )
    yield page_measure(
        "自评一页填写", filler, reverse("ratings:assessment_sheet", args=[first.pk]), __name__, "/form/", 5
    )
    yield _saving(first, filler)
    yield page_measure(
        "县级初评总览", lead, f"{reverse('ratings:review')}?year={scheme.year}", __name__, "/list/", 5
    )
    yield page_measure("评委工作台", judge, reverse("ratings:judging"), __name__, "/list/", 5)
    board = reverse("ratings:board", args=[scheme.pk])
    bound = 6 if scheme.assessments.count() <= BOARD_ROWS else 8
    yield page_measure("审定前总表", office, board, __name__, "/list/", bound)
    yield page_measure(
        "申报进度", office, reverse("ratings:progress_board", args=[scheme.pk]), __name__, "/list/"
    )


def _person(city: Region, role: str, **scope) -> User:
    user = User.objects.create_user(f"{role}{city.pk}", name="测速", city=city, must_change_password=False)
    Appointment.objects.create(user=user, role=role, city=city, **scope)
    return user


def _saving(assessment: Assessment, filler: User) -> Measure:
    """Autosave of one row, each time with another remark, beside a bare transaction that writes
    the same row.
    """
    score = (
        assessment.scores.filter(stage=Stage.SELF)
        .select_related("item", "assessment__scheme")
        .order_by("item__order")
        .first()
    )
    row = AnswersForm(score, scheme_spec(assessment.scheme).bound[score.item.code])
    client, address, turns = Client(), reverse("ratings:answer", args=[score.pk]), count()
    client.force_login(filler)
    answers = {field.name: "是" for field in row.fields}

    def ours() -> None:
        version = Score.objects.values_list("version", flat=True).get(pk=score.pk)
        posted = {**answers, f"{row.prefix}version": version, f"{row.prefix}remark": f"第 {next(turns)} 次"}
        response = client.post(address, posted, headers={"HX-Request": "true"})
        if 'data-state="saved"' not in response.content.decode():
            raise RuntimeError("没有保存")

    seconds, sent = median(ours), queries(ours) - 1
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=FLOOR_MIDDLEWARE):
        floor = median(lambda: client.post("/save/", {"pk": score.pk, "remark": f"第 {next(turns)} 次"}))
    return Measure("自动保存一个小项", seconds, floor, "裸 Django 保存", sent, 3)
