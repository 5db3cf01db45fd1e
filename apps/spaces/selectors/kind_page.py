"""The page of one kind of space: its numbers, its published architectures, a gallery of samples."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.spaces.chosen import ChosenSpace
from apps.spaces.selectors.preview import SHOWN_METRICS, SampledArchitecture, SpacePreview, space_preview
from apps.spaces.selectors.published import published_under
from apps.spaces.selectors.sample import PIECE, raw_draws_refused, sampled
from apps.spaces.selectors.thumbnail import thumbnail
from nas.core.cost import Cost
from nas.core.errors import NasError
from nas.core.space import Crossable, Mutable, Neighbouring, Notated, Preset, Space

NUM_SAMPLES = 1000
NUM_IN_GALLERY = 24
PATIENCE_SECONDS = 0.6
"""After this the answer goes out with the sample so far; the page asks for the rest."""

CAPABILITIES: tuple[tuple[type, str | Promise], ...] = (
    (Mutable, _("Mutation")),
    (Crossable, _("Crossover")),
    (Neighbouring, _("Neighbours")),
    (Notated, _("Published notation")),
)
"""What a space may offer beyond what all offer."""


@dataclass(frozen=True, slots=True)
class PresetCard:
    """A published architecture. `cost` and `svg` are missing where it takes no such input; `trouble` says why."""

    preset: Preset
    cost: Cost | None
    svg: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """A preview of as many samples as were drawn in time.

    Attributes:
      next_num: what to ask for next; None when all are there.
      num_raw_refused: how many of NUM_SAMPLES raw draws the space's own rule refuses; None where it has no such rule.
    """

    preview: SpacePreview
    next_num: int | None
    num_raw_refused: int | None
    num_raw: int = NUM_SAMPLES


def kind_numbers(chosen: ChosenSpace, space: Space, *, asked: int) -> Numbers:
    """At least `asked` samples, and more while there is time. Which ones depends on the seed alone."""
    shape, classes = chosen.at.shape, chosen.at.num_classes
    num = min(max(asked, PIECE), NUM_SAMPLES)
    begun = time.monotonic()
    sampled(space, shape, classes, num=num, seed=chosen.seed)
    while num < NUM_SAMPLES and time.monotonic() - begun < PATIENCE_SECONDS:
        num += PIECE
        sampled(space, shape, classes, num=num, seed=chosen.seed)
    preview = space_preview(space, shape, classes, chosen.limits, num_samples=num, seed=chosen.seed, num_drawings=0)
    next_num = num + PIECE if num < NUM_SAMPLES else None
    refused = raw_draws_refused(space, num=NUM_SAMPLES, seed=chosen.seed) if next_num is None else None
    return Numbers(preview, next_num, refused)


def kind_gallery(chosen: ChosenSpace, space: Space, *, order: str) -> tuple[SampledArchitecture, ...]:
    """The first different samples that keep the limits, sorted by a cost where one is named."""
    shape, classes = chosen.at.shape, chosen.at.num_classes
    found = space_preview(
        space, shape, classes, chosen.limits, num_samples=PIECE, seed=chosen.seed, num_drawings=NUM_IN_GALLERY
    ).drawn
    if order in SHOWN_METRICS:
        found = tuple(sorted(found, key=lambda one: one.cost.as_metrics()[order]))
    return found


def preset_cards(chosen: ChosenSpace, space: Space) -> tuple[PresetCard, ...]:
    shape, classes = chosen.at.shape, chosen.at.num_classes
    cards = []
    for preset in space.presets():
        try:
            cost = space.cost(preset.genotype, shape, classes)
            svg = thumbnail(space, preset.genotype, shape, classes)
        except NasError as error:
            cards.append(PresetCard(preset, None, "", str(error)[:200]))
        else:
            cards.append(PresetCard(preset, cost, svg, ""))
    return tuple(cards)


def published_elsewhere(chosen: ChosenSpace, space: Space) -> list[tuple[str, str, int]]:
    """Well-known settings under which architectures were published that these settings lack: name, title, how many."""
    here = {preset.name for preset in space.presets()}
    titles = {"": str(_("Defaults")), **dict(chosen.config_presets)}
    lacking = [(under.setting, len(set(under.names) - here)) for under in published_under(space.name)]
    return [(setting, titles[setting], number) for setting, number in lacking if number]


def capabilities(space: Space) -> list[str]:
    return [str(words) for capability, words in CAPABILITIES if isinstance(space, capability)]
