"""This year's criteria beside last year's, with the office's note on each change (本年度调整说明)."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from ratings.enums import Phase
from ratings.models import ChangeNote, Item, Scheme
from schools import audit
from schools.saving import Refused
from schools.site.printed import fit_for_print
from schools.workbooks import clean_text

from .changes import Changes, compare
from .fields import Deadlines, fields_of
from .spec import SchemeSpec, moved, shifted
from .storing import create_scheme, hold_scheme, read_scheme
from .versions import spec_of

NOTE_LIMIT = 200


def standing_spec(scheme: Scheme) -> SchemeSpec:
    """What counts: the last version, or the rows of a draft."""
    version = scheme.versions.order_by("-number").first()
    return spec_of(version) if version else read_scheme(scheme)


def previous_scheme(scheme: Scheme) -> Scheme | None:
    """The scheme it was copied from, or the city's last one before it that was opened."""
    if scheme.copied_from_id:
        return scheme.copied_from
    earlier = Scheme.objects.filter(city=scheme.city_id, year__lt=scheme.year).exclude(phase=Phase.DRAFTING)
    return earlier.order_by("-year").first()


def changes_between(old: Scheme, new: Scheme) -> Changes:
    """Everything `new` changes against `old`; an item that was copied is known by its origin, whatever it is
    called now.
    """
    origins = dict(Item.objects.filter(scheme=new, origin__scheme=old).values_list("code", "origin__code"))
    return compare(standing_spec(old), standing_spec(new), origins=origins)


def year_changes(scheme: Scheme) -> Changes | None:
    """What the year changes against the one before it; None where there is none before."""
    before = previous_scheme(scheme)
    return None if before is None else changes_between(before, scheme)


def notes_of(scheme: Scheme) -> dict[str, str]:
    """变化说明 by the key of the change."""
    return dict(ChangeNote.objects.filter(scheme=scheme).values_list("key", "text"))


def write_notes(scheme: Scheme, notes: Mapping[str, str], *, by) -> int:
    """Store the notes that differ from what stands, an empty one takes its note away; tells how many were
    written.

    Notes are part of what is proposed and opened: afterwards Refused is raised.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        if locked.phase != Phase.DRAFTING:
            raise Refused(f"方案处于“{locked.get_phase_display()}”阶段，变化说明不能再改。")
        standing = notes_of(locked)
        typed = {key: clean_text(fit_for_print(text, "变化说明"))[:NOTE_LIMIT] for key, text in notes.items()}
        written = {key: text for key, text in typed.items() if text != standing.get(key, "")}
        for key, text in written.items():
            if text:
                ChangeNote.objects.update_or_create(
                    scheme=locked, key=key, defaults={"text": text, "by": by, "at": timezone.now()}
                )
            else:
                ChangeNote.objects.filter(scheme=locked, key=key).delete()
    return len(written)


# The next year


#: Columns of a scheme that are no criteria and move on with the year.
DEADLINES = tuple(field.column for field in fields_of(Deadlines))
FIRST_YEAR, LAST_YEAR = 2000, 2100


def next_year(scheme: Scheme) -> int:
    """The first year after `scheme` for which the city has no criteria yet."""
    taken = set(Scheme.objects.filter(city=scheme.city_id).values_list("year", flat=True))
    return next(year for year in range(scheme.year + 1, LAST_YEAR + 2) if year not in taken)


def copy_scheme(source: Scheme, *, year: int, name: str = "", by) -> Scheme:
    """A draft for `year` with every criterion of `source` as it counts now; each item remembers which it came
    from.

    Dates move by as many years. Answers, assessments, versions and notes stay behind. Raises Refused.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(f"年度应在 {FIRST_YEAR}—{LAST_YEAR} 之间。")
    with transaction.atomic():
        source = hold_scheme(source.pk)
        if Scheme.objects.filter(city=source.city, year=year).exists():
            raise Refused(f"{source.city}{year}年度已有评定方案。")
        spec = shifted(standing_spec(source), year)
        copied = create_scheme(spec, city=source.city)
        copied.name, copied.copied_from = name.strip() or spec.name, source
        for column in DEADLINES:
            setattr(copied, column, moved(getattr(source, column), year - source.year))
        copied.save(update_fields=["name", "copied_from", *DEADLINES])
        _remember_origins(source, copied)
        audit.record(
            "scheme",
            by=by,
            city=source.city,
            subject=str(copied),
            detail={"复制自": str(source), "阶段": Phase.DRAFTING.label},
        )
    return copied


def _remember_origins(source: Scheme, copied: Scheme) -> None:
    came_from = dict(Item.objects.filter(scheme=source).values_list("code", "pk"))
    items = list(Item.objects.filter(scheme=copied))
    for item in items:
        item.origin_id = came_from.get(item.code)
    Item.objects.bulk_update(items, ["origin"])
