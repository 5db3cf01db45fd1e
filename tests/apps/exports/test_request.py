"""Who may ask for an export of what, and that asking twice gives one export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from apps.accounts.access import export_visible
from apps.accounts.models import Team, User
from apps.artifacts.services import artifact_store, artifacts_sweep
from apps.exports.errors import ExportRefused
from apps.exports.files import file_response
from apps.exports.models import ArchitectureExport, ExportFile, ExportState
from apps.exports.selectors.choices import export_choices
from apps.exports.services import request as request_service
from apps.exports.services.sweep import KEPT_UNUSED, exports_sweep
from apps.exports.services.work import EXPORTS, export_claim, export_finish
from apps.runs.models import Trial
from apps.workers.leased import GIVE_UP_AFTER
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig, LeaseLost
from nas.export.request import Exported, ExportedFile
from tests.apps.builders import make_worker
from tests.apps.exports.conftest import ask, make_trial

Visit = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def finished(export: ArchitectureExport, *, name: str = "network.py", content: bytes = b"import torch") -> None:
    lease = export_claim(export_id=export.pk, worker=make_worker(), now=timezone.now())
    assert lease is not None
    found = {"params": 1_234_567, "macs": 12_300_000, "max_difference": 0.0, "num_examples": 4, "torch_version": "2.13"}
    exported = Exported((ExportedFile("source", name, content),), {"pytorch": found})
    export_finish(lease=lease, exported=exported, now=timezone.now())
    export.refresh_from_db()


def test_asking_twice_gives_the_same_export(trial: Trial, member: User, viewer: User) -> None:
    first = ask(trial, member, "pytorch", "onnx")
    again = ask(trial, viewer, "onnx", "pytorch", "onnx")
    assert first == again
    assert again.requested_by == member
    assert ask(trial, member, "pytorch") != first
    finished(first)
    assert ask(trial, viewer, "onnx", "pytorch").state == ExportState.READY


def test_a_failed_export_is_tried_again_when_asked_for(trial: Trial, member: User) -> None:
    export = ask(trial, member)
    lease = export_claim(export_id=export.pk, worker=make_worker(), now=timezone.now())
    assert lease is not None
    EXPORTS.fail(lease, reason="it differs", detail="", now=timezone.now())
    again = ask(trial, member)
    assert (again.pk, again.state, again.reason) == (export.pk, ExportState.QUEUED, "")


def test_unknown_formats_and_too_many_exports_are_refused(
    trial: Trial, member: User, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidConfig, match="'torchscript' is no format"):
        ask(trial, member, "torchscript")
    monkeypatch.setattr(request_service, "MOST_OPEN", 1)
    export = ask(trial, member)
    assert ask(trial, member) == export, "what waits already may be asked for again"
    with pytest.raises(ExportRefused, match="1 of your exports wait"):
        ask(trial, member, "onnx")
    assert ask(trial, viewer, "onnx").state == ExportState.QUEUED


def test_trained_weights_are_offered_only_where_they_were_kept(team: Team, member: User, viewer: User) -> None:
    thrown_away = make_trial(team, member)
    kept = make_trial(team, member, name="Kept", keep_network=True)
    assert kept.architecture == thrown_away.architecture
    choices = export_choices(kept.architecture, viewer)
    assert [(choice.trial, choice.checkpoint is not None) for choice in choices] == [(kept, True), (kept, False)]
    assert ask(kept, viewer).is_trained
    assert not ask(kept, viewer, is_trained=False).is_trained
    assert not ask(thrown_away, viewer).is_trained


def test_trained_weights_are_seen_by_those_who_see_the_trial(
    team: Team, member: User, other_team: Team, outsider: User
) -> None:
    ours = make_trial(team, member, keep_network=True)
    theirs = make_trial(other_team, outsider, name="Theirs", keep_network=True)
    assert ours.architecture == theirs.architecture
    trained, plain = ask(ours, member), ask(theirs, outsider, is_trained=False)
    everything = ArchitectureExport.objects.all()
    assert set(export_visible(everything, member)) == {trained, plain}
    assert set(export_visible(everything, outsider)) == {plain}
    ours.run.delete()
    assert set(everything) == {plain}, "weights go with their trial"


class TestWorker:
    def test_one_of_two_workers_wins(self, trial: Trial, member: User) -> None:
        export = ask(trial, member)
        first = export_claim(export_id=export.pk, worker=make_worker("a"), now=timezone.now())
        assert first is not None
        assert export_claim(export_id=export.pk, worker=make_worker("b"), now=timezone.now()) is None

    def test_what_a_dead_worker_held_is_done_again_and_its_late_answer_refused(
        self, trial: Trial, member: User
    ) -> None:
        export = ask(trial, member)
        dead = export_claim(export_id=export.pk, worker=make_worker("a"), now=timezone.now())
        assert dead is not None
        assert exports_sweep(now=timezone.now()) == 0
        assert exports_sweep(now=timezone.now() + timedelta(hours=1)) == 1
        lease = export_claim(export_id=export.pk, worker=make_worker("b"), now=timezone.now())
        assert lease is not None
        assert not EXPORTS.renew(dead, now=timezone.now())
        late = Exported((ExportedFile("source", "network.py", b"late"),), {})
        with pytest.raises(LeaseLost):
            export_finish(lease=dead, exported=late, now=timezone.now())
        with pytest.raises(LeaseLost):
            EXPORTS.fail(dead, reason="late", detail="", now=timezone.now())
        assert not ExportFile.objects.exists()
        assert EXPORTS.renew(lease, now=timezone.now())

    def test_a_worker_that_said_goodbye_gives_back_at_once(self, trial: Trial, member: User) -> None:
        export, worker = ask(trial, member), make_worker()
        export_claim(export_id=export.pk, worker=worker, now=timezone.now())
        Worker.objects.filter(pk=worker.pk).update(stopped_at=timezone.now())
        assert exports_sweep(now=timezone.now()) == 1
        export.refresh_from_db()
        assert export.state == ExportState.QUEUED

    def test_an_export_that_kills_its_workers_ends_with_the_reason(self, trial: Trial, member: User) -> None:
        export = ask(trial, member)
        for _ in range(GIVE_UP_AFTER):
            assert export_claim(export_id=export.pk, worker=make_worker(), now=timezone.now()) is not None
            exports_sweep(now=timezone.now() + timedelta(hours=1))
        export.refresh_from_db()
        assert export.state == ExportState.FAILED
        assert "died 4 times" in export.reason


def test_what_nobody_uses_is_deleted_with_its_files(trial: Trial, member: User) -> None:
    export = ask(trial, member)
    finished(export)
    exports_sweep(now=timezone.now() + KEPT_UNUSED / 2)
    later = timezone.now() + KEPT_UNUSED + timedelta(days=1)
    assert artifacts_sweep(now=later) == 0, "the export still refers to its file"
    exports_sweep(now=later)
    assert not ArchitectureExport.objects.exists()
    assert artifacts_sweep(now=later) == 1


class TestPage:
    def test_it_offers_the_networks_and_shows_what_became_of_exports(
        self, as_user: Visit, viewer: User, trial: Trial
    ) -> None:
        client, address = as_user(viewer), f"/architectures/{trial.architecture.key}/"
        page = client.get(address).content.decode()
        assert f"Not trained, as trial {trial.number} of “Ours” began; 1 × 8 × 8" in page
        value = f"{trial.run_id}.0.{trial.number}.initial"
        sent = {"export-formats": ["pytorch"], "export-network": value}
        answer = client.post(f"{address}exports/", sent)
        assert (answer.status_code, answer["Location"]) == (302, f"{address}#exports")
        page = client.get(f"{address}exports/").content.decode()
        assert "Waits for a worker" in page
        assert "hx-get" in page
        export = ArchitectureExport.objects.get()
        finished(export)
        page = client.get(f"{address}exports/").content.decode()
        assert "0 difference on 4 examples, 1,234,567 parameters, 12.3 M MACs" in page
        assert "hx-get" not in page

    def test_a_form_with_mistakes_comes_back(self, as_user: Visit, viewer: User, trial: Trial) -> None:
        client, address = as_user(viewer), f"/architectures/{trial.architecture.key}/exports/"
        answer = client.post(address, {"export-network": "1.2.3.trained"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Choose at least one format." in page
        assert "Select a valid choice" in page
        assert not ArchitectureExport.objects.exists()

    def test_a_failed_export_says_why_and_is_tried_again(self, as_user: Visit, viewer: User, trial: Trial) -> None:
        export = ask(trial, viewer)
        lease = export_claim(export_id=export.pk, worker=make_worker(), now=timezone.now())
        assert lease is not None
        EXPORTS.fail(lease, reason="the outputs <differ>", detail="secret", now=timezone.now())
        client, address = as_user(viewer), f"/architectures/{trial.architecture.key}/exports/"
        page = client.get(address).content.decode()
        assert "the outputs &lt;differ&gt;" in page
        assert "secret" not in page
        assert client.post(f"{address}{export.pk}/again/").status_code == 302
        export.refresh_from_db()
        assert export.state == ExportState.QUEUED

    def test_a_file_is_sent_as_an_attachment_of_no_type(self, as_user: Visit, viewer: User, trial: Trial) -> None:
        export = ask(trial, viewer)
        finished(export, name="nasbench201_0123456789.py", content=b"<script>alert(1)</script>")
        address = f"/architectures/{trial.architecture.key}/exports/{export.pk}/source/"
        answer = as_user(viewer).get(address)
        assert answer["Content-Disposition"] == 'attachment; filename="nasbench201_0123456789.py"'
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Length"] == "25"
        assert as_user(viewer).get(address.replace("source", "onnx")).status_code == 404

    def test_the_bytes_of_a_file_arrive(self) -> None:
        content = bytes(range(256)) * 5_000
        artifact = artifact_store(content=content, kind="export")
        answer = file_response(ExportFile(name="weights.safetensors", kind="weights", artifact=artifact))

        async def read() -> bytes:
            return b"".join([part async for part in cast("AsyncIterator[bytes]", answer.streaming_content)])

        assert async_to_sync(read)() == content

    def test_json_holds_the_trials_that_the_reader_may_see(
        self, as_user: Visit, viewer: User, outsider: User, other_team: Team, trial: Trial
    ) -> None:
        theirs = make_trial(other_team, outsider, name="Theirs")
        assert theirs.architecture == trial.architecture
        answer = as_user(viewer).get(f"/architectures/{trial.architecture.key}/architecture.json")
        assert answer["Content-Disposition"].startswith('attachment; filename="nasbench201_')
        found = answer.json()
        assert [(row["run_name"], row["metrics"]) for row in found["trials"]] == [("Ours", trial.metrics)]
        assert found["key"] == trial.architecture.key
        assert sum(layer["params"] for layer in found["layers"]) == found["cost"]["params"]
        assert sum(layer["macs"] for layer in found["layers"]) == found["cost"]["macs"]


class TestApi:
    def test_an_export_is_asked_for_and_followed(
        self, with_token: Callable[[User], Client], viewer: User, trial: Trial
    ) -> None:
        client, address = with_token(viewer), f"/api/v1/architectures/{trial.architecture.key}/exports/"
        named = {"run": trial.run_id, "replica": 0, "number": trial.number}
        answer = client.post(address, {"formats": ["pytorch", "onnx"], "trial": named}, content_type="application/json")
        assert answer.status_code == 202
        asked = answer.json()
        assert (asked["state"], asked["formats"], asked["input_shape"]) == ("queued", ["onnx", "pytorch"], [1, 8, 8])
        finished(ArchitectureExport.objects.get())
        (row,) = client.get(address).json()["results"]
        assert row["id"] == asked["id"]
        (file,) = row["files"]
        assert file["size_bytes"] == 12
        assert client.get(file["url"]).status_code == 200

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"formats": []}, "formats"),
            ({"formats": ["exe"]}, "formats.0"),
            ({"input_shape": [3, 32, 32]}, "num_classes"),
            ({"input_shape": [3, 32], "num_classes": 10}, "input_shape"),
            ({"input_shape": [3, 0, 10**30], "num_classes": 10}, "input_shape.1"),
            ({"trial": {"run": 0, "number": 0}}, "trial"),
            ({"trial": "1"}, "trial"),
        ],
    )
    def test_mistakes_are_told_at_their_field(
        self, with_token: Callable[[User], Client], viewer: User, trial: Trial, body: dict[str, object], field: str
    ) -> None:
        address = f"/api/v1/architectures/{trial.architecture.key}/exports/"
        answer = with_token(viewer).post(address, body, content_type="application/json")
        assert answer.status_code == 400
        assert field in {error["field"] for error in answer.json()["errors"]}, answer.json()

    def test_another_input_may_be_asked_for(
        self, with_token: Callable[[User], Client], viewer: User, trial: Trial
    ) -> None:
        address = f"/api/v1/architectures/{trial.architecture.key}/exports/"
        body = {"input_shape": [3, 224, 224], "num_classes": 1000}
        assert with_token(viewer).post(address, body, content_type="application/json").json()["input_shape"] == [
            3,
            224,
            224,
        ]
