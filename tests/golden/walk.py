"""Every page of the role table as each account of the demonstration reads it, and every file that a page or
its forms give.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client
from django.urls import resolve, reverse

from ratings.enums import Phase
from ratings.models import Assessment, Category
from schools.models import Appointment, Region, School, User
from schools.models.scope import SCHOOL_ROLES
from tests.golden.documents import text_of_file, without_digests
from tests.golden.frozen_city import ACCOUNTS, GROUP, ask_for_signatures, cities, undone
from tests.golden.objects import Target, seats, targets
from tests.golden.reading import lines_of, links_of
from tests.test_role_table import TABLE, Case

#: Of the links of a page to itself with other questions (filters, sorting, parts) the first of each kind are
#: followed.
QUESTIONS = 2
#: What a school's own people open at each status: the accounts of the demonstration belong to one school
#: only.
OWN_KINDS = {"assessment", "item", "step"}
#: They read what the second one reads, who does not lead the panel.
MORE_JUDGES = ("judge3", "judge4", "judge5")
#: Pages about nobody but oneself, or for everybody, with what their addresses take.
PAGES_ELSEWHERE = (("help", ()), ("password_change", ()), ("schools:metric", ("办班期数",)))
#: Forms that give a file once they are filled in.
FILLED_IN = {
    "ratings:materials": (
        {"copies": 2, "order": "total", "kind": "pdf"},
        {"copies": 2, "order": "", "kind": "xlsx"},
    ),
    "ratings:verification": ({"verifier": "核验人", "reason": "年度核验"},),
}
#: How the addresses end that give a file when a form is sent.
FILE_ENDINGS = ("export", "pdf", "sheets", "public")
TOKEN = re.compile(r'<input type="hidden" name="csrfmiddlewaretoken" value="[^"]*">')


@dataclass
class Account:
    """Somebody who reads; `kinds` limits what is opened to addresses of these objects."""

    label: str
    user: User | None = None
    kinds: set[str] | None = None

    @property
    def role(self) -> str:
        return self._post.role

    @property
    def school(self) -> School | None:
        return self._post.school

    @cached_property
    def _post(self) -> Appointment:
        return self.user.appointments.select_related("school").order_by("pk").first()


@dataclass
class Walk:
    """Texts by file name without ending, each a list of pages; `covered` are the patterns that showed
    something.
    """

    pages: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    documents: dict[str, str] = field(default_factory=dict)
    covered: set[str] = field(default_factory=set)
    _read: dict[str, list[str]] = field(default_factory=dict)
    _said: dict[tuple[str, str], str] = field(default_factory=dict)

    def go(self) -> None:
        """Who has not signed in, all accounts of both cities, the schools at each status, and once more where
        schools sign on paper.
        """
        self._open(Client(), Account("nobody"), reverse("login"), "")
        for city in cities():
            everything = targets(city)
            for account in _accounts(city):
                self._visit(account, targets(city, account.school) if account.school else everything)
        with undone():
            ask_for_signatures()
            first, _ = cities()
            head = next(one for one in _accounts(first) if one.label == "head")
            self._visit(Account("head.signing", head.user, OWN_KINDS), targets(first, head.school))

    def _visit(self, account: Account, found: dict[str, list[Target]]) -> None:
        client = Client()
        with undone():
            client.force_login(account.user)
            if account.kinds is None:
                self._keep(
                    account, "/", "", lines_of(client.get("/").content.decode(), frame=True), page="frame"
                )
                for name, arguments in PAGES_ELSEWHERE:
                    self._open(client, account, reverse(name, args=arguments), "")
            for name, case in TABLE.items():
                if _may(account, case):
                    self._open_all(client, account, name, found.get(case.kind, []))

    def _open_all(self, client: Client, account: Account, name: str, found: list[Target]) -> None:
        asked: set[tuple[str, ...]] = set()
        for words, arguments in found:
            address = reverse(name, args=arguments) + _question(name, arguments)
            if arguments and _file_name(address) in self.documents:
                continue
            if TABLE[name].method == "post":
                self._send(client, address)
                continue
            for number, data in enumerate(FILLED_IN.get(name, ()), 1):
                self._fill_in(client, f"{_file_name(address)}-{number}", address, data)
            for link in self._open(client, account, address, words):
                kind = tuple(sorted({key for key, _ in parse_qsl(urlsplit(link).query)}))
                if kind and kind not in asked and len(asked) < QUESTIONS:
                    asked.add(kind)
                    self._open(client, account, link, words)

    def _open(self, client: Client, account: Account, address: str, words: str) -> list[str]:
        """Reads the page; answers with its links to itself that ask something."""
        response = client.get(address)
        if response.status_code in (301, 302):
            self._keep(account, address, words, [f"→ {response.url}"])
        elif response.status_code != 200:
            self._keep(account, address, words, [f"{response.status_code}"])
        elif response.headers["Content-Type"].startswith("text/html"):
            html = _own_part(response.content.decode())
            self._keep(account, address, words, self._lines(html))
            path = urlsplit(address).path
            self.covered.add(pattern_of(address))
            return [
                path + link if link.startswith("?") else link
                for link in links_of(html)
                if link.startswith(("?", f"{path}?"))
            ]
        else:
            self._file(address, response)
        return []

    def _lines(self, html: str) -> list[str]:
        """Read once, however many accounts get the same page."""
        if html not in self._read:
            self._read[html] = lines_of(html)
        return self._read[html]

    def _send(self, client: Client, address: str) -> None:
        """Asks for a file by a form; whatever else was sent is taken back."""
        if not address.rstrip("/").endswith(FILE_ENDINGS) or _file_name(address) in self.documents:
            return
        with undone():
            response = client.post(address)
            if response.status_code == 200:
                self._file(address, response)

    def _fill_in(self, client: Client, name: str, address: str, data: dict) -> None:
        """Asks for a file by a form with these words."""
        with undone():
            response = client.post(address, data)
            if response.status_code == 200 and response.streaming:
                self.documents.setdefault(name, without_digests(text_of_file(_body(response))))

    def _file(self, address: str, response) -> None:
        self.covered.add(pattern_of(address))
        self.documents.setdefault(_file_name(address), without_digests(text_of_file(_body(response))))

    def _keep(self, account: Account, address: str, words: str, lines: list[str], *, page: str = "") -> None:
        """A text that somebody else read at the same address is not written again."""
        text = without_digests("\n".join(lines))
        before = self._said.get((address, text))
        self._said.setdefault((address, text), account.label)
        heading = f"=== {address}" + (f"  {words}" if words else "")
        room = page or pattern_of(address).split("/")[0] or "desk"
        self.pages[f"{account.label}/{room}"].append(
            f"{heading}\n" + (f"as {before}" if before and len(text) > 40 else text)
        )


def _own_part(html: str) -> str:
    """Title and content, without what is around every page of the account and without what is secret in each
    answer.
    """
    title, _, body = html.partition("</title>")
    return TOKEN.sub(
        "", f"<title>{title.partition('<title>')[2]}</title>{body.partition('</header>')[2] or body}"
    )


def pattern_of(address: str) -> str:
    """The address as the table of addresses writes it."""
    return resolve(urlsplit(address).path).route


def _question(name: str, arguments: tuple) -> str:
    """Without these the page has nothing to show."""
    if name == "schools:explanation":
        return "?" + urlencode({"figure": "办班期数"})
    if name == "ratings:scheme_group":
        return "?" + urlencode(
            {"section": Category.objects.filter(scheme=arguments[0]).earliest("pk").pk, "group": GROUP}
        )
    return ""


def _body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def _file_name(address: str) -> str:
    return urlsplit(address).path.strip("/").replace("/", "-")


def _may(account: Account, case: Case) -> bool:
    if account.kinds is not None and case.kind not in account.kinds:
        return False
    return account.role in case.own | (case.county or set())


def _accounts(city: Region) -> Iterator[Account]:
    for user in (
        User.objects.filter(username__in=ACCOUNTS, city=city).exclude(username__in=MORE_JUDGES).order_by("pk")
    ):
        yield Account(user.username, user)
    for words, assessment in seats(city).items():
        if assessment.scheme.phase == Phase.SCORING:
            for user in _people(assessment):
                yield Account(f"{user.username.partition('-')[0]}.{words}", user, OWN_KINDS)


def _people(assessment: Assessment) -> Iterator[User]:
    """Filler and head of the school that the demonstration made up for it."""
    held = assessment.school.appointments.filter(role__in=SCHOOL_ROLES, user__username__contains="-")
    for post in held.order_by("role", "pk").select_related("user"):
        yield post.user
