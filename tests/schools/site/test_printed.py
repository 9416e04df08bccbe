"""Every text field of every form asks whether what is typed can be printed; what was replaced is shown."""

import pytest
from django import forms
from django.contrib.auth.forms import AuthenticationForm

from schools.models import Lesson, School, TrainingClass, User
from schools.site.asked import long_text


class Typed(forms.Form):
    name = forms.CharField(label="班名", max_length=20, required=False)
    text = long_text("经过", required=False)
    password = forms.CharField(label="密码", widget=forms.PasswordInput, required=False, strip=False)


@pytest.mark.parametrize(
    ("field", "typed", "read"),
    [
        ("name", "春训\u2028一期", "春训 一期"),
        ("text", "一\u2028二\x0b三", "一\n二\n三"),
        ("text", "☑已整改", "√已整改"),
        ("name", "龚䶮班", "龚䶮班"),
        ("password", "☑👍\u2028", "☑👍\u2028"),
    ],
)
def test_a_field_reads_what_can_be_printed(field, typed, read):
    form = Typed({field: typed})

    assert form.is_valid() and form.cleaned_data[field] == read


@pytest.mark.parametrize(("field", "typed"), [("name", "春训🎉"), ("text", "好\n👍"), ("name", "\ue123")])
def test_a_field_refuses_the_rest_and_keeps_what_was_typed(field, typed):
    form = Typed({field: typed})

    assert "印不出来" in form.errors[field][0]
    assert form[field].value() == typed


@pytest.mark.parametrize("model", [School, TrainingClass, Lesson, User])
def test_forms_of_tables_read_alike_and_theirs_of_django_too(model):
    kept = [field for field in model._meta.fields if field.editable]
    names = [field.name for field in kept if isinstance(field.formfield(), forms.CharField)]
    form = forms.modelform_factory(model, fields=names)(dict.fromkeys(names, "好👍"))
    assert all("“👍”（U+1F44D）" in form.errors[name][0] for name in names if not form.fields[name].disabled)

    signing_in = AuthenticationForm(data={"username": "张👍", "password": "👍"})
    assert "印不出来" in signing_in.errors["username"][0] and "password" not in signing_in.errors
