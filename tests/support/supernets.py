"""Small searches with shared weights on the digits that ship with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from nas.core.objective import Objective
from nas.core.problem import Problem
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.core.space import Space
from nas.jobs.local import LocalContext
from nas.jobs.train_supernet import TrainSupernet
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import estimators, problems, spaces
from nas.supernets.network import Candidates, Supernet
from nas.supernets.task import SupernetTask

SMALL_SPACES: Mapping[str, Mapping[str, Any]] = {
    "nasbench201": {"width": 4, "cells_per_stage": 1},
    "darts": {"filters": 4, "cells": 3, "blocks": 2},
    "mobile": {
        "stem_width": 8,
        "stages": ["r1_s1_o8_e1_k3_noskip", "r2_s2_o8", "r2_s2_o16"],
        "head_width": 16,
        "depth_search": "zero_operation",
        "kernels": [3, 5],
        "expansions": [2, 3],
        "width_multipliers": [1.0],
    },
    "mobile:elastic": {
        "stem_width": 16,
        "stages": ["r1_s1_o16_e1_k3", "r2_s2_o32"],
        "head_width": 64,
        "kernels": [3, 5],
        "expansions": [2, 4],
        "width_multipliers": [1.0],
        "resolutions": [6, 8],
    },
    "enas_macro": {"layers": 4, "filters": 4},
    "enas_micro": {"blocks": 2, "filters": 4, "layers": 3},
}

_EPOCHS = {"mobile:elastic": 4}
"""Of the estimator; the larger of the small spaces learn nothing in one."""


def digits_setup(space: str = "nasbench201", seed: int = 0, **changed: Any) -> SearchSetup:
    """Six hundred digits, so that an epoch takes a fraction of a second. `changed`: settings of the space."""
    config = {**SMALL_SPACES[space], **changed}
    kind = spaces.get(space.partition(":")[0])
    problem = problems.get("image_classification")
    recipe = {"epochs": _EPOCHS.get(space, 1), "batch_size": 16}
    return SearchSetup(
        space=kind(kind.Config.parse(config)),
        problem=problem(problem.Config.parse({"dataset": "digits", "max_examples": 600}), BundledLibrary()),
        estimator=estimators.get("train")(estimators.get("train").Config.parse(recipe)),
        objectives=(Objective.from_text("accuracy"), Objective.from_text("macs")),
        constraints=(),
        run_seed=seed,
    )


def trained_supernet(space: Space, problem: Problem, folder: Path, *, epochs: int = 2) -> Path:
    """The checkpoint of a supernet after a short single-path training."""
    setup = SearchSetup(
        space=space,
        problem=problem,
        estimator=estimators.get("train")(estimators.get("train").Config()),
        objectives=(Objective.from_text("accuracy"),),
        constraints=(),
        run_seed=0,
    )
    task = SupernetTask("single_path", {"epochs": epochs, "batch_size": 32, "learning_rate": 0.1}, 0, epochs)
    proposal = Proposal(0, kind=TrainSupernet.name, payload=task.as_json())
    context = LocalContext(TrainSupernet.name, setup, [proposal], folder=folder)
    TrainSupernet().run(context)
    assert context.results[0].status.is_ok, context.results[0].reason
    return folder / "0.checkpoint"


def copy_path(supernet: Supernet, path: Sequence[int], network: nn.Module) -> None:
    """Give a stand-alone network the weights of its path, so that both compute the same.

    Scales and shifts that the supernet lacks stay as they are drawn: 1 and 0.
    """
    places = {name: module for name, module in supernet.named_modules() if isinstance(module, Candidates)}
    inside = {name.rpartition(".")[0]: (name, path[place.row]) for name, place in places.items()}
    shared = supernet.state_dict()
    for name, own in network.state_dict().items():
        around = next((outer for outer in inside if name.startswith(f"{outer}.")), None)
        if around is not None:
            place, option = inside[around]
            name = f"{place}.options.{option}{name.removeprefix(around)}"  # noqa: PLW2901  # its name in the supernet
        if name in shared:
            own.copy_(shared[name])
        else:
            assert name.endswith((".weight", ".bias"))
            assert around is not None
