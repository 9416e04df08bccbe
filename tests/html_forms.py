"""The forms of a page as a browser would send them, for tests that walk pages without one."""

import re
from dataclasses import dataclass, field
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


@dataclass
class Form:
    """One form of a page: `sent` is what a browser would send untouched, buttons apart; `kinds` tells of
    every field, an empty box too, what it is.
    """

    action: str
    method: str
    sent: list[list[str]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    #: Name, value and, where it goes elsewhere, address of each button.
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, str]:
        """By name, with the last button pressed."""
        return dict([*self.sent, *((name, value) for name, value, _ in self.buttons if name)])


class Forms(HTMLParser):
    """Every form of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.select = self.area = None
        self.feed(page)

    @property
    def found(self) -> list[tuple[str, dict]]:
        """Of the forms that post: action and fields."""
        return [(one.action, one.fields) for one in self.forms if one.method == "post"]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.form = Form(attrs.get("action") or "", attrs.get("method") or "get")
            self.forms.append(self.form)
        if self.form is None or "disabled" in attrs:
            return
        name, value = attrs.get("name") or "", attrs.get("value") or ""
        if tag == "button":
            self.form.buttons.append((name, value, attrs.get("formaction") or ""))
        elif tag == "option" and self.select:
            name, several = self.select
            kept = [one for one in self.form.sent if one[0] == name]
            if "selected" in attrs and (several or not kept):
                self.form.sent.append([name, value])
            elif "selected" in attrs:
                kept[-1][1] = value
            elif not kept and not several:
                self.form.sent.append([name, value])
        elif name:
            self._field(tag, name, value, attrs)

    def _field(self, tag: str, name: str, value: str, attrs: dict) -> None:
        kind = attrs.get("type", "text") if tag == "input" else tag
        if kind in ("submit", "image"):
            self.form.buttons.append((name, value, attrs.get("formaction") or ""))
            return
        if tag not in ("input", "select", "textarea"):
            return
        self.form.kinds[name] = kind
        if tag == "select":
            self.select = name, "multiple" in attrs
        elif tag == "textarea":
            self.area = [name, ""]
            self.form.sent.append(self.area)
        elif kind in ("checkbox", "radio"):
            if "checked" in attrs:
                self.form.sent.append([name, attrs.get("value", "on")])
        elif kind != "file":
            self.form.sent.append([name, value])

    def handle_data(self, data):
        if self.area:
            self.area[1] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        self.select = None if tag == "select" else self.select
        if tag == "textarea" and self.area:
            self.area[1] = self.area[1].removeprefix("\n")
            self.area = None
