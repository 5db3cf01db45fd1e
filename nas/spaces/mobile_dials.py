"""Mobile networks whose stages keep their first blocks, as parts of the largest one. Cai et al. 2020, arXiv 1908.09791, section 3.

The dials are those of Once-for-All, and the multiplier of all widths where a space leaves it open: kernel and expansion of each
block, depth of each stage, resolution.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

from nas.core.errors import InvalidConfig
from nas.core.proposal import Genotype
from nas.core.space import Dial
from nas.operations.inverted_residual import mbconv_name
from nas.spaces.genes import Gene, value_at
from nas.spaces.mobile_config import MobileConfig
from nas.spaces.mobile_network import BLOCKS
from nas.spaces.named_operations import NamedOperations


class MobileDials(NamedOperations):
    """To be inherited by the space of mobile networks."""

    @property
    @abstractmethod
    def config(self) -> MobileConfig: ...

    def dials(self) -> tuple[Dial, ...]:
        if self.config.depth_search == "zero_operation":
            raise InvalidConfig.at(
                "space",
                "an elastic network keeps the first blocks of a stage, so blocks cannot be left out one by one; set Depth to "
                "stage_depth",
            )
        return self._dials

    @cached_property
    def _dials(self) -> tuple[Dial, ...]:
        return tuple(dial for gene in self.genes for dial in _dials_of(gene))

    def dialled(self, setting: Sequence[int]) -> Genotype:
        chosen = iter(dial.options[at] for dial, at in zip(self.dials(), setting, strict=True))
        values = []
        for gene in self.genes:
            value = next(chosen)
            values.append(mbconv_name(int(value), int(next(chosen))) if gene.kind == "operation" else value)
        return self._assemble(iter(values))

    def setting_of(self, genotype: Genotype) -> tuple[int, ...]:
        dials = iter(self.dials())
        setting = []
        for gene in self.genes:
            value = value_at(genotype, gene.path)
            for each in BLOCKS[value] if gene.kind == "operation" else (value,):
                setting.append(next(dials).options.index(each))  # noqa: PERF401  # two iterators side by side
        return tuple(setting)

    def live_dials(self, setting: Sequence[int]) -> tuple[bool, ...]:
        genotype = self.dialled(setting)
        return tuple(self.has_effect(gene, genotype) for gene in self.genes for _ in _dials_of(gene))


def _dials_of(gene: Gene) -> tuple[Dial, ...]:
    name = ".".join(map(str, gene.path))
    if gene.kind == "resolution":
        return (Dial(name, "resolution", "", gene.options),)
    if gene.kind == "width":
        return (Dial(name, "width", "", gene.options),)
    stage = f"stage{int(gene.path[1]) + 1}"
    if gene.kind != "operation":
        return (Dial(f"{stage}.depth", "depth", stage, gene.options),)
    group = f"{stage}.block{int(gene.path[3]) + 1}"
    kernels, expansions = (tuple(sorted(set(sides))) for sides in zip(*map(BLOCKS.get, gene.options), strict=True))
    return (Dial(f"{group}.kernel", "kernel", group, kernels), Dial(f"{group}.width", "width", group, expansions))
