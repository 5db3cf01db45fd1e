"""RegNet: widths of stages from a quantised line, five or six numbers per network.

Radosavovic et al. 2020, arXiv 2003.13678. RegNetX as it comes; RegNetY with squeeze-and-excitation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import exp, log
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.blueprint.blueprint import Blueprint
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import FieldError, InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Mutation, Preset, Size
from nas.spaces.built_from_blueprint import BuiltFromBlueprint
from nas.spaces.genotype_reader import GenotypeReader
from nas.spaces.group_compatibility import fitted
from nas.spaces.macs_range import first_admitted, macs_faults
from nas.spaces.ratios import plain_ratio, ratio_options
from nas.spaces.regnet_config import RegNetConfig
from nas.spaces.regnet_presets import PUBLISHED_X, PUBLISHED_Y
from nas.spaces.regnet_widths import QUANTUM, W_A_UNITS, W_M_UNITS, stage_widths
from nas.spaces.staged_cost import staged_cost
from nas.spaces.staged_graph import staged_graph
from nas.spaces.staged_network import Stage, StagedNetwork, write_staged


class RegNet(BuiltFromBlueprint):
    """Genotype: {"depth": 13, "w_0": 24, "w_a": 36.44, "w_m": 2.49, "group_width": 8, "bottleneck": 1}."""

    name: ClassVar[str] = "regnet"
    title: ClassVar[str] = "RegNet"
    summary: ClassVar[str] = "Residual networks whose stage widths follow a quantised line: few numbers, good networks."
    source: ClassVar[str] = "Radosavovic et al. 2020, arXiv 2003.13678"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = RegNetConfig

    def __init__(self, config: RegNetConfig) -> None:
        self._config = config
        self._group_widths = group_widths_up_to(config.max_group_width)
        self._w_0s = config.w_0s
        self._ratios = ratio_options(config.bottlenecks)

    @property
    def config(self) -> RegNetConfig:
        return self._config

    def sample(self, rng: Generator) -> Genotype:
        """Depth and bottleneck uniform; w_0, w_a, w_m and the group width log-uniform; redrawn until the network fits.

        As the reference code's sampler, but for its steps: w_a goes by 0.1 there, by 0.01 here, where published networks
        lie.

        Raises ConstraintLeavesNothing after 5,000 draws.
        """
        return first_admitted(lambda: self.draw(rng), self._wanted)

    def draw(self, rng: Generator) -> Genotype | None:
        """One draw; None where the network does not fit."""
        genotype = {field: self._draw(field, rng) for field in self._fields}
        return None if self._faults(genotype) else genotype

    def validate(self, genotype: object) -> Genotype:
        reader = GenotypeReader()
        config = self._config
        given = reader.fields("", genotype, self._fields)
        reader.finish()
        assert given is not None
        read: Genotype = {
            "depth": reader.integer("depth", given["depth"], config.min_depth, config.max_depth),
            "w_0": reader.choice("w_0", given["w_0"], self._w_0s),
            "w_a": reader.number("w_a", given["w_a"], config.min_w_a, config.max_w_a, decimals=2),
            "w_m": reader.number("w_m", given["w_m"], 2.0, config.max_w_m, decimals=3),
            "group_width": reader.choice("group_width", given["group_width"], self._group_widths),
            "bottleneck": reader.choice("bottleneck", plain_ratio(given["bottleneck"]), self._ratios),
        }
        reader.finish()
        faults = self._faults(read)
        if faults:
            raise InvalidGenotype(faults)
        return read

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One number, uniform, is drawn anew until it differs and the network still fits.

        Raises ConstraintLeavesNothing after 5,000 tries.
        """

        def draw() -> Mutation | None:
            field = self._fields[rng.integers(len(self._fields))]
            changed = {**genotype, field: self._draw(field, rng)}
            if changed[field] == genotype[field] or self._faults(changed):
                return None
            return Mutation(changed, field, (field,))

        return first_admitted(draw, f"one number away and {self._wanted}")

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform: each number from either parent with equal chance; the first parent when twenty such children do not fit."""
        for _ in range(20):
            from_second = rng.integers(2, size=len(self._fields))
            child = {
                field: (second if chosen else first)[field]
                for field, chosen in zip(self._fields, from_second, strict=True)
            }
            if not self._faults(child):
                return child
        return dict(first)

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """One number one step up or down: a block, 8 channels of w_0, 1 of w_a, 0.05 of w_m, the next group width or ratio."""
        for field in self._fields:
            for value in self._beside(field, genotype[field]):
                neighbour = {**genotype, field: value}
                if not self._faults(neighbour):
                    yield neighbour

    def canonical(self, genotype: Genotype) -> str:
        """The stages that the numbers make, as they run."""
        return json.dumps([stage[:] for stage in self._stages(genotype)], separators=(",", ":"))

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """The six numbers, each from 0 (smallest allowed) to 1 (largest): those drawn log-uniformly as logarithms."""
        config = self._config
        group_widths, ratios = self._group_widths, self._ratios
        ranges = {
            "depth": (config.min_depth, config.max_depth),
            "w_0": (log(QUANTUM), log(self._w_0s[-1])),
            "w_a": (log(config.min_w_a), log(config.max_w_a)),
            "w_m": (log(2), log(config.max_w_m)),
            "group_width": (log(group_widths[0]), log(group_widths[-1])),
            "bottleneck": (0, len(ratios) - 1),
        }
        axes = []
        for field, (low, high) in ranges.items():
            value = genotype[field]
            if field == "bottleneck":
                value = ratios.index(value)
            elif field != "depth":
                value = log(value)
            axes.append((value - low) / (high - low) if high > low else 0.0)
        return np.array(axes, dtype=np.float64)

    def size(self) -> Size:
        """Counted; the two bounds differ by ties of rounding only. With a range of MACs only the upper one is known."""
        lower, upper = self._config.num_lines
        factor = len(self._group_widths) * len(self._ratios)
        return Size(1 if self._config.has_macs_range else max(1, lower * factor), upper * factor)

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        return staged_cost(self._network(genotype), input_shape, num_classes)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        return write_staged(self._network(genotype), input_shape, num_classes)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        title = "RegNetY" if self._config.squeeze_excite else "RegNetX"
        return staged_graph(self._network(genotype), input_shape, num_classes, title)

    def presets(self) -> tuple[Preset, ...]:
        """The published networks that lie in this configuration."""
        letter, published = ("Y", PUBLISHED_Y) if self._config.squeeze_excite else ("X", PUBLISHED_X)
        found = []
        for size, numbers in published.items():
            genotype = {**dict(zip(self._fields, numbers, strict=False)), "bottleneck": 1}
            try:
                self.validate(genotype)
            except InvalidGenotype:
                continue
            name = f"regnet{letter.lower()}_{size.lower().replace('.', '_')}"
            found.append(Preset(name, f"RegNet{letter}-{size}", genotype, f"{self.source}, reference code"))
        return tuple(found)

    _fields: ClassVar[tuple[str, ...]] = ("depth", "w_0", "w_a", "w_m", "group_width", "bottleneck")

    @property
    def _wanted(self) -> str:
        wanted = f"a network of exactly {self._config.num_stages} stages"
        return f"{wanted} in the range of multiply-accumulates" if self._config.has_macs_range else wanted

    def _draw(self, field: str, rng: Generator) -> Any:
        config = self._config
        match field:
            case "depth":
                return int(rng.integers(config.min_depth, config.max_depth + 1))
            case "w_0":
                return _log_uniform(rng, QUANTUM, self._w_0s[-1], QUANTUM)
            case "w_a":
                return _log_uniform(rng, *config.w_a_units, 1) / W_A_UNITS
            case "w_m":
                return _log_uniform(rng, *config.w_m_units, 1) / W_M_UNITS
            case "group_width":
                drawn = _log_uniform(rng, 1, self._group_widths[-1], 1)
                return next(width for width in self._group_widths if width >= drawn)
            case _:
                return self._ratios[rng.integers(len(self._ratios))]

    def _beside(self, field: str, value: Any) -> list[Any]:
        config = self._config
        match field:
            case "depth":
                return [d for d in (value - 1, value + 1) if config.min_depth <= d <= config.max_depth]
            case "w_a":
                units = round(value * W_A_UNITS)
                near = [(units + step) / W_A_UNITS for step in (-W_A_UNITS, W_A_UNITS)]
                return [w for w in near if config.min_w_a <= w <= config.max_w_a]
            case "w_m":
                units = round(value * W_M_UNITS)
                near = [(units + step) / W_M_UNITS for step in (-50, 50)]
                return [w for w in near if 2 <= w <= config.max_w_m]
        options = {"w_0": self._w_0s, "group_width": self._group_widths, "bottleneck": self._ratios}[field]
        place = options.index(value)
        return [options[i] for i in (place - 1, place + 1) if 0 <= i < len(options)]

    def _faults(self, genotype: Genotype) -> list[FieldError]:
        widths, _, num_levels = stage_widths(genotype["depth"], genotype["w_0"], genotype["w_a"], genotype["w_m"])
        wanted = self._config.num_stages
        if num_levels != wanted or len(widths) != wanted:
            skipped = " and skip a step" if num_levels > len(widths) else ""
            said = f"these numbers make {len(widths)} stages{skipped}; this space holds networks of exactly {wanted}"
            return [FieldError("", f"{said}. More depth or slope makes more stages, a larger w_m fewer")]
        return macs_faults(self, self._config, genotype)

    def _stages(self, genotype: Genotype) -> list[Stage]:
        ratio, group_width = genotype["bottleneck"], genotype["group_width"]
        widths, depths, _ = stage_widths(genotype["depth"], genotype["w_0"], genotype["w_a"], genotype["w_m"])
        stages = []
        stride = self._config.first_stage_stride
        for width, depth in zip(widths, depths, strict=True):
            fit = fitted(width, ratio, group_width)
            stages.append(Stage(depth, fit.width, stride, fit.inner, fit.inner // fit.group_width))
            stride = 2
        return stages

    def _network(self, genotype: Genotype) -> StagedNetwork:
        config = self._config
        return StagedNetwork(
            config.stem, config.stem_width, "bottleneck", tuple(self._stages(genotype)), config.squeeze_excite
        )


def group_widths_up_to(largest: int) -> tuple[int, ...]:
    """1, 2, 4, then multiples of 8."""
    return tuple(w for w in (1, 2, 4, *range(QUANTUM, largest + 1, QUANTUM)) if w <= largest)


def _log_uniform(rng: Generator, low: int, high: int, step: int) -> int:
    """A multiple of `step`: log-uniform on (low - min(step, low / 2), high], rounded up, as the reference code does."""
    begin = low - min(step, low / 2)
    drawn = exp(rng.uniform(log(begin), log(high)))
    return min(high, max(low, -int(-drawn // step) * step))
