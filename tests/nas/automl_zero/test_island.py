"""A population of programs as an island: facts, the best, migration, rules, and a state that goes on bit for bit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.island import ProgramIsland
from nas.automl_zero.island_settings import ProgramIslandSettings
from nas.automl_zero.program import Program
from nas.automl_zero.text import program_text
from nas.core.errors import ConstraintLeavesNothing, StateMismatch
from nas.core.setup import SearchSetup
from nas.islands.island import IslandPlace, IslandState, Migrant
from tests.support.programs import programs_setup

SMALL = {"population_size": 60, "programs_per_step": 300, "cache_size": 256}


def island(seed: int = 1, setup: SearchSetup | None = None, **settings: Any) -> ProgramIsland:
    place = IslandPlace(seed, 0, "cpu", lambda _key, make: make())
    return ProgramIsland(ProgramIslandSettings.parse({**SMALL, **settings}), setup or programs_setup(), place)


def through_storage(state: IslandState) -> IslandState:
    data = json.loads(json.dumps(state.data, sort_keys=True))
    return IslandState(data, {name: array.copy() for name, array in state.arrays.items()})


def facts_of(one: ProgramIsland) -> str:
    return json.dumps(one.facts(), allow_nan=False)


def test_steps_tell_how_fit_and_who_answered() -> None:
    one = island()
    assert one.facts()["best"] is None
    assert one.best(3) == []
    metrics = [one.step() for _ in range(6)]
    assert one.num_steps == 6
    assert one.num_candidates == 6 * 300
    assert [m["fitness"] for m in metrics] == sorted(m["fitness"] for m in metrics)
    last = metrics[-1]
    assert last["population_mean"] <= last["population_best"] <= last["fitness"] <= 1
    assert sum(
        last[name] for name in ("same_code", "same_predictions", "over_budget", "scored_on_all")
    ) == pytest.approx(1)
    facts = one.facts()
    assert sum(facts["histogram"]) == 60
    assert facts["best"]["fitness"] == last["fitness"]
    assert any(line["is_live"] for line in facts["best"]["lines"])
    assert len(facts["best"]["lines"]) == 20
    assert facts["discoveries"][-1]["fitness"] <= last["fitness"]
    assert len(facts_of(one)) < 50_000


def test_the_best_are_different_programs_of_the_space() -> None:
    setup = programs_setup()
    one = island(setup=setup)
    one.step()
    best = one.best(5)
    assert [setup.space.validate(genotype) for genotype in best] == best
    assert len({setup.space.canonical(genotype) for genotype in best}) == 5
    assert best[0] == one.facts()["best"]["genotype"]


def test_restored_it_goes_on_bit_for_bit() -> None:
    whole = island(hurdles=True)
    curve = [whole.step() for _ in range(4)]
    cut = island(hurdles=True)
    for done in range(4):
        again = island(hurdles=True)
        again.restore(through_storage(cut.state()))
        cut = again
        assert cut.step() == curve[done]
    assert facts_of(cut) == facts_of(whole)
    assert cut.best(5) == whole.best(5)


def test_a_state_of_another_island_is_refused() -> None:
    one = island()
    one.step()
    state = through_storage(one.state())
    for other in (
        island(tournament_size=3),
        island(setup=programs_setup({"scalars": 5})),
        island(setup=programs_setup(task_seed=9)),
    ):
        with pytest.raises(StateMismatch, match="other settings"):
            other.restore(state)
    damaged = replace(state, arrays={name: a for name, a in state.arrays.items() if name != "marks"})
    with pytest.raises(StateMismatch, match="cannot be read"):
        island().restore(damaged)


def test_migrants_arrive_with_their_fitness_and_take_half_of_the_places_at_most() -> None:
    home, abroad = island(1), island(2)
    for one in (home, abroad):
        one.step()
    leaving = [
        Migrant.from_json(json.loads(json.dumps(m.as_json()))) for m in home.emigrants(50, np.random.default_rng(0))
    ]
    assert len(leaving) == 50
    before = abroad.state().arrays
    abroad.immigrate(leaving, np.random.default_rng(1))
    after = abroad.state().arrays
    arrived = after["slots.births"] == -1
    assert arrived.sum() == 30
    assert set(after["slots.fitness"][arrived]) <= {migrant.score for migrant in leaving}
    assert (after["slots.fitness"][~arrived] == before["slots.fitness"][~arrived]).all()
    abroad.step()


def test_forbidden_operations_die_out() -> None:
    setup = programs_setup()
    one = island(setup=setup)
    one.step()
    forbidding = replace(setup, forbidden=frozenset({"VECTOR_INNER_PRODUCT"}))
    later = island(setup=forbidding)
    later.restore(through_storage(one.state()))
    assert all("VECTOR_INNER_PRODUCT" not in setup.space.operations_of(genotype) for genotype in later.best(10))
    later.step()
    assert all("VECTOR_INNER_PRODUCT" not in setup.space.operations_of(genotype) for genotype in later.best(10))


def test_a_migrant_brings_what_it_reached_in_the_first_stage() -> None:
    home, abroad = island(1, hurdles=True), island(2, hurdles=True)
    for one in (home, abroad):
        one.step()
    abroad.immigrate(home.emigrants(20, np.random.default_rng(0)), np.random.default_rng(1))
    arrays = abroad.state().arrays
    arrived = arrays["slots.births"] == -1
    assert arrived.any()
    assert set(arrays["slots.stages"][arrived]) <= set(home.state().arrays["slots.stages"])


def test_programs_that_draw_are_worth_the_same_on_all_islands_of_a_run() -> None:
    """What migrates keeps its fitness."""
    setup = programs_setup({"setup_operations": ["VECTOR_UNIFORM_SET"], "predict_operations": ["VECTOR_INNER_PRODUCT"]})
    evaluator = Evaluator(setup.problem.tasks("search"), (4, 3, 1), seed=setup.run_seed)  # type: ignore[attr-defined]
    for seed in (1, 2):
        one = island(seed, setup=setup, same_predictions=False)
        one.step()
        leaving = one.emigrants(20, np.random.default_rng(0))
        scores = evaluator.score([Program.from_json(migrant.genotype) for migrant in leaving])
        assert [migrant.score for migrant in leaving] == scores.combined(by_median=False).tolist()
        assert len({migrant.score for migrant in leaving}) > 5


def test_a_written_beginning_does_nothing_where_an_operation_is_forbidden() -> None:
    setup = programs_setup({"initial": "hand_written"})
    forbidding = replace(setup, forbidden=frozenset({"SCALAR_PRODUCT"}))
    one = island(setup=forbidding, mutation_chance=0.0)
    one.step()
    learn = program_text(Program.from_json(one.best(1)[0])).partition("def Learn():")[2]
    assert learn.split("\n")[1:4] == ["    s3 = s0 - s1", "    no_op()", "    v2 = s3 * v0"]


def test_programs_that_begin_after_an_operation_was_forbidden_are_without_it() -> None:
    """The state that an island goes on from holds the written program of before."""
    setup = programs_setup({"initial": "hand_written"})
    begun = island(setup=setup, programs_per_step=30, mutation_chance=0.0)
    begun.step()
    later = island(
        setup=replace(setup, forbidden=frozenset({"SCALAR_PRODUCT"})), programs_per_step=30, mutation_chance=0.0
    )
    later.restore(through_storage(begun.state()))
    later.step()
    rows, sizes = (later.state().arrays[f"population.{part}"] for part in ("rows", "sizes"))
    assert (sizes[:60] == sizes[0]).all()
    assert [(rows[place, :, 0] == 3).sum() for place in (0, 29, 30, 59)] == [1, 1, 0, 0]


def test_migrants_that_have_been_forbidden_meanwhile_do_not_come_in() -> None:
    home = island(1)
    home.step()
    leaving = home.emigrants(60, np.random.default_rng(0))
    setup = replace(programs_setup(), forbidden=frozenset({"VECTOR_INNER_PRODUCT"}))
    uses = [bool(setup.forbidden_in(migrant.genotype)) for migrant in leaving]
    assert 0 < sum(uses) < len(uses)
    abroad = island(2, setup=setup)
    abroad.step()
    abroad.immigrate([m for m, is_used in zip(leaving, uses, strict=True) if is_used], np.random.default_rng(1))
    assert (abroad.state().arrays["slots.births"] >= 0).all()
    abroad.immigrate(leaving, np.random.default_rng(1))
    assert (abroad.state().arrays["slots.births"] == -1).any()


def test_a_function_that_needs_instructions_keeps_an_operation() -> None:
    setup = programs_setup({"setup_operations": ["SCALAR_CONST_SET"]})
    with pytest.raises(ConstraintLeavesNothing, match="Setup"):
        island(setup=replace(setup, forbidden=frozenset({"SCALAR_CONST_SET"})))
