"""Every form says of which identity its page was: another tab may have chosen another one since. A builtin of
the engine, so that no form can leave it out.
"""

from django import template
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from schools.site.asked import POSTED_AS

register = template.Library()


class PostingNode(CsrfTokenNode):
    """Django's token, and beside it the appointment under which the page was shown."""

    def render(self, context: Context) -> SafeString:
        """Without an identity the token alone."""
        token = super().render(context)
        identity = getattr(context.get("user"), "identity", None)
        if not token or identity is None:
            return token
        return token + format_html('<input type="hidden" name="{}" value="{}">', POSTED_AS, identity.pk)


@register.tag
def csrf_token(parser: template.base.Parser, token: template.base.Token) -> PostingNode:
    """Takes the place of Django's tag of that name."""
    return PostingNode()
