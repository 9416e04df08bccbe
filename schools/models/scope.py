"""Who sees which rows: conditions on foreign keys, derived from the current identity alone."""

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

NOTHING = Q(pk__in=[])
EVERYTHING = Q()


class Role(models.TextChoices):
    """What an appointment lets a person do."""

    FILLER = "filler", "填报人"
    HEAD = "head", "负责人"
    COUNTY = "county", "初评人"
    COUNTY_LEAD = "county_lead", "县（区）负责人"
    LIAISON = "liaison", "挂点联系指导人员"
    JUDGE = "judge", "评委"
    OFFICE = "office", "市评委会办公室"
    CHAIR = "chair", "评委会主任"
    VIEWER = "viewer", "查阅（领导）"
    SYSADMIN = "sysadmin", "系统管理员"
    SECURITY = "security", "安全管理员"
    AUDITOR = "auditor", "审计管理员"


SCHOOL_ROLES = (Role.FILLER, Role.HEAD)
COUNTY_ROLES = (Role.COUNTY, Role.COUNTY_LEAD)
ADMINISTRATORS = (Role.SYSADMIN, Role.SECURITY, Role.AUDITOR)
#: Whoever has such an account decides a year or watches those who do: no single person takes one over.
GUARDED_ROLES = (*ADMINISTRATORS, Role.OFFICE, Role.CHAIR)
ACCOUNT_READERS = (*ADMINISTRATORS, Role.OFFICE)


def sees_everything(user) -> bool:
    """A superuser counts only while developing; in operation nobody stands above the roles."""
    return bool(settings.DEBUG and getattr(user, "is_superuser", False) and user.is_active)


def school_scope(user, path: str = "") -> Q:
    """Condition for rows whose school stands at `path` (empty: the rows are schools)."""
    if sees_everything(user):
        return EVERYTHING
    identity = getattr(user, "identity", None)
    if identity is None:
        return NOTHING
    this, join = (path, f"{path}__") if path else ("pk", "")
    if identity.role in SCHOOL_ROLES:
        return Q(**{this: identity.school_id})
    if identity.role == Role.LIAISON:
        guided = apps.get_model("schools", "Liaison").objects.current().filter(user=user)
        return Q(**{f"{this}__in": guided.values("school")})
    if identity.county_id:
        return Q(**{f"{join}county": identity.county_id})
    if identity.city_id:
        return Q(**{f"{join}city": identity.city_id})
    return EVERYTHING if identity.role in ADMINISTRATORS else NOTHING


def record_scope(user, path: str = "school") -> Q:
    """Like `school_scope`, for what schools do: the security administrator knows the schools but not their
    records.
    """
    identity = getattr(user, "identity", None)
    if identity is not None and identity.role == Role.SECURITY and not sees_everything(user):
        return NOTHING
    return school_scope(user, path)


def region_scope(user) -> Q:
    """The city of the identity with its counties; for people of one county or school, the city and that
    county.
    """
    if sees_everything(user):
        return EVERYTHING
    identity = getattr(user, "identity", None)
    if identity is None:
        return NOTHING
    if not identity.city_id:
        return EVERYTHING if identity.role in ADMINISTRATORS else NOTHING
    own_city = Q(pk=identity.city_id)
    if identity.school_id:
        return own_city | Q(pk=identity.school.county_id)
    if identity.county_id:
        return own_city | Q(pk=identity.county_id)
    return own_city | Q(city=identity.city_id)


def account_scope(user, *, of_city, own: Q) -> Q:
    """Accounts and appointments: administrators and the office see those of their city, everybody else only
    `own`.

    `of_city` turns a city id into the condition "belongs to that city".
    """
    if sees_everything(user):
        return EVERYTHING
    identity = getattr(user, "identity", None)
    if identity is None:
        return NOTHING
    if identity.role not in ACCOUNT_READERS:
        return own
    if identity.city_id:
        return of_city(identity.city_id)
    return EVERYTHING if identity.role in ADMINISTRATORS else NOTHING


def in_force(on=None, *, since: str, until: str) -> Q:
    """Rows whose period, open at either end, contains the day `on` (today by default)."""
    on = on or timezone.localdate()
    started = Q(**{f"{since}__isnull": True}) | Q(**{f"{since}__lte": on})
    return started & (Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__gte": on}))
