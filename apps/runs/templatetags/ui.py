"""What every page draws with: icons, state chips, numbers and durations in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.db.models import QuerySet
from django.template.context import Context
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.accounts.access import Level, teams_of
from apps.accounts.models import Team
from apps.charts.compact import compact
from apps.runs.states import RunState, TrialState
from nas.core.metric import METRICS

register = template.Library()
register.filter("compact", compact)

# state → (tone, icon). The word beside the icon carries the meaning; the tone only helps.
STATE_LOOKS: Mapping[str, tuple[str, str]] = {
    RunState.QUEUED: ("calm", "queued"),
    RunState.RUNNING: ("busy", "running"),
    RunState.PAUSED: ("warn", "pause"),
    RunState.STOPPING: ("busy", "running"),
    RunState.REPORTING: ("busy", "running"),
    RunState.COMPLETED: ("good", "check"),
    RunState.STOPPED: ("calm", "stop"),
    RunState.CANCELLED: ("calm", "cancel"),
    RunState.FAILED: ("bad", "warning"),
    TrialState.STOPPED_EARLY: ("good", "stop"),
    TrialState.INFEASIBLE: ("warn", "cancel"),
    TrialState.DIVERGED: ("bad", "warning"),
    TrialState.OUT_OF_MEMORY: ("bad", "warning"),
    TrialState.TIMED_OUT: ("bad", "queued"),
    TrialState.CRASHED: ("bad", "warning"),
    TrialState.LOST_WORKER: ("bad", "warning"),
}
LONG_NUMBER = 10_000
"""From here on whole numbers are grouped; proposals and trials have shorter ones."""

SPARK_WIDTH, SPARK_HEIGHT = 120.0, 28.0
_MESSAGE_TONES = {"success": "good", "warning": "warn", "error": "bad"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture from icons.svg; decoration only, so it needs a word beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("icons.svg"), name)


@register.simple_tag
def state_chip(state: str, label: str) -> SafeString:
    """The state of a run or a trial as icon and word."""
    tone, picture = STATE_LOOKS.get(state, ("calm", "info"))
    spins = SafeString(" data-spins") if picture == "running" else ""
    return format_html(
        '<span class="chip" data-tone="{}" data-state="{}"{}>{}{}</span>', tone, state, spins, icon(picture), label
    )


@register.simple_tag(takes_context=True)
def my_teams(context: Context) -> QuerySet[Team]:
    """The teams of who is signed in, for the menu."""
    return teams_of(context["request"].user, Level.VIEW).order_by("name")


@register.filter
def message_tone(tags: str) -> str:
    return next((tone for tag, tone in _MESSAGE_TONES.items() if tag in tags), "busy")


@register.filter
def metric_value(value: float | None, name: str) -> str:
    """A metric's value as people read it: with its unit; a share such as accuracy as a fraction with four digits."""
    if value is None or not math.isfinite(value):
        return "–"
    declared = METRICS.get(name)
    text = number_format(round(value, 4), 4, force_grouping=True) if name.endswith("accuracy") else compact(value)
    if declared is None or not declared.unit:
        return text
    return f"{text}{declared.unit}" if text[-1:].isalpha() else f"{text} {declared.unit}"  # 6.14 kB, 3.2 ms


@register.filter
def metric_title(name: str) -> str:
    declared = METRICS.get(name)
    return _(declared.title) if declared is not None else name


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in the one or two largest units: "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h"."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 60:
        return _("%(n)s s") % {"n": number_format(seconds, 1 if seconds < 10 else 0)}
    whole = round(seconds)
    if whole < 3600:
        return _("%(m)d min %(s)d s") % {"m": whole // 60, "s": whole % 60}
    if whole < 86_400:
        return _("%(h)d h %(m)d min") % {"h": whole // 3600, "m": whole % 3600 // 60}
    return _("%(d)d d %(h)d h") % {"d": whole // 86_400, "h": whole % 86_400 // 3600}


@register.filter
def count(value: int) -> str:
    """A whole number with grouping."""
    return number_format(value, 0, force_grouping=True)


@register.filter
def words(name: str) -> str:
    """A registered name as people read it: "mutate:operation" → "mutate: operation", "aging_evolution" → "aging evolution"."""
    operators = {
        "added": _("by hand"),  # the one operator that is a person
        "island": _("the best of an island"),
        "rank_check": _("to check the ranking"),
        "score_shared": _("scored with shared weights"),
        "train_supernet": _("derived while the supernet trains"),
    }
    return operators.get(name) or heading(name)


@register.filter
def heading(name: str) -> str:
    """The same of a column of a view's table, where "island" is one."""
    return name.replace("_", " ").replace(":", ": ")


@register.filter
def plain(value: object) -> str:
    """A value of a strategy's view, whose meaning only the strategy knows."""
    if isinstance(value, float):
        return compact(value)
    if isinstance(value, int) and abs(value) >= LONG_NUMBER:
        return count(value)
    return "–" if value is None else str(value)


@register.filter
def add_text(text: str, other: object) -> str:
    return f"{text}{other}"


@register.filter
def item(values: Sequence[Any], index: int) -> Any:
    return values[index]


@register.simple_tag
def sparkline(values: Sequence[float], label: str) -> SafeString | str:
    """A small step line of values that are evenly spaced; nothing for fewer than two."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    across = SPARK_WIDTH / (len(values) - 1)
    ups = [SPARK_HEIGHT - 3 - (value - low) / ((high - low) or 1) * (SPARK_HEIGHT - 6) for value in values]
    path = f"M0 {ups[0]:.1f}" + "".join(f"H{i * across:.1f}V{up:.1f}" for i, up in enumerate(ups[1:], start=1))
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="spark__area" d="{}"></path><path class="spark__line" d="{}"></path></svg>',
        *(int(SPARK_WIDTH), int(SPARK_HEIGHT)),
        label,
        f"{path}V{SPARK_HEIGHT}H0Z",
        path,
    )
