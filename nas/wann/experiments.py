"""All experiments on one topology: one call carries out what is missing, arm by arm and seed by seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from math import prod

import numpy as np
import torch

from nas.core.errors import Interrupted
from nas.core.problem import Problem, supervised
from nas.core.proposal import Genotype
from nas.core.study import StudyProgress
from nas.training.environment import named_failures, reproducible
from nas.wann.control import Control
from nas.wann.diagnostics.gains import gains, saturating_share
from nas.wann.diagnostics.length_gradients import gradient_by_length
from nas.wann.diagnostics.path_lengths import path_lengths
from nas.wann.experiment_arms import Bench, carry_out
from nas.wann.experiment_plan import ARMS, ArmName, ExperimentPlanConfig
from nas.wann.experiment_results import PlanState
from nas.wann.topology import Topology
from nas.wann.tuning.climb import ShouldStop

EXAMPLES_FOR_GRADIENTS = 256


def plan_key(problem: Problem, genotype: Genotype, config: ExperimentPlanConfig, seed: int) -> str:
    """32 hex digits: results of another plan are not gone on with."""
    text = json.dumps([problem.fingerprint(), genotype, config.as_json(), seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def run_plan(
    problem: Problem,
    genotype: Genotype,
    config: ExperimentPlanConfig,
    *,
    seed: int,
    device: str = "cpu",
    known: PlanState | None = None,
    should_stop: ShouldStop = lambda: False,
    on_progress: Callable[[StudyProgress], None] = lambda progress: None,
) -> PlanState:
    """Carry out what `known` lacks. The result does not depend on how often it was interrupted.

    Args:
      known: what an earlier attempt has found; begun anew when it belongs to another plan.
      should_stop: asked between generations and steps; what was finished was handed to `on_progress`.

    Raises InvalidConfig for arms that the problem does not allow, InvalidGenotype, Interrupted.
    """
    arms = config.arms_on(problem)
    topology = Topology.of(genotype, prod(problem.input_shape), problem.num_classes)
    key = plan_key(problem, genotype, config, seed)
    state = known if known is not None and known.key == key else PlanState(key)
    state = state.with_diagnostics(metric="mean_return" if isinstance(problem, Control) else "accuracy")
    pieces = [(arm, number) for arm in arms for number in range(config.num_seeds if ARMS[arm].per_seed else 1)]
    place = torch.device(device)
    splits = None if isinstance(problem, Control) else supervised(problem).splits()
    bench = Bench(config, problem, topology, splits, place, seed, should_stop)

    def tell(stage: str, is_done: bool = False) -> None:
        on_progress(StudyProgress(len(state.cells) + is_done, len(pieces) + 1, stage, state.as_json()))

    with named_failures(place, config.batch_size), reproducible(place, seed):
        for arm, number in pieces:
            if f"{arm}:{number}" in state.cells:
                continue
            title = ARMS[arm].title
            tell(f"{title}, seed {number + 1}" if ARMS[arm].per_seed else title)
            if should_stop():
                raise Interrupted("stopped before the next piece of the plan")
            state = state.with_cell(arm, number, carry_out(bench, arm, number, state))
        tell("Paths and gradients")
        state = _diagnosed(bench, state)
    tell("", is_done=True)
    return state


def _diagnosed(bench: Bench, state: PlanState) -> PlanState:
    """Lengths of paths; where there are labels, slopes and gradients with the tuned shared weight and after training."""
    lengths = path_lengths(bench.topology)
    state = state.with_diagnostics(path_lengths=lengths.as_json(), saturating=saturating_share(bench.topology))
    if bench.splits is not None:
        shared = np.full(bench.topology.num_connections, bench.shared)
        networks = {"shared": shared}
        trained = state.of("backprop")
        if trained and trained[0].weights is not None:
            networks["trained"] = np.array(trained[0].weights)
        inputs, targets = (part[:EXAMPLES_FOR_GRADIENTS] for part in bench.examples.parts["train"])
        for name, weights in networks.items():
            vector = torch.from_numpy(weights).to(bench.device, torch.float32)
            state = state.with_diagnostics(
                **{
                    f"gains_{name}": gains(bench.examples.wiring, vector, inputs, targets).as_json(),
                    f"gradient_by_length_{name}": gradient_by_length(bench.examples.wiring, vector, inputs),
                }
            )
    leads: tuple[ArmName, ArmName] = ("reinforce", "backprop")
    first, second = (state.of(arm) for arm in leads)
    if first and second and lengths.deviation is not None:
        lead = float(np.mean([cell.test for cell in first]) - np.mean([cell.test for cell in second]))
        facts = {"lead": lead, "saturating": saturating_share(bench.topology), "length_deviation": lengths.deviation}
        state = state.with_diagnostics(facts=facts)
    return state
