"""Who may do what in the rating; when it may be done is the workflow's question."""

from django.core.exceptions import PermissionDenied

from ratings.models.results import COMMITTEE
from ratings.models.schemes import DRAFTERS
from schools.models import Role, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES

#: Roles that have no business with single results: they keep accounts, or see only their own sheets.
RESULT_READERS = tuple(role for role in Role if role not in (Role.JUDGE, Role.SYSADMIN, Role.SECURITY))
#: Roles that work inside one city and read its criteria and bulletins.
CITY_READERS = tuple(role for role in Role if role not in (Role.SYSADMIN, Role.SECURITY))


def role_of(user: User) -> str | None:
    """The role of the current identity; None for an account without an appointment in force."""
    return user.identity.role if user.identity else None


def may_see_board(user: User) -> bool:
    """The board shows the order of all schools, which only the committee and its office may see."""
    return role_of(user) in COMMITTEE


def may_edit_bulletin(user: User) -> bool:
    """The office drafts, the chair may correct."""
    return role_of(user) in DRAFTERS


def may_read_editor(user: User) -> bool:
    """A draft is open to those who write it and to the chair; everybody else meets a scheme once it is opened."""
    return role_of(user) in DRAFTERS


def may_edit_scheme(user: User) -> bool:
    """The office writes the criteria."""
    return role_of(user) == Role.OFFICE


def may_type_figures(user: User) -> bool:
    """自定义指标 are typed by schools, counties or the office; which of them, each metric says."""
    return role_of(user) in (*SCHOOL_ROLES, *COUNTY_ROLES, Role.OFFICE)


def may_write_notice(user: User) -> bool:
    """The opening notice is drafted and issued by the office; the chair may as well."""
    return role_of(user) in DRAFTERS


def may_verify(user: User) -> bool:
    """Single scores leave the house through the office or the auditor, after publication and for a named verifier only."""
    return role_of(user) in (Role.OFFICE, Role.AUDITOR)


def may_oversee(user: User) -> bool:
    """Extensions and the steps of an office while the year runs."""
    return role_of(user) == Role.OFFICE


def may_issue(user: User) -> bool:
    """Publishing is the chair's act alone."""
    return role_of(user) == Role.CHAIR


def may_arrange_panels(user: User) -> bool:
    """The office sets up panels, gives them schools and enters paper sheets."""
    return role_of(user) == Role.OFFICE


def may_judge(user: User) -> bool:
    """Which schools a judge scores is decided by the seat, not by the role."""
    return role_of(user) == Role.JUDGE


def may_decide(user: User) -> bool:
    """The chair alone records what the committee decided, settles the year and reopens it."""
    return role_of(user) == Role.CHAIR


def may_confirm_cases(user: User) -> bool:
    """Restrictions are found by the office, which keeps the documents, or by the chair."""
    return role_of(user) in COMMITTEE


def may_review(user: User) -> bool:
    """初评 is the county's: its reviewers and the one who confirms for it."""
    return role_of(user) in COUNTY_ROLES


def may_confirm_review(user: User) -> bool:
    """Collective confirmation and the division of work are the county lead's acts."""
    return role_of(user) == Role.COUNTY_LEAD


def may_open_scheme(user: User) -> bool:
    """The chair or a second person of the office confirms what the office proposes to open; never the proposer."""
    return role_of(user) in DRAFTERS


def may_sign_erratum(user: User) -> bool:
    """A correction of opened criteria is the chair's signature."""
    return role_of(user) == Role.CHAIR


def may_rehearse(user: User) -> bool:
    """Rehearsals show what every school would get, in order of nothing but the registry; for office and chair only."""
    return role_of(user) in DRAFTERS


def require(allowed: bool, sentence: str) -> None:
    """Refuses with a sentence that the error page shows."""
    if not allowed:
        raise PermissionDenied(sentence)
