"""What a job works on: a strategy's proposals, or trials whose test metric is to be reported. Two stores, one face."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from apps.artifacts.models import Artifact
from apps.artifacts.selectors import artifact_bytes
from apps.live.events import AnyEvent, TrialRow, TrialsFinished
from apps.runs.models import Job, Proposal, Trial
from apps.runs.services.rows import rows_update
from apps.runs.services.trials import (
    END_COLUMNS,
    architectures_for,
    found_trials_take,
    trial_end,
    trial_row,
)
from apps.runs.services.work_rows import work_changed
from apps.runs.specification import RunSpecification
from apps.runs.states import TRIAL_OPEN
from apps.runs.work_kinds import REPORT, is_work
from nas.core.job import Reported
from nas.core.proposal import Proposal as Wish
from nas.core.result import Result, ResultStatus
from nas.core.space import Space, architecture_key


class Work(Protocol):
    """Reads outside, writes inside the fenced transaction of a commit. `jobs`: those that are still held, of one replica."""

    jobs: Sequence[Job]

    def open(self) -> list[Wish]:
        """What has no result yet, in order."""
        ...

    def checkpoint(self, proposal_id: int) -> bytes | None: ...

    def inherited(self, proposal_id: int) -> bytes | None: ...

    def store_checkpoint(self, proposal_id: int, artifact: Artifact) -> None: ...

    def store_results(self, results: Sequence[Result], *, now: datetime) -> list[AnyEvent]:
        """Results that were stored before (an earlier attempt committed them) are left as they are."""
        ...

    def store_reported(self, reported: Sequence[Reported], space: Space, *, now: datetime) -> list[AnyEvent]: ...

    def jobs_over(self) -> list[int]:
        """Which jobs have nothing left to do."""
        ...


def work_of(jobs: Sequence[Job], specification: RunSpecification) -> Work:
    return ReportWork(jobs) if jobs[0].kind == REPORT else ProposalWork(jobs, specification)


class ProposalWork:
    def __init__(self, jobs: Sequence[Job], specification: RunSpecification) -> None:
        self.jobs = jobs
        self.specification = specification
        self.job = jobs[0]  # for run, replica and kind, which are those of all

    def _open(self) -> list[Proposal]:
        return list(Proposal.objects.filter(job__in=self.jobs, result__isnull=True).order_by("number"))

    def open(self) -> list[Wish]:
        return [Wish.from_json(proposal.body) for proposal in self._open()]

    def checkpoint(self, proposal_id: int) -> bytes | None:
        of_replica = Proposal.objects.filter(replica_id=self.job.replica_id).select_related("checkpoint")
        proposal = of_replica.get(number=proposal_id)
        if proposal.checkpoint is None and proposal.body["continues"] is not None:
            proposal = of_replica.get(number=proposal.body["continues"])
        return artifact_bytes(proposal.checkpoint) if proposal.checkpoint else None

    def inherited(self, proposal_id: int) -> bytes | None:
        of_replica = Proposal.objects.filter(replica_id=self.job.replica_id).select_related("checkpoint")
        parent = of_replica.get(number=proposal_id).body.get("inherits")
        giver = of_replica.filter(number=parent).first() if parent is not None else None
        return artifact_bytes(giver.checkpoint) if giver is not None and giver.checkpoint else None

    def store_checkpoint(self, proposal_id: int, artifact: Artifact) -> None:
        Proposal.objects.filter(job__in=self.jobs, number=proposal_id).update(checkpoint=artifact)

    def store_results(self, results: Sequence[Result], *, now: datetime) -> list[AnyEvent]:
        given = {result.proposal_id: result for result in results}
        proposals = [p for p in self._open() if p.number in given]
        for proposal in proposals:
            proposal.result, proposal.finished_at = given[proposal.number].as_json(), now
        rows_update(proposals, ["result", "finished_at"])
        numbers = {proposal.pk: proposal.number for proposal in proposals}
        trials = list(Trial.objects.filter(proposal__in=proposals, state__in=TRIAL_OPEN).order_by("number"))
        for trial in trials:
            trial_end(trial, given[numbers[trial.proposal_id]], self.specification, now=now)
        rows_update(trials, END_COLUMNS)
        ended = work_changed(self.job.replica.number, proposals) if is_work(self.job.kind) else []
        return [*ended, *self._finished(trials)]

    def store_reported(self, reported: Sequence[Reported], space: Space, *, now: datetime) -> list[AnyEvent]:
        """Architectures that a supernet or an island found, each a trial of its own; known serials are skipped."""
        proposals = dict(
            Proposal.objects.filter(job__in=self.jobs, number__in={r.proposal_id for r in reported}).values_list(
                "number", "pk"
            )
        )
        known = set(Trial.objects.filter(proposal__in=proposals.values()).values_list("proposal_id", "serial"))
        fresh = [r for r in reported if (proposals[r.proposal_id], r.serial) not in known]
        if not fresh:
            return []
        architectures = architectures_for(space, [r.genotype for r in fresh])
        first = found_trials_take(self.job.replica_id, len(fresh))
        trials = []
        for place, found in enumerate(fresh):
            trial = Trial(
                run_id=self.job.run_id,
                replica_id=self.job.replica_id,
                number=first + place,
                proposal_id=proposals[found.proposal_id],
                serial=found.serial,
                architecture=architectures[architecture_key(space, found.genotype)],
                operator=self.job.kind,
                created_at=now,
                started_at=now,
            )
            result = Result(proposal_id=found.proposal_id, status=ResultStatus.COMPLETED, metrics=found.metrics)
            trial_end(trial, result, self.specification, now=now)
            trials.append(trial)
        Trial.objects.bulk_create(trials)
        return self._finished(trials)

    def _finished(self, trials: Sequence[Trial]) -> list[AnyEvent]:
        if not trials:
            return []
        rows: list[TrialRow] = [trial_row(trial, len(self.specification.objectives)) for trial in trials]
        return [TrialsFinished(replica=self.job.replica.number, trials=rows)]

    def jobs_over(self) -> list[int]:
        open_proposals = Proposal.objects.filter(job__in=self.jobs, result__isnull=True)
        still_open = set(open_proposals.values_list("job_id", flat=True))
        return [job.pk for job in self.jobs if job.pk not in still_open]


class ReportWork:
    """Each reported trial stands in for a proposal of the same number; its result goes beside the trial, never to a strategy."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = jobs

    def _open(self) -> list[Trial]:
        open_trials = Trial.objects.filter(report_job__in=self.jobs, report_result__isnull=True)
        return list(open_trials.select_related("proposal").order_by("number"))

    def open(self) -> list[Wish]:
        wishes = []
        for trial in self._open():
            of = Wish.from_json(trial.proposal.body)
            wishes.append(
                Wish(
                    id=of.id,
                    kind=REPORT,
                    fidelity=of.fidelity,
                    payload={
                        "proposal_id": of.seed_id,
                        "genotype": of.genotype or trial.architecture.genotype,
                        "needs_network": of.inherits is not None,
                    },
                )
            )
        return wishes

    def checkpoint(self, proposal_id: int) -> bytes | None:
        """The trained network where it was kept because others inherit from it: the seed alone would not give it again."""
        for trial in self._open():
            of = trial.proposal
            if of.number == proposal_id and of.body.get("keeps_network") and of.checkpoint:
                return artifact_bytes(of.checkpoint)
        return None  # else the report trains again from the seed

    def inherited(self, proposal_id: int) -> bytes | None:
        return None

    def store_checkpoint(self, proposal_id: int, artifact: Artifact) -> None:
        return

    def store_results(self, results: Sequence[Result], *, now: datetime) -> list[AnyEvent]:
        given = {result.proposal_id: result for result in results}
        for trial in self._open():
            if trial.proposal.number in given:
                trial.report_result = given[trial.proposal.number].as_json()
                trial.save(update_fields=["report_result"])
        return []

    def store_reported(self, reported: Sequence[Reported], space: Space, *, now: datetime) -> list[AnyEvent]:
        raise ValueError("a report finds no new architectures")

    def jobs_over(self) -> list[int]:
        still_open = {trial.report_job_id for trial in self._open()}
        return [job.pk for job in self.jobs if job.pk not in still_open]
