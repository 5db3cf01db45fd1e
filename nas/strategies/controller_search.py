"""Search by a trained controller: it draws batches of architectures and learns from their rewards.

How the policy is improved is what its strategies differ in. Several controllers may draw in parallel from shared weights
and hand in delayed gradients, as in figure 3 of Zoph and Le 2017, arXiv 1611.01578.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.controllers.adam import Adam, Weights
from nas.controllers.policy import Policy, Unrolled
from nas.core.errors import ConstraintLeavesNothing, InvalidGenotype
from nas.core.proposal import Genotype, Proposal
from nas.core.randomness import STRATEGY_STREAM, generator_for
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.space import Decision, Sequential, Space
from nas.core.strategy import MAX_TRIES, AskTell
from nas.core.view import View
from nas.strategies.controller_config import ControllerConfig
from nas.strategies.controller_reward import check_reward, reward_of
from nas.strategies.controller_views import learning_view, policy_view

SHOWN_UPDATES = 500
"""The latest updates that are remembered for the page."""

_NEVER_EVALUATED = frozenset({ResultStatus.CANCELLED, ResultStatus.LOST_WORKER})
"""Ends that are nobody's fault: another architecture takes the place in the batch."""

_MORE_DRAWS = 50
"""Drawn side by side once the first draw broke a constraint; a row costs a twentieth of a draw alone."""


@dataclass(slots=True)
class Child:
    """One architecture of a batch; its reward is None while it is on the way."""

    actions: list[int]
    reward: float | None = None


@dataclass(slots=True)
class Controller:
    """One that draws: the weights it pulled, how many updates these had seen, and its batch by proposal id."""

    weights: Weights
    pulled_at: int = 0
    batch: dict[int, Child] = field(default_factory=dict)
    told: list[int] = field(default_factory=list)  # ids whose rewards are in, in the order of their arrival


class ControllerSearch(AskTell):
    """A subclass says how rewards improve the policy (`_improve`)."""

    requires = (Space, Sequential)

    config: ControllerConfig

    def __init__(self, config: ControllerConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        check_reward(config, setup)
        rng = generator_for(setup.run_seed, setup.replica, STRATEGY_STREAM)
        self._space = cast(Sequential, setup.space)  # as required
        self._weights = config.shape.initial(self._space.decision_groups(), config.initial_spread, rng)
        self._adam = Adam(config.learning_rate, self._weights)
        self._controllers = [Controller(self._weights) for _ in range(config.replicas)]
        self._baseline: float | None = None
        self._history: list[tuple[float, ...]] = []  # of each update: number, mean reward, baseline, entropy, staleness

    @abstractmethod
    def _improve(self, pulled: Policy, batch: Sequence[Child], advantages: npt.NDArray[np.float64]) -> float:
        """Change `self._weights` by what the batch, drawn by `pulled`, has shown. Returns its mean entropy."""

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """By the first controller whose batch has room; None while all wait for rewards."""
        for number, controller in enumerate(self._controllers):
            if len(controller.batch) < self.config.batch_size:
                genotype = self._draw(Policy(self.config.shape, controller.weights), rng)
                controller.batch[proposal_id] = Child(self._space.encode(genotype))
                meta = {"controller": number, "updates": controller.pulled_at}
                return Proposal(id=proposal_id, genotype=genotype, operator="policy", meta=meta)
        return None

    def _draw(self, policy: Policy, rng: Generator) -> Genotype:
        drawn = policy.sample(self._space, rng)

        def draw() -> Genotype:
            for _ in range(MAX_TRIES):
                if not drawn:
                    drawn.extend(policy.sample(self._space, rng, _MORE_DRAWS))
                genotype = self._space.decode(drawn.pop().actions)
                try:
                    return self.setup.space.validate(genotype)
                except InvalidGenotype:  # a rule of the space that ties choices together (widths never fall)
                    continue
            raise ConstraintLeavesNothing("the policy draws nothing that the space's own rules admit")

        try:
            return self._draw_feasible(draw)
        except ConstraintLeavesNothing:
            # The policy has learned to draw only what a changed constraint forbids: show it something else.
            return self._draw_feasible(lambda: self.setup.space.sample(rng))

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """What was added or retried by a person was not drawn by the policy and teaches it nothing."""
        controller = next((each for each in self._controllers if proposal.id in each.batch), None)
        if controller is None:
            return
        if result.status in _NEVER_EVALUATED:
            del controller.batch[proposal.id]
            return
        controller.batch[proposal.id].reward = reward_of(proposal, result, self.config, self.setup)
        controller.told.append(proposal.id)
        if len(controller.told) == self.config.batch_size:
            self._update(controller)

    def _update(self, controller: Controller) -> None:
        """One step from a complete batch; the baseline it is judged by does not know the batch yet."""
        rewards = {number: child.reward or 0.0 for number, child in controller.batch.items()}
        mean = float(np.mean(list(rewards.values())))
        baseline = mean if self._baseline is None else self._baseline
        advantages = np.array(list(rewards.values())) - baseline
        pulled = Policy(self.config.shape, controller.weights)
        entropy = self._improve(pulled, list(controller.batch.values()), advantages)
        for number in controller.told:
            baseline = self.config.baseline_decay * baseline + (1 - self.config.baseline_decay) * rewards[number]
        self._baseline = baseline
        updates = self._num_updates + 1
        self._history.append((updates, mean, baseline, entropy, updates - 1 - controller.pulled_at))
        del self._history[:-SHOWN_UPDATES]
        controller.weights, controller.pulled_at = self._weights, updates
        controller.batch, controller.told = {}, []

    @property
    def _num_updates(self) -> int:
        return int(self._history[-1][0]) if self._history else 0

    def _step(self, gradients: Sequence[Weights]) -> None:
        """Adam with the sum of `gradients`, those of parts of one batch."""
        total = {name: np.sum([part[name] for part in gradients], axis=0) for name in self._weights}
        self._weights = self._adam.step(self._weights, total)

    def views(self) -> list[View]:
        policy = Policy(self.config.shape, self._weights)
        (likely,) = policy.sample(self._space, None)
        facts = {
            "learning_rate": self.config.learning_rate,
            "published_learning_rate": self.config.published_learning_rate,
            "updates": self._num_updates,
        }
        return [
            policy_view(policy.read(likely.decisions, [likely.actions]), facts),
            learning_view(self._history),
        ]

    def _save(self) -> Mapping[str, Any]:
        """Batches as lists: their order is that of drawing."""
        return {
            "controllers": [
                {
                    "pulled_at": each.pulled_at,
                    "batch": [[number, child.actions, child.reward] for number, child in each.batch.items()],
                    "told": list(each.told),
                }
                for each in self._controllers
            ],
            "baseline": self._baseline,
            "num_steps": self._adam.num_steps,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        if len(data["controllers"]) != len(self._controllers):
            raise ValueError("the stored state has another number of controllers")
        for controller, stored in zip(self._controllers, data["controllers"], strict=True):
            controller.pulled_at = int(stored["pulled_at"])
            controller.batch = {int(n): Child(list(actions), reward) for n, actions, reward in stored["batch"]}
            controller.told = [int(number) for number in stored["told"]]
        self._baseline = data["baseline"]
        self._adam.num_steps = int(data["num_steps"])

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        """Of each controller only what differs from the shared weights."""
        tensors: dict[str, npt.NDArray[Any]] = {"history": np.array(self._history, dtype=np.float64).reshape(-1, 5)}
        parts = {"weights": self._weights, "first_moments": self._adam.first, "second_moments": self._adam.second}
        parts |= {
            f"pulled{number}": each.weights
            for number, each in enumerate(self._controllers)
            if each.weights is not self._weights
        }
        return tensors | {f"{part}/{name}": value for part, named in parts.items() for name, value in named.items()}

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        def part(name: str) -> Weights:
            found = {key: tensors[f"{name}/{key}"] for key in self._weights}
            wrong = [key for key, value in found.items() if value.shape != self._weights[key].shape]
            if wrong:
                raise ValueError(f"the stored {name} have other sizes: {', '.join(wrong):.100}")
            return found

        shared = part("weights")
        self._adam.first, self._adam.second = part("first_moments"), part("second_moments")
        for number, controller in enumerate(self._controllers):
            has_own = any(key.startswith(f"pulled{number}/") for key in tensors)
            controller.weights = part(f"pulled{number}") if has_own else shared
        self._weights = shared
        self._history = [tuple(row) for row in tensors["history"].tolist()]


def alike(pulled: Policy, batch: Sequence[Child], space: Sequential) -> Iterable[tuple[list[int], Unrolled]]:
    """The batch in parts that made the same decisions: the places of their children, and what `pulled` says of them."""
    parts: dict[tuple[Decision, ...], list[int]] = {}
    for place, child in enumerate(batch):
        decisions = [space.next_decision(child.actions[:number]) for number in range(len(child.actions))]
        parts.setdefault(tuple(each for each in decisions if each is not None), []).append(place)
    for made, places in parts.items():
        yield places, pulled.read(made, [batch[place].actions for place in places])
