"""The run page of a search beside its random-search baseline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.runs.baseline_words import effect_text, p_text, verdict_sentence
from apps.runs.models import Run, Trial
from apps.runs.states import RunState
from nas.analysis.significance import verdict
from tests.apps.builders import make_run, make_trials

As = Callable[[User | None], Client]


@pytest.fixture
def beside(team: Team, member: User) -> Run:
    """Three seeds against random, five trials each."""
    run = make_run(team, member, state=RunState.COMPLETED, num_replicas=3, specification={"baseline": True})
    for replica in range(6):
        make_trials(run, 5, replica=replica)
    return run


def skeleton(page: str, name: str) -> dict[str, object]:
    part = page.split(f'data-chart="{name}"')[1]
    text = re.search(r"<script[^>]*>(.*?)</script>", part, re.DOTALL)
    assert text is not None
    found: dict[str, object] = json.loads(text[1])
    return found


def test_the_card_says_what_each_side_reached(as_user: As, beside: Run, member: User) -> None:
    card = as_user(member).get(f"/runs/{beside.pk}/baseline/").content.decode()
    finals = [max(t.value_0 or 0 for t in Trial.objects.filter(run=beside, replica__number=n)) for n in range(6)]
    for arm, values in (("search", finals[:3]), ("random", finals[3:])):
        part = card.split(f'data-arm="{arm}"')[1]
        assert f"<dd>{sorted(values)[1]:.4f}</dd>" in part
        assert f"{min(values):.4f} – {max(values):.4f}" in part
    assert card.count("Too few seeds") == 2  # best and hypervolume
    assert "Compared after 5 trials of every seed" in card
    assert "3 seeds, 15 trials, 150 epochs, 31 s" in card
    assert "provisional" not in card


def test_a_run_that_goes_on_is_compared_provisionally(as_user: As, team: Team, member: User) -> None:
    run = make_run(team, member, specification={"baseline": True})
    card = as_user(member).get(f"/runs/{run.pk}/baseline/").content.decode()
    assert "There is nothing to compare yet." in card
    assert "provisional" in card
    assert "single run" in card


def test_a_run_without_a_baseline_has_no_card(as_user: As, run: Run, member: User) -> None:
    assert as_user(member).get(f"/runs/{run.pk}/baseline/").status_code == 404
    page = as_user(member).get(f"/runs/{run.pk}/").content.decode()
    assert "Search against random" not in page
    assert 'name="replica"' not in page
    assert "data-chart-baseline" not in page
    assert "data-across" not in page


def test_the_page_draws_bands_and_offers_every_replica(as_user: As, beside: Run, member: User) -> None:
    page = as_user(member).get(f"/runs/{beside.pk}/").content.decode()
    assert f'data-url="/runs/{beside.pk}/baseline/"' in page
    assert skeleton(page, "progress")["settings"] == {"across": "trials"}
    assert "baseline" in skeleton(page, "pareto_front")["traces"]  # type: ignore[operator]
    assert "Replica 5 (random)" in page


def test_unequal_trainings_are_drawn_over_cost_at_first(as_user: As, beside: Run, member: User) -> None:
    Trial.objects.filter(run=beside, replica__number=0, number=0).update(steps_done=1)
    page = as_user(member).get(f"/runs/{beside.pk}/").content.decode()
    assert skeleton(page, "progress")["settings"] == {"across": "cost"}
    assert "Compared where every seed has spent" in as_user(member).get(f"/runs/{beside.pk}/baseline/").content.decode()


def test_the_table_marks_random_trials_and_filters_by_side(as_user: As, beside: Run, member: User) -> None:
    client = as_user(member)
    rows = client.get(f"/runs/{beside.pk}/trials/?replica=baseline").content.decode()
    assert re.findall(r'data-trial="(\d)\.', rows) != []
    assert set(re.findall(r'data-trial="(\d)\.', rows)) == {"3", "4", "5"}
    assert "data-live" not in rows.split(">")[0]  # a filtered page does not renew itself
    assert ">front</span>" not in rows
    assert set(
        re.findall(r'data-trial="(\d)\.', client.get(f"/runs/{beside.pk}/trials/?replica=2").content.decode())
    ) == {"2"}


def test_the_api_says_the_same(as_user: As, beside: Run, member: User) -> None:
    found = as_user(member).get(f"/api/v1/runs/{beside.pk}/baseline/").json()
    best = found["measures"][0]
    assert (found["by_cost"], found["at"], found["is_single_run"]) == (False, 5, False)
    assert best["verdict"]["sureness"] == "too_few"
    assert best["difference"] == pytest.approx(best["search"]["median"] - best["random"]["median"])
    front = as_user(member).get(f"/api/v1/runs/{beside.pk}/front/").json()
    assert set(front["replica"]) <= {0, 1, 2}
    trials = as_user(member).get(f"/api/v1/runs/{beside.pk}/trials/?replica=baseline&limit=200").json()["results"]
    assert len(trials) == 15
    assert as_user(member).get(f"/api/v1/runs/{beside.pk}/trials/?replica=both").status_code == 400
    replicas = as_user(member).get(f"/api/v1/runs/{beside.pk}/").json()["replicas"]
    assert [replica["is_baseline"] for replica in replicas] == [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    ("search", "random", "said"),
    [
        ([], [1.0], "nothing to compare"),
        ([1.0], [2.0], "one seed cannot tell"),
        ([1.0, 2.0], [2.0, 3.0, 4.0], "2 seeds cannot tell"),
        ([3.0, 4.0, 5.0], [0.0, 1.0, 2.0], "p would be 0.10. With 4 seeds"),
        ([1, 3, 5, 7], [2, 4, 6, 8], "No difference is shown"),
        (
            [5, 6, 7, 8],
            [1, 2, 3, 4],
            "The search is probably better: luck alone brings a difference like this in 2.9 %",
        ),
        ([1, 2, 3, 4], [5, 6, 7, 8], "Random search is probably better"),
        (list(range(5, 10)), list(range(5)), "The search is almost certainly better"),
        (list(range(5)), list(range(5, 10)), "Random search is almost certainly better"),
        (list(range(20, 40)), list(range(20)), "in fewer than 0.1 % of comparisons"),
    ],
)
def test_verdicts_in_words(search: list[float], random: list[float], said: str) -> None:
    assert said in verdict_sentence(verdict(search, random, is_larger_better=True))


def test_numbers_of_a_verdict_in_words() -> None:
    assert [p_text(p) for p in (None, 0.0001, 0.0286, 0.34)] == ["–", "< 0.001", "0.029", "0.34"]
    assert effect_text(verdict([5, 6], [1, 2], is_larger_better=True)) == "large effect: the search wins 100 % of pairs"
    assert effect_text(verdict([1, 4], [2, 3], is_larger_better=True)) == "no effect: the search wins 50 % of pairs"
