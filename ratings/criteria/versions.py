"""方案版本: freezing a scheme, and reading a frozen one."""

from django.utils import timezone

from ratings.models import Scheme, SchemeVersion

from .spec import SchemeSpec, digest, from_json, to_json
from .storing import read_scheme

#: How many frozen schemes a process keeps in mind: a city has one a year.
SPECS_KEPT = 64
_specs: dict[str, SchemeSpec] = {}


def freeze(scheme: Scheme, *, reason: str, by=None, spec: SchemeSpec | None = None) -> SchemeVersion:
    """Keep the whole scheme as it stands now under the next version number."""
    content = to_json(spec or read_scheme(scheme))
    return SchemeVersion.objects.create(
        scheme=scheme,
        number=scheme.versions.count() + 1,
        content=content,
        digest=digest(content),
        reason=reason,
        by=by,
        at=timezone.now(),
    )


def current_version(scheme: Scheme) -> SchemeVersion:
    """The version that counts: the last one; raises SchemeVersion.DoesNotExist before opening."""
    return scheme.versions.latest("number")


def spec_of(version: SchemeVersion) -> SchemeSpec:
    """The frozen criteria as values; what was digested is what is scored.

    Kept by digest, because a version never changes and reading its rules takes longer than most pages.
    """
    if version.digest not in _specs:
        if len(_specs) >= SPECS_KEPT:
            _specs.clear()
        _specs[version.digest] = from_json(version.content)
    return _specs[version.digest]


def current_spec(scheme: Scheme) -> SchemeSpec:
    """The criteria that count for a scheme now; the text of the version is only read where it is not known
    yet.
    """
    version = scheme.versions.defer("content").latest("number")
    return spec_of(version)
