"""What a person is called: one notion for every form and every workbook."""

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from schools.workbooks.text import tidy_name

#: Between and around the letters of a name; in brackets stands what tells namesakes apart.
SIGNS = set(" \u3000·•‧・.-－—'’（）()、")
LEAST_LETTERS = 2
BRACKETED = re.compile("（[^）]*）")
BETWEEN_PEOPLE = re.compile("[、，,；;/／]")
ONE_BY_ONE = "几个人授课的，请在课次里逐人填写"


def refuse_no_name(value: str) -> None:
    """A telephone number, a code or a single letter is nobody's name; 〇 is a letter like any other."""
    if any(sign != "〇" and unicodedata.category(sign)[0] == "N" for sign in value):
        raise ValidationError(
            f"“{value}”里有数字，不是姓名；电话填在办公电话里，同名的加括号区分，如“李伟（教务）”。"
        )
    letters = [sign for sign in value if sign == "〇" or unicodedata.category(sign)[0] in "LM"]
    strange = sorted(set(value) - SIGNS - set(letters))
    if strange:
        raise ValidationError(f"姓名里不能有“{strange[0]}”，请只写姓名。")
    if value.strip() and len(letters) < LEAST_LETTERS:
        raise ValidationError(f"“{value}”不是完整的姓名，至少写两个字。")


def refuse_several(value: str, field: str = "lecturer") -> None:
    """Who taught a lesson is one person: two names are not one person of a long name."""
    if BETWEEN_PEOPLE.search(BRACKETED.sub("", value)):
        raise ValidationError({field: ONE_BY_ONE})


class NameField(models.CharField):
    """What a person is called, in its one spelling however it was typed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"validators": [refuse_no_name]} | options)

    def to_python(self, value: Any) -> Any:
        """Asked by every form, and by a workbook for every row."""
        value = super().to_python(value)
        return tidy_name(value) if isinstance(value, str) else value

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """To the database a text like any other."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options
