"""What is searched: the bundled digits, or a part of MNIST, with one small space per strategy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nas.core.problem import DataLibrary, Dataset
from nas.core.setup import SearchSetup
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.datasets.upload import parse_upload
from nas.specification import RunSpecification
from tests.bench.search.grounds import NoTables

EPOCHS = 9
"""Of a training from scratch."""

SPACES: Mapping[str, Mapping[str, Any]] = {
    "nasbench201": {"width": 4, "cells_per_stage": 1},
    "darts": {"filters": 4, "cells": 3},
    "mobile": {
        "stem_width": 8,
        "stem_stride": 1,
        "stages": ["r1_s1_o8_e1_k3_noskip", "r3_s2_o16", "r3_s2_o24"],
        "head_width": 64,
        "depth_search": "zero_operation",
        "kernels": [3, 5],
        "expansions": [3, 6],
        "width_multipliers": [1.0],
    },
    "mobile_elastic": {"width_multipliers": [1.0]},
    "enas_macro": {"layers": 6, "filters": 8},
    "enas_micro": {"blocks": 3, "filters": 8, "layers": 3},
}

PROBLEMS: Mapping[str, Mapping[str, Any]] = {
    "digits": {"dataset": "digits", "validation_share": 0.5, "test_share": 0.3},
    "mnist": {"dataset": "mnist", "validation_share": 0.4, "max_examples": 3000, "side": 16},
}


class Library:
    """The digits, and MNIST from the folder that NASWEB_TEST_DATA names."""

    def load(self, reference: str) -> Dataset:
        return _mnist() if reference == "mnist" else BundledLibrary().load(reference)


@cache
def _mnist() -> Dataset:
    """Raises KeyError when NASWEB_TEST_DATA does not name the folder of data sets."""
    folder = Path(os.environ["NASWEB_TEST_DATA"]) / "mnist"
    return parse_upload({path.name: path for path in folder.glob("*.gz")}, name="mnist").dataset


def specification(ground: str, space: str, strategy: str, config: Mapping[str, Any], seed: int) -> RunSpecification:
    return RunSpecification.parse(
        {
            "problem": {"name": "image_classification", "config": dict(PROBLEMS[ground])},
            "space": {"name": space.partition("_elastic")[0], "config": dict(SPACES[space])},
            "estimator": {"name": "train", "config": {"epochs": EPOCHS}},
            "strategy": {"name": strategy, "config": dict(config)},
            "objectives": ["accuracy:maximise"],
            "budget": {"trials": 1_000_000},
            "seed": seed,
        }
    )


def setup_of(wanted: RunSpecification) -> SearchSetup:
    library: DataLibrary = Library()
    return wanted.setup(data=library, tables=NoTables())
