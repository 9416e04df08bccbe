"""The rule for passwords: long enough and of several kinds of characters; and passwords good for
one sign-in.
"""

import secrets

from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError

READABLE = "23456789", "abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "+=@#%"
#: How many of the kinds are used, and how long it is, where the rule for passwords does not ask for more.
KINDS, LENGTH = 3, 12


def one_time_password() -> str:
    """Characters of as many kinds as the rule asks for, none that looks like another on paper."""
    rules = [one for one in get_default_password_validators() if isinstance(one, CharacterClassValidator)]
    kinds = READABLE[: max([KINDS, *(rule.classes for rule in rules)])]
    length = max([LENGTH, *(rule.min_length for rule in rules)])
    letters = [secrets.choice(kinds[place % len(kinds)]) for place in range(length)]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)


class CharacterClassValidator:
    """At least `min_length` characters out of at least `classes` of capital letters, small letters, digits
    and other signs.
    """

    def __init__(self, min_length: int = 8, classes: int = 3) -> None:
        self.min_length = min_length
        self.classes = classes

    def validate(self, password: str, user=None) -> None:
        """Counts Chinese characters among the other signs."""
        kinds = {_kind(character) for character in password}
        if len(password) < self.min_length or len(kinds) < self.classes:
            raise ValidationError(self.get_help_text(), code="password_too_simple")

    def get_help_text(self) -> str:
        """Shown beside the field and as the error, the same words."""
        return f"密码至少 {self.min_length} 位，并包含大写字母、小写字母、数字、符号中的 {self.classes} 类。"


def _kind(character: str) -> str:
    if character.isascii() and character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "digit" if character.isascii() and character.isdigit() else "sign"
