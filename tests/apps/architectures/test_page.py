"""The page of an architecture shows what its reader may see, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.architectures.models import Architecture
from apps.runs.models import Trial
from nas import registry
from tests.apps.builders import make_run, make_trials

Visit = Callable[[User | None], Client]


@pytest.fixture
def trial(team: Team, member: User) -> Trial:
    return make_trials(make_run(team, member, name="Ours"), 1)[0]


def test_it_shows_graph_genotype_notation_costs_and_trials(as_user: Visit, viewer: User, trial: Trial) -> None:
    architecture = trial.architecture
    page = as_user(viewer).get(f"/architectures/{architecture.key}/").content.decode()
    kind = registry.spaces.get(architecture.space_name)
    space = kind(kind.Config.parse(architecture.space_config))
    assert "<svg" in page
    assert space.notation(architecture.genotype) in page  # type: ignore[attr-defined]
    assert f'title="{space.cost(architecture.genotype, (1, 8, 8), 10).params:,}"' in page
    assert "1 × 8 × 8" in page
    assert "Ours" in page


def test_trials_of_runs_that_may_not_be_seen_are_left_out(
    as_user: Visit, viewer: User, outsider: User, other_team: Team, trial: Trial
) -> None:
    (hidden,) = make_trials(make_run(other_team, outsider, name="Theirs"), 1)
    assert hidden.architecture == trial.architecture  # the same seed draws the same network
    page = as_user(viewer).get(f"/architectures/{trial.architecture.key}/").content.decode()
    assert "Theirs" not in page
    assert "1 that you may see" in page


def test_an_architecture_without_visible_trials_is_not_found(as_user: Visit, outsider: User, trial: Trial) -> None:
    client = as_user(outsider)
    for end in ("", "graph.svg"):
        assert client.get(f"/architectures/{trial.architecture.key}/{end}").status_code == 404
        assert client.get(f"/architectures/{'0' * 32}/{end}").status_code == 404


def test_the_picture_is_sent_once(as_user: Visit, viewer: User, trial: Trial) -> None:
    client, address = as_user(viewer), f"/architectures/{trial.architecture.key}/graph.svg"
    first = client.get(address)
    assert first["Content-Type"] == "image/svg+xml"
    assert first.content.startswith(b"<svg")
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_survives_the_loss_of_the_data_set(as_user: Visit, viewer: User, team: Team, member: User) -> None:
    run = make_run(
        team, member, specification={"problem": {"name": "image_classification", "config": {"dataset": "404"}}}
    )
    (trial,) = make_trials(run, 1)
    page = as_user(viewer).get(f"/architectures/{trial.architecture.key}/").content.decode()
    assert "3 × 32 × 32" in page


def test_the_number_of_queries_does_not_grow_with_the_trials(
    as_user: Visit, viewer: User, team: Team, member: User, django_assert_max_num_queries: Callable[..., object]
) -> None:
    only = {"space": {"name": "nasbench201", "config": {"width": 8, "cells_per_stage": 1, "operations": ["none"]}}}
    make_trials(make_run(team, member, specification=only), 60)
    key = Architecture.objects.get().key
    client = as_user(viewer)
    with django_assert_max_num_queries(17):  # type: ignore[attr-defined]
        assert "60 that you may see" in client.get(f"/architectures/{key}/").content.decode()
