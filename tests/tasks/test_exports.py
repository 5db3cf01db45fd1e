"""A worker writes what was asked for: real networks, a real clean process, files in storage; a failure has a name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import torch
from django.utils import timezone
from safetensors.torch import load

from apps.accounts.models import User
from apps.artifacts.selectors import artifact_bytes
from apps.exports.models import ArchitectureExport, ExportState
from apps.exports.selectors.choices import choice_of
from apps.exports.services.request import export_request
from apps.exports.services.work import export_claim
from apps.runs.models import Run, Trial
from apps.workers.leased import LeasedRows
from apps.workers.models import Worker
from apps.workers.services.registration import workers_drain
from nas.core.randomness import training_seed
from nas.export import check
from nas.training.checkpoint import unpack, with_prefix
from nas.training.environment import reproducible
from tasks.exports import architecture_export
from tests.apps.runs.driver import finish

# The thread that renews the lease has a connection of its own and must see the rows.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def trial(make_real_run: Callable[..., Run], worker: Worker) -> Trial:
    """Trained for an epoch on digits, its network kept."""
    run = finish(make_real_run(epochs=1, keep_network=True), worker)
    related = ("run", "replica", "proposal__checkpoint", "architecture")
    return Trial.objects.select_related(*related).get(run=run)


def ask(trial: Trial, by: User, *formats: str, is_trained: bool = True) -> ArchitectureExport:
    choice = choice_of(trial)
    return export_request(
        architecture=trial.architecture,
        by=by,
        formats=formats,
        choice=choice if is_trained else choice.untrained,
        now=timezone.now(),
    )


def carried_out(export: ArchitectureExport) -> ArchitectureExport:
    architecture_export(export.pk)
    export.refresh_from_db()
    return export


def content_of(export: ArchitectureExport, kind: str) -> bytes:
    return artifact_bytes(export.files.get(kind=kind).artifact)


@pytest.mark.any_database
def test_trained_and_initial_weights_are_those_of_the_trial(trial: Trial, member: User) -> None:
    trained = carried_out(ask(trial, member, "pytorch", "onnx"))
    assert (trained.state, trained.reason) == (ExportState.READY, "")
    assert trained.checks["pytorch"]["max_difference"] == 0.0
    assert trained.checks["pytorch"]["params"] == trial.metrics["params"]
    assert trained.checks["pytorch"]["macs"] == trial.metrics["macs"]
    assert [file.kind for file in trained.files.order_by("pk")] == ["source", "weights", "onnx"]
    source = content_of(trained, "source").decode()
    assert f"Weights: trained in run 'digits', trial {trial.number}" in " ".join(source.split())
    assert trial.proposal.checkpoint is not None
    kept = with_prefix("network", unpack(artifact_bytes(trial.proposal.checkpoint))[0])
    weights = load(content_of(trained, "weights"))
    assert set(weights) == set(kept)
    assert all(torch.equal(weights[name], kept[name]) for name in kept)

    plain = carried_out(ask(trial, member, "pytorch", is_trained=False))
    assert "not trained" in content_of(plain, "source").decode()
    setup_space = choice_space(trial)
    with reproducible(torch.device("cpu"), training_seed(trial.run.seed, 0, trial.proposal.number)):
        network = setup_space.build(trial.architecture.genotype, (1, 8, 8), 10)  # type: ignore[attr-defined]
    begun = load(content_of(plain, "weights"))
    assert all(torch.equal(begun[name], tensor) for name, tensor in network.state_dict().items())


def choice_space(trial: Trial) -> object:
    from apps.architectures.selectors.drawing import space_of

    return space_of(trial.architecture)


@pytest.mark.any_database
def test_a_file_that_is_not_the_network_fails_with_the_reason_and_is_not_kept(
    trial: Trial, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = check._prepared

    def tampered(subject: check.Subject, *rest: object) -> object:
        wrong = subject.source.replace("nn.ReLU()", "nn.Tanh()")
        assert wrong != subject.source
        broken = check.Subject(wrong, subject.blueprint, subject.network, subject.cost)
        return prepared(broken, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(check, "_prepared", tampered)
    export = carried_out(ask(trial, member, "pytorch", is_trained=False))
    assert export.state == ExportState.FAILED
    assert "the outputs differ from those of the original" in export.reason
    assert not export.files.exists()


def test_a_worker_that_is_to_stop_gives_the_export_back(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(trial, member, "pytorch")
    watched = threading.Event()
    renew = LeasedRows.renew

    def seen(rows: Any, lease: Any, *, now: datetime) -> bool:
        watched.set()
        return renew(rows, lease, now=now)

    monkeypatch.setattr(LeasedRows, "renew", seen)
    monkeypatch.setattr("tasks.lease.WATCH_SECONDS", 0.05)
    workers_drain(host=worker.host, name=worker.name)
    carried_out(export)
    assert watched.is_set()
    assert export.state == ExportState.QUEUED
    assert not export.files.exists()


def test_who_lost_the_export_stores_nothing(trial: Trial, member: User, worker: Worker) -> None:
    export = ask(trial, member, "pytorch")
    lease = export_claim(export_id=export.pk, worker=worker, now=timezone.now())
    assert lease is not None
    assert carried_out(export).state == ExportState.WORKING, "somebody else is at it"
    assert not export.files.exists()
