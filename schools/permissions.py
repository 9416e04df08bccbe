"""Who may open which page of the schools' part; what is seen on it is decided by the querysets."""

from django.core.exceptions import PermissionDenied

from schools.models import Role, User
from schools.models.scope import sees_everything


def may_read_audit(user: User) -> bool:
    """The audit administrator alone: whoever acts does not review the record of acting."""
    return user.identity is not None and user.identity.role == Role.AUDITOR


def require_audit(user: User) -> None:
    """Refuses everybody else with a sentence."""
    if not may_read_audit(user):
        raise PermissionDenied("审计记录只由审计管理员查阅。")


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


def _in_back_office(user: User, role: Role) -> bool:
    if sees_everything(user):
        return True
    return bool(user.is_active and user.is_staff and user.identity is not None and user.identity.role == role)
