"""Every field of every form × every nasty value × every role: no error page, every sentence ours, and what is
stored is what was typed.
"""

import gettext

import pytest
from django import forms
from django.conf import settings
from django.core import validators
from django.db import models
from django.forms import formsets
from django.forms import models as model_forms
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise

from schools.models import Appointment, Role
from tests.factories import TeacherFactory, TrainingClassFactory
from tests.fuzzed_forms import cases, fuzz, nasty_for
from tests.golden.frozen_city import Typeset, add_what_is_missing, cities, loaded
from tests.golden.objects import targets
from tests.rating_factories import open_year
from tests.ratings.drafts import draft_year
from tests.test_role_table import TABLE

pytestmark = pytest.mark.django_db
#: Of these a person has only that of the own school.
OWN = ("assessment", "item", "step")
#: No form of the site asks for one of these.
NOT_ASKED = ("Duration", "Float", "GenericIP", "JSON", "NullBoolean", "Time", "URL", "UUID")
NOT_ASKED += ("Binary", "BaseValidator", "DomainName", "StepValue")


def pages(city, role, school):
    """Every page of the role table that the role may open."""
    found = targets(city)
    own = targets(city, school) if school else found
    for name, case in TABLE.items():
        if case.method == "get" and role in case.own | (case.county or set()):
            for _, arguments in (own if case.kind in OWN else found).get(case.kind, []):
                yield reverse(name, args=arguments)
    yield reverse("password_change")


@pytest.mark.deep
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_no_form_ends_in_an_error_or_keeps_something_else(role, tmp_path, monkeypatch):
    monkeypatch.setattr("weasyprint.HTML", Typeset)
    client = Client(raise_request_exception=False)
    with loaded(tmp_path):
        add_what_is_missing()
        city, _ = cities()
        held = Appointment.objects.filter(user__city=city, role=role, user__is_active=True)
        post = held.earliest("pk")
        client.force_login(post.user)

        faults = fuzz(client, cases(client, pages(city, role, post.school)).values())

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("role", ["filler", "office"])
def test_a_few_values_of_a_few_forms(role, city, school, appoint, signed_client):
    client = signed_client(appoint(role))
    client.raise_request_exception = False
    opened, draft = open_year(city, [school], year=2027), draft_year(city, year=2031)
    teacher = TeacherFactory(school=school)
    held = TrainingClassFactory(school=school)
    asked = {
        "filler": [
            ("schools:class_edit", held.pk),
            ("schools:registry_equipment", school.pk),
            ("schools:registry_record", school.pk, "teachers", teacher.pk),
            ("schools:plan_edit", 2026),
        ],
        "office": [
            ("schools:guidance_visit", school.pk),
            ("ratings:scheme_parameters", draft.pk),
            ("ratings:meetings", opened.pk),
        ],
    }
    found = cases(client, [reverse(name, args=arguments) for name, *arguments in asked[role]])

    def some(kind):
        every, place = nasty_for(kind), next(number)
        return [every[place % len(every)]]

    number = iter(range(0, 100_000, 7))

    faults = fuzz(client, found.values(), some)

    assert not faults, "\n".join(faults)


def _messages():
    """Every sentence that a field, a set of forms, a validator or a column of Django has."""
    for module in (forms.fields, model_forms, formsets, validators, models):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and not name.startswith(NOT_ASKED):
                said = dict(getattr(kind, "default_error_messages", {}), message=getattr(kind, "message", ""))
                for one in said.values():
                    if isinstance(one, Promise):
                        yield one._args[0] if one._args else one._kw.get("singular", "")


def test_every_sentence_of_a_field_is_ours():
    catalogue = gettext.translation("django", settings.LOCALE_PATHS[0], ["zh_Hans"])._catalog
    ours = {key[0] if isinstance(key, tuple) else key for key in catalogue}

    assert set(_messages()) - ours == set()
    assert "Null characters are not allowed." in set(_messages())
