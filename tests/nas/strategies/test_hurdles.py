"""Progressive dynamic hurdles: when they are made, who passes, what the evolution inside learns, and what it is good for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import PCG64, Generator, SeedSequence

from nas.core.budget import Budget
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest
from nas.core.intervention import AddArchitecture, ChangeConstraints
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.jobs.local import search
from nas.strategies.hurdles import SHOWN, Hurdles, HurdlesConfig
from nas.strategies.inner_strategy import inner_choices
from nas.strategies.tournament import Tournament, TournamentConfig
from tests.contracts.strategy_contract import stored
from tests.contracts.toys import Ones, OnesConfig, toy_setup
from tests.nas.strategies.populations import shown
from tests.nas.strategies.races import epochs, inner_pending, one, tell


def hurdles(setup: SearchSetup | None = None, **chosen: Any) -> Hurdles:
    small = {"population_size": 4, "sample_size": 2, "increments": [1, 2, 5], "children_per_hurdle": 2}
    return Hurdles(HurdlesConfig.parse({**small, **chosen}), setup or toy_setup())


def judge(race: Hurdles, *values: float | None) -> list[Proposal]:
    """One at a time."""
    done = []
    for value in values:
        done.append(one(race))
        tell(race, done[-1], value)
    return done


def made(race: Hurdles) -> list[float]:
    values: list[float] = shown(race, "hurdles")["made"]["made_value"]
    return values


# --- when a hurdle is made -----------------------------------------------------------------------------------------


def test_without_a_hurdle_everybody_trains_for_the_first_increment() -> None:
    race = hurdles()
    done = judge(race, 0.1, 0.2, 0.3, 0.4, 0.9)
    assert [epochs(p) for p in done] == [1] * 5
    assert {p.fidelity["schedule_epochs"] for p in done} == {8}
    assert made(race) == []
    assert one(race).continues is None


def test_a_hurdle_is_the_mean_of_the_living_after_so_many_children() -> None:
    race = hurdles()
    judge(race, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    assert made(race) == [pytest.approx(np.mean(shown(race)["fitness"]))]


def test_the_next_hurdle_is_the_mean_of_those_trained_longest_alone() -> None:
    race = hurdles(population_size=6)
    judge(race, *[0.5] * 8)
    assert made(race) == [0.5]
    child, longer = judge(race, 0.6, 0.7)
    assert (longer.continues, epochs(longer)) == (child.id, 3)
    assert made(race) == [0.5]  # one child since
    judge(race, 0.6, 0.8)
    assert made(race) == [0.5, pytest.approx(0.75)]
    view = shown(race, "hurdles")["made"]
    assert (view["made_after"], view["made_epochs"]) == ([8, 12], [1, 3])


def test_a_hurdle_waits_until_somebody_was_trained_so_long() -> None:
    race = hurdles()
    judge(race, *[0.5] * 6)
    judge(race, *[0.4] * 9)  # nobody passes
    assert made(race) == [0.5]
    judge(race, 0.6, 0.9)
    assert made(race) == [0.5, 0.9]


def test_there_are_no_more_hurdles_than_increments_behind_them() -> None:
    race = hurdles(increments=[1, 2])
    judge(race, *[0.5] * 6)
    for _ in range(10):
        judge(race, 0.9, 0.9)
    assert made(race) == [0.5]
    assert len(hurdles(increments=[4]).views()[0].data["made"]["made_value"]) == 0


def test_failed_children_make_no_hurdle_and_added_architectures_are_no_children() -> None:
    race = hurdles()
    judge(race, *[0.5] * 4, None, None, None)
    race.intervene(AddArchitecture({"bits": "1" * 100}))
    (added,) = judge(race, 0.9)
    assert (added.operator, epochs(added)) == ("added", 8)
    assert made(race) == []
    judge(race, 0.5, 0.5)
    assert made(race) == [0.5]  # not the added one: it was trained longer than they
    assert 0.9 in shown(race)["fitness"]


# --- who passes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objective", "value", "passes"),
    [
        ("accuracy", 0.5, False),  # strictly better
        ("accuracy", 0.49, False),
        ("accuracy", 0.51, True),
        ("accuracy", None, False),
        ("loss", 0.49, True),
        ("loss", 0.5, False),
        ("loss", 0.51, False),
    ],
)
def test_only_the_strictly_better_trains_on(objective: str, value: float | None, passes: bool) -> None:
    class Both(Ones):
        def metrics(self, problem: Any) -> tuple[str, ...]:
            return ("accuracy", "loss")

    race = hurdles(toy_setup(objectives=(objective,), estimator=Both(OnesConfig())))

    def told(number: float | None) -> Proposal:
        proposal = one(race)
        tell(race, proposal, number, **({"loss": number} if number is not None else {}))
        return proposal

    for _ in range(6):
        told(0.5)
    child = told(value)
    following = one(race)
    assert following.continues == (child.id if passes else None)
    assert shown(race, "hurdles")["passed"][-1] is passes
    assert shown(race, "hurdles")["hurdle"][-1] == 0.5
    if passes:
        assert (following.began_as, following.operator, following.seed_id) == (child.id, "promote", child.id)
        assert following.genotype == child.genotype


def test_whoever_breaks_a_measured_constraint_passes_no_hurdle() -> None:
    race = hurdles(toy_setup(constraints=("latency_ms<=5",)))
    for _ in range(6):
        tell(race, one(race), 0.5, latency_ms=4.0)
    tell(race, one(race), 0.9, latency_ms=6.0)
    assert one(race).continues is None
    tell(race, one(race), 0.9, latency_ms=5.0)
    assert one(race).continues is not None


def test_a_constraint_changed_meanwhile_ends_the_training_of_who_breaks_it() -> None:
    race = hurdles()
    judge(race, *[0.5] * 6)
    (child,) = judge(race, 0.9)
    assert race.checkpoints_needed() == {child.id}
    assert child.genotype is not None
    limit = race.setup.cost(child.genotype).params - 1
    race.intervene(ChangeConstraints((Constraint.from_text(f"params<={limit}"),)))
    assert one(race).continues is None
    assert 0.9 not in shown(race)["fitness"]  # nor does it breed
    assert len(inner_pending(race)) == 1  # the newcomer
    assert race.checkpoints_needed() == frozenset()


# --- the evolution inside ------------------------------------------------------------------------------------------


def test_the_last_judgement_is_the_fitness_and_it_enters_once() -> None:
    race = hurdles()
    judge(race, *[0.5] * 6)
    judge(race, 0.6)
    assert inner_pending(race)  # on its way up
    judge(race, 0.55)
    assert 0.55 in shown(race)["fitness"]
    assert 0.6 not in shown(race)["fitness"]
    assert inner_pending(race) == set()


def test_a_failed_promotion_leaves_the_earlier_judgement() -> None:
    race = hurdles()
    judge(race, *[0.5] * 6)
    judge(race, 0.6, None)
    assert 0.6 in shown(race)["fitness"]


def test_parents_are_named_by_their_proposals() -> None:
    race = hurdles()
    judge(race, *[0.5] * 7)
    judge(race, 0.9, 0.95)  # proposals 7 and 8 are one candidate
    parents = {parent for child in race.ask(30) for parent in child.parents}
    assert 7 in parents
    assert 8 not in parents


# --- any order -----------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.data())
def test_nobody_at_or_below_its_hurdle_is_ever_trained_longer(data: st.DataObject) -> None:
    """Any order of completion, failing anywhere, cut anywhere."""
    width = data.draw(st.integers(1, 7))
    race = hurdles()
    out: list[Proposal] = []
    values: dict[int, float] = {}
    hurdle_of: dict[int, float | None] = {}
    needed: frozenset[int] = frozenset()
    for _ in range(60):
        for proposal in race.ask(width - len(out)):
            out.append(proposal)
            if proposal.continues is not None:
                hurdle = hurdle_of[proposal.continues]
                assert hurdle is not None
                assert values[proposal.continues] > hurdle
                assert proposal.continues in needed
        proposal = out.pop(data.draw(st.integers(0, len(out) - 1)))
        value = data.draw(st.one_of(st.none(), st.floats(0, 1)))
        standing = made(race)
        stage = [1, 3, 8].index(epochs(proposal))
        hurdle_of[proposal.id] = standing[stage] if stage < len(standing) else None
        if value is not None:
            values[proposal.id] = value
        tell(race, proposal, value)
        needed = race.checkpoints_needed()
        assert len(needed) <= width + len(out) + 1
        if data.draw(st.booleans()):
            state = stored(race.state_dict())
            race = hurdles()
            race.load_state_dict(state)
            assert race.checkpoints_needed() == needed


def test_the_picture_shows_the_latest_only() -> None:
    race = hurdles()
    judge(race, *[0.5] * (SHOWN + 7))
    view = shown(race, "hurdles")
    assert len(view["value"]) == SHOWN
    assert (view["order"][0], view["order"][-1]) == (7, SHOWN + 6)


# --- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sample_size": 30}, "at least the sample size"),
        ({"increments": []}, "at least 1"),
        ({"increments": [6_000, 6_000]}, "add up to 12,000 epochs"),
        ({"increments": [0, 1]}, "increments.0: must be at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfig, match=message):
        HurdlesConfig.parse(settings)


def test_it_does_not_propose_for_another_scheduler() -> None:
    assert "hurdles" not in {value for value, _ in inner_choices()}


# --- what it is good for -------------------------------------------------------------------------------------------


class ShortAndLongConfig(OnesConfig):
    early_noise: float = setting(0.005, title="Early noise", description="Standard deviation after one epoch.", ge=0)


class ShortAndLong(Ones):
    """The authors' toy: after one epoch 1/100 of the share of ones, with noise, at cost 1; after 100 epochs the share,
    +N(0, 0.01), at cost 100, of which a training that goes on pays what is new."""

    config: ShortAndLongConfig

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        text = request.space.canonical(request.genotype)
        share = text.count("1") / len(text)
        epochs = int(request.fidelity.get("epochs", 100))
        noise = Generator(PCG64(SeedSequence([request.seed, epochs]))).normal()
        accuracy = share / 100 + self.config.early_noise * noise if epochs == 1 else share + 0.01 * noise
        cost = 1.0 if epochs == 1 else 100.0 - ("schedule_epochs" in request.fidelity)
        return Evaluation({"accuracy": float(accuracy)}, cost_seconds=cost, steps_done=epochs, is_simulated=True)


def best_within(strategy: Strategy, setup: SearchSetup, units: float) -> float:
    """The largest share of ones among what was trained fully before the cost exceeded `units`."""
    spent, best = 0.0, 0.0
    for trial in search(strategy, setup, Budget(trials=20_000)):
        spent += trial.result.cost_seconds
        if spent > units:
            return best
        if trial.proposal.fidelity.get("epochs", 100) == 100:
            assert trial.proposal.genotype is not None
            best = max(best, trial.proposal.genotype["bits"].count("1") / 100)
    raise AssertionError("the budget was not spent")


def pairs(num: int, *, early_noise: float, **chosen: int) -> npt.NDArray[np.float64]:
    """(num, 2): for each seed the best of 10,000 units with hurdles and with the plain tournament of the same sizes."""
    found = []
    for seed in range(num):
        setup = toy_setup(seed=seed, estimator=ShortAndLong(ShortAndLongConfig(early_noise=early_noise)))
        config = HurdlesConfig.parse({**HurdlesConfig.presets["notebook"], **chosen})
        plain = TournamentConfig(population_size=config.population_size, sample_size=config.sample_size)
        found.append([best_within(kind, setup, 10_000) for kind in (Hurdles(config, setup), Tournament(plain, setup))])
    return np.array(found)


def test_at_equal_total_cost_hurdles_beat_the_plain_tournament() -> None:
    """The authors' setting, whose early measure is nearly all noise: what is won is small (over 100 seeds p = 0.006)."""
    ours, plain = pairs(16, early_noise=0.005).mean(axis=0)
    assert ours > plain + 0.005


def test_where_the_early_measure_tells_something_hurdles_win_with_every_seed() -> None:
    found = pairs(8, early_noise=0.0005, population_size=20, sample_size=5, children_per_hurdle=200)
    assert (found[:, 0] > found[:, 1]).all(), found
