"""Who may do what: one table of acts and roles, asked by views, buttons, navigation and back office.

A view declares its act with `allowed_to`; the rating adds its rooms to the same table. Which objects a person
meets is said not here but by each queryset's `visible_to`: an act that is not one's own is refused with its
sentence (403), an object that is not one's own is not found (404).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from schools.models import Role, School, User
from schools.models.people import HANDOVER_READERS
from schools.models.scope import ADMINISTRATORS, COUNTY_ROLES, SCHOOL_ROLES, record_scope, sees_everything

#: All roles, and None for an account without an appointment in force.
EVERYBODY = (*Role, None)
#: The security administrator knows schools and people by name, not what they do.
RECORD_READERS = tuple(role for role in EVERYBODY if role != Role.SECURITY)
#: Those who visit and guide schools.
GUIDES = (*COUNTY_ROLES, Role.LIAISON, Role.OFFICE)
#: Those who follow how schools mend what visits found; chair and leaders read only.
FOLLOWERS = (*GUIDES, Role.CHAIR, Role.VIEWER)
#: Those who answer for many schools; leaders read only.
WATCHERS = (*COUNTY_ROLES, Role.OFFICE, Role.CHAIR, Role.VIEWER)
#: The county's lead for its own schools, the office for the city.
DECIDERS = (Role.COUNTY_LEAD, Role.OFFICE)


@dataclass(frozen=True)
class Act:
    """One row of the table.

    `refusal` tells everybody else why not; without one the page does not exist for them. `scope` says which
    objects, where that is narrower than what the role reaches anyway.
    """

    name: str
    roles: tuple[str | None, ...]
    refusal: str = ""
    scope: str = ""
    signed_out: bool = False
    back_office: bool = False


TABLE: dict[str, dict[str, Act]] = {
    "登录和本人": {
        "visit": Act("登录、看帮助、调字号", EVERYBODY, scope="不登录也可以", signed_out=True),
        "open_own_pages": Act("看工作台和消息，改本人密码，切换身份和年度", EVERYBODY, scope="本人"),
    },
    "学校资料和记录": {
        "look_up": Act("查阅党校名册、培训一览和指标口径", EVERYBODY),
        "read_records": Act(
            "查阅学校资料、培训、台账和取数明细", RECORD_READERS, "安全管理员不查阅办学记录。"
        ),
        "record_registry": Act(
            "登记、修改学校资料", SCHOOL_ROLES, "学校资料和办学记录由本校填报人、负责人登记。", scope="本校"
        ),
        "keep_binder": Act("登记案卷", SCHOOL_ROLES, "案卷由党校填报人或负责人登记。", scope="本校"),
        "read_corrections": Act(
            "查阅、审核数据更正",
            (*SCHOOL_ROLES, *FOLLOWERS, Role.AUDITOR),
            "数据更正由学校或联系指导人员申请，县（市、区）或市评委会办公室审核。",
            scope="审核由锁定记录的一方办理",
        ),
        "ask_correction": Act(
            "撤回数据更正的申请",
            (*SCHOOL_ROLES, *GUIDES),
            "数据更正由提出申请的一方撤回。",
            scope="本校的申请，本人走访的申请",
        ),
    },
    "培训": {
        "record_teaching": Act(
            "填报计划，登记办班和试讲，确认月报",
            SCHOOL_ROLES,
            "办班、计划和月报由镇街党校的填报人或负责人登记。",
            scope="本校",
        ),
        "issue_plan": Act(
            "下发培训计划",
            DECIDERS,
            "培训计划由市评委会办公室或县（区）负责人下发。",
            scope="办公室对全市，县（区）负责人对本县（区）",
        ),
    },
    "联系指导": {
        "read_guidance": Act(
            "查阅走访和问题整改",
            (*SCHOOL_ROLES, *FOLLOWERS),
            "联系指导只对党校、联系指导人员、县（区）和市评委会办公室开放。",
        ),
        "record_visit": Act(
            "登记、作废走访",
            GUIDES,
            "走访由联系指导人员、县（区）和市评委会办公室登记。",
            scope="作废限本人登记的，办公室不限",
        ),
        "give_opinion": Act(
            "写年度指导意见", (Role.LIAISON,), "年度指导意见由挂点联系该校的人员填写。", scope="联系的学校"
        ),
        "report_problem": Act("上报整改情况", SCHOOL_ROLES, "整改情况由党校上报。", scope="本校"),
        "recheck_problem": Act("复查整改", GUIDES, "复查由联系指导人员、县（区）和市评委会办公室办理。"),
        "assign_guides": Act(
            "安排联系指导人员和走访组", DECIDERS, "挂点联系由市评委会办公室和县（区）负责人安排。"
        ),
    },
    "监测": {
        "monitor": Act("查阅监测和地区简况", WATCHERS, "监测页供县（市、区）和市查看，您的当前身份不使用。"),
        "read_brief": Act(
            "查阅学校一页简况",
            (*WATCHERS, *SCHOOL_ROLES),
            "一页简况供本校、县（市、区）和市查看，您的当前身份不使用。",
        ),
        "remind": Act("催办", (*COUNTY_ROLES, Role.OFFICE), "催办由县（市、区）和市评委会办公室进行。"),
    },
    "账号和数据维护": {
        "hand_over": Act(
            "办理学校人员交接",
            DECIDERS,
            "人员交接由县（市、区）负责人办理，不设县（市、区）的由市评委会办公室办理。",
            scope="办公室限不设县（市、区）的学校",
        ),
        "read_handover": Act("查阅交接单", HANDOVER_READERS),
        "enter_back_office": Act(
            "进入数据维护后台",
            (Role.SYSADMIN, Role.SECURITY),
            "数据维护后台只对系统管理员等维护人员开放。",
            back_office=True,
        ),
        "maintain": Act(
            "登记地区、学校、记录和账号",
            (Role.SYSADMIN,),
            "地区、学校、记录和账号由系统管理员在后台登记。",
            scope="不含重要账号的密码、用户名、姓名、归属",
            back_office=True,
        ),
        "appoint": Act(
            "登记任职，停用账号",
            (Role.SECURITY,),
            "任职由安全管理员在后台登记。",
            scope="不含本人的任职，不含重要账号的任职",
            back_office=True,
        ),
        "guard_accounts": Act(
            "申请、确认重要账号的变更和任职",
            ADMINISTRATORS,
            "三员、办公室和主任的账号由系统、安全、审计管理员办理。",
            scope="一人申请，另一种角色的管理员确认，都不是本人",
        ),
        "enter_calendar": Act(
            "录入节假日安排", (Role.SYSADMIN,), "节假日安排由系统管理员录入。", back_office=True
        ),
        "read_audit": Act("查阅、核验审计记录", (Role.AUDITOR,), "审计记录只由审计管理员查阅。"),
    },
}
ACTS: dict[str, Act] = {act: row for room in TABLE.values() for act, row in room.items()}


def add_rooms(rooms: dict[str, dict[str, Act]]) -> None:
    """The acts of another app, below those of the schools; called once, where they are declared."""
    TABLE.update(rooms)
    for room in rooms.values():
        ACTS.update(room)


def role_of(user: User) -> str | None:
    """The role of the current identity; None for an account without an appointment in force."""
    return user.identity.role if user.identity else None


def may(user: User, act: str) -> bool:
    """Whether the table lets this person do it.

    The back office also wants the account to be marked for it. While developing a superuser works there
    without an appointment; everywhere else a superuser needs one as well, since the pages ask for its city or
    school.
    """
    row = ACTS[act]
    if row.roles == EVERYBODY:  # said before the identity is read, so that an open page asks no database
        return True
    if row.back_office and sees_everything(user):
        return True
    if row.back_office and not (user.is_active and user.is_staff):
        return False
    return role_of(user) in row.roles


def require(user: User, act: str) -> None:
    """Refuses everybody else with the sentence of the table, which the error page shows."""
    if may(user, act):
        return
    if not ACTS[act].refusal:
        raise Http404
    raise PermissionDenied(ACTS[act].refusal)


def allowed_to(act: str, *, post: str = "") -> Callable:
    """Declares what a view does, and refuses everybody else.

    `post`: sending its form is another act than opening it. An act that is not in the table fails on import.
    """
    acts = (act, post) if post else (act,)
    signed_out = all(ACTS[one].signed_out for one in acts)

    def declare(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            require(request.user, acts[-1] if request.method == "POST" else act)
            return view(request, *args, **kwargs)

        guarded.acts = acts
        return login_not_required(guarded) if signed_out else guarded

    return declare


#: For a page with a form, beside Django's `require_GET` and `require_POST`.
require_form = require_http_methods(["GET", "POST"])


def reads_across_counties(user: User) -> bool:
    """Whether the lists of this person hold schools of several counties; for one county a column says
    nothing.
    """
    return user.identity is None or user.identity.county_id is None


def keeps_records(user: User, school: School) -> bool:
    """The school's own people keep its records, nobody else: neither county nor city types for a school."""
    return may(user, "record_registry") and user.identity.school_id == school.pk


def keeps_account(user: User, account: User) -> bool:
    """Accounts are changed by the city that keeps them; elsewhere they are only seen."""
    if sees_everything(user):
        return True
    return user.identity is not None and user.identity.city_id in (None, account.city_id)


def readable_schools(user: User) -> QuerySet[School]:
    """Schools whose records this person may read: none for the security administrator, who knows
    only names.
    """
    return School.objects.filter(record_scope(user, ""))
