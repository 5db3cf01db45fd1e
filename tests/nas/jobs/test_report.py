"""The job kind `report`: the only place where test metrics appear."""

from __future__ import annotations

from pathlib import Path

from nas.core.proposal import Proposal
from nas.core.result import ResultStatus
from nas.jobs.evaluate import Evaluate
from nas.jobs.local import LocalContext
from nas.jobs.report import Report
from tests.contracts.toys import toy_setup

GENOTYPE = {"bits": "1101" * 25}


def test_it_repeats_the_trial_with_its_own_seed_and_adds_the_test_metrics(tmp_path: Path) -> None:
    setup = toy_setup(seed=3, noise=0.2)
    trial = LocalContext("evaluate", setup, [Proposal(17, GENOTYPE)], folder=tmp_path)
    Evaluate().run(trial)
    asked = Proposal(0, kind="report", payload={"proposal_id": 17, "genotype": GENOTYPE})
    report = LocalContext("report", setup, [asked], folder=tmp_path)
    Report().run(report)
    (searched,), (reported,) = trial.results, report.results
    assert not [name for name in searched.metrics if name.startswith("test_")]
    assert reported.proposal_id == 0
    assert reported.metrics == {**searched.metrics, "test_accuracy": 0.75}


def test_a_constraint_changed_after_the_trial_does_not_keep_it_from_being_reported(tmp_path: Path) -> None:
    setup = toy_setup(constraints=("params<=100",))
    asked = Proposal(0, kind="report", payload={"proposal_id": 1, "genotype": GENOTYPE})
    context = LocalContext("report", setup, [asked], folder=tmp_path)
    Report().run(context)
    assert context.results[0].metrics["test_accuracy"] == 0.75


def test_a_network_that_inherited_weights_is_not_trained_again_from_its_seed_alone(tmp_path: Path) -> None:
    setup = toy_setup()
    payload = {"proposal_id": 1, "genotype": GENOTYPE, "needs_network": True}
    gone = LocalContext("report", setup, [Proposal(0, kind="report", payload=payload)], folder=tmp_path)
    Report().run(gone)
    assert gone.results[0].status is ResultStatus.CANCELLED
    assert "inherited" in gone.results[0].reason
    stored = LocalContext("report", setup, [Proposal(5, kind="report", payload=payload)], folder=tmp_path)
    stored.commit(checkpoint=(5, b"network"))
    Report().run(stored)
    assert stored.results[0].metrics["test_accuracy"] == 0.75
