"""Genomes: read from JSON with every fault named, written back, ordered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidGenotype
from nas.wann.genome import MAX_CONNECTIONS, Genome
from nas.wann.stored_genomes import pack_genomes, unpack_genomes
from tests.support.wann import grown

GOOD: dict[str, Any] = {"activations": [9, 4], "connections": [[1, 6, 1], [6, 7, 0], [0, 6, 1], [7, 5, 1]]}


def test_connections_are_sorted_and_survive() -> None:
    plain = Genome.of(GOOD, 3, 2).as_genotype()
    assert plain == {"activations": [9, 4], "connections": [[0, 6, 1], [1, 6, 1], [6, 7, 0], [7, 5, 1]]}
    assert Genome.of(plain, 3, 2).as_genotype() == plain


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"activations": [9, 12]}, "activations.1", "not among 1, 2, 3"),
        ({"activations": [9, True]}, "activations.1", "not among"),
        ({"activations": "9"}, "activations", "expected a list of hidden nodes"),
        ({"connections": [[1, 8, 1]]}, "connections.0", "there is no node 8; there are the nodes 0 to 7"),
        ({"connections": [[-1, 4, 1]]}, "connections.0", "there is no node -1"),
        ({"connections": [[1, 10**30, 1]]}, "connections.0", "there is no node 1000"),
        ({"connections": [[4, 6, 1]]}, "connections.0", "node 4 is an output; nothing may read it"),
        ({"connections": [[6, 2, 1]]}, "connections.0", "node 2 is an input; it reads nothing"),
        ({"connections": [[6, 0, 1]]}, "connections.0", "node 0 is the bias"),
        ({"connections": [[6, 6, 1]]}, "connections.0", "would read itself"),
        ({"connections": [[6, 7, 2]]}, "connections.0", "0 or 1, got 2"),
        ({"connections": [[6, 7]]}, "connections.0", "whole numbers"),
        ({"connections": [[6, 7.0, 1]]}, "connections.0", "whole numbers"),
        ({"connections": [5, [1, 4, 1]]}, "connections.0", "got 5"),
        ({"connections": [[6, 7, 1], [6, 7, 0]]}, "connections", "from 6 to 7 is listed twice"),
        ({"connections": [[6, 7, 1], [7, 6, 1]]}, "connections", "in a circle (6, 7"),
        ({"connections": [[6, 7, 1], [7, 6, 0]]}, "connections", "a disabled one counts too"),
        ({"connections": [[1, 4, 1]] * (MAX_CONNECTIONS + 1)}, "connections", "100,001"),
    ],
)
def test_what_is_no_network_is_refused_in_words(change: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        Genome.of({**GOOD, **change}, 3, 2)
    assert refusal.value.errors[0].field == field
    assert says in refusal.value.errors[0].message


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        Genome.of({"activations": [99], "connections": [[0, 0, 1], [1, 1, 1]]}, 3, 2)
    assert [error.field for error in refusal.value.errors] == ["activations.0", "connections.0", "connections.1"]


def test_only_allowed_activations_are_read() -> None:
    with pytest.raises(InvalidGenotype, match="4 is not among 9"):
        Genome.of(GOOD, 3, 2, allowed=(9,))


def test_levels_are_longest_paths() -> None:
    """Hidden 6 → 7 → 9, 6 → 8 → 9 → 10, and 6 → 10 directly: the detours count."""
    links = [[6, 7, 1], [6, 8, 1], [7, 9, 1], [8, 9, 1], [9, 10, 1], [6, 10, 1], [1, 9, 1]]
    genome = Genome.of({"activations": [1] * 5, "connections": links}, 3, 2)
    assert genome.levels().tolist() == [1, 2, 2, 3, 4]


def test_stored_genomes_come_back_bit_for_bit() -> None:
    genomes = [grown(np.random.default_rng(seed), seed) for seed in (0, 3, 40)]
    again = unpack_genomes(pack_genomes(genomes), 6, 3)
    assert [one.as_genotype() for one in again] == [one.as_genotype() for one in genomes]
    for one, other in zip(genomes, again, strict=True):
        for name in ("activations", "sources", "destinations", "is_enabled"):
            assert getattr(one, name).dtype == getattr(other, name).dtype


def test_damaged_arrays_are_refused() -> None:
    arrays = pack_genomes([grown(np.random.default_rng(1), 5)])
    with pytest.raises(ValueError, match="sources"):
        unpack_genomes({**arrays, "sources": arrays["sources"][:-1]}, 6, 3)
