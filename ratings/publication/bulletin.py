"""通报: from a settled year to a published one, with the document kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.urls import reverse

from ratings.committee.invariants import violations
from ratings.documents.life import Kind, held, keep_file
from ratings.documents.official import Annex, DocumentContext
from ratings.enums import Phase
from ratings.models import Bulletin, Scheme
from schools import audit
from schools.models import User
from schools.saving import Refused

from .bulletin_text import draft_addressee, draft_annexes, draft_text, draft_title
from .facts import gather_facts

#: Phases in which a year waits for its bulletin, and the text may change.
EDITABLE = (Phase.SETTLED, Phase.NOTICE)


class BulletinKind(Kind):
    """The results of a year; issuing publishes them."""

    model = Bulletin
    name = short = "通报"
    text_name = "通报文稿"
    annex_note = "名单和统计表由系统生成"
    annex_hint = "名单和统计表由系统作为附件生成"
    also = "，公布结果"
    file_name = "年度星级评定通报"
    action = "publish"
    route = "bulletin"
    drafted_for = {"phase__in": EDITABLE}
    writes, issues = "write_bulletin", "issue_bulletin"
    signed = True
    done = "{}年度评定结果通报已印发，评定结果已对各党校公布。"
    above = ("通报", "ratings:bulletins")

    def links(self, record: Bulletin) -> list[tuple[str, str]]:
        return [("授牌名单", reverse("ratings:form_plaques", args=[record.scheme_id]))]

    def first_text(self, scheme: Scheme) -> Mapping[str, str]:
        facts = gather_facts(scheme)
        return {
            "organiser": scheme.organiser,
            "title": draft_title(facts),
            "addressee": draft_addressee(facts).rstrip("：:"),
            "body": draft_text(facts),
        }

    def annexes(self, record: Bulletin) -> tuple[Annex, ...]:
        return draft_annexes(gather_facts(record.scheme))

    def closed(self, record: Bulletin) -> str:
        if record.is_issued or record.scheme.phase in EDITABLE:
            return super().closed(record)
        return "审定已撤回，重新审定以后才能修改、印发通报。"

    def last_checks(self, record: Bulletin) -> list[str]:
        return violations(record.scheme)

    def carry_out(
        self, record: Bulletin, context: DocumentContext, *, by: User | None, at: dt.datetime
    ) -> None:
        scheme = record.scheme
        scheme.phase, scheme.published_at, scheme.published_by = Phase.PUBLISHED, at, by
        scheme.save(update_fields=["phase", "published_at", "published_by"])

    def consequences(self, record: Bulletin) -> list[str]:
        county = "、县（市、区）" if record.scheme.has_county_stage else ""
        return [
            "通报 PDF 存档，文稿不能再改；",
            f"{record.scheme.year}年度全部评定结果冻结，不能再改，也不能撤回审定；",
            f"各党校{county}和查阅人员立即可以看到各自范围内的结果。",
        ]


BULLETIN = BulletinKind()


def publish(scheme: Scheme, *, by: User | None, check_text: bool = True, with_file: bool = True) -> Bulletin:
    """Issue the bulletin of a settled year and make its results public; see `Kind.issue`."""
    bulletin = Bulletin.objects.select_related("scheme").filter(scheme=scheme).first()
    if bulletin is None:
        raise Refused("还没有通报草稿。")
    return BULLETIN.issue(bulletin, by=by, check_text=check_text, with_file=with_file)


def file_document(scheme: Scheme) -> None:
    """Keep the PDF of a year that was published without one; nothing happens where it is there already.

    Raises DocumentError, changing nothing.
    """
    bulletin = Bulletin.objects.select_related("scheme__city").get(scheme=scheme)
    if bulletin.pdf or not bulletin.is_issued:
        return
    content = BULLETIN.pdf(bulletin)
    with transaction.atomic():
        current = held(bulletin)
        if not current.pdf:
            keep_file(current, content)
            current.save(update_fields=["pdf", "digest"])
            detail = {"发文字号": current.number, "文件摘要": current.digest}
            subject = f"{current.scheme}：补存通报文件"
            audit.record("maintain", by=None, city=current.scheme.city, subject=subject, detail=detail)
