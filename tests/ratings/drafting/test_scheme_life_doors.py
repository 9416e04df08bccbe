"""An opened scheme stays as it was frozen, whichever door is tried: pages, forms, workbooks, functions,
commands, back office.

The forms are read off the pages of a draft that looks the same, filled in otherwise and sent to the opened
scheme. As a control the same forms are sent to the draft, where they must change it.
"""

import re
from io import BytesIO, StringIO

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, get_resolver, resolve, reverse

from ratings.criteria.changes import compare
from ratings.criteria.spec import digest, shifted, to_json
from ratings.criteria.storing import content_digest, create_scheme, read_scheme, replace_scheme
from ratings.criteria.versions import current_spec
from ratings.criteria.workbook import scheme_sheets
from ratings.criteria.years import copy_scheme, write_notes
from ratings.drafting import rows
from ratings.drafting.views import MODELS
from ratings.enums import Phase
from ratings.models import Category, CustomMetric, Item, Restriction, Scheme, SchemeVersion, StarBand
from ratings.workflow import open_scheme
from ratings.workflow.opening import acknowledge, propose
from schools.models import Region
from schools.saving import Refused
from schools.workbooks import write_workbook
from tests.html_forms import Forms, seen_in
from tests.ratings.opened_year import ITEMS

pytestmark = pytest.mark.django_db
ROWS = (Category, Item, CustomMetric, StarBand, Restriction)
#: What is part of every form and says nothing about the scheme.
UNTOUCHED = re.compile(r"csrf|version|digest|revision|password|proposal|^row$|^kind$|^id$|^warning$|^words$")


def otherwise(name: str, value: str) -> str:
    """Another value of the kind, where one comes to mind."""
    if UNTOUCHED.search(name):
        return value
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return value[:8] + ("15" if value[8:] != "15" else "16")
    if name in ("name", "standard", "evidence", "basis", "organiser", "group"):
        return f"{value.strip()}改"
    return value


def content(scheme: Scheme) -> tuple:
    """Rows, deadlines, phase and every version of a scheme as they lie in the tables."""
    now = Scheme.objects.select_related("city").get(pk=scheme.pk)
    days = (now.self_due, now.county_due, now.city_due, now.phase, now.copied_from_id)
    keys = [
        tuple(model.objects.filter(scheme=now).order_by("pk").values_list("pk", flat=True)) for model in ROWS
    ]
    versions = tuple(
        SchemeVersion.objects.filter(scheme=now).order_by("number").values_list("number", "digest")
    )
    return digest(to_json(read_scheme(now))), days, keys, versions


@pytest.fixture
def opened(scheme) -> Scheme:
    """The small year of these tests, opened."""
    return Scheme.objects.get(pk=scheme.pk)


@pytest.fixture
def twin(opened, office) -> Scheme:
    """A draft of the next year that says the same."""
    return copy_scheme(opened, year=opened.year + 1, by=office)


def same_rows(twin: Scheme, opened: Scheme) -> dict[tuple[str, int], int]:
    """(kind, id in the draft) → id of the same row in the opened scheme."""
    found = {}
    for kind, model in MODELS.items():
        pairs = zip(
            *(
                model.objects.filter(scheme=one).order_by("pk").values_list("pk", flat=True)
                for one in (twin, opened)
            ),
            strict=True,
        )
        found |= {(kind, ours): theirs for ours, theirs in pairs}
    return found


def addresses(scheme: Scheme) -> list[str]:
    """Every address below a scheme, with one row of each kind; an address this test cannot fill in
    fails it.
    """
    found, rows = [], {kind: model.objects.filter(scheme=scheme) for kind, model in MODELS.items()}
    for pattern in get_resolver("ratings.urls").url_patterns:
        route = str(pattern.pattern)
        if not route.startswith(("schemes/<int:pk>", "self-checks/<int:scheme>")):
            continue
        wanted = set(pattern.pattern.converters)
        for values in _values(scheme, wanted, rows):
            try:
                found.append(reverse(f"ratings:{pattern.name}", kwargs=values))
            except NoReverseMatch:
                pytest.fail(f"不会填写的地址：{route}")
    return sorted(set(found))


def _values(scheme, wanted, rows):
    whole = {"pk": scheme.pk, "scheme": scheme.pk, "number": 1, "code": "K1"}
    base = {name: whole[name] for name in wanted & set(whole)}
    if "kind" in wanted:
        for kind, found in rows.items():
            if "row" not in wanted:
                yield {**base, "kind": kind}
            for row in found[:1] if "row" in wanted else ():
                yield {**base, "kind": kind, "row": row.pk}
    elif "row" in wanted:
        for row in rows["items"][:1]:
            yield {**base, "row": row.pk}
    else:
        yield base


def forms_of(client, scheme: Scheme) -> list[tuple[str, dict]]:
    """Every form on every page of the scheme that answers, filled in otherwise; and every address with
    nothing in it.
    """
    every = addresses(scheme)
    found = [(address, {}) for address in every]
    for address in every:
        page = client.get(address)
        if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
            for action, fields in Forms(page.content.decode()).found:
                found.append(
                    (
                        action.partition("?")[0] or address,
                        {name: otherwise(name, value) for name, value in fields.items()},
                    )
                )
    once = {
        (
            address,
            tuple(sorted((name, value) for name, value in fields.items() if "csrf" not in name)),
        ): fields
        for address, fields in found
    }
    return [(address, fields) for (address, _), fields in once.items()]


def moved_to(address: str, fields: dict, twin: Scheme, opened: Scheme, rows: dict) -> tuple[str, dict] | None:
    """The same form for the opened scheme; None where it is not about a scheme at all."""
    match = resolve(address)
    scheme_key = next((name for name in ("pk", "scheme") if match.kwargs.get(name) == twin.pk), None)
    if scheme_key is None or ("schemes" not in address and "self-checks" not in address):
        return None
    kwargs = {**match.kwargs, scheme_key: opened.pk}
    if "row" in kwargs:
        kind = kwargs.get("kind", "items")
        kwargs["row"] = rows.get((kind, kwargs["row"]), kwargs["row"])
    return reverse(match.view_name, kwargs=kwargs), {
        name: _renumbered(value, rows) for name, value in fields.items()
    }


def _renumbered(value: str, rows: dict) -> str:
    """items-12, as the arrows of the editor post it, names the same row of the opened scheme."""
    kind, _, number = value.partition("-")
    return f"{kind}-{rows[kind, int(number)]}" if number.isdigit() and (kind, int(number)) in rows else value


@pytest.mark.parametrize("role", ["office", "chair"])
def test_no_page_and_no_form_changes_an_opened_scheme(role, opened, twin, office, appoint, signed_client):
    user = office if role == "office" else appoint(role)
    client = signed_client(user)
    before, rows = content(opened), same_rows(twin, opened)
    forms = forms_of(client, twin)
    moved = [found for address, fields in forms if (found := moved_to(address, fields, twin, opened, rows))]
    tried = set()

    for address, fields in moved:
        response = client.post(address, fields)
        assert response.status_code < 500, address
        assert content(opened) == before, f"{address} {fields}"
        tried.add(resolve(address).url_name)
    for kind, model in MODELS.items():  # rows of the opened scheme under the address of the draft
        for pk in model.objects.filter(scheme=opened).values_list("pk", flat=True):
            for name in ("scheme_row", "scheme_delete"):
                assert (
                    client.post(
                        reverse(f"ratings:{name}", args=[twin.pk, kind, pk]), {"version": 0, "name": "改"}
                    ).status_code
                    < 500
                )
    assert content(opened) == before

    if role == "office":
        assert {
            "scheme_parameters",
            "scheme_item",
            "scheme_row",
            "scheme_move",
            "scheme_delete",
            "scheme_import_into",
        } <= tried
        unchanged = content(twin)[0]
        for address, fields in forms:
            if resolve(address).url_name in ("scheme_parameters", "scheme_item"):
                client.post(address, fields)
        assert content(twin)[0] != unchanged, (
            "the same forms must change a draft, or this test proves nothing"
        )


def workbook(spec) -> bytes:
    buffer = BytesIO()
    write_workbook(buffer, scheme_sheets(spec))
    return buffer.getvalue()


def test_no_workbook_changes_an_opened_scheme(opened, twin, office, signed_client, tmp_path, year):
    client, before = signed_client(office), content(opened)
    twin.items.filter(code="K1").update(name="工作簿里的名称")
    changed = read_scheme(twin)
    this_year = shifted(changed, opened.year)
    upload = SimpleUploadedFile("scheme.xlsx", workbook(this_year))
    for address in (
        reverse("ratings:scheme_import"),
        reverse("ratings:scheme_import_into", args=[opened.pk]),
    ):
        upload.seek(0)
        checked = client.post(address, {"workbook": upload})
        assert checked.status_code < 500
        confirmed = {"confirm": "1", "agreed": "on"} | seen_in(checked)
        assert client.post(address, confirmed).status_code < 500
    with pytest.raises(Refused):
        replace_scheme(opened, this_year, seen=content_digest(opened), by=office)
    path = tmp_path / "scheme.xlsx"
    path.write_bytes(workbook(this_year))
    with pytest.raises(CommandError):
        call_command("open_scheme", scheme=path, by=office.username, stdout=StringIO())
    year.items, year.parameters["年度"], year.parameters["所属市"] = (
        [list(item) for item in ITEMS],
        opened.year,
        opened.city.name,
    )
    folder = year.write()
    given = {
        "scheme": folder.scheme,
        "input": folder.scheme.parent,
        "out": tmp_path / "out",
        "stdout": StringIO(),
    }
    for replace in (False, True):
        with pytest.raises(CommandError):
            call_command("run_year", **given, replace=replace)

    assert content(opened) == before


def test_a_workbook_checked_for_a_draft_is_refused_once_it_is_open(twin, office, signed_client):
    client, address = signed_client(office), reverse("ratings:scheme_import_into", args=[twin.pk])
    changed = read_scheme(twin)
    twin.items.filter(code="K1").update(name="先前的名称")
    page = client.post(address, {"workbook": SimpleUploadedFile("scheme.xlsx", workbook(changed))})
    assert page.status_code == 200
    open_scheme(twin, by=office)
    before = content(twin)

    client.post(address, {"confirm": "1", "agreed": "on"} | seen_in(page))

    assert content(twin) == before


def test_no_function_changes_an_opened_scheme(opened, office):
    before = content(opened)
    item, band = opened.items.get(code="K1"), opened.bands.first()
    tries = [
        lambda: rows.add_row(opened, Category, {"code": "Z", "name": "新大项"}, by=office),
        lambda: rows.change_row(item, {"name": "改"}, version=item.version, by=office),
        lambda: rows.change_row(band, {"condition": "总分≥1"}, version=band.version, by=office),
        lambda: rows.change_row(opened, {"name": "改"}, version=opened.version, by=office),
        lambda: rows.remove_row(item, version=item.version, by=office),
        lambda: rows.move_row(item, up=False, by=office),
        lambda: write_notes(opened, {"item:K1": "说明"}, by=office),
        lambda: propose(opened, by=office, deadlines={"self_due": opened.period_end}),
        lambda: open_scheme(opened, by=office),
        lambda: copy_scheme(opened, year=opened.year, by=office),
        lambda: create_scheme(read_scheme(opened), city=opened.city),
    ]
    for attempt in tries:
        with (
            pytest.raises((IntegrityError, ValidationError)),
            transaction.atomic(),
        ):
            attempt()
        assert content(opened) == before
    assert acknowledge(opened, seen=before[0], by=office) == 0
    assert content(opened) == before


def test_the_back_office_has_no_door_to_criteria(opened, appoint, signed_client):
    criteria = {Scheme, SchemeVersion, *ROWS}
    assert criteria & set(admin.site._registry) == set()
    sysadmin = appoint("sysadmin")
    sysadmin.is_staff = True
    sysadmin.save(update_fields=["is_staff"])
    client, before = signed_client(sysadmin), content(opened)

    for model in Region, opened.assessments.first().school.__class__:
        for row in model.objects.all():
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_delete", args=[row.pk])
            assert client.post(address, {"post": "yes"}).status_code < 500

    assert content(opened) == before


def test_a_read_only_comparison_of_versions_is_empty(opened):
    """What was frozen is what the rows say."""
    assert not compare(current_spec(opened), read_scheme(opened)) and opened.phase == Phase.OPEN
