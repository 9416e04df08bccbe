"""Nasty values for every field of every form, as a browser that nobody controls would send them, and what is
wrong with an answer.
"""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import django
import import_export
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils.encoding import iri_to_uri

from schools.workbooks import clean_text
from tests.html_forms import Form, Forms
from tests.small_pdf import SMALL_PDF

#: In every text that is typed, so that it is found in whatever is written.
MARK = "纠缠"
#: What several values mean where a number or a day is asked for; the others mean none.
MEANS = {
    "５０": "50",
    "50,000": "50000",
    "1.2万": "12000",
    "51人": "51",
    "1。5": "1.5",
    "-0": "0",
    "1e5": "100000",
}
MEANS |= {"٣": "3", "2026年3月5日": "2026-03-05", "3月5日": "-03-05"}
NUMBERS = (
    "0", "-0", "-1", "1e400", "1e5", "NaN", "-inf", "0x10", "½", "①", "²", "51①", "٣", "1。5", "５０",
    "50,000", "1.2万", "51人", "99999999", "9223372036854775808", "9" * 5000, "0.1234567",
)  # fmt: skip
DAYS = ("2026-02-30", "3月5日", "0001-01-01", "9999-12-31", "2026年3月5日", "2026-11-25")
TEXTS = (
    "", " ", "\u3000", "甲\0乙", "甲\u2028乙", "甲👍乙", "甲\u202e乙\u200b", "甲\ud800乙",
    "甲\r\n乙\n\n丙\t丁", "九" * 300, "九" * 100_000, "<b>甲</b><script>alert(1)</script>", "=1+1",
    "{{ 7 }}{% x %}%s%(a)s{0}", "../../甲", "[]", '{"a": 1}', "null", "on", "\u3000甲 ", "①²½甲",
    "e\u0301", "'\"甲;--",
)  # fmt: skip


@dataclass(frozen=True)
class Nasty:
    """One way of sending a field: what stands in it (None: nothing), how often, under which name, or as
    what file.
    """

    name: str
    values: tuple[str, ...] = ()
    suffix: str = ""
    file: tuple[str, bytes] | None = None


def _marked(text: str) -> str:
    return text.replace("甲", f"{MARK}甲", 1).replace("九", f"{MARK}九", 1)


NASTY = (
    *(Nasty(repr(text[:20]), (_marked(text),)) for text in (*NUMBERS, *DAYS, *TEXTS)),
    Nasty("missing"),
    Nasty("twice", ("1", f"{MARK}二")),
    Nasty("as a list", ("1",), suffix="[]"),
    Nasty("as a part", ("1",), suffix=".0"),
    Nasty("a file", file=("甲.pdf", SMALL_PDF)),
)
#: A search; the small forms of a rule, which a button of their own writes into its line; what a scheme
#: without county stage hides; the reason of a change, where nothing changes.
PASSED_OVER = re.compile(r"q$|[ps]\d+-|p-|t-|county_|city_weight|reason$")
#: Kinds of fields in which people write.
TYPED = ("text", "textarea", "date", "email")
#: A browser offers these to be chosen; whoever writes into them is told no, or not at all.
CHOSEN = ("select", "checkbox", "radio", "hidden")
FORGED_TEXTS = (
    "-1",
    "1e400",
    "²",
    "99999999",
    "9223372036854775808",
    "9" * 5000,
    "2026-02-30",
    "",
    "[]",
    "null",
)
FORGED = tuple(
    one
    for one in NASTY
    if len(one.values) != 1 or one.suffix or one.values[0] in FORGED_TEXTS or "\0" in one.values[0]
)
ENDINGS = ("pdf", "xlsx", "docx", "png", "exe")
FILES = (
    Nasty("missing"),
    Nasty("words", (f"{MARK}甲",)),
    Nasty("nothing in it", file=("甲.pdf", b"")),
    Nasty("no name", file=("", SMALL_PDF)),
    Nasty("odd name", file=("..\\../甲\u202e\u2028👍<b>.pdf", SMALL_PDF)),
    Nasty("long name", file=("九" * 240 + ".pdf", SMALL_PDF)),
    Nasty("no ending", file=("甲", SMALL_PDF)),
    *(Nasty(f"noise as {end}", file=(f"甲.{end}", b"\x00\xff" * 50)) for end in ENDINGS),
    *(Nasty(f"PDF as {end}", file=(f"甲.{end}", SMALL_PDF)) for end in ("xlsx", "docx", "jpg")),
    Nasty("good", file=("甲.pdf", SMALL_PDF)),
)


def nasty_for(kind: str) -> tuple[Nasty, ...]:
    return FILES if kind == "file" else FORGED if kind in CHOSEN else NASTY


@dataclass(frozen=True)
class Case:
    """A form where it stands, and the button that sends it."""

    page: str
    form: Form
    button: tuple[str, str, str] = ("", "", "")
    #: The field that is changed.
    name: str = ""

    @property
    def address(self) -> str:
        page = self.page
        return urljoin(page, self.button[2] or self.form.action or page)

    @property
    def place(self) -> str:
        """The address without numbers: what may stand on many pages."""
        try:
            match = resolve(urlsplit(self.address).path)
        except Resolver404:
            return self.address
        words = [
            one for one in match.kwargs.values() if isinstance(one, str) and not any(map(str.isdigit, one))
        ]
        return ":".join([match.view_name, *words])


def cases_on(client: Client, page: str) -> Iterator[Case]:
    """The forms of one page, once for each of its buttons."""
    response = client.get(page)
    if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
        return
    for form in Forms(response.content.decode()).forms:
        for button in form.buttons or [("", "", "")]:
            yield Case(page, form, button)


def cases(client: Client, pages: Iterable[str]) -> dict[tuple[str, str], list[Case]]:
    """Every field of every form, whatever the page and the line, with the ways to send it."""
    found: dict[tuple[str, str], dict[str, Case]] = {}
    for page in pages:
        for case in cases_on(client, page):
            for name in case.form.kinds:
                if name != "csrfmiddlewaretoken":
                    key = case.place, _no_digits(name)
                    found.setdefault(key, {}).setdefault(
                        _no_digits(":".join(case.button)), replace(case, name=name)
                    )
    return {key: list(ways.values()) for key, ways in found.items()}


def _no_digits(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


def send(client: Client, case: Case, nasty: Nasty):
    """Everything as the page gave it, but for this field."""
    name = case.name
    pairs = [(key, value) for key, value in case.form.sent if key != name]
    pairs += [(name + nasty.suffix, value) for value in nasty.values]
    if case.button[0]:
        pairs.append(case.button[:2])
    options = {"HTTP_REFERER": f"http://testserver{iri_to_uri(case.page)}"}
    if case.form.method == "get":
        query = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in pairs)
        return client.get(f"{urlsplit(case.address).path}?{query}", **options)
    if nasty.file or "file" in case.form.kinds.values():
        data: dict[str, list] = {}
        for key, value in pairs:
            data.setdefault(key, []).append(value.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
        if nasty.file:
            data[name] = [SimpleUploadedFile("x", nasty.file[1])]
            data[name][0]._name = nasty.file[0]
        return client.post(case.address, data, **options)
    body = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in pairs)
    return client.post(case.address, body, content_type="application/x-www-form-urlencoded", **options)


class Written:
    """The texts that a request writes into the database."""

    def __init__(self):
        self.texts: list[tuple[str, str]] = []

    def __call__(self, execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE")):
            table = sql.split('"', 2)[1]
            for row in params or () if many else [params or ()]:
                self.texts += [(table, one) for value in row for one in _texts(value)]
        return execute(sql, params, many, context)


def _texts(value) -> Iterator[str]:
    value = getattr(value, "obj", value)  # psycopg's Json
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


#: Here stands what was done, said shortly.
TOLD = ("django_session", "schools_auditentry", "schools_notice", "schools_recordchange")


@cache
def foreign_sentences() -> tuple[str, ...]:
    """The longest piece of every sentence of Django and import-export that the project has not written
    itself.
    """
    own = _catalogue(settings.LOCALE_PATHS[0], "zh_Hans").values()
    found = set()
    for module in (django, import_export):
        root = Path(module.__file__).parent
        for folder in [root / "conf" / "locale", root / "locale", root / "contrib" / "auth" / "locale"]:
            if folder.is_dir():
                for english, chinese in _catalogue(folder, "zh_Hans").items():
                    found |= {piece for piece in (_longest(english, 16), _longest(chinese, 6)) if piece}
    return tuple(sorted(piece for piece in found if not any(piece in one for one in own)))


def _catalogue(folder: Path, language: str) -> dict[str, str]:
    found = gettext.translation("django", folder, [language])._catalog
    return {key[0] if isinstance(key, tuple) else key: value for key, value in found.items()}


def _longest(sentence: str, least: int) -> str:
    pieces = re.split(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|\n", sentence)
    longest = max((piece.strip() for piece in pieces), key=len)
    return longest if len(longest) >= least and " " in longest + ("" if longest.isascii() else " ") else ""


def visible(response) -> str:
    """What a person reads of the page."""
    if response.streaming or not response.headers.get("Content-Type", "").startswith("text/"):
        return ""
    page = re.sub(r"(?s)<(script|style|textarea)\b.*?</\1>", " ", response.content.decode())
    return unescape(re.sub(r"<[^>]*>", "\n", page))


def faults_of(client: Client, case: Case, nasty: Nasty) -> Iterator[str]:
    """Sends it, takes everything back, and tells what was wrong."""
    written = Written()
    cookies = {key: morsel.value for key, morsel in client.cookies.items()}
    with transaction.atomic():
        try:
            with connection.execute_wrapper(written):
                response = send(client, case, nasty)
            yield from _judged(client, case, nasty, response, written)
        except Exception as error:
            yield f"{type(error).__name__}: {str(error)[:200]}"
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)


def _judged(client, case, nasty, response, written) -> Iterator[str]:
    if response.status_code not in (200, 302, 403, 404, 409):
        yield f"status {response.status_code}"
    shown, page = visible(response), ""
    if response.status_code == 302 and response.url.startswith("/"):
        after = client.get(response.url)
        shown, page = visible(after), after.content.decode() if after.status_code == 200 else ""
        if after.status_code not in (200, 302, 403, 404):
            yield f"status {after.status_code} at {response.url}"
    yield from (f"says {piece}" for piece in foreign_sentences() if piece in shown)
    if re.search("alert-(danger|warning)", page):
        return  # refused, or the person is told what was changed
    typed = nasty.values[0] if len(nasty.values) == 1 and not nasty.suffix else ""
    kept = _kept(typed)
    for table, text in written.texts:
        if MARK in text and table not in TOLD and nasty.values and kept not in _kept(text):
            yield f"wrote into {table} {text[:40]!r} of {len(text)}"
    is_typed = case.form.method == "post" and case.form.kinds[case.name] in TYPED
    is_stored = any(kept in _kept(text) for _, text in written.texts)
    if page and kept and is_typed and not is_stored and not PASSED_OVER.match(case.name):
        yield from _read_back(client, case, kept)


def _kept(text: str) -> str:
    """What is kept of what was typed: what can be seen; half a sign arrives as its substitutes."""
    return clean_text(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))


def _read_back(client, case, typed) -> Iterator[str]:
    before = _value(case.form, case.name)
    for again in cases_on(client, case.page):
        if again.place == case.place and case.name in again.form.kinds:
            now = _value(again.form, case.name)
            if now == before:
                yield f"success, but still {now[:40]!r}"
            elif not same(now, typed):
                yield f"became {now[:40]!r}"
            return


def _value(form: Form, name: str) -> str:
    return _kept("\n".join(value for key, value in form.sent if key == name))


def same(now: str, typed: str) -> bool:
    """Equal as text, as a number or as a day, for which the page knows the year."""
    if now == typed or now.endswith(MEANS.get(typed, "?")):
        return True
    try:
        return Decimal(now.replace(",", "")) == Decimal(MEANS.get(typed, typed).replace(",", ""))
    except InvalidOperation:
        return False


def fuzz(client: Client, found: Iterable[list[Case]], nasties=nasty_for) -> list[str]:
    """Every fault as a line; the ways to send a field take turns."""
    return [
        f"{case.place} {case.button[1]} {case.name} ({case.page}) {nasty.name}: {fault}"
        for ways in found
        for number, nasty in enumerate(nasties(ways[0].form.kinds[ways[0].name]))
        for case in [ways[number % len(ways)]]
        for fault in faults_of(client, case, nasty)
    ]
