"""Hyper-parameter search: a rebuilt study proposes what the warm one does, pruning in parts, constraints, what is kept."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from nas.core.errors import InvalidConfig
from nas.core.intervention import AddArchitecture, ChangeConstraints
from nas.core.objective import Constraint
from nas.core.parameter import Parameter, Value, Values, read_values
from nas.core.proposal import Proposal
from nas.core.randomness import generator_for
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.strategies.hpo import Hpo
from nas.strategies.hpo_config import HpoConfig
from nas.strategies.inner_strategy import check_inner, inner_choices
from nas.strategies.named_choices import named_choices
from nas.strategies.optuna_distribution import distribution_of, from_optuna, to_optuna
from tests.contracts.strategy_contract import Driver, exactly, stored
from tests.contracts.toys import BitsConfig, OnesConfig, toy_setup
from tests.nas.strategies.parametrised import PARAMETERS, Knobs, Quality, quality

PRUNING = {"pruner": "median", "check_every": 2, "max_epochs": 6, "num_unpruned": 2}


def knobs(*, seed: int = 0, **chosen: Any) -> SearchSetup:
    return toy_setup(seed=seed, space=Knobs(BitsConfig()), estimator=Quality(OnesConfig()), **chosen)


def hpo(setup: SearchSetup | None = None, **chosen: Any) -> Hpo:
    return Hpo(HpoConfig.parse(chosen), setup or knobs())


def one(search: Hpo) -> Proposal:
    (proposal,) = search.ask(1)
    return proposal


def tell(search: Hpo, proposal: Proposal, accuracy: float | None, **metrics: float) -> None:
    if accuracy is None:
        search.tell(proposal.id, Result(proposal.id, ResultStatus.CRASHED, reason="made to fail"))
    else:
        measured = {"accuracy": accuracy, **metrics}
        search.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, measured, steps_done=1))


def ended(search: Hpo) -> dict[int, str]:
    (view,) = search.views()
    return dict(zip(view.data["id"], view.data["ended"], strict=True))


# --- the warm study and the record ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        {"num_startup": 4},
        {"num_startup": 4, "remembered": 20},  # forgets again and again
        {"num_startup": 4, **PRUNING},
        {"pruner": "successive_halving", "check_every": 1, "max_epochs": 4, "num_startup": 4},
        {"sampler": "nsga2", "population_size": 5, "remembered": 20},
        {"sampler": "qmc"},
    ],
    ids=json.dumps,
)
def test_a_study_rebuilt_before_every_step_proposes_what_the_warm_one_does(
    chosen: dict[str, Any], tmp_path: Path
) -> None:
    """With results out of order and failures among them; conditional parameters, so TPE works by groups."""
    setup = knobs(seed=5, constraints=("params<=3000", "latency_ms<=10"))
    warm = Driver(lambda s: hpo(s, **chosen), setup, tmp_path, parallel=4, fail_every=7)
    cold = Driver(lambda s: hpo(s, **chosen), setup, tmp_path, parallel=4, fail_every=7)
    for _ in range(60):
        warm.step()
        cold.step()
        cold.cut()
    assert cold.asked == warm.asked
    assert exactly(stored(cold.strategy.state_dict())) == exactly(stored(warm.strategy.state_dict()))


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_two_objectives_go_warm_and_cold_alike(sampler: str, tmp_path: Path) -> None:
    setup = knobs(seed=6, objectives=("accuracy", "params"))
    chosen = {"sampler": sampler, "num_startup": 4, "population_size": 6}
    warm = Driver(lambda s: hpo(s, **chosen), setup, tmp_path, parallel=2)
    cold = Driver(lambda s: hpo(s, **chosen), setup, tmp_path, parallel=2)
    for _ in range(40):
        warm.step()
        cold.step()
        cold.cut()
    assert cold.asked == warm.asked


def test_parameters_drawn_together_are_those_that_the_sampler_itself_infers(tmp_path: Path) -> None:
    import optuna

    driver = Driver(hpo, toy_setup(num_bits=5, seed=1), tmp_path, parallel=3).steps(20)
    assert isinstance(driver.strategy, Hpo)
    known = driver.strategy._study
    _storage, study = known._study()
    sampler = optuna.samplers.TPESampler(seed=0)
    inferred = sampler.infer_relative_search_space(study, study.trials[-1])
    assert len(inferred) == 5
    assert known._drawn_together(study, sampler, study.trials[-1]) == inferred


def test_running_trials_are_known_to_the_sampler() -> None:
    """TPE takes them for bad ones (constant liar): of a batch no two are the same, though nothing was told between them."""
    search = hpo(knobs(seed=2), num_startup=5)
    rng = Generator(PCG64(0))
    for _ in range(30):
        proposal = one(search)
        tell(search, proposal, quality(proposal.genotype or {}) + 1e-6 * rng.random())
    batch = search.ask(8)
    assert len({json.dumps(p.genotype, sort_keys=True) for p in batch}) == 8
    _storage, study = search._study._study()
    running = [trial for trial in study.trials if trial.state.name == "RUNNING"]
    assert [trial.params["rate"] for trial in running] == pytest.approx([(p.genotype or {})["rate"] for p in batch])


# --- parameters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=30)
def test_values_there_and_back(parameter: Parameter, seed: int) -> None:
    value = parameter.sample(Generator(PCG64(seed)))
    distribution = distribution_of(parameter)
    internal = distribution.to_internal_repr(to_optuna(parameter, value))
    back = from_optuna(parameter, distribution.to_external_repr(internal))
    assert type(back) is type(value)
    assert back == value


def test_true_is_not_one() -> None:
    flag = PARAMETERS[-1]
    assert [to_optuna(flag, value) for value in (1, True, "1")] == [0, 1, 2]


def test_whole_numbers_stay_on_their_grid_on_a_logarithmic_scale() -> None:
    parameter = Parameter(name="width", kind="int", low=8, high=100, log=True, step=10)
    assert [from_optuna(parameter, drawn) for drawn in (8, 12, 14, 97, 99)] == [8, 8, 18, 98, 98]


def test_a_space_without_names_is_refused() -> None:
    class Nothing(Knobs):
        parameters = None  # type: ignore[assignment]

    with pytest.raises(InvalidConfig, match="named values"):
        hpo(toy_setup(space=Nothing(BitsConfig())))


def test_decisions_whose_options_vary_are_parameters_of_their_own() -> None:
    """A second decision with as many options as the first one says."""
    from nas.core.space import Decision

    class Nested(Knobs):
        parameters = None  # type: ignore[assignment]

        def next_decision(self, actions: Any) -> Decision | None:  # type: ignore[override]
            if not actions:
                return Decision("size", "size", ("two", "three"))
            return Decision("pick", "pick", ("a", "b", "c")[: actions[0] + 2]) if len(actions) == 1 else None

        def decision_groups(self) -> dict[str, int]:  # type: ignore[override]
            return {"size": 2, "pick": 3}

        def decode(self, actions: Any) -> dict[str, Any]:  # type: ignore[override]
            return {"actions": list(actions)}

        def encode(self, genotype: Any) -> list[int]:  # type: ignore[override]
            return list(genotype["actions"])

    choices = named_choices(Nested(BitsConfig()))

    def last(parameter: Parameter) -> Value:
        return parameter.values[-1]

    assert choices.decide(last) == {"actions": [1, 2]}
    assert choices.values_of({"actions": [1, 2]}) == {"size/2": 1, "pick/3": 2}
    assert choices.values_of({"actions": [0, 1]}) == {"size/2": 0, "pick/2": 1}
    assert choices.in_words({"size/2": 1, "pick/3": 2}) == {"size": "three", "pick": "c"}


# --- pruning -------------------------------------------------------------------------------------------------------


def test_a_trial_trains_in_parts_and_stops_where_the_pruner_says() -> None:
    """Optuna's median: of the values of whole trials at that step."""
    search = hpo(**PRUNING)
    for _ in range(2):  # never stopped
        parts = []
        for value in (0.5, 0.6, 0.7):
            parts.append(one(search))
            tell(search, parts[-1], value)
        assert [p.fidelity for p in parts] == [{"epochs": e, "schedule_epochs": 6} for e in (2, 4, 6)]
        assert [(p.continues, p.began_as) for p in parts] == [
            (None, None),
            (parts[0].id, parts[0].id),
            (parts[1].id, parts[0].id),
        ]
    stopped = one(search)
    tell(search, stopped, 0.4)
    kept = one(search)
    assert kept.continues is None
    tell(search, kept, 0.55)
    assert one(search).continues == kept.id
    assert ended(search) == {0: "complete", 3: "complete", stopped.id: "pruned"}


def test_a_warm_up_is_counted_in_epochs() -> None:
    search = hpo(**PRUNING, warmup_epochs=4)
    for _ in range(2):
        for value in (0.5, 0.6, 0.7):
            tell(search, one(search), value)
    behind = one(search)
    tell(search, behind, 0.1)  # after two epochs
    second = one(search)
    assert second.continues == behind.id
    tell(search, second, 0.1)  # after four
    assert one(search).continues is None
    assert ended(search)[behind.id] == "pruned"


def test_checkpoints_of_those_who_wait_are_needed_and_no_others() -> None:
    search = hpo(**PRUNING)
    first, second = search.ask(2)
    tell(search, first, 0.5)
    assert isinstance(search, Hpo)
    assert search.checkpoints_needed() == {first.id}
    going = one(search)
    assert search.checkpoints_needed() == {first.id}
    tell(search, going, None)
    tell(search, second, None)
    assert search.checkpoints_needed() == frozenset()
    assert ended(search) == {first.id: "failed", second.id: "failed"}


def test_pruning_needs_one_objective() -> None:
    with pytest.raises(InvalidConfig, match="one objective") as caught:
        hpo(knobs(objectives=("accuracy", "params")), pruner="median")
    assert [error.field for error in caught.value.errors] == ["pruner"]


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="at most 100"):
        HpoConfig.parse({"pruner": "median", "check_every": 1, "max_epochs": 500})


# --- constraints and people ----------------------------------------------------------------------------------------


def test_what_breaks_a_measured_constraint_is_avoided(tmp_path: Path) -> None:
    """Depth 8 is best and too slow: TPE learns to stay below, where without the constraint it goes."""

    def share_of_fast(seed: int, *constraints: str) -> float:
        asked = Driver(hpo, knobs(seed=seed, constraints=constraints), tmp_path).steps(80).asked
        return float(np.mean([proposal["genotype"]["depth"] <= 6 for proposal in asked[40:]]))

    kept = [share_of_fast(seed, "latency_ms<=6") for seed in range(5)]
    free = [share_of_fast(seed) for seed in range(5)]
    assert min(kept) > 0.5 > max(free)  # half by chance
    assert np.mean(kept) > np.mean(free) + 0.5


class ThreeKnobs(Knobs):
    """Always the same three, in the order of their names, as an objective function would suggest them."""

    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(sorted(PARAMETERS[:3], key=lambda parameter: parameter.name))

    def sample(self, rng: Generator) -> dict[str, Value]:
        return {parameter.name: parameter.sample(rng) for parameter in self.parameters()}

    def with_values(self, values: Values) -> dict[str, Value]:
        return dict(read_values(self.parameters(), values))


KNOBS = {parameter.name: parameter for parameter in ThreeKnobs(BitsConfig()).parameters()}


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
@pytest.mark.parametrize("constraints", [(), ("latency_ms<=1", "latency_ms>=0.2")], ids=["free", "constrained"])
def test_proposals_are_those_of_optuna_itself(sampler: str, constraints: tuple[str, ...]) -> None:
    """Its own ask, suggest, set_constraint and tell, three trials at a time."""
    import optuna

    setup = toy_setup(space=ThreeKnobs(BitsConfig()), seed=9, constraints=constraints)
    search = hpo(setup, sampler=sampler, num_startup=5, population_size=6)
    study = optuna.create_study(direction="maximize")

    def sampler_of(number: int) -> optuna.samplers.BaseSampler:
        seed = int(generator_for(setup.run_seed, setup.replica, number).integers(2**32))
        if sampler == "tpe":
            return optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)
        return optuna.samplers.NSGAIISampler(seed=seed, population_size=6)

    for _ in range(20):
        proposals, trials = search.ask(3), []
        for proposal in proposals:
            study.sampler = sampler_of(proposal.id)
            trials.append(trial := study.ask())
            wished = {name: trial._suggest(name, distribution_of(knob)) for name, knob in KNOBS.items()}
            assert {name: from_optuna(KNOBS[name], value) for name, value in wished.items()} == proposal.genotype
        for proposal, trial in zip(proposals, trials, strict=True):
            drawn = proposal.genotype or {}
            accuracy, latency = drawn["depth"] / 12 - abs(drawn["rate"] - 0.01), drawn["width"] / 256
            if constraints:
                trial.set_constraint("slow", latency - 1)
                trial.set_constraint("fast", (0.2 - latency) / 0.2)
            study.tell(trial, accuracy)
            tell(search, proposal, accuracy, latency_ms=latency)


def test_a_changed_constraint_holds_for_what_was_measured_before() -> None:
    search = hpo()
    for accuracy, latency in ((0.5, 3.0), (0.9, 9.0)):
        proposal = one(search)
        tell(search, proposal, accuracy, latency_ms=latency)
    search.intervene(ChangeConstraints((Constraint.from_text("latency_ms<=5"),)))
    _storage, study = search._study._study()
    assert [trial.constraints for trial in study.trials] == [{"latency_ms <= 5": -0.4}, {"latency_ms <= 5": 0.8}]


def test_an_added_architecture_is_a_trial_of_the_study() -> None:
    search = hpo()
    best = {"rate": 0.01, "depth": 8, "width": 64, "optimiser": "sgd", "momentum": 0.9, "flag": True}
    search.intervene(AddArchitecture(best))
    proposal = one(search)
    assert (proposal.operator, proposal.fidelity) == ("added", {})
    tell(search, proposal, 1.0)
    (view,) = search.views()
    assert {name: column[0] for name, column in view.data["parameters"].items()} == best
    assert view.data["scales"]["rate"] == "logarithmic"


# --- what it is good for -------------------------------------------------------------------------------------------


def test_tpe_finds_better_ones_than_chance(tmp_path: Path) -> None:
    found, chance = [], []
    for seed in range(3):
        for sampler, best in (("tpe", found), ("random", chance)):
            driver = Driver(lambda s, sampler=sampler: hpo(s, sampler=sampler), knobs(seed=seed), tmp_path).steps(60)
            best.append(np.mean([quality(proposal["genotype"]) for proposal in driver.asked[30:]]))
    assert min(found) > max(chance) + 0.1


def test_the_best_is_not_forgotten() -> None:
    search = hpo(remembered=20, sampler="random")
    for place in range(120):
        proposal = one(search)
        tell(search, proposal, 1.0 if place == 3 else 0.001 * place)
    (view,) = search.views()
    assert len(view.data["id"]) <= 25
    assert 3 in view.data["id"]


def test_as_an_inner_strategy_it_leaves_trainings_to_others() -> None:
    values = [value for value, _ in inner_choices()]
    assert "hpo" in values
    assert "hpo:quasi_random" in values
    assert "hpo:median_pruning" not in values
    with pytest.raises(ValueError, match="plans trainings itself"):
        check_inner("hpo:median_pruning")


def test_optuna_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sampler in ("tpe", "nsga2", "qmc", "random"):
            Driver(lambda s, sampler=sampler: hpo(s, sampler=sampler, num_startup=3), knobs(), tmp_path).steps(12)
    assert capfd.readouterr() == ("", "")
