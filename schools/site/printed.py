"""Every text that is typed into a form must be fit for print (schools.workbooks.printable)."""

from django import forms

from schools.saving import Refused
from schools.workbooks.printable import Unprintable, fitted

_read = forms.CharField.to_python


def fit_for_print(text: str, label: str = "", *, lines: bool = True) -> str:
    """The text as it may be stored; raises Refused for what nothing can replace."""
    try:
        return fitted(text, label, lines=lines)
    except Unprintable as refused:
        raise Refused(f"{refused}。") from refused


def read_text(field: forms.CharField, value: object) -> object:
    """Takes the place of CharField.to_python, so that no form needs to ask, be it Django's own. A password is
    never printed, nor shown; of U+0000, which no person types, a validator of the field speaks.
    """
    text = _read(field, value)
    if not isinstance(text, str) or "\0" in text or isinstance(field.widget, forms.PasswordInput):
        return text
    return fit_for_print(text, str(field.label or ""), lines=isinstance(field.widget, forms.Textarea))


def check_every_text_field() -> None:
    """From here on every text field of every form reads so."""
    forms.CharField.to_python = read_text
