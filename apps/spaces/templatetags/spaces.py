"""What the pages of spaces draw with."""

from __future__ import annotations

import re

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_PAPER = re.compile(r"(?P<arxiv>arXiv[: ]\s?(?P<id>\d{4}\.\d{4,5}))|(?P<url>https://[^\s,;)]+)")


@register.filter
def source_links(source: str) -> SafeString:
    """A source with its arXiv numbers and addresses as links."""
    parts: list[tuple[SafeString]] = []
    end = 0
    for found in _PAPER.finditer(source):
        parts.append((conditional_escape(source[end : found.start()]),))
        address = found["url"] or f"https://arxiv.org/abs/{found['id']}"
        parts.append((format_html('<a href="{}" rel="noreferrer">{}</a>', address, found[0]),))
        end = found.end()
    parts.append((conditional_escape(source[end:]),))
    return format_html_join("", "{}", parts)


@register.filter
def share_of(part: int, whole: int) -> float:
    """Percent."""
    return 100 * part / whole if whole else 0.0
