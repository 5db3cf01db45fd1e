"""Spaces whose architectures are a fixed number of independent choices: everything but the network follows from the list."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.errors import ConstraintLeavesNothing
from nas.core.parameter import Value
from nas.core.proposal import Genotype
from nas.core.space import Decision, Mutation, Size
from nas.spaces.built_from_blueprint import BuiltFromBlueprint
from nas.spaces.decided import Decided
from nas.spaces.genotype_reader import GenotypeReader

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Gene:
    """One choice.

    Attributes:
      path: where it lies in the genotype: ("stages", 2, "kernel").
      options: what it may be; numbers, texts or booleans, in the order of tables.
      kind: what sort of choice, for operators and statistics: "kernel".
      connects: of a bit that connects with an earlier part of the network, where that part lies: ("layers", 1).
    """

    path: Path
    options: tuple[Any, ...]
    kind: str
    connects: Path | None = None


class GeneSpace(Decided, BuiltFromBlueprint):
    """Base of such spaces. A subclass says what its `genes` are; draws are uniform over options, independent of each other.

    A gene may be without effect where another one says so (`has_effect`): it is kept, but neither mutated nor part of the
    canonical form. Two genotypes that differ in genes with an effect are taken as different networks unless the subclass has
    a better `canonical`; likewise for `size`.
    """

    @property
    @abstractmethod
    def genes(self) -> tuple[Gene, ...]: ...

    def has_effect(self, gene: Gene, genotype: Genotype) -> bool:
        """Whether the network depends on `gene`. The answer may not depend on the value of the gene itself."""
        return True

    def sample(self, rng: Generator) -> Genotype:
        """Each gene uniform over its options, independent of the others."""
        return self._assemble(gene.options[rng.integers(len(gene.options))] for gene in self.genes)

    def validate(self, genotype: object) -> Genotype:
        reader = GenotypeReader()
        given = _leaves(reader, genotype, self._template)
        reader.finish()
        chosen = [reader.choice(_dotted(gene.path), given[gene.path], gene.options) for gene in self.genes]
        reader.finish()
        return self._assemble(iter(chosen))

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One gene with a choice and an effect, uniform, gets another option, uniform over the others.

        Raises ConstraintLeavesNothing when no gene has a choice.
        """
        open_genes = [gene for gene in self.genes if len(gene.options) > 1 and self.has_effect(gene, genotype)]
        if not open_genes:
            raise ConstraintLeavesNothing("every choice of this space has one option only; allow a second one")
        gene = open_genes[rng.integers(len(open_genes))]
        others = [option for option in gene.options if option != value_at(genotype, gene.path)]
        return Mutation(
            genotype=self._with(genotype, gene, others[rng.integers(len(others))]),
            kind=gene.kind,
            changed=(_dotted(gene.path),),
        )

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform: each gene from either parent with equal chance."""
        from_second = rng.integers(2, size=len(self.genes))
        return self._assemble(
            value_at(second if chosen else first, gene.path)
            for gene, chosen in zip(self.genes, from_second, strict=True)
        )

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """One gene with an effect changed."""
        for gene in self.genes:
            if not self.has_effect(gene, genotype):
                continue
            for option in gene.options:
                if option != value_at(genotype, gene.path):
                    yield self._with(genotype, gene, option)

    def canonical(self, genotype: Genotype) -> str:
        """The genes in their order, null where they have no effect."""
        values = [value_at(genotype, gene.path) if self.has_effect(gene, genotype) else None for gene in self.genes]
        return json.dumps(values, separators=(",", ":"))

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """Gene by gene. Genes share a group when their paths differ in numbers only and their options are the same."""
        groups: dict[tuple[str, tuple[Any, ...]], str] = {}
        made = []
        for place, gene in enumerate(self.genes):
            words = ".".join(step for step in gene.path if isinstance(step, str))
            number = sum(known == words for known, _ in groups) + 1
            group = groups.setdefault((words, gene.options), words if number == 1 else f"{words} {number}")
            attends: tuple[int, ...] = ()
            if gene.connects is not None:
                part = gene.connects
                attends = (max(i for i, g in enumerate(self.genes[:place]) if g.path[: len(part)] == part),)
            words_of = tuple(map(str, gene.options))
            made.append(Decision(_dotted(gene.path), group, words_of, attends, self._operations_chosen(gene)))
        return tuple(made)

    def _operations_chosen(self, gene: Gene) -> tuple[str, ...]:
        """By each option, where an option is an operation with a name."""
        return ()

    def decode(self, actions: Sequence[int]) -> Genotype:
        self._check_actions(actions)
        return self._assemble(gene.options[action] for gene, action in zip(self.genes, actions, strict=True))

    def encode(self, genotype: Genotype) -> list[int]:
        return [gene.options.index(value_at(genotype, gene.path)) for gene in self.genes]

    @property
    def _option_values(self) -> Iterable[Sequence[Value]]:
        return (gene.options for gene in self.genes)

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """An axis per option, 1 for the chosen one; of numbers two axes, how far the choice is from the last and from
        the first option. All 0 where a gene has no effect.
        """
        axes: list[float] = []
        for gene in self.genes:
            num_options, is_ordered = len(gene.options), _is_ordered(gene)
            part = [0.0] * (2 if is_ordered else num_options)
            if self.has_effect(gene, genotype):
                place = gene.options.index(value_at(genotype, gene.path))
                if is_ordered:
                    share = place / (num_options - 1)
                    part = [1 - share, share]
                else:
                    part[place] = 1.0
            axes += part
        return np.array(axes, dtype=np.float64)

    def size(self) -> Size:
        total = prod(len(gene.options) for gene in self.genes)
        return Size(total, total)

    @cached_property
    def _template(self) -> Any:
        """The shape of a genotype: nested dictionaries; lists as dictionaries with the keys 0, 1, …; None at genes."""
        root: dict[str | int, Any] = {}
        for gene in self.genes:
            place = root
            for step in gene.path[:-1]:
                place = place.setdefault(step, {})
            place[gene.path[-1]] = None
        return root

    def _assemble(self, values: Iterator[Any]) -> Genotype:
        found = {gene.path: value for gene, value in zip(self.genes, values, strict=True)}
        genotype: Genotype = _filled(self._template, (), found)
        return genotype

    def _with(self, genotype: Genotype, changed: Gene, option: Any) -> Genotype:
        return self._assemble(option if gene is changed else value_at(genotype, gene.path) for gene in self.genes)


def value_at(genotype: Any, path: Path) -> Any:
    for step in path:
        genotype = genotype[step]
    return genotype


def _is_ordered(gene: Gene) -> bool:
    """Numbers, more than one of them: near options make similar networks."""
    return len(gene.options) > 1 and all(isinstance(o, (int, float)) and not isinstance(o, bool) for o in gene.options)


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


def _is_list(template: dict[str | int, Any]) -> bool:
    return 0 in template


def _filled(template: Any, path: Path, found: dict[Path, Any]) -> Any:
    if template is None:
        return found[path]
    filled = {step: _filled(inner, (*path, step), found) for step, inner in template.items()}
    return list(filled.values()) if _is_list(template) else filled


def _leaves(reader: GenotypeReader, value: object, template: Any, path: Path = ()) -> dict[Path, Any]:
    """The values at the genes; what is missing or too much is noted. Goes only as deep as the template."""
    if template is None:
        return {path: value}
    field = _dotted(path)
    inside: Any
    if _is_list(template):
        inside = reader.items(field, value, at_least=len(template), at_most=len(template), of="entries")
    else:
        inside = reader.fields(field, value, [str(step) for step in template])
    found: dict[Path, Any] = {}
    if inside is not None:
        for step, inner in template.items():
            found |= _leaves(reader, inside[step], inner, (*path, step))
    return found
