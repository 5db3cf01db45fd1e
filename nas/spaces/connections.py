"""Connections as what is searched: the connection matrix of a sparse network is the genotype.

Random wiring (Xie et al. 2019, arXiv 1904.01569) draws the connections of a network and keeps them; here they are the
parameter that a search optimises for a task. Nodes are numbered in the order they run, so every set of edges i → j with
i < j is a network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import comb
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.blueprint.blueprint import Blueprint
from nas.connections.variation import (
    Wires,
    active_nodes,
    crossed,
    edited,
    genotype_of,
    possible_edges,
    wires_of,
    wiring_of,
)
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Mutation, Preset, Size
from nas.spaces.built_from_blueprint import BuiltFromBlueprint
from nas.spaces.connections_config import ConnectionsConfig
from nas.spaces.connections_cost import Layout, connections_cost
from nas.spaces.connections_network import connections_graph, write_connections
from nas.spaces.connections_reader import read_connections
from nas.spaces.images import require_image
from nas.spaces.start_wiring import draw_wiring, ring
from nas.spaces.wiring_graphs import watts_strogatz

_PRESET_SEED = 4


class Connections(BuiltFromBlueprint):
    """Genotype: {"edges": [[0, 1], [0, 3], …]}, sorted; where operations are searched also {"operations": [one per node]}."""

    name: ClassVar[str] = "connections"
    title: ClassVar[str] = "Connections"
    summary: ClassVar[str] = "Sparse networks whose connection matrix is searched, from random wiring on."
    source: ClassVar[str] = "Nodes and start graphs: Xie et al. 2019, arXiv 1904.01569"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = ConnectionsConfig

    def __init__(self, config: ConnectionsConfig) -> None:
        self._config = config
        self._layout = Layout(config.substrate, config.widths)

    @property
    def config(self) -> ConnectionsConfig:
        return self._config

    def sample(self, rng: Generator) -> Genotype:
        """A connected random graph by the generator; operations, where they are searched, uniformly.

        Raises ConstraintLeavesNothing where 200 draws are not connected.
        """
        wiring = draw_wiring(self._config, self._config.nodes, rng)
        options = self._config.operations
        chosen = rng.integers(len(options), size=self._config.nodes).tolist() if len(options) > 1 else []
        return genotype_of(Wires(frozenset(_edges_of(wiring)), tuple(options[one] for one in chosen) or None))

    def validate(self, genotype: object) -> Genotype:
        """Also reads a pasted connection matrix: {"matrix": [[0, 1, …], …]}, row i, column j for the edge i → j."""
        edges, operations = read_connections(genotype, self._config.nodes, self._config.operations)
        return genotype_of(Wires(frozenset(edges), tuple(operations) or None))

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One edit, and a Poisson(1) number more: rewire (1/2), add (1/5), remove (1/5), change an operation (1/10)."""
        after, kinds = edited(wires_of(genotype), self._config.nodes, self._config.operations, rng)
        changed = genotype_of(after)
        return Mutation(changed, "+".join(dict.fromkeys(kinds)), _changed_paths(genotype, changed))

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform or by blocks, as the settings say."""
        one, other = wires_of(first), wires_of(second)
        return genotype_of(crossed(one, other, self._config.nodes, self._config.crossover, rng))

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """One edge more or less, as long as one is left; then one operation changed."""
        edges, operations = wires_of(genotype)
        for pair in possible_edges(self._config.nodes):
            if toggled := edges ^ {pair}:
                yield genotype_of(Wires(toggled, operations))
        for node, chosen in enumerate(operations or ()):
            for option in self._config.operations:
                if option != chosen and operations is not None:
                    yield genotype_of(Wires(edges, (*operations[:node], option, *operations[node + 1 :])))

    def canonical(self, genotype: Genotype) -> str:
        """What nodes read and do, those without an edge left out."""
        edges = genotype["edges"]
        parts: list[Any] = [wiring_of(edges)]
        if "operations" in genotype:
            parts.append([genotype["operations"][node] for node in active_nodes(edges)])
        return json.dumps(parts, separators=(",", ":"))

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """An axis per possible edge, 1 where it is; with operations an axis per node and operation, 0 for nodes without edges."""
        num, options = self._config.nodes, self._config.operations
        there = set(map(tuple, genotype["edges"]))
        bits = [float(pair in there) for pair in possible_edges(num)]
        if "operations" in genotype:
            active = set(active_nodes(genotype["edges"]))
            for node, chosen in enumerate(genotype["operations"]):
                bits += [float(node in active and chosen == option) for option in options]
        return np.array(bits)

    def size(self) -> Size:
        """Exact. `distinct` counts the graphs without lone nodes, by inclusion and exclusion, of each number of nodes."""
        num, options = self._config.nodes, len(self._config.operations)
        total = (2 ** comb(num, 2) - 1) * options**num
        distinct = sum(_num_without_lone_nodes(active) * options**active for active in range(2, num + 1))
        return Size(total, total, distinct)

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        shape = self._input(input_shape)
        edges = genotype["edges"]
        all_operations = self._operations(genotype)
        operations = [all_operations[node] for node in active_nodes(edges)]
        return connections_cost(self._layout, wiring_of(edges), operations, shape, num_classes)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        shape = self._input(input_shape)
        return write_connections(self._layout, genotype["edges"], self._operations(genotype), shape, num_classes)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        shape, operations = self._input(input_shape), self._operations(genotype)
        return connections_graph(self._layout, genotype["edges"], operations, shape, num_classes, title=self.title)

    def presets(self) -> tuple[Preset, ...]:
        """Where a search may begin or what it should beat: plain rings, the paper's best setting, every edge there is."""
        num = self._config.nodes
        k = 4 if num > 4 else 2
        rng = np.random.Generator(np.random.PCG64(_PRESET_SEED))
        drawn = watts_strogatz(num, k, 0.75, rng)
        rings = [(f"ring_{k}", f"Ring, {k} neighbours", _edges_of(ring(num, k))) for k in (2, 4) if k < num]
        found = [
            *rings,
            ("ws", f"WS({k}, 0.75), one draw", _edges_of(drawn)),
            ("complete", "Fully connected", possible_edges(num)),
        ]
        operations = self._config.operations[:1] * num if self._config.searches_operations else None
        return tuple(
            Preset(name, title, genotype_of(Wires(frozenset(edges), operations)), self.source)
            for name, title, edges in found
        )

    def _operations(self, genotype: Genotype) -> Sequence[str]:
        """Of all nodes."""
        found: Sequence[str] = genotype.get("operations") or self._config.operations[:1] * self._config.nodes
        return found

    def _input(self, input_shape: Shape) -> Shape:
        shape = tuple(input_shape)
        if self._config.substrate == "image":
            return require_image(shape)
        if len(shape) not in (1, 3) or min(shape) < 1:
            raise InvalidGenotype.at(
                "",
                f"this space reads images (channels, height, width) or vectors (features), not inputs of shape {shape}",
            )
        return shape


def _edges_of(wiring: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    return sorted((source, node) for node, sources in enumerate(wiring) for source in sources)


def _num_without_lone_nodes(num_nodes: int) -> int:
    """Graphs on numbered nodes in which every node has an edge."""
    return sum((-1) ** lone * comb(num_nodes, lone) * 2 ** comb(num_nodes - lone, 2) for lone in range(num_nodes + 1))


def _changed_paths(before: Genotype, after: Genotype) -> tuple[str, ...]:
    """Paths into the genotype: all edges where their number changed, else the numbers that did."""
    paths: list[str] = []
    if len(before["edges"]) != len(after["edges"]):
        paths.append("edges")
    else:
        for place, (old, new) in enumerate(zip(before["edges"], after["edges"], strict=True)):
            paths += [f"edges.{place}.{end}" for end in (0, 1) if old[end] != new[end]]
    names = zip(before.get("operations", ()), after.get("operations", ()), strict=True)
    paths += [f"operations.{node}" for node, (old, new) in enumerate(names) if old != new]
    return tuple(paths)
