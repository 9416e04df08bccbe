"""A small year whose confidential words are tokens, moved along step by step, and everybody's pages of it."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Callable, Iterable
from decimal import Decimal

from django.test import Client
from django.urls import reverse

from ratings.committee.settling import accept_all, settle_scheme
from ratings.enums import Stage
from ratings.judging.panels import assign, create_panel, seat_judge
from ratings.judging.sheets import submit_sheet
from ratings.models import Assessment, Bulletin, JudgeSheet, Restriction, Scheme, Score
from ratings.publication.bulletin import BULLETIN, publish
from ratings.review.agreeing import adjust
from ratings.workflow import take_step
from schools.models import School, User
from tests.factories import SchoolFactory
from tests.rating_factories import meet
from tests.ratings.committee_year import deviate, found_by_meeting
from tests.ratings.judged_year import FULL, judge_account, visited
from tests.ratings.opened_year import answer_everything, know_figures, open_year

#: What must stay with those it was written for; every word is found nowhere else.
OWN, COUNTY, OPINION, CHANGED = "自述暗号甲", "初评暗号乙", "意见暗号丙", "核定暗号丁"
LABELS = ("署名暗号戊一", "署名暗号戊二", "署名暗号戊三")
REMARKS = ("评语暗号己一", "评语暗号己二", "评语暗号己三")
REASON, MINUTES, BASIS = "理由暗号庚", "纪要暗号辛", "认定暗号壬"
#: Parts of a page that differ from one reading to the next.
PASSING = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|x-csrftoken": "[^"]*"|\d\d:\d\d:\d\d')
#: Pages of `schools` that know nothing of a rating, since `schools` may not import it.
OF_SCHOOLS = ("/metrics/", "/teaching/", "/corrections/")
#: Addresses that say nothing about the year.
APART = ("/static/", "/accounts/", "/admin/", "/help/", "/text-size/", "/schemes/", *OF_SCHOOLS)
REGISTRY = re.compile(r"/schools/\d+/(registry|explanation)/")


class BlindYear:
    """Two schools of one county; the first carries the tokens, the second is its neighbour."""

    def __init__(self, folder, city, county, school: School, appoint: Callable[..., User]):
        self.city, self.county, self.appoint = city, county, appoint
        self.schools = [school, SchoolFactory(city=city, county=county, name="邻校")]
        self.office = appoint("office")
        for one in self.schools:
            know_figures(one, self.office)
        self.scheme: Scheme = open_year(folder, city, self.office)
        self.judges = [judge_account(city, number) for number in range(1, 4)]

    def assessment(self, place: int = 0) -> Assessment:
        return Assessment.objects.select_related("scheme__city", "school", "panel").get(
            scheme=self.scheme, school=self.schools[place]
        )

    def hand_in(self, head: User) -> None:
        """Both schools submit; their own words are the first token."""
        for place, school in enumerate(self.schools):
            answer_everything(self.assessment(place))
            self._sign(Stage.SELF, OWN, place)
            by = head if place == 0 else self._head(school)
            take_step(self.assessment(place), "submit", by=by)

    def score_by_county(self, reviewer: User) -> None:
        """Every row answered with a remark, and one figure replaced with a reason."""
        for place in range(2):
            for row in self._rows(Stage.COUNTY, place):
                row.answers, row.points = {"答": FULL[row.item.code]}, 1
                row.save(update_fields=["answers", "points"])
            self._sign(Stage.COUNTY, COUNTY, place)
        adjust(self.assessment().pk, "K1", points=Decimal("21.5"), reason=CHANGED, by=reviewer)

    def send_on(self, lead: User) -> None:
        for place in range(2):
            take_step(self.assessment(place), "recommend", by=lead, star=5, opinion=OPINION)

    def seat(self) -> None:
        """A panel of three under names that are tokens."""
        panel = create_panel(self.scheme, "第一组", by=self.office)
        for user, label in zip(self.judges, LABELS, strict=True):
            seat_judge(panel, label=label, user=user, by=self.office)
        assign(panel, [self.assessment(0), self.assessment(1)], by=self.office)
        visited(self.scheme, [self.assessment(0).pk, self.assessment(1).pk], by=self.office)

    def judge(self, *places: int) -> None:
        """Judges fill and hand in both sheets, each remark a token."""
        for number in places:
            user = self.judges[number]
            for place in range(2):
                for row in self._rows(Stage.CITY, place).filter(judge__user=user):
                    row.answers, row.remark, row.version = {"答": FULL[row.item.code]}, REMARKS[number], 1
                    row.save(update_fields=["answers", "remark", "version"])
                submit_sheet(
                    JudgeSheet.objects.get(assessment=self.assessment(place), judge__user=user), by=user
                )

    def decide(self, chair: User) -> None:
        """A restriction found, another star with its reason, the neighbour as computed."""
        meet(self.scheme, number=MINUTES)
        y1 = Restriction.objects.get(scheme=self.scheme, code="Y1")
        found_by_meeting(self.assessment(), y1, by=chair, basis=BASIS)
        deviate(self.assessment(), 4, by=chair, reason=REASON)
        accept_all(self.scheme, by=chair)

    def settle(self, chair: User) -> None:
        settle_scheme(self.scheme, by=chair)
        self.scheme.refresh_from_db()

    def publish(self, chair: User) -> None:
        BULLETIN.draft(self.scheme, issued_on=self.scheme.period_end)
        Bulletin.objects.filter(scheme=self.scheme).update(number="示组通〔2026〕8号")
        publish(Scheme.objects.get(pk=self.scheme.pk), by=chair, check_text=False)

    def _rows(self, stage: str, place: int):
        return Score.objects.filter(assessment=self.assessment(place), stage=stage).select_related("item")

    def _sign(self, stage: str, token: str, place: int) -> None:
        self._rows(stage, place).update(remark=token)

    def _head(self, school: School) -> User:
        user = User.objects.create_user(
            f"head-{school.pk}", "Ceshi-2026", name="邻校长", must_change_password=False
        )
        return self.appoint("head", user=user, school=school)


def pages_of(user: User, addresses: Iterable[str] | None = None) -> dict[str, str]:
    """What the person reads: everything that pages lead to from the front page, or at the given addresses;
    files as text.
    """
    client = Client()
    client.force_login(user)
    waiting, found = list(addresses if addresses is not None else ["/"]), {}
    while waiting:
        address = waiting.pop(0)
        if address in found:
            continue
        response = client.get(address)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        found[address] = f"{response.status_code} {readable(body)}" if response.status_code == 200 else ""
        if addresses is None:
            waiting += links(response, found[address])
    found["export"] = readable(b"".join(client.post(reverse("schools:export")).streaming_content))
    return found


def links(response, text: str) -> list[str]:
    """Where a page leads to, redirects included."""
    if response.status_code in (301, 302):
        return [response.url.partition("#")[0]]
    targets = [
        html.unescape(one).partition("#")[0] for one in re.findall(r'(?:href|action)="(/[^"]*)"', text)
    ]
    told = [one for one in targets if not one.startswith(APART) and not REGISTRY.match(one)]
    return [one for one in told if "?" not in one or one.endswith(("=all", "=total"))]


def readable(body: bytes) -> str:
    """The words of a page or of a workbook."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            return " ".join(
                parts.read(name).decode("utf-8", "replace")
                for name in parts.namelist()
                if name.startswith("xl/")
            )
    return PASSING.sub("", body.decode("utf-8", "replace"))
