"""Bayesian optimisation: a surrogate learns from all results and chooses what to try next.

Gaussian process with expected improvement (Jones, Schonlau and Welch 1998), and BANANAS: an ensemble of networks on path
encodings with independent Thompson sampling (White et al. 2021, arXiv 1910.11858).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.random import Generator

from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.space import Encoded, Mutable, Mutation, Space
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.strategies.bayesian_config import BayesianConfig
from nas.strategies.bayesian_memory import Forecast, Memory, Observation, tamed, violation
from nas.strategies.bayesian_target import Target
from nas.strategies.bayesian_views import bayesian_views, plain, principal_axis
from nas.surrogates.acquisition import (
    expected_improvement,
    independent_thompson,
    lower_confidence_bound,
    probability_of_improvement,
)
from nas.surrogates.gaussian_process import GaussianProcess, Hyperparameters, fit
from nas.surrogates.kernels import KERNELS
from nas.surrogates.mlp_ensemble import MlpEnsemble, Training
from nas.surrogates.surrogate import Array, Belief, Surrogate

ARCHITECTURES_FAULT = frozenset({ResultStatus.DIVERGED, ResultStatus.OUT_OF_MEMORY, ResultStatus.TIMED_OUT})
"""Failures that a like architecture would share, so the model learns from them; a crash or a lost worker says nothing."""

_TRIES_PER_CANDIDATE = 10
_DIGITS = 10  # acquisition values that agree in so many are equal: the last bits differ between machines


@dataclass(frozen=True, slots=True)
class _Candidate:
    genotype: Genotype
    parents: tuple[int, ...]
    origin: str  # "mutation" or "random"


class Bayesian(AskTell):
    """`num_initial` random architectures; then of many unseen candidates the one that promises most is evaluated.

    What is being evaluated meanwhile counts as seen: the Gaussian process takes its own prediction for the result
    (kriging believer), so that it looks elsewhere; the ensemble relies on the chance in its choice.
    """

    name = "bayesian"
    title = "Bayesian optimisation"
    summary = "A model learns to predict results from those so far and picks what promises most, unsure cases included."
    source = "Jones et al. 1998, doi 10.1023/A:1008306431147; BANANAS: White et al. 2021, arXiv 1910.11858"
    requires = (Space, Encoded)
    Config = BayesianConfig

    config: BayesianConfig

    def __init__(self, config: BayesianConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if config.candidates != "random" and not isinstance(setup.space, Mutable):
            raise InvalidConfig.at(
                "candidates", f"{setup.space.title} cannot change an architecture; it must be random"
            )
        self._memory = Memory(config.max_observations, reads_paths=config.encoding == "paths")
        self._num_learned = 0
        self._hyperparameters: Hyperparameters | None = None
        self._fitted_at = 0  # how many results had been learned when they were fitted
        self._chosen: list[dict[str, Any]] = []  # by the latest model, not proposed yet; best first
        self._looked_at: dict[str, Any] = {}  # the latest comparison of candidates, for the view
        self._found_nothing_new = False

    def _is_exhausted(self) -> bool:
        return self._found_nothing_new

    # --- proposing -------------------------------------------------------------------------------------------------

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        seen = self._seen()
        while self._chosen:
            chosen = self._chosen.pop(0)
            if self._canonical(chosen["genotype"]) not in seen and not self._is_blacklisted(chosen["genotype"]):
                return _proposal(proposal_id, chosen)
        if self._is_starting():
            return self._random(proposal_id, seen, rng)
        candidates = self._candidates(set(seen), rng)
        if not candidates:
            return self._random(proposal_id, seen, rng)
        self._chosen = self._choose(proposal_id, candidates, rng)
        return _proposal(proposal_id, self._chosen.pop(0))

    def _is_starting(self) -> bool:
        num_on_the_way = sum(proposal.kind == EVALUATE for proposal in self._pending.values())
        num_measured = sum(bool(observation.metrics) for observation in self._memory)
        return len(self._memory) + num_on_the_way < self.config.num_initial or num_measured < 2

    def _random(self, proposal_id: int, seen: set[str], rng: Generator) -> Proposal | None:
        """A new one; None, and the search is over, when all draws are known."""
        for genotype in self._feasible(lambda: self.setup.sample(rng)):
            if self._canonical(genotype) not in seen:
                return Proposal(id=proposal_id, genotype=genotype, operator="random")
        self._found_nothing_new = True
        return None

    def _candidates(self, seen: set[str], rng: Generator) -> list[_Candidate]:
        """Unseen and feasible, each network once; `seen` grows by them."""
        config = self.config
        num_mutants = {"mutation": config.num_candidates, "random": 0, "both": config.num_candidates // 2}[
            config.candidates
        ]
        found: list[_Candidate] = []
        if num_mutants:
            found = self._mutants(num_mutants, seen, rng)
        if config.candidates != "mutation":
            drawn = self._feasible(lambda: self.setup.sample(rng))
            found += self._new((_Candidate(g, (), "random") for g in drawn), config.num_candidates - len(found), seen)
        return found

    def _mutants(self, num: int, seen: set[str], rng: Generator) -> list[_Candidate]:
        """Of the best results in turn, one to `max_mutations` changes away; none while there is no parent."""
        parents = self._best()
        if not parents:
            return []
        parent, turn = parents[0], 0

        def draw() -> Mutation:
            nonlocal parent, turn
            space: Any = self.setup.space  # Mutable, checked when the strategy was made
            parent = parents[turn % len(parents)]
            turn += 1
            mutation: Mutation = space.mutate(parent.genotype, rng)
            for _ in range(int(rng.integers(self.config.max_mutations))):
                mutation = space.mutate(mutation.genotype, rng)
            return mutation

        mutants = (_Candidate(m.genotype, (parent.id,), "mutation") for m in self._feasible(draw))
        try:
            return self._new(mutants, num, seen)
        except ConstraintLeavesNothing:
            # A constraint was changed and nothing near the best meets it.
            return []

    def _new(self, candidates: Iterable[_Candidate], num: int, seen: set[str]) -> list[_Candidate]:
        found: list[_Candidate] = []
        if num < 1:
            return found
        for candidate in islice(candidates, _TRIES_PER_CANDIDATE * num):
            canonical = self._canonical(candidate.genotype)
            if canonical not in seen:
                seen.add(canonical)
                found.append(candidate)
                if len(found) == num:
                    break
        return found

    def _best(self) -> list[Observation]:
        """Those that are mutated: least violation first, then by the target; each objective's own best where weighed.
        Only what may still be proposed itself: nearly all that lies around a forbidden one would be refused."""
        measured = [observation for observation in self._memory if observation.metrics]
        objectives = self.setup.objectives if self._weighs_objectives else self.setup.objectives[:1]

        def ranked(target: Target) -> list[Observation]:
            return sorted(measured, key=lambda o: (violation(o, self.setup), target.value(o.metrics)))

        rows = [ranked(Target((objective,))) for objective in objectives]
        in_turn = dict.fromkeys(observation.id for row in zip(*rows, strict=True) for observation in row)
        by_id = {observation.id: observation for observation in measured}
        allowed = (by_id[i] for i in in_turn if self.setup.is_feasible(by_id[i].genotype))
        return list(islice(allowed, self.config.num_parents))

    @property
    def _weighs_objectives(self) -> bool:
        return self.config.several_objectives == "random_weights" and len(self.setup.objectives) > 1

    def _seen(self) -> set[str]:
        pending = (p.genotype for p in self._pending.values() if p.genotype is not None)
        return self._memory.canonicals() | {self._canonical(genotype) for genotype in pending}

    def _canonical(self, genotype: Genotype) -> str:
        return self.setup.space.canonical(genotype)

    # --- the model -------------------------------------------------------------------------------------------------

    def _choose(self, proposal_id: int, candidates: list[_Candidate], rng: Generator) -> list[dict[str, Any]]:
        """The best candidates by a model made now, best first; remembers what it looked at."""
        setup, memory = self.setup, self._memory
        if self._weighs_objectives:
            target = Target.drawn(setup.objectives, [o.metrics for o in memory if o.metrics], rng)
        else:
            target = Target.of_first(setup.objectives)
        values, is_allowed = memory.targets(target, setup)
        learned = tamed(values)
        mean, scale = float(learned.mean()), float(learned.std()) or 1.0
        inputs, known = memory.encoded(setup), (learned - mean) / scale
        encoded = np.array([memory.encode(candidate.genotype, setup) for candidate in candidates])
        surrogate = self._surrogate(inputs, known, rng)
        belief = surrogate.predict(encoded)
        best = float(known[is_allowed].min()) if is_allowed.any() else float(known.min())
        promise = _rounded(self._acquisition(surrogate, belief, encoded, best, rng))
        order = np.argsort(-promise, kind="stable")[: self.config.proposals_per_model].tolist()

        expected = mean + scale * belief.mean
        doubt = 2 * scale * belief.std
        ends = [sorted((target.shown(m - d), target.shown(m + d))) for m, d in zip(expected, doubt, strict=True)]
        rows = [
            {"predicted": plain(target.shown(m)), "low": plain(low), "high": plain(high), "acquisition": plain(a)}
            for m, (low, high), a in zip(expected.tolist(), ends, promise.tolist(), strict=True)
        ]
        axis = principal_axis(inputs)
        self._looked_at = {
            "proposal": proposal_id,
            "metric": target.metric,
            "position": [plain(place) for place in (encoded @ axis).tolist()],
            **{name: [row[name] for row in rows] for name in rows[0]},
            "chosen": order,
            "seen_position": [plain(place) for place in (inputs @ axis).tolist()],
            "seen_value": [plain(target.shown(value)) for value in values.tolist()],
        }
        weighed = {"target": target.as_json()} if target.weights else {}
        return [
            {
                "genotype": candidates[place].genotype,
                "parents": list(candidates[place].parents),
                "meta": {"origin": candidates[place].origin, **rows[place], **weighed},
            }
            for place in order
        ]

    def _surrogate(self, inputs: Array, values: Array, rng: Generator) -> Surrogate:
        config = self.config
        if config.surrogate == "ensemble":
            training = Training(config.num_members, config.num_layers, config.width, config.epochs)
            return MlpEnsemble(inputs, values, training, rng)
        kernel = KERNELS[config.kernel]
        due_at = max(self._fitted_at + 1, self._fitted_at * (1 + config.refit_growth))
        if self._hyperparameters is None or self._num_learned >= due_at:
            self._hyperparameters = fit(inputs, values, kernel)
            self._fitted_at = self._num_learned
        process = GaussianProcess(inputs, values, kernel, self._hyperparameters)
        pending = [p.genotype for p in self._pending.values() if p.kind == EVALUATE and p.genotype is not None]
        if not pending:
            return process
        believed = np.array([self._memory.encode(genotype, self.setup) for genotype in pending])
        return GaussianProcess(
            np.concatenate([inputs, believed]),
            np.concatenate([values, process.predict(believed).mean]),
            kernel,
            self._hyperparameters,
            prior_mean=float(values.mean()),
        )

    def _acquisition(self, surrogate: Surrogate, belief: Belief, encoded: Array, best: float, rng: Generator) -> Array:
        config = self.config
        match config.acquisition:
            case "expected_improvement":
                return expected_improvement(belief, best, config.min_improvement)
            case "probability_of_improvement":
                return probability_of_improvement(belief, best, config.min_improvement)
            case "confidence_bound":
                return lower_confidence_bound(belief, config.exploration)
            case "independent_thompson":
                return independent_thompson(belief, rng)
            case "thompson":
                return -surrogate.draw(encoded, rng)

    # --- learning --------------------------------------------------------------------------------------------------

    def _learn(self, proposal: Proposal, result: Result) -> None:
        if proposal.genotype is None or not (result.status.is_ok or result.status in ARCHITECTURES_FAULT):
            return
        metrics = result.metrics if result.status.is_ok else {}
        observation = Observation(proposal.id, proposal.genotype, metrics, self._forecast(proposal, metrics))
        self._memory.add(observation, self.setup)
        self._num_learned += 1

    def _forecast(self, proposal: Proposal, metrics: Mapping[str, float]) -> Forecast | None:
        meta = proposal.meta
        if not metrics or "predicted" not in meta:
            return None
        objectives = self.setup.objectives
        target = Target.from_json(objectives, meta["target"]) if "target" in meta else Target.of_first(objectives)
        measured = plain(target.shown(target.value(metrics)))
        return Forecast(meta["predicted"], meta["low"], meta["high"], measured)

    def _rules_changed(self) -> None:
        self._chosen = []  # they may break what holds from now on
        self._found_nothing_new = False

    def views(self) -> list[View]:
        return bayesian_views(self._memory, self._looked_at)

    # --- state -----------------------------------------------------------------------------------------------------

    def _save(self) -> Mapping[str, Any]:
        return {
            "observations": self._memory.as_json(),
            "num_learned": self._num_learned,
            "hyperparameters": None if self._hyperparameters is None else asdict(self._hyperparameters),
            "fitted_at": self._fitted_at,
            "chosen": [dict(chosen) for chosen in self._chosen],
            "looked_at": dict(self._looked_at),
            "found_nothing_new": self._found_nothing_new,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._memory.load(data["observations"], self.setup)
        self._num_learned = int(data["num_learned"])
        stored = data["hyperparameters"]
        self._hyperparameters = None if stored is None else Hyperparameters(**stored)
        self._fitted_at = int(data["fitted_at"])
        self._chosen = [dict(chosen) for chosen in data["chosen"]]
        self._looked_at = dict(data["looked_at"])
        self._found_nothing_new = bool(data["found_nothing_new"])


def _proposal(proposal_id: int, chosen: Mapping[str, Any]) -> Proposal:
    return Proposal(
        id=proposal_id,
        genotype=chosen["genotype"],
        parents=tuple(chosen["parents"]),
        operator="acquisition",
        meta=chosen["meta"],
    )


def _rounded(values: Array) -> Array:
    """To `_DIGITS` significant digits of the largest one, so that equals are ordered by their place alone."""
    largest = float(np.abs(values).max())
    return np.round(values / largest, _DIGITS) * largest if largest > 0 else values
