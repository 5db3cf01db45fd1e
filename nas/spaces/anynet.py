"""AnyNet: stages of equal blocks, each with its own depth, width, bottleneck ratio and group width.

Radosavovic et al. 2020, arXiv 2003.13678, section 3.2 (AnyNetX A to E), and the residual design spaces of Radosavovic et
al. 2019, arXiv 1905.13214 (Vanilla, ResNet, ResNeXt).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import comb, prod
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from nas.blueprint.blueprint import Blueprint
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import FieldError, InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Mutation, Preset, Size
from nas.spaces.anynet_config import AnyNetConfig
from nas.spaces.anynet_options import log_uniform_chances
from nas.spaces.anynet_presets import published
from nas.spaces.genes import Gene, GeneSpace, value_at
from nas.spaces.group_compatibility import fitted
from nas.spaces.macs_range import first_admitted, macs_faults
from nas.spaces.staged_cost import staged_cost
from nas.spaces.staged_graph import staged_graph
from nas.spaces.staged_network import Stage, StagedNetwork, write_staged

_FEW_OPTIONS = 8


class AnyNet(GeneSpace):
    """Genotype: {"stages": [{"depth": 2, "width": 32, "bottleneck": 1, "group_width": 8}, …]}.

    A shared bottleneck or group choice stands beside the stages; "groups" replaces "group_width" where groups are counted;
    vanilla and basic blocks have neither.
    """

    name: ClassVar[str] = "anynet"
    title: ClassVar[str] = "AnyNet"
    summary: ClassVar[str] = (
        "Stages of equal blocks with free depths, widths, bottlenecks and groups: ResNets and ResNeXts."
    )
    source: ClassVar[str] = "Radosavovic et al. 2020, arXiv 2003.13678"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = AnyNetConfig

    def __init__(self, config: AnyNetConfig) -> None:
        self._config = config
        self._group_field = "groups" if config.groups_are == "counts" else "group_width"

    @property
    def config(self) -> AnyNetConfig:
        return self._config

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        config = self._config
        in_stage: list[tuple[str, tuple[Any, ...]]] = [("depth", config.depth_options), ("width", config.width_options)]
        beside: list[tuple[str, tuple[Any, ...]]] = []
        if config.block == "bottleneck":
            (beside if config.shares_bottleneck else in_stage).append(("bottleneck", config.bottleneck_options))
            (beside if config.shares_groups else in_stage).append((self._group_field, config.group_options))
        staged = [
            Gene(("stages", stage, field), options, field)
            for stage in range(config.num_stages)
            for field, options in in_stage
        ]
        return (*staged, *(Gene((field,), options, field) for field, options in beside))

    def sample(self, rng: Generator) -> Genotype:
        """Ranges of depth and width: log-uniform; listed values, bottlenecks and groups: uniform; all independent.

        Where widths or depths may not fall, and where there is a range of MACs, draws that break it are thrown away.
        Raises ConstraintLeavesNothing after 5,000 draws outside the range of MACs.
        """
        return first_admitted(lambda: self.draw(rng), "in the range of multiply-accumulates")

    def draw(self, rng: Generator) -> Genotype | None:
        """One draw; None where the network lies outside the range of MACs."""
        config = self._config
        of_stage = {
            "depth": self._draw_stages(config.depth_options, config.num_depths, config.depths_never_fall, rng),
            "width": self._draw_stages(config.width_options, config.num_widths, config.widths_never_fall, rng),
        }
        genotype = self._assemble(
            of_stage[gene.kind][int(gene.path[1])]
            if gene.kind in of_stage
            else gene.options[rng.integers(len(gene.options))]
            for gene in self.genes
        )
        return None if macs_faults(self, config, genotype) else genotype

    def validate(self, genotype: object) -> Genotype:
        read = super().validate(genotype)
        faults = self._faults(read)
        if faults:
            raise InvalidGenotype(faults)
        return read

    def decode(self, actions: Sequence[int]) -> Genotype:
        """As in any gene space. Raises InvalidGenotype where the restrictions are broken."""
        return self.validate(super().decode(actions))

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """As in any gene space, repeated until the restrictions are kept. Raises ConstraintLeavesNothing after 5,000 tries."""

        def draw() -> Mutation | None:
            mutation = super(AnyNet, self).mutate(genotype, rng)
            return None if self._faults(mutation.genotype) else mutation

        return first_admitted(draw, "one change away and within the restrictions")

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform; the first parent when twenty such children break a restriction."""
        for _ in range(20):
            child = super().crossover(first, second, rng)
            if not self._faults(child):
                return child
        return self._assemble(value_at(first, gene.path) for gene in self.genes)

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """One choice changed: to any other option where there are at most eight, else to the next smaller or larger one."""
        for gene in self.genes:
            options = gene.options
            place = options.index(value_at(genotype, gene.path))
            near = range(len(options)) if len(options) <= _FEW_OPTIONS else range(place - 1, place + 2)
            for other in near:
                if other != place and 0 <= other < len(options):
                    neighbour = self._with(genotype, gene, options[other])
                    if not self._faults(neighbour):
                        yield neighbour

    def canonical(self, genotype: Genotype) -> str:
        """The stages as they run: widths and groups that fit each other."""
        return json.dumps([stage[:] for stage in self._stages(genotype)], separators=(",", ":"))

    def size(self) -> Size:
        """Exact, as combinations with repetition where widths or depths may not fall; with a range of MACs an upper bound."""
        config = self._config
        stages = config.num_stages

        def sequences(num_options: int, never_fall: bool) -> int:
            return comb(num_options + stages - 1, stages) if never_fall else num_options**stages

        total = sequences(len(config.depth_options), config.depths_never_fall)
        total *= sequences(len(config.width_options), config.widths_never_fall)
        total *= prod(len(gene.options) for gene in self.genes if gene.kind not in ("depth", "width"))
        return Size(1 if config.has_macs_range else total, total)

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        return staged_cost(self._network(genotype), input_shape, num_classes)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        return write_staged(self._network(genotype), input_shape, num_classes)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        return staged_graph(self._network(genotype), input_shape, num_classes, self.title)

    def presets(self) -> tuple[Preset, ...]:
        """ResNets and ResNeXts that this configuration holds, stem and strides included."""
        found = []
        for network in published(self._config):
            values = {"depth": network.depths, "width": network.widths}
            shared = {"bottleneck": network.bottleneck, "groups": network.groups}
            try:
                genotype = self.validate(
                    self._assemble(
                        values[gene.kind][int(gene.path[1])] if gene.kind in values else shared[gene.kind]
                        for gene in self.genes
                    )
                )
            except InvalidGenotype:
                continue
            found.append(Preset(network.name, network.title, genotype, network.source))
        return tuple(found)

    def _draw_stages(self, options: tuple[int, ...], number: int, never_fall: bool, rng: Generator) -> list[int]:
        chances = None if number else log_uniform_chances(options)
        while True:
            rows = 64 if never_fall else 1
            drawn = rng.choice(len(options), size=(rows, self._config.num_stages), p=chances)
            kept = drawn[(np.diff(drawn, axis=1) >= 0).all(axis=1)] if never_fall else drawn
            if len(kept):
                return [options[place] for place in kept[0]]

    def _faults(self, genotype: Genotype) -> list[FieldError]:
        faults = []
        restricted = (("depth", self._config.depths_never_fall), ("width", self._config.widths_never_fall))
        stages = genotype["stages"]
        for field, never_falls in restricted:
            for place in range(1, len(stages)) if never_falls else ():
                before, here = stages[place - 1][field], stages[place][field]
                if here < before:
                    said = f"may not be less than in the stage before ({before}), got {here}"
                    faults.append(FieldError(f"stages.{place}.{field}", said))
        return faults or macs_faults(self, self._config, genotype)

    def _stages(self, genotype: Genotype) -> list[Stage]:
        config = self._config
        stages = []
        stride = config.first_stage_stride
        for stage in genotype["stages"]:
            depth, width = stage["depth"], stage["width"]
            if config.block == "bottleneck":
                ratio = (genotype if config.shares_bottleneck else stage)["bottleneck"]
                group = (genotype if config.shares_groups else stage)[self._group_field]
                if config.groups_are == "counts":
                    group = max(1, int(width / ratio) // group)
                fit = fitted(width, ratio, group)
                stages.append(Stage(depth, fit.width, stride, fit.inner, fit.inner // fit.group_width))
            else:
                stages.append(Stage(depth, width, stride))
            stride = 2
        return stages

    def _network(self, genotype: Genotype) -> StagedNetwork:
        config = self._config
        stages = tuple(self._stages(genotype))
        return StagedNetwork(config.stem, config.stem_width, config.block, stages, config.squeeze_excite)
