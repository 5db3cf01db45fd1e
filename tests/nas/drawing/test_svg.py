"""The picture: well-formed, escaped, the same bytes for the same architecture, thumbnails small and without text."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given

from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.collapse import box_id
from nas.drawing.marks import Marks
from nas.drawing.measure import quantity_text
from nas.drawing.palette import COLOURS, family_of, kernel_of
from nas.drawing.svg import GroupLink, draw
from nas.operations.catalogue import OPERATIONS
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from tests.nas.drawing.graphs import acyclic_graphs, unrolled_cells

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "\"><script>alert('x')</script>&"


def nasbench_graph(text: str) -> Graph:
    space = NasBench201(NasBench201Config.parse({"width": 8, "cells_per_stage": 2}))
    return space.graph(space.validate(text), (1, 8, 8), 10)


CELL = nasbench_graph("|avg_pool_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|skip_connect~1|none~2|")


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
    assert sorted(e.findtext(f"{SVG}text") or "" for e in labels) == sorted(
        OPERATIONS[edge.operation].symbol for edge in CELL.edges if edge.operation
    )


def test_a_reader_who_sees_nothing_is_told_the_edges() -> None:
    told = ElementTree.fromstring(draw(CELL)).findtext(f"{SVG}desc") or ""
    assert "Cell input to 1 by avg 3×3" in told
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


NAMES = {
    "conv": "conv3", "conv_1x1": "conv1", "conv_5x5": "conv5", "conv_1x7_7x1": "conv7", "sep_conv_3x3": "separable",
    "dil_conv_5x5": "dilated", "depthwise_3x3": "depthwise", "mbconv_k5_e6": "inverted", "max_pool_3x3": "max_pool",
    "avg_pool_3x3": "pool", "avg_pool": "pool", "global_mean": "global_pool", "bn": "norm", "relu": "activation",
    "h_swish": "activation", "se": "attention", "linear": "linear", "dropout": "dropout", "add": "add",
    "concat": "concat", "multiply": "multiply", "identity": "skip", "zero": "none", "factorized_reduce": "reduction",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_families_are_found_by_the_beginning_of_a_name(name: str) -> None:
    assert family_of(name) == NAMES[name]


@pytest.mark.parametrize(
    ("name", "kernel"),
    [("sep_conv_5x5", 5), ("conv_1x7_7x1", 7), ("mbconv_k3_e6", 3), ("relu", None), ("conv_999999x1", 99)],
)
def test_kernels_are_read_from_names(name: str, kernel: int | None) -> None:
    assert kernel_of(name) == kernel


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


def test_boxes_tell_shape_and_cost_and_the_whole_numbers_stand_in_the_title() -> None:
    node = Node("a", "conv 3×3", "conv_3x3", shape=(16, 32, 32), params=28_200, macs=1_310_720)
    root = ElementTree.fromstring(draw(Graph((node,), ())))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts == ["conv 3×3", "16×32×32", "28.2 k · 1.3 M MACs"]
    told = next(e for e in root.iter() if e.get("data-node") == "a").findtext(f"{SVG}title")
    assert told == "conv 3×3, 16×32×32, 28,200 parameters, 1,310,720 MACs"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"), (999, "999"), (1000, "1 k"), (28_249, "28.2 k"), (99_949, "99.9 k"), (99_950, "100 k"),
        (999_499, "999 k"), (999_500, "1 M"), (1_310_720, "1.3 M"), (12 * 10**9, "12 G"), (10**40, "10^40"),
    ],
)  # fmt: skip
def test_quantities_are_written_as_people_do(count: int, text: str) -> None:
    assert quantity_text(count) == text


def test_closed_groups_are_boxes_and_links_open_and_close_them() -> None:
    graph = unrolled_cells(3)
    closed = {"cell0", "stage1"}
    links = {group.id: GroupLink(f"?open={group.id}&x=<1>", f"Toggle {group.label}") for group in graph.groups}
    root = ElementTree.fromstring(draw(graph, collapsed=closed, links=links))
    toggles = {e.get("data-toggle"): e for e in root.iter(f"{SVG}a")}
    assert {name for name, e in toggles.items() if e.get("class", "").endswith("is-closed")} == closed
    assert {"stage0", "stage2", "cell2", "cell2.4"} <= toggles.keys()
    assert "cell1" not in toggles  # inside what is closed
    assert toggles["cell0"].get("href") == "?open=cell0&x=<1>"
    assert toggles["cell0"].get("aria-label") == "Toggle Cell 0"
    assert box_id("cell0") in {e.get("data-node") for e in root.iter()}
    assert root.get("role") == "group"  # what can be clicked is not hidden behind an image
    assert not list(ElementTree.fromstring(draw(graph, collapsed=closed)).iter(f"{SVG}a"))


def test_differences_are_told_by_badge_and_dash_not_by_colour_alone() -> None:
    marks = Marks(nodes={"cell.1": "removed", "cell.2": "added"}, edges={len(CELL.edges) - 1: "changed"})
    picture = draw(CELL, marks=marks)
    root = ElementTree.fromstring(picture)
    signs = [e.findtext(f"{SVG}text") for e in root.iter() if e.get("class") == "graph-badge"]
    assert sorted(signs, key=str) == ["+", "−", "≠"]
    removed = next(e for e in root.iter() if e.get("data-node") == "cell.1")
    assert "stroke-dasharray" in str(removed.find(f"{SVG}rect").get("style"))  # type: ignore[union-attr]
    same = next(e for e in root.iter() if e.get("data-node") == "cell.0")
    assert float(same.get("opacity", "1")) < 1


def test_a_thumbnail_of_a_chain_shows_bars_as_high_as_channels() -> None:
    nodes = [
        Node("in", "", "input"),
        *(Node(f"b{i}", "", f"mbconv_k{3 + 2 * (i % 3)}_e6", shape=(8 << i, 8, 8)) for i in range(8)),
    ]
    edges = [Edge(a.id, b.id) for a, b in pairwise(nodes)] + [Edge("b1", "b5")]
    root = ElementTree.fromstring(draw(Graph(tuple(nodes), tuple(edges)), compact=True))
    bars = list(root.iter(f"{SVG}rect"))
    heights = [float(bar.get("height", "nan")) for bar in bars]
    widths = [float(bar.get("width", "nan")) for bar in bars]
    assert len(bars) == 8
    assert heights == sorted(heights) and heights[0] < heights[-1]
    assert widths[0] < widths[1] < widths[2]  # kernels 3, 5, 7
    assert len(list(root.iter(f"{SVG}path"))) == 1  # the skip


def test_thumbnails_of_large_networks_stay_small() -> None:
    assert len(draw(unrolled_cells(43), compact=True)) < 10_000


def test_pages_have_each_colour_for_both_grounds() -> None:
    styles = (Path(__file__).parents[3] / "frontend/src/styles/graph.css").read_text()
    ink_dark = _luminance(re.findall(r"--graph-ink: light-dark\(#\w{6}, (#\w{6})\)", styles)[0])
    for family, (fill, line) in COLOURS.items():
        light, dark = re.findall(rf"--op-{family}: light-dark\((#\w{{6}}), (#\w{{6}})\)", styles)[0]
        assert light == fill
        assert f"--op-{family}-line: {line};" in styles
        assert (ink_dark + 0.05) / (_luminance(dark) + 0.05) >= 4.5, family
