"""What every sheet has in common: rows found by natural key, doubles named, every error told in the user's
words.
"""

import logging
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import QuerySet
from import_export import resources
from import_export.instance_loaders import BaseInstanceLoader

from schools.models import Region, School, User

from .columns import SCHOOL_CODE, ColumnField, Lookup, cell_code, lookup

logger = logging.getLogger(__name__)

YEARS = {"lowest": 2000, "highest": 2100}


class NaturalKeyLoader(BaseInstanceLoader):
    """Existing rows by the key people know; one query for the whole sheet."""

    def __init__(self, resource: "WorkbookResource", dataset=None):
        super().__init__(resource, dataset)
        self.known = {resource.key_of(instance): instance for instance in resource.get_queryset()}

    def get_instance(self, row: Mapping[str, Any]) -> models.Model | None:
        """None when new, or when the key itself cannot be read."""
        return self.known.get(self.resource.key_in(row))


class WorkbookResource(resources.ModelResource):
    """One sheet, one model. What lies outside `schools` can neither be named nor changed.

    `year` completes sheets whose year is given by their use, `by` is who imports, `city` whose data it is.
    """

    #: Pairs of dates of which the second may not come before the first.
    periods: tuple[tuple[str, str], ...] = ()

    class Meta:
        use_bulk = True
        batch_size = 500
        skip_diff = True
        instance_loader_class = NaturalKeyLoader

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
    def columns(cls) -> list[ColumnField]:
        """Columns in the order of the template."""
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
        return tuple(getattr(part, "pk", part) for part in parts)

    # --- Import, in the order import-export calls it ---

    def before_import(self, dataset, **kwargs) -> None:
        """Everything a cell may name is loaded once."""
        for field in self.fields.values():
            if isinstance(field.widget, Lookup):
                field.widget.found = field.widget.load(self)

    def before_import_row(self, row, row_number=None, **kwargs) -> None:
        """A second row with the same key is refused: which of the two is meant only its author knows."""
        key = self.key_in(row)
        if key is None:
            return
        first = self.seen.setdefault(key, self.numbers[row_number - 1])
        if first != self.numbers[row_number - 1]:
            names = "、".join(self.fields[name].column_name for name in self.get_import_id_fields())
            raise ValidationError(f"与第 {first} 行重复（{names}相同）")

    def import_instance(self, instance, row, **kwargs) -> None:
        """Columns absent from the sheet keep their value; what was there before is kept to see whether
        anything changed.
        """
        instance.imported_over = _values(instance)
        super().import_instance(instance, row, **kwargs)

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        """A row that says what is already known is not written again."""
        return (
            not import_validation_errors
            and instance.pk is not None
            and instance.imported_over == _values(instance)
        )

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True) -> None:
        """Cell errors, then the model's own; constraints are left to the database, which asks nothing per
        row.
        """
        errors = dict(import_validation_errors or {})
        relations = {field.name for field in instance._meta.fields if field.is_relation}
        try:
            instance.clean_fields(exclude=relations | errors.keys())
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if not errors:
            self.check(instance)
        if errors:
            raise ValidationError(errors)

    def check(self, instance: models.Model) -> None:
        """What concerns several cells at once; raises ValidationError."""
        for first, last in self.periods:
            start, end = getattr(instance, first), getattr(instance, last)
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
        said = str(error)
        for constraint in self._meta.model._meta.constraints:
            columns = [
                self._meta.model._meta.get_field(name).column for name in getattr(constraint, "fields", ())
            ]
            table = self._meta.model._meta.db_table
            named = ", ".join(f"{table}.{column}" for column in columns)
            if constraint.name in said or (named and named in said):
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
    return {cell_code(school.code): school for school in resource.schools}


def counties_by_name(resource: WorkbookResource) -> dict[str, Region]:
    """Counties of the city of the import."""
    return (
        {cell_code(county.name): county for county in resource.city.counties.all()} if resource.city else {}
    )


def person_lookup() -> Lookup:
    """An account by user name, among those the importing person may see."""

    def load(resource: WorkbookResource) -> dict[str, User]:
        people = User.objects.visible_to(resource.by) if resource.by else User.objects.all()
        return {cell_code(user.username): user for user in people}

    return Lookup(load, "没有用户名为“{}”的用户", render=lambda user: user.username, required=True)


def school_column() -> ColumnField:
    """学校编码, owed by every record."""
    widget = Lookup(
        schools_by_code,
        "没有编码为“{}”的党校，或不在您的管理范围",
        render=lambda school: school.code,
        required=True,
    )
    return lookup("school", SCHOOL_CODE, widget)


def by_school(rows: Iterable[tuple[str, str, models.Model]]) -> dict[Hashable, models.Model]:
    """Lookup table of records named within a school."""
    return {(cell_code(code), cell_code(name)): record for code, name, record in rows}


def rows_of(resource: WorkbookResource, model: type[models.Model], path: str = "school") -> QuerySet:
    """Rows of a model that belong to the schools of the import."""
    return model.objects.filter(**{f"{path}__in": resource.schools.order_by().values("pk")})
