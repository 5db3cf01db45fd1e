"""Where in a network a cell's walk may hold the peak, and which walks need not be taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import starmap

from nas.spaces.cells.walk import Bench, peak_inside
from nas.spaces.cells.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Scene:
    """A cell at a place, its inputs aligned.

    Attributes:
      alive, held: elements that belong to the cell when its first operation runs; that others hold while it runs.
      keeps: the input whose buffer others read after the cell; -1 for none.
      like: the number of the scene whose walk, times `numerator / denominator`, bounds this one's; -1 for none.
    """

    kind: int
    at: Bench
    alive: int
    held: int
    keeps: int = -1
    like: int = -1
    numerator: int = 1
    denominator: int = 1


def largest_peak(scenes: Sequence[Scene], wirings: Sequence[Wiring], least: int) -> int:
    """Elements at the peak over all scenes, not below `least`. `wirings`: of the two kinds of cells."""
    peak = least
    walks: list[int] = []
    for scene in scenes:
        if scene.like >= 0 and walks[scene.like] * scene.numerator <= (peak - scene.held) * scene.denominator:
            walks.append(0)  # not taken; and no scene is bounded by one that is bounded itself
            continue
        wiring = wirings[scene.kind]
        last_read = wiring.last_read
        if scene.keeps >= 0:
            last_read = list(last_read)
            last_read[scene.keeps] = 2 * len(wiring.blocks) + 1
        walk = peak_inside(wiring, scene.at, last_read, scene.alive)
        walks.append(walk)
        peak = max(peak, walk + scene.held)
    return peak


def in_good_order(scenes: Iterable[Scene]) -> tuple[Scene, ...]:
    """Without those that another contains, the promising ones first, each with the scene that bounds it best."""
    most_held: dict[tuple[int, Bench, int, int], Scene] = {}
    for scene in scenes:
        key = (scene.kind, scene.at, scene.alive, scene.keeps)
        if key not in most_held or most_held[key].held < scene.held:
            most_held[key] = scene
    ordered: list[Scene] = []
    for scene in sorted(most_held.values(), key=lambda s: s.held + s.alive + 4 * s.at.unit, reverse=True):
        bounds = [
            (ratio, number)
            for number, other in enumerate(ordered)
            if other.like < 0 and (ratio := _ratio(scene, other)) is not None
        ]
        if bounds:
            ratio, number = min(bounds)
            ordered.append(replace(scene, like=number, numerator=ratio.numerator, denominator=ratio.denominator))
        else:
            ordered.append(scene)
    return tuple(ordered)


def _ratio(scene: Scene, other: Scene) -> Fraction | None:
    """A walk in `scene` needs at most this many times what one in `other` does; None where they are not alike.

    Both walks take the same turns and add up the same kinds of numbers, so the largest ratio of those bounds theirs.
    """
    if (scene.kind, scene.keeps) != (other.kind, other.keeps) or (other.alive == 0) != (scene.alive == 0):
        return None
    ratio = _bench_ratio(scene.at, other.at)
    return None if ratio is None else max(ratio, Fraction(scene.alive, other.alive or 1))


@lru_cache(maxsize=4_096)
def _bench_ratio(bench: Bench, other: Bench) -> Fraction | None:
    pairs = {(bench.unit, other.unit), *zip(bench.sizes, other.sizes, strict=True)}
    for mine, theirs in zip(bench.pieces, other.pieces, strict=True):
        for name, price in mine.items():
            if price.is_alias != theirs[name].is_alias:
                return None
            pairs |= {(price.peak, theirs[name].peak), (price.peak_beside, theirs[name].peak_beside)}
    return max(starmap(Fraction, pairs))
