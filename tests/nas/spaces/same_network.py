"""Whether two genotypes are the same network, judged by the layers themselves."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

from nas.core.proposal import Genotype
from nas.spaces.genes import GeneSpace


def layers_of(space: GeneSpace, genotype: Genotype, shape: tuple[int, ...] = (1, 8, 8)) -> tuple[Any, ...]:
    """Every layer with what it reads: equal exactly for equal networks; names of groups are left out."""
    return tuple((layer.primitive, layer.reads) for layer in space.blueprint(genotype, shape, 3).layers)


def every_genotype(space: GeneSpace) -> list[Genotype]:
    return [space._assemble(iter(chosen)) for chosen in product(*(gene.options for gene in space.genes))]


def check_that_canonical_forms_name_networks(space: GeneSpace) -> int:
    """Goes through the whole space; returns how many different networks there are."""
    forms: dict[str, tuple[Any, ...]] = {}
    networks: dict[tuple[Any, ...], str] = {}
    everything = every_genotype(space)
    for genotype in everything:
        form, network = space.canonical(genotype), layers_of(space, genotype)
        assert forms.setdefault(form, network) == network, f"one form, two networks: {json.dumps(genotype)}"
        assert networks.setdefault(network, form) == form, f"one network, two forms: {json.dumps(genotype)}"
    assert len(everything) == space.size().upper == space.size().lower
    return len(forms)
