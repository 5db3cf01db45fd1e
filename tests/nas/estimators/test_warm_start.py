"""Searches whose trainings begin with earlier networks: any strategy, parents where there are some, the same again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nas.core.budget import Budget
from nas.core.setup import SearchSetup
from nas.estimators.warm_start import WarmStart
from nas.jobs.local import search
from nas.registry import strategies
from tests.support.supernets import digits_setup


def setup_of() -> SearchSetup:
    return replace(
        digits_setup("nasbench201"), estimator=WarmStart(WarmStart.Config.parse({"epochs": 1, "batch_size": 16}))
    )


def searched(name: str, settings: dict[str, Any]) -> list[tuple[int | None, tuple[int, ...], float | None, float]]:
    setup = setup_of()
    kind = strategies.get(name)
    strategy = kind(kind.Config.parse(settings), setup)
    return [
        (
            one.proposal.inherits,
            one.proposal.parents,
            one.result.metrics.get("inherited_share"),
            one.result.metrics["accuracy"],
        )
        for one in search(strategy, setup, Budget(trials=5))
    ]


@pytest.mark.parametrize(
    ("name", "settings"),
    [("random", {}), ("aging_evolution", {"population_size": 2, "sample_size": 2}), ("bayesian", {})],
)
def test_every_strategy_can_begin_with_earlier_networks(name: str, settings: dict[str, Any]) -> None:
    found = searched(name, settings)
    assert found[0][0] is None
    assert found[0][2] is None
    for inherits, parents, share, _ in found[1:]:
        assert inherits is not None
        assert inherits == parents[0] if parents else True
        assert share is not None
        assert share > 0
    assert searched(name, settings) == found
    assert max(accuracy for *_, accuracy in found[1:]) > found[0][3]  # more epochs in all, though each network had one


def test_a_known_result_does_not_serve_it() -> None:
    setup = setup_of()
    kind = strategies.get("random")
    assert "earlier networks" in kind(kind.Config(), setup).fresh_because
