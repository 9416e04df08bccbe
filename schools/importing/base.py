"""What every sheet has in common: rows found by natural key, doubles named, blanks that erase nothing,
every error told in the user's words.
"""

import logging
from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import QuerySet
from django.utils.functional import cached_property
from import_export import resources
from import_export.instance_loaders import BaseInstanceLoader

from schools.models import Region, School, User
from schools.workbooks import CellError, cell_code, same

from .beside import COUNTY, NAME, contradiction
from .columns import SCHOOL_CODE, ByCode, ColumnField, Lookup, column_of
from .noting import NotingResource

logger = logging.getLogger(__name__)

#: Pairs of dates of which the second may not come before the first, in whatever table they stand.
PERIODS = (
    ("start", "end"),
    ("since", "until"),
    ("issued_on", "abolished_on"),
    ("opened_on", "closed_on"),
    ("starts_on", "ends_on"),
)


class NaturalKeyLoader(BaseInstanceLoader):
    """Existing rows by the key people know; one query for the whole sheet."""

    def __init__(self, resource: "WorkbookResource", dataset=None):
        super().__init__(resource, dataset)
        # Of two with one name, of whom one has left, the other is meant.
        rows = sorted(resource.get_queryset(), key=has_ended, reverse=True)
        self.known = {resource.comparable(resource.key_of(instance)): instance for instance in rows}

    def get_instance(self, row: Mapping[str, Any]) -> models.Model | None:
        """None when new, or when the key itself cannot be read."""
        return self.known.get(self.resource.key_in(row))


def has_ended(record: models.Model) -> bool:
    """Whether a record has a last day."""
    return bool(getattr(record, "until", None) or getattr(record, "end", None))


class WorkbookResource(NotingResource, resources.ModelResource):
    """One sheet, one model. What lies outside `schools` can neither be named nor changed.

    `Meta.fields` are the columns in the order of the template, all that people enter unless stated; those not
    declared are read off the model, with what `Meta.widgets` states beyond it.

    `year` completes sheets whose year is given by their use, `by` is who imports, `city` whose data it is.
    """

    #: Whether a row says all that its columns write, so that an unchanged one is known by itself.
    says_all = True

    class Meta:
        use_bulk = True
        batch_size = 500
        skip_diff = True
        instance_loader_class = NaturalKeyLoader

    def __init_subclass__(cls) -> None:
        """Before import-export reads the options."""
        if not hasattr(cls.Meta, "fields"):
            fields = cls.Meta.model._meta.fields
            cls.Meta.fields = [field.name for field in fields if field.editable and not field.primary_key]

    def __init__(
        self,
        *,
        schools: QuerySet[School] | None = None,
        city: Region | None = None,
        by: User | None = None,
        year: int | None = None,
    ):
        super().__init__()
        self.schools = School.objects.none() if schools is None else schools
        self.city, self.by, self.year = city, by, year
        self.numbers: list[int] = []
        self.seen: dict[Hashable, int] = {}
        #: (row, heading, sentence) of what is worth saying about rows that are accepted.
        self.remarks: list[tuple[int, str | None, str]] = []

    # --- What the sheet looks like ---

    @classmethod
    def title(cls) -> str:
        """Name of the sheet and of the thing imported."""
        return cls._meta.model._meta.verbose_name

    @classmethod
    def field_from_django_field(cls, field_name, django_field, readonly) -> ColumnField:
        """The column for a field that no class declares."""
        if django_field.related_model is School:
            return school_column()
        return column_of(cls._meta.model, field_name, **(cls._meta.widgets or {}).get(field_name, {}))

    @classmethod
    def columns(cls) -> list[ColumnField]:
        """In the order of the template."""
        return [cls.fields[name] for name in cls._meta.fields]

    @classmethod
    def exported(cls, queryset: QuerySet) -> QuerySet:
        """Rows to write for a queryset of the model, with whatever the columns show loaded along."""
        related = [field.attribute for field in cls.columns() if isinstance(field.widget, Lookup)]
        return queryset.select_related(*related)

    def defaults(self) -> dict[str, Any]:
        """Values for columns the sheet does not have."""
        return {}

    # --- Finding rows ---

    def get_queryset(self) -> QuerySet:
        """Rows that an import may update."""
        return super().get_queryset().filter(school__in=self.schools.order_by().values("pk"))

    def key_of(self, instance: models.Model) -> Hashable:
        """The natural key of an existing row, related records by their id."""
        return tuple(
            getattr(instance, instance._meta.get_field(name).attname) for name in self.get_import_id_fields()
        )

    def key_in(self, row: Mapping[str, Any]) -> Hashable | None:
        """The natural key a row of the sheet states; None while one of its cells is faulty."""
        try:
            parts = [self.fields[name].clean(row) for name in self.get_import_id_fields()]
        except ValueError:
            return None
        return self.comparable([getattr(part, "pk", part) for part in parts])

    def comparable(self, key: Iterable[Any]) -> Hashable:
        """A natural key in which every name is as `same` makes it, every code without width and blanks."""
        parses = (self.fields[name].widget.parse for name in self.get_import_id_fields())
        return tuple(
            (cell_code if parse is cell_code else same)(part) if isinstance(part, str) else part
            for parse, part in zip(parses, key, strict=True)
        )

    # --- Import, in the order import-export calls it ---

    def before_import(self, dataset, **kwargs) -> None:
        """Everything a cell may name is loaded once."""
        for field in self.fields.values():
            if isinstance(field.widget, Lookup):
                field.widget.found = field.widget.load(self)

    def before_import_row(self, row, row_number=None, **kwargs) -> None:
        """A second row with the same key is refused: which of the two is meant only its author knows."""
        self._refuse_another_school(row)
        key = self.key_in(row)
        if key is None:
            return
        first = self.seen.setdefault(key, self.numbers[row_number - 1])
        if first != self.numbers[row_number - 1]:
            names = "、".join(self.fields[name].column_name for name in self.get_import_id_fields())
            raise ValidationError(f"与第 {first} 行重复（{names}相同）")

    @cached_property
    def coded(self) -> dict[str, School]:
        """The schools that a row may name."""
        return schools_by_code(self)

    def _refuse_another_school(self, row: Mapping[str, Any]) -> None:
        own = {field.column_name for field in self.columns()}
        if not any(row.get(column.heading) for column in (NAME, COUNTY) if column.heading not in own):
            return
        with suppress(CellError):  # a code that cannot be read is told at its own column
            school = self.coded.get(cell_code(row.get(SCHOOL_CODE)))
            if school and (told := contradiction(school, row, own)):
                raise ValidationError(told)

    def import_instance(self, instance, row, **kwargs) -> None:
        """Columns absent from the sheet keep their value; what was there before is kept to see whether
        anything changed.
        """
        instance.imported_over = _values(instance)
        instance.stood = self.stands(instance)
        super().import_instance(instance, row, **kwargs)

    def import_field(self, field, instance, row, is_m2m=False, **kwargs) -> None:
        """A blank never erases, and a name that was found in another spelling keeps its own."""
        if instance.pk is not None and field.column_name in row:
            if row[field.column_name] in (None, ""):
                return
            recorded = getattr(instance, field.attribute, None)
            is_name = field.attribute in self.get_import_id_fields() and isinstance(recorded, str)
            if is_name and same(recorded) == same(row[field.column_name]):
                return
        super().import_field(field, instance, row, is_m2m, **kwargs)

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        """A row that says what is already known is not written again."""
        return self.says_all and not import_validation_errors and not self.says_something_new(instance)

    def says_something_new(self, instance: models.Model) -> bool:
        """Whether the row is a new record or differs from the stored one."""
        return instance.pk is None or instance.imported_over != _values(instance)

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True) -> None:
        """Cell errors, then the model's own; constraints are left to the database, which asks nothing per
        row.
        """
        errors = dict(import_validation_errors or {})
        asked = {field.attribute for field in self.fields.values()}
        others = {
            field.name for field in instance._meta.fields if field.is_relation or field.name not in asked
        }
        try:
            instance.clean_fields(exclude=others | errors.keys())
        except ValidationError as error:
            # What is empty because another cell could not be read is not worth a second sentence.
            found = {
                name: [one for one in told if not (errors and one.code in ("null", "blank"))]
                for name, told in error.error_dict.items()
            }
            errors = errors | {name: told for name, told in found.items() if told}
        if not errors:
            self.check(instance)
            self.refuse_signed(instance)
        if errors:
            raise ValidationError(errors)

    def check(self, instance: models.Model) -> None:
        """What concerns several cells at once; raises ValidationError."""
        for first, last in PERIODS:
            start, end = getattr(instance, first, None), getattr(instance, last, None)
            if start and end and end < start:
                raise ValidationError({last: "不能早于" + self.heading(first)})
        instance.clean()

    def get_bulk_update_fields(self) -> list[str]:
        """Only what some row of the batch really changed: an update of all columns costs ten times
        as much.
        """
        changed = {
            name
            for one in self.update_instances
            for name, value in _values(one).items()
            if value != one.imported_over[name]
        }
        stored = [field for field in self._meta.model._meta.concrete_fields if not field.primary_key]
        return [field.name for field in stored if field.attname in changed] or [stored[0].name]

    def handle_import_error(self, result, error, raise_errors=False) -> None:
        """A constraint of the database answers with its own sentence."""
        if isinstance(error, IntegrityError):
            error = ValidationError(self._sentence(error))
        elif not isinstance(error, ValidationError):
            logger.error("import of %s failed", self.title(), exc_info=error)
            error = ValidationError("导入时出错，没有写入任何数据，请与系统管理员联系。")
        super().handle_import_error(result, error, raise_errors)

    def _sentence(self, error: IntegrityError) -> str:
        """PostgreSQL names the constraint, SQLite only the columns of one that is unique."""
        options = self._meta.model._meta
        for constraint in options.constraints:
            fields = [options.get_field(name) for name in getattr(constraint, "fields", ())]
            columns = ", ".join(f"{options.db_table}.{field.column}" for field in fields)
            if constraint.name in str(error) or (columns and columns in str(error)):
                return constraint.get_violation_error_message()
        return "表中数据与系统已有记录冲突，没有写入任何数据。"

    def heading(self, attribute: str) -> str | None:
        """The heading of the column that fills an attribute."""
        return next(
            (field.column_name for field in self.fields.values() if field.attribute == attribute), None
        )


def _values(instance: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def schools_by_code(resource: WorkbookResource) -> dict[str, School]:
    """Schools that the sheet may name."""
    return {cell_code(school.code): school for school in resource.schools.select_related("county")}


def counties_by_name(resource: WorkbookResource) -> dict[str, Region]:
    """Counties of the city of the import."""
    counties = resource.city.counties.all() if resource.city else ()
    return {same(county.name): county for county in counties}


def people_by_username(resource: WorkbookResource) -> dict[str, User]:
    """Accounts that the importing person may see."""
    people = User.objects.visible_to(resource.by) if resource.by else User.objects.all()
    return {cell_code(user.username): user for user in people}


def person_column(attribute: str, heading: str, *, hint: str = "") -> ColumnField:
    """An account by user name."""
    widget = Lookup(
        people_by_username,
        "没有用户名为“{}”的用户",
        key=lambda text, row: cell_code(text),
        shown="username",
        required=True,
    )
    return ColumnField(attribute, heading, widget, hint=hint)


def school_column(attribute: str = "school", *, kept: str = "") -> ColumnField:
    """学校编码, owed by every record."""
    widget = ByCode(schools_by_code, "没有编码为“{}”的党校，或不在您的管理范围", required=True)
    return ColumnField(attribute, SCHOOL_CODE, widget, kept=kept)


def by_school(rows: Iterable[tuple[str, str, models.Model]]) -> dict[Hashable, models.Model]:
    """Lookup table of records named within a school."""
    return {(cell_code(code), same(name)): record for code, name, record in rows}


def rows_of(resource: WorkbookResource, model: type[models.Model], path: str = "school") -> QuerySet:
    """Rows of a model that belong to the schools of the import."""
    return model.objects.filter(**{f"{path}__in": resource.schools.order_by().values("pk")})
