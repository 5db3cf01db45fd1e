"""The network layer by layer: groups open and close by address, wrong ids do no harm, a script gets the drawing alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.architectures.selectors import drawing
from apps.runs.models import Trial
from tests.apps.builders import make_run, make_trials

pytestmark = pytest.mark.any_database

Visit = Callable[[User | None], Client]


@pytest.fixture
def trial(team: Team, member: User) -> Trial:
    return make_trials(make_run(team, member, specification={"space": {"name": "nasbench201"}}), 1)[0]


@pytest.fixture
def seen(as_user: Visit, viewer: User, trial: Trial) -> Callable[..., str]:
    client = as_user(viewer)

    def get(query: str = "", *, part: bool = False, end: str = "") -> str:
        headers = {"x-part": "drawing"} if part else {}
        answer = client.get(f"/architectures/{trial.architecture.key}/{end}{query}", headers=headers)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def toggles(page: str) -> dict[str, tuple[str, str]]:
    """Group → whether it is open or closed, and where a click leads."""
    links = re.findall(r'<a href="([^"]*)" class="graph-toggle is-(\w+)" data-toggle="([^"]*)"', page)
    return {group: (state, unescape(href)) for href, state, group in links}


def test_both_views_are_offered_and_the_overview_comes_first(seen: Callable[..., str]) -> None:
    page = seen()
    assert '<a href="?view=cell" data-drawing aria-current="true">' in page
    assert '<a href="?view=network" data-drawing>' in page
    assert not toggles(page)


def test_the_network_opens_with_stages_open_and_cells_closed(seen: Callable[..., str]) -> None:
    found = toggles(seen("?view=network"))
    assert found["stage1"][0] == "open"
    assert found["stage1.cell1"][0] == "closed"


def test_following_the_link_of_a_closed_group_opens_it_and_again_closes_it(seen: Callable[..., str]) -> None:
    closed = toggles(seen("?view=network"))["stage1.cell2"]
    opened = toggles(seen(closed[1]))
    assert opened["stage1.cell2"][0] == "open"
    assert opened["stage1.cell1"][0] == "closed"
    assert "stage1.cell2.edge01" in opened
    again = toggles(seen(opened["stage1.cell2"][1]))
    assert again["stage1.cell2"][0] == "closed"
    assert again["stage1"][0] == "open"


def test_closing_a_group_forgets_what_was_open_inside(seen: Callable[..., str]) -> None:
    found = toggles(seen("?view=network&open=stage1,stage1.cell1"))
    assert found["stage1"][1] == "?view=network&open="
    assert "stage1.cell1" not in toggles(seen(found["stage1"][1]))


def test_ids_that_are_no_groups_are_neither_used_nor_repeated(seen: Callable[..., str]) -> None:
    page = seen("?view=network&open=%3Cscript%3Ealert(1)%3C/script%3E,stage1")
    assert "alert(1)" not in re.sub(r'href="[^"]*graph.svg[^"]*"', "", page)
    assert toggles(page)["stage1"][0] == "open"
    assert "<script>alert" not in page


def test_everything_at_once_is_drawn_only_while_it_is_a_picture(
    seen: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = seen("?view=network&open=all")
    assert {state for state, _ in toggles(page).values()} == {"open"}
    monkeypatch.setattr(drawing, "MOST_SHOWN", 30)
    assert toggles(seen("?view=network&open=all"))["stage1.cell1"][0] == "closed"


def test_a_view_that_is_not_there_is_the_overview(seen: Callable[..., str]) -> None:
    assert '<a href="?view=cell" data-drawing aria-current="true">' in seen("?view=nonsense")


def test_a_script_gets_the_drawing_alone(seen: Callable[..., str]) -> None:
    part = seen("?view=network", part=True)
    assert "data-zoom-area" in part
    assert "<html" not in part
    assert len(part) < len(seen("?view=network"))
    assert toggles(part) == toggles(seen("?view=network"))


def test_the_file_shows_what_the_page_shows_and_has_no_links(seen: Callable[..., str]) -> None:
    whole = seen("?view=network&open=stage1", end="graph.svg")
    assert 'data-node="group:stage1.cell1"' in whole
    assert 'data-node="group:stage2"' in whole
    assert "<a " not in whole
    assert seen(end="graph.svg") != whole


def test_path_statistics_are_shown_for_each_part(seen: Callable[..., str]) -> None:
    page = seen()
    table = page[page.index('id="head-paths"') :]
    heads = re.findall(r'<th class="number" scope="col">([^<]*)</th>', table[: table.index("</thead>")])
    assert heads == ["Network", "Cell", "Layer by layer"]
    assert "<title>" in table[: table.index("</section>")]  # bars of paths by length


def test_the_same_picture_is_drawn_once(seen: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = seen("?view=network&open=stage2")

    def never(*_: object, **__: object) -> str:
        raise AssertionError("drawn again")

    monkeypatch.setattr(drawing, "draw", never)
    assert toggles(seen("?view=network&open=stage2")) == toggles(before)
