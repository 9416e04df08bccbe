"""Whole years of the sample cities, small enough for a browser: their real criteria, a few of their schools,
everybody signed in.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from python_calamine import CalamineWorkbook

from ratings.criteria.spec import BoundItem
from ratings.criteria.storing import create_scheme
from ratings.criteria.workbook import read_scheme_workbook
from ratings.demo.records import RECORDS, load_records
from ratings.enums import Confirmation, Stage
from ratings.models import Assessment, Scheme, Score
from ratings.rules import Asked
from ratings.rules.syntax import Deduct
from ratings.selfassessment.submission import sign
from ratings.sheets import own_sheet
from ratings.workflow import open_scheme, scheme_spec, take_step
from schools.importing.schools import ensure_city, read_schools, upsert_schools
from schools.models import Appointment, MetricValue, Region, School, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES
from schools.uploads import check_upload
from schools.workbooks import SheetOut, read_workbook, write_workbook
from tests.cast import PASSWORD
from tests.small_pdf import SMALL_PDF

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CODE = "学校编码"
SCAN = {
    "name": "盖章扫描件.pdf",
    "mimeType": "application/pdf",
    "buffer": SMALL_PDF,
}
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
IsAsked = Callable[[BoundItem, Asked], bool]


@dataclass
class Year:
    """One scheme that has just been opened, and the people in it by account name."""

    scheme: Scheme
    city: Region
    schools: list[School]
    people: dict[str, User] = field(default_factory=dict)

    def assessment(self, school: School) -> Assessment:
        return Assessment.objects.select_related("scheme", "school").get(scheme=self.scheme, school=school)

    def appoint(self, role: str, *, at: School | Region | None = None, username: str = "") -> User:
        """A person of the role; school and county roles need to be told where."""
        name = username or role
        user = User.objects.create_user(name, PASSWORD, name=f"{name}某", must_change_password=False)
        scope = (
            {"school": at}
            if role in SCHOOL_ROLES
            else {"county": at}
            if role in COUNTY_ROLES
            else {"city": self.city}
        )
        Appointment.objects.create(user=user, role=role, start=dt.date(2020, 1, 1), **scope)
        self.people[name] = user
        return user


def reduce_folder(source: Path, target: Path, codes: Iterable[str]) -> Path:
    """The workbooks of a sample city with the rows of a few schools only; its criteria as they are."""
    wanted = set(codes)
    target.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.xlsx"):
        if path.name == "scheme.xlsx":
            shutil.copy(path, target)
            continue
        workbook = CalamineWorkbook.from_path(path)
        sheets = [
            _reduced(name, workbook.get_sheet_by_name(name).to_python(), wanted)
            for name in workbook.sheet_names
        ]
        write_workbook(target / path.name, sheets)
    return target


def _reduced(name: str, rows: list[list], wanted: set[str]) -> SheetOut:
    heading, *body = rows
    place = heading.index(CODE)
    return SheetOut(name, heading, [[_whole(cell) for cell in row] for row in body if row[place] in wanted])


def _whole(cell: object) -> object:
    """A whole number as such: `1.0` would be written as a text, which is no yes and no no."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def open_sample(name: str, folder: Path, codes: Iterable[str], **changes) -> Year:
    """The sample city's year, opened with its own criteria and records; deadlines are a month apart from
    today on.
    """
    folder = reduce_folder(FIXTURES / name, folder, codes)
    spec = read_scheme_workbook(folder / "scheme.xlsx").spec
    city = ensure_city(spec.city)
    listed = read_schools(read_workbook(folder / "schools.xlsx", name="schools.xlsx"))
    year = Year(create_scheme(spec, city=city), city, upsert_schools(city, listed))
    office = year.appoint("office")
    if (folder / f"{next(iter(RECORDS))}.xlsx").exists():
        load_records(folder, city, spec.year, by=office)
    else:
        _import_figures(folder / "metrics.xlsx", year, spec.year)
    today = timezone.localdate()
    dues = {
        f"{stage}_due": today + dt.timedelta(days=30 * month)
        for month, stage in enumerate(("self", "county", "city"), 1)
    }
    Scheme.objects.filter(pk=year.scheme.pk).update(**dues, **changes)
    year.scheme.refresh_from_db()
    open_scheme(year.scheme, by=office)
    return year


def _import_figures(path: Path, year: Year, number: int) -> None:
    """Figures as the city brought them in from its own lists."""
    schools = {school.code: school for school in year.schools}
    heading, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    code, reference, value = (heading.index(one) for one in (CODE, "指标", "数值"))
    MetricValue.objects.bulk_create(
        MetricValue(school=schools[row[code]], year=number, reference=row[reference], value=str(row[value]))
        for row in rows
    )


class Desk:
    """One person before the browser. Counts what the person presses, types and uploads, for the measures the
    project promises.
    """

    def __init__(self, browser: Browser, origin: str, user: User, *, keeps_words: bool = False, **context):
        client = Client()
        client.force_login(user)
        self.context = browser.new_context(
            **{"viewport": WIDE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **context}
        )
        self.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": origin}]
        )
        self.origin, self.user, self.page = origin, user, self.context.new_page()
        self.keeps_words = keeps_words
        self.seen: list[str] = []
        self.clicks = self.values = self.uploads = 0
        self.page.on("response", self._complain)
        self.trouble: list[str] = []

    def _complain(self, response) -> None:
        if response.status >= 500:
            self.trouble.append(f"{response.status} {response.url}")

    def go(self, address: str) -> Page:
        """Opens an address as if from a bookmark; not counted."""
        self.page.goto(self.origin + address)
        self._note()
        return self.page

    def press(self, name: str, *, role: str = "button", exact: bool = False) -> None:
        """Presses what carries the words."""
        self.click(self.page.get_by_role(role, name=name, exact=exact).first)

    def follow(self, name: str) -> None:
        self.press(name, role="link")

    def leave(self, button: str) -> None:
        """Presses and waits until another page has come."""
        here = self.page.url
        self.press(button)
        expect(self.page).not_to_have_url(here)
        self.page.wait_for_load_state()

    def click(self, target) -> None:
        self._note()
        target.click()
        self.clicks += 1

    def _note(self) -> None:
        """Keeps what the page says before it is left."""
        if self.keeps_words:
            self.page.wait_for_load_state("domcontentloaded")
            self.seen.append(f"{self.page.url} {words(self.page)}")

    def hears(self, sentence: str) -> None:
        """Waits for what the system answers after an act."""
        self.page.locator("#messages .message", has_text=sentence).first.wait_for()

    def close(self) -> None:
        assert self.trouble == []
        self.context.close()


def enter_meeting(person) -> None:
    """A meeting of the committee, typed into its form."""
    for label, value in (
        ("会议日期", "2026-01-20"),
        ("应到人数", "11"),
        ("实到人数", "9"),
        ("会议纪要文号", "示评纪〔2026〕3号"),
    ):
        person.page.get_by_label(label).fill(value)
    person.press("登记会议")
    person.hears("已登记2026年1月20日会议")


def asked_of_school(bound: BoundItem, one: Asked) -> bool:
    """核定要素 are the reviewers' business."""
    return one.name not in bound.not_for_school


def asked_of_reviewers(bound: BoundItem, one: Asked) -> bool:
    """Reviewers answer everything that is asked at all."""
    return True


def takes_away(bound: BoundItem, one: Asked) -> bool:
    """Whether the answer costs points."""
    return isinstance(bound.item.rule.parts[one.part], Deduct)


def fill_item(desk: Desk, bound: BoundItem, *, asks: IsAsked = asked_of_school, within: str = "main") -> bool:
    """Answers what the page asks about an item, each as well as it can be; whether there was anything to
    answer.
    """
    asked = [one for one in bound.asked if asks(bound, one)]
    for one in asked:
        control = desk.page.locator(f'{within} [name$="-answer-{one.name}"]')
        if one.kind in ("tick", "level"):
            if takes_away(bound, one):
                continue
            control.first.check()
        else:
            control.fill(
                "0" if takes_away(bound, one) else "1" if one.kind == "count" else str(one.high or 2)
            )
        desk.values += 1
    nothing = desk.page.locator(f'{within} [name$="-declared"]')
    if asked and all(one.kind == "tick" and takes_away(bound, one) for one in asked) and nothing.count():
        nothing.check()
        desk.values += 1
    return bool(asked)


def attach_file(desk: Desk) -> None:
    """Uploads a document on the page of an item."""
    desk.page.locator("summary", has_text="添加佐证材料").click()
    desk.page.get_by_label("或上传文件").set_input_files(SCAN)
    desk.press("添加", exact=True)
    desk.page.get_by_role("link", name=SCAN["name"]).wait_for()
    desk.uploads += 1


def bring_before_reviewers(year: Year, school: School, *, well: bool = True) -> Assessment:
    """The school answers, well or with nothing to show, and hands in, without the clicks."""
    assessment = year.assessment(school)
    _answer(assessment, Stage.SELF, asked_of_school, well)
    head = year.people.get(f"head-{school.code}") or year.appoint(
        "head", at=school, username=f"head-{school.code}"
    )
    if year.scheme.confirmation == Confirmation.SIGNED:
        sign(own_sheet(assessment), check_upload(SimpleUploadedFile(SCAN["name"], SCAN["buffer"])), by=head)
    take_step(assessment, "submit", by=head)
    return assessment


def reviewed_by_county(year: Year, school: School, *, star: int = 5, opinion: str = "同意。") -> Assessment:
    """The county agrees and confirms, without the clicks."""
    assessment = year.assessment(school)
    _answer(assessment, Stage.COUNTY, asked_of_reviewers, True)
    name = f"lead-{school.county.code}"
    lead = year.people.get(name) or year.appoint("county_lead", at=school.county, username=name)
    take_step(assessment, "recommend", by=lead, star=star, opinion=opinion)
    return assessment


def _answer(assessment: Assessment, stage: str, asks: IsAsked, well: bool) -> None:
    spec = scheme_spec(assessment.scheme)
    rows = list(assessment.scores.filter(stage=stage).select_related("item"))
    for row in rows:
        bound = spec.bound[row.item.code]
        row.answers = {"答": {one.name: _reply(bound, one, well) for one in bound.asked if asks(bound, one)}}
    Score.objects.bulk_update(rows, ["answers"])


def _reply(bound: BoundItem, one: Asked, well: bool) -> bool | int | str:
    if one.kind == "tick":
        return well != takes_away(bound, one)
    if one.kind == "level":
        return one.levels[0 if well else -1][0]
    if one.kind == "count":
        return 0 if well == takes_away(bound, one) else 1
    return str(one.high or 2) if well else str(one.low or 0)


def words(page: Page) -> str:
    """What the page says, closed folds included."""
    return page.evaluate("document.body.textContent")
