"""Who may open which page of the schools' part; what is seen on it is decided by the querysets."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from schools.models import Role, School, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES, record_scope, sees_everything

#: Those who visit and guide schools.
GUIDES = (*COUNTY_ROLES, Role.LIAISON, Role.OFFICE)


def reads_across_counties(user: User) -> bool:
    """Whether the lists of this person hold schools of several counties; for people of one county a column of them says nothing."""
    return user.identity is None or user.identity.county_id is None


def may_read_audit(user: User) -> bool:
    """The audit administrator alone: whoever acts does not review the record of acting."""
    return user.identity is not None and user.identity.role == Role.AUDITOR


def require_audit(user: User) -> None:
    """Refuses everybody else with a sentence."""
    if not may_read_audit(user):
        raise PermissionDenied("审计记录只由审计管理员查阅。")


def may_record(user: User, school: School) -> bool:
    """The school's own people keep its records, and nobody else: neither county nor city types for a school."""
    identity = user.identity
    return identity is not None and identity.role in SCHOOL_ROLES and identity.school_id == school.pk


def require_recording(user: User) -> None:
    """Refuses everybody who keeps no school's records, before any record is looked for."""
    if user.identity is None or user.identity.role not in SCHOOL_ROLES:
        raise PermissionDenied("学校资料和办学记录由本校填报人、负责人登记。")


def may_read_corrections(user: User) -> bool:
    """The school and the guides who ask, whoever decides, and those who read the school's records over them."""
    readers = (*SCHOOL_ROLES, *GUIDES, Role.CHAIR, Role.VIEWER, Role.AUDITOR)
    return user.identity is not None and user.identity.role in readers


def may_maintain(user: User) -> bool:
    """Regions, schools, records and accounts are the system administrator's, in the back office only."""
    return _in_back_office(user, Role.SYSADMIN)


def may_appoint(user: User) -> bool:
    """Roles and locks are the security administrator's: who makes accounts does not give them rights."""
    return _in_back_office(user, Role.SECURITY)


def may_change_account(user: User, account: User) -> bool:
    """Accounts are changed by the city that keeps them; elsewhere they are only seen."""
    if sees_everything(user):
        return True
    return user.identity is not None and (user.identity.city_id is None or user.identity.city_id == account.city_id)


def may_read_guidance(user: User) -> bool:
    """挂点联系 is read by the schools, those who guide them and those who answer for them."""
    return user.identity is not None and user.identity.role in (*SCHOOL_ROLES, *GUIDES, Role.CHAIR, Role.VIEWER)


def may_guide(user: User) -> bool:
    """Visits are recorded, problems looked at again, by liaisons, the county and the office."""
    return user.identity is not None and user.identity.role in GUIDES


def may_assign_guides(user: User) -> bool:
    """Who guides whom is the office's decision, within a county its lead's."""
    return user.identity is not None and user.identity.role in (Role.OFFICE, Role.COUNTY_LEAD)


def may_monitor(user: User) -> bool:
    """监测 is for those who answer for many schools."""
    return user.identity is not None and user.identity.role in (*COUNTY_ROLES, Role.OFFICE, Role.CHAIR, Role.VIEWER)


def may_read_brief(user: User) -> bool:
    """The sheet of one school, for itself and for those who watch it."""
    return may_monitor(user) or (user.identity is not None and user.identity.role in SCHOOL_ROLES)


def may_remind(user: User) -> bool:
    """催办 is the county's and the office's business; leaders read only."""
    return user.identity is not None and user.identity.role in (*COUNTY_ROLES, Role.OFFICE)


def require(allowed: bool, sentence: str) -> None:
    """Refuses with a sentence that the error page shows."""
    if not allowed:
        raise PermissionDenied(sentence)


def readable_schools(user: User) -> QuerySet[School]:
    """Schools whose records this person may read: not the security administrator, who knows them by name only."""
    return School.objects.filter(record_scope(user, ""))


def require_recorder(user: User) -> School:
    """The school this person records for; everybody else is refused with a sentence."""
    school = user.identity.school if user.identity else None
    if school is None or not may_record(user, school):
        raise PermissionDenied("办班、计划和月报由镇街党校的填报人或负责人登记。")
    return school


def may_issue_plan(user: User) -> bool:
    """The city's office for all schools, the county's lead for those of the county."""
    return user.identity is not None and user.identity.role in (Role.OFFICE, Role.COUNTY_LEAD)


def require_issuer(user: User) -> None:
    """Refuses everybody else with a sentence."""
    if not may_issue_plan(user):
        raise PermissionDenied("培训计划由市评委会办公室或县（区）负责人下发。")


def _in_back_office(user: User, role: Role) -> bool:
    if sees_everything(user):
        return True
    return bool(user.is_active and user.is_staff and user.identity is not None and user.identity.role == role)
