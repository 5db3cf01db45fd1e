"""What one advance of a replica decides: results told in their order, places asked for, whether it will ever ask again.

Computed outside any transaction; `advance_store` writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from apps.live.events import FindingRow, ProgressRow
from apps.runs.models import Intervention, Proposal, Replica, Run, Trial
from apps.runs.selectors.clock import working_seconds
from apps.runs.services.guard import StrategyFailed, guarded
from apps.runs.services.memory import Memory
from apps.runs.services.reuse import reuse_keys
from apps.runs.services.trials import values_of
from apps.runs.states import RunState
from nas.core.finding import Noticing
from nas.core.intervention import Retry, intervention_from_json
from nas.core.proposal import EVALUATE
from nas.core.proposal import Proposal as Wish


@dataclass
class Step:
    """What one advance of one replica found and decided, before it is stored."""

    interventions: list[Intervention] = field(default_factory=list)
    steps: list[tuple[int | None, int, int]] = field(default_factory=list)
    told: list[Proposal] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    progress: list[ProgressRow] = field(default_factory=list)
    added: set[int] = field(default_factory=set)  # trial numbers
    removed: set[int] = field(default_factory=set)
    wishes: list[Wish] = field(default_factory=list)
    reuse_keys: list[str] = field(default_factory=list)  # of the wishes
    findings: list[FindingRow] = field(default_factory=list)  # what the strategy noticed meanwhile
    num_retried: int = 0
    num_failed: int = 0
    num_reused: int = 0  # of the wishes, whose results were known; told next
    outdated: set[int] = field(default_factory=set)  # proposals whose checkpoints nobody will build on
    needed: frozenset[int] | None = None  # those that somebody may build on; None when all checkpoints stay


def decide(
    run: Run,
    replica: Replica,
    memory: Memory,
    *,
    interventions: list[Intervention],
    finished: list[Proposal],
    now: datetime,
) -> Step:
    """Interventions, then each result followed at once by asking for the places it freed."""
    step = Step(interventions=interventions)
    for intervention in interventions:
        change = intervention_from_json(intervention.body)
        guarded(lambda change=change: memory.change(change))  # type: ignore[misc]
        intervention.told_before = memory.progress.num_told
        step.num_retried += len(change.proposals) if isinstance(change, Retry) else 0
    strategy, specification = memory.strategy, memory.specification
    trials: dict[int, list[Trial]] = {}
    of_finished = Trial.objects.filter(proposal__in=[p.pk for p in finished], told_order__isnull=True)
    for trial in of_finished.order_by("serial").defer("detail"):
        trials.setdefault(trial.proposal_id, []).append(trial)

    def ask(told: int | None) -> None:
        in_flight = replica.num_asked + len(step.wishes) - replica.num_told - len(step.told)
        places = min(
            specification.parallelism - in_flight,
            _budget_left(run, replica, step, now, retried=replica.num_retried + step.num_retried, memory=memory),
        )
        if places > 0:
            asked: list[Wish] = guarded(lambda: strategy.ask(places))
            if told is not None or asked:
                step.steps.append((told, places, len(asked)))
            step.wishes += asked
        elif told is not None:
            step.steps.append((told, 0, 0))

    if not finished:
        ask(None)
    for proposal in finished:
        result = proposal.outcome()
        guarded(lambda proposal=proposal, result=result: strategy.tell(proposal.number, result))  # type: ignore[misc]
        step.told.append(proposal)
        step.num_failed += not result.status.is_ok
        found = trials.get(proposal.pk, [])
        memory.progress.spend(max(0.0, result.cost_seconds - sum(trial.cost_seconds for trial in found)))
        for trial in found:
            _note_progress(step, memory, trial)
        _note_findings(step, memory, replica)
        ask(proposal.number)
    step.reuse_keys = guarded(lambda: reuse_keys(memory, step.wishes))
    return step


def _note_findings(step: Step, memory: Memory, replica: Replica) -> None:
    """What the strategy noticed and the replica does not have yet."""
    if not isinstance(memory.strategy, Noticing):
        return
    num_known = len(replica.findings) + len(step.findings)
    step.findings += [
        FindingRow(told_before=memory.progress.num_told, **finding.as_json())
        for finding in memory.strategy.findings()[num_known:]
    ]


def _note_progress(step: Step, memory: Memory, trial: Trial) -> None:
    values = values_of(memory.specification, trial.metrics)
    trial.told_order = memory.progress.num_told
    change = memory.progress.tell(trial.number, values, counts=trial.is_feasible, cost_seconds=trial.cost_seconds)
    trial.hypervolume, trial.best, trial.on_front = change.hypervolume, change.best, change.added
    trial.spent_seconds = change.spent
    step.trials.append(trial)
    step.progress.append(
        ProgressRow(
            told_order=trial.told_order,
            number=trial.number,
            hypervolume=change.hypervolume,
            best=change.best,
            spent_seconds=change.spent,
        )
    )
    if change.added:
        step.added.add(trial.number)
    for gone in change.removed:
        if gone in step.added:
            step.added.remove(gone)
        else:
            step.removed.add(gone)
        for earlier in step.trials:
            if earlier.number == gone:
                earlier.on_front = False


def _budget_left(run: Run, replica: Replica, step: Step, now: datetime, *, retried: int, memory: Memory) -> int:
    if run.state != RunState.RUNNING:
        return 0
    budget = memory.specification.budget
    if budget.wall_seconds is not None and working_seconds(run, now) >= budget.wall_seconds:
        # What a person asks for again is still carried out.
        return max(0, step.num_retried - len(step.wishes))
    if budget.trials is None:
        return memory.specification.parallelism
    accepted = replica.num_trials - replica.num_found + sum(wish.kind == EVALUATE for wish in step.wishes)
    return budget.trials + retried - accepted


def no_more_asking(run: Run, replica: Replica, memory: Memory, step: Step, now: datetime) -> bool:
    """Whether this replica will never ask again: its budget is spent or its strategy has nothing more."""
    if run.state == RunState.STOPPING:
        return True
    if run.state != RunState.RUNNING:
        return replica.is_done
    left = _budget_left(run, replica, step, now, retried=replica.num_retried + step.num_retried, memory=memory)
    if left <= 0 or memory.strategy.done():
        return True
    in_flight = replica.num_asked + len(step.wishes) - replica.num_told - len(step.told)
    if in_flight == 0:
        raise StrategyFailed(
            f"the strategy {memory.specification.strategy.name} proposes nothing although nothing is under way and budget is left"
        )
    return False
