"""The drawing of an architecture inside a page."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.architectures.models import Architecture
from nas import registry
from nas.core.errors import NasError
from nas.drawing.svg import draw

register = template.Library()


@register.simple_tag
def architecture_picture(architecture: Architecture) -> SafeString:
    """Its graph as SVG; a sentence when its space is known no more in the form it was stored in."""
    try:
        space = registry.spaces.get(architecture.space_name)
        graph = space(space.Config.parse(architecture.space_config)).graph(architecture.genotype)
    except NasError:
        return format_html(
            '<p class="muted">{}</p>', _("This version of the program cannot draw architectures of this space.")
        )
    return mark_safe(draw(graph))  # noqa: S308 - made by us, and draw() escapes every label
