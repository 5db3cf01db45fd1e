"""Ways to give a topology its weights: each against what it should do where the answer is known."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from nas.core.errors import Interrupted
from nas.core.problem import Split, Splits
from nas.problems.cartpole_swingup import CartPoleSwingUp, CartPoleSwingUpConfig
from nas.wann.control import TEST_SEED
from nas.wann.module import WANNFCN
from nas.wann.network_kernels import LOWEST_LOG
from nas.wann.topology import Topology
from nas.wann.tuning.backprop import fit
from nas.wann.tuning.cma_es import CmaEs, cma_es
from nas.wann.tuning.control_ground import ControlGround
from nas.wann.tuning.examples_ground import ExamplesGround, log_probability
from nas.wann.tuning.pepg import Pepg, centred_ranks, reinforce
from nas.wann.tuning.shared import SWEEP, random_shared, random_weights, tuned_shared
from tests.nas.wann.plain import answers, drawn

CPU = torch.device("cpu")


def rng_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def splits(num_classes: int = 3, size: int = 4, number: int = 90) -> Splits:
    """Each class lies around a corner of its own, easily told apart."""
    rng = rng_of(100)
    corners = 2 * rng.standard_normal((num_classes, size))

    def part() -> Split:
        targets = rng.permutation(np.arange(number) % num_classes)
        inputs = (corners[targets] + 0.3 * rng.standard_normal((number, size))).astype(np.float32)
        return Split(inputs.reshape(number, 1, 1, size), targets)

    return Splits(part(), part(), part(), "corners")


def wired(seed: int = 0, num_hidden: int = 8) -> dict[str, object]:
    """With connections from inputs to outputs, so that weights can do the task."""
    genotype = drawn(rng_of(seed), 4, 3, num_hidden)
    pairs = {(a, b) for a, b, _ in genotype["connections"]}
    genotype["connections"] += [[a, b, 1] for a in range(5) for b in (5, 6, 7) if (a, b) not in pairs]
    return genotype


def ground(batch_size: int = 90, num_hidden: int = 8) -> ExamplesGround:
    return ExamplesGround(Topology.of(wired(num_hidden=num_hidden), 4, 3), splits(), CPU, batch_size)


class Valley:
    """Scores −(w − target)ᵀ H (w − target), with narrow and wide directions that no axis follows."""

    def __init__(self, num_weights: int = 6) -> None:
        rng = rng_of(8)
        self.num_weights = num_weights
        turned, _ = np.linalg.qr(rng.standard_normal((num_weights, num_weights)))
        self.steepness = 10.0 ** np.linspace(0, 3, num_weights)
        self.hessian = turned @ np.diag(self.steepness) @ turned.T
        self.target = rng.standard_normal(num_weights)
        self.seen: list[int] = []

    def turn(self, rng: np.random.Generator) -> np.ndarray:
        return rng.integers(10, size=1)

    def scores(self, weights: np.ndarray, turn: np.ndarray) -> np.ndarray:
        self.seen.append(len(weights))
        away = weights - self.target
        return -np.einsum("ki,ij,kj->k", away, self.hessian, away)


@pytest.mark.parametrize("diagonal", [False, True])
def test_the_covariance_learns_the_shape_of_a_valley(diagonal: bool) -> None:
    """A full one in any direction; a diagonal one where the directions are axes."""
    valley = Valley()
    if diagonal:
        valley.hessian = np.diag(valley.steepness)
    method = CmaEs(np.zeros(6), 0.5, rng_of(1), diagonal=diagonal)
    for generation in range(700):
        vectors = method.ask()
        method.tell(vectors, valley.scores(vectors, np.zeros(1)))
        if generation == 150:
            shape = np.diag(method.covariance) if diagonal else method.covariance
            product = valley.hessian @ shape
            # The covariance becomes a multiple of the inverse Hessian: their product one of the unit matrix.
            scales = np.sort(np.linalg.eigvals(product).real)
            assert scales[-1] / scales[0] < 30  # 1000 to begin with
        if method.sigma < 1e-12:
            break
    assert method.mean == pytest.approx(valley.target, abs=1e-6)
    assert generation < 600


def test_the_covariance_needs_as_many_generations_as_the_library_of_its_author() -> None:
    """N. Hansen's own package, told to do without its negative weights as we do."""
    cma = pytest.importorskip("cma")
    valley, ours, theirs = Valley(), [], []

    def losses(vectors: np.ndarray) -> np.ndarray:
        return -valley.scores(vectors, np.zeros(1))

    for seed in range(1, 6):
        other = cma.CMAEvolutionStrategy(6 * [0.0], 0.5, {"seed": seed, "verbose": -9, "CMA_active": False})
        method = CmaEs(np.zeros(6), 0.5, rng_of(seed))
        assert method.population == other.popsize
        for found, ask, tell in (
            (theirs, other.ask, lambda asked, other=other: other.tell(asked, losses(np.array(asked)).tolist())),
            (ours, method.ask, lambda asked, method=method: method.tell(asked, -losses(asked))),
        ):
            least, generations = np.inf, 0
            while least > 1e-8 and generations < 1000:
                asked = ask()
                tell(asked)
                least, generations = losses(np.array(asked)).min(), generations + 1
            found.append(generations)
    assert np.median(ours) < 500
    assert np.median(ours) == pytest.approx(np.median(theirs), rel=0.2)


def test_many_weights_are_given_a_diagonal() -> None:
    assert CmaEs(np.zeros(500), 0.1, rng_of(0)).covariance.shape == (500, 500)
    assert CmaEs(np.zeros(501), 0.1, rng_of(0)).covariance.shape == (501,)


@pytest.mark.parametrize("method", [reinforce, cma_es])
def test_a_climb_stays_inside_its_budget_and_nears_the_target(method: Callable[..., object]) -> None:
    valley = Valley()
    valley.hessian = np.eye(6)
    found = method(valley, rng_of(2), start=0.3, budget=20_011, population=32)
    assert found.evaluations == sum(valley.seen) == 20_011 // 32 * 32
    before, after = (np.linalg.norm(0.3 + w - valley.target) for w in (np.zeros(6), found.weights))
    assert after < 0.1 * before
    assert found.curve[-1][0] == found.evaluations
    assert len(found.curve) <= 201


@pytest.mark.parametrize("method", [reinforce, cma_es])
def test_a_climb_is_its_seed_and_can_be_stopped(method: Callable[..., object]) -> None:
    first, second, other = (method(Valley(), rng_of(s), start=0.0, budget=640, population=32) for s in (5, 5, 6))
    assert first.weights.tolist() == second.weights.tolist() != other.weights.tolist()
    with pytest.raises(Interrupted):
        method(Valley(), rng_of(5), start=0.0, budget=640, population=32, should_stop=lambda: True)


def test_policy_gradients_follow_their_formulas() -> None:
    """One generation of two pairs, by hand."""
    method = Pepg(2, rng_of(0), population=4, sigma=0.1)
    vectors = method.ask()
    draws = vectors[:2]
    assert vectors[2:] == pytest.approx(-draws)
    method.tell(vectors, np.array([3.0, -1.0, 2.0, 7.0]))
    rewards = np.array([1 / 6, -0.5, -1 / 6, 0.5]) - 0.005 * (vectors**2).mean(axis=1)
    ascent = (rewards[0] - rewards[2]) * draws[0] + (rewards[1] - rewards[3]) * draws[1]
    assert method.mu == pytest.approx(0.01 * np.sign(ascent), rel=1e-4)  # Adam's first step
    change = np.zeros(2)
    for pair in range(2):
        change += ((rewards[pair] + rewards[pair + 2]) / 2 - rewards.mean()) * (draws[pair] ** 2 - 0.01) / 0.1
    expected = (0.1 + np.clip(0.2 * change / 4, -0.02, 0.02)) * 0.999
    assert method.sigma == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="even"):
        Pepg(2, rng_of(0), population=5)


def test_ranks_do_not_see_how_far_apart_scores_are() -> None:
    assert centred_ranks(np.array([5.0, -1e9, 5.5, 0.0])).tolist() == pytest.approx([1 / 6, -0.5, 0.5, -1 / 6])


def test_scores_are_those_of_each_network_alone() -> None:
    rng = rng_of(3)
    where = ground(batch_size=10)
    weights = 0.5 * rng.standard_normal((5, where.num_weights))
    turn = where.turn(rng)
    assert len(set(turn.tolist())) == 10
    inputs, targets = where.parts["train"]
    found = where.scores(weights, turn)
    for vector, score in zip(weights, found, strict=True):
        network = WANNFCN(where.topology, mode="individual", weights=vector)
        loss = torch.nn.functional.cross_entropy(network(inputs[turn]), targets[turn])
        assert score == pytest.approx(-float(loss.detach()), rel=1e-5)


def test_a_log_probability_is_bounded_from_below() -> None:
    outputs = torch.tensor([[[0.0, 2000.0], [1.0, 1.0]], [[float("nan"), 0.0], [float("inf"), 0.0]]])
    found = log_probability(outputs, torch.tensor([0, 1]))
    assert found.tolist() == pytest.approx([(LOWEST_LOG + np.log(0.5)) / 2, LOWEST_LOG])


def test_weights_that_overflow_are_the_worst_and_raise_nothing() -> None:
    where = ground()
    weights = np.full((2, where.num_weights), 1e30)
    weights[1] = 0.0
    scores = where.scores(weights, np.arange(10))
    assert np.isfinite(scores).all()
    assert scores[0] < scores[1] == pytest.approx(np.log(1 / 3), rel=1e-5)
    assert np.isfinite(where.quality(weights, "test")).all()


def test_an_ensemble_votes_and_probabilities_decide_ties() -> None:
    where = ground(num_hidden=5)
    values = np.array([-2.0, -1.0, 0.5, 1.0])
    inputs, targets = where.parts["test"]
    genotype, right, ties = wired(num_hidden=5), 0, 0
    for row, target in zip(inputs.double().numpy(), targets.tolist(), strict=True):
        each = [
            np.array(answers(genotype, 4, 3, {(a, b): v for a, b, e in genotype["connections"] if e}, row.tolist()))
            for v in values
        ]
        votes = Counter(int(one.argmax()) for one in each)
        most = [label for label, count in votes.items() if count == max(votes.values())]
        ties += len(most) > 1
        soft = sum(np.exp(one - one.max()) / np.exp(one - one.max()).sum() for one in each)
        right += max(most, key=lambda label: soft[label]) == target
    assert ties > 0
    assert where.ensemble(values, "test") == pytest.approx(right / len(targets))


def test_shared_weights_are_one_number_for_all() -> None:
    where = ground()
    values = np.array([-1.0, 0.3])
    spread = np.repeat(values[:, None], where.num_weights, axis=1)
    assert where.quality_shared(values, "test").tolist() == where.quality(spread, "test").tolist()
    best = tuned_shared(where)
    sweep = {round(0.1 * n, 10): float(where.quality_shared(np.array([0.1 * n]), "train")[0]) for n in range(-20, 21)}
    assert sweep[best] == max(sweep.values())
    assert len(set(random_shared(where, rng_of(0), 200, "test").tolist())) > 5
    assert random_weights(where, rng_of(0), 7, "test").shape == (7,)


def test_weights_are_drawn_from_minus_two_to_two_and_the_sweep_has_steps_of_a_tenth() -> None:
    class Mirror:
        """What is asked about is what it answers."""

        num_weights = 3

        def quality_shared(self, values: np.ndarray, part: str) -> np.ndarray:
            return values

        def quality(self, weights: np.ndarray, part: str) -> np.ndarray:
            return weights

    mirror: Any = Mirror()
    for drawn_ in (random_shared(mirror, rng_of(0), 1000, "test"), random_weights(mirror, rng_of(0), 1000, "test")):
        assert np.abs(drawn_).max() <= 2
        assert np.quantile(drawn_, [0.05, 0.25, 0.5, 0.75, 0.95]) == pytest.approx([-1.8, -1, 0, 1, 1.8], abs=0.15)
    assert np.corrcoef(drawn_[:, 0], drawn_[:, 1])[0, 1] == pytest.approx(0, abs=0.1)
    assert tuned_shared(mirror) == 2.0
    assert pytest.approx([n / 10 for n in range(-20, 21)]) == SWEEP


def test_gradients_learn_what_shared_weights_cannot() -> None:
    where = ground(batch_size=32)
    start = tuned_shared(where)
    network = WANNFCN(where.topology, mode="offset", shared_weight=start)
    found = fit(network, where, rng_of(1), budget=601)
    assert found.evaluations == 600
    weights = network.connection_weights().detach().double().numpy()
    assert float(where.quality(weights[None], "test")[0]) > 0.95
    assert float(where.quality_shared(np.array([start]), "test")[0]) < 0.9
    again = WANNFCN(where.topology, mode="offset", shared_weight=start)
    fit(again, where, rng_of(1), budget=601)
    assert torch.equal(again.offsets, network.offsets)
    with pytest.raises(Interrupted):
        fit(again, where, rng_of(1), budget=601, should_stop=lambda: True)


def test_a_step_counts_thrice_and_steps_get_shorter_like_half_a_cosine() -> None:
    """Adam's first step is as long as its rate; seen from the looks at whether to stop, one before each step."""
    where = ground(batch_size=32)
    network = WANNFCN(where.topology, mode="offset", shared_weight=0.5)
    seen: list[torch.Tensor] = []

    def looks() -> bool:
        seen.append(network.offsets.detach().clone())
        return False

    found = fit(network, where, rng_of(1), budget=62, should_stop=looks)
    assert found.evaluations == 60  # a backward pass counts as two forward ones
    assert len(seen) == 20
    lengths = [float((b - a).abs().max()) for a, b in pairwise([*seen, network.offsets.detach()])]
    assert lengths[0] == pytest.approx(0.01, rel=1e-3)
    assert lengths[10] < 0.01
    assert lengths[-1] < 0.01 * (1 + np.cos(np.pi * 19 / 20)) / 2 * 1.5


def test_a_gradient_that_is_no_number_changes_nothing() -> None:
    where = ground()
    network = WANNFCN(where.topology, mode="individual", weights=np.full(where.num_weights, 1e25))
    before = network.weights.detach().clone()
    found = fit(network, where, rng_of(1), budget=9)
    assert torch.equal(network.weights, before)
    assert np.isfinite([score for _, score in found.curve]).all()


@pytest.mark.parametrize("method", [reinforce, cma_es])
def test_population_methods_learn_examples(method: Callable[..., object]) -> None:
    where = ground(batch_size=32)
    start = tuned_shared(where)
    found = method(where, rng_of(4), start=start, budget=6000, population=20)
    assert float(where.quality(start + found.weights[None], "test")[0]) > 0.95


def test_episodes_are_a_ground_as_well() -> None:
    topology = Topology.of(drawn(rng_of(2), 5, 1, num_hidden=6), 5, 1)
    problem = CartPoleSwingUp(CartPoleSwingUpConfig(steps=50), None)
    where = ControlGround(topology, problem, episodes=3, report_episodes=10)
    weights = rng_of(0).standard_normal((4, where.num_weights))
    turn = where.turn(rng_of(5))
    expected = problem.returns(topology, weights, episodes=3, seed=int(turn[0])).mean(axis=1)
    assert where.scores(weights, turn).tolist() == expected.tolist()
    reported = problem.returns(topology, weights, episodes=10, seed=TEST_SEED).mean(axis=1)
    assert where.quality(weights, "test").tolist() == reported.tolist() != where.quality(weights, "train").tolist()
    seeds = [int(where.turn(rng_of(n))[0]) for n in range(200)]
    assert min(seeds) >= 0
    assert max(seeds) < 1000
    spread = np.full((1, where.num_weights), 0.7)
    assert where.quality_shared(np.array([0.7]), "test").tolist() == where.quality(spread, "test").tolist()


def test_long_looks_at_many_weights_can_be_stopped() -> None:
    """Asked again before each piece: here before the second."""
    stops = iter([False, True])
    topology = Topology.of(drawn(rng_of(2), 5, 1, num_hidden=6), 5, 1)
    problem = CartPoleSwingUp(CartPoleSwingUpConfig(steps=10), None)
    where = ControlGround(topology, problem, episodes=3, report_episodes=2, should_stop=lambda: next(stops))
    with pytest.raises(Interrupted):
        random_shared(where, rng_of(0), 20, "test")
    stopped = ExamplesGround(Topology.of(wired(), 4, 3), splits(), CPU, 90, lambda: True)
    with pytest.raises(Interrupted):
        random_weights(stopped, rng_of(0), 20, "test")
