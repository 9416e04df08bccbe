"""What an address or a hidden field asks for: written by pages of this system, and by anybody who edits what
they wrote.
"""

from django.utils.http import url_has_allowed_host_and_scheme

#: Room for every id and every year; a longer run of digits names nothing.
MOST_DIGITS = 15


def number(text: str) -> int | None:
    """The whole number in plain digits; None for anything else, such as ² or a thousand nines, which `int`
    refuses.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def way_back(wanted: str, otherwise: str) -> str:
    """The page a form was sent from, where it is a path of this system; a bare word is none, though Django
    takes it for a view.
    """
    return (
        wanted
        if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        else otherwise
    )
