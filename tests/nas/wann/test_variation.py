"""One change per child: which, how often, and that it is exactly one. Gaier and Ha 2019, arXiv 1906.04358, section 3.1."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nas.wann.genome import Genome
from nas.wann.variation import SHARES, Operator, Variation
from tests.support.wann import ALL, grown


def links(genome: Genome) -> dict[tuple[int, int], bool]:
    pairs = zip(genome.sources.tolist(), genome.destinations.tolist(), strict=True)
    return dict(zip(pairs, genome.is_enabled.tolist(), strict=True))


def check_is_one_change(parent: Genome, child: Genome, operator: Operator | None, allowed: tuple[int, ...]) -> None:
    before, after = links(parent), links(child)
    new = {pair: on for pair, on in after.items() if pair not in before}
    turned = [pair for pair in before if before[pair] != after[pair]]
    acts, acts_after = parent.activations.tolist(), child.activations.tolist()
    assert set(before) <= set(after)
    if operator != "activation":
        assert acts_after[: len(acts)] == acts
    match operator:
        case None:
            assert (new, turned, acts_after) == ({}, [], acts)
        case "activation":
            assert (new, turned) == ({}, [])
            assert len(acts_after) == len(acts)
            assert sum(a != b for a, b in zip(acts, acts_after, strict=True)) == 1
            assert set(acts_after) <= set(allowed)
        case "insert":
            (split,) = turned
            node = parent.first_hidden + parent.num_hidden
            assert before[split]
            assert new == {(split[0], node): True, (node, split[1]): True}
            assert len(acts_after) == len(acts) + 1
            assert acts_after[-1] in allowed
        case "add":
            ((source, destination),) = new
            assert (turned, acts_after) == ([], acts)
            assert new == {(source, destination): True}
            assert layer(parent, source) < layer(parent, destination)
        case "enable":
            (pair,) = turned
            assert (new, acts_after) == ({}, acts)
            assert after[pair]


def layer(genome: Genome, node: int) -> int:
    levels = genome.levels()
    if node <= genome.num_inputs:
        return 0
    return int(levels[node - genome.first_hidden]) if node >= genome.first_hidden else 1 + max(levels, default=0)


def test_ten_thousand_children_have_one_change_each_in_the_published_shares() -> None:
    rng = np.random.default_rng(7)
    counts: Counter[Operator | None] = Counter()
    for _ in range(40):
        parent = grown(rng, 40)
        for place in range(250):
            child, operator = ALL.changed(parent, rng)
            counts[operator] += 1
            if place % 10 == 0:
                check_is_one_change(parent, child, operator, ALL.allowed)
                assert (
                    Genome.of(child.as_genotype(), child.num_inputs, child.num_outputs).as_genotype()
                    == child.as_genotype()
                )
    assert counts[None] == 0
    for operator, share in SHARES.items():
        assert counts[operator] / 10_000 == pytest.approx(share, abs=0.02)


def test_long_lines_of_children_stay_networks() -> None:
    """Each child is the next parent: no cycle, no connection into inputs or out of outputs, no pair twice."""
    rng = np.random.default_rng(1)
    genome = grown(rng, 0)
    for _ in range(400):
        child, operator = ALL.changed(genome, rng)
        check_is_one_change(genome, child, operator, ALL.allowed)
        genome = child
    assert Genome.of(genome.as_genotype(), 6, 3).num_hidden == genome.num_hidden > 50


def test_disabled_connections_have_a_detour_so_levels_ignore_them() -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        genome = grown(rng, 120)
        enabled = {pair: on for pair, on in links(genome).items() if on}
        alone = {"activations": genome.activations.tolist(), "connections": [[*pair, 1] for pair in enabled]}
        assert Genome.of(alone, 6, 3).levels().tolist() == genome.levels().tolist()


def test_what_cannot_be_done_leaves_the_child_as_its_parent() -> None:
    """A new network has no activation to change, and all its connections are there: 0.5 + 0.2 of its children are as it is."""
    rng = np.random.default_rng(3)
    genome = grown(rng, 0)
    assert ALL.applied("activation", genome, rng) is None
    counts = Counter(ALL.changed(genome, rng)[1] for _ in range(1_000))
    assert counts[None] == pytest.approx(700, abs=50)


def test_a_single_activation_leaves_its_share_to_the_others() -> None:
    alone = Variation((9,), 200)
    rng = np.random.default_rng(2)
    parent = grown(rng, 30, by=alone)
    counts = Counter(alone.changed(parent, rng)[1] for _ in range(4_000))
    assert set(counts) == {"insert", "add", "enable"}
    assert [counts[name] / 4_000 for name in ("insert", "add", "enable")] == pytest.approx([0.5, 0.4, 0.1], abs=0.03)


def test_a_full_network_gets_no_further_node() -> None:
    small = Variation((3, 5), 4)
    genome = grown(np.random.default_rng(4), 300, by=small)
    assert genome.num_hidden == 4
    assert small.applied("insert", genome, np.random.default_rng(0)) is None


def test_where_all_is_connected_nothing_can_be_added() -> None:
    rng = np.random.default_rng(0)
    genome = ALL.initial(3, 2, 1.0, rng)
    assert ALL.applied("add", genome, rng) is None
    assert ALL.applied("enable", genome, rng) is None


@pytest.mark.parametrize("seed", range(30))
def test_a_new_network_connects_something(seed: int) -> None:
    genome = ALL.initial(1, 1, 0.01, np.random.default_rng(seed))
    assert genome.num_hidden == 0
    assert len(genome.sources) == 2
    assert 1 <= genome.num_enabled <= 2


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 1.0])
def test_a_new_network_has_the_wanted_share_of_its_connections_enabled(share: float) -> None:
    genome = ALL.initial(255, 10, share, np.random.default_rng(0))
    assert len(genome.sources) == 256 * 10
    assert set(zip(genome.sources.tolist(), genome.destinations.tolist(), strict=True)) == {
        (source, 256 + output) for source in range(256) for output in range(10)
    }
    assert genome.is_enabled.mean() == pytest.approx(share, abs=4 * (share * (1 - share) / 2560) ** 0.5)


def test_any_enabled_connection_is_split_and_any_activation_may_come() -> None:
    rng = np.random.default_rng(6)
    parent = grown(rng, 0)
    enabled = int(parent.is_enabled.sum())
    splits: Counter[tuple[int, int]] = Counter()
    kinds: Counter[int] = Counter()
    for _ in range(200 * enabled):
        child = ALL.applied("insert", parent, rng)
        assert child is not None
        kinds[int(child.activations[-1])] += 1
        (split,) = [pair for pair, on in links(parent).items() if on and not links(child)[pair]]
        splits[split] += 1
    assert len(splits) == enabled
    assert min(splits.values()) > 140
    assert set(kinds) == set(ALL.allowed)
    assert min(kinds.values()) > 0.6 * 200 * enabled / len(ALL.allowed)
