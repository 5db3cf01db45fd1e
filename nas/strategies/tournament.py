"""Tournament evolution, which kills the worst. Real et al. 2017, arXiv 1703.01041, section 3.1; Goldberg and Deb 1991.

Deviations: mutations are those of the space; weights are inherited only where that is asked for; the population is kept at
its size whatever the number of workers; failed trials never enter it; constraints and several objectives are understood
(Deb et al. 2002).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from numpy.random import Generator
from pydantic import model_validator

from nas.core.config import setting
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.strategies.population import Member, best_of, worst_of
from nas.strategies.sampled_evolution import SampledEvolution, SampledEvolutionConfig


class TournamentConfig(SampledEvolutionConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "pairs": {"sample_size": 2, "with_replacement": False, "removal": "same_sample"},
    }

    population_size: int = setting(
        20,
        title="Population size",
        description="Architectures kept alive; before each child the worst of a sample is removed. The paper has 1,000.",
        unit="architectures",
        ge=2,
        le=10_000,
    )
    removal: Literal["second_sample", "same_sample"] = setting(
        "second_sample",
        title="Removal",
        description="Whose worst leaves: an independent sample's, or that of the sample whose best becomes the parent (paper: pairs).",
    )

    @model_validator(mode="after")
    def _the_parent_is_not_its_own_loser(self) -> Self:
        if self.removal == "same_sample" and (self.sample_size < 2 or self.with_replacement):
            raise ValueError(
                "removing the worst of the same sample needs a sample size of at least 2, drawn without replacement; "
                "else the winner itself may be removed"
            )
        return self


class Tournament(SampledEvolution):
    """The best of a sample is mutated, the worst of a sample is removed; nobody dies of age.

    One leaves when a child is proposed, so population and children on the way together are `population_size`. With so
    many workers that fewer than half were left, children are proposed without a removal, which later ones make good.
    """

    name = "tournament"
    title = "Tournament evolution"
    summary = "Mutates the best of a small random sample and removes the worst of one; a good architecture never dies."
    source = "Real et al. 2017, arXiv 1703.01041"
    leaves = "worst"
    Config = TournamentConfig

    config: TournamentConfig

    def __init__(self, config: TournamentConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._is_grown = False  # the first, random population was complete once
        self._drawn: Sequence[Member] = ()  # the sample of the latest tournament; only matters within one proposal

    @property
    def is_grown(self) -> bool:
        """Whether the first, random population was complete once: what is proposed since are children."""
        return self._is_grown

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if not self._is_grown:
            return self._fill(proposal_id, rng)
        child = self._child(proposal_id, rng)
        sample = self._drawn if self.config.removal == "same_sample" else self._sample(rng)
        while len(self._population) + self._num_on_the_way >= self.config.population_size:
            if len(self._population) <= max(1, self.config.population_size // 2):
                break
            self._population.remove(worst_of(sample, self.setup, self.config.selection))
            sample = self._sample(rng)
        return child

    def _select(self, rng: Generator) -> Member:
        self._drawn = self._sample(rng)
        return best_of(self._drawn, self.setup, self.config.selection)

    def _rules_changed(self) -> None:
        before = len(self._population)
        super()._rules_changed()
        self._is_grown = self._is_grown and len(self._population) == before

    def _learn(self, proposal: Proposal, result: Result) -> None:
        super()._learn(proposal, result)
        self._is_grown = self._is_grown or len(self._population) >= self.config.population_size

    def _save(self) -> Mapping[str, Any]:
        return {**super()._save(), "is_grown": self._is_grown}

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._is_grown = bool(data["is_grown"])
