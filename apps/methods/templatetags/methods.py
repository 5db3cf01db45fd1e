"""Links to explanations, from wherever a strategy or space is named."""

from __future__ import annotations

from django import template
from django.urls import reverse

from apps.methods.method_page import has_method_page

register = template.Library()


@register.filter
def method_url(name: str) -> str:
    """Where the strategy or space of that name is explained; "" where nothing explains it."""
    return reverse("methods:page", args=[name]) if has_method_page(name) else ""
