"""Pieces of pages that stand inside lines and table cells, and are therefore built without a
template each.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction

from django import template
from django.core.paginator import Page
from django.forms import BaseFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from schools.numbers import NO_POINTS, WEEKDAYS, chinese_date, show
from schools.permissions import may, reads_across_counties
from schools.site.contributions import current, entries_for
from schools.site.years import year_shown, years_of

register = template.Library()
#: {% if user|may:"remind" %}: whether the button is this person's.
register.filter("may", may)

STAR_NAMES = ("不授星", "一星", "二星", "三星", "四星", "五星")
TAG_KINDS = frozenset({"plain", "info", "ok", "warn", "bad"})


@register.simple_tag
def stars(count: int | None, *, name: bool = False) -> SafeString:
    """Stars out of five, read aloud as 四星; with `name=True` the word stands beside them. None is not
    decided yet, 0 is 不授星.
    """
    if count is None:
        return format_html('<span class="muted">{}</span>', NO_POINTS)
    word = STAR_NAMES[count]
    if count == 0:
        return format_html('<span class="muted">{}</span>', word)
    if name:
        return format_html('<span class="stars stars-{}" aria-hidden="true"></span> {}', count, word)
    return format_html('<span class="stars stars-{}" role="img" aria-label="{}"></span>', count, word)


@register.simple_tag
def tag(text: str, kind: str = "plain") -> SafeString:
    """A status as a tinted word: plain, info, ok, warn, bad (errors and overdue only). The tint only repeats
    what the word says.
    """
    if kind not in TAG_KINDS:
        raise template.TemplateSyntaxError(f"unknown kind of tag: {kind}")
    return format_html('<span class="tag tag-{}">{}</span>', kind, text)


@register.simple_tag
def progress(done, whole, label: str) -> SafeString:
    """A bar for `done` of `whole`; the label says what is measured, as the bar alone tells nothing to a
    screen reader.
    """
    share = (
        min(max(Fraction(done or 0) / Fraction(whole), Fraction(0)), Fraction(1)) if whole else Fraction(0)
    )
    return format_html(
        '<progress class="bar" value="{0}" max="100" aria-label="{1}">{0}%</progress>',
        int(share * 100),
        label,
    )


@register.filter
def points(value: Fraction | Decimal | int | None) -> str:
    """Points with two decimals, half up; a missing figure is a dash, never 0."""
    return NO_POINTS if value is None or value == "" else show(value)


@register.filter
def day(value: date | None) -> str:
    """2026年11月9日（星期一）."""
    if value is None:
        return NO_POINTS
    moment = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return f"{chinese_date(moment)}（星期{WEEKDAYS[moment.weekday()]}）"


@register.filter
def moment(value: datetime | None, year: int | str = "") -> str:
    """12月1日 21:35; with its year where that is not this one, or not the `year` that the page is about."""
    if value is None:
        return NO_POINTS
    at = timezone.localtime(value)
    plain = at.year == timezone.localdate().year and year in ("", at.year)
    return f"{'' if plain else f'{at.year}年'}{at.month}月{at.day}日 {at:%H:%M}"


@register.filter
def deadline(value: date | datetime | None) -> str:
    """Absolute time and the days left: 11月15日 17:30 截止，还有 6 天; 11月9日 09:00 已截止. A bare date ends
    at midnight of that day.
    """
    if value is None:
        return "未设截止时间"
    moment = (
        timezone.localtime(value)
        if isinstance(value, datetime)
        else timezone.make_aware(datetime.combine(value, time(23, 59, 59)))
    )
    now = timezone.localtime()
    year = f"{moment.year}年" if moment.year != now.year else ""
    clock = "24:00" if (moment.hour, moment.minute) == (23, 59) else f"{moment:%H:%M}"
    days = (moment.date() - now.date()).days
    left = "已截止" if moment < now else "截止，就是今天" if days == 0 else f"截止，还有 {days} 天"
    return f"{year}{moment.month}月{moment.day}日 {clock} {left}"


@register.simple_tag
def has_any(rows: Iterable, path: str) -> bool:
    """Whether some row has a value at the dotted path; a column that would be empty for every row is left
    out.
    """
    return any(template.Variable(f"row.{path}").resolve({"row": row}) for row in rows)


@register.simple_tag(takes_context=True)
def across_counties(context: template.Context, rows: Iterable, path: str) -> bool:
    """Whether a list wants a column of counties: some row has one at the path, and the reader is not of a
    single county.
    """
    return reads_across_counties(context["request"].user) and has_any(rows, path)


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms) -> dict:
    """All errors of the forms and sets of forms at the top of the page, each a link to its field. Put it
    above the page title.
    """
    found = [error for form in forms if form is not None and form.is_bound for error in _errors(form)]
    return {"errors": found}


def _errors(form) -> list[tuple[str, str]]:
    if isinstance(form, BaseFormSet):
        rows = enumerate(form.forms, start=1)
        of_rows = [(link, f"第 {row} 行，{error}") for row, one in rows for link, error in _errors(one)]
        return [("", message) for message in form.non_form_errors()] + of_rows
    whole = [("", message) for message in form.non_field_errors()]
    fields = [(field.id_for_label, f"{field.label}：{message}") for field in form for message in field.errors]
    return whole + fields


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Page, *, unit: str = "条") -> dict:
    """Links to the other pages of a list, keeping search and filters; says how many there are."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return {
        "page": page,
        "numbers": list(numbers),
        "ellipsis": page.paginator.ELLIPSIS,
        "unit": unit,
        "request": context["request"],
    }


@register.simple_tag(takes_context=True)
def navigation_entries(context: template.Context) -> list[dict]:
    """What the navigation bar shows to this person, the current one marked."""
    request: HttpRequest = context["request"]
    shown = entries_for(request.user)
    here = current(shown, request.path)
    return [{"label": entry.label, "url": entry.url, "current": entry is here} for entry in shown]


@register.simple_tag(takes_context=True)
def year_switch(context: template.Context) -> dict:
    """The current year, the one this page is about, and those to choose from."""
    years = years_of(context["request"].user)
    shown = year_shown(context.flatten()) or years.current
    return {"current": years.current, "shown": shown, "offered": years.offered}
