"""Control tasks of an optional package: side by side as one after the other, and refusals where it is missing."""

import importlib.util
import warnings
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig
from nas.core.objective import Objective
from nas.core.setup import SearchSetup
from nas.estimators.shared_weight import SharedWeight, SharedWeightConfig
from nas.problems import gym_control
from nas.problems.gym_control import GymControl, GymControlConfig
from nas.spaces.wann import Wann
from nas.spaces.wann_config import WannSpaceConfig
from nas.wann.champion_file import edge_weights
from nas.wann.control import Control
from nas.wann.gym_tasks import GYM_TASKS
from nas.wann.topology import Topology
from tests.nas.wann.plain import answers, drawn, drawn_weights


def rng_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def problem(**config: Any) -> GymControl:
    return GymControl(GymControlConfig.parse(config), None)


def installed(environment: str = "cartpole") -> Any:
    if GYM_TASKS[environment].needs_box2d:
        pytest.importorskip("Box2D")
    return pytest.importorskip("gymnasium")


def made(environment: str, max_steps: int) -> Any:
    task = GYM_TASKS[environment]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return installed(environment).make(task.id, max_episode_steps=max_steps, **task.options)


def one_episode(environment: str, genotype: dict[str, Any], weights: dict[tuple[int, int], float], seed: int) -> float:
    task = GYM_TASKS[environment]
    one = made(environment, 40)
    seen, _ = one.reset(seed=seed)
    total, is_over = 0.0, False
    while not is_over:
        given = answers(genotype, task.num_inputs, task.num_outputs, weights, [float(number) for number in seen])
        limits = one.action_space
        action = (
            int(np.argmax(given)) if task.is_discrete else np.clip(given, limits.low, limits.high).astype(np.float32)
        )
        seen, reward, is_terminated, is_truncated, _ = one.step(action)
        total += float(reward)
        is_over = is_terminated or is_truncated
    return total


@pytest.mark.parametrize("environment", ["cartpole", "pendulum", "mountain_car_continuous", "lunar_lander"])
def test_episodes_side_by_side_are_those_one_after_the_other(environment: str) -> None:
    installed(environment)
    task, rng = GYM_TASKS[environment], rng_of(2)
    genotype = drawn(rng, task.num_inputs, task.num_outputs, num_hidden=5)
    genotype["activations"] = rng.choice([1, 4, 5, 6, 8, 9], 5).tolist()
    first_output = 1 + task.num_inputs
    kept = [one for one in genotype["connections"] if one[:2] != [0, first_output]]
    genotype["connections"] = sorted([*kept, [0, first_output, 1]])  # so that it acts at all
    topology = Topology.of(genotype, task.num_inputs, task.num_outputs)
    weights = [drawn_weights(rng, genotype, scale) for scale in (0.2, 0.6)]
    where = problem(environment=environment, max_steps=40)
    spread = np.stack([edge_weights(topology, one) for one in weights])
    found = where.returns(topology, spread, episodes=4, seed=11)
    expected = [[one_episode(environment, genotype, one, 11 + number) for number in range(4)] for one in weights]
    assert found == pytest.approx(np.array(expected), rel=1e-6)
    assert len(set(found.ravel().tolist())) > 1
    assert where.returns(topology, spread[1:], episodes=2, seed=13).tolist() == [found[1, 2:].tolist()]


def test_more_episodes_than_lanes() -> None:
    installed()
    rng = rng_of(3)
    genotype = drawn(rng, 4, 2, num_hidden=3)
    topology = Topology.of(genotype, 4, 2)
    where = problem(max_steps=30)
    weights = edge_weights(topology, drawn_weights(rng, genotype))[None]
    found = where.returns(topology, weights, episodes=70, seed=0)
    assert found.shape == (1, 70)
    assert found[0, 66:].tolist() == where.returns(topology, weights, episodes=4, seed=66)[0].tolist()


def test_what_is_no_number_counts_as_the_worst() -> None:
    installed("pendulum")
    topology = Topology.of({"activations": [], "connections": [[1, 4, 1], [2, 4, 1]]}, 3, 1)
    where = problem(environment="pendulum", max_steps=20)
    weights = np.array([[np.inf, -np.inf], [0.1, 0.1]])
    found = where.returns(topology, weights, episodes=3, seed=0)
    assert found[0].tolist() == [where.worst_return] * 3
    assert (found[1] > where.worst_return).all()


def test_answers_too_large_to_be_added_are_numbers() -> None:
    """And where they are infinite they are none, whatever their signs."""
    installed()
    topology = Topology.of({"activations": [], "connections": [[0, 5, 1], [0, 6, 1]]}, 4, 2)
    weights = np.array([[1.5e308, 1e308], [1.0, 0.5], [np.inf, -np.inf]])
    where = problem(max_steps=20)
    found = where.returns(topology, weights, episodes=2, seed=0)
    assert found[0].tolist() == found[1].tolist() != [0.0, 0.0]
    assert found[2].tolist() == [where.worst_return] * 2


def test_a_lander_that_crashes_is_no_walker_that_falls() -> None:
    installed("lunar_lander")
    topology = Topology.of({"activations": [], "connections": [[0, 9, 1]]}, 8, 4)  # the engines stay off
    strict, mild = (
        problem(environment="lunar_lander", fall_penalty=penalty).returns(topology, np.ones((1, 1)), episodes=2, seed=0)
        for penalty in (True, False)
    )
    assert strict.tolist() == mild.tolist()


def test_the_penalty_of_a_fall_can_be_left_out() -> None:
    installed("bipedal_walker")
    topology = Topology.of({"activations": [], "connections": [[0, 25 + n, 1] for n in range(4)]}, 24, 4)
    weights = np.array([[1.0, -1.0, 1.0, -1.0]])  # it falls at once
    both = [
        problem(environment="bipedal_walker", fall_penalty=penalty).returns(topology, weights, episodes=2, seed=0)
        for penalty in (True, False)
    ]
    assert both[1] - both[0] == pytest.approx(np.full((1, 2), 100.0))


@pytest.mark.parametrize("environment", sorted(GYM_TASKS))
def test_the_table_says_what_the_environments_say(environment: str) -> None:
    task, one = GYM_TASKS[environment], made(environment, 10)
    assert one.observation_space.shape == (task.num_inputs,)
    if task.is_discrete:
        assert int(one.action_space.n) == task.num_outputs
    else:
        assert one.action_space.shape == (task.num_outputs,)
    assert one.spec.max_episode_steps == 10
    from gymnasium.envs.registration import registry

    assert registry[task.id].max_episode_steps == task.max_steps


def test_it_is_a_control_problem_also_where_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gym_control, "find_spec", lambda name: None)
    where = problem(environment="lunar_lander")
    assert isinstance(where, Control)
    assert (where.input_shape, where.num_classes) == ((8, 1, 1), 4)
    with pytest.raises(InvalidConfig, match=r"gymnasium and box2d, .* requirements-rl.txt"):
        where.returns(Topology.of({"activations": [], "connections": []}, 8, 4), np.ones((1, 0)), episodes=1, seed=0)
    space = Wann(WannSpaceConfig(num_inputs=8, num_outputs=4))
    with pytest.raises(InvalidConfig, match=r"requirements-rl.txt"):
        SearchSetup(space, where, SharedWeight(SharedWeightConfig()), (Objective.from_text("mean_return"),), (), 0)


def test_only_what_is_needed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        gym_control, "find_spec", lambda name: importlib.util.find_spec("json") if name == "gymnasium" else None
    )
    problem(environment="acrobot").check_installed()
    with pytest.raises(InvalidConfig, match=r"needs box2d, which"):
        problem(environment="bipedal_walker").check_installed()


def test_other_environments_are_other_problems() -> None:
    kinds = [{}, {"environment": "acrobot"}, {"max_steps": 100}, {"fall_penalty": False}]
    assert len({problem(**kind).fingerprint() for kind in kinds}) == 4
    with pytest.raises(InvalidConfig, match="environment"):
        problem(environment="os:system")
