"""The sign of a run in a comparison: one colour and one shape, the same in charts, tables and lists."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# The shapes of Plotly's markers of the same name (frontend/src/compare/looks.ts), in a box of 12 by 12.
SHAPES = (
    "M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z",  # circle
    "M2 2h8v8h-8z",  # square
    "M6 .5L11.5 6L6 11.5L.5 6z",  # diamond
    "M6 1L11.5 10.5H.5z",  # triangle-up
    "M4.3 1h3.4v3.3H11v3.4H7.7V11H4.3V7.7H1V4.3h3.3z",  # cross
    "M6 11L.5 1.5h11z",  # triangle-down
    "M6 .5L7.6 4.1l3.9.4L8.6 7.1l.8 3.9L6 9L2.6 11l.8-3.9L.5 4.5l3.9-.4z",  # star
    "M6 .6l5 2.7v5.4l-5 2.7l-5-2.7V3.3z",  # hexagon
)


@register.simple_tag
def run_mark(place: int) -> SafeString:
    """The sign of the run at that place; decoration, so its name stands beside it."""
    path = SHAPES[place % len(SHAPES)]
    return format_html(
        '<svg class="mark" data-place="{}" viewBox="0 0 12 12" aria-hidden="true"><path d="{}"></path></svg>',
        place,
        path,
    )


@register.filter
def of_key(values: dict[int, str], key: int) -> str:
    return values.get(key, "")
