"""Every address × every role × own, other county, other city. An address that is not in the table fails."""

from dataclasses import dataclass, replace

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.drafting.errata import prepare
from ratings.models import (
    Assessment,
    Evidence,
    Judge,
    Motion,
    Panel,
    Restriction,
    RestrictionCase,
    Scheme,
    SeatChange,
    VoidedSheet,
)
from ratings.publication.opening_notice import OPENING_NOTICE
from ratings.workflow import open_city_rows
from schools.models import AccountChange, GuidanceTeam, Handover, Leader, Problem, Role
from schools.records.corrections import request_change
from tests.factories import (
    AppointmentFactory,
    CityFactory,
    CountyFactory,
    LiaisonFactory,
    SchoolFactory,
    TeacherFactory,
    UserFactory,
    VisitFactory,
)
from tests.rating_factories import meet, open_year, published_year, settled_year, spec_for
from tests.ratings.county_year import county_scheme
from tests.ratings.drafts import draft_year
from tests.small_pdf import SMALL_PDF
from tests.teaching_records import teaching_world

pytestmark = pytest.mark.django_db

ROLES = [role.value for role in Role]
SCHOOL = {"filler", "head"}
COUNTY = {"county", "county_lead"}
COMMITTEE = {"office", "chair"}
ALL = set(ROLES)
WIDE = ALL - SCHOOL - COUNTY - {"liaison"}
RESULT_READERS = ALL - {"judge", "sysadmin", "security"}
WATCHING = COUNTY | COMMITTEE | {"viewer"}
REMINDING = COUNTY | {"office"}
NOBODY: set[str] = set()
PAPERLESS = ALL - SCHOOL - COUNTY - COMMITTEE
JUDGING = {"judge", "office"}
VERIFYING = {"office", "auditor"}
READS_VOIDED = COMMITTEE | {"auditor"}
TYPISTS = SCHOOL | COUNTY | {"office"}
GUIDES = COUNTY | {"liaison", "office"}
READS_RECORDS = ALL - {"security"}
GUIDED = GUIDES | SCHOOL | {"chair", "viewer"}
ASSIGNERS = {"office", "county_lead"}
CORRECTING = SCHOOL | COUNTY | COMMITTEE | {"liaison", "viewer", "auditor"}
REPLACING = {"county_lead", "office"}
THREE = {"sysadmin", "security", "auditor"}
HANDED = SCHOOL | COUNTY | {"office", "sysadmin", "security"}
#: A form on paper is a page and a file.
FILES = ("", "_pdf")


@dataclass(frozen=True)
class Case:
    """Who gets through (200 or a redirect onward), by where the object lies. Others get 404, or 403 where the
    act is closed to the role.
    """

    own: set[str]
    county: set[str] | None = None
    closed: set[str] | None = None
    method: str = "get"
    kind: str = ""


#: `closed`: roles refused whatever the object. `kind` names the object the address takes; without one there
#: is nothing foreign.
TABLE: dict[str, Case] = {
    "schools:desk": Case(ALL),
    "schools:schools": Case(ALL),
    "schools:export": Case(ALL, method="post"),
    "schools:school": Case(ALL, county=WIDE, kind="school"),
    **{
        f"schools:registry{end}": Case(
            READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="school"
        )
        for end in ("", "_history")
    },
    "schools:registry_rows": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="registry_list"
    ),
    **{
        f"schools:registry_{page}": Case(SCHOOL, closed=ALL - SCHOOL, kind="school")
        for page in ("profile", "equipment", "budget", "figures")
    },
    "schools:registry_succession": Case(SCHOOL, closed=ALL - SCHOOL, kind="leader"),
    "schools:registry_add": Case(SCHOOL, closed=ALL - SCHOOL, kind="registry_list"),
    **{
        f"schools:registry_{page}": Case(SCHOOL, closed=ALL - SCHOOL, kind="registry_record")
        for page in ("record", "end")
    },
    "schools:corrections": Case(CORRECTING, closed=ALL - CORRECTING),
    "schools:correction": Case(
        CORRECTING, county=CORRECTING & WIDE, closed=ALL - CORRECTING, kind="correction"
    ),
    "schools:correction_withdraw": Case(SCHOOL, closed=ALL - SCHOOL, method="post", kind="correction"),
    "schools:handovers": Case(REPLACING, closed=ALL - REPLACING),
    "schools:hand_over": Case({"county_lead"}, closed=ALL - REPLACING, kind="filler_post"),
    "schools:handover": Case(HANDED, county=HANDED & WIDE, kind="handover"),
    "schools:handover_pdf": Case(HANDED, county=HANDED & WIDE, kind="handover"),
    **{f"schools:account_{page}": Case(THREE, closed=ALL - THREE) for page in ("changes", "appoint")},
    **{
        f"schools:account_{act}": Case(THREE, county=THREE, closed=ALL - THREE, kind="guarded")
        for act in ("password", "details", "enable")
    },
    "schools:account_post": Case(THREE, county=THREE, closed=ALL - THREE, kind="guarded_post"),
    "schools:account_change": Case(THREE, county=THREE, closed=ALL - THREE, kind="account_change"),
    "schools:account_change_withdraw": Case(
        THREE, county=THREE, closed=ALL - THREE, method="post", kind="account_change"
    ),
    "schools:inbox": Case(ALL),
    "schools:notices_read": Case(ALL, method="post"),
    "schools:ledger": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="school"
    ),
    "schools:ledger_pdf": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, method="post", kind="school"
    ),
    "schools:ledger_sheets": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, method="post", kind="school"
    ),
    "schools:metrics": Case(ALL),
    "schools:explanation": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="school"
    ),
    "schools:guidance": Case(GUIDED, closed=ALL - GUIDED),
    "schools:guidance_school": Case(GUIDED, county=GUIDED & WIDE, closed=ALL - GUIDED, kind="school"),
    "schools:guidance_visit": Case(GUIDES, county=GUIDES & WIDE, closed=ALL - GUIDES, kind="school"),
    "schools:guidance_void": Case(
        {"office"}, county={"office"}, closed=ALL - GUIDES, method="post", kind="visit"
    ),
    "schools:guidance_assign": Case(ASSIGNERS, closed=ALL - ASSIGNERS),
    "schools:guidance_end": Case(
        ASSIGNERS, county=ASSIGNERS & WIDE, closed=ALL - ASSIGNERS, method="post", kind="liaison_link"
    ),
    "schools:guidance_teams": Case(ASSIGNERS, closed=ALL - ASSIGNERS),
    "schools:guidance_team": Case({"office"}, closed=ALL - ASSIGNERS, kind="team"),
    "schools:problems": Case(GUIDED, closed=ALL - GUIDED),
    "schools:problem_report": Case(SCHOOL, closed=ALL - SCHOOL, kind="problem"),
    "schools:problem_recheck": Case(GUIDES, county=GUIDES & WIDE, closed=ALL - GUIDES, kind="problem"),
    "schools:monitoring": Case(WATCHING, closed=ALL - WATCHING),
    "schools:monitoring_school": Case(WATCHING, WATCHING & WIDE, closed=ALL - WATCHING, kind="school"),
    "schools:remind": Case(REMINDING, REMINDING & WIDE, closed=ALL - REMINDING, method="post", kind="school"),
    "schools:brief_school": Case(
        WATCHING | SCHOOL, WATCHING & WIDE, closed=ALL - WATCHING - SCHOOL, kind="school"
    ),
    "schools:brief_school_pdf": Case(
        WATCHING | SCHOOL, WATCHING & WIDE, closed=ALL - WATCHING - SCHOOL, method="post", kind="school"
    ),
    "schools:brief_region": Case(WATCHING, WATCHING & WIDE, closed=ALL - WATCHING, kind="region"),
    "schools:brief_region_pdf": Case(
        WATCHING, WATCHING & WIDE, closed=ALL - WATCHING, method="post", kind="region"
    ),
    "schools:teaching": Case(ALL),
    "schools:teaching_school": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="school"
    ),
    "schools:plan": Case(READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="plan"),
    "schools:month": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="month"
    ),
    "schools:trials": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="school"
    ),
    "schools:class_export": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, method="post", kind="school"
    ),
    "schools:class": Case(
        READS_RECORDS, county=READS_RECORDS & WIDE, closed=ALL - READS_RECORDS, kind="class"
    ),
    "schools:plan_edit": Case(SCHOOL, closed=ALL - SCHOOL, kind="own_year"),
    **{
        f"schools:{name}": Case(SCHOOL, closed=ALL - SCHOOL, method="post", kind="own_year")
        for name in ("plan_file",)
    },
    "schools:month_confirm": Case(SCHOOL, closed=ALL - SCHOOL, method="post", kind="own_month"),
    **{
        f"schools:{name}": Case(SCHOOL, closed=ALL - SCHOOL)
        for name in ("class_new", "class_import", "class_template", "trial_new")
    },
    **{
        f"schools:{name}": Case(SCHOOL, closed=ALL - SCHOOL, kind="class")
        for name in ("class_edit", "class_void")
    },
    "schools:joint": Case(SCHOOL, closed=ALL - SCHOOL, kind="joint"),
    "schools:trial_void": Case(SCHOOL, closed=ALL - SCHOOL, kind="trial"),
    "schools:issued_list": Case(ALL),
    "schools:issued": Case(READS_RECORDS, closed=ALL - READS_RECORDS, kind="issued"),
    "schools:calendar": Case({"sysadmin"}, closed=ALL - {"sysadmin"}),
    "schools:audit": Case({"auditor"}, closed=ALL - {"auditor"}),
    "schools:audit_verify": Case({"auditor"}, closed=ALL - {"auditor"}, method="post"),
    "schools:audit_export": Case({"auditor"}, closed=ALL - {"auditor"}, method="post"),
    "ratings:answer": Case(SCHOOL, kind="score"),
    "ratings:assessments": Case(SCHOOL, closed=ALL - SCHOOL),
    "ratings:assessment": Case(SCHOOL, closed=ALL - SCHOOL, kind="assessment"),
    "ratings:assessment_item": Case(SCHOOL, closed=ALL - SCHOOL, kind="item"),
    "ratings:assessment_sheet": Case(SCHOOL, closed=ALL - SCHOOL, kind="assessment"),
    "ratings:assessment_check": Case(SCHOOL, closed=ALL - SCHOOL, kind="assessment"),
    "ratings:assessment_step": Case(SCHOOL, closed=ALL - SCHOOL, kind="step"),
    "ratings:assessment_confirmation": Case(SCHOOL, closed=ALL - SCHOOL, kind="assessment"),
    "ratings:assessment_signature": Case(SCHOOL, closed=ALL - SCHOOL, method="post", kind="assessment"),
    "ratings:assessment_receipt": Case(SCHOOL, closed=ALL - SCHOOL, kind="assessment"),
    "ratings:evidence": Case(RESULT_READERS, county=RESULT_READERS & WIDE, kind="file"),
    "ratings:schemes": Case(ALL),
    "ratings:scheme": Case(ALL, kind="scheme"),
    "ratings:rule_desk": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="scheme"),
    "ratings:metric_list": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scheme"),
    "ratings:rules_manual": Case(ALL),
    "ratings:rehearsal": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scheme"),
    "ratings:rehearsal_export": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="scheme"),
    "ratings:methodology": Case(ALL, kind="scheme"),
    "ratings:methodology_json": Case(ALL, kind="scheme_version"),
    "ratings:public_package": Case(ALL, method="post", kind="scheme"),
    "ratings:verification": Case(VERIFYING, closed=ALL - VERIFYING, kind="scheme"),
    "ratings:opening_notice": Case(ALL, kind="noticed"),
    "ratings:opening_notice_pdf": Case(COMMITTEE, kind="noticed"),
    "ratings:opening_notice_start": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="noticed"),
    "ratings:opening_notice_edit": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="noticed"),
    "ratings:opening_notice_issue": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="noticed"),
    "ratings:self_checks": Case(SCHOOL, closed=ALL - SCHOOL, kind="scheme"),
    "ratings:self_check_item": Case(SCHOOL, closed=ALL - SCHOOL, kind="checked_item"),
    "ratings:scheme_import": Case({"office"}, closed=ALL - {"office"}),
    "ratings:scheme_template": Case({"office"}, closed=ALL - {"office"}),
    "ratings:scheme_import_into": Case({"office"}, closed=ALL - {"office"}, kind="scheme"),
    "ratings:scheme_export": Case(ALL, method="post", kind="scheme"),
    "ratings:scheme_start": Case({"office"}, closed=ALL - {"office"}),
    "ratings:scheme_edit": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="drafting"),
    "ratings:scheme_parameters": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="drafting"),
    "ratings:scheme_move": Case({"office"}, closed=ALL - {"office"}, method="post", kind="drafting"),
    "ratings:scheme_group": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="drafting"),
    "ratings:scheme_item_new": Case({"office"}, closed=ALL - {"office"}, kind="drafting"),
    "ratings:scheme_item": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="draft_item"),
    "ratings:scheme_row_new": Case({"office"}, closed=ALL - {"office"}, kind="draft_kind"),
    "ratings:scheme_row": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="draft_row"),
    "ratings:scheme_delete": Case({"office"}, closed=ALL - {"office"}, kind="draft_row"),
    "ratings:scheme_figures": Case(TYPISTS, closed=ALL - TYPISTS, kind="scheme"),
    "ratings:figures": Case(TYPISTS, closed=ALL - TYPISTS),
    "ratings:scheme_copy": Case({"office"}, closed=ALL - {"office"}, kind="scheme"),
    "ratings:scheme_changes": Case(ALL, kind="scheme"),
    "ratings:scheme_checks": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scheme"),
    "ratings:scheme_opening": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scheme"),
    "ratings:scheme_opening_confirm": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scheme"),
    "ratings:scheme_opening_withdraw": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="scheme"),
    "ratings:scheme_errata": Case(ALL, kind="scheme"),
    "ratings:erratum": Case(COMMITTEE, kind="erratum"),
    "ratings:erratum_sign": Case({"chair"}, closed=ALL - {"chair"}, kind="erratum"),
    "ratings:erratum_act": Case(COMMITTEE, method="post", kind="erratum_act"),
    "ratings:erratum_row": Case({"office"}, closed=ALL - {"office"}, kind="erratum_row"),
    "ratings:committee": Case(COMMITTEE, closed=ALL - COMMITTEE),
    "ratings:board": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scheme"),
    "ratings:board_export": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="scheme"),
    "ratings:decide": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="deciding"),
    "ratings:confirm_restriction": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="deciding"),
    "ratings:withdraw_restriction": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="case"),
    "ratings:propose_decision": Case({"office"}, closed=ALL - {"office"}, method="post", kind="deciding"),
    **{
        f"ratings:{act}_motion": Case({who}, closed=ALL - {who}, method="post", kind="motion")
        for act, who in (("return", "chair"), ("confirm", "chair"), ("withdraw", "office"))
    },
    "ratings:meetings": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scoring"),
    "ratings:meeting": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="meeting"),
    "ratings:meeting_file": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="meeting"),
    "ratings:accept_all": Case({"chair"}, closed=ALL - {"chair"}, kind="scoring"),
    "ratings:settle": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scoring"),
    "ratings:reopen": Case({"chair"}, closed=ALL - {"chair"}, kind="settled"),
    "ratings:projector": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scoring"),
    "ratings:materials": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="scoring"),
    "ratings:progress": Case(COUNTY | COMMITTEE, closed=ALL - COUNTY - COMMITTEE),
    "ratings:progress_board": Case(COUNTY | COMMITTEE, closed=ALL - COUNTY - COMMITTEE, kind="scheme"),
    "ratings:progress_admit": Case({"office"}, closed=ALL - {"office"}, kind="absent_school"),
    "ratings:progress_many": Case(REMINDING, closed=ALL - REMINDING, kind="many"),
    "ratings:progress_school": Case(COMMITTEE, county=COMMITTEE, closed=ALL - COMMITTEE, kind="reviewed"),
    "ratings:progress_extend": Case(
        {"office"}, county={"office"}, closed=ALL - {"office"}, method="post", kind="reviewed"
    ),
    "ratings:progress_step": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="office_step"),
    "ratings:panels": Case({"office"}, closed=ALL - {"office"}),
    "ratings:panel_board": Case({"office"}, closed=ALL - {"office"}, kind="scheme"),
    "ratings:panel_schools": Case({"office"}, closed=ALL - {"office"}, method="post", kind="scheme"),
    "ratings:panel_export": Case({"office"}, closed=ALL - {"office"}, method="post", kind="scheme"),
    "ratings:panel": Case({"office"}, closed=ALL - {"office"}, kind="panel"),
    "ratings:panel_judge": Case({"office"}, closed=ALL - {"office"}, method="post", kind="panel_judge"),
    "ratings:judge_replace": Case({"office"}, closed=ALL - {"office"}, kind="panel_judge"),
    "ratings:sheet_void": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="judge_sheet"),
    "ratings:sheet_follow": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="seat_change"),
    "ratings:seat_changes": Case(READS_VOIDED, closed=ALL - READS_VOIDED, kind="scheme"),
    "ratings:voided_sheet": Case(
        READS_VOIDED, county=READS_VOIDED, closed=ALL - READS_VOIDED, kind="voided_sheet"
    ),
    "ratings:sheets": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="seat"),
    "ratings:sheet_reopen": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="judge_sheet"),
    "ratings:sheet_scan": Case(
        {"office"}, county={"office"}, closed=ALL - {"office"}, method="post", kind="judge_sheet"
    ),
    "ratings:paper_entry": Case(
        {"office"}, county={"office"}, closed=ALL - {"office"}, method="post", kind="judge_sheet"
    ),
    "ratings:paper_check": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="judge_sheet"),
    "ratings:paper": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="judge_sheet"),
    "ratings:city_adjustments": Case({"office"}, county={"office"}, kind="seat"),
    "ratings:site_visit": Case(
        {"office", "judge"}, county={"office"}, closed=ALL - {"office", "judge"}, kind="seat"
    ),
    "ratings:city_adjust": Case({"office"}, county={"office"}, kind="system_item"),
    "ratings:judging": Case({"judge"}, closed=ALL - {"judge"}),
    "ratings:judging_grid": Case({"judge"}, closed=ALL - {"judge"}),
    "ratings:judging_export": Case({"judge"}, closed=ALL - {"judge"}, method="post"),
    "ratings:judging_school": Case({"judge"}, closed=ALL - {"judge"}, kind="seat"),
    "ratings:judging_agree": Case({"judge"}, closed=ALL - {"judge"}, method="post", kind="seat"),
    "ratings:judging_item": Case({"judge"}, closed=ALL - {"judge"}, kind="seat_item"),
    "ratings:judging_submit": Case({"judge"}, closed=ALL - {"judge"}, kind="seat"),
    "ratings:judging_confirm": Case({"judge"}, closed=ALL - {"judge"}, method="post", kind="seat"),
    "ratings:sheet_signatures": Case(
        {"office"}, county={"office"}, closed=ALL - {"office", "judge"}, kind="judge_sheet"
    ),
    "ratings:judging_panel": Case({"judge"}, closed=ALL - {"judge"}, kind="seat"),
    "ratings:review": Case(COUNTY, closed=ALL - COUNTY),
    "ratings:review_grid": Case(COUNTY, closed=ALL - COUNTY),
    "ratings:review_changes": Case(COUNTY, closed=ALL - COUNTY),
    "ratings:review_division": Case({"county_lead"}, closed=ALL - {"county_lead"}),
    "ratings:review_item": Case(COUNTY, closed=ALL - COUNTY, kind="reviewed_item"),
    "ratings:review_confirm": Case({"county_lead"}, closed=ALL - {"county_lead"}, kind="reviewed"),
    "ratings:review_school": Case(COUNTY, closed=ALL - COUNTY, kind="reviewed"),
    "ratings:review_agree": Case(COUNTY, closed=ALL - COUNTY, method="post", kind="reviewed"),
    "ratings:review_next": Case(COUNTY, closed=ALL - COUNTY, kind="reviewed"),
    "ratings:review_adjust": Case(COUNTY, closed=ALL - COUNTY, kind="adjusted"),
    "ratings:review_return": Case(COUNTY, closed=ALL - COUNTY, kind="reviewed"),
    "ratings:review_recall": Case(COUNTY, closed=ALL - COUNTY, method="post", kind="reviewed"),
    **{
        f"ratings:form_self{end}": Case(
            SCHOOL | COUNTY | COMMITTEE, COMMITTEE, closed=PAPERLESS, kind="assessment"
        )
        for end in FILES
    },
    **{
        f"ratings:form_confirmation{end}": Case(SCHOOL, closed=ALL - SCHOOL, kind="assessment")
        for end in FILES
    },
    **{
        f"ratings:form_county{end}": Case(
            COUNTY | COMMITTEE, COMMITTEE, closed=PAPERLESS | SCHOOL, kind="county"
        )
        for end in FILES
    },
    **{
        f"ratings:form_sheet{end}": Case(JUDGING, {"office"}, closed=ALL - JUDGING, kind="judge_sheet")
        for end in FILES
    },
    **{
        f"ratings:form_result{end}": Case(
            RESULT_READERS, RESULT_READERS & WIDE, closed=ALL - RESULT_READERS, kind="result"
        )
        for end in FILES
    },
    **{
        f"ratings:form_onsite{end}": Case({"office"}, {"office"}, closed=ALL - {"office"}, kind="onsite")
        for end in FILES
    },
    **{
        f"ratings:form_plaques{end}": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="settled") for end in FILES
    },
    "ratings:feedback": Case({"office"}, county={"office"}, closed=ALL - {"office"}, kind="onsite"),
    "ratings:results": Case(RESULT_READERS, closed=ALL - RESULT_READERS),
    "ratings:result": Case(
        RESULT_READERS, county=RESULT_READERS & WIDE, closed=ALL - RESULT_READERS, kind="result"
    ),
    "ratings:bulletins": Case(ALL),
    "ratings:bulletin": Case(ALL, kind="bulletin"),
    "ratings:bulletin_pdf": Case(COMMITTEE, kind="draft"),
    "ratings:bulletin_edit": Case(COMMITTEE, closed=ALL - COMMITTEE, kind="draft"),
    "ratings:bulletin_start": Case(COMMITTEE, closed=ALL - COMMITTEE, method="post", kind="settled"),
    "ratings:bulletin_issue": Case({"chair"}, closed=ALL - {"chair"}, kind="draft"),
}
#: Open to everybody, or about nobody but oneself; tested where they are written.
ELSEWHERE = {
    "schools:metric",
    "healthz",
    "help",
    "text_size",
    "login",
    "logout",
    "password_change",
    "identity",
    "year",
    "schools:notice_open",
}


def names(patterns=None, prefix: str = "") -> set[str]:
    found = set()
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver) and entry.namespace != "admin":
            space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            found |= names(entry.url_patterns, space)
        elif isinstance(entry, URLPattern):
            found.add(f"{prefix}{entry.name}" if entry.name else str(entry.pattern))
    return found


def test_every_address_is_in_the_table():
    assert names() - {"admin/login/"} == set(TABLE) | ELSEWHERE


def self_row(school):
    """The school's own row of the settled year."""
    assessment = school.assessments.get(scheme__year=2026)
    return assessment.scores.create(item=assessment.scheme.items.get(code="L1"), stage="self")


def signed_year(school):
    """The settled year of the school, which is confirmed by a signed page."""
    assessment = school.assessments.select_related("scheme").get(scheme__year=2026)
    assessment.scheme.confirmation = "signed"
    assessment.scheme.save(update_fields=["confirmation"])
    return assessment


def file_of(school):
    """A file of evidence."""
    by = UserFactory()
    evidence = Evidence(
        assessment=signed_year(school),
        kind="file",
        name="证明.pdf",
        digest="d" * 64,
        by=by,
        at=timezone.now(),
    )
    evidence.file.save("证明.pdf", ContentFile(b"%PDF-1.7"))
    return evidence


def review(school):
    """Scheme and assessment of the school in the year under review, as addresses of the committee
    take them.
    """
    assessment = school.assessments.get(scheme__year=2027)
    return assessment.scheme_id, assessment.pk


def case_at(school):
    """The same with a restriction found there."""
    scheme, assessment = review(school)
    restriction = Restriction.objects.get(scheme=scheme)
    case = RestrictionCase.objects.create(
        assessment_id=assessment, restriction=restriction, basis="认定书", at=timezone.now()
    )
    return scheme, assessment, case.pk


def meeting_at(school):
    """A meeting of the year under review, with its minutes as a file."""
    scheme, _ = review(school)
    minutes = {"file": ContentFile(SMALL_PDF, name="纪要.pdf"), "file_name": "纪要.pdf", "digest": "d" * 64}
    meeting = meet(Scheme.objects.get(pk=scheme), **minutes)
    return scheme, meeting.pk


def motion_at(school):
    """Another star for the school, which waits for the chair."""
    scheme, assessment = review(school)
    motion = Motion.objects.create(
        assessment_id=assessment,
        kind="star",
        star=4,
        computed=5,
        basis="x",
        reason="理由",
        votes_for=7,
        meeting=meet(Scheme.objects.get(pk=scheme)),
        by=UserFactory(),
        at=timezone.now(),
    )
    return scheme, assessment, motion.pk


def voided_at(assessment):
    """A sheet of somebody who left the school."""
    values = {"reason": "调离", "by": UserFactory(), "at": timezone.now()}
    judge = assessment.panel.judges.get()
    change = SeatChange.objects.create(panel=assessment.panel, assessment=assessment, judge=judge, **values)
    return VoidedSheet.objects.create(change=change, assessment=assessment, rows=[], digest="d" * 64)


def panel_at(school):
    """A panel for the school alone, in the year under review, with its sheet and rows."""
    assessment = school.assessments.select_related("scheme").get(scheme__year=2027)
    panel = Panel.objects.create(scheme=assessment.scheme, name=f"评审{school.pk}组")
    panel.judges.add(Judge.objects.create(scheme=assessment.scheme, label=f"评委{school.pk}"))
    assessment.panel = panel
    assessment.save(update_fields=["panel"])
    open_city_rows(assessment)
    return panel


def before_county(school):
    """The school's assessment in a year with a county stage."""
    return school.assessments.get(scheme__year=2028)


def drafts(own, other) -> dict[str, tuple]:
    """What the addresses of the editor take."""
    both = (own, other)
    found = {
        "drafting": both,
        "draft_item": tuple((one.pk, one.items.first().pk) for one in both),
        "draft_kind": tuple((one.pk, "categories") for one in both),
        "draft_row": tuple((one.pk, "categories", one.categories.first().pk) for one in both),
    }
    return {kind: (mine, None, foreign) for kind, (mine, foreign) in found.items()}


def onsite_at(schools) -> list:
    """Assessments of a year with an item that is looked at on site, one school each."""
    found = []
    for city in {school.city_id: school.city for school in schools}.values():
        spec = spec_for(city, 2035)
        spec = replace(spec, items=(*spec.items[:2], replace(spec.items[2], onsite=True)))
        scheme = create_scheme(spec, city=city)
        freeze(scheme, reason="启动", spec=spec)
        scheme.phase = "scoring"
        scheme.save(update_fields=["phase"])
        found += [
            Assessment.objects.create(scheme=scheme, school=school)
            for school in schools
            if school.city_id == city.pk
        ]
    return found


def noticed(scheme):
    """The scheme with a draft of its opening notice."""
    OPENING_NOTICE.draft(scheme, issued_on=scheme.period_start)
    return scheme


def registry_world(schools) -> dict:
    """A record, a leader, a request for a correction, a post to hand over and one handed over, at each
    school.
    """
    teachers = [TeacherFactory(school=one) for one in schools]
    leaders = [Leader.objects.create(school=one, post="president", name="李某") for one in schools]
    posts = [
        [AppointmentFactory(role="filler", school=one, user=UserFactory()) for _ in range(3)]
        for one in schools
    ]
    return {
        "registry_list": tuple((one.pk, "teachers") for one in schools),
        "registry_record": tuple((one.school_id, "teachers", one.pk) for one in teachers),
        "leader": tuple((one.school_id, one.pk) for one in leaders),
        "correction": tuple(
            request_change(one, {"post": "新职务"}, by=posts[0][0].user, reason="误登") for one in teachers
        ),
        "filler_post": tuple(held[0] for held in posts),
        "handover": tuple(
            Handover.objects.create(school=one, ended=held[1], begun=held[2], reason="调整", by=held[0].user)
            for one, held in zip(schools, posts, strict=True)
        ),
    }


def guarded_world(schools) -> dict:
    """An account of weight in the city of each school, its post, and a change that somebody asked for."""
    posts = [AppointmentFactory(role="chair", city=one.city, user__city=one.city) for one in schools]
    return {
        "guarded": tuple(one.user for one in posts),
        "guarded_post": tuple(posts),
        "account_change": tuple(
            AccountChange.objects.create(
                account=one.user, act="password", reason="忘记", asked_by=UserFactory(), asked_role="security"
            )
            for one in posts
        ),
    }


def arguments(target) -> list:
    """What the address of the object is made of."""
    return list(target) if isinstance(target, tuple) else [target.pk] if target else []


@pytest.fixture
def world(city, county, school):
    """The test's city with two counties and two years, and another city that looks the same."""
    neighbour = SchoolFactory(city=city, county=CountyFactory(city=city))
    published, settled = (
        published_year(city, [school, neighbour]),
        settled_year(city, [school, neighbour], year=2026),
    )
    abroad = CityFactory()
    foreign = SchoolFactory(county=CountyFactory(city=abroad))
    other, other_settled = published_year(abroad, [foreign]), settled_year(abroad, [foreign], year=2026)
    schools = (school, neighbour, foreign)
    scoring, other_scoring = (
        open_year(city, [school, neighbour], year=2027),
        open_year(abroad, [foreign], year=2027),
    )
    panels = tuple(panel_at(one) for one in schools)
    seats = tuple(panel.assessments.get() for panel in panels)
    county_scheme(city, [school, neighbour], year=2028)
    county_scheme(abroad, [foreign], year=2028)
    errata = (prepare(scoring, by=UserFactory()), prepare(other_scoring, by=UserFactory()))
    return {
        "erratum": (errata[0], None, errata[1]),
        "erratum_act": ((errata[0].pk, "back"), None, (errata[1].pk, "back")),
        "erratum_row": ((errata[0].pk, "item", "L1"), None, (errata[1].pk, "item", "L1")),
        "panel": (panels[0], None, panels[2]),
        "panel_judge": (
            (panels[0].pk, panels[0].judges.get().pk),
            None,
            (panels[2].pk, panels[2].judges.get().pk),
        ),
        "seat": seats,
        "system_item": tuple((one.pk, "K1") for one in seats),
        "seat_item": tuple((one.pk, "L1") for one in seats),
        "judge_sheet": tuple(one.sheets.get() for one in seats),
        "seat_change": tuple(voided_at(one).change for one in seats),
        "voided_sheet": tuple(voided_at(one) for one in seats),
        "school": (school, neighbour, foreign),
        **teaching_world(schools),
        "visit": tuple(VisitFactory(school=one) for one in (school, neighbour, foreign)),
        "problem": tuple(
            Problem.objects.create(visit=VisitFactory(school=one), text="缺桌牌")
            for one in (school, neighbour, foreign)
        ),
        "liaison_link": tuple(LiaisonFactory(school=one) for one in (school, neighbour, foreign)),
        "team": (
            GuidanceTeam.objects.create(city=city, name="走访组"),
            None,
            GuidanceTeam.objects.create(city=abroad, name="走访组"),
        ),
        "region": tuple(one.county for one in schools),
        **registry_world(schools),
        **guarded_world(schools),
        "scheme": (published, None, other),
        "many": ((published.pk, "remind"), None, (other.pk, "remind")),
        "onsite": tuple(onsite_at([school, neighbour, foreign])),
        "scheme_version": ((published.pk, 1), None, (other.pk, 1)),
        "checked_item": ((published.pk, "K1"), None, (other.pk, "K1")),
        "noticed": (noticed(scoring), None, noticed(other_scoring)),
        "settled": (settled, None, other_settled),
        "result": (
            school.results.get(scheme=published),
            neighbour.results.get(scheme=published),
            foreign.results.get(scheme=other),
        ),
        "bulletin": (published.bulletin, None, other.bulletin),
        "draft": (settled.bulletin, None, other_settled.bulletin),
        "scoring": (scoring, None, other_scoring),
        "absent_school": ((scoring.pk, school.pk), None, (other_scoring.pk, foreign.pk)),
        "deciding": (review(school), None, review(foreign)),
        "case": (case_at(school), None, case_at(foreign)),
        "meeting": (meeting_at(school), None, meeting_at(foreign)),
        "motion": (motion_at(school), None, motion_at(foreign)),
        "county": tuple((before_county(one).scheme_id, one.county_id) for one in schools),
        "score": tuple(self_row(one) for one in (school, neighbour, foreign)),
        "assessment": tuple(signed_year(one) for one in (school, neighbour, foreign)),
        "item": tuple((signed_year(one).pk, "K1") for one in (school, neighbour, foreign)),
        "step": tuple((signed_year(one).pk, "submit") for one in (school, neighbour, foreign)),
        "reviewed": tuple(before_county(one) for one in (school, neighbour, foreign)),
        "office_step": tuple((before_county(one).pk, "return_") for one in (school, neighbour, foreign)),
        "reviewed_item": (("L1",), None, None),
        "adjusted": tuple((before_county(one).pk, "K1") for one in (school, neighbour, foreign)),
        "file": tuple(file_of(one) for one in (school, neighbour, foreign)),
        **drafts(draft_year(city, year=2023), draft_year(abroad, year=2023)),
    }


#: Between them these open nearly every page; whether one works on the other database does not depend on who
#: else may open it.
ON_EVERY_ENGINE = ("office", "head")


@pytest.mark.parametrize(
    "role",
    [pytest.param(role, marks=pytest.mark.engine) if role in ON_EVERY_ENGINE else role for role in ROLES],
)
@pytest.mark.usefixtures("bare_refusals")
def test_each_role_reaches_what_is_its_own_and_nothing_else(role, world, school, appoint, monkeypatch):
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7")
    monkeypatch.setattr("schools.audit.exports.pdf_of", lambda paper: b"%PDF-1.7")
    user = appoint(role)
    if role == "sysadmin":  # at work in the back office
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    if role == "liaison":
        LiaisonFactory(user=user, school=school)
    if role == "judge":
        world["panel"][0].judges.update(user=user)
    wrong, session = [], Client()

    for name, case in TABLE.items():
        if not session.session.get("_auth_user_id"):  # the act before ended it
            session.force_login(user)
        client = Client()
        client.cookies["sessionid"] = session.cookies["sessionid"].value
        for place, target in zip(("own", "county", "city"), world.get(case.kind, (None,)), strict=False):
            if case.kind and target is None:
                continue
            allowed = {"own": case.own, "county": case.county or NOBODY, "city": NOBODY}[place]
            expected = (
                {200, 302, 409} if role in allowed else {403} if role in (case.closed or NOBODY) else {404}
            )
            status = getattr(client, case.method)(reverse(name, args=arguments(target))).status_code
            if status not in expected:
                wrong.append(f"{name} {place}: {status}, expected {expected}")

    assert wrong == []


def test_nobody_reaches_anything_without_signing_in(world, client):
    for name, case in TABLE.items():
        target = world[case.kind][0] if case.kind else None
        response = getattr(client, case.method)(reverse(name, args=arguments(target)))
        assert response.status_code == 302, name
        assert response.url.startswith("/accounts/login/"), name


def test_an_account_without_appointment_sees_nothing(world, client, appoint):
    user = appoint("filler")
    user.appointments.update(end="2020-02-01")
    client.force_login(user)

    statuses = {
        name: client.get(reverse(name, args=arguments(world[case.kind][0]) if case.kind else [])).status_code
        for name, case in TABLE.items()
        if case.method == "get" and case.kind
    }

    assert set(statuses.values()) <= {403, 404}
    assert "没有现任职务" in client.get("/").content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_the_back_office_opens_to_its_two_administrators_only(role, city, appoint, client):
    user = appoint(role)
    user.is_staff = role in {"sysadmin", "security"}
    user.save(update_fields=["is_staff"])
    client.force_login(user)
    tables = [
        f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry
    ]

    statuses = {name: client.get(reverse(name)).status_code for name in ["admin:index", *tables]}

    if user.is_staff:
        assert statuses["admin:index"] == 200
        assert set(statuses.values()) <= {200, 403}
    else:
        assert set(statuses.values()) == {302}
