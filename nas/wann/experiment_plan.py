"""What can be tried on one topology, and the settings of trying it. No torch: forms read this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from nas.core.config import Config, setting
from nas.core.errors import InvalidConfig
from nas.core.problem import Problem, Supervised
from nas.wann.control import Control

ArmName = Literal[
    "random_weights",
    "random_shared",
    "ensemble",
    "tuned_shared",
    "backprop",
    "reinforce",
    "cma_es",
    "relu_wiring",
    "search_all",
    "search_relu",
    "search_no_vanishing",
    "dense_nearest",
    "dense_exact",
    "dense_needed",
]


@dataclass(frozen=True, slots=True)
class ArmKind:
    """One thing to try.

    Attributes:
      per_seed: one result per seed; else one result, the spread of which is over its own draws.
      needs_examples: it has no meaning where a network acts.
      after: arms whose results it reads; they are carried out before.
    """

    title: str
    per_seed: bool = True
    needs_examples: bool = False
    after: tuple[ArmName, ...] = ()


ARMS: Mapping[ArmName, ArmKind] = {
    "random_weights": ArmKind("Random weights", per_seed=False),
    "random_shared": ArmKind("Random shared weight", per_seed=False),
    "ensemble": ArmKind("Ensemble of shared weights", per_seed=False, needs_examples=True),
    "tuned_shared": ArmKind("Tuned shared weight", per_seed=False),
    "backprop": ArmKind("Trained by backpropagation", needs_examples=True),
    "reinforce": ArmKind("Tuned by REINFORCE"),
    "cma_es": ArmKind("Tuned by CMA-ES"),
    "relu_wiring": ArmKind("Same wiring, ReLU alone, backpropagation", needs_examples=True),
    "search_all": ArmKind("Search with all activations"),
    "search_relu": ArmKind("Search with ReLU alone"),
    "search_no_vanishing": ArmKind("Search without vanishing gradients", after=("backprop",)),
    "dense_nearest": ArmKind("Fully connected, nearest size", needs_examples=True),
    "dense_exact": ArmKind("Fully connected, masked to the same size", needs_examples=True),
    "dense_needed": ArmKind(
        "Fully connected, as large as it takes", needs_examples=True, after=("backprop", "reinforce", "cma_es")
    ),
}
"""In the order in which they are carried out."""


class ExperimentPlanConfig(Config):
    """By default all arms with five seeds and a budget for the bundled digits."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "quick": {"num_seeds": 2, "budget": 1_500, "search_generations": 20},
        "mnist": {"budget": 60_000, "search_generations": 1_000, "search_population": 192},
    }

    arms: tuple[ArmName, ...] = setting(
        (), title="Arms", description="What is tried; none chosen means all that the problem allows."
    )
    num_seeds: int = setting(
        5,
        title="Seeds",
        description="Each tuning and each search is repeated so many times.",
        unit="seeds",
        ge=1,
        le=50,
    )
    budget: int = setting(
        12_000,
        title="Budget",
        description="Per tuning: how often one vector of weights is tried on one batch, or on one set of episodes; a "
        "backward pass counts as two.",
        unit="evaluations",
        ge=300,
        le=10_000_000,
    )
    batch_size: int = setting(
        256, title="Batch", description="Examples of one evaluation.", unit="examples", ge=8, le=100_000, advanced=True
    )
    episodes: int = setting(
        4,
        title="Episodes",
        description="Of one evaluation, where networks act.",
        unit="episodes",
        ge=1,
        le=100,
        advanced=True,
    )
    learning_rate: float = setting(
        0.01, title="Learning rate", description="Of Adam at the beginning; it falls to 0.", gt=0, le=1, advanced=True
    )
    population: int = setting(
        64,
        title="Population of REINFORCE",
        description="Vectors of a generation, in mirrored pairs.",
        unit="vectors",
        ge=4,
        le=4_096,
        multiple_of=2,
        advanced=True,
    )
    cma_population: int | None = setting(
        None,
        title="Population of CMA-ES",
        description="Empty means 4 + 3 ln of the number of weights.",
        unit="vectors",
        ge=4,
        le=4_096,
        advanced=True,
    )
    sigma: float = setting(
        0.1,
        title="First spread",
        description="Standard deviation of the first draws of REINFORCE and CMA-ES around the tuned shared weight.",
        gt=0,
        le=10,
        advanced=True,
    )
    random_draws: int = setting(
        1_000,
        title="Random draws",
        description="Weights drawn from −2 to 2.",
        unit="draws",
        ge=2,
        le=100_000,
        advanced=True,
    )
    search_population: int = setting(
        128,
        title="Population of searches",
        description="Topologies of a generation.",
        unit="topologies",
        ge=4,
        le=4_096,
    )
    search_generations: int = setting(
        150,
        title="Generations of searches",
        description="Of each arm that searches.",
        unit="generations",
        ge=1,
        le=100_000,
    )
    vanishing: Literal["listed", "measured"] = setting(
        "listed",
        title="Vanishing gradients",
        description="Listed: searches do without step, Gaussian, tanh and sigmoid. Measured: without those whose median slope "
        "in this topology after training is below a quarter.",
    )

    @field_validator("arms")
    @classmethod
    def _each_once_in_order(cls, arms: tuple[ArmName, ...]) -> tuple[ArmName, ...]:
        return tuple(name for name in ARMS if name in arms)

    @model_validator(mode="after")
    def _budget_holds_a_generation(self) -> Self:
        for population in (self.population, self.cma_population or 4):
            if population > self.budget:
                raise ValueError(f"the budget must hold a generation of {population} vectors, got {self.budget}")
        return self

    def arms_on(self, problem: Problem) -> tuple[ArmName, ...]:
        """What is carried out, in order. Raises InvalidConfig for arms without a meaning on this problem."""
        if refused := refusal(problem):
            raise InvalidConfig.at("problem", refused)
        acts = isinstance(problem, Control)
        possible = tuple(name for name, kind in ARMS.items() if not (acts and kind.needs_examples))
        if not self.arms:
            return possible
        if unfit := [name for name in self.arms if name not in possible]:
            raise InvalidConfig.at("arms", f"{problem.title} has no labelled examples: leave out {', '.join(unfit)}")
        return self.arms


def refusal(problem: Problem) -> str | None:
    """Why nothing can be tried on a problem, in words; None where something can."""
    if isinstance(problem, Control) or (isinstance(problem, Supervised) and "accuracy" in problem.metrics()):
        return None
    return f"{problem.title} has neither labelled examples nor episodes to act in"
