"""Search by a trained controller: it draws batches of architectures and learns from their rewards.

How the policy is improved is what its strategies differ in. Several controllers may draw in parallel, each from the
shared weights as they were when its batch began, and hand in what they learned when the batch is complete; the shared weights
move once enough was handed in (Zoph and Le 2017, arXiv 1611.01578, section 3.2 and figure 3: replicas and a parameter server).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.strategies.controller_config import ControllerConfig
from nas.strategies.controller_memory import check_memory
from nas.strategies.controller_reward import check_reward, reward_of
from nas.strategies.controller_views import learning_view, policy_view

SHOWN_UPDATES = 500
"""The latest updates that are remembered for the page."""

_NEVER_EVALUATED = frozenset({ResultStatus.CANCELLED, ResultStatus.LOST_WORKER})
"""Ends that are nobody's fault: another architecture takes the place in the batch."""

_MORE_DRAWS = 50
"""Drawn side by side once the first draw broke a constraint; a row costs a twentieth of a draw alone."""

_MOST_ROUNDS = 10
"""Of them, after which a policy that insists is shown something else: to draw and price a row takes up to 2 ms."""


@dataclass(slots=True)
class Child:
    """One architecture of a batch, and the operations that were forbidden when it was drawn; its reward is None while it is on
    the way."""

    actions: list[int]
    forbidden: frozenset[str]
    reward: float | None = None

    def as_json(self) -> list[Any]:
        return [self.actions, sorted(self.forbidden), self.reward]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Child:
        actions, forbidden, reward = stored
        return cls(list(actions), frozenset(forbidden), reward)


@dataclass(slots=True)
class Controller:
    """One that draws: the version of the weights it pulled for its batch, and the batch by proposal id."""

    pulled_at: int = 0
    batch: dict[int, Child] = field(default_factory=dict)
    told: list[int] = field(default_factory=list)  # ids whose rewards are in, in the order of their arrival


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A complete batch that waits for the next update: the version it was drawn by, and its advantages (num_children,)."""

    pulled_at: int
    children: list[Child]
    advantages: list[float]


@dataclass(frozen=True, slots=True)
class Batch:
    """What an update learns from: the policy that drew the children, and by how much their rewards beat the baseline."""

    pulled: Policy
    children: list[Child]
    advantages: npt.NDArray[np.float64]


class ControllerSearch(AskTell):
    """A subclass says how rewards improve the policy (`_improve`)."""

    requires = (Space, Sequential)
    version = 4

    config: ControllerConfig

    def __init__(self, config: ControllerConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        check_reward(setup)
        rng = generator_for(setup.run_seed, setup.replica, STRATEGY_STREAM)
        self._space = cast(Sequential, setup.space)  # as required
        groups = self._space.decision_groups()
        check_memory(config, groups)
        self._weights = config.shape.initial(groups, config.initial_spread, rng)
        self._adam = Adam(config.learning_rate, self._weights)
        self._older: dict[int, Weights] = {}  # by version, of batches that are not learned from yet
        self._controllers = [Controller() for _ in range(config.num_controllers)]
        self._handed_in: list[HandedIn] = []
        self._baseline: float | None = None
        self._num_updates = 0  # the version of the shared weights
        self._history: list[tuple[float, ...]] = []  # of each update: number, mean reward, baseline, entropy, staleness

    @abstractmethod
    def _improve(self, batches: Sequence[Batch]) -> float:
        """Change `self._weights` by what the batches have shown, each as much as the others. Returns their mean entropy."""

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """By the first controller whose batch has room; None while all wait for rewards."""
        for number, controller in enumerate(self._controllers):
            if len(controller.batch) < self.config.batch_size:
                pulled_at = controller.pulled_at if controller.batch else self._num_updates
                genotype = self._draw(Policy(self.config.shape, self._weights_at(pulled_at)), rng)
                controller.pulled_at = pulled_at
                controller.batch[proposal_id] = Child(self._space.encode(genotype), self.setup.forbidden)
                meta = {"controller": number, "updates": controller.pulled_at}
                return Proposal(id=proposal_id, genotype=genotype, operator="policy", meta=meta)
        return None

    def _draw(self, policy: Policy, rng: Generator) -> Genotype:
        drawn = self._drawn(policy, rng)

        def draw() -> Genotype:
            genotype = next(drawn, None)
            if genotype is None:
                raise ConstraintLeavesNothing("the policy draws nothing that keeps the rules")
            return genotype

        try:
            return self._draw_feasible(draw)
        except ConstraintLeavesNothing:
            # The policy has learned to draw only what a changed constraint forbids: show it something else.
            return self._draw_feasible(lambda: self.setup.sample(rng))

    def _drawn(self, policy: Policy, rng: Generator) -> Iterator[Genotype]:
        """By the policy, without what is forbidden; what a rule of the space refuses is passed over."""
        num, forbidden = 1, self.setup.forbidden
        for _ in range(_MOST_ROUNDS):
            for one in policy.sample(self._space, rng, num, forbidden=forbidden)[::-1]:
                try:
                    yield self._space.decode(one.actions)
                except InvalidGenotype:
                    continue
            num = _MORE_DRAWS

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """What was added or retried by a person was not drawn by the policy and teaches it nothing."""
        controller = next((each for each in self._controllers if proposal.id in each.batch), None)
        if controller is None:
            return
        if result.status in _NEVER_EVALUATED:
            del controller.batch[proposal.id]
            self._forget_unused()
            return
        controller.batch[proposal.id].reward = reward_of(proposal, result, self.config, self.setup)
        controller.told.append(proposal.id)
        if len(controller.told) == self.config.batch_size:
            self._hand_in(controller)

    def _hand_in(self, controller: Controller) -> None:
        """A complete batch; the baseline it is judged by does not know the batch yet."""
        rewards = {number: child.reward or 0.0 for number, child in controller.batch.items()}
        mean = float(np.mean(list(rewards.values())))
        baseline = mean if self._baseline is None else self._baseline
        advantages = [reward - baseline for reward in rewards.values()]
        self._handed_in.append(HandedIn(controller.pulled_at, list(controller.batch.values()), advantages))
        for number in controller.told:
            baseline = self.config.baseline_decay * baseline + (1 - self.config.baseline_decay) * rewards[number]
        self._baseline = baseline
        controller.batch, controller.told = {}, []
        if len(self._handed_in) == self.config.accumulate:
            self._update(baseline)

    def _update(self, baseline: float) -> None:
        """The shared weights move by all that was handed in; a batch is as stale as updates passed since it was begun."""
        handed_in, self._handed_in = self._handed_in, []
        before, shape = self._weights, self.config.shape
        batches = [
            Batch(Policy(shape, self._weights_at(each.pulled_at)), each.children, np.array(each.advantages))
            for each in handed_in
        ]
        entropy = self._improve(batches)
        staleness = max(self._num_updates - each.pulled_at for each in handed_in)
        reward = float(np.mean([child.reward for each in handed_in for child in each.children]))
        self._older[self._num_updates] = before
        self._num_updates += 1
        self._forget_unused()
        self._history.append((self._num_updates, reward, baseline, entropy, staleness))
        del self._history[:-SHOWN_UPDATES]

    def _weights_at(self, version: int) -> Weights:
        return self._weights if version == self._num_updates else self._older[version]

    def _forget_unused(self) -> None:
        """Only those versions are kept that a batch, begun or handed in, was drawn by."""
        used = {each.pulled_at for each in self._handed_in} | {
            each.pulled_at for each in self._controllers if each.batch
        }
        self._older = {version: weights for version, weights in self._older.items() if version in used}

    def _step(self, gradients: Sequence[Weights]) -> None:
        """Adam with the sum of `gradients`, those of the parts of all batches."""
        total = {name: np.sum([part[name] for part in gradients], axis=0) for name in self._weights}
        self._weights = self._adam.step(self._weights, total)

    def views(self) -> list[View]:
        policy = Policy(self.config.shape, self._weights)
        (likely,) = policy.sample(self._space, None, forbidden=self.setup.forbidden)
        facts = {
            "learning_rate": self.config.learning_rate,
            "published_learning_rate": self.config.published_learning_rate,
            "updates": self._num_updates,
        }
        return [
            policy_view(policy.read(likely.decisions, [likely.actions], self.setup.forbidden), facts),
            learning_view(self._history, num_controllers=len(self._controllers), accumulate=self.config.accumulate),
        ]

    def _save(self) -> Mapping[str, Any]:
        """Batches as lists: their order is that of drawing."""
        return {
            "controllers": [
                {
                    "pulled_at": each.pulled_at,
                    "batch": [[number, *child.as_json()] for number, child in each.batch.items()],
                    "told": list(each.told),
                }
                for each in self._controllers
            ],
            "handed_in": [
                [each.pulled_at, [child.as_json() for child in each.children], each.advantages]
                for each in self._handed_in
            ],
            "num_updates": self._num_updates,
            "baseline": self._baseline,
            "num_steps": self._adam.num_steps,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        if len(data["controllers"]) != len(self._controllers):
            raise ValueError("the stored state has another number of controllers")
        for controller, stored in zip(self._controllers, data["controllers"], strict=True):
            controller.pulled_at = int(stored["pulled_at"])
            controller.batch = {int(number): Child.from_json(child) for number, *child in stored["batch"]}
            controller.told = [int(number) for number in stored["told"]]
        self._handed_in = [
            HandedIn(int(pulled_at), [Child.from_json(child) for child in children], list(advantages))
            for pulled_at, children, advantages in data["handed_in"]
        ]
        self._num_updates = int(data["num_updates"])
        self._baseline = data["baseline"]
        self._adam.num_steps = int(data["num_steps"])

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        """The shared weights, and those older versions of them that batches were drawn by."""
        tensors: dict[str, npt.NDArray[Any]] = {"history": np.array(self._history, dtype=np.float64).reshape(-1, 5)}
        parts = {"weights": self._weights, "first_moments": self._adam.first, "second_moments": self._adam.second}
        parts |= {f"version{version}": weights for version, weights in self._older.items()}
        return tensors | {f"{part}/{name}": value for part, named in parts.items() for name, value in named.items()}

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        def part(name: str) -> Weights:
            found = {key: tensors[f"{name}/{key}"] for key in self._weights}
            wrong = [key for key, value in found.items() if value.shape != self._weights[key].shape]
            if wrong:
                raise ValueError(f"the stored {name} have other sizes: {', '.join(wrong):.100}")
            return found

        self._weights = part("weights")
        self._adam.first, self._adam.second = part("first_moments"), part("second_moments")
        begun = {each.pulled_at for each in self._controllers if each.batch}
        used = begun | {each.pulled_at for each in self._handed_in}
        self._older = {version: part(f"version{version}") for version in sorted(used - {self._num_updates})}
        self._history = [tuple(row) for row in tensors["history"].tolist()]


def alike(batch: Batch, space: Sequential) -> Iterable[tuple[list[int], Unrolled]]:
    """The batch in parts that made the same decisions with the same left out: the places of their children, and what its policy
    says of them."""
    parts: dict[tuple[tuple[Decision, ...], frozenset[str]], list[int]] = {}
    for place, child in enumerate(batch.children):
        decisions = [space.next_decision(child.actions[:number]) for number in range(len(child.actions))]
        made = tuple(each for each in decisions if each is not None)
        parts.setdefault((made, child.forbidden), []).append(place)
    for (made, forbidden), places in parts.items():
        yield places, batch.pulled.read(made, [batch.children[place].actions for place in places], forbidden)
