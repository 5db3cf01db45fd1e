"""Every page but the run's own: nothing for Axe to find, nothing wider than the screen, in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import Team, User
from apps.datasets.services import dataset_check, dataset_create
from apps.workers.models import Worker
from tests.apps.builders import make_run, make_trials
from tests.apps.datasets.conftest import good_npz, npz, pictures, uploaded
from tests.apps.latency.conftest import bring
from tests.browser.conftest import NARROW, WIDE
from tests.nas.hardware.test_latency_csv import networks

Open = Callable[..., Page]
STEPS = ("problem", "space", "strategy", "estimator", "objectives")


@pytest.fixture
def addresses(team: Team, member: User, worker: Worker) -> list[str]:
    """One page of each kind, with something on it."""
    run = make_run(team, member)
    trials = make_trials(run, 3, failed=[1])
    images, labels = pictures()
    datasets = []
    for name, content in (("Good", good_npz()), ("Bad", npz(x=images, y=labels + 5))):
        dataset = dataset_create(team=team, by=member, name=name, files={"data.npz": uploaded(content)})
        dataset_check(dataset_id=dataset.pk)
        datasets.append(dataset)
    latency = bring(team, member, networks().encode(), column="slow")
    return [
        *(f"/runs/new/#step-{step}" for step in STEPS),
        "/datasets/",
        "/datasets/new/",
        *(f"/datasets/{dataset.pk}/" for dataset in datasets),
        "/latency/",
        "/latency/new/",
        "/latency/import/",
        f"/latency/{latency.pk}/",
        f"/architectures/{trials[0].architecture.key}/",
        "/spaces/",
        "/spaces/kinds/nasbench201/",
        "/spaces/kinds/nasbench201/?limits=params<=nothing",
        "/spaces/kinds/regnet/",
        "/spaces/kinds/nasbench201/architecture/",
        "/spaces/kinds/nasbench201/architecture/?genotype={",
        f"/teams/{team.pk}/",
        "/tokens/",
        "/account/",
    ]


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (NARROW, True)])
def test_axe_finds_nothing_and_nothing_overflows(
    open_page: Open, axe: Callable[[Page], list[str]], addresses: list[str], size: dict[str, int], dark: bool
) -> None:
    page = open_page("/", size=size, dark=dark)
    for address in addresses:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if "#" in address:
            expect(page.locator(f"#{address.partition('#')[2]}")).to_be_visible()
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_an_address_that_leads_nowhere_has_a_way_back(open_page: Open, axe: Callable[[Page], list[str]]) -> None:
    page = open_page("/runs/999/", expected_error="status of 404")
    assert axe(page) == []
    page.get_by_role("link", name="To the runs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
