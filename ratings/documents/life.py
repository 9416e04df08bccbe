"""文书的一生: drafted from the figures, edited in turns, issued once and kept, never changed again.

    BULLETIN.draft(scheme, issued_on=day)                    # the text that the figures suggest
    BULLETIN.save(record, values, version=seen, by=user)     # raises Stale or Refused
    BULLETIN.context(record)                                 # page and PDF, from the same words
    BULLETIN.issue(record, by=user)                          # raises Refused, changing nothing

A kind of document (通报, 启动通知) is a small subclass of `Kind`: what it says, until when its text is open,
what stands against issuing it, and what else happens at that moment.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from operator import attrgetter

from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.storing import hold_scheme
from ratings.models import Scheme
from ratings.models.official_documents import OfficialDocument
from schools import audit
from schools.models import User
from schools.numbers import chinese_date
from schools.saving import Shown, hold_one, last_saved, refuse, save_versioned

from .official import Annex, DocumentContext, document_pdf, problems_of


class Kind:
    """One kind of official document: first the words and rules of its own, then what all kinds have in
    common.
    """

    model: type[OfficialDocument]
    #: How headings name it, and how sentences do.
    name: str
    short: str
    #: What its text is called where it is edited.
    text_name: str
    #: Where its annexes come from, for who edits the text: on the page, and beside the field.
    annex_note: str
    annex_hint: str
    #: What the button that issues it adds.
    also = ""
    #: Of the file, after the year.
    file_name: str
    #: Of the audit trail.
    action: str
    #: Its pages are `ratings:<route>`, `ratings:<route>_edit` …, addressed by this key of row or year.
    route: str
    key = "pk"
    #: Which schemes it may be drafted for.
    drafted_for: Mapping[str, object]
    #: Acts of the table of permissions.
    writes: str
    issues: str
    #: Whether it is issued with the own password; and what is said then, with the year for {}.
    signed = False
    done: str
    #: The list above its pages: how it is called, and its address.
    above: tuple[str, str]

    # What a kind says

    def first_text(self, scheme: Scheme) -> Mapping[str, str]:
        """`organiser`, `title`, `addressee` and `body` as the figures suggest them."""
        raise NotImplementedError

    def annexes(self, record: OfficialDocument) -> tuple[Annex, ...]:
        """Always from the figures, never from typed text."""
        raise NotImplementedError

    def links(self, record: OfficialDocument) -> list[tuple[str, str]]:
        """Further pages for who writes it, as text and address."""
        return []

    def trail_to(self, record: OfficialDocument) -> list[tuple[str, str]]:
        """What stands above the document, as text and address."""
        return [self.home()]

    def closed(self, record: OfficialDocument) -> str:
        """Why the text can be neither changed nor issued; empty while it can."""
        return f"{self.short}已经印发，不能再修改。" if record.is_issued else ""

    def reasons_against(self, record: OfficialDocument) -> list[str]:
        """What besides its text stands against issuing it; shown while it is written, asked again
        at the end.
        """
        return []

    def last_checks(self, record: OfficialDocument) -> list[str]:
        """What is looked through at the moment of issuing only, because it takes long."""
        return []

    def carry_out(
        self, record: OfficialDocument, context: DocumentContext, *, by: User | None, at: dt.datetime
    ) -> None:
        """What changes with the document, in the same transaction; the row itself is saved afterwards."""
        raise NotImplementedError

    def consequences(self, record: OfficialDocument) -> list[str]:
        """What issuing does, for the person about to do it."""
        raise NotImplementedError

    # What all have in common

    def address(self, record: OfficialDocument, page: str = "") -> str:
        """Of the document, or of its edit, pdf or issue page."""
        return reverse(
            "_".join(filter(None, (f"ratings:{self.route}", page))), args=[attrgetter(self.key)(record)]
        )

    def home(self) -> tuple[str, str]:
        """The list of such documents, as text and address."""
        text, route = self.above
        return text, reverse(route)

    def draft(self, scheme: Scheme, *, issued_on: dt.date) -> OfficialDocument:
        """The document with the text that the figures suggest; an existing one is returned untouched.

        The organiser signs; several organisers separated by 、 issue jointly, the first one first.
        """
        existing = self.model.objects.filter(scheme=scheme).first()
        if existing is not None:
            return existing
        text = dict(self.first_text(scheme))
        organ, *others = _names(text.pop("organiser"))
        signed = {"organ": organ, "co_organs": "、".join(others), "printer": organ}
        dated = {"issued_on": issued_on, "printed_on": issued_on}
        return self.model.objects.get_or_create(scheme=scheme, defaults={**text, **signed, **dated})[0]

    def context(self, record: OfficialDocument) -> DocumentContext:
        """What page and PDF show."""
        typed = {name: getattr(record, name) for name in record.TYPED}
        typed["co_organs"] = tuple(_names(record.co_organs))
        return DocumentContext(**typed, annexes=self.annexes(record))

    def pdf(self, record: OfficialDocument) -> bytes:
        """The document as it would be issued now; raises DocumentError."""
        return document_pdf(self.context(record))

    def problems(self, record: OfficialDocument, context: DocumentContext) -> list[str]:
        """What must be put right before it can go out, in sentences."""
        return self.reasons_against(record) + problems_of(context)

    def summary(self, record: OfficialDocument, context: DocumentContext) -> list[tuple[str, list[str]]]:
        """What the person who issues it looks at once more: names and their lines."""
        return [
            ("发文机关", ["、".join((context.organ, *context.co_organs))]),
            ("发文字号", [context.number_line]),
            ("主送机关", [record.addressee]),
            ("成文日期", [chinese_date(record.issued_on)]),
            ("正文", [f"{context.characters} 字"]),
        ]

    def shown(self, record: OfficialDocument, context: DocumentContext) -> Shown:
        """What whoever issues it reads: the text, and the annexes from the figures."""
        text = asdict(context)
        annexes = text.pop("annexes")
        edited = self.model.objects.filter(pk=record.pk)
        savers = {"文稿": lambda: last_saved((edited, "edited_by__name", "edited_at"))}
        return Shown({"文稿": text, "附件": annexes}, savers)

    def save(
        self, record: OfficialDocument, values: Mapping[str, object], *, version: int, by: User
    ) -> OfficialDocument:
        """Store the text; raises Stale if somebody saved since `version`, Refused once it is closed."""
        with transaction.atomic():
            scheme = hold_scheme(record.scheme_id)

            def still_open(stored: OfficialDocument) -> None:
                stored.scheme = scheme
                refuse(self.closed(stored))

            return save_versioned(record, values, version=version, by=by, check=still_open)

    def issue(
        self,
        record: OfficialDocument,
        *,
        by: User | None,
        seen: str | None = None,
        check_text=True,
        with_file=True,
    ) -> OfficialDocument:
        """Keep the PDF with its digest and do what goes with it, in one transaction; it never changes again.

        `seen` is what the page from which it is issued sent of `shown`.
        `check_text` is off for a year run from workbooks, whose document is a copy for the file without
        发文字号. `with_file` is off for sample years on a machine that can make no PDF. Raises Refused,
        changing nothing; a file written before a failure is removed again.
        """
        refuse(self.closed(record))
        context = self.context(record)
        refuse(*(self.problems(record, context) if check_text else []), *self.last_checks(record))
        content = document_pdf(context) if with_file else b""
        with removed_on_failure(record.pdf.storage) as stored, transaction.atomic():
            current = held(record)
            refuse(self.closed(current), *self.reasons_against(current))
            shown = self.shown(current, self.context(current))
            shown.refuse_changed(self.shown(record, context).seen)  # while the file was made
            shown.refuse_changed(seen)
            if with_file:
                stored.append(keep_file(current, content))
            # Whoever still has the text open starts from an older version than this one.
            current.version, current.text_digest = current.version + 1, current.digest_of_text()
            at = timezone.now()
            self.carry_out(current, context, by=by, at=at)
            current.save()
            detail = {"发文字号": current.number, "文件摘要": current.digest}
            scheme = current.scheme
            audit.record(self.action, by=by, city=scheme.city, subject=str(scheme), detail=detail, at=at)
        return current


def keep_file(record: OfficialDocument, content: bytes) -> str:
    """Writes the file, notes it and its digest in the unsaved row, and returns its name."""
    scheme = record.scheme
    record.digest = hashlib.sha256(content).hexdigest()
    name = f"{scheme.city.code}/{scheme.year}/{record.digest[:32]}.pdf"
    record.pdf.save(name, ContentFile(content), save=False)
    return record.pdf.name


@contextmanager
def removed_on_failure(storage) -> Iterator[list[str]]:
    """Files whose names are added to the list are deleted again when what is done inside fails."""
    stored: list[str] = []
    try:
        yield stored
    except BaseException:
        for name in stored:
            storage.delete(name)
        raise


def held(record: OfficialDocument) -> OfficialDocument:
    """The document as stored, held until the transaction ends: after its year, whose phase says what may
    still change.
    """
    scheme = hold_scheme(record.scheme_id)
    current = hold_one(type(record).objects.all(), record.pk)
    current.scheme = scheme
    return current


def _names(text: str) -> list[str]:
    """The organs of a line that divides them by 、."""
    return [name.strip() for name in text.split("、") if name.strip()]
