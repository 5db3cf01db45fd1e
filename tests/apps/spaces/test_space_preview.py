"""What a space holds."""

from __future__ import annotations

import pytest

from apps.spaces.selectors.preview import space_preview
from nas import registry
from nas.core.objective import Constraint
from nas.core.space import Space

SHAPE, CLASSES = (1, 8, 8), 10


def small(**config: object) -> Space:
    kind = registry.spaces.get("nasbench201")
    return kind(kind.Config.parse({"width": 8, "cells_per_stage": 1, **config}))


def test_the_same_seed_gives_the_same_preview_and_another_does_not() -> None:
    assert space_preview(small(), SHAPE, CLASSES, seed=3) == space_preview(small(), SHAPE, CLASSES, seed=3)
    assert space_preview(small(), SHAPE, CLASSES, seed=3) != space_preview(small(), SHAPE, CLASSES, seed=4)


def test_histograms_count_the_whole_sample() -> None:
    found = space_preview(small(), SHAPE, CLASSES, num_samples=123)
    assert [one.metric for one in found.histograms] == ["params", "macs", "peak_memory_bytes"]
    assert {sum(bar.count for bar in one.bars) for one in found.histograms} == {123}


def test_constraints_are_counted_alone_and_together() -> None:
    params = Constraint(metric="params", operator="<=", limit=40_000)
    macs = Constraint(metric="macs", operator=">=", limit=200_000)
    both = space_preview(small(), SHAPE, CLASSES, [params, macs])
    alone = [share.num_met for share in both.shares]
    assert None not in alone
    assert 0 < both.num_met <= min(count for count in alone if count is not None) < both.num_samples


def test_only_architectures_that_keep_the_limits_are_drawn() -> None:
    limit = Constraint(metric="params", operator="<=", limit=30_000)
    drawn = space_preview(small(), SHAPE, CLASSES, [limit]).drawn
    assert len({one.key for one in drawn}) == 3
    assert all(one.cost.params <= 30_000 and one.svg.startswith("<svg") for one in drawn)


def test_nothing_is_drawn_when_nothing_is_left() -> None:
    found = space_preview(small(), SHAPE, CLASSES, [Constraint(metric="params", operator="<=", limit=1)])
    assert (found.num_met, found.drawn) == (0, ())


def test_a_constraint_on_quality_is_not_judged() -> None:
    found = space_preview(small(), SHAPE, CLASSES, [Constraint(metric="accuracy", operator=">=", limit=0.9)])
    assert found.shares[0].num_met is None
    assert found.num_met == found.num_samples


def test_a_space_of_one_architecture_has_a_preview() -> None:
    found = space_preview(small(operations=["skip_connect"]), SHAPE, CLASSES, num_samples=10)
    assert (found.size, len(found.drawn)) == ("1", 1)


@pytest.mark.parametrize("name", registry.spaces.names())
def test_every_registered_space_can_be_previewed(name: str) -> None:
    kind = registry.spaces.get(name)
    assert space_preview(kind(kind.Config()), (3, 32, 32), 10, num_samples=20).num_samples == 20
