"""Regularised (aging) evolution. Real et al. 2019, arXiv 1802.01548, algorithm 1.

Deviations: it runs with any number of evaluations in flight, so age is the order in which results arrive; failed
trials never enter the population; constraints and several objectives are understood (Deb et al. 2002, section V).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.random import Generator

from nas.core.config import setting
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.strategies.sampled_evolution import SampledEvolution, SampledEvolutionConfig


class AgingEvolutionConfig(SampledEvolutionConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"population_size": 100, "sample_size": 25},
        "random_walk": {"sample_size": 1},
    }

    population_size: int = setting(
        20,
        title="Population size",
        description="Architectures kept alive; with each new one the oldest dies. The paper has 100 for 20,000 trials.",
        unit="architectures",
        ge=2,
        le=10_000,
    )


class AgingEvolution(SampledEvolution):
    """A queue of `population_size`: the best of a random sample is mutated, the child is appended, the oldest leaves."""

    name = "aging_evolution"
    title = "Aging evolution"
    summary = (
        "Mutates the best of a small random sample; the oldest dies, so only what is found again and again survives."
    )
    source = "Real et al. 2019, arXiv 1802.01548"
    leaves = "oldest"
    fresh_because = "what was only lucky is found out when it is tried again"
    Config = AgingEvolutionConfig

    config: AgingEvolutionConfig

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if len(self._population) == self.config.population_size:
            return self._child(proposal_id, rng)
        return self._fill(proposal_id, rng)

    def _learn(self, proposal: Proposal, result: Result) -> None:
        super()._learn(proposal, result)
        if len(self._population) > self.config.population_size:
            del self._population[0]
