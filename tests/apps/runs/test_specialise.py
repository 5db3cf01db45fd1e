"""A trained elastic network is specialised for another device from the run's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.latency.models import LatencyState, LatencyTable
from apps.runs.engine import setup_of
from apps.runs.models import ReplicaView, Run
from apps.runs.services.memory import warm
from apps.runs.services.specialise import run_specialise
from apps.runs.states import RunState
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig
from nas.hardware.latency_table import LatencyRow, TableFingerprint, predict
from nas.hardware.latency_table import LatencyTable as EngineTable
from nas.hardware.network_pieces import pieces_of, pieces_of_space
from tests.apps.runs.driver import advance, finish
from tests.support.supernets import SMALL_SPACES

pytestmark = pytest.mark.any_database

AsUser = Callable[[User | None], Client]
MakeRun = Callable[..., Run]

ONCE: dict[str, Any] = {
    "problem": {"name": "image_classification", "config": {"dataset": "digits", "max_examples": 200}},
    "space": {"name": "mobile", "config": SMALL_SPACES["mobile:elastic"]},
    "strategy": {
        "name": "once_for_all",
        "config": {
            "epochs": 1,
            "kernel_epochs": 0,
            "depth_epochs": [0, 0],
            "width_epochs": [0, 1],
            "width_subnets": 1,
            "batch_size": 128,
            "calibration_batches": 1,
            "num_scored": 10,
            "predictor_epochs": 2,
            "generations": 5,
            "population": 20,
            "num_trained": 0,
            "targets": [{"limit": 200_000}],
        },
    },
    "estimator": {"name": "train", "config": {"epochs": 1}},
    "objectives": ["accuracy:maximise"],
    "budget": {"trials": 5},
    "num_reported": 0,
}


@pytest.fixture
def run(make_run: MakeRun, worker: Worker) -> Run:
    done = finish(make_run(**ONCE), worker)
    assert done.state == RunState.COMPLETED, done.end_reason
    warm.clear()  # the page is served by another process than the one that searched
    return done


@pytest.fixture
def table(run: Run, team: Team) -> LatencyTable:
    setup = setup_of(run)
    keys = pieces_of_space(setup.space, setup.problem.input_shape, setup.problem.num_classes)
    rows = {key: LatencyRow.single(0.5) for key in keys}
    made = EngineTable("phone", TableFingerprint("phone"), rows)
    return LatencyTable.objects.create(
        team=team,
        name="phone",
        state=LatencyState.READY,
        device_name="phone",
        content=made.as_json(),
        digest="0" * 64,
        asked_at=timezone.now(),
    )


def test_a_network_within_the_limit_is_shown_with_its_costs(run: Run, as_user: AsUser, member: User) -> None:
    client = as_user(member)
    devices = ReplicaView.objects.get(replica__run=run, name="devices")
    assert None not in devices.data["shared_accuracy"]  # the pictures of the end know its last results
    assert f"/runs/{run.pk}/specialise/" in client.get(f"/runs/{run.pk}/views/").content.decode()
    answer = client.post(f"/runs/{run.pk}/specialise/", {"cost": "macs", "limit": "150,000"})
    text = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert re.search(r"at most 150\sk", text)
    assert "<svg" in text
    assert "/spaces/kinds/mobile/architecture/?" in text
    found = run_specialise(run=run, user=member, replica=0, target={"cost": "macs", "limit": 150_000})
    cost = setup_of(run).cost(found.genotype)
    assert cost.macs == found.price <= 150_000
    page = text.partition('href="/spaces/kinds/mobile/architecture/?')[2].partition('"')[0]
    shown = client.get(f"/spaces/kinds/mobile/architecture/?{page}").content.decode()
    assert f"{cost.params:,}" in shown


def test_a_limit_on_latency_is_kept_by_the_table(run: Run, table: LatencyTable, member: User) -> None:
    target = {"cost": "latency_ms", "limit": 3.5, "latency_table": str(table.pk)}
    found = run_specialise(run=run, user=member, replica=0, target=target)
    setup = setup_of(run)
    pieces = pieces_of(setup.space, found.genotype, setup.problem.input_shape, setup.problem.num_classes)
    made = EngineTable.from_json(table.content)
    assert predict(made, pieces) == pytest.approx(found.price)
    assert found.price <= 3.5


WRONG = [
    ({"cost": "macs", "limit": "10"}, "Limit: the smallest network has"),
    ({"cost": "macs", "limit": "many"}, "Limit: "),
    ({"cost": "latency_ms", "limit": "5", "latency_table": "77"}, "Latency table: there is no latency table 77"),
    ({"cost": "latency_ms", "limit": "5"}, "needs a latency table"),
    ({"cost": "speed", "limit": "5"}, "Cost: "),
    ({"cost": "macs", "limit": "1e9", "replica": "9"}, "cannot be specialised"),
]


def test_what_is_wrong_is_said(run: Run, as_user: AsUser, member: User) -> None:
    client = as_user(member)
    for target, said in WRONG:
        answer = client.post(f"/runs/{run.pk}/specialise/", target)
        assert answer.status_code == 200
        assert said in unescape(answer.content.decode()), target


def test_who_may_only_look_is_not_offered_it(make_run: MakeRun, as_user: AsUser, viewer: User) -> None:
    run = advance(make_run(**ONCE))
    client = as_user(viewer)
    assert "/specialise/" not in client.get(f"/runs/{run.pk}/views/").content.decode()
    assert client.post(f"/runs/{run.pk}/specialise/", {"cost": "macs", "limit": "1e9"}).status_code == 404


def test_before_the_scores_are_there_it_says_so(make_run: MakeRun, member: User) -> None:
    young = advance(make_run(**ONCE))
    with pytest.raises(InvalidConfig, match="wait for its scores"):
        run_specialise(run=young, user=member, replica=0, target={"cost": "macs", "limit": 1e9})


def test_other_searches_cannot_be_specialised(make_run: MakeRun, as_user: AsUser, member: User) -> None:
    run = advance(make_run())
    assert "/specialise/" not in as_user(member).get(f"/runs/{run.pk}/views/").content.decode()
    answer = as_user(member).post(f"/runs/{run.pk}/specialise/", {"cost": "macs", "limit": "5"})
    assert "cannot be specialised" in answer.content.decode()


def test_tables_that_targets_name_are_looked_up_for_who_starts(make_run: MakeRun) -> None:
    config = {**ONCE["strategy"]["config"], "targets": [{"cost": "latency_ms", "limit": 5, "latency_table": "4711"}]}
    with pytest.raises(InvalidConfig) as caught:
        make_run(**{**ONCE, "strategy": {"name": "once_for_all", "config": config}})
    assert caught.value.errors[0].field == "strategy.config.targets.0.latency_table"
