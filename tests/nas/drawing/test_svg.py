"""The picture: well-formed, escaped, the same bytes for the same architecture, thumbnails small and without text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.palette import COLOURS, family_of
from nas.drawing.svg import draw
from nas.operations.catalogue import OPERATIONS
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from tests.nas.drawing.graphs import acyclic_graphs

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "\"><script>alert('x')</script>&"


def nasbench_graph(text: str) -> Graph:
    space = NasBench201(NasBench201Config.parse({"width": 8, "cells_per_stage": 2}))
    return space.graph(space.validate(text), (1, 8, 8), 10)


CELL = nasbench_graph("|avg_pool_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|skip_connect~1|none~2|")


@settings(deadline=None)
@given(acyclic_graphs())
def test_any_graph_gives_well_formed_pictures(graph: Graph) -> None:
    for compact in (False, True):
        root = ElementTree.fromstring(draw(graph, compact=compact))
        assert root.tag == f"{SVG}svg"
        assert root.get("aria-label") == root.findtext(f"{SVG}title") == "Test"


def test_the_same_architecture_gives_the_same_bytes() -> None:
    text = "|avg_pool_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|skip_connect~1|none~2|"
    assert draw(nasbench_graph(text)) == draw(CELL)
    other = text.replace("avg_pool", "nor_conv")
    for compact in (False, True):
        assert draw(nasbench_graph(other), compact=compact) != draw(CELL, compact=compact)


def test_every_text_is_escaped_and_there_are_no_scripts() -> None:
    graph = Graph(
        (Node(HOSTILE, HOSTILE, HOSTILE, HOSTILE), Node("b", "b", "add", HOSTILE)),
        (Edge(HOSTILE, "b", HOSTILE, HOSTILE),),
        (Group(HOSTILE, HOSTILE, repeats=2),),
        title=HOSTILE,
    )
    for compact in (False, True):
        picture = draw(graph, compact=compact)
        root = ElementTree.fromstring(picture)
        assert "script" not in {element.tag.removeprefix(SVG) for element in root.iter()}
        assert "<script" not in picture
        assert root.findtext(f"{SVG}title") == HOSTILE
    found = [element.text for element in ElementTree.fromstring(draw(graph)).iter(f"{SVG}text")]
    assert found.count(HOSTILE) == 2  # the node and the pill; the frame adds how often it is repeated


def test_nodes_edges_and_frames_can_be_found_by_a_page() -> None:
    root = ElementTree.fromstring(draw(CELL))
    assert [e.get("data-node") for e in root.iter() if e.get("data-node")] == [node.id for node in CELL.nodes]
    paths = {e.get("data-edge"): e for e in root.iter() if e.get("class", "").startswith("graph-edge")}
    assert len(paths) == len(CELL.edges)
    dead = {number for number, element in paths.items() if "is-dead" in element.get("class", "")}
    assert dead == {str(i) for i, edge in enumerate(CELL.edges) if edge.is_dead} != set()
    assert {e.get("data-group") for e in root.iter() if e.get("data-group")} == {"network", "cell"}


def test_each_operation_stands_on_its_edge() -> None:
    root = ElementTree.fromstring(draw(CELL))
    labels = [e for e in root.iter() if e.get("class", "").startswith("graph-label")]
    assert sorted(e.findtext(f"{SVG}text") for e in labels) == sorted(
        OPERATIONS[edge.operation].symbol for edge in CELL.edges if edge.operation
    )


def test_a_reader_who_sees_nothing_is_told_the_edges() -> None:
    told = ElementTree.fromstring(draw(CELL)).findtext(f"{SVG}desc") or ""
    assert "Cell input to 1 by pool 3×3" in told
    assert "2 to Cell output by none, without influence" in told


def test_a_thumbnail_is_small_has_no_text_and_shows_the_cell_only() -> None:
    picture = draw(CELL, compact=True)
    root = ElementTree.fromstring(picture)
    assert float(root.get("width", "inf")) <= 120
    assert float(root.get("height", "inf")) <= 72
    assert not list(root.iter(f"{SVG}text"))
    assert len(list(root.iter(f"{SVG}circle"))) == 4
    ways = [path.get("d", "") for path in root.iter(f"{SVG}path")]
    assert sum(way.count("M") for way in ways) == 6
    assert len(ways) == 5  # one for each look: two edges skip
    numbers = [float(e.get("cx", "nan")) for e in root.iter(f"{SVG}circle")]
    assert all(0 <= number <= 120 for number in numbers)
    assert len(picture) < 4_000


def test_a_thumbnail_of_a_graph_without_repeats_shows_all_of_it() -> None:
    graph = Graph((Node("a", "a", "input"), Node("b", "b", "output")), (Edge("a", "b"),))
    assert len(list(ElementTree.fromstring(draw(graph, compact=True)).iter(f"{SVG}circle"))) == 2


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_colour(name: str) -> None:
    assert family_of(name) in COLOURS
    assert family_of(name) != "other"


def test_what_is_unknown_is_drawn_in_the_colour_of_others() -> None:
    assert family_of("warp_drive") == "other"


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_text_on_fills_has_contrast() -> None:
    from nas.drawing.palette import INK

    ink = re.search(r"#\w{6}", INK)
    assert ink is not None
    for fill, _ in COLOURS.values():
        assert (_luminance(fill) + 0.05) / (_luminance(ink[0]) + 0.05) >= 7


@pytest.mark.parametrize("ground", ["#ffffff", "#0f1521"])
def test_lines_can_be_told_from_light_and_dark_ground(ground: str) -> None:
    for family, (_, line) in COLOURS.items():
        light, dark = sorted((_luminance(line), _luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 2.8, family
