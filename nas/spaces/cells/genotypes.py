"""Genotypes of cells: drawing, reading, changing, crossing them.

A cell is {"blocks": [{"inputs": [i, j], "operations": [p, q], "combine": "add"}, …], "concat": […]}. Block b (from 0) reads
states 0 … b + 1. "combine" is there where a space offers more than one way, "concat" where a cell joins states
that others read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.proposal import Genotype
from nas.core.space import Decision, Mutation
from nas.spaces.cells.family import NUM_INPUTS
from nas.spaces.forbidding import allowed_operations
from nas.spaces.genotype_reader import GenotypeReader

COMBINES = ("add", "concat")

Row = tuple[str, int, str, int]
"""A block as papers write it: operation and state, operation and state."""


@dataclass(frozen=True)
class CellGenotypes:
    """All genotypes of one space.

    Attributes:
      cells: the names of its cells ("normal", "reduction").
      allows_concat: whether a cell may name the states it joins beyond those that nobody reads.
      reads_blocks: whether a block may read earlier blocks; else all read the two inputs of the cell.
      fewest_blocks: cells with so many blocks are read as well; None where all cells have `num_blocks`. What is drawn has all.
    """

    cells: tuple[str, ...]
    num_blocks: int
    operations: tuple[str, ...]
    combines: tuple[str, ...] = ("add",)
    allows_concat: bool = False
    reads_blocks: bool = True
    fewest_blocks: int | None = None

    @property
    def size(self) -> int:
        """Number of encodings with all blocks: Π over blocks of readable states² · operations² · combines, to the power of the number
        of cells.
        """
        choices = prod(self._num_readable(block) ** 2 for block in range(self.num_blocks))
        options = len(self.operations) ** 2 * len(self.combines)
        return int((choices * options**self.num_blocks) ** len(self.cells))

    def written(self, **cells: tuple[Sequence[Row], Sequence[int]]) -> Genotype:
        """The genotype of published cells: for each its blocks, all added, and the states it joins beyond the rule."""
        genotype: Genotype = {}
        for name, (rows, concat) in cells.items():
            blocks: list[dict[str, Any]] = []
            for one, first, two, second in rows:
                block = {"inputs": [first, second], "operations": [one, two]}
                blocks.append({**block, "combine": "add"} if self._writes_combine else block)
            genotype[name] = {"blocks": blocks, "concat": list(concat)} if concat else {"blocks": blocks}
        return genotype

    def sample(self, rng: Generator) -> Genotype:
        """Each choice uniform over its options, independent of the others; joined is what nobody reads."""
        drawn = iter((rng.random(len(self._bounds)) * self._bounds).astype(int).tolist())
        return {name: {"blocks": [self._drawn_block(drawn) for _ in range(self.num_blocks)]} for name in self.cells}

    def without(self, forbidden: frozenset[str]) -> Self:
        """The genotypes that have none of these operations. Raises ConstraintLeavesNothing when none is left."""
        return replace(self, operations=allowed_operations(self.operations, forbidden))

    def read(self, reader: GenotypeReader, value: object, prefix: str = "") -> Genotype | None:
        """The genotype in its plain form; faults are noted in the reader. None when there were any."""
        given = reader.fields(prefix, value, self.cells)
        if given is None:
            return None
        before = prefix + "." if prefix else ""
        return {name: self._read_cell(reader, f"{before}{name}", given[name]) for name in self.cells}

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One of the kinds of changes (an input, an operation, a combination), uniform; its place, uniform; then another option,
        uniform (Real et al. 2019, arXiv 1802.01548, without its identity mutation, which changes nothing).
        """
        kinds = ["input"]
        if len(self.operations) > 1:
            kinds.append("operation")
        if len(self.combines) > 1:
            kinds.append("combine")
        kind = kinds[rng.integers(len(kinds))]
        cell = self.cells[rng.integers(len(self.cells))]
        block = int(rng.integers(len(genotype[cell]["blocks"])))
        field = f"{kind}s" if kind != "combine" else kind
        place = () if kind == "combine" else (int(rng.integers(2)),)
        others = self._others(genotype, (cell, block, field, *place))
        path = (cell, block, field, *place)
        return Mutation(
            genotype=_changed(genotype, path, others[rng.integers(len(others))]),
            kind=kind,
            changed=(_dotted(path),),
        )

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform over blocks: each whole from either parent with equal chance; what a cell joins beyond the rule likewise.
        What only one parent has is taken from it.
        """
        child: Genotype = {}
        for name in self.cells:
            from_second = rng.integers(2, size=self.num_blocks + 1).tolist()
            parents = (first[name], second[name])
            sizes = [len(parent["blocks"]) for parent in parents]
            child[name] = {
                "blocks": [
                    _copied(parents[chosen if i < min(sizes) else sizes.index(max(sizes))]["blocks"][i])
                    for i, chosen in enumerate(from_second[: max(sizes)])
                ]
            }
            if "concat" in parents[from_second[-1]]:
                child[name]["concat"] = list(parents[from_second[-1]]["concat"])
        return child

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """One input, operation or combination changed; what a cell joins beyond the rule stays."""
        for cell in self.cells:
            for block in range(len(genotype[cell]["blocks"])):
                paths: list[_Path] = [
                    (cell, block, field, side) for field in ("inputs", "operations") for side in (0, 1)
                ]
                if len(self.combines) > 1:
                    paths.append((cell, block, "combine"))
                for path in paths:
                    for option in self._others(genotype, path):
                        yield _changed(genotype, path, option)

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """Per block how often it applies which operation to which state, so the order of its two sides does not count;
        then how it combines them and what the cell joins beyond the rule. Blocks that a cell does not have are zeros.
        """
        parts = []
        for name in self.cells:
            for place, block in enumerate(genotype[name]["blocks"]):
                edges = np.zeros((self._num_states(place), len(self.operations)))
                for state, operation in zip(block["inputs"], block["operations"], strict=True):
                    edges[state, self.operations.index(operation)] += 1
                parts.append(edges.ravel())
                if self._writes_combine:
                    parts.append(np.array([combine == block["combine"] for combine in self.combines], float))
            for place in range(len(genotype[name]["blocks"]), self.num_blocks):
                num_combines = len(self.combines) if self._writes_combine else 0
                parts.append(np.zeros(self._num_states(place) * len(self.operations) + num_combines))
            if self.allows_concat:
                joined = np.zeros(self._num_states(self.num_blocks))
                joined[list(genotype[name].get("concat", ()))] = 1
                parts.append(joined)
        return np.concatenate(parts)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """Per block its two states, the two operations, how they are combined, in the order of NASNet's controller; a state
        that is an earlier block is what that block's last decision ended.
        """
        made: list[Decision] = []
        for cell in self.cells:
            ends: list[int] = []  # places of the last decisions of this cell's blocks
            for block in range(self.num_blocks):
                name = f"{cell}.blocks.{block}"
                states = tuple(map(str, range(self._num_readable(block))))
                read = tuple(ends) if self.reads_blocks else ()
                made += [Decision(f"{name}.inputs.{side}", "input", states, read) for side in (0, 1)]
                made += [
                    Decision(f"{name}.operations.{side}", "operation", self.operations, uses=self.operations)
                    for side in (0, 1)
                ]
                if self._writes_combine:
                    made.append(Decision(f"{name}.combine", "combine", self.combines))
                ends.append(len(made) - 1)
        return tuple(made)

    def decode(self, actions: Sequence[int]) -> Genotype:
        """Cells that join what nobody reads."""
        given = iter(actions)
        return {name: {"blocks": [self._decoded_block(given) for _ in range(self.num_blocks)]} for name in self.cells}

    def encode(self, genotype: Genotype) -> list[int]:
        actions: list[int] = []
        for name in self.cells:
            for block in genotype[name]["blocks"]:
                actions += block["inputs"]
                actions += [self.operations.index(operation) for operation in block["operations"]]
                if self._writes_combine:
                    actions.append(self.combines.index(block["combine"]))
        return actions

    def _decoded_block(self, given: Iterator[int]) -> dict[str, Any]:
        inputs = [int(next(given)), int(next(given))]
        block = {"inputs": inputs, "operations": [self.operations[next(given)], self.operations[next(given)]]}
        return {**block, "combine": self.combines[next(given)]} if self._writes_combine else block

    @cached_property
    def _bounds(self) -> npt.NDArray[np.int64]:
        """Number of options per choice, in the order in which they are drawn."""
        bounds = []
        for block in range(self.num_blocks):
            states, operations = self._num_readable(block), len(self.operations)
            bounds += [states, states, operations, operations, len(self.combines)]
        return np.array(bounds * len(self.cells))

    def _drawn_block(self, drawn: Iterator[int]) -> dict[str, Any]:
        inputs = [next(drawn), next(drawn)]
        block = {"inputs": inputs, "operations": [self.operations[next(drawn)], self.operations[next(drawn)]]}
        combine = next(drawn)
        return {**block, "combine": self.combines[combine]} if self._writes_combine else block

    @property
    def _writes_combine(self) -> bool:
        return self.combines != ("add",)

    def _num_readable(self, block: int) -> int:
        return self._num_states(block) if self.reads_blocks else NUM_INPUTS

    @staticmethod
    def _num_states(block: int) -> int:
        return NUM_INPUTS + block

    def _others(self, genotype: Genotype, path: _Path) -> list[Any]:
        cell, block, field, *place = path
        now = genotype[str(cell)]["blocks"][block][field]
        if field == "combine":
            return [option for option in self.combines if option != now]
        options = range(self._num_readable(int(block))) if field == "inputs" else self.operations
        return [option for option in options if option != now[place[0]]]

    def _read_cell(self, reader: GenotypeReader, field: str, value: object) -> dict[str, Any] | None:
        names = ["blocks", "concat"] if self.allows_concat else ["blocks"]
        given = reader.fields(field, value, names, optional=("concat",))
        if given is None:
            return None
        most, fewest = self.num_blocks, self.num_blocks if self.fewest_blocks is None else self.fewest_blocks
        blocks = reader.items(f"{field}.blocks", given["blocks"], at_least=fewest, at_most=most, of="blocks")
        cell: dict[str, Any] = {
            "blocks": [
                self._read_block(reader, f"{field}.blocks.{i}", block, self._num_readable(i))
                for i, block in enumerate(blocks or [])
            ]
        }
        if "concat" in given:
            cell["concat"] = self._read_concat(reader, f"{field}.concat", given["concat"])
        return cell

    def _read_block(self, reader: GenotypeReader, field: str, value: object, num_states: int) -> dict[str, Any] | None:
        names = ["inputs", "operations", *(["combine"] if self._writes_combine else [])]
        given = reader.fields(field, value, names)
        if given is None:
            return None
        inputs = reader.items(f"{field}.inputs", given["inputs"], at_least=2, at_most=2, of="states") or []
        operations = (
            reader.items(f"{field}.operations", given["operations"], at_least=2, at_most=2, of="operations") or []
        )
        block: dict[str, Any] = {
            "inputs": [
                reader.integer(f"{field}.inputs.{i}", state, 0, num_states - 1) for i, state in enumerate(inputs)
            ],
            "operations": [
                reader.choice(f"{field}.operations.{i}", operation, self.operations)
                for i, operation in enumerate(operations)
            ],
        }
        if self._writes_combine:
            block["combine"] = reader.choice(f"{field}.combine", given["combine"], self.combines)
        return block

    def _read_concat(self, reader: GenotypeReader, field: str, value: object) -> list[int]:
        """Ascending, each once."""
        last = self._num_states(self.num_blocks) - 1
        given = reader.items(field, value, at_least=1, at_most=last + 1, of="states") or []
        states = [reader.integer(f"{field}.{i}", state, 0, last) for i, state in enumerate(given)]
        found = [state for state in states if state is not None]
        if len(set(found)) < len(found):
            reader.error(field, "names a state twice; each is joined once")
        return sorted(found)


_Path = tuple[str | int, ...]


def _changed(genotype: Genotype, path: _Path, option: Any) -> Genotype:
    changed = {
        name: {**_copied(cell), "blocks": [_copied(block) for block in cell["blocks"]]}
        for name, cell in genotype.items()
    }
    cell, block, field, *place = path
    target = changed[str(cell)]["blocks"][block]
    if place:
        target[field][place[0]] = option
    else:
        target[field] = option
    return changed


def _copied(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, list) else value for name, value in values.items()}


def _dotted(path: _Path) -> str:
    cell, block, *rest = path
    return ".".join(map(str, (cell, "blocks", block, *rest)))
