"""Two searches whose jobs are long and find several architectures each, on the toys: what weight sharing and islands ask of the platform.

`CountsOnes` trains a "supernet" (one number per bit) leg after leg, each leg going on from the checkpoint of the one before;
its strategy keeps a tensor. `Islands` lets populations of bit strings evolve by themselves and exchanges their best.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, Generator

from nas import registry
from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import Interrupted
from nas.core.finding import Finding
from nas.core.job import JobContext, Reported
from nas.core.proposal import Proposal
from nas.core.registry import Registry
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell
from nas.core.view import View

LONG_JOBS: tuple[tuple[Registry[Any], str, str], ...] = (
    (registry.strategies, "toy_supernet_search", "tests.contracts.long_jobs:CountsOnes"),
    (registry.strategies, "toy_islands", "tests.contracts.long_jobs:Islands"),
    (registry.job_kinds, "toy_train_supernet", "tests.contracts.long_jobs:TrainSupernet"),
    (registry.job_kinds, "toy_evolve", "tests.contracts.long_jobs:Evolve"),
)


class LegsConfig(BaseConfig):
    num_legs: int = setting(2, title="Legs", description="How often training is taken up again.", ge=1, le=100)
    steps: int = setting(3, title="Steps", description="Steps of one leg.", ge=1, le=100)


class CountsOnes(AskTell):
    """Proposes one leg at a time; from each it learns which bits are worth having."""

    name = "toy_supernet_search"
    title = "Toy supernet search"
    summary = "A toy: shared weights trained leg by leg."
    source = "none"
    Config = LegsConfig

    def __init__(self, config: LegsConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._alphas = np.zeros(setup.space.config.num_bits)  # (num_bits,)
        self._num_learned = 0

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if self._pending:
            return None
        return Proposal(
            id=proposal_id,
            kind="toy_train_supernet",
            operator="leg",
            continues=proposal_id - 1 if proposal_id else None,
            payload={"steps": self.config.steps, "alphas": _hex(self._alphas), "draw": int(rng.integers(1000))},
        )

    def _learn(self, proposal: Proposal, result: Result) -> None:
        self._num_learned += 1
        if result.status.is_ok:
            self._alphas += _array(result.payload["weights"])

    def _is_exhausted(self) -> bool:
        return self._next_id >= self.config.num_legs

    def findings(self) -> list[Finding]:
        """One for each leg that it learned from."""
        return [Finding(n, "leg", f"Leg {n + 1} is learned.", n == 1) for n in range(self._num_learned)]

    def views(self) -> list[View]:
        return [View("alphas", "Alphas", "table", {"alphas": self._alphas.tolist()})]

    def _save(self) -> Mapping[str, Any]:
        return {"num_learned": self._num_learned}

    def _load(self, data: Mapping[str, Any]) -> None:
        self._num_learned = int(data["num_learned"])

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        return {"alphas": self._alphas.copy()}

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        self._alphas = tensors["alphas"].copy()


class TrainSupernet:
    """One checkpoint per step; at the end of a leg three architectures drawn by the weights, then the leg's result."""

    name = "toy_train_supernet"
    title = "Train a toy supernet"

    def run(self, context: JobContext) -> None:
        for proposal in tuple(context.proposals):
            self._leg(context, proposal)

    def _leg(self, context: JobContext, proposal: Proposal) -> None:
        weights, step, rng = self._begin(context, proposal)
        alphas = _array(proposal.payload["alphas"])
        while step < proposal.payload["steps"]:
            if context.should_stop():
                raise Interrupted("stopped between two steps")
            weights += np.sin(alphas) + rng.normal(size=len(weights))
            step += 1
            where = {"done": float(step), "total": float(proposal.payload["steps"]), "seconds": float(step)}
            context.report(proposal.id, step, {"loss": float(np.sum(weights**2)), **where})
            view = View("weights", "Weights", "table", {"step": step, "weights": weights.tolist()})
            context.commit(checkpoint=(proposal.id, _pack(proposal.id, weights, step, rng)), views=[view])
        context.commit(reported=[_found(proposal.id, serial, weights, rng) for serial in range(3)])
        context.commit(
            results=[Result(proposal.id, ResultStatus.COMPLETED, steps_done=step, payload={"weights": _hex(weights)})]
        )

    def _begin(self, context: JobContext, proposal: Proposal) -> tuple[npt.NDArray[np.float64], int, Generator]:
        rng = context.generator(proposal.id)
        stored = context.checkpoint(proposal.id)
        if stored is None:
            return np.zeros(context.setup.space.config.num_bits), 0, rng
        kept = json.loads(stored)
        weights = _array(kept["weights"])
        if kept["proposal"] != proposal.id:  # the leg before this one
            return weights, 0, rng
        rng.bit_generator.state = kept["rng"]
        return weights, int(kept["step"]), rng


def _found(proposal_id: int, serial: int, weights: npt.NDArray[np.float64], rng: Generator) -> Reported:
    bits = "".join(
        "1" if weight > draw else "0" for weight, draw in zip(weights, rng.normal(size=len(weights)), strict=True)
    )
    return Reported(proposal_id, serial, {"bits": bits}, _metrics(bits))


class IslandsConfig(BaseConfig):
    num_islands: int = setting(2, title="Islands", description="Populations side by side.", ge=1, le=10)
    num_rounds: int = setting(2, title="Rounds", description="How often they exchange their best.", ge=1, le=100)
    generations: int = setting(2, title="Generations", description="Generations of one round.", ge=1, le=100)


class Islands(AskTell):
    """Proposes one job per island and round; a new round begins when every island has ended the one before."""

    name = "toy_islands"
    title = "Toy islands"
    summary = "A toy: populations that evolve apart and exchange their best."
    source = "none"
    Config = IslandsConfig

    def __init__(self, config: IslandsConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._best: list[str] = [""] * config.num_islands

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        island = proposal_id % self.config.num_islands
        if island == 0 and self._pending:
            return None
        neighbour = self._best[island - 1]
        return Proposal(
            id=proposal_id,
            kind="toy_evolve",
            operator="round",
            continues=proposal_id - self.config.num_islands if proposal_id >= self.config.num_islands else None,
            payload={"generations": self.config.generations, "newcomer": neighbour, "draw": int(rng.integers(1000))},
        )

    def _learn(self, proposal: Proposal, result: Result) -> None:
        if result.status.is_ok:
            self._best[proposal.id % self.config.num_islands] = result.payload["best"]

    def _is_exhausted(self) -> bool:
        return self._next_id >= self.config.num_islands * self.config.num_rounds

    def _save(self) -> Mapping[str, Any]:
        return {"best": list(self._best)}

    def _load(self, data: Mapping[str, Any]) -> None:
        self._best = list(data["best"])


class Evolve:
    """Each generation is one commit: the population as checkpoint, its best as a found architecture."""

    name = "toy_evolve"
    title = "Evolve a toy island"

    def run(self, context: JobContext) -> None:
        for proposal in tuple(context.proposals):
            population, generation, rng = self._begin(context, proposal)
            while generation < proposal.payload["generations"]:
                if context.should_stop():
                    raise Interrupted("stopped between two generations")
                population = _next_generation(population, rng)
                context.commit(
                    reported=[Reported(proposal.id, generation, {"bits": population[0]}, _metrics(population[0]))],
                    checkpoint=(
                        proposal.id,
                        json.dumps(
                            {
                                "proposal": proposal.id,
                                "generation": generation + 1,
                                "population": population,
                                "rng": rng.bit_generator.state,
                            }
                        ).encode(),
                    ),
                )
                generation += 1
            context.commit(
                results=[
                    Result(
                        proposal.id,
                        ResultStatus.COMPLETED,
                        steps_done=generation,
                        payload={"best": population[0], "population": population},
                    )
                ]
            )

    def _begin(self, context: JobContext, proposal: Proposal) -> tuple[list[str], int, Generator]:
        rng = context.generator(proposal.id)
        stored = context.checkpoint(proposal.id)
        if stored is None:
            return [context.setup.space.sample(rng)["bits"] for _ in range(4)], 0, rng
        kept = json.loads(stored)
        if kept["proposal"] != proposal.id:
            newcomer = proposal.payload["newcomer"]
            return [*kept["population"][:-1], newcomer] if newcomer else kept["population"], 0, rng
        rng = Generator(PCG64())
        rng.bit_generator.state = kept["rng"]
        return kept["population"], int(kept["generation"]), rng


def _next_generation(population: list[str], rng: Generator) -> list[str]:
    children = []
    for bits in population:
        place = int(rng.integers(len(bits)))
        children.append(bits[:place] + ("0" if bits[place] == "1" else "1") + bits[place + 1 :])
    ranked = sorted({*population, *children}, key=lambda bits: (-bits.count("1"), bits))
    return ranked[: len(population)]


def _metrics(bits: str) -> dict[str, float]:
    return {"accuracy": bits.count("1") / len(bits), "macs": float(1 + bits.count("1"))}


def _pack(proposal_id: int, weights: npt.NDArray[np.float64], step: int, rng: Generator) -> bytes:
    return json.dumps(
        {"proposal": proposal_id, "step": step, "weights": _hex(weights), "rng": rng.bit_generator.state}
    ).encode()


def _hex(values: npt.NDArray[np.float64]) -> str:
    return values.tobytes().hex()


def _array(text: str) -> npt.NDArray[np.float64]:
    return np.frombuffer(bytes.fromhex(text), dtype=np.float64).copy()
