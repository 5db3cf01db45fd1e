"""Path statistics of an architecture, part by part, with the bars of a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import GraphView, architecture_graph, space_of, views_of
from apps.spaces.quantity import count_text
from nas.analysis.parts import connected_parts, part_title
from nas.analysis.paths import PathStatistics, path_statistics
from nas.core.graph import Graph, Shape

BARS_WIDTH, BARS_HEIGHT = 180.0, 44.0


@dataclass(frozen=True, slots=True)
class Bar:
    """Paths of one length, as a rectangle of the picture; `count` in words for people."""

    x: float
    y: float
    width: float
    height: float
    length: int
    count: str


@dataclass(frozen=True, slots=True)
class PathTable:
    """A column of the table: one part of the architecture."""

    title: str
    statistics: PathStatistics
    total: str
    bars: tuple[Bar, ...]


def architecture_paths(architecture: Architecture, input_shape: Shape, num_classes: int) -> tuple[PathTable, ...]:
    """The parts of the first view (cells, the network in outline), then the network layer by layer, where there is one."""
    cell = architecture_graph(architecture, input_shape, num_classes, GraphView.CELL)
    parts = connected_parts(cell)
    tables = [_table(title, path_statistics(part)) for title, part in zip(_titles(cell, parts), parts, strict=True)]
    if GraphView.NETWORK in views_of(space_of(architecture)):
        whole = architecture_graph(architecture, input_shape, num_classes, GraphView.NETWORK)
        tables.append(_table(_("Layer by layer"), path_statistics(whole)))
    return tuple(tables)


def _titles(cell: Graph, parts: Sequence[Graph]) -> list[str]:
    """What has no name of its own is the overview; of several such each has a number."""
    titles = [part_title(part) for part in parts]
    unnamed = [place for place, title in enumerate(titles) if title == cell.title]
    for number, place in enumerate(unnamed, start=1):
        titles[place] = _("Overview") if len(unnamed) == 1 else _("Part %(number)d") % {"number": number}
    return titles


def _table(title: str, statistics: PathStatistics) -> PathTable:
    return PathTable(title, statistics, count_text(statistics.total_paths), _bars(statistics))


def _bars(statistics: PathStatistics) -> tuple[Bar, ...]:
    """As high as the share of the most frequent length; one that would not be seen is a hair."""
    if not statistics.num_paths:
        return ()
    first, last = statistics.num_paths[0][0], statistics.num_paths[-1][0]
    slot = BARS_WIDTH / (last - first + 1)
    most = max(count for _, count in statistics.num_paths)
    bars = []
    for length, count in statistics.num_paths:
        height = max(1.0, count / most * BARS_HEIGHT)
        left = (length - first) * slot
        width = max(0.6, slot * 0.85) if slot < 24 else 20.0
        bars.append(
            Bar(
                round(left + (slot - width) / 2, 2),
                round(BARS_HEIGHT - height, 2),
                round(width, 2),
                round(height, 2),
                length,
                count_text(count),
            )
        )
    return tuple(bars)
