"""Contracts skip what a space or problem is not meant to do: those are named here, so that nothing is lost unseen."""

from __future__ import annotations

import pytest

from nas.core.parameter import Parametrised
from nas.core.problem import OutputScored, Supervised
from nas.core.space import Blueprinted, Buildable, Crossable, Encoded, Mutable, Neighbouring, Rejecting, Sequential
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import problems, spaces
from nas.wann.control import Control

PROGRAMS = {"automl_zero"}
"""Build nothing for torch to train."""

UNBOUNDED = PROGRAMS | {"wann"}
"""Of a size that is not fixed: nothing to cross place by place or to write as so many numbers; and no layers of torch."""

WITHOUT: dict[type, set[str]] = {
    Buildable: PROGRAMS,
    Blueprinted: UNBOUNDED,
    Mutable: set(),
    Crossable: UNBOUNDED,
    Neighbouring: UNBOUNDED,
    Encoded: UNBOUNDED,
    Parametrised: UNBOUNDED | {"connections", "random_wiring", "regnet"},
    Sequential: UNBOUNDED | {"connections", "random_wiring", "regnet", "hyperparameters"},
    Rejecting: set(spaces.names()) - {"anynet", "regnet"},
}
"""By capability the spaces that lack it."""

WITHOUT_EXAMPLES = {"cartpole_swingup", "gym_control", "program_tasks"}
"""Problems without `splits`: networks act in two of them, the third hands tasks to programs."""

ABLE: dict[type, set[str]] = {
    Supervised: set(problems.names()) - WITHOUT_EXAMPLES,
    OutputScored: {"novelty_detection"},
    Control: {"cartpole_swingup", "gym_control"},
}
"""By capability the problems that have it."""


@pytest.mark.parametrize("capability", WITHOUT)
def test_spaces_lack_only_what_they_are_meant_to(capability: type) -> None:
    made = {name: spaces.get(name)(spaces.get(name).Config.parse({})) for name in spaces.names()}
    assert {name for name, space in made.items() if not isinstance(space, capability)} == WITHOUT[capability]


@pytest.mark.parametrize("capability", ABLE)
def test_problems_are_of_the_kinds_that_are_meant(capability: type) -> None:
    made = {
        name: problems.get(name)(problems.get(name).Config.parse({}), BundledLibrary()) for name in problems.names()
    }
    assert {name for name, problem in made.items() if isinstance(problem, capability)} == ABLE[capability]
