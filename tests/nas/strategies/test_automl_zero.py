"""Pictures of a search for programs: the best one under a slider, with what each discovery changed."""

from __future__ import annotations

from typing import Any

from nas.problems.program_tasks_config import ProgramTasksConfig
from nas.strategies.automl_zero import MOST_SHOWN, AutoMLZeroSearch, AutoMLZeroSearchConfig, _program_view
from tests.support.programs import programs_setup


def discovery(fitness: float, island: int = 1, **more: Any) -> dict[str, Any]:
    lines = [
        {"component": "predict", "text": "s1 = dot(v0, v1)", "is_live": True, "is_changed": fitness > 0.5},
        {"component": "learn", "text": "s3 = s0", "is_live": False, "is_changed": True},
    ]
    found = {"island": island, "birth": int(100 * fitness), "parent": 1, "fitness": fitness, "parent_fitness": 0.1}
    return {**found, "mutation": "alter_parameter", "lines": lines, **more}


def test_only_what_no_island_had_before_is_a_step() -> None:
    first = discovery(0.3, parent_fitness=None)
    data = _program_view([first, discovery(0.2, island=2), discovery(0.6, island=2), discovery(0.5)]).data
    assert data["step"] == [1, 2]
    assert dict(data["facts"])["Fitness"] == [0.3, 0.6]
    assert dict(data["facts"])["Island"] == [1, 2]
    assert dict(data["facts"])["Change"] == ["first population", "alter parameter"]


def test_lines_stand_under_their_function_with_what_changed() -> None:
    before, after = _program_view([discovery(0.3), discovery(0.6)]).data["lines"]
    assert after == [
        ["def Setup():", "head"],
        ["    pass", "dead"],
        ["def Predict():", "head"],
        ["    s1 = dot(v0, v1)", "changed"],
        ["def Learn():", "head"],
        ["    s3 = s0", "dead"],
    ]
    assert before[3] == ["    s1 = dot(v0, v1)", ""]


def test_of_many_rises_some_are_shown_and_the_last_always() -> None:
    data = _program_view([discovery(number / 1000) for number in range(1, 400)]).data
    assert len(data["step"]) <= MOST_SHOWN
    assert dict(data["facts"])["Fitness"][-1] == 0.399


def test_a_discovery_is_told_once_also_after_a_restart() -> None:
    """An island's facts hold its latest discoveries, those of earlier legs among them."""

    def strategy() -> AutoMLZeroSearch:
        return AutoMLZeroSearch(AutoMLZeroSearchConfig.parse({"num_islands": 2}), programs_setup())

    before, after = strategy(), strategy()
    before._told = [2, 0]
    after.load_state_dict(before.state_dict())
    after.logs[0].facts = {"num_discoveries": 5, "discoveries": [discovery(number / 10) for number in range(1, 6)]}
    assert [each["fitness"] for each in after._news(0)] == [0.3, 0.4, 0.5]
    after.logs[1].facts = {"num_discoveries": 9, "discoveries": [discovery(number / 10) for number in range(1, 6)]}
    assert len(after._news(1)) == 5


def test_presets_are_the_published_settings() -> None:
    demo, paper = (
        AutoMLZeroSearchConfig.parse(dict(AutoMLZeroSearchConfig.presets[name])) for name in ("demo", "paper")
    )
    assert (demo.population_size, demo.tournament_size, demo.mutation_chance) == (1_000, 10, 0.9)
    assert (demo.same_code, demo.same_predictions, demo.forget_every, demo.combination) == (True, True, 100, "mean")
    assert (demo.hurdles, demo.budget_factor, demo.method) == (False, 0.0, "evolution")
    assert (paper.population_size, paper.tournament_size, paper.num_migrants) == (100, 10, 50)
    assert (paper.hurdles, paper.combination, paper.budget_factor) == (True, "median", 4.0)
    assert 100 <= paper.steps_per_leg * paper.programs_per_step <= 10_000  # programs between two exchanges
    tasks = ProgramTasksConfig.parse(dict(ProgramTasksConfig.presets["linear_demo"]))
    assert (tasks.kind, tasks.features, tasks.search_tasks, tasks.select_tasks) == ("linear", 4, 10, 100)
    assert (tasks.train_examples, tasks.valid_examples) == (100, 100)
    assert (tasks.select_train_examples, tasks.select_valid_examples) == (1_000, 100)
