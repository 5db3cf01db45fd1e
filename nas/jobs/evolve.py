"""The job kind `evolve`: a leg in the life of an island, from the state in which the leg before left it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator

from nas.core.errors import Interrupted, StateMismatch
from nas.core.job import JobContext
from nas.core.metric import METRICS
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result, ResultStatus
from nas.islands.curve import Curve
from nas.islands.handed_down import Arrays, is_handed_down, packed
from nas.islands.island import Island, IslandPlace, IslandState, Migrant
from nas.islands.task import IslandTask
from nas.jobs.place import Place, attempt

SAVE_SECONDS = 10.0
"""Time between two stored states: what a killed worker loses at most."""

REPORT_SECONDS = 0.5


class Evolve:
    """Each proposal's payload is an `IslandTask`; it continues the island's leg before.

    Its result carries as payload: steps and candidates so far; facts of the population; the best genotypes; the emigrants; and
    the curve of this leg in columns (`Curve.columns`).
    """

    name = "evolve"
    title = "Advance an island"

    def run(self, context: JobContext) -> None:
        for proposal in tuple(context.proposals):
            if context.should_stop():
                raise Interrupted("stopped before the next leg of an island")
            _leg(context, proposal)


@dataclass
class _Leg:
    """How far the leg is. Part of every stored state, so a later attempt goes on with it."""

    key: str
    is_new: bool = True  # its immigrants have not arrived
    seconds: float = 0.0  # worked, over all attempts
    candidates_before: int = 0
    curve: Curve = field(default_factory=Curve)

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "is_new": self.is_new,
            "seconds": self.seconds,
            "candidates_before": self.candidates_before,
            "curve": self.curve.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> _Leg:
        return cls(**{**value, "curve": Curve.from_json(value["curve"])})


def _leg(context: JobContext, proposal: Proposal) -> None:
    place = Place(context, proposal.id)
    found = attempt(place, "the island", lambda: _advanced(context, place, proposal))
    if isinstance(found, Result):
        context.commit(results=(found,))
        return
    result, state = found
    context.commit(checkpoint=(proposal.id, state), results=(result,))


def _advanced(context: JobContext, place: Place, proposal: Proposal) -> tuple[Result, bytes]:
    """What the leg came to, and the state in which it leaves the island."""
    from nas.registry import islands

    task = IslandTask.from_json(proposal.payload)
    kind = islands.get(task.island)
    home = IslandPlace(task.seed, task.number, context.device, place.cached)
    island = kind(kind.Config.parse(task.settings), task.ruled(context.setup), home)
    arriving, leaving = np.random.default_rng([task.seed, task.from_step]).spawn(2)
    leg = _resumed(island, task, place.load(), key=f"{proposal.id}:{task.from_step}-{task.until_step}")
    if leg.is_new:
        leg.is_new, leg.candidates_before = False, island.num_candidates
        if task.immigrants:
            island.immigrate([Migrant.from_json(each) for each in task.immigrants], arriving)

    worked = leg.seconds
    began = saved = reported = time.perf_counter()
    while island.num_steps < task.until_step:
        if place.should_stop():
            place.save(_pack(island, leg))
            raise Interrupted(f"stopped after step {island.num_steps} of an island")
        metrics = island.step()
        now = time.perf_counter()
        leg.seconds = worked + now - began
        leg.curve.add(island.num_steps, island.num_candidates, metrics)
        if now - reported >= REPORT_SECONDS or island.num_steps == task.until_step:
            reported = now
            place.report(island.num_steps, {**metrics, **_progress(island, leg, task)})
        if now - saved >= SAVE_SECONDS:
            saved = now
            place.save(_pack(island, leg))
    curve = leg.curve.columns()
    last = {name: values[-1] for name, values in curve.items()}
    best = list(island.best(task.num_best)) if task.num_best else []
    result = Result(
        proposal.id,
        ResultStatus.COMPLETED,
        metrics={name: value for name, value in last.items() if value is not None and name in METRICS},
        cost_seconds=leg.seconds,
        steps_done=island.num_steps,
        payload={
            "steps": island.num_steps,
            "candidates": island.num_candidates,
            "facts": island.facts(),
            "best": best,
            "emigrants": _emigrants(island, task, leaving),
            "curve": curve,
        },
    )
    return result, _pack(island, leg, _networks(island, best) if task.hands_down else {})


def _networks(island: Island, best: Sequence[Genotype]) -> dict[str, Arrays]:
    """By canonical form, those that the island trained itself."""
    weights = {island.setup.space.canonical(genotype): island.weights_of(genotype) for genotype in best}
    return {form: arrays for form, arrays in weights.items() if arrays is not None}


def _emigrants(island: Island, task: IslandTask, rng: Generator) -> list[dict[str, Any]]:
    return [each.as_json() for each in island.emigrants(task.num_emigrants, rng)] if task.num_emigrants else []


def _resumed(island: Island, task: IslandTask, stored: bytes | None, key: str) -> _Leg:
    """The leg as far as an earlier attempt brought it, else a new one; the island is then where the leg before left it."""
    if stored is None:
        if task.from_step:
            raise StateMismatch(
                f"the island's state after step {task.from_step} is stored no more; start the search again"
            )
        return _Leg(key)
    state, leg = _unpack(stored)
    island.restore(state)
    if leg.key == key:
        return leg
    if island.num_steps != task.from_step:
        raise StateMismatch(f"the stored island is at step {island.num_steps}, the leg begins at {task.from_step}")
    return _Leg(key)


def _progress(island: Island, leg: _Leg, task: IslandTask) -> Mapping[str, float]:
    """What a point of the live curve says beside the island's own metrics; "done" of "total" are steps."""
    looked_at = island.num_candidates - leg.candidates_before
    return {
        "done": float(island.num_steps),
        "total": float(task.total_steps),
        "candidates": float(island.num_candidates),
        "candidates_per_second": looked_at / leg.seconds if leg.seconds > 0 else math.nan,
        "seconds": leg.seconds,
    }


def _pack(island: Island, leg: _Leg, networks: Mapping[str, Arrays] | None = None) -> bytes:
    from safetensors.numpy import save

    state = island.state()
    trained, forms = packed(networks or {})
    meta = {"data": dict(state.data), "leg": leg.as_json(), "handed_down": forms}
    head = json.dumps(meta, sort_keys=True, allow_nan=False)
    arrays = {name: array.copy(order="C") for name, array in {**state.arrays, **trained}.items()}
    return save(arrays, metadata={"island": head})


def _unpack(stored: bytes) -> tuple[IslandState, _Leg]:
    """Raises StateMismatch for what `_pack` did not write."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = {name: array for name, array in load(stored).items() if not is_handed_down(name)}
        head = json.loads(stored[8 : 8 + int.from_bytes(stored[:8], "little")])
        meta = json.loads(head["__metadata__"]["island"])
        return IslandState(meta["data"], arrays), _Leg.from_json(meta["leg"])
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise StateMismatch(f"the island's state cannot be read: {error!s:.200}") from None
