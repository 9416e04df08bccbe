"""The rule line within the page of an item."""

from django import template
from django.forms import BaseForm

from ratings.drafting.ruledesk.forms import RuleDesk, facts_of
from ratings.models import Item, Scheme

register = template.Library()


@register.inclusion_tag("ratings/drafting/ruledesk/desk.html", takes_context=True)
def rule_desk(context, scheme: Scheme, item: Item | None, form: BaseForm) -> dict:
    """The desk for a form with a field `rule`; after an unsuccessful save it shows what was typed, the small
    forms included.
    """

    def value(name: str) -> object:
        return form[name].value() if name in form.fields else ""

    desk = RuleDesk(
        scheme,
        str(value("rule") or ""),
        facts_of(value),
        data=form.data if form.is_bound else None,
        readonly=form.fields["rule"].disabled,
        errors=form["rule"].errors,
    )
    return {
        "desk": desk,
        "scheme": scheme,
        "item": item,
        "user": context.get("user"),
        "csrf_token": context.get("csrf_token"),
    }
