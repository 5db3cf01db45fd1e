"""DARTS as a search: what it trains in the end, when it stops early, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas.core.budget import Budget
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.objective import Constraint
from nas.core.proposal import EVALUATE, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.jobs.local import search
from nas.strategies.darts import DartsSearch, DartsSearchConfig
from nas.strategies.eigenvalue_stop import EigenvalueStop
from tests.support.supernets import digits_setup


def make(setup: SearchSetup, **settings: Any) -> DartsSearch:
    return DartsSearch(DartsSearchConfig.parse({"num_trained": 1, **settings}), setup)


def facts(setup: SearchSetup, epoch: int, seed: int, **data: Any) -> dict[str, Any]:
    """Of an epoch whose probabilities are drawn."""
    space: Any = setup.space
    rng = np.random.default_rng(seed)
    rows = [rng.dirichlet(np.ones(len(row.options))).tolist() for row in space.rows()]
    return {
        "epoch": epoch,
        "metrics": {"shared_accuracy": 0.5},
        "data": {"probabilities": rows, "phase": "search", "skips": 0, **data},
        "genotype": space.derived(rows),
    }


def led(strategy: DartsSearch, epochs: list[dict[str, Any]]) -> list[Proposal]:
    """Tells these facts as the legs come; what is asked afterwards, up to the end."""
    given = iter(epochs)
    finals = []
    while asked := strategy.ask(1):
        (proposal,) = asked
        if proposal.kind == EVALUATE:
            finals.append(proposal)
            costs = strategy.setup.cost(proposal.genotype).as_metrics()
            done = Result(proposal.id, ResultStatus.COMPLETED, metrics={"accuracy": 0.9, **costs})
        else:
            done = Result(proposal.id, ResultStatus.COMPLETED, payload=next(given))
        strategy.tell(proposal.id, done)
    assert strategy.done()
    return finals


@pytest.mark.parametrize(("space", "order"), [("darts", "first"), ("nasbench201", "second")])
def test_a_whole_search_ends_with_a_trained_architecture(space: str, order: str) -> None:
    setup = digits_setup(space)
    strategy = make(setup, epochs=2, batch_size=128, order=order, calibration_batches=1)
    finished = list(search(strategy, setup, Budget(trials=50)))
    assert strategy.done()
    assert [each.proposal.kind for each in finished] == ["train_supernet", "train_supernet", "evaluate"]
    assert all(each.result.status.is_ok for each in finished)
    assert finished[-1].proposal.genotype == finished[1].result.payload["genotype"]
    assert finished[-1].result.metrics["accuracy"] > 0.15


def test_the_last_derived_one_comes_first_then_earlier_ones_each_once() -> None:
    setup = digits_setup("darts")
    strategy = make(setup, epochs=4, num_trained=3)
    epochs = [facts(setup, epoch, seed) for epoch, seed in ((1, 1), (2, 2), (3, 3), (4, 2))]
    finals = led(strategy, epochs)
    assert [final.genotype for final in finals] == [epochs[3]["genotype"], epochs[2]["genotype"], epochs[0]["genotype"]]
    assert {final.operator for final in finals} == {"derived"}


def test_what_a_warm_up_would_derive_is_not_trained() -> None:
    setup = digits_setup("darts")
    strategy = make(setup, epochs=2, warmup_epochs=1, num_trained=2)
    epochs = [facts(setup, 1, 1, phase="warm-up"), facts(setup, 2, 2)]
    assert [final.genotype for final in led(strategy, epochs)] == [epochs[1]["genotype"]]


def test_too_many_skip_connections_end_the_search() -> None:
    setup = digits_setup("darts")
    strategy = make(setup, epochs=9, early_stop="skips")
    epochs = [facts(setup, epoch, epoch, skips=skips) for epoch, skips in ((1, 0), (2, 1), (3, 2), (4, 0))]
    finals = led(strategy, epochs)
    assert [final.genotype for final in finals] == [epochs[2]["genotype"]]
    assert any("2 skip connections" in finding.text and finding.stops for finding in strategy.findings())


def sharpening(setup: SearchSetup, values: list[float], first: int = 2) -> list[dict[str, Any]]:
    """An eigenvalue every other epoch, from epoch `first` on."""
    found = []
    for epoch in range(1, first + 2 * len(values)):
        at, rest = divmod(epoch - first, 2)
        known = {"eigenvalue": values[at]} if rest == 0 and 0 <= at < len(values) else {}
        found.append(facts(setup, epoch, epoch, **known))
    return found


def test_a_loss_that_gets_sharp_ends_the_search_where_it_was_flat() -> None:
    setup = digits_setup("darts")
    values = [1.0] * 9 + [2.0] * 5  # at epochs 2, 4 … 28
    # The means of five grow as soon as the first 2 is among them: 1.2 at epoch 20, 1.4 at 22 against 1 around epoch 10.
    strategy = make(setup, epochs=50, early_stop="eigenvalue", eigenvalue_from=10)
    epochs = sharpening(setup, values)
    finals = led(strategy, epochs)
    assert strategy.history.last is not None
    assert strategy.history.last["epoch"] == 22
    assert [final.genotype for final in finals] == [epochs[10 - 1]["genotype"]]
    late = make(setup, epochs=28, early_stop="eigenvalue", eigenvalue_from=20)
    finals = led(late, epochs)
    assert [final.genotype for final in finals] == [epochs[28 - 1]["genotype"]]


@pytest.mark.parametrize(("last", "stops"), [(1.36, False), (1.39, True)])
def test_a_mean_of_five_that_grew_by_more_than_three_tenths_in_four_looks_is_too_sharp(
    last: float, stops: bool
) -> None:
    """Five looks at 1, and four more: their mean with the fifth is 1.288 or 1.312."""
    stop = EigenvalueStop(1)
    for epoch, value in enumerate([1.0] * 5 + [last] * 4, 1):
        assert stop.verdict() is None
        stop.add({"epoch": epoch, "data": {"eigenvalue": value}})
    verdict = stop.verdict()
    assert (verdict is not None) is stops
    assert verdict is None or verdict["epoch"] == 3  # in the middle of the first five


def test_a_stop_by_eigenvalues_survives_storage() -> None:
    setup = digits_setup("darts")
    epochs = sharpening(setup, [1.0] * 9 + [3.0] * 3)
    stop = EigenvalueStop(1)
    for each in epochs:
        again = EigenvalueStop(1)
        again.load(stop.as_json())
        stop = again
        stop.add(each)
        if stop.verdict() is not None:
            break
    assert each["epoch"] == 20
    assert stop.verdict() == epochs[8 - 1]
    assert len(stop.as_json()) == 9


def test_operations_that_were_forbidden_are_passed_over() -> None:
    setup = digits_setup("darts")
    best = facts(setup, 1, 1)
    forbidden = frozenset(
        op
        for kind in ("normal", "reduction")
        for block in best["genotype"][kind]["blocks"]
        for op in block["operations"][:1]
    )
    strategy = make(replace(setup, forbidden=forbidden), epochs=1)
    (final,) = led(strategy, [best])
    assert final.genotype is not None
    assert not forbidden & setup.space.operations_of(final.genotype)  # type: ignore[attr-defined]


def test_limits_that_nothing_keeps_are_named() -> None:
    setup = digits_setup("darts")
    strategy = make(replace(setup, constraints=(Constraint.from_text("macs <= 10"),)), epochs=1)
    with pytest.raises(ConstraintLeavesNothing, match="nothing that the search derived"):
        led(strategy, [facts(setup, 1, 1)])


def test_a_single_architecture_leaves_nothing_to_choose() -> None:
    with pytest.raises(InvalidConfig, match="single architecture here, so there is nothing to choose"):
        make(digits_setup("nasbench201", operations=["nor_conv_3x3"]))
    with pytest.raises(InvalidConfig, match="nothing to choose"):
        make(digits_setup("darts", operations=["sep_conv_3x3"], blocks=1))
    make(digits_setup("darts", operations=["sep_conv_3x3"]))  # which edges there are is still open


def test_presets_are_the_published_settings() -> None:
    for name, order in (("paper_first", "first"), ("paper_second", "second")):
        config = DartsSearchConfig.parse(DartsSearchConfig.presets[name])
        assert (config.order, config.epochs, config.search_filters, config.search_cells) == (order, 50, 16, 8)
        assert (config.alpha_rate, config.alpha_beta1, config.alpha_beta2, config.alpha_weight_decay) == (
            3e-4,
            0.5,
            0.999,
            1e-3,
        )
        assert (config.learning_rate, config.last_learning_rate, config.momentum) == (0.025, 0.001, 0.9)
        assert (config.weight_decay, config.gradient_clip, config.batch_size) == (3e-4, 5.0, 64)
        assert (config.crop_padding, config.horizontal_flip, config.cutout) == (4, True, 0)
