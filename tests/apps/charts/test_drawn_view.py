"""What the template of a view gets: one picture or none, its numbers as a table, and where its rows lead."""

from __future__ import annotations

from apps.charts.drawn_view import drawn_view

POPULATION = {"id": [5, 7], "fitness": [0.5, 0.25], "operator": ["random", "mutate"]}


def test_columns_of_words_are_told_from_columns_of_numbers() -> None:
    drawn = drawn_view("found", "Found", "table", {"arm": ["a", None], "score": [0.5, 1]})
    assert drawn.columns == [("arm", True), ("score", False)]
    assert drawn.lines == [(None, [("a", True), (0.5, False)]), (None, [(None, True), (1, False)])]
    assert (drawn.figure, drawn.growth, drawn.choices, drawn.has_trials) == (None, None, None, False)


def test_rows_lead_to_the_trials_of_their_proposals() -> None:
    drawn = drawn_view("p", "P", "table", POPULATION, prefix="1.", replica=1, trials={(5, 0): 3})
    assert (drawn.name, drawn.replica, drawn.has_trials) == ("1.p", 1, True)
    assert [number for number, _row in drawn.lines] == [3, None]


def test_where_there_are_no_proposals_a_column_of_ids_is_one_like_others() -> None:
    drawn = drawn_view("p", "P", "table", POPULATION)
    assert not drawn.has_trials
    assert [number for number, _row in drawn.lines] == [None, None]


def test_a_ragged_heatmap_has_its_rows() -> None:
    drawn = drawn_view("h", "H", "heatmap", {"z": [[1.0, 2.0], [3.0]], "x": ["a", "b"], "y": ["up", "down"]})
    assert [[value for value, _is_words in row] for _number, row in drawn.lines] == [["up", 1.0, 2.0], ["down", 3.0]]
    assert drawn.columns[0] == ("", True)


def test_growth_names_the_address_of_its_last_drawing() -> None:
    data = {"step_title": "Step", "step": [1, 2], "genotypes": [{"a": 1}, {"a": 2}], "genotype": [0, 1]}
    drawn = drawn_view("best", "Best", "growth", data, drawings="/drawings/NAME.svg")
    assert drawn.growth is not None
    assert drawn.drawing_url == f"/drawings/{drawn.growth.drawing}.svg"
    assert drawn.growth.drawing
    without = drawn_view(
        "best", "Best", "growth", {**data, "genotypes": [], "genotype": [None, None]}, drawings="/NAME"
    )
    assert without.drawing_url == ""
