"""The estimator `shared_weight`: a topology tried with values that all its connections share; nothing is trained.

Gaier and Ha 2019, arXiv 1906.04358, section 4: the mean over the six weights of the search, one weight tuned on the training part,
an ensemble of six votes, random weights. A sweep, a vote's weights and the number of draws are not stated there; here a sweep of
equal steps over −2 … 2, the six weights of the search, equals decided by the sum of probabilities.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import Interrupted, InvalidConfig, InvalidGenotype, TrialFailed
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest, TableLibrary
from nas.core.problem import Problem, Supervised, supervised
from nas.core.result import ResultStatus
from nas.core.space import Space
from nas.spaces.wann import wann_space
from nas.wann.control import TEST_SEED, Control, rollout
from nas.wann.genome import Genome
from nas.wann.island_settings import SEARCH_WEIGHTS
from nas.wann.topology import Topology

if TYPE_CHECKING:
    from nas.wann.packed import Examples, Scores

SIX = np.array(SEARCH_WEIGHTS)
WIDEST = 2.0
"""Sweep and draws stay between minus this and this."""
MOST_SWEPT = 401
PIECE = 4_096
"""Examples that are brought into the form of the compiled loops at once."""
SWEEP_SEED, SCORE_SEED = 400_000, 500_000
"""Where networks act: the episodes that choose the tuned weight, and those that score. Searches use seeds of their own."""

Floats = npt.NDArray[np.float64]


class SharedWeightConfig(BaseConfig):
    sweep_points: int = setting(
        41,
        title="Weights to tune with",
        description="So many values from −2 to 2 are tried on the training part; the best is the tuned shared weight.",
        unit="weights",
        ge=2,
        le=MOST_SWEPT,
    )
    episodes: int = setting(
        20,
        title="Episodes",
        description="Over which a return is a mean, where networks act; reports take five times as many.",
        unit="episodes",
        ge=1,
        le=1_000,
        advanced=True,
    )
    random_draws: int = setting(
        100,
        title="Random weights",
        description="Draws from −2 to 2 for the mean and spread of a random shared weight.",
        unit="weights",
        ge=2,
        le=10_000,
        advanced=True,
    )


class SharedWeight:
    """Fidelity: {"sweep_points": n} in place of the setting. Evaluations take from milliseconds to a few seconds."""

    name: ClassVar[str] = "shared_weight"
    title: ClassVar[str] = "One weight for all connections"
    summary: ClassVar[str] = "Tries each topology with several shared weights, without any training."
    source: ClassVar[str] = "Gaier and Ha 2019, arXiv 1906.04358"
    version: ClassVar[int] = 1
    is_simulated: ClassVar[bool] = False
    Config: ClassVar[type[BaseConfig]] = SharedWeightConfig

    def __init__(self, config: SharedWeightConfig, library: TableLibrary | None = None) -> None:
        self._config = config

    @property
    def config(self) -> SharedWeightConfig:
        return self._config

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        if isinstance(problem, Control):
            return ("mean_return", "best_return")
        return (
            "accuracy",
            "error_percent",
            "loss",
            "mean_accuracy",
            "peak_accuracy",
            "ensemble_accuracy",
            "random_weight_accuracy",
            "random_weight_spread",
        )

    def check(self, space: Space, problem: Problem) -> None:
        wann_space(space, problem)
        if isinstance(problem, Control):
            problem.check_installed()
            return
        if not isinstance(problem, Supervised) or "accuracy" not in problem.metrics():
            raise InvalidConfig.at("problem", f"{problem.title} has neither labelled examples nor episodes to act in")

    def check_fidelity(self, fidelity: Mapping[str, Any]) -> None:
        """As `LimitedFidelity` says."""
        self._num_swept(fidelity)

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        """`accuracy`, `error_percent` and `loss` are those of the tuned shared weight on the validation part; where networks act
        `best_return` is its mean return. `mean_…` and `peak_…` are over the six weights of the search."""
        started = time.perf_counter()
        num_swept = self._num_swept(request.fidelity)
        try:
            genome = wann_space(request.space, request.problem).genome(request.genotype)
        except InvalidGenotype as error:
            raise TrialFailed(ResultStatus.INFEASIBLE, f"the topology cannot be computed: {error}") from error
        trial = _Trial(request, context, genome, np.round(np.linspace(-WIDEST, WIDEST, num_swept), 6))
        metrics = self._acted(trial, request.problem) if isinstance(request.problem, Control) else self._labelled(trial)
        point = {name: value for name, value in metrics.items() if not name.startswith("test_")}
        context.report(num_swept, point)
        return Evaluation(metrics=metrics, cost_seconds=time.perf_counter() - started, steps_done=num_swept)

    def _labelled(self, trial: _Trial) -> dict[str, float]:
        swept = trial.scores("train", trial.sweep)
        # The most right answers, of equals the largest reward.
        tuned = trial.sweep[np.lexsort((swept.rewards[0], swept.accuracies[0]))[-1:]]
        of_tuned = trial.scores("validation", tuned)
        of_six = trial.scores("validation", SIX).accuracies
        draws = trial.rng.uniform(-WIDEST, WIDEST, self._config.random_draws)
        of_draws = trial.scores("validation", draws).accuracies
        metrics = {
            "accuracy": of_tuned.accuracies.item(),
            "error_percent": 100 * (1 - of_tuned.accuracies.item()),
            "loss": -of_tuned.rewards.item(),
            "mean_accuracy": float(of_six.mean()),
            "peak_accuracy": float(of_six.max()),
            "ensemble_accuracy": trial.ensemble_accuracy("validation"),
            "random_weight_accuracy": float(of_draws.mean()),
            "random_weight_spread": float(of_draws.std()),
        }
        if trial.request.with_test:
            of_test = trial.scores("test", tuned)
            metrics |= {
                "test_accuracy": of_test.accuracies.item(),
                "test_loss": -of_test.rewards.item(),
                "test_mean_accuracy": float(trial.scores("test", SIX).accuracies.mean()),
                "test_ensemble_accuracy": trial.ensemble_accuracy("test"),
            }
        return metrics

    def _acted(self, trial: _Trial, control: Control) -> dict[str, float]:
        episodes = self._config.episodes
        tuned = trial.sweep[[trial.returns(control, trial.sweep, episodes, SWEEP_SEED).argmax()]]
        metrics = {
            "mean_return": float(trial.returns(control, SIX, episodes, SCORE_SEED).mean()),
            "best_return": float(trial.returns(control, tuned, episodes, SCORE_SEED).mean()),
        }
        if trial.request.with_test:
            metrics["test_return"] = float(trial.returns(control, tuned, 5 * episodes, TEST_SEED).mean())
        return metrics

    def _num_swept(self, fidelity: Mapping[str, Any]) -> int:
        if unknown := sorted(set(fidelity) - {"sweep_points"}):
            raise InvalidConfig.at("fidelity", f"there is the fidelity sweep_points, not {', '.join(unknown)}")
        number = fidelity.get("sweep_points", self._config.sweep_points)
        if isinstance(number, bool) or not isinstance(number, int) or not 2 <= number <= MOST_SWEPT:
            raise InvalidConfig.at(
                "fidelity.sweep_points", f"expected a whole number from 2 to {MOST_SWEPT}, got {number!r:.60}"
            )
        return number


class _Trial:
    """One topology, and what it is tried on. Raises Interrupted before each part of the work when it is asked to stop."""

    def __init__(self, request: EvaluationRequest, context: EvaluationContext, genome: Genome, sweep: Floats) -> None:
        self.request = request
        self.sweep = sweep
        self.rng = np.random.default_rng(request.seed)
        self._context = context
        self._genome = genome
        self._topology = Topology.of_genome(genome)

    def scores(self, part: str, weights: Floats) -> Scores:
        """(1, W) on all examples of a part of the data."""
        from nas.wann.packed import Scores, scores_of

        rewards, accuracies = np.zeros((2, 1, len(weights)))
        for examples, share in self._pieces(part):
            found = scores_of([self._genome], examples, weights)
            rewards += share * found.rewards
            accuracies += share * found.accuracies
        return Scores(rewards, accuracies)

    def ensemble_accuracy(self, part: str) -> float:
        from nas.wann.ensemble import majority
        from nas.wann.packed import outputs_of

        right = 0.0
        for examples, share in self._pieces(part):
            answers = majority(outputs_of(self._topology, examples, SIX))
            right += share * float((answers == examples.labels.ravel()[: examples.number]).mean())
        return right

    def _pieces(self, part: str) -> Iterator[tuple[Examples, float]]:
        """A part of the data in pieces, with the share of all examples that each holds; a whole one can be large."""
        from nas.wann.packed import Examples

        problem = self.request.problem
        splits = self._context.cached(f"splits:{problem.fingerprint()}", supervised(problem).splits)
        split = getattr(splits, part)
        for start in range(0, len(split.targets), PIECE):
            self._may_stop()
            targets = split.targets[start : start + PIECE]
            yield Examples.of(split.inputs[start : start + PIECE], targets), len(targets) / len(split.targets)

    def returns(self, control: Control, weights: Floats, episodes: int, seed: int) -> Floats:
        """(W,) mean returns."""
        means: Floats = np.empty(len(weights))
        for place, weight in enumerate(weights):
            self._may_stop()
            means[place] = rollout(control, [self._topology], [weight], episodes=episodes, seed=seed).mean()
        return means

    def _may_stop(self) -> None:
        if self._context.should_stop():
            raise Interrupted("stopped between two parts of an evaluation; nothing is lost but this one's start")
