"""Randomly wired networks: stages whose nodes read each other as a random graph says.

Xie et al. 2019, arXiv 1904.01569. A genotype holds the graphs themselves, so that they can be changed edge by edge; the
generators of the paper say how they are drawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.blueprint.blueprint import Blueprint
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import ConstraintLeavesNothing, InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.shown import shown
from nas.core.space import Mutation, Preset, Size
from nas.spaces.built_from_blueprint import BuiltFromBlueprint
from nas.spaces.genotype_reader import GenotypeReader
from nas.spaces.random_wiring_config import RandomWiringConfig
from nas.spaces.random_wiring_cost import Layout, wired_cost
from nas.spaces.random_wiring_network import wired_graph, write_wired
from nas.spaces.start_wiring import draw_wiring, ring
from nas.spaces.wiring_graphs import TRIES, Wiring, num_connected, num_connected_graphs


class RandomWiring(BuiltFromBlueprint):
    """Genotype: {"stages": [[[], [0], [0, 1], …], …]}: for each stage and node, the nodes it reads, in rising order."""

    name: ClassVar[str] = "random_wiring"
    title: ClassVar[str] = "Random wiring"
    summary: ClassVar[str] = "Stages of nodes that read each other as a random graph says: Watts–Strogatz and others."
    source: ClassVar[str] = "Xie et al. 2019, arXiv 1904.01569"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = RandomWiringConfig

    def __init__(self, config: RandomWiringConfig) -> None:
        self._config = config
        self._layout = Layout(
            config.stem, config.channels, config.widths, config.node_operation, config.head_width, config.dropout
        )

    @property
    def config(self) -> RandomWiringConfig:
        return self._config

    def sample(self, rng: Generator) -> Genotype:
        """Each stage's graph by the generator, independently; graphs that fall apart are drawn again, up to 200 times.

        Raises ConstraintLeavesNothing where none of them is connected.
        """
        return {"stages": [draw_wiring(self._config, num_nodes, rng) for num_nodes in self._config.num_nodes]}

    def validate(self, genotype: object) -> Genotype:
        reader = GenotypeReader()
        num_nodes = self._config.num_nodes
        given = reader.fields("", genotype, ("stages",))
        stages = None
        if given is not None:
            stages = reader.items(
                "stages", given["stages"], at_least=len(num_nodes), at_most=len(num_nodes), of="stages"
            )
        read = [
            self._read_wiring(reader, f"stages.{place}", stage, number)
            for place, (stage, number) in enumerate(zip(stages or (), num_nodes, strict=False))
        ]
        reader.finish()
        return {"stages": read}

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """In one stage, uniform, one edge moves anywhere else, or, one time in four, the whole graph is drawn anew.

        A complete graph loses an edge instead. Graphs stay connected. Raises ConstraintLeavesNothing after 200 tries.
        """
        for _ in range(TRIES):
            stage = int(rng.integers(len(genotype["stages"])))
            before: Wiring = genotype["stages"][stage]
            if rng.random() < 0.25:
                kind, after = "redraw", draw_wiring(self._config, len(before), rng)
            else:
                kind, after = "rewire", _rewired(before, rng)
            if after != before and num_connected(after) == len(after):
                return Mutation(_with(genotype, stage, after), kind, _changed(stage, before, after))
        raise ConstraintLeavesNothing(f"none of {TRIES} changes of an edge left a connected graph")

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform: the graph of each stage from either parent with equal chance."""
        from_second = rng.integers(2, size=len(first["stages"]))
        pairs = zip(first["stages"], second["stages"], from_second, strict=True)
        return {"stages": [_copy(b if chosen else a) for a, b, chosen in pairs]}

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """One edge more or less in one stage, as long as the graph is connected."""
        for stage, wiring in enumerate(genotype["stages"]):
            for node in range(1, len(wiring)):
                for source in range(node):
                    toggled = _copy(wiring)
                    toggled[node] = sorted({*wiring[node]} ^ {source})
                    if num_connected(toggled) == len(toggled):
                        yield _with(genotype, stage, toggled)

    def canonical(self, genotype: Genotype) -> str:
        """The graphs with their numbering, which is the order of execution.

        Graphs that differ only in the numbers of their nodes are kept apart: in another order they need other memory.
        """
        return json.dumps(genotype["stages"], separators=(",", ":"))

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """An axis per stage and pair of nodes, 1 where the later one reads the earlier one."""
        parts = []
        for wiring in genotype["stages"]:
            reads = np.zeros((len(wiring), len(wiring)))
            for node, sources in enumerate(wiring):
                reads[node, sources] = 1
            parts.append(reads[np.tril_indices(len(wiring), -1)])
        return np.concatenate(parts)

    def size(self) -> Size:
        """Exact: connected graphs on numbered nodes, for each stage; a generator reaches some of them only, or hardly."""
        total = prod(num_connected_graphs(number) for number in self._config.num_nodes)
        return Size(total, total)

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """For N nodes, k of them reading the stage's input, with separable convolutions:

        (N - k) (9c + c² + 2c) + k (9c' + c' c + 2c) + edges into nodes of more than one edge: parameters of a stage of c
        channels behind one of c'.
        """
        return wired_cost(self._layout, genotype["stages"], _substrate(input_shape), num_classes)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        return write_wired(self._layout, genotype["stages"], _substrate(input_shape), num_classes)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        return wired_graph(self._layout, genotype["stages"], _substrate(input_shape), num_classes, self.title)

    def presets(self) -> tuple[Preset, ...]:
        """The plain rings WS(K, 0), which leave nothing to chance: the control of the paper's comparison."""
        fewest = min(self._config.num_nodes)
        return tuple(
            Preset(
                f"ring_{k}",
                f"Ring, {k} neighbours: WS({k}, 0)",
                {"stages": [ring(number, k) for number in self._config.num_nodes]},
                self.source,
            )
            for k in (2, 4, 6, 8)
            if k < fewest
        )

    def _read_wiring(self, reader: GenotypeReader, field: str, value: object, num_nodes: int) -> Wiring:
        nodes = reader.items(field, value, at_least=num_nodes, at_most=num_nodes, of="nodes") or []
        wiring = [self._read_node(reader, f"{field}.{node}", sources, node) for node, sources in enumerate(nodes)]
        if reader.is_clean:
            found = num_connected(wiring)
            if found < num_nodes:
                reader.error(
                    field,
                    f"the graph falls apart: {found} of its {num_nodes} nodes hang together with node 0; join them",
                )
        return wiring

    def _read_node(self, reader: GenotypeReader, field: str, value: object, node: int) -> list[int]:
        given = reader.items(field, value, at_least=0, at_most=node, of="earlier nodes")
        if given is None:
            return []
        if all(type(source) is int and 0 <= source < node for source in given) and len(set(given)) == len(given):
            return sorted(given)
        wrong = next((s for s in given if type(s) is not int or not 0 <= s < node), "one of them twice")
        earlier = f"the nodes 0 to {node - 1}" if node > 1 else "node 0"
        reader.error(field, f"node {node} may read {earlier}, each once; got {shown(wrong)}")
        return []


def _substrate(input_shape: Shape) -> Shape:
    shape = tuple(input_shape)
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise InvalidGenotype.at(
            "", f"this space reads images (channels, height, width) or vectors (features), not inputs of shape {shape}"
        )
    return shape


def _rewired(wiring: Wiring, rng: Generator) -> Wiring:
    """One edge, uniform, moved to where none was; a complete graph loses one instead."""
    edges = [(node, source) for node, sources in enumerate(wiring) for source in sources]
    taken = set(edges)
    gaps = [(node, source) for node in range(len(wiring)) for source in range(node) if (node, source) not in taken]
    changed = [set(sources) for sources in wiring]
    node, source = edges[rng.integers(len(edges))]
    changed[node].discard(source)
    if gaps:
        node, source = gaps[rng.integers(len(gaps))]
        changed[node].add(source)
    return [sorted(sources) for sources in changed]


def _changed(stage: int, before: Wiring, after: Wiring) -> tuple[str, ...]:
    """Paths into the genotype: a node's list where its length changed, else the entries that did."""
    paths: list[str] = []
    for node, (old, new) in enumerate(zip(before, after, strict=True)):
        path = f"stages.{stage}.{node}"
        if len(old) != len(new):
            paths.append(path)
        else:
            paths += [f"{path}.{place}" for place, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    return tuple(paths)


def _with(genotype: Genotype, stage: int, wiring: Wiring) -> Genotype:
    return {"stages": [wiring if place == stage else _copy(old) for place, old in enumerate(genotype["stages"])]}


def _copy(wiring: Wiring) -> Wiring:
    return [list(sources) for sources in wiring]
