"""The forms of a page as a browser would send them, for tests that walk pages without one."""

import re
from html.parser import HTMLParser


def seen_in(response) -> dict[str, str]:
    """What a page sends along of what it shows; nothing where no form of it signs anything."""
    found = re.search(r'name="seen" value="([^"]*)"', response.content.decode())
    return {"seen": found[1]} if found else {}


def seen_on(client, address: str) -> dict[str, str]:
    """The same of a page that is opened now."""
    return seen_in(client.get(address))


def press(client, address: str, data: dict | None = None, *, on: str = "", **options):
    """Post as somebody who has just opened the page: the address itself, or another one."""
    return client.post(address, {**seen_on(client, on or address), **(data or {})}, **options)


class Forms(HTMLParser):
    """Every posting form of a page: its action and its fields."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.fields: dict | None = None
        self.select = self.area = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.fields = {} if attrs.get("method") == "post" else None
            if self.fields is not None:
                self.found.append((attrs.get("action") or "", self.fields))
        if self.fields is None or (tag not in ("option",) and not attrs.get("name")):
            return
        name = attrs.get("name")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in attrs or self.select not in self.fields):
            self.fields[self.select] = attrs.get("value", "")
        elif tag == "textarea":
            self.area = name
            self.fields[name] = ""
        elif tag == "button" or (
            tag == "input" and (attrs.get("type") not in ("checkbox", "radio") or "checked" in attrs)
        ):
            self.fields[name] = attrs.get("value", "")

    def handle_data(self, data):
        if self.area and self.fields is not None:
            self.fields[self.area] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.fields = None
        self.select = None if tag == "select" else self.select
        self.area = None if tag == "textarea" else self.area
