"""The picture of evolution beside random paths."""

from __future__ import annotations

from apps.charts.view_figure import view_figure
from nas.strategies.spos import Spos
from nas.strategies.spos_config import SposConfig
from tests.nas.strategies.test_spos import SMALL, searched
from tests.support.supernets import digits_setup


def test_both_searches_have_a_line_of_steps_that_never_falls() -> None:
    strategy = Spos(SposConfig.parse(SMALL), digits_setup())
    searched(strategy)
    (view,) = [view for view in strategy.views() if view.kind == "shared_search"]
    shown = view_figure(view.name, view.title, view.kind, view.data)
    assert shown.figure is not None
    traces = shown.figure["traces"]
    assert list(traces) == ["evolution", "random"]
    for search, trace in traces.items():
        assert trace["x"] == list(range(1, 33))
        assert trace["y"] == sorted(trace["y"])
        assert trace["y"] == strategy.pools[search].best_so_far()
        assert trace["line"]["shape"] == "hv"
    assert traces["evolution"]["line"]["color"] != traces["random"]["line"]["color"]
    assert traces["evolution"]["line"]["dash"] != traces["random"]["line"]["dash"]
    assert "random paths" in shown.figure["caption"]


def test_one_search_alone_is_compared_with_nothing() -> None:
    data = {"search": ["random", "random"], "number": [1, 2], "best": [0.5, 0.75]}
    shown = view_figure("shared_search", "Best so far with shared weights", "shared_search", data)
    assert shown.figure is not None
    assert list(shown.figure["traces"]) == ["random"]
    assert "between" not in shown.figure["caption"]
