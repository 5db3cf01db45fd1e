"""Pictures of shared trainings: what is drawn where, and what a reader finds in the table."""

from __future__ import annotations

from typing import Any

from apps.charts.choices_map import choices_map, genotype_name
from apps.charts.view_figure import view_figure

EPOCHS = [1, 2, 3]


def figure(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    drawn = view_figure(kind, "Title", kind, data).figure
    assert drawn is not None
    return drawn


def test_curves_have_losses_above_and_accuracies_below() -> None:
    data = {"epoch": EPOCHS, "train_loss": [2, 1, 0.5], "shared_accuracy": [None, 0.4, 0.6]}
    drawn = figure("supernet_curves", data)
    assert drawn["traces"]["train_loss"]["y"] == [2, 1, 0.5]
    assert drawn["traces"]["shared_accuracy"]["yaxis"] == "y2"
    assert set(drawn["traces"]) == {"train_loss", "shared_accuracy"}
    alone = figure("supernet_curves", {"epoch": [1], "train_loss": [2.0]})
    assert "yaxis2" not in alone["layout"]
    assert "markers" in alone["traces"]["train_loss"]["mode"]  # a line of one point is none


def test_decisions_are_drawn_per_group_and_listed_per_group() -> None:
    data = {
        "epoch": EPOCHS,
        "group": ["normal", "reduce"],
        "entropy": [[1, 0.5, 0.1], [1, 0.9, 0.8]],
        "lead": [[0, 0.4, 0.9], [0, 0.1, 0.1]],
        "skip_share": [[0, 0.5, 1], [None, None, None]],
        "changed": [None, 2, 0],
    }
    drawn = figure("decisiveness", data)
    assert drawn["traces"]["entropy_0"]["name"] == "normal: entropy"
    assert drawn["traces"]["skips_0"]["yaxis"] == "y2"
    looks = {(t["line"]["color"], t["line"]["dash"]) for name, t in drawn["traces"].items() if name != "changed"}
    assert len(looks) == 6
    table = view_figure("d", "Title", "decisiveness", data).table
    assert table.columns[:3] == ["epoch", "entropy normal", "entropy reduce"]
    assert list(table.rows[2]) == [3, 0.1, 0.8, 0.9, 0.1, 1, None, 0]
    without = {name: value for name, value in data.items() if name != "skip_share"}
    assert "yaxis2" not in figure("decisiveness", without)["layout"]


def test_cost_stands_left_and_what_it_buys_right() -> None:
    data = {
        "metric": "macs",
        "epoch": EPOCHS,
        "expected": [9.0, 8.0, 7.0],
        "chosen": [None, None, None],
        "accuracy": [None, None, None],
        "loss": [2.0, 1.0, 0.5],
    }
    drawn = figure("expected_cost", data)
    assert set(drawn["traces"]) == {"expected", "loss"}
    assert drawn["traces"]["loss"]["yaxis"] == "y2"
    assert drawn["layout"]["yaxis"]["title"]["text"] == "MACs ↓"
    assert drawn["layout"]["yaxis2"]["side"] == "right"
    assert "accuracy" in figure("expected_cost", {**data, "accuracy": [0.1, 0.2, 0.3]})["traces"]


def test_options_keep_their_colour_over_all_rows() -> None:
    data = {
        "epoch": 3,
        "row": ["a", "a", "b", "b"],
        "option": ["conv", "skip", "skip", "pool"],
        "count": [4, 5, 6, 7],
    }
    traces = figure("trained_options", data)["traces"].values()
    assert [(t["name"], t["x"], t["y"]) for t in traces] == [
        ("conv", ["a"], [4]),
        ("skip", ["a", "b"], [5, 6]),
        ("pool", ["b"], [7]),
    ]


def test_memory_says_how_many_times_more_the_largest_needs() -> None:
    drawn = figure("supernet_memory", {"step": ["one_path", "all_paths"], "bytes": [2_000_000, 13_000_000]})
    assert "“All paths” needs 6.5 times what “One path” needs." in drawn["caption"]
    assert drawn["traces"]["memory"]["text"] == ["2 MB", "13 MB"]


CANDIDATES = {
    "metric": "macs",
    "num_scored": 3,
    "id": [7, 7, 8],
    "serial": [0, 1, 0],
    "cost": [30.0, 10.0, 20.0],
    "shared_accuracy": [0.9, 0.5, 0.4],
    "generation": [0, 0, 1],
    "on_front": [True, True, False],
}


def test_the_shared_front_is_a_line_from_cheap_to_dear_and_generations_are_shades() -> None:
    drawn = figure("shared_candidates", CANDIDATES)
    front, others = drawn["traces"]["front"], drawn["traces"]["others"]
    assert (front["x"], front["customdata"]) == ([10.0, 30.0], [1, 0])  # rows of the view, for the page to replace
    assert (others["x"], others["marker"]["color"]) == ([20.0], [1])
    assert (drawn["layout"]["coloraxis"]["cmin"], drawn["layout"]["coloraxis"]["cmax"]) == (0, 1)
    alike = figure("shared_candidates", {**CANDIDATES, "generation": [None] * 3})
    assert "coloraxis" not in alike["layout"]
    assert "3 architectures scored" in drawn["caption"]


def test_ranks_are_told_with_how_many_pairs_they_rest_on() -> None:
    data = {"id": [1, 2], "shared_accuracy": [0.1, 0.2], "accuracy": [0.5, 0.6], "kendall_tau": 1.0, "num_pairs": 2}
    caption = figure("rank_correlation", data)["caption"]
    assert "tau is 1.00 over 2 pairs" in caption
    assert caption.endswith("So few pairs say little.")
    none = figure("rank_correlation", {**data, "id": [], "shared_accuracy": [], "num_pairs": 0, "kendall_tau": None})
    assert none["traces"] == {}
    assert "from scratch yet" in none["empty"]
    one = figure("rank_correlation", {**data, "num_pairs": 1, "kendall_tau": None})
    assert "One pair says nothing" in one["caption"]


def test_the_map_shows_the_last_epoch_and_hands_the_others_to_the_script() -> None:
    data = {
        "row": ["normal.0-1", "reduce.0-1"],
        "group": ["normal", "reduce"],
        "options": [["skip", "conv"], ["conv", "pool", "none"]],
        "epoch": [1, 4],
        "probabilities": [[[0.5, 0.5], [0.4, 0.3, 0.3]], [[0.2, 0.8], [0.5, 0.5, 0.0]]],
        "chosen": [None, [0, 1]],
        "pruned": [[], [[1, 2]]],
        "genotype": [None, 0],
        "genotypes": [{"a": 1}],
    }
    shown = choices_map(data)
    assert (shown.epoch, shown.num_epochs) == (4, 2)
    assert [(group.name, group.options) for group in shown.groups] == [
        ("normal", ("skip", "conv")),
        ("reduce", ("conv", "pool", "none")),
    ]
    assert shown.groups[0].rows[0].name == "0-1"  # its group stands above it
    skip, conv = shown.groups[0].rows[0].cells
    assert (skip.is_best, skip.is_chosen, conv.is_best, conv.percent, conv.ink) == (False, True, True, "80", "high")
    assert [cell.is_best for cell in shown.groups[1].rows[0].cells] == [True, False, False]
    assert [cell.is_pruned for cell in shown.groups[1].rows[0].cells] == [False, False, True]
    assert shown.data["drawing"] == ["", genotype_name({"a": 1})]
    assert shown.drawing == shown.data["drawing"][1]
    assert "genotypes" not in shown.data
