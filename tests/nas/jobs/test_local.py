"""The search in this process: it ends where it should, tells everything once, and carries out every kind of job."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from nas.core.budget import Budget
from nas.core.errors import ProtocolError
from nas.core.job import JobContext, JobKind, Reported
from nas.core.proposal import Proposal
from nas.core.registry import Registry
from nas.core.result import Result, ResultStatus
from nas.jobs.local import Finished, search
from nas.strategies.aging_evolution import AgingEvolution, AgingEvolutionConfig
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.toys import toy_setup


def random_search(**settings: Any) -> Iterator[Finished]:
    budget = settings.pop("budget", Budget(trials=10))
    setup = toy_setup(**settings.pop("setup", {}))
    return search(RandomSearch(RandomSearchConfig(**settings.pop("config", {})), setup), setup, budget, **settings)


def test_it_evaluates_exactly_as_many_as_the_budget_allows() -> None:
    finished = list(random_search())
    assert [trial.proposal.id for trial in finished] == list(range(10))
    assert [trial.result.proposal_id for trial in finished] == list(range(10))


def test_it_starts_nothing_after_the_wall_time() -> None:
    clock = itertools.count()  # one second passes with each look at it
    finished = list(random_search(budget=Budget(trials=None, wall_seconds=6), now=lambda: next(clock)))
    assert len(finished) == 5


def test_it_ends_when_the_strategy_is_done() -> None:
    finished = list(random_search(setup={"num_bits": 2}, config={"avoid_duplicates": True}))
    assert len(finished) == 4


def test_it_stops_when_asked_and_what_it_yielded_was_told() -> None:
    seen: list[Finished] = []
    for trial in random_search(should_stop=lambda: len(seen) == 3):
        seen.append(trial)  # noqa: PERF402 – the search looks at it while it goes on
    assert len(seen) == 3


def test_the_same_seed_gives_the_same_results() -> None:
    def run(seed: int) -> list[Any]:
        setup = toy_setup(seed=seed)
        strategy = AgingEvolution(AgingEvolutionConfig(), setup)
        return [trial.result.as_json() for trial in search(strategy, setup, Budget(trials=60))]

    assert run(3) == run(3) != run(4)


class Island:
    """A job kind as later systems have it: draws from the generator of its work and finds several architectures."""

    name = "island"
    title = "Advance an island"

    def run(self, context: JobContext) -> None:
        for proposal in context.proposals:
            rng = context.generator(proposal.id)
            found = [context.setup.space.sample(rng) for _ in range(int(proposal.payload["num"]))]
            context.commit(
                reported=[Reported(proposal.id, i, genotype, {"accuracy": 0.5}) for i, genotype in enumerate(found)],
                results=[Result(proposal.id, ResultStatus.COMPLETED, payload={"num": len(found)})],
            )


class Nothing:
    name = "island"
    title = "Forgets its result"

    def run(self, context: JobContext) -> None:
        """Commits nothing."""


class Islands(RandomSearch):
    def _propose(self, proposal_id: int, rng: Any) -> Proposal:
        return Proposal(proposal_id, kind="island", payload={"num": 3})


def islands(module_class: str) -> list[Finished]:
    kinds: Registry[JobKind] = Registry("job kind", [("island", f"{__name__}:{module_class}")])
    setup = toy_setup(seed=8)
    return list(islice(search(Islands(RandomSearchConfig(), setup), setup, Budget(trials=2), kinds=kinds), 2))


def test_other_kinds_of_jobs_report_several_architectures() -> None:
    first, second = islands("Island")
    assert [found.serial for found in first.reported] == [0, 1, 2]
    genotypes = [str(found.genotype) for trial in (first, second) for found in trial.reported]
    assert len(set(genotypes)) == 6
    assert islands("Island") == [first, second]  # the generator of the work depends on nothing but the seed


def test_a_job_that_forgets_its_result_is_found_out() -> None:
    with pytest.raises(ProtocolError, match="without a result for proposal 0"):
        islands("Nothing")
