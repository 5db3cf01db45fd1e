"""The spaces of the published experiments (Real et al. 2020, arXiv 2003.03384, sections 4.1 to 4.3, S5, S9, S10; released scripts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nas.automl_zero.ops import OPS


def op_names(*numbers: int) -> tuple[str, ...]:
    return tuple(OPS[number].name for number in numbers)


_ALL = tuple(range(56))
_LINEAR_LEARN = op_names(2, 3, 18, 23)
_AFFINE_LEARN = op_names(1, 2, 3, 18, 23)
_NETWORK_LEARN = op_names(2, 3, 16, 18, 23, 25, 28, 39)
DEMO_OPERATIONS = op_names(2, 3, 18, 23, 27, 56)

_PAPER_WEIGHTS = {
    "insert_weight": 1.0,
    "remove_weight": 2.0,
    "randomize_instruction_weight": 0.0,
    "randomize_component_weight": 3.0,
    "alter_parameter_weight": 3.0,
}
"""Section S3: a third insert or remove, the latter twice as often; a third a whole component; a third a parameter."""


def _sizes(setup: int, predict: int, learn: int) -> dict[str, int]:
    """The same number of instructions in every program."""
    limits = zip(("setup", "predict", "learn"), (setup, predict, learn), strict=True)
    return {f"{name}_{end}": size for name, size in limits for end in ("min", "max")}


def _addresses(scalars: int, vectors: int, matrices: int) -> dict[str, int]:
    return {"scalars": scalars, "vectors": vectors, "matrices": matrices}


def _operations(setup: Sequence[str], predict: Sequence[str], learn: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {
        "setup_operations": tuple(setup),
        "predict_operations": tuple(predict),
        "learn_operations": tuple(learn),
    }


_PAPER_SIZES = {"setup_min": 0, "setup_max": 21, "predict_min": 0, "predict_max": 21, "learn_min": 0, "learn_max": 45}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "linear_demo": {},
    "linear_learn_only": {
        **_operations((), (), _LINEAR_LEARN),
        **_sizes(1, 1, 4),
    },
    "linear_full": {
        **_operations(op_names(56, 57), op_names(27), _LINEAR_LEARN),
        **_sizes(5, 1, 4),
    },
    "affine_learn_only": {
        **_addresses(5, 3, 1),
        **_operations((), (), _AFFINE_LEARN),
        **_sizes(1, 2, 6),
        "given": "affine",
    },
    "affine_full": {
        **_addresses(5, 3, 1),
        **_operations(op_names(56, 57), op_names(1, 27), _AFFINE_LEARN),
        **_sizes(6, 2, 6),
        "given": "affine",
    },
    "network": {
        **_addresses(4, 8, 2),
        **_operations(op_names(56, 63, 64), op_names(27, 31, 48), _NETWORK_LEARN),
        **_sizes(21, 3, 9),
        "given": "rediscovered_network",
    },
    "small_images": {
        **_addresses(5, 9, 2),
        **_operations(
            op_names(56, 59, 60, 61, 62, 63, 64),
            op_names(1, 23, 27, 31, 48),
            op_names(1, 2, 3, 16, 18, 23, 25, 28, 39),
        ),
        "setup_min": 1,
        "setup_max": 7,
        "predict_min": 1,
        "predict_max": 11,
        "learn_min": 1,
        "learn_max": 23,
        "given": "network",
        "initial": "no_ops",
        "insert_weight": 1.0,
        "remove_weight": 1.0,
        "randomize_instruction_weight": 0.0,
    },
    "images": {
        **_addresses(8, 14, 3),
        **_operations(op_names(*range(56, 65)), op_names(*_ALL, 60, 61), op_names(*_ALL, 60, 61)),
        **_PAPER_SIZES,
        "given": "network",
        "initial": "empty",
        **_PAPER_WEIGHTS,
    },
    "images_from_network": {
        **_addresses(10, 16, 4),
        **_operations(op_names(*range(56, 65)), op_names(*_ALL, 63, 64), op_names(*_ALL, 63, 64)),
        **_PAPER_SIZES,
        "given": "rediscovered_network",
        "initial": "hand_written",
        **_PAPER_WEIGHTS,
    },
}
"""By the name that forms offer: which settings differ from the defaults, which are those of the released demo."""
