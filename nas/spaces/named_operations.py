"""Spaces of genes some of which choose an operation by its name."""

from __future__ import annotations

from typing import Any

from numpy.random import Generator

from nas.core.proposal import Genotype
from nas.spaces.forbidding import allowed_operations
from nas.spaces.genes import Gene, GeneSpace, value_at


class NamedOperations(GeneSpace):
    """Base of those in which every gene of the kind "operation" holds the name of one."""

    def operations(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(option for gene in self.genes if _is_operation(gene) for option in gene.options))

    def operations_of(self, genotype: Genotype) -> frozenset[str]:
        return frozenset(
            value_at(genotype, gene.path)
            for gene in self.genes
            if _is_operation(gene) and self.has_effect(gene, genotype)
        )

    def _operations_chosen(self, gene: Gene) -> tuple[str, ...]:
        return tuple(gene.options) if _is_operation(gene) else ()

    def sample_without(self, forbidden: frozenset[str], rng: Generator) -> Genotype:
        """Genes without an effect are drawn without the forbidden as well, so that a change of depth brings none back."""
        choices = [_options(gene, forbidden) for gene in self.genes]
        return self._assemble(options[rng.integers(len(options))] for options in choices)


def _is_operation(gene: Gene) -> bool:
    return gene.kind == "operation"


def _options(gene: Gene, forbidden: frozenset[str]) -> tuple[Any, ...]:
    return allowed_operations(gene.options, forbidden) if _is_operation(gene) else gene.options
