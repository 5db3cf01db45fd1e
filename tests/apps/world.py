"""One of everything, owned by one team, and five people who look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import Membership, Role, Team, User
from apps.accounts.services.sign_in_link import sign_in_link_create
from apps.accounts.services.token import token_create
from apps.artifacts.services import artifact_store
from apps.datasets.models import DataSet
from apps.datasets.services import table_create
from apps.exports.models import ArchitectureExport, ExportFile, ExportState
from apps.latency.services.table import latency_import
from apps.runs.models import Run, Trial
from apps.runs.services import run_create
from apps.runs.states import TrialState
from apps.spaces.selectors.made import space_made
from apps.spaces.services.saved_space import saved_space_create
from apps.studies.models import Study
from apps.workers.models import Worker
from tests.apps.runs.driver import advance, toy_values, work

PEOPLE = ("anonymous", "outsider", "viewer", "member", "admin")
GENOTYPE = {"bits": "01" * 10}


@dataclass(frozen=True)
class World:
    """`people`: the five of PEOPLE, None for the anonymous one. `kwargs`: what the arguments of routes are called."""

    people: dict[str, User | None]
    kwargs: dict[str, Any]
    team: Team
    run: Run


def make_world() -> World:
    """A running search with a baseline, with finished and failed trials, uploads, a saved space, a token, a sign-in link."""
    team, other_team = Team.objects.create(name="Curie"), Team.objects.create(name="Noether")
    people: dict[str, User | None] = {"anonymous": None}
    for name, of, role in (
        ("outsider", other_team, Role.ADMIN),
        ("viewer", team, Role.VIEWER),
        ("member", team, Role.MEMBER),
        ("admin", team, Role.ADMIN),
    ):
        people[name] = User.objects.create_user(username=name)
        Membership.objects.create(team=of, user=people[name], role=role)
    member, admin = people["member"], people["admin"]
    assert member is not None
    assert admin is not None
    run = run_create(team=team, by=member, name="toy", values=toy_values(baseline=True), now=timezone.now())
    worker = Worker.objects.create(
        name="cpu0", host="here", pid=1, queue="cpu", device="cpu", last_seen_at=timezone.now()
    )
    advance(run)
    work(worker, jobs=2)
    advance(run)
    Trial.objects.filter(run=run, replica__number=0, number=1).update(
        state=TrialState.CRASHED, reason="it crashed", on_front=False
    )
    dataset = DataSet.objects.create(team=team, name="images", created_by=member)
    table = table_create(
        team=team,
        by=member,
        name="table",
        file=SimpleUploadedFile("table.csv", b"bits,val_acc\n01,90\n"),
        space_name="bit_strings",
        source="a test",
        licence="none",
        is_to_be_described=True,
    )
    space = space_made(name="bit_strings", config={"num_bits": 20})
    saved = saved_space_create(team=team, by=member, name="bits", space=space)
    latency = latency_import(
        team=team,
        by=member,
        name="latency",
        file=SimpleUploadedFile("latency.csv", b"# device: a phone\nkey,median_ms\na,1\n"),
        device="",
        column="",
        unit="ms",
        source="",
        now=timezone.now(),
    )
    token, _text = token_create(user=admin, name="test")
    trial = Trial.objects.select_related("architecture").get(run=run, replica__number=0, number=0)
    export = ArchitectureExport.objects.create(
        identity="0" * 64,
        architecture=trial.architecture,
        formats=["pytorch"],
        input_shape=[1, 8, 8],
        num_classes=10,
        seed=0,
        state=ExportState.READY,
        used_at=timezone.now(),
    )
    artifact = artifact_store(content=b"import torch", kind="export")
    ExportFile.objects.create(export=export, kind="source", name="network.py", artifact=artifact)
    grown = {"step_title": "Step", "step": [1], "genotypes": [GENOTYPE], "genotype": [0]}
    run.replicas.get(number=0).views.create(name="best", title="The best", kind="growth", data=grown, advance_number=1)
    study = Study.objects.create(
        run=run,
        trial=trial,
        kind="cost_by_size",
        version=1,
        config={"schema_version": 1, "num_sizes": 2, "step": 8},
        known={"genotype": GENOTYPE, "sizes": [8], "macs": [64]},
        requested_by=member,
        asked_at=timezone.now(),
    )
    kwargs = {
        "study_id": study.pk,
        "export_id": export.pk,
        "kind": "source",
        "team_id": team.pk,
        "user_id": people["viewer"].pk if people["viewer"] else 0,
        "run_id": run.pk,
        "replica": 0,
        "number": 0,
        "key": trial.architecture.key,
        "dataset_id": dataset.pk,
        "table_id": table.pk,
        "space_id": saved.pk,
        "latency_id": latency.pk,
        "worker_id": worker.pk,
        "token_id": token.pk,
        "token": sign_in_link_create(user=member, now=timezone.now()),
        "reference": "digits",
        "place": "strategy",
        "verb": "pause",
    }
    return World(people=people, kwargs=kwargs, team=team, run=run)
