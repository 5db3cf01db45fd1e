"""The space changes programs in Python, islands in compiled code: both make the same changes, equally often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nas.automl_zero.generator import WORDS, start
from nas.automl_zero.hand_written import network
from nas.automl_zero.island import rules_of
from nas.automl_zero.mutation import mutate
from nas.automl_zero.ops import OPS
from nas.automl_zero.packed import put_in, room_for, take_out
from nas.automl_zero.program import COMPONENTS, Program
from nas.spaces.automl_zero import AutoMLZero
from nas.spaces.automl_zero_config import MUTATIONS, AutoMLZeroConfig

NUM = 1_500


def kinds_of_difference(before: Program, after: Program) -> list[str]:
    """What a change did, coarsely: which function, whether it grew, which fields of which types of instructions changed."""
    found = []
    for name in COMPONENTS:
        old, new = before.component(name), after.component(name)
        if len(old) != len(new):
            found.append(f"{name} {len(new) - len(old):+d}")
            continue
        differing = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
        if len(differing) == 1 and differing[0][0].op == differing[0][1].op:
            one, other = differing[0]
            fields = [
                field for field in ("in1", "in2", "out", "constants") if getattr(one, field) != getattr(other, field)
            ]
            found.append(f"{name} {OPS[one.op].name} {','.join(fields)}")
        elif differing:
            found.append(f"{name} {'one' if len(differing) == 1 else 'many'}")
    return found or ["nothing"]


def compiled_changes(config: AutoMLZeroConfig, program: Program) -> Callable[[], Program]:
    rules, _ = rules_of(config, frozenset())
    room = room_for(1, [most + 1 for most in rules.most])
    generator = np.zeros(WORDS, np.uint64)
    start(generator, 0, np.uint64(5))

    def change() -> Program:
        """Until something changed, as the space does."""
        while True:
            put_in(room, 0, program)
            mutate(room, 0, rules, generator)
            found = take_out(room, 0)
            if found != program:
                return found

    return change


@pytest.mark.parametrize("kind", [kind for kind in MUTATIONS if kind != "identity"])
def test_changes_of_a_kind_are_equally_likely(kind: str) -> None:
    """Chi-square of two samples over the differences that are not rare."""
    values: dict[str, Any] = {f"{name}_weight": float(name == kind) for name in MUTATIONS}
    values["insert_weight"] = values["insert_weight"] or 1e-12  # an empty program could not change otherwise
    config = AutoMLZeroConfig.parse({**AutoMLZeroConfig.presets["images_from_network"], **values})
    space, rng, before = AutoMLZero(config), np.random.default_rng(9), network()
    compiled = compiled_changes(config, before)
    num = 200 if kind == "randomize_program" else NUM
    one = Counter(d for _ in range(num) for d in kinds_of_difference(before, compiled()))
    genotype = before.as_json()
    two = Counter(
        d
        for _ in range(num)
        for d in kinds_of_difference(before, Program.from_json(space.mutate(genotype, rng).genotype))
    )
    often = [name for name in one | two if one[name] + two[name] >= 40]
    squares = [(one[name] - two[name]) ** 2 / (one[name] + two[name]) for name in often]
    degrees = len(often)
    assert degrees >= 1
    assert sum(squares) < degrees + 4 * np.sqrt(2 * degrees) + 4  # four deviations of a chi-square distribution
    rare = sum(one.values()) - sum(one[name] for name in often)
    assert rare < 0.2 * num


def test_constants_are_changed_by_the_same_factors() -> None:
    values: dict[str, Any] = {f"{name}_weight": float(name == "alter_parameter") for name in MUTATIONS}
    config = AutoMLZeroConfig.parse(
        {**AutoMLZeroConfig.presets["images_from_network"], **values, "insert_weight": 1e-12}
    )
    before = Program(setup=network().setup[2:])  # one constant, 0.01
    space, rng = AutoMLZero(config), np.random.default_rng(3)
    compiled = compiled_changes(config, before)
    one = sorted(compiled().setup[0].constants[0] for _ in range(NUM))
    two = sorted(
        Program.from_json(space.mutate(before.as_json(), rng).genotype).setup[0].constants[0] for _ in range(NUM)
    )
    quantiles = np.linspace(0.02, 0.98, 25)
    for value in np.quantile(one, quantiles):
        assert abs(np.mean(np.array(two) <= value) - np.mean(np.array(one) <= value)) < 0.08
    # half of the changes redraw the address
    assert all(0.02 < np.mean(np.array(values) < 0) < 0.1 for values in (one, two))
