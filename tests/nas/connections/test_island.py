"""The population as an island: it resumes bit for bit, learns, keeps the rules, tells what it found."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nas.connections.config import ConnectionSettings
from nas.connections.facts import changed_matrix, front_of, path_facts
from nas.connections.island import ConnectionIsland
from nas.connections.population import WORST, Member, standings, survivors, tournament
from nas.connections.variation import Wires, edges_of
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, StateMismatch
from nas.core.setup import SearchSetup
from nas.islands.island import IslandPlace, IslandState, Migrant
from tests.support.connections import connections_setup

WARM: dict[str, Any] = {}


def cached(key: str, make: Any) -> Any:
    if key not in WARM:
        WARM[key] = make()
    return WARM[key]


def make(setup: SearchSetup, seed: int = 1, **settings: Any) -> ConnectionIsland:
    config = ConnectionSettings.parse({"population_size": 6, "epochs": 2, **settings})
    return ConnectionIsland(config, setup, IslandPlace(seed, 0, "cpu", cached))


def described(island: ConnectionIsland) -> tuple[Any, dict[str, Any]]:
    state = island.state()
    return json.loads(json.dumps(state.data)), {name: array.tolist() for name, array in state.arrays.items()}


@pytest.mark.parametrize("inherit", ["parent", "none"])
def test_restored_it_goes_on_bit_for_bit(inherit: str) -> None:
    setup = connections_setup(searches_operations=True)
    whole = make(setup, inherit=inherit)
    for cut in range(4):
        state = whole.state()
        stored = IslandState(json.loads(json.dumps(state.data)), {n: np.array(a) for n, a in state.arrays.items()})
        again = make(setup, inherit=inherit)
        again.restore(stored)
        point = whole.step()
        assert dict(again.step()) == dict(point)
        assert described(again) == described(whole)
        assert whole.num_steps == again.num_steps == cut + 1
    other = make(setup, seed=2, inherit=inherit)
    other.step()
    assert other.best(3) != make(setup, inherit=inherit).best(3)


@pytest.mark.parametrize(
    ("settings", "each"),
    [({"inherit": "parent"}, 12), ({"inherit": "none"}, 12), ({"inherit": "none", "parents_train_again": False}, 6)],
)
def test_generations_count_what_they_train(settings: dict[str, Any], each: int) -> None:
    island = make(connections_setup(), **settings)
    scores = []
    for generation in range(4):
        point = island.step()
        scores.append(point["accuracy"])
        assert island.num_candidates == 6 + generation * each
        assert len({island.setup.space.canonical(genotype) for genotype in island.best(6)}) == 6
        assert all(math.isfinite(value) for value in point.values())
    if each == 6:  # scores stay, so the best of them is never lost
        assert scores == sorted(scores)
        assert scores[-1] > scores[0]


def test_the_mean_of_a_parent_is_over_all_its_trainings() -> None:
    island = make(connections_setup(), inherit="none", population_size=4)
    seen: dict[str, list[float]] = {}
    for _ in range(5):
        island.step()
        for one in island.state().data["members"]:
            key = json.dumps(one["genotype"])
            seen.setdefault(key, []).append(one["metrics"]["accuracy"])
            if len(seen[key]) == one["trainings"]:  # all of its trainings were looked at
                assert one["mean"] == pytest.approx(np.mean(seen[key]))
                assert one["spread"] == pytest.approx(np.var(seen[key]) * len(seen[key]), abs=1e-12)
    assert max(map(len, seen.values())) > 2


def test_scores_are_expected_ones_where_parents_train_again() -> None:
    """Nearer to the centre than the means, the more the fewer trainings; with inheritance a score is what was measured."""
    for inherit, is_drawn in (("none", True), ("parent", False)):
        island = make(connections_setup(), inherit=inherit, population_size=8)
        for _ in range(4):
            island.step()
        members = island.state().data["members"]
        assert any(one["score"] != one["mean"] for one in members) is is_drawn
        assert np.ptp([one["score"] for one in members]) <= np.ptp([one["mean"] for one in members])


def test_children_with_the_weights_of_their_parents_learn_sooner() -> None:
    """After one epoch each: three generations with inheritance have trained longer than three without."""
    found = {}
    for inherit in ("parent", "none"):
        island = make(connections_setup(), inherit=inherit, epochs=1)
        for _ in range(6):
            point = island.step()
        found[inherit] = point["mean_score"]
    assert found["parent"] > found["none"] + 0.1


def test_novelty_is_searched_by_its_own_measure() -> None:
    island = make(connections_setup("novelty_detection", objectives=("macs", "auprc")))
    point = island.step()
    assert 0 < point["auprc"] <= 1
    best = island.facts()["best"]
    assert best["score"] == best["metrics"]["auprc"] == point["auprc"]
    assert "accuracy" in best["metrics"]


def test_an_error_is_minimised() -> None:
    island = make(connections_setup(objectives=("error_percent",)))
    island.step()
    facts = island.facts()
    assert facts["best"]["score"] == -facts["best"]["metrics"]["error_percent"]


def test_limits_on_costs_are_kept_by_everyone() -> None:
    plain = connections_setup()
    params = sorted(plain.cost(plain.sample(np.random.default_rng(s))).params for s in range(50))
    limit = params[10]
    setup = connections_setup(constraints=(f"params<={limit}",))
    island = make(setup)
    for _ in range(3):
        island.step()
    assert all(setup.cost(genotype).params <= limit for genotype in island.best(6))
    with pytest.raises(ConstraintLeavesNothing, match="keeps the constraints"):
        make(connections_setup(constraints=("params<=10",)))


def test_facts_are_small_finite_json_and_say_what_changed() -> None:
    island = make(connections_setup(nodes=16))
    for _ in range(3):
        island.step()
    facts = island.facts()
    text = json.dumps(facts, allow_nan=False)
    assert len(text) < 50_000
    best = facts["best"]["genotype"]["edges"]
    matrix = facts["matrix"]
    assert sorted([i, j] for i in range(16) for j in range(16) if matrix[i][j] > 0) == best
    assert sum(facts["degrees"]["out"]["best"]) == sum(facts["degrees"]["in"]["best"]) == len(best)
    front = facts["front"]
    assert all(a[0] > b[0] and a[1] > b[1] for a, b in pairwise(front))


def test_a_matrix_tells_old_new_and_gone_apart() -> None:
    member = Member(Wires(edges_of([[0, 1], [1, 2]]), None), edges_of([[0, 1], [0, 2]]), born=1, operator="mutation")
    assert changed_matrix(member, 3) == [[0, 1, -1], [0, 0, 2], [0, 0, 0]]


def test_paths_of_a_diamond_with_a_short_cut() -> None:
    found = path_facts(Wires(edges_of([[0, 1], [0, 2], [1, 3], [2, 3], [0, 3]]), None))
    assert found["num_paths"] == [{"length": 3, "count": "1"}, {"length": 4, "count": "2"}]
    assert (found["depth"], found["width"], found["total_paths"]) == (4, 2, "3")


def member(score: float, num_edges: int) -> Member:
    edges = edges_of([(0, target) for target in range(1, num_edges + 1)])
    return Member(Wires(edges, None), edges, 0, "random", score)


def test_survivors_are_whole_fronts_and_then_the_least_crowded() -> None:
    members = [member(0.9, 5), member(0.8, 3), member(0.85, 6), member(0.5, 1), member(0.49, 2), member(WORST, 4)]
    assert [rank for rank, _ in standings(members, counts_edges=True)] == [0, 0, 1, 0, 1, 2]
    assert set(survivors(members, 3, counts_edges=True)) == {0, 1, 3}
    assert survivors(members, 3, counts_edges=False) == [0, 2, 1]
    assert [m.score for m in front_of(members)] == [0.9, 0.8, 0.5]


def test_the_better_of_two_is_a_parent() -> None:
    """Of eight, two different ones are drawn: the k-th best wins with the chance 2 (7 − k) / 56."""
    standing = [(place // 3, -float(8 - place)) for place in range(8)]
    rng = np.random.default_rng(0)
    wins = np.bincount([tournament(standing, rng) for _ in range(8_000)], minlength=8) / 8_000
    assert wins == pytest.approx([2 * (7 - k) / 56 for k in range(8)], abs=0.02)


def test_children_are_changed_and_seven_of_ten_are_crossed() -> None:
    setup = connections_setup(nodes=12)
    island = make(setup, population_size=200)
    children, parents = island._children(np.random.default_rng(1))
    assert len(children) == len(parents) == 200
    crossed = [child.operator == "crossover+mutation" for child in children]
    assert np.mean(crossed) == pytest.approx(0.7, abs=0.1)
    edges_of_parents = {member.wires.edges for member in island._members}
    assert not edges_of_parents & {child.wires.edges for child in children}
    far: dict[bool, list[int]] = {True: [], False: []}
    for child, parent, is_crossed in zip(children, parents, crossed, strict=True):
        first = island._members[parent]
        assert child.origin == first.origin
        far[is_crossed].append(len(child.wires.edges ^ first.wires.edges))
    assert np.mean(far[False]) < 5 < np.mean(far[True])  # two edits of at most two edges each; half of another's edges


def test_migrants_take_the_places_of_the_worst_and_are_trained() -> None:
    setup = connections_setup()
    home, abroad = make(setup, seed=1), make(setup, seed=2)
    home.step(), abroad.step()
    rng = np.random.default_rng(0)
    migrants = [Migrant.from_json(json.loads(json.dumps(m.as_json()))) for m in abroad.emigrants(2, rng)]
    before = {setup.space.canonical(genotype) for genotype in home.best(6)}
    trained = home.num_candidates
    home.immigrate(migrants, rng)
    after = {setup.space.canonical(genotype): genotype for genotype in home.best(6)}
    arrived = {setup.space.canonical(migrant.genotype) for migrant in migrants} - before
    assert arrived and arrived <= set(after)
    assert len(after) == 6
    assert home.num_candidates == trained + len(arrived)
    assert all(m["score"] > WORST for m in home.state().data["members"])
    home.immigrate(migrants, rng)  # they are there already
    assert home.num_candidates == trained + len(arrived)
    home.step()


def test_a_state_of_another_search_is_refused() -> None:
    setup = connections_setup()
    with pytest.raises(StateMismatch, match="other settings"):
        make(setup, epochs=3).restore(make(setup).state())


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"space": "nasbench201"}, "space", "choose the space connections"),
        ({"objectives": ("params",)}, "objectives", "one objective must be what training measures: accuracy"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(changed: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidConfig, match=said) as refusal:
        make(connections_setup(**changed))
    assert refusal.value.errors[0].field == field


def test_a_population_that_diverges_goes_on() -> None:
    island = make(connections_setup(), learning_rate=100.0, gradient_clip=None, weight_decay=1.0, batch_size=8)
    for _ in range(2):
        island.step()
        members = island.state().data["members"]
        lost = [member for member in members if "accuracy" not in member["metrics"]]
        assert lost
        assert all(member["score"] == WORST for member in lost)
    assert json.dumps(island.facts(), allow_nan=False)
