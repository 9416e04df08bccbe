"""What an address, a filter or a hidden field asks for: written by pages of this system, and by anybody who
edits what they wrote. A filter that cannot be read shows everything rather than an error page.

Beside it what several rooms ask in the same way: a day, a few sentences, and what is wanted only in some
cases.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

#: The hidden field beside every token: the appointment under which the page of the form was shown.
POSTED_AS = "posted_as"
#: Room for every id and every year; a longer run of digits names nothing.
MOST_DIGITS = 15
#: Rows of a long list on one page.
PAGE_SIZE = 50


def number(text: str) -> int | None:
    """The whole number in plain digits; None for anything else, such as ² or a thousand nines, which `int`
    refuses.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def way_back(wanted: str, otherwise: str) -> str:
    """The page a form was sent from, where it is a path of this system; a bare word is none, though Django
    takes it for a view.
    """
    is_own = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_own else otherwise


def page_asked(request: HttpRequest, rows: QuerySet) -> Page:
    """The page of a long list that the address asks for; the nearest there is where it asks for none."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def day_input() -> forms.DateInput:
    """The browser's own calendar, in the one format it takes."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TextArea(forms.Textarea):
    """Several lines; a line break counts as one sign, as on the screen, and not as the two that a browser
    sends.
    """

    def value_from_datadict(self, data, files, name):
        value = super().value_from_datadict(data, files, name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


def long_text(label: str, *, rows: int = 2, longest: int = 200, **options) -> forms.CharField:
    """A few sentences."""
    return forms.CharField(label=label, max_length=longest, widget=TextArea(attrs={"rows": rows}), **options)


def owe(form: forms.Form, **sentences: str) -> None:
    """These fields are wanted after all; one that could not be read has its own error."""
    for name, sentence in sentences.items():
        if not form.cleaned_data.get(name) and name not in form.errors:
            form.add_error(name, sentence)


class FilterForm(forms.Form):
    """A form of GET parameters; a choice it does not know is left out."""

    #: How a list is narrowed by what stands in a field.
    lookups = {}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, auto_id="filter-%s", **kwargs)
        for field in self.fields.values():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            if isinstance(field.widget, forms.CheckboxInput):
                kind = "form-check-input"
            field.widget.attrs["class"] = kind

    @property
    def chosen(self) -> dict:
        """The values that could be read, without the empty ones."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def narrow(self, rows: QuerySet) -> QuerySet:
        """The rows that fit what was chosen."""
        chosen = self.chosen
        return rows.filter(**{self.lookups[name]: chosen[name] for name in chosen if name in self.lookups})


class SeveralField(forms.ModelMultipleChoiceField):
    """An id no database can hold, which SQLite answers with an exception, is a choice that does not exist."""

    def _check_values(self, value):
        try:
            return super()._check_values(value)
        except OverflowError as error:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": "…"}
            ) from error
