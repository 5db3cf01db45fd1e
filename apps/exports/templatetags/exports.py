"""The export section, wherever an architecture is shown."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from apps.architectures.models import Architecture
from apps.exports.section import export_section as section_of

register = template.Library()


@register.simple_tag(takes_context=True)
def export_section(context: Context, architecture: Architecture) -> dict[str, Any]:
    """What `architectures/export_state.html` shows to who looks; made already when a form came back with errors."""
    given: dict[str, Any] | None = context.get("export_given")
    return given or section_of(architecture, context["request"].user)
