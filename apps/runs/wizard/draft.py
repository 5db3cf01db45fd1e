"""What a person is filling in: the values of a RunSpecification, perhaps wrong, never lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from apps.runs.presets import starting_point
from apps.runs.specification import RunSpecification
from apps.runs.wizard.config_form import referring_fields, values_from
from apps.runs.wizard.reward_form import names_reward, reward_from
from nas import registry
from nas.core.budget import Budget
from nas.core.config import Config
from nas.core.errors import UnknownName
from nas.core.metric import METRICS
from nas.core.objective import Constraint, Objective
from nas.core.registry import Registry
from nas.specification import BASELINE

CHOICES: Mapping[str, Registry[Any]] = {
    "problem": registry.problems,
    "space": registry.spaces,
    "strategy": registry.strategies,
    "estimator": registry.estimators,
}
"""The parts of a specification that name a registered thing."""

SEED_FIELDS = ("num_replicas", "baseline")
"""The plain fields that multiply the budget; asked for beside it."""

WORK_FIELDS = ("device", "parallelism", "seed", "reuse", "batch_size", "num_reported")
"""The other plain fields of a specification, in the order in which they are asked for."""

MAX_OBJECTIVES = 3
MAX_CONSTRAINTS = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """Attributes:
    name: of the run; "" takes a suggestion.
    team: id of the team as text, "" when none was chosen.
    values: the shape of a RunSpecification; wrong input stays as the text it was.
    """

    name: str
    team: str
    values: dict[str, Any]

    def choice(self, place: str) -> str:
        """The registered name chosen at `place`; the first there is when the one given is unknown."""
        name = self.values.get(place, {}).get("name")
        return name if name in CHOICES[place] else CHOICES[place].names()[0]

    def referring(self, kind: str, reference: str) -> Draft:
        """The draft with the thing named `reference` ("dataset", "17") in the first field that takes such a reference.

        What is chosen already is asked first, so that a data set does not change the problem without need.
        """
        for place, of in CHOICES.items():
            chosen = self.choice(place)
            for name in (chosen, *(other for other in of if other != chosen)):
                for field, referred in referring_fields(config_class(place, name)).items():
                    if referred == kind:
                        config = self.config(place) if name == chosen else {}
                        part = {"name": name, "config": {**config, field: reference}}
                        return replace(self, values={**self.values, place: part})
        return self

    def config(self, place: str) -> dict[str, Any]:
        return dict(self.values.get(place, {}).get("config", {}))


def draft_default(team: str = "", preset: str = "") -> Draft:
    """A draft that can be started as it is, from the starting point of that name, with random search to compare with."""
    values = starting_point(preset)
    values = {**values, "baseline": values["strategy"]["name"] != BASELINE}
    return draft_of(values, name="", team=team)


def draft_of(values: Mapping[str, Any], *, name: str, team: str) -> Draft:
    """A draft from a specification. Raises InvalidConfig when it is none."""
    return Draft(name=name, team=team, values=RunSpecification.parse(values).as_json())


def draft_from(data: QueryDict) -> Draft:
    """The draft that a browser sent."""
    values: dict[str, Any] = {place: choice_from(data, place) for place in CHOICES}
    values["budget"] = values_from(Budget, data, prefix="budget")
    values["objectives"] = list(_rows(data, "objectives", Objective, MAX_OBJECTIVES))
    values["constraints"] = list(_rows(data, "constraints", Constraint, MAX_CONSTRAINTS))
    if names_reward(values):
        values["reward"] = reward_from(data)
    values |= values_from(RunSpecification, data, prefix="", only=(*SEED_FIELDS, *WORK_FIELDS))
    return Draft(name=data.get("name", "").strip(), team=data.get("team", ""), values=values)


def choice_from(data: QueryDict, place: str) -> dict[str, Any]:
    """What is chosen at `place`: {"name", "config"}, as the browser sent it.

    The settings count only when they are those of the thing chosen: without JavaScript the form may still show another's.
    """
    name = data.get(f"{place}.name", "")
    try:
        config = config_class(place, name)
    except UnknownName:
        return {"name": name, "config": {}}
    preset = config.presets.get(data.get(f"{place}.preset", ""))
    if preset is not None:
        return {"name": name, "config": dict(preset)}
    if data.get(f"{place}.shown") != name:
        return {"name": name, "config": {}}
    return {"name": name, "config": values_from(config, data, prefix=f"{place}.config")}


def baseline_follows(draft: Draft, before: str) -> Draft:
    """The draft after another strategy was chosen: random search needs no baseline; what replaces it begins with one.

    Args:
      before: the strategy whose settings were shown until then.
    """
    is_random, was_random = draft.choice("strategy") == BASELINE, before == BASELINE
    if is_random == was_random:
        return draft
    return replace(draft, values={**draft.values, "baseline": was_random})


def config_class(place: str, name: str) -> type[Config]:
    """Raises UnknownName."""
    found: type[Config] = CHOICES[place].get(name).Config
    return found


def _rows(data: QueryDict, place: str, config: type[Config], limit: int) -> Iterator[dict[str, Any]]:
    """Rows whose metric is chosen, closed up, so that an error's number is that of the row as it is shown again."""
    for index in range(limit):
        row = values_from(config, data, prefix=f"{place}.{index}")
        if not row.get("metric"):
            continue
        if row.get("direction") == "" and row["metric"] in METRICS:
            row["direction"] = METRICS[row["metric"]].direction.value
        yield row
