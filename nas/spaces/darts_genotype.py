"""Genotypes of DARTS: nodes that each read two different states, and the text in which the published code writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb, prod
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.errors import ConstraintLeavesNothing, InvalidGenotype
from nas.core.proposal import Genotype
from nas.core.shown import shown
from nas.core.space import Decision, Mutation
from nas.spaces.cells.family import NUM_INPUTS
from nas.spaces.cells.genotypes import CellGenotypes
from nas.spaces.genotype_reader import GenotypeReader

_LONGEST = 5_000
"""Characters; two cells of ten nodes need 1,200."""

_LIST = r"\[[^][]*\]"
_JOINED = rf"({_LIST}|range\(\s*\d{{1,3}}\s*,\s*\d{{1,3}}\s*\))"
_LITERAL = re.compile(
    rf"Genotype\(\s*normal\s*=\s*({_LIST})\s*,\s*normal_concat\s*=\s*{_JOINED}\s*,"
    rf"\s*reduce\s*=\s*({_LIST})\s*,\s*reduce_concat\s*=\s*{_JOINED}\s*(?:,\s*)?\)",
    re.ASCII,
)
_PAIR = re.compile(r"""\(\s*(['"])(\w{1,40})\1\s*,\s*(\d{1,3})\s*\)""", re.ASCII)

_Edge = tuple[int, str]
"""(state that is read, operation)"""


@dataclass(frozen=True)
class DartsGenotypes(CellGenotypes):
    """A node reads two different states; which of them is written first does not matter, plain is the lower one first."""

    @property
    def size(self) -> int:
        """Π over nodes of pairs of states · operations², to the power of the number of cells."""
        pairs = prod(comb(self._num_states(node), 2) for node in range(self.num_blocks))
        return int((pairs * len(self.operations) ** (2 * self.num_blocks)) ** len(self.cells))

    def sample(self, rng: Generator) -> Genotype:
        """Each pair of states and each operation uniform, independent of the others."""
        drawn = iter(rng.integers(self._bounds).tolist())
        return {name: {"blocks": [self._drawn_node(drawn, pairs) for pairs in self._pairs]} for name in self.cells}

    @cached_property
    def _pairs(self) -> list[list[tuple[int, int]]]:
        """Per node the pairs of states it may read."""
        return [list(combinations(range(self._num_states(node)), 2)) for node in range(self.num_blocks)]

    @cached_property
    def _bounds(self) -> npt.NDArray[np.int64]:
        num_operations = len(self.operations)
        bounds = [bound for pairs in self._pairs for bound in (len(pairs), num_operations, num_operations)]
        return np.array(bounds * len(self.cells))

    def _drawn_node(self, drawn: Iterator[int], pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
        inputs = list(pairs[next(drawn)])
        return {"inputs": inputs, "operations": [self.operations[next(drawn)], self.operations[next(drawn)]]}

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """Per node its pair of states and the operation on each."""
        made: list[Decision] = []
        for cell in self.cells:
            for node, pairs in enumerate(self._decided_pairs):
                name = f"{cell}.blocks.{node}"
                made.append(
                    Decision(f"{name}.inputs", "inputs", tuple(f"{first}, {second}" for first, second in pairs))
                )
                made += [
                    Decision(f"{name}.operations.{side}", "operation", self.operations, uses=self.operations)
                    for side in (0, 1)
                ]
        return tuple(made)

    @cached_property
    def _decided_pairs(self) -> list[list[tuple[int, int]]]:
        """Those of earlier nodes first, so that one number means one pair at all nodes."""
        return [sorted(pairs, key=lambda pair: pair[::-1]) for pairs in self._pairs]

    def decode(self, actions: Sequence[int]) -> Genotype:
        given = iter(actions)
        return {
            name: {"blocks": [self._drawn_node(given, pairs) for pairs in self._decided_pairs]} for name in self.cells
        }

    def encode(self, genotype: Genotype) -> list[int]:
        actions: list[int] = []
        for name in self.cells:
            for block, pairs in zip(genotype[name]["blocks"], self._decided_pairs, strict=True):
                actions.append(pairs.index((block["inputs"][0], block["inputs"][1])))
                actions += [self.operations.index(operation) for operation in block["operations"]]
        return actions

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """An operation or an input, uniform; its place, uniform over those with a choice; then another option, uniform.

        Raises ConstraintLeavesNothing when there is a single architecture.
        """
        kinds = ["operation"] if len(self.operations) > 1 else []
        if self.num_blocks > 1:  # the first node reads both inputs in any case
            kinds.append("input")
        if not kinds:
            raise ConstraintLeavesNothing("one node and one operation make a single architecture; allow more of them")
        kind = kinds[rng.integers(len(kinds))]
        cell = self.cells[rng.integers(len(self.cells))]
        node = int(rng.integers(1 if kind == "input" else 0, self.num_blocks))
        options = list(self._changes(genotype[cell]["blocks"][node], node, kind, int(rng.integers(2))))
        block = options[rng.integers(len(options))]
        return Mutation(
            genotype=_with(genotype, cell, node, block),
            kind=kind,
            changed=tuple(
                f"{cell}.blocks.{node}.{field}.{side}"
                for field in ("inputs", "operations")
                for side in (0, 1)
                if block[field][side] != genotype[cell]["blocks"][node][field][side]
            ),
        )

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """One edge with another operation or from another state."""
        for cell in self.cells:
            for node, block in enumerate(genotype[cell]["blocks"]):
                for kind in ("operation", "input"):
                    for side in (0, 1):
                        for changed in self._changes(block, node, kind, side):
                            yield _with(genotype, cell, node, changed)

    def _changes(self, block: Mapping[str, Any], node: int, kind: str, side: int) -> Iterator[dict[str, Any]]:
        edges = list(zip(block["inputs"], block["operations"], strict=True))
        (state, operation), kept = edges[side], edges[1 - side]
        if kind == "operation":
            for other in self.operations:
                if other != operation:
                    yield _block([(state, other), kept])
        else:
            for source in range(self._num_states(node)):
                if source not in block["inputs"]:
                    yield _block([(source, operation), kept])

    def _read_block(self, reader: GenotypeReader, field: str, value: object, num_states: int) -> dict[str, Any] | None:
        block = super()._read_block(reader, field, value, num_states)
        if block is None or not reader.is_clean:
            return block
        if block["inputs"][0] == block["inputs"][1]:
            reader.error(f"{field}.inputs", f"a node reads two different states, got {block['inputs'][0]} twice")
            return block
        return _block(list(zip(block["inputs"], block["operations"], strict=True)))


def genotype_to_literal(genotype: Genotype) -> str:
    """`Genotype(normal=[('sep_conv_3x3', 0), …], normal_concat=[2, 3, 4, 5], reduce=[…], reduce_concat=[…])`."""
    parts = []
    for name, cell in (("normal", genotype["normal"]), ("reduce", genotype["reduction"])):
        pairs = [
            (operation, state)
            for block in cell["blocks"]
            for operation, state in zip(block["operations"], block["inputs"], strict=True)
        ]
        joined = list(range(NUM_INPUTS, NUM_INPUTS + len(cell["blocks"])))
        parts.append(f"{name}={pairs!r}, {name}_concat={joined!r}")
    return f"Genotype({', '.join(parts)})"


def genotype_from_literal(text: str, num_nodes: int, *, field: str = "") -> Genotype:
    """The cells of a published text, their states and operations not yet checked. Raises InvalidGenotype."""
    if len(text) > _LONGEST:
        raise InvalidGenotype.at(field, f"has {len(text):,} characters; a genotype has at most {_LONGEST:,}")
    match = _LITERAL.fullmatch(text.strip())
    if match is None:
        raise InvalidGenotype.at(
            field,
            "expected Genotype(normal=[('operation', state), …], normal_concat=[…], reduce=[…], reduce_concat=[…]), "
            f"got {shown(text)}",
        )
    normal, normal_concat, reduce, reduce_concat = match.groups()
    return {
        "normal": _cell(normal, normal_concat, "normal", num_nodes, field),
        "reduction": _cell(reduce, reduce_concat, "reduce", num_nodes, field),
    }


def _cell(pairs: str, concat: str, name: str, num_nodes: int, field: str) -> dict[str, Any]:
    found = [(operation, int(state)) for _, operation, state in _PAIR.findall(pairs)]
    if _PAIR.sub("", pairs).strip("[] \t\r\n,"):
        raise InvalidGenotype.at(field, f"{name} is a list of ('operation', state), got {shown(pairs)}")
    if len(found) != 2 * num_nodes:
        raise InvalidGenotype.at(
            field, f"{name} has two pairs per node, {2 * num_nodes} for {num_nodes} nodes; got {len(found)}"
        )
    numbers = [int(number) for number in re.findall(r"\d{1,3}", concat, re.ASCII)]
    joined = list(range(*numbers)) if concat.startswith("range") else sorted(numbers)
    expected = list(range(NUM_INPUTS, NUM_INPUTS + num_nodes))
    if joined != expected:
        raise InvalidGenotype.at(field, f"{name}_concat must be {expected}: a cell of this space joins all its nodes")
    return {
        "blocks": [
            {"inputs": [state for _, state in node], "operations": [operation for operation, _ in node]}
            for node in zip(found[::2], found[1::2], strict=True)
        ]
    }


def _block(edges: Sequence[_Edge]) -> dict[str, Any]:
    (first, one), (second, two) = sorted(edges)
    return {"inputs": [first, second], "operations": [one, two]}


def _with(genotype: Genotype, cell: str, node: int, block: dict[str, Any]) -> Genotype:
    """A copy with another node."""
    return {
        name: {
            "blocks": [
                {field: list(entries) for field, entries in (block if (name, i) == (cell, node) else each).items()}
                for i, each in enumerate(value["blocks"])
            ]
        }
        for name, value in genotype.items()
    }
