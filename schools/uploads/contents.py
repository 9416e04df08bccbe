"""What is looked for in files of every kind."""

import re

#: Each begins with "<" or stands as it is, so that a search takes one look at each byte.
MARKUP = re.compile(rb"<script|<\?php|<html[\s/>]|<svg[\s/>]|<iframe|javascript:", re.IGNORECASE)
HARMLESS_LINKS = ("http://", "https://", "mailto:", "#")


def is_harmless_link(target: str) -> bool:
    """Whether it leads to a page or a mailbox: not to a file, a program or a script."""
    return not target.strip() or target.strip().lower().startswith(HARMLESS_LINKS)
