"""Which way a picture runs best."""

from __future__ import annotations

from nas.analysis.parts import connected_parts
from nas.core.graph import Graph
from nas.drawing.frame import Direction, group_paths
from nas.drawing.layers import longest_path_layers

MOST_LAYERS_ACROSS = 12
"""More would be a strip that no page can show; pages scroll down, so long networks run down."""


def direction_for(graph: Graph) -> Direction:
    """To the right while the longest part has few layers, else down. Raises ValueError for a graph with a cycle."""
    paths = group_paths(graph)
    for part in connected_parts(graph):
        nodes = {node.id: paths[node.group] for node in part.nodes}
        layers = longest_path_layers(nodes, [(edge.source, edge.target) for edge in part.edges])
        if max(layers.values(), default=0) - min(layers.values(), default=0) >= MOST_LAYERS_ACROSS:
            return "down"
    return "right"
