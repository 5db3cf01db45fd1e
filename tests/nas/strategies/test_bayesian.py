"""Bayesian optimisation: what it proposes, learns and remembers, and that it beats random search."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.core.budget import Budget
from nas.core.errors import InvalidConfig
from nas.core.objective import Objective
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.jobs.local import search
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from nas.strategies.bayesian import Bayesian
from nas.strategies.bayesian_config import BayesianConfig
from nas.strategies.bayesian_memory import Memory, Observation, tamed
from nas.strategies.bayesian_target import Target
from nas.strategies.bayesian_views import principal_axis
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.toys import BitsConfig, BitStrings, toy_setup

BANANAS = BayesianConfig.presets["bananas"]


def bayesian(setup: SearchSetup, **settings: Any) -> Bayesian:
    return Bayesian(BayesianConfig.parse(settings), setup)


def accuracy_of(proposal: Proposal) -> float:
    assert proposal.genotype is not None
    bits = proposal.genotype["bits"]
    return float(bits.count("1")) / len(bits)


def tell(strategy: Strategy, proposal: Proposal, accuracy: float | None = None, **metrics: float) -> None:
    metrics = {"accuracy": accuracy_of(proposal) if accuracy is None else accuracy, **metrics}
    strategy.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, metrics))


def steps(strategy: Strategy, num: int) -> Iterator[Proposal]:
    for _ in range(num):
        for proposal in strategy.ask(1):
            yield proposal
            tell(strategy, proposal)


def bits_of(proposals: list[Proposal]) -> list[str]:
    return [proposal.genotype["bits"] for proposal in proposals if proposal.genotype is not None]


def differences(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))


# --- better than random --------------------------------------------------------------------------------------------


def best_of(strategy: Strategy, setup: SearchSetup, trials: int) -> float:
    return max(trial.result.metrics["accuracy"] for trial in search(strategy, setup, Budget(trials=trials)))


@pytest.mark.parametrize("settings", [{}, BANANAS], ids=["gaussian_process", "bananas"])
def test_it_beats_random_search_on_the_toy(settings: dict[str, Any]) -> None:
    """40 bits, 50 trials: better for each of 5 seeds (sign test, p = 1/32)."""
    for seed in range(5):
        setup = toy_setup(seed=seed, num_bits=40)
        random = best_of(RandomSearch(RandomSearchConfig(), setup), setup, 50)
        assert best_of(bayesian(setup, **settings), setup, 50) > random


def test_with_the_gaussian_process_it_solves_the_toy() -> None:
    setup = toy_setup(seed=0, num_bits=40)
    assert best_of(bayesian(setup), setup, 60) >= 0.95


@pytest.fixture(scope="module")
def table(real_data: Path) -> dict[tuple[str, ...], float]:
    """NAS-Bench-201, CIFAR-10: edges → validation accuracy after 12 epochs."""
    space = NasBench201(NasBench201Config())
    with gzip.open(real_data / "nasbench201" / "nasbench201_cifar10.csv.gz", "rt") as rows:
        return {
            tuple(space.validate(row["arch_str"])["edges"]): float(row["c10_val_acc_12ep"]) / 100
            for row in csv.DictReader(rows)
        }


@pytest.mark.parametrize(("settings", "trials"), [({}, 60), (BANANAS, 100)], ids=["gaussian_process", "bananas"])
def test_it_beats_random_search_on_the_published_table(
    table: dict[tuple[str, ...], float], settings: dict[str, Any], trials: int
) -> None:
    """Better for 7 of 8 seeds (sign test, p = 0.035)."""

    def best(strategy: Strategy) -> float:
        found = []
        for _ in range(trials):
            (proposal,) = strategy.ask(1)
            assert proposal.genotype is not None
            found.append(table[tuple(proposal.genotype["edges"])])
            tell(strategy, proposal, found[-1])
        return max(found)

    setups = [toy_setup(seed=seed, space=NasBench201(NasBench201Config())) for seed in range(8)]
    wins = sum(best(bayesian(s, **settings)) > best(RandomSearch(RandomSearchConfig(), s)) for s in setups)
    assert wins >= 7


# --- what it needs -------------------------------------------------------------------------------------------------


def test_a_space_without_an_encoding_is_refused_in_words() -> None:
    class Unencoded(BitStrings):
        encoding = None  # type: ignore[assignment]

    with pytest.raises(InvalidConfig, match="needs a space that is encoded; Bit strings is not"):
        bayesian(toy_setup(space=Unencoded(BitsConfig())))


def test_a_space_without_mutations_needs_random_candidates() -> None:
    class Rigid(BitStrings):
        mutate = None  # type: ignore[assignment]

    setup = toy_setup(space=Rigid(BitsConfig(num_bits=20)))
    with pytest.raises(InvalidConfig, match="candidates"):
        bayesian(setup)
    assert len(list(steps(bayesian(setup, candidates="random"), 15))) == 15


# --- proposals -----------------------------------------------------------------------------------------------------


def test_it_begins_at_random_and_goes_on_with_the_model() -> None:
    proposals = list(steps(bayesian(toy_setup(seed=2), num_initial=7), 12))
    assert [proposal.operator for proposal in proposals] == 7 * ["random"] + 5 * ["acquisition"]


def test_no_network_is_proposed_twice_and_a_small_space_ends() -> None:
    strategy = bayesian(toy_setup(num_bits=4))
    proposals = list(steps(strategy, 30))
    assert sorted(bits_of(proposals)) == [format(number, "04b") for number in range(16)]
    assert strategy.done()


def test_what_is_on_its_way_is_not_proposed_again() -> None:
    strategy = bayesian(toy_setup(num_bits=12, seed=3), num_initial=10)
    list(steps(strategy, 10))
    assert len(set(bits_of(strategy.ask(40)))) == 40


@pytest.mark.parametrize(("candidates", "origins"), [("mutation", {"mutation"}), ("random", {"random"})])
def test_candidates_come_from_where_they_should(candidates: str, origins: set[str]) -> None:
    proposals = list(steps(bayesian(toy_setup(seed=1), candidates=candidates), 25))[10:]
    assert {proposal.meta["origin"] for proposal in proposals} == origins
    assert all(bool(proposal.parents) == (candidates == "mutation") for proposal in proposals)


def test_a_mutant_is_so_many_changes_from_one_of_the_best() -> None:
    strategy = bayesian(toy_setup(seed=4), candidates="mutation", max_mutations=2, num_parents=3, num_initial=10)
    told: dict[int, Proposal] = {}
    distances = []
    for proposal in steps(strategy, 40):
        if proposal.parents:
            best = sorted(told.values(), key=accuracy_of, reverse=True)[:3]
            (parent,) = proposal.parents
            assert accuracy_of(told[parent]) >= accuracy_of(best[-1])
            distances.append(differences(*bits_of([proposal, told[parent]])))
        told[proposal.id] = proposal
    assert set(distances) == {1, 2}


def test_one_model_of_bananas_makes_several_proposals() -> None:
    strategy = bayesian(toy_setup(seed=1), **{**BANANAS, "proposals_per_model": 4, "epochs": 5})
    models = []
    for _ in steps(strategy, 22):
        models += [view.data["proposal"] for view in strategy.views() if view.kind == "surrogate"]
    assert models == [10] * 4 + [14] * 4 + [18] * 4


def test_what_is_on_its_way_is_believed_to_end_as_predicted() -> None:
    """So predictions stay what they were, and architectures like it are no longer as unsure. All 64 are candidates."""
    strategy = bayesian(toy_setup(seed=2, num_bits=6), num_initial=15, candidates="random")
    list(steps(strategy, 15))

    def looked_at() -> list[tuple[float, float]]:
        strategy.ask(1)
        data = strategy.views()[0].data
        widths = [high - low for low, high in zip(data["low"], data["high"], strict=True)]
        pairs = list(zip(data["predicted"], widths, strict=True))
        return [pairs.pop(data["chosen"][0]), *sorted(pairs)]

    _, *first = looked_at()
    second = sorted(looked_at())
    assert len(first) == len(second) == 48
    assert [mean for mean, _ in second] == pytest.approx([mean for mean, _ in first], abs=1e-5)
    assert sum(width for _, width in second) < 0.99 * sum(width for _, width in first)


# --- learning ------------------------------------------------------------------------------------------------------


def test_a_measured_limit_is_learned() -> None:
    """Ones make accuracy and latency alike; with a limit on latency the search stays near it instead of above it."""
    setup = toy_setup(seed=6, num_bits=40, constraints=("latency_ms<=2.2",))
    strategy = bayesian(setup)
    kept = []
    for _ in range(60):
        (proposal,) = strategy.ask(1)
        latency = 0.1 * bits_of([proposal])[0].count("1")
        kept.append(latency <= 2.2)
        tell(strategy, proposal, latency_ms=latency)
    free = [accuracy_of(p) * 4.0 <= 2.2 for p in steps(bayesian(toy_setup(seed=6, num_bits=40)), 60)]
    assert sum(kept[20:]) >= 20
    assert sum(free[20:]) <= 5


def memory_of(metrics: list[dict[str, float]], setup: SearchSetup, capacity: int = 50) -> Memory:
    memory = Memory(capacity, reads_paths=False)
    for number, measured in enumerate(metrics):
        memory.add(Observation(number, {"bits": format(number, "020b")}, measured), setup)
    return memory


def test_a_failure_counts_as_the_worst_and_a_broken_limit_as_worse() -> None:
    setup = toy_setup(num_bits=20, constraints=("latency_ms<=2",))
    results = [
        {"accuracy": 0.9, "latency_ms": 1.0},
        {"accuracy": 0.5, "latency_ms": 1.0},
        {},
        {"accuracy": 1.0, "latency_ms": 3.0},
        {"accuracy": 1.0, "latency_ms": 9.0},
    ]
    values, is_allowed = memory_of(results, setup).targets(Target.of_first(setup.objectives), setup)
    assert values.tolist() == pytest.approx([-0.9, -0.5, -0.5, -0.5 + 0.5 * 0.5, -0.5 + 0.5])
    assert is_allowed.tolist() == [True, True, False, False, False]


def test_what_is_far_worse_than_the_rest_is_cut_off() -> None:
    values = np.array([-0.98, -0.97, -0.96, -0.95, -0.1])
    assert tamed(values) == pytest.approx([-0.98, -0.97, -0.96, -0.95, -0.92])  # −0.96 + 2 · 0.02
    assert tamed(values[:4]).tolist() == values[:4].tolist()
    assert tamed(np.array([0.0, 0.0, 1.0])).tolist() == [0.0, 0.0, 1.0]  # the median is the best: nothing to measure by


def test_one_network_that_did_not_learn_does_not_hide_the_others() -> None:
    def widest(broken: float | None) -> float:
        strategy = bayesian(toy_setup(seed=2, num_bits=30))
        for number in range(13):
            (proposal,) = strategy.ask(1)
            is_broken = broken is not None and number == 3
            tell(strategy, proposal, broken if is_broken else 0.9 + accuracy_of(proposal) / 100)
        data = strategy.views()[0].data
        return max(high - low for low, high in zip(data["low"], data["high"], strict=True))

    assert widest(0.1) < 2 * widest(None)


@pytest.mark.parametrize(("status", "is_learned"), [("diverged", True), ("timed_out", True), ("crashed", False)])
def test_only_failures_of_the_architecture_are_learned(status: str, is_learned: bool) -> None:
    strategy = bayesian(toy_setup(seed=1))
    (proposal,) = strategy.ask(1)
    strategy.tell(proposal.id, Result(proposal.id, ResultStatus(status), reason="made to fail"))
    assert len(strategy.state_dict().data["own"]["observations"]) == is_learned


def test_memory_forgets_the_worst_of_the_older_half() -> None:
    setup = toy_setup(num_bits=20)
    accuracies = [0.5, 0.1, 0.9, 0.7, 0.2, 0.3]
    memory = memory_of([{"accuracy": value} for value in accuracies], setup, capacity=4)
    # 0.2 pushes 0.1 out of (0.5, 0.1); 0.3 pushes 0.5 out of (0.5, 0.9), although 0.2 is worse: it is newer.
    assert [observation.metrics["accuracy"] for observation in memory] == [0.9, 0.7, 0.2, 0.3]
    assert memory.canonicals() == {format(number, "020b") for number in (2, 3, 4, 5)}
    assert len(memory.encoded(setup)) == 4


# --- several objectives --------------------------------------------------------------------------------------------


def test_weighted_objectives_follow_the_augmented_chebyshev_function() -> None:
    objectives = tuple(Objective.from_text(text) for text in ("accuracy", "params"))
    target = Target(objectives, weights=(0.25, 0.75), low=(-0.9, 3.0), span=(0.4, 2.0))
    # accuracy 0.7 → (−0.7 + 0.9) / 0.4 = 0.5; params 10⁴ → (4 − 3) / 2 = 0.5, as a logarithm
    assert target.value({"accuracy": 0.7, "params": 1e4}) == pytest.approx(0.375 + 0.05 * 0.5)
    assert Target.from_json(objectives, target.as_json()) == target


def test_one_objective_is_learned_as_it_is_and_shown_in_its_unit() -> None:
    for text, value in (("accuracy", 0.8), ("error_percent", 20.0), ("params", 1e6)):
        target = Target.of_first([Objective.from_text(text)])
        assert target.shown(target.value({text: value})) == pytest.approx(value)
    assert Target.of_first([Objective.from_text("params")]).value({"params": 1e6}) == pytest.approx(6.0)


def test_random_weights_spread_over_the_front_and_the_first_objective_alone_does_not() -> None:
    """More ones: more accuracy and more parameters. Weighed, both ends are looked at."""

    def share_of_small(**settings: Any) -> float:
        setup = toy_setup(seed=3, num_bits=30, objectives=("accuracy", "params"))
        strategy = bayesian(setup, **settings)
        small = []
        for _ in range(60):
            (proposal,) = strategy.ask(1)
            small.append(accuracy_of(proposal) < 0.4)
            assert proposal.genotype is not None
            tell(strategy, proposal, params=float(setup.cost(proposal.genotype).params))
        return sum(small[10:]) / 50

    assert share_of_small() > 0.2
    assert share_of_small(several_objectives="first_objective") < 0.1


# --- views ---------------------------------------------------------------------------------------------------------


def test_views_show_what_was_believed_and_how_right_it_was() -> None:
    strategy = bayesian(toy_setup(seed=5, num_bits=30), num_initial=10)
    proposals = list(steps(strategy, 40))
    surrogate, predictions = strategy.views()
    assert (surrogate.kind, predictions.kind) == ("surrogate", "predictions")

    data = surrogate.data
    (chosen,) = data["chosen"]
    assert data["acquisition"][chosen] == max(data["acquisition"])
    assert len(data["position"]) == len(data["predicted"]) == 200
    assert all(
        low <= mean <= high for low, mean, high in zip(data["low"], data["predicted"], data["high"], strict=True)
    )
    assert data["seen_value"] == pytest.approx([accuracy_of(p) for p in proposals[:-1]], abs=1e-6)
    assert proposals[-1].meta["predicted"] == data["predicted"][chosen]

    data = predictions.data
    assert data["id"] == [proposal.id for proposal in proposals[10:]]
    assert data["measured"] == pytest.approx([accuracy_of(p) for p in proposals[10:]], abs=1e-6)
    assert data["predicted"] == [p.meta["predicted"] for p in proposals[10:]]
    assert data["rank_correlation"] > 0.5
    assert 0.5 < data["share_within"] <= 1


def test_the_main_direction_is_that_of_the_largest_spread() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(300, 1)) * np.array([3.0, 4.0]) / 5 + 0.05 * rng.normal(size=(300, 2))
    assert principal_axis(inputs) == pytest.approx([0.6, 0.8], abs=0.02)
    assert principal_axis(np.ones((4, 3))).tolist() == [0, 0, 0]


def test_predictions_are_no_secret_of_the_proposal() -> None:
    for proposal in list(steps(bayesian(toy_setup(seed=8)), 14))[10:]:
        assert proposal.meta["low"] <= proposal.meta["predicted"] <= proposal.meta["high"]
        assert math.isfinite(proposal.meta["acquisition"])
