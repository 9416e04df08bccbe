"""What every sheet has in common: columns read off the model, rows found by natural key, doubles named, every
error told in the user's words.
"""

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import QuerySet
from import_export import resources
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.widgets import Widget

from schools.models import Region, School, User
from schools.workbooks import CellError, cell_bool, cell_choice, cell_date, cell_decimal, cell_int, cell_text
from schools.workbooks.text import narrow

from .noting import NotingResource

logger = logging.getLogger(__name__)

SCHOOL_CODE = "学校编码"


def cell_code(value: object, **options: Any) -> str:
    """A code or name that identifies: full and half width are the same."""
    return narrow(cell_text(value, **options))


#: How a cell is read by the kind of the model's field it fills, unless the field has choices.
READERS = {
    "BooleanField": cell_bool,
    "CharField": cell_text,
    "DateField": cell_date,
    "DecimalField": cell_decimal,
    "PositiveIntegerField": cell_int,
    "PositiveSmallIntegerField": cell_int,
}
#: By the reader: how the writer formats the column, what the template says about it, what it takes.
KINDS = {cell_date: "date", cell_decimal: "decimal", cell_int: "int"}
HINTS = {cell_bool: "是 或 否", cell_date: "日期，如 2026-03-05、2026.3.5、20260305"}
BOUNDS = {cell_decimal: {"lowest": 0}, cell_int: {"lowest": 0, "highest": 10_000_000}}
#: Options of a reader that the field knows.
MEASURES = {
    cell_code: {"longest": "max_length"},
    cell_decimal: {"places": "decimal_places"},
    cell_text: {"longest": "max_length"},
}
#: The same on every sheet that has such a column.
LIMITS = {
    "year": {"lowest": 2000, "highest": 2100},
    "month": {"unit": ("月",), "lowest": 1, "highest": 12},
}
#: Pairs of dates of which the second may not come before the first, in whatever table they stand.
PERIODS = (
    ("start", "end"),
    ("since", "until"),
    ("issued_on", "abolished_on"),
    ("opened_on", "closed_on"),
    ("starts_on", "ends_on"),
)


class CellWidget(Widget):
    """Reads a cell with one of the workbook readers; a CellError is the sentence for the report."""

    def __init__(
        self,
        parse: Callable[..., Any],
        *,
        required: bool = False,
        render: Callable[[Any], Any] | None = None,
        **options: Any,
    ):
        super().__init__()
        self.parse, self.required, self.shown, self.options = parse, required, render, options

    def clean(self, value, row=None, **kwargs):
        """A blank that is owed is an error of its own, before the model is asked."""
        parsed = self.parse(value, **self.options)
        if self.required and parsed in (None, ""):
            raise CellError("不能为空")
        return parsed

    def render(self, value, obj=None, **kwargs):
        """Typed values, for the writer decides how a cell looks."""
        return self.shown(value) if self.shown and value is not None else value


class Lookup(CellWidget):
    """A cell that names another record, possibly one of the same row's school, by what the record has as
    `shown`.

    `load` is asked once per import for everything that may be named, its keys in half width; `key` tells what
    the row's cells make of the text.
    """

    def __init__(
        self,
        load: Callable[[Any], Mapping[Hashable, models.Model]],
        missing: str,
        *,
        key: Callable[[str, Mapping[str, Any]], Hashable] = lambda text, row: text,
        shown: str = "name",
        required: bool = False,
    ):
        super().__init__(cell_code, required=required, render=attrgetter(shown))
        self.load, self.missing, self.key = load, missing, key
        self.found: Mapping[Hashable, models.Model] = {}

    def clean(self, value, row=None, **kwargs):
        """The record named, None for a blank."""
        text = super().clean(value, row)
        if not text:
            return None
        record = self.found.get(self.key(text, row or {}))
        if record is None:
            raise CellError(self.missing.format(text[:40]))
        return record


class ColumnField(Field):
    """A column: its kind is how the writer formats it, its hint goes into the template's instructions, `kept`
    is where a record keeps what an import puts elsewhere first.
    """

    def __init__(
        self,
        attribute: str,
        heading: str,
        widget: CellWidget,
        *,
        hint: str = "",
        default: Any = None,
        kept: str = "",
    ):
        empty = {} if default is None else {"default": default}
        super().__init__(attribute=attribute, column_name=heading, widget=widget, **empty)
        self.kept = kept or attribute
        self.kind = KINDS.get(widget.parse, "text")
        self.hint = hint or HINTS.get(widget.parse, "")
        if widget.parse is cell_choice:
            self.hint = f"可选：{'、'.join(widget.options['choices'])}"

    def get_value(self, instance):
        """What a record has, for the export."""
        return attrgetter(self.kept)(instance)

    @property
    def required(self) -> bool:
        """Whether the cell may not be blank, and so the column not be missing."""
        return self.widget.required


def column_of(
    model: type[models.Model],
    name: str,
    *,
    attribute: str = "",
    hint: str = "",
    kept: str = "",
    **stated: Any,
) -> ColumnField:
    """The column of a model's field: heading, length, choices, default and whether a cell is owed are the
    field's own, where nothing else is stated.
    """
    field = model._meta.get_field(name)
    required = stated.pop("required", not (field.blank or field.null or field.has_default()))
    default = field.default if field.has_default() and not required else None
    widget = _widget_of(field, required=required, **stated)
    return ColumnField(attribute or name, field.verbose_name, widget, hint=hint, default=default, kept=kept)


def _widget_of(field: models.Field, **stated: Any) -> CellWidget:
    if field.choices:
        labels = {label: value for value, label in field.choices}
        return CellWidget(cell_choice, choices=labels, render=dict(field.choices).get, **stated)
    parse = stated.pop("parse", READERS[field.get_internal_type()])
    measures = {option: getattr(field, measure) for option, measure in MEASURES.get(parse, {}).items()}
    return CellWidget(parse, **{**BOUNDS.get(parse, {}), **LIMITS.get(field.name, {}), **measures, **stated})


def in_school(text: str, row: Mapping[str, Any]) -> Hashable:
    """Key of a record that is named within the school of the row."""
    return cell_code(row.get(SCHOOL_CODE)), text


class NaturalKeyLoader(BaseInstanceLoader):
    """Existing rows by the key people know; one query for the whole sheet."""

    def __init__(self, resource: "WorkbookResource", dataset=None):
        super().__init__(resource, dataset)
        self.known = {resource.key_of(instance): instance for instance in resource.get_queryset()}

    def get_instance(self, row: Mapping[str, Any]) -> models.Model | None:
        """None when new, or when the key itself cannot be read."""
        return self.known.get(self.resource.key_in(row))


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
        instance.stood = self.stands(instance)
        super().import_instance(instance, row, **kwargs)

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
            errors = error.update_error_dict(errors)
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
    return {cell_code(school.code): school for school in resource.schools}


def counties_by_name(resource: WorkbookResource) -> dict[str, Region]:
    """Counties of the city of the import."""
    counties = resource.city.counties.all() if resource.city else ()
    return {cell_code(county.name): county for county in counties}


def people_by_username(resource: WorkbookResource) -> dict[str, User]:
    """Accounts that the importing person may see."""
    people = User.objects.visible_to(resource.by) if resource.by else User.objects.all()
    return {cell_code(user.username): user for user in people}


def person_column(attribute: str, heading: str, *, hint: str = "") -> ColumnField:
    """An account by user name."""
    widget = Lookup(people_by_username, "没有用户名为“{}”的用户", shown="username", required=True)
    return ColumnField(attribute, heading, widget, hint=hint)


def school_column(attribute: str = "school", *, kept: str = "") -> ColumnField:
    """学校编码, owed by every record."""
    widget = Lookup(schools_by_code, "没有编码为“{}”的党校，或不在您的管理范围", shown="code", required=True)
    return ColumnField(attribute, SCHOOL_CODE, widget, kept=kept)


def by_school(rows: Iterable[tuple[str, str, models.Model]]) -> dict[Hashable, models.Model]:
    """Lookup table of records named within a school."""
    return {(cell_code(code), cell_code(name)): record for code, name, record in rows}


def rows_of(resource: WorkbookResource, model: type[models.Model], path: str = "school") -> QuerySet:
    """Rows of a model that belong to the schools of the import."""
    return model.objects.filter(**{f"{path}__in": resource.schools.order_by().values("pk")})
