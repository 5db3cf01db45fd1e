"""The base of spaces of stacked cells of blocks: a member says its rules, its operations, its stacking, its published cells."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.blueprint.blueprint import Blueprint
from nas.core.cost import Cost
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Decision, Mutation, Preset, Size
from nas.spaces.built_from_blueprint import BuiltFromBlueprint
from nas.spaces.cells.canonical import canonical_cell
from nas.spaces.cells.family import CellFamily
from nas.spaces.cells.genotypes import CellGenotypes
from nas.spaces.cells.picture import stacked_graph
from nas.spaces.cells.pricing import stack_pricing
from nas.spaces.cells.settings import CellConfig
from nas.spaces.cells.stacking import Stacking
from nas.spaces.cells.wiring import Wiring, wiring
from nas.spaces.cells.writing import TrainingExtras, write_network
from nas.spaces.decided import Decided
from nas.spaces.genotype_reader import GenotypeReader

Settings = TypeVar("Settings", bound=CellConfig)


class CellSpace(Decided, BuiltFromBlueprint, Generic[Settings]):
    """Base of such spaces. A subclass sets `family` and has the properties below; one cell serves as both kinds if there is one only."""

    title: ClassVar[str]
    family: ClassVar[CellFamily]

    def __init__(self, config: Settings) -> None:
        self._config = config

    @property
    def config(self) -> Settings:
        return self._config

    @property
    @abstractmethod
    def _genotypes(self) -> CellGenotypes: ...

    @property
    @abstractmethod
    def _stacking(self) -> Stacking:
        """The same object for the same settings: what prices are remembered by."""

    @property
    def _extras(self) -> TrainingExtras:
        return TrainingExtras(drop_path=self._config.drop_path)

    @property
    def _published(self) -> tuple[Preset, ...]:
        """Published cells; those that the configuration does not hold are left out of `presets`."""
        return ()

    def sample(self, rng: Generator) -> Genotype:
        return self._genotypes.sample(rng)

    def operations(self) -> tuple[str, ...]:
        return self._genotypes.operations

    def operations_of(self, genotype: Genotype) -> frozenset[str]:
        """Of all blocks, in whatever cell."""
        blocks = (block for name in self._genotypes.cells for block in genotype[name]["blocks"])
        return frozenset(operation for block in blocks for operation in block["operations"])

    def sample_without(self, forbidden: frozenset[str], rng: Generator) -> Genotype:
        return self._genotypes.without(forbidden).sample(rng)

    def validate(self, genotype: object) -> Genotype:
        reader = GenotypeReader()
        read = self._genotypes.read(reader, genotype)
        reader.finish()
        assert read is not None  # else there was a fault
        return read

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        return self._genotypes.mutate(genotype, rng)

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        return self._genotypes.crossover(first, second, rng)

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        return self._genotypes.neighbours(genotype)

    def canonical(self, genotype: Genotype) -> str:
        """Cells apart, each as `canonical_cell` says: order and numbering do not count."""
        return "|".join(canonical_cell(self._wiring(genotype[name])) for name in self._genotypes.cells)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        return self._genotypes.decisions

    def decode(self, actions: Sequence[int]) -> Genotype:
        self._check_actions(actions)
        return self._genotypes.decode(actions)

    def encode(self, genotype: Genotype) -> list[int]:
        """What a cell joins beyond the rule is no decision and is left out."""
        return self._genotypes.encode(genotype)

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        return self._genotypes.encoding(genotype)

    def size(self) -> Size:
        """Encodings whose cells have all their blocks and join what nobody reads; equal networks are counted as often as they
        can be written.
        """
        return Size(self._genotypes.size, self._genotypes.size)

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """Exact; an auxiliary head is not counted. Raises InvalidGenotype for images too small for the settings."""
        pricing = stack_pricing(
            self.family, self._genotypes.operations, self._stacking, tuple(input_shape), num_classes
        )
        return pricing.cost(self._wirings(genotype))

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        """Cells and aligned inputs that nothing depends on are left out. Raises as `cost` does."""
        wirings = self._wirings(genotype)
        return write_network(self.family, self._stacking, wirings, tuple(input_shape), num_classes, extras=self._extras)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        """The network in outline, and each kind of cell with its operations."""
        cells = {name: self._wiring(genotype[name]) for name in self._genotypes.cells}
        return stacked_graph(self.family, cells, self.blueprint(genotype, input_shape, num_classes), self.title)

    def presets(self) -> tuple[Preset, ...]:
        """Published cells that this configuration holds."""
        held = []
        for preset in self._published:
            reader = GenotypeReader()
            genotype = self._genotypes.read(reader, preset.genotype)
            if reader.is_clean and genotype is not None:
                held.append(replace(preset, genotype=genotype))
        return tuple(held)

    def _wirings(self, genotype: Genotype) -> tuple[Wiring, Wiring]:
        """Of the normal and of the reduction cell."""
        cells = [self._wiring(genotype[name]) for name in self._genotypes.cells]
        return cells[0], cells[-1]

    def _wiring(self, cell: Mapping[str, Any]) -> Wiring:
        blocks = []
        for block in cell["blocks"]:
            (first, second), (one, two) = block["inputs"], block["operations"]
            blocks.append((first, one, second, two, block.get("combine") == "concat"))
        return wiring(self.family, blocks, cell.get("concat", ()))
