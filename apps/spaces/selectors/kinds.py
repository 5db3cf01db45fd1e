"""The catalogue: every registered kind of space as a card."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _
from numpy.random import PCG64, Generator, SeedSequence

from apps.spaces.quantity import exact_text, size_text
from apps.spaces.selectors.published import published_under, space_under
from apps.spaces.selectors.thumbnail import thumbnail
from nas import registry
from nas.core.errors import NasError
from nas.core.space import Size, Space, fitting

SHAPES = (((3, 32, 32), 10), ((3, 224, 224), 1000), ((1, 28, 28), 10), ((1, 8, 8), 10))
"""Inputs at which a card draws; the first that the architecture takes."""


@dataclass(frozen=True, slots=True)
class KindCard:
    """`svg` is a thumbnail, "" where nothing could be drawn; `size` is "" for a space with a setting that has no default."""

    name: str
    title: str
    summary: str
    source: str
    size: str
    size_exact: str
    num_presets: int
    svg: str


def kind_cards(search: str = "") -> list[KindCard]:
    """In the order of the registry; those that hold every word of `search` in name, title, summary or source."""
    words = search.casefold().split()
    cards = [_card(name) for name in registry.spaces]
    return [
        card
        for card in cards
        if all(word in f"{card.name} {card.title} {card.summary} {card.source}".casefold() for word in words)
    ]


def _card(name: str) -> KindCard:
    kind = registry.spaces.get(name)
    size, num_presets, svg = _looks(name)
    return KindCard(
        name=name,
        title=_(kind.title),
        summary=_(kind.summary),
        source=kind.source,
        size=size_text(size) if size else "",
        size_exact=exact_text(size) if size else "",
        num_presets=num_presets,
        svg=svg,
    )


@lru_cache(maxsize=128)
def _looks(name: str) -> tuple[Size | None, int, str]:
    """Size at default settings, number of published architectures at any, thumbnail."""
    published = published_under(name)
    num_published = len({preset for under in published for preset in under.names})
    space = space_under(name, "")
    shown = space_under(name, published[0].setting) if published else space
    return space.size() if space else None, num_published, _thumbnail(shown) if shown else ""


def _thumbnail(space: Space) -> str:
    """The first published architecture, else a sample; "" where neither can be drawn."""
    presets = space.presets()
    for shape, num_classes in SHAPES:
        try:
            genotype = presets[0].genotype if presets else space.sample(Generator(PCG64(SeedSequence([0]))))
            return thumbnail(space, genotype, *fitting(space, shape, num_classes))
        except NasError:
            continue
    return ""
