"""The part of the new-run form that says what the metric reward is made of; shown where an objective or a constraint names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.runs.wizard.config_form import Fieldset, Option, fieldset_for, values_from
from apps.runs.wizard.wording import name_in_words
from nas.core.errors import FieldError, InvalidConfig
from nas.core.metric import METRICS, REWARD, Metric
from nas.core.reward import COSTS, QUALITIES, Reward

_WIDTH, _HEIGHT, _STEPS = 240.0, 80.0, 24
_OCTAVES = 2.0  # shown on each side of the target
_TOP = 1.5  # the highest factor that is drawn


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """By what the quality is multiplied: `factors` are (times the target, factor); `line` is an SVG path, 240 × 80."""

    formula: str
    factors: tuple[tuple[float, float], ...]
    line: str


@dataclass(frozen=True, slots=True)
class RewardPart:
    """`tradeoff` is None while the settings are wrong."""

    fieldset: Fieldset
    presets: tuple[Option, ...]
    tradeoff: Tradeoff | None
    errors: tuple[str, ...]

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or self.fieldset.has_errors


def names_reward(values: Mapping[str, Any]) -> bool:
    """Whether the draft of a specification asks for the reward."""
    rows = [*values.get("objectives", ()), *values.get("constraints", ())]
    return any(isinstance(row, Mapping) and row.get("metric") == REWARD for row in rows)


def reward_from(data: QueryDict) -> dict[str, Any]:
    """What was filled in; a well-known setting chosen there and then takes the place of the exponents."""
    preset = Reward.presets.get(data.get("reward.preset", ""), {})
    return {**values_from(Reward, data, prefix="reward"), **preset}


def reward_part(
    values: Mapping[str, Any], metrics: Sequence[Metric], errors: Sequence[FieldError] = ()
) -> RewardPart | None:
    """The part for a draft; None where nothing names the reward. `metrics`: what can be measured."""
    if not names_reward(values):
        return None
    given = values.get("reward") or {}
    offered = {metric.name: _(metric.title) for metric in metrics}
    references = {
        "reward_quality": [(name, offered[name]) for name in QUALITIES if name in offered],
        "reward_cost": [(name, _with_unit(name, offered[name])) for name in COSTS if name in offered],
    }
    return RewardPart(
        fieldset=fieldset_for(Reward, given, prefix="reward", errors=errors, references=references),
        presets=tuple(Option(name, name_in_words(name), is_chosen=False) for name in Reward.presets),
        tradeoff=_tradeoff(given),
        errors=tuple(_(error.message) for error in errors if error.field == "reward"),
    )


def _with_unit(name: str, title: str) -> str:
    unit = METRICS[name].unit
    return f"{title} ({unit})" if unit else title


def _tradeoff(values: Mapping[str, Any]) -> Tradeoff | None:
    try:
        reward = Reward.parse(values)
    except InvalidConfig:
        return None

    def factor(times: float) -> float:
        return float(times ** (reward.exponent_within if times <= 1 else reward.exponent_beyond))

    octaves = [_OCTAVES * (2 * step / _STEPS - 1) for step in range(_STEPS + 1)]
    points = [
        (_WIDTH * (octave / _OCTAVES + 1) / 2, _HEIGHT * (1 - min(factor(2**octave), _TOP) / _TOP))
        for octave in octaves
    ]
    return Tradeoff(
        formula=_("%(quality)s × (%(cost)s / %(target)s)^w, w = %(within)s up to the target, %(beyond)s beyond")
        % {
            "quality": _(METRICS[reward.quality].title),
            "cost": _(METRICS[reward.cost].title),
            "target": f"{reward.target:g}",
            "within": f"{reward.exponent_within:g}",
            "beyond": f"{reward.exponent_beyond:g}",
        },
        factors=tuple((times, factor(times)) for times in (0.5, 1.0, 2.0)),
        line="M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points),
    )
