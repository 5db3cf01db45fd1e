"""The search space of NAS-Bench-201: one cell of four nodes and six edges, repeated in three stages.

Dong and Yang 2020, arXiv 2001.00326; the topology space of NATS-Bench, arXiv 2009.00437. Width and cells per stage can be
chosen, so that small data trains in seconds; the benchmark has 16 and 5. Stages have width, 2·width, 4·width channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from pydantic import field_validator

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.choice import choose
from nas.blueprint.draft import Draft, Value
from nas.blueprint.piece import piece
from nas.core.config import Config, setting
from nas.core.cost import Cost
from nas.core.errors import ConstraintLeavesNothing
from nas.core.graph import Edge, Graph, Group, Node, Shape
from nas.core.proposal import Genotype
from nas.core.shown import shown
from nas.core.space import Decision, Mutation, Preset, Row, Size
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.catalogue import OPERATIONS, Write
from nas.operations.primitives.merging import Add
from nas.spaces import nasbench201_growth as growth
from nas.spaces.built_from_blueprint import BuiltFromBlueprint
from nas.spaces.decided import Decided
from nas.spaces.forbidding import allowed_operations
from nas.spaces.genotype_reader import GenotypeReader
from nas.spaces.images import require_image
from nas.spaces.nasbench201_cell import (
    EDGES,
    NUM_NODES,
    NUM_PATHS,
    OPERATION_NAMES,
    canonical_cell,
    cell_from_string,
    cell_peak,
    cell_to_string,
    live_edges,
    num_distinct_cells,
    path_indices,
)
from nas.spaces.nasbench201_presets import PUBLISHED
from nas.spaces.nasbench201_skeleton import NUM_STAGES, bill, priced_skeleton, skeleton

OperationName = Literal["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]


class NasBench201Config(Config):
    """What can be chosen about the space."""

    width: int = setting(
        16,
        title="Width",
        description="Channels of the first stage; the second stage has twice, the third four times as many.",
        unit="channels",
        ge=4,
        le=256,
    )
    cells_per_stage: int = setting(
        5,
        title="Cells per stage",
        description="How often the cell is repeated in each of the three stages.",
        unit="cells",
        ge=1,
        le=32,
    )
    operations: tuple[OperationName, ...] = setting(
        OPERATION_NAMES,
        title="Operations",
        description="What an edge of the cell may be.",
        min_length=1,
    )

    @field_validator("operations")
    @classmethod
    def _in_table_order(cls, chosen: tuple[OperationName, ...]) -> tuple[OperationName, ...]:
        if len(set(chosen)) != len(chosen):
            raise ValueError("each operation can be chosen once")
        return tuple(sorted(chosen, key=OPERATION_NAMES.index))


class NasBench201(Decided, BuiltFromBlueprint):
    """Genotype: {"edges": [six operation names]}, edges in the order (0→1), (0→2), (1→2), (0→3), (1→3), (2→3)."""

    name: ClassVar[str] = "nasbench201"
    title: ClassVar[str] = "NAS-Bench-201"
    summary: ClassVar[str] = "A small cell with an operation on each of its six edges, repeated in three stages."
    source: ClassVar[str] = "Dong and Yang 2020, arXiv 2001.00326"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = NasBench201Config

    def __init__(self, config: NasBench201Config) -> None:
        self._config = config

    @property
    def config(self) -> NasBench201Config:
        return self._config

    def sample(self, rng: Generator) -> Genotype:
        """Each edge uniform over the operations, independent of the others."""
        return self.sample_without(frozenset(), rng)

    def operations(self) -> tuple[str, ...]:
        return self._config.operations

    def operations_of(self, genotype: Genotype) -> frozenset[str]:
        """Also those on edges that reach no output: they are paid for."""
        return frozenset(genotype["edges"])

    def sample_without(self, forbidden: frozenset[str], rng: Generator) -> Genotype:
        operations = allowed_operations(self._config.operations, forbidden)
        return {"edges": [operations[i] for i in rng.integers(len(operations), size=len(EDGES))]}

    def validate(self, genotype: object) -> Genotype:
        """Also reads the published string, plain or as {"string": …}."""
        reader = GenotypeReader()
        field, given = "edges", genotype
        if isinstance(genotype, Mapping) and "string" in genotype:
            whole = reader.fields("", genotype, ["string"])
            field, given = "string", whole["string"] if whole else None
            if not isinstance(given, str):
                reader.error("string", f"expected the published text, got {shown(given)}")
        elif isinstance(genotype, str):
            field = ""
        else:
            whole = reader.fields("", genotype, ["edges"])
            given = whole["edges"] if whole else None
        reader.finish()
        if isinstance(given, str) and field != "edges":
            edges: list[object] = list(cell_from_string(given, field=field))
        else:
            edges = reader.items("edges", given, at_least=len(EDGES), at_most=len(EDGES), of="operations") or []
        read = [
            reader.choice(f"edges.{i}" if field == "edges" else field, operation, self._config.operations)
            for i, operation in enumerate(edges)
        ]
        reader.finish()
        return {"edges": read}

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One edge, uniform, gets another operation, uniform over the others.

        Raises ConstraintLeavesNothing when the space has one operation only.
        """
        if len(self._config.operations) == 1:
            raise ConstraintLeavesNothing("with a single operation there is only one architecture; allow a second one")
        place = int(rng.integers(len(EDGES)))
        others = self._others(genotype["edges"][place])
        return Mutation(
            genotype=_with(genotype, place, others[rng.integers(len(others))]),
            kind="operation",
            changed=(f"edges.{place}",),
        )

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform: each edge from either parent with equal chance."""
        from_second = rng.integers(2, size=len(EDGES))
        pairs = zip(first["edges"], second["edges"], from_second, strict=True)
        return {"edges": [b if chosen else a for a, b, chosen in pairs]}

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        for place, operation in enumerate(genotype["edges"]):
            for other in self._others(operation):
                yield _with(genotype, place, other)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        operations = self._config.operations
        return tuple(
            Decision(f"{source} → {target}", "operation", operations, uses=operations) for source, target in EDGES
        )

    def decode(self, actions: Sequence[int]) -> Genotype:
        self._check_actions(actions)
        return {"edges": [self._config.operations[action] for action in actions]}

    def encode(self, genotype: Genotype) -> list[int]:
        return [self._config.operations.index(operation) for operation in genotype["edges"]]

    def notation(self, genotype: Genotype) -> str:
        """`|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`: for each node the operations on its incoming edges and their sources."""
        return cell_to_string(genotype["edges"])

    def canonical(self, genotype: Genotype) -> str:
        return canonical_cell(genotype["edges"])

    def num_ways(self) -> tuple[int, ...]:
        """5, 25, 125 with all five operations. Raises InvalidConfig without `none`."""
        return growth.num_ways(self._config.operations)

    def grown(self, ways: Sequence[int]) -> Genotype:
        return {"edges": growth.grown(ways, self._config.operations)}

    def ways_of(self, genotype: Genotype) -> tuple[int, ...]:
        return growth.ways_of(genotype["edges"], self._config.operations)

    def way_features(self, step: int) -> npt.NDArray[np.float64]:
        return growth.way_features(step, self._config.operations)

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """An axis per edge and operation, 1 for the chosen one."""
        return np.array([[o == chosen for o in self._config.operations] for chosen in genotype["edges"]], float).ravel()

    def path_encoding(self, genotype: Genotype, *, drop_dead_paths: bool = True) -> npt.NDArray[np.float64]:
        """155 axes: 5 paths of one edge, 25 of two, 125 of three; over all operations, also those not allowed here."""
        encoded = np.zeros(NUM_PATHS)
        encoded[path_indices(genotype["edges"], drop_dead_paths=drop_dead_paths)] = 1
        return encoded

    def size(self) -> Size:
        total = len(self._config.operations) ** len(EDGES)
        return Size(total, total, distinct=num_distinct_cells(self._config.operations))

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """Counts every declared operation, as the benchmark does; peak memory leaves out edges that are not alive.

        In the benchmark's setting (width 16, 5 cells, 3×32×32) with K classes, n1 convolutions 1×1 and n3 of 3×3:
        72,656 + 65 K + 28,000 n1 + 243,040 n3 parameters, 7,782,400 + 65 K + 3,932,160 n1 + 35,389,440 n3 MACs.
        """
        prices = bill(self._config.width, self._config.cells_per_stage, require_image(input_shape), num_classes)
        edges = genotype["edges"]
        params, macs, activations, buffers = prices.base
        for operation in edges:
            more = prices.per_edge[operation]
            params += more[0]
            macs += more[1]
            activations += more[2]
            buffers += more[3]
        return Cost(
            params=params,
            macs=macs,
            bias_adds=num_classes,
            activations=activations,
            peak_memory_bytes=BYTES_PER_ELEMENT
            * max(prices.skeleton_peak, cell_peak(tuple(edges)) * prices.largest_cell_tensor),
            weight_bytes=BYTES_PER_ELEMENT * (params + buffers),
        )

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        """Every edge is written out, also one that reaches no output: what is counted is what runs, as in the benchmark."""
        return self._written(input_shape, num_classes, lambda draft, x: _write_cell(draft, x, genotype["edges"]))

    def _written(self, input_shape: Shape, num_classes: int, write_cell: Callable[[Draft, Value], Value]) -> Blueprint:
        """The skeleton with cells that `write_cell` writes."""
        draft = Draft(require_image(input_shape))
        x = draft.inputs[0]
        for part in skeleton(self._config.width, num_classes):
            with draft.group(part.id, part.label):
                if part.operation is not None:
                    x = part.operation(draft, x, *part.settings)
                    continue
                for number in range(self._config.cells_per_stage):
                    with draft.group(f"cell{number + 1}", f"Cell {number + 1}"):
                        x = write_cell(draft, x)
        return draft.finish(x)

    def rows(self) -> tuple[Row, ...]:
        """One per edge; all cells choose alike."""
        return tuple(Row(f"{a}-{b}", "cell", self._config.operations) for a, b in EDGES)

    def path_of(self, genotype: Genotype) -> tuple[int, ...]:
        return tuple(map(self._config.operations.index, genotype["edges"]))

    def genotype_of(self, path: Sequence[int]) -> Genotype:
        return {"edges": [self._config.operations[option] for option in path]}

    def derived(self, probabilities: Sequence[Sequence[float]]) -> Genotype:
        """The likeliest operation of each edge, "none" among them, as the benchmark derives (arXiv 2001.00326, section 5)."""
        return self.genotype_of([int(np.argmax(row)) for row in probabilities])

    def supernet(self, input_shape: Shape, num_classes: int) -> Blueprint:
        return self._written(
            input_shape, num_classes, lambda draft, x: _write_open_cell(draft, x, self._config.operations)
        )

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        """Two parts: the network in outline, and the cell with an operation on each edge."""
        edges = genotype["edges"]
        cells = self._config.cells_per_stage
        image = require_image(input_shape)
        outline = [Node("image", "Image", "input", "network", image)]
        for priced in priced_skeleton(self._config.width, image, num_classes):
            label, prices = priced.part.label, [priced.price] if priced.price else []
            if priced.price is None:
                label = f"{cells} × cell"
                prices = cells * [piece(OPERATIONS[name].write, priced.shape, priced.shape[0], 1) for name in edges]
            outline.append(
                Node(
                    priced.part.id,
                    label,
                    priced.part.kind,
                    "network",
                    priced.shape,
                    params=sum(price.params for price in prices),
                    macs=sum(price.macs for price in prices),
                )
            )
        outline.append(Node("logits", "Classes", "output", "network", (num_classes,)))
        names = ("Cell input", "1", "2", "Cell output")
        kinds = ("input", "add", "add", "output")
        cell = [Node(f"cell.{i}", names[i], kinds[i], "cell") for i in range(NUM_NODES)]
        arrows = [Edge(a.id, b.id) for a, b in pairwise(outline)]
        arrows += [
            Edge(f"cell.{source}", f"cell.{target}", operation, OPERATIONS[operation].symbol, is_dead=not alive)
            for (source, target), operation, alive in zip(EDGES, edges, live_edges(edges), strict=True)
        ]
        return Graph(
            nodes=(*outline, *cell),
            edges=tuple(arrows),
            groups=(
                Group("network", "Network"),
                Group("cell", "Cell", repeats=NUM_STAGES * cells),
            ),
            title=self.title,
            inputs=("image", "cell.0"),
            outputs=("logits", f"cell.{NUM_NODES - 1}"),
        )

    def presets(self) -> tuple[Preset, ...]:
        """Those whose operations this configuration allows."""
        allowed = set(self._config.operations)
        cells = ((name, title, cell_from_string(text), source) for name, title, text, source in PUBLISHED)
        return tuple(
            Preset(name, title, {"edges": edges}, source)
            for name, title, edges, source in cells
            if set(edges) <= allowed
        )

    def _others(self, operation: str) -> list[str]:
        return [other for other in self._config.operations if other != operation]


def _with(genotype: Genotype, place: int, operation: str) -> Genotype:
    edges: list[Any] = list(genotype["edges"])
    edges[place] = operation
    return {"edges": edges}


def _write_cell(draft: Draft, x: Value, operations: Sequence[str]) -> Value:
    writers = [OPERATIONS[name].write for name in operations]
    return _write_edges(draft, x, lambda edge, source: writers[edge](draft, source, x.channels, 1))


def _write_open_cell(draft: Draft, x: Value, operations: Sequence[str]) -> Value:
    """Every operation on every edge."""
    candidates = [partial(_write_operation, OPERATIONS[name].write, x.channels) for name in operations]
    return _write_edges(draft, x, lambda edge, source: choose(draft, edge, candidates, source, scales=False))


def _write_operation(write: Write, channels: int, draft: Draft, x: Value) -> Value:
    return write(draft, x, channels, 1)


def _write_edges(draft: Draft, x: Value, write_edge: Callable[[int, Value], Value]) -> Value:
    """A node is the sum of its incoming edges, the last node is the output. `write_edge`: (number of the edge, its source)."""
    values = {0: x}
    for edge, (source, target) in enumerate(EDGES):
        with draft.group(f"edge{source}{target}", f"{source} → {target}"):
            out = write_edge(edge, values[source])
        values[target] = draft.apply(Add(), values[target], out) if target in values else out
    return values[NUM_NODES - 1]
