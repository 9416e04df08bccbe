"""Every page in a real browser: accessible, within a phone's width, by keyboard, without script."""

import re
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from ratings.drafting.errata import change_row, prepare, send_for_signature, write_reason
from ratings.models import OpeningProposal
from ratings.publication.opening_notice import OPENING_NOTICE
from ratings.workflow.opening import proposal_digest
from schools.accounts.changes import Act, ask
from schools.models import Handover, Leader, Role
from schools.records.corrections import request_change
from tests.browser import faults, too_wide
from tests.factories import (
    AppointmentFactory,
    BudgetFactory,
    LessonFactory,
    LiaisonFactory,
    SchoolFactory,
    TeacherFactory,
    TrainingClassFactory,
    UserFactory,
    VisitFactory,
)
from tests.rating_factories import numbered, open_year, published_year, settled_year, spec_for
from tests.ratings.drafts import large_draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

#: The fewest pages any role has: the administrators open no results and no drafts.
LEAST_PAGES = 2


@pytest.fixture
def year(city, county, school):
    """A published year of the school and its neighbours, a settled one, and records of every kind."""
    schools = [
        school,
        *SchoolFactory.create_batch(
            5, county=county, name="中共名称特别长的街道工作委员会党校（功能区管理委员会分校）"
        ),
    ]
    older, published = published_year(city, schools, year=2024), published_year(city, schools, year=2025)
    settled = settled_year(city, schools, year=2026)
    numbered(settled)
    OPENING_NOTICE.draft(settled, issued_on=settled.period_start)
    TeacherFactory(school=school)
    LessonFactory(training_class=TrainingClassFactory(school=school, name="党员春训第一期"))
    BudgetFactory(school=school)
    VisitFactory(school=school)
    spec = spec_for(city, 2027)
    onsite = replace(spec, items=(*spec.items[:2], replace(spec.items[2], onsite=True)))
    under_review = open_year(city, [school], year=2027, spec=onsite)
    draft = large_draft(city, items=36, year=2031)
    return {
        "older": older,
        "published": published,
        "settled": settled,
        "under_review": under_review,
        "draft": draft,
    }


def addresses(year, school) -> list[str]:
    """Every page that shows something, whoever may open it."""
    found = [
        reverse(name)
        for name in (
            "schools:desk",
            "schools:schools",
            "ratings:schemes",
            "ratings:results",
            "ratings:bulletins",
            "help",
        )
    ]
    found += [
        reverse("schools:inbox"),
        reverse("schools:monitoring"),
        *(reverse(f"schools:{name}", args=[school.pk]) for name in ("monitoring_school", "brief_school")),
        reverse("schools:brief_region", args=[school.county_id]),
        reverse("schools:audit"),
        reverse("schools:calendar"),
        reverse("ratings:scheme_import"),
        reverse("ratings:rules_manual"),
        reverse("schools:school", args=[school.pk]),
    ]
    found += [
        reverse(f"schools:{name}") for name in ("guidance", "problems", "guidance_assign", "guidance_teams")
    ]
    found += [
        reverse(f"schools:{name}", args=[school.pk])
        for name in ("guidance_school", "guidance_visit", "ledger")
    ]
    found += [
        reverse(f"schools:{name}")
        for name in ("teaching", "class_new", "class_import", "trial_new", "issued_list")
    ]
    found += [reverse(f"schools:{name}", args=[school.pk]) for name in ("teaching_school", "trials")]
    found += [reverse("schools:plan", args=[school.pk, 2026]), reverse("schools:plan_edit", args=[2026])]
    found += [reverse("schools:month", args=[school.pk, 2026, 3])]
    held = school.classes.first()
    found += [reverse(f"schools:{name}", args=[held.pk]) for name in ("class", "class_edit", "class_void")]
    found += [reverse("schools:metrics"), reverse("schools:metric", args=["办班期数"])]
    found += [f"{reverse('schools:explanation', args=[school.pk])}?figure=办班期数"]
    found += registry_addresses(school) + guarded_addresses(school)
    draft = year["draft"]
    category, item = draft.categories.first(), draft.items.first()
    found += [reverse("ratings:scheme_start"), reverse("ratings:figures")]
    found += [
        reverse(f"ratings:{name}", args=[draft.pk])
        for name in ("scheme_edit", "scheme_parameters", "scheme_item_new")
    ]
    found += [
        reverse("ratings:scheme_item", args=[draft.pk, item.pk]),
        reverse("ratings:scheme_delete", args=[draft.pk, "items", item.pk]),
    ]
    found += [
        reverse("ratings:scheme_row_new", args=[draft.pk, kind])
        for kind in ("categories", "bands", "restrictions", "metrics")
    ]
    found += [f"{reverse('ratings:scheme_group', args=[draft.pk])}?section={category.pk}&group={item.group}"]
    found += [
        reverse(f"ratings:{name}", args=[year["settled"].pk])
        for name in ("opening_notice_edit", "opening_notice_issue")
    ]
    published, settled = year["published"], year["settled"]
    found += [
        reverse(f"ratings:{name}", args=[published.pk])
        for name in ("methodology", "verification", "scheme", "board")
    ]
    found += [
        reverse(f"ratings:{name}", args=[settled.pk])
        for name in ("opening_notice", "self_checks", "rehearsal", "metric_list", "scheme")
    ]
    found += [
        reverse("ratings:self_check_item", args=[settled.pk, "K1"]),
        reverse("ratings:form_plaques", args=[settled.pk]),
    ]
    found += [reverse("ratings:scheme_copy", args=[published.pk]), *life_addresses(settled, draft)]
    found += review_addresses(year["under_review"])
    found += [reverse("ratings:bulletin", args=[published.bulletin.pk])]
    found += [
        reverse(f"ratings:{name}", args=[settled.bulletin.pk])
        for name in ("bulletin", "bulletin_edit", "bulletin_issue")
    ]
    found += [
        reverse("ratings:result", args=[scheme.results.get(school=school).pk])
        for scheme in (published, settled)
    ]
    return found


def life_addresses(settled, draft) -> list[str]:
    """A draft that somebody proposed to open, and a correction of an opened scheme."""
    OpeningProposal.objects.create(
        scheme=draft, digest=proposal_digest(draft), proposed_by=UserFactory(), proposed_at=timezone.now()
    )
    erratum, by = prepare(settled, by=UserFactory()), UserFactory()
    change_row(erratum, "item", "L1", {"standard": "抽听一课"}, by=by, revision=0)
    found = [
        reverse(f"ratings:scheme_{name}", args=[draft.pk])
        for name in ("changes", "checks", "opening", "opening_confirm")
    ]
    found += [
        reverse("ratings:scheme_changes", args=[settled.pk]),
        reverse("ratings:scheme_errata", args=[settled.pk]),
    ]
    return [
        *found,
        reverse("ratings:erratum", args=[erratum.pk]),
        reverse("ratings:erratum_row", args=[erratum.pk, "item", "L1"]),
    ]


def review_addresses(scheme) -> list[str]:
    """On-site papers of a school under review, and a correction that waits for the chair's signature."""
    erratum, by = prepare(scheme, by=UserFactory()), UserFactory()
    change_row(erratum, "item", "K1", {"rule_text": "档(办班期数: ≥9→40; ≥5→30; 其他→0)"}, by=by, revision=0)
    write_reason(erratum, reason="分值印错", basis="市评委会纪要第3号", by=by, revision=erratum.revision + 1)
    send_for_signature(erratum, by=by)
    assessment = scheme.assessments.get()
    found = [reverse(f"ratings:{name}", args=[assessment.pk]) for name in ("feedback", "form_onsite")]
    return [*found, reverse("ratings:erratum_sign", args=[erratum.pk])]


def guarded_addresses(school) -> list[str]:
    """Accounts of weight, with a change that waits for the second administrator."""
    account = AppointmentFactory(role="chair", city=school.city, user__city=school.city).user
    values = {"username": "zhang", "name": "张某"}
    by = AppointmentFactory(role="security", city=school.city, user__city=school.city).user
    asked = ask(Act.DETAILS, account, by=by, reason="换人", values=values)
    return [
        *(reverse(f"schools:account_{name}") for name in ("changes", "appoint")),
        reverse("schools:account_details", args=[account.pk]),
        reverse("schools:account_change", args=[asked.pk]),
    ]


def registry_addresses(school) -> list[str]:
    """The school's own entry with its forms, a request for a correction, a handover."""
    teacher = school.teachers.first()
    leader = Leader.objects.create(school=school, post="president", name="李某")
    held = [AppointmentFactory(role="filler", school=school) for _ in range(3)]
    asked = request_change(teacher, {"post": "新职务"}, by=held[0].user, reason="误登")
    done = Handover.objects.create(
        school=school,
        ended=held[1],
        begun=held[2],
        reason="调整",
        contents=[["未确认月报", "没有"]],
        by=held[0].user,
    )
    found = [
        reverse(f"schools:registry{end}", args=[school.pk])
        for end in ("", "_profile", "_equipment", "_budget", "_figures", "_history")
    ]
    found += [
        reverse("schools:registry_rows", args=[school.pk, slug]) for slug in ("teachers", "leaders", "brands")
    ]
    found += [reverse("schools:registry_add", args=[school.pk, slug]) for slug in ("points", "investments")]
    found += [
        reverse(f"schools:registry_{page}", args=[school.pk, "teachers", teacher.pk])
        for page in ("record", "end")
    ]
    found += [reverse("schools:registry_succession", args=[school.pk, leader.pk])]
    found += [
        reverse("schools:corrections"),
        reverse("schools:correction", args=[asked.pk]),
        reverse("schools:handovers"),
    ]
    found += [reverse("schools:hand_over", args=[held[0].pk]), reverse("schools:handover", args=[done.pk])]
    return found


#: Who looks at a page first; the others get the same page with fewer buttons. What a role may open at all is
#: the role table's business.
ORDER = (
    "office",
    "filler",
    "county_lead",
    "chair",
    "judge",
    "liaison",
    "auditor",
    "sysadmin",
    "security",
    "head",
    "county",
    "viewer",
)
#: Pages that differ for everybody.
EVERYBODY = ("schools:desk", "schools:school", "schools:guidance_school", "ratings:scheme", "ratings:result")
_first: dict[int, str | None] = {}


@pytest.fixture
def cast(school, appoint):
    """One person of every role, the liaison guiding the school."""
    people = {role: appoint(role) for role in ORDER}
    people["sysadmin"].is_staff = True
    people["sysadmin"].save(update_fields=["is_staff"])
    LiaisonFactory(user=people["liaison"], school=school)
    return people


def main_roles(pages: list[str], cast) -> dict[int, str | None]:
    """By number of the page the first role that may open it; found once, since addresses differ
    only in ids.
    """
    if not _first:
        clients = {role: Client() for role in ORDER}
        for role, client in clients.items():
            client.force_login(cast[role])
        for number, address in enumerate(pages):
            _first[number] = next(
                (role for role, client in clients.items() if client.get(address).status_code == 200), None
            )
    return _first


def test_every_page_opens_to_somebody(year, school, cast):
    pages = addresses(year, school)

    assert [pages[number] for number, role in main_roles(pages, cast).items() if role is None] == []


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_every_page_is_accessible_and_fits_a_phone(role, year, school, cast, signed_in, live_server):
    pages = addresses(year, school)
    first = main_roles(pages, cast)
    page = signed_in(cast[role])
    said, wrong, opened = [], [], 0
    page.on("console", lambda message: said.append(message.text))

    for number, address in enumerate(pages):
        if first[number] != role and resolve(address.partition("?")[0]).view_name not in EVERYBODY:
            continue
        response = page.goto(live_server.url + address)
        if response.status != 200:
            continue  # what the role may not open is the business of the role table
        opened += 1
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        wrong += faults(page) + too_wide(page)

    assert wrong == []
    assert opened >= LEAST_PAGES
    assert [text for text in said if "Content Security Policy" in text] == []


#: Types something else into every field of the page's forms that a person could, and gives it back; without
#: `type`, gives back what stands there.
FIELDS = """type => {
  const found = {};
  document.querySelectorAll('main form[method=post], #content form[method=post]').forEach((form, place) => {
    Array.from(form.elements).forEach(one => {
      if (!one.name || one.disabled || one.readOnly || one.hidden || one.closest('[data-row]')) return;
      if (!['INPUT', 'SELECT', 'TEXTAREA'].includes(one.tagName)) return;
      if (['hidden', 'submit', 'button', 'password', 'file'].includes(one.type)) return;
      if (one.type === 'checkbox' && one.required) return;
      const box = one.type === 'checkbox' || one.type === 'radio';
      if (type) {
        if (one.type === 'radio') one.checked = true;
        else if (box) one.checked = !one.checked;
        else if (one.options) { if (!one.multiple) one.selectedIndex = one.options.length - 1; }
        else if (one.type === 'date') one.value = '2026-03-05';
        else one.value = '7' + one.value.slice(0, 20);
        one.dispatchEvent(new Event('input', {bubbles: true}));
      }
      const name = place + ' ' + form.getAttribute('action') + ' ' + one.name;
      (found[name] = found[name] || []).push(box ? one.checked : one.value);
    });
  });
  return found;
}"""


@pytest.mark.deep
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_nothing_typed_is_lost_with_the_session_the_network_the_size_of_type_or_the_tab(
    role, year, school, cast, signed_in, live_server
):
    first = main_roles(pages := addresses(year, school), cast)
    page = signed_in(cast[role])
    page.clock.install()
    lost = []

    def compare(typed: dict, tab, after: str) -> None:
        now = tab.evaluate(FIELDS, False)
        lost.extend(
            f"{tab.url} after {after}: {name} {value} is {now.get(name)}"
            for name, value in typed.items()
            if now.get(name) != value
        )

    for number, address in enumerate(pages):
        if first[number] != role or page.goto(live_server.url + address).status != 200:
            continue
        page.evaluate(FIELDS, True)
        if not (typed := page.evaluate(FIELDS, False)):
            continue
        page.locator("[data-text-size] button").locator("visible=true").first.click()
        compare(typed, page, "the size of type")
        page.context.set_offline(True)
        page.evaluate(
            "document.querySelectorAll('main form[method=post]').forEach(form => {"
            " const last = form.querySelector('button:not([type=button])');"
            " if (last && form.noValidate) last.click(); })"
        )
        compare(typed, page, "the network")
        page.context.set_offline(False)
        cookies = page.context.cookies()
        page.context.clear_cookies()
        page.reload()
        page.context.add_cookies(cookies)
        page.goto(live_server.url + address)
        compare(typed, page, "the session")
        other = page.context.new_page()
        other.goto(live_server.url + address)
        offers = other.get_by_role("button", name="填回来")
        while offers.count():
            offers.first.click()
        compare(typed, other, "the tab")
        other.close()

    assert not lost, "\n".join(lost)


def test_a_school_walks_from_sign_in_to_the_steps_of_its_star_by_keyboard(
    year, school, appoint, page, live_server
):
    appoint("head")
    page.goto(live_server.url + "/accounts/login/")
    page.keyboard.type("head")
    page.keyboard.press("Tab")
    page.keyboard.type("Ceshi-2026")
    page.keyboard.press("Enter")
    page.wait_for_url(live_server.url + "/")

    reach(page, "2025年度评定结果")
    page.keyboard.press("Enter")
    page.wait_for_url("**/results/**")
    summary = page.locator("details.item summary").first
    summary.focus()
    page.keyboard.press("Enter")

    assert page.locator("details.item").first.get_attribute("open") is not None


def reach(page, words: str) -> None:
    """Presses Tab until the link is focused."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if words in (page.evaluate("document.activeElement.textContent") or ""):
            return
    raise AssertionError(f"{words} cannot be reached by keyboard")


def test_pages_work_without_script(year, school, browser, client, appoint, live_server):
    client.force_login(appoint("office"))
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()

    page.goto(live_server.url + reverse("ratings:board", args=[year["settled"].pk]))
    page.get_by_label("只看有提示的").check()
    page.get_by_role("button", name="显示").click()
    flagged = page.locator("table.board tbody tr").count()
    page.goto(live_server.url + reverse("ratings:bulletin_edit", args=[year["settled"].bulletin.pk]))
    page.get_by_label("正文").fill("一、无脚本保存的正文")
    page.get_by_role("button", name="保存", exact=True).click()

    assert 0 < flagged < 6
    assert "无脚本保存的正文" in page.locator(".bulletin").inner_text()
    context.close()


def test_characters_are_counted_while_typing_as_the_server_counts_them(year, appoint, signed_in, live_server):
    page = signed_in(appoint("office"))
    page.goto(live_server.url + reverse("ratings:bulletin_edit", args=[year["settled"].bulletin.pk]))

    page.get_by_label("正文").fill("一、标题\n  𠮷镇 正文\n")
    live = page.locator(".counter output").inner_text()
    page.get_by_role("button", name="保存", exact=True).click()
    page.goto(live_server.url + reverse("ratings:bulletin_edit", args=[year["settled"].bulletin.pk]))
    served = re.search(r"<output>(\d+)</output>", page.request.get(page.url).text()).group(1)

    assert live == served == "8"


def test_folded_steps_are_printed(year, school, appoint, signed_in, live_server):
    page = signed_in(appoint("head"))
    page.goto(
        live_server.url + reverse("ratings:result", args=[school.results.get(scheme=year["published"]).pk])
    )

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    unfolded = page.locator("details.item[open]").count()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")

    assert unfolded == page.locator("details.item").count()
    assert page.locator("details.item[open]").count() == 0
