"""Search for learning programs. Real et al. 2020, arXiv 2003.03384, section 3, with the settings of its released demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nas.automl_zero.island_settings import ProgramIslandSettings
from nas.automl_zero.program import COMPONENTS
from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.problems.program_tasks import ProgramTasks
from nas.spaces.automl_zero import AutoMLZero
from nas.strategies.island_search import IslandSearch, IslandSearchConfig

MOST_DISCOVERIES = 200
"""That are kept for the table, of all islands together; the oldest go first."""

MOST_SHOWN = 40
"""Programs under the slider; of more rises of the best fitness every second, fourth … one is shown."""


class AutoMLZeroSearchConfig(IslandSearchConfig, ProgramIslandSettings):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "demo": {},
        "random_search": {"method": "random"},
        "islands": {"population_size": 100, "num_islands": 4, "num_migrants": 50},
        "paper": {
            "population_size": 100,
            "programs_per_step": 200,
            "num_steps": 10_000,
            "steps_per_leg": 50,
            "num_islands": 4,
            "num_migrants": 50,
            "hurdles": True,
            "combination": "median",
            "budget_factor": 4.0,
        },
    }

    num_steps: int = setting(
        200, title="Steps", description="How many steps each island lives.", unit="steps", ge=1, le=10_000_000
    )


class AutoMLZeroSearch(IslandSearch):
    """Programs evolve on small tasks; what an island calls its best is scored on other tasks by the run's estimator."""

    name: ClassVar[str] = "automl_zero"
    title: ClassVar[str] = "AutoML-Zero"
    summary: ClassVar[str] = (
        "Evolves whole learning programs, hundreds of thousands a second where the tasks are small."
    )
    source: ClassVar[str] = "Real et al. 2020, arXiv 2003.03384"
    island: ClassVar[str] = "automl_zero"
    Settings: ClassVar[type[BaseConfig]] = ProgramIslandSettings
    Config: ClassVar[type[BaseConfig]] = AutoMLZeroSearchConfig

    def __init__(self, config: AutoMLZeroSearchConfig, setup: SearchSetup) -> None:
        """Raises InvalidConfig for another space or problem."""
        super().__init__(config, setup)
        if not isinstance(setup.space, AutoMLZero):
            raise InvalidConfig.at("space", f"{self.title} evolves programs; choose the space {AutoMLZero.title}")
        if not isinstance(setup.problem, ProgramTasks):
            raise InvalidConfig.at(
                "problem", f"{self.title} needs tasks that programs learn; choose {ProgramTasks.title}"
            )
        self._discoveries: list[dict[str, Any]] = []  # of all islands, in the order they were told
        self._told: list[int] = [0] * config.num_islands  # discoveries of each island so far

    def _learn_leg(self, proposal: Proposal, result: Result) -> None:
        super()._learn_leg(proposal, result)
        if result.status.is_ok:
            number = proposal.payload["number"]
            for found in self._news(number):
                self._discoveries.append({"island": number + 1, **found})
            self._told[number] = self.logs[number].facts["num_discoveries"]
            del self._discoveries[:-MOST_DISCOVERIES]

    def _news(self, number: int) -> Sequence[Mapping[str, Any]]:
        """Discoveries of the leg that just ended; of very many only the latest were brought."""
        facts = self.logs[number].facts
        num_new = facts["num_discoveries"] - self._told[number]
        discoveries: Sequence[Mapping[str, Any]] = facts["discoveries"]
        return discoveries[len(discoveries) - num_new :] if num_new < len(discoveries) else discoveries

    def own_views(self) -> list[View]:
        shown = [log.facts for log in self.logs if log.facts]
        if not shown:
            return []
        views = [_answers_view(shown), _histogram_view(shown), _discoveries_view(self._discoveries)]
        return [_program_view(self._discoveries), *views] if self._discoveries else views

    def _save(self) -> Mapping[str, Any]:
        return {**super()._save(), "discoveries": [dict(each) for each in self._discoveries], "told": list(self._told)}

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._discoveries = [dict(each) for each in data["discoveries"]]
        self._told = [int(num) for num in data["told"]]


def _program_view(discoveries: Sequence[Mapping[str, Any]]) -> View:
    """The best program of all islands after each rise of the best fitness: what the change made, and what no longer matters."""
    rises: list[Mapping[str, Any]] = []
    for each in discoveries:
        if not rises or each["fitness"] > rises[-1]["fitness"]:
            rises.append(each)
    while len(rises) > MOST_SHOWN:
        rises = [*rises[:-1:2], rises[-1]]
    data = {
        "step_title": "Discovery",
        "step": list(range(1, len(rises) + 1)),
        "facts": [
            ["Fitness", [each["fitness"] for each in rises]],
            ["Fitness of its parent", [each["parent_fitness"] for each in rises]],
            ["Programs before it", [each["birth"] for each in rises]],
            ["Island", [each["island"] for each in rises]],
            ["Change", [_change(each) for each in rises]],
        ],
        "lines": [_marked(each["lines"]) for each in rises],
        "caption": "Lines that reach a prediction; those that the last change made stand out, pale ones have no effect any more.",
    }
    return View("best_program", "The best program as it grew", "growth", data)


def _change(discovery: Mapping[str, Any]) -> str:
    """What made it, in words; a program of the first population has no parent."""
    return "first population" if discovery["parent_fitness"] is None else discovery["mutation"].replace("_", " ")


def _marked(lines: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Pairs of a line of Python-like text and its mark, under the heads of the three functions."""
    marked = []
    for component in COMPONENTS:
        marked.append([f"def {component.capitalize()}():", "head"])
        mine = [line for line in lines if line["component"] == component]
        marked += [[f"    {line['text']}", _mark(line)] for line in mine]
        if not mine:
            marked.append(["    pass", "dead"])
    return marked


def _mark(line: Mapping[str, Any]) -> str:
    if not line["is_live"]:
        return "dead"
    return "changed" if line["is_changed"] else ""


def _answers_view(shown: Sequence[Mapping[str, Any]]) -> View:
    """What decided the fitness of programs, over all islands."""
    names = list(shown[0]["answers"])
    num = sum(facts["programs"] for facts in shown)
    totals = [sum(facts["answers"][name] for facts in shown) for name in names]
    data = {
        "decided_by": [name.replace("_", " ").capitalize() for name in names],
        "programs": totals,
        "share": [total / num if num else None for total in totals],
        "train_steps": sum(facts["train_steps"] for facts in shown),
    }
    return View("program_answers", "What decided the fitness", "table", data)


def _histogram_view(shown: Sequence[Mapping[str, Any]]) -> View:
    """How many programs of all populations have which fitness."""
    counts = [
        sum(column) for column in zip(*(facts["histogram"] for facts in shown if facts["histogram"]), strict=True)
    ]
    width = 1 / max(1, len(counts))
    data = {
        "from_fitness": [bin_number * width for bin_number in range(len(counts))],
        "to_fitness": [(bin_number + 1) * width for bin_number in range(len(counts))],
        "programs": counts,
    }
    return View("population_fitness", "Fitness in the populations", "fitness_histogram", data)


def _discoveries_view(discoveries: Sequence[Mapping[str, Any]]) -> View:
    """Each rise of the best fitness: what was changed, and what it gave."""
    data = {
        "island": [each["island"] for each in discoveries],
        "program": [each["birth"] for each in discoveries],
        "parent": [each["parent"] if each["parent"] >= 0 else None for each in discoveries],
        "change": [_change(each) for each in discoveries],
        "instruction": [
            "; ".join(line["text"] for line in each["lines"] if line["is_changed"]) for each in discoveries
        ],
        "parent_fitness": [each["parent_fitness"] for each in discoveries],
        "fitness": [each["fitness"] for each in discoveries],
    }
    return View("discoveries", "Discoveries", "table", data)
