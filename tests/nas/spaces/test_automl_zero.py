"""The space of programs: its settings, what is valid, how large it is, what programs cost, how they change."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from nas.automl_zero.hand_written import HAND_WRITTEN, linear, network
from nas.automl_zero.ops import OPS, Constant
from nas.automl_zero.program import COMPONENTS, Instruction, Program
from nas.automl_zero.text import program_from_text, program_text
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.core.genotype_text import genotype_from_text
from nas.drawing.palette import COLOURS, family_of
from nas.spaces.automl_zero import AutoMLZero
from nas.spaces.automl_zero_config import MUTATIONS, AutoMLZeroConfig, OpName

FLOATS = 2 * 2047 * 2**52
"""Finite numbers, both zeros among them."""

SMALL: dict[str, Any] = {
    "scalars": 4,
    "vectors": 3,
    "matrices": 1,
    "setup_operations": ["SCALAR_CONST_SET"],
    "setup_min": 0,
    "setup_max": 1,
    "predict_operations": ["VECTOR_INNER_PRODUCT"],
    "predict_min": 1,
    "predict_max": 2,
    "learn_operations": [],
}


def space(**values: Any) -> AutoMLZero:
    return AutoMLZero(AutoMLZeroConfig.parse(values))


def preset(name: str, **values: Any) -> AutoMLZero:
    return space(**{**AutoMLZeroConfig.presets[name], **values})


def weights(**shares: float) -> dict[str, float]:
    """Only these kinds of change."""
    return {f"{kind}_weight": shares.get(kind, 0.0) for kind in MUTATIONS}


def test_every_operation_can_be_chosen_by_its_name() -> None:
    assert OpName.__args__ == tuple(op.name for op in OPS)  # type: ignore[attr-defined]


def test_every_operation_has_a_colour_and_most_are_told_apart() -> None:
    families = Counter(family_of(op.name) for op in OPS)
    assert set(families) <= set(COLOURS)
    assert len(families) >= 7
    assert families["other"] == 1  # what does nothing
    assert {family_of(OPS[number].name) for number in (27, 28, 31, 43)} == {"conv3"}


# Settings --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"setup_min": 5, "setup_max": 2}, "setup_min is 5, more than setup_max, 2"),
        ({"setup_operations": [], "predict_operations": [], "learn_operations": []}, "only"),
        (weights(), "at least one way of changing"),
        ({"vector_labels": True, "vectors": 2, "learn_operations": []}, "vectors must be at least 3"),
        ({"initial": "empty"}, "setup_min = 0"),
        ({"initial": "hand_written", "given": "network"}, "scalars must be at least 5"),
        ({"initial": "hand_written", "given": "network", "scalars": 5, "vectors": 9}, "matrices must be at least 2"),
        ({"initial": "hand_written", "predict_operations": ["SCALAR_SUM"]}, "must hold VECTOR_INNER_PRODUCT"),
        ({"initial": "hand_written", "learn_min": 0, "learn_max": 3}, "learn_max must be at least 4"),
        ({"learn_operations": ["GRADIENT"]}, "must be"),
        ({"scalars": 1}, "at least 2"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_words(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfig, match=says):
        space(**values)


def test_the_order_of_operations_does_not_make_another_space() -> None:
    one = space(learn_operations=["SCALAR_SUM", "VECTOR_SUM", "SCALAR_SUM"])
    assert one.config == space(learn_operations=["VECTOR_SUM", "SCALAR_SUM"]).config


def test_the_published_spaces_hold_what_was_found_in_them() -> None:
    assert [p.name for p in preset("linear_demo").presets()] == ["linear"]
    assert [p.name for p in preset("linear_learn_only").presets()] == ["linear"]
    assert [p.name for p in preset("affine_full").presets()] == ["linear", "affine"]
    assert "rediscovered_network" in [p.name for p in preset("network").presets()]
    for name in ("small_images", "images", "images_from_network"):
        assert {p.name for p in preset(name).presets()} >= {"linear", "network"}


PUBLISHED: list[tuple[str, tuple[int, int, int], list[tuple[int, int]], list[set[int]]]] = [
    ("linear_demo", (4, 3, 1), [(10, 10), (2, 2), (8, 8)], [{2, 3, 18, 23, 27, 56}] * 3),
    ("linear_learn_only", (4, 3, 1), [(1, 1), (1, 1), (4, 4)], [set(), set(), {2, 3, 18, 23}]),
    ("linear_full", (4, 3, 1), [(5, 5), (1, 1), (4, 4)], [{56, 57}, {27}, {2, 3, 18, 23}]),
    ("affine_learn_only", (5, 3, 1), [(1, 1), (2, 2), (6, 6)], [set(), set(), {1, 2, 3, 18, 23}]),
    ("affine_full", (5, 3, 1), [(6, 6), (2, 2), (6, 6)], [{56, 57}, {1, 27}, {1, 2, 3, 18, 23}]),
    (
        "network",
        (4, 8, 2),
        [(21, 21), (3, 3), (9, 9)],
        [{56, 63, 64}, {27, 31, 48}, {2, 3, 16, 18, 23, 25, 28, 39}],
    ),
    (
        "small_images",
        (5, 9, 2),
        [(1, 7), (1, 11), (1, 23)],
        [{56, *range(59, 65)}, {1, 23, 27, 31, 48}, {1, 2, 3, 16, 18, 23, 25, 28, 39}],
    ),
    ("images", (8, 14, 3), [(0, 21), (0, 21), (0, 45)], [set(range(56, 65)), *[{*range(56), 60, 61}] * 2]),
    (
        "images_from_network",
        (10, 16, 4),
        [(0, 21), (0, 21), (0, 45)],
        [set(range(56, 65)), *[{*range(56), 63, 64}] * 2],
    ),
]


@pytest.mark.parametrize(("name", "addresses", "sizes", "operations"), PUBLISHED, ids=lambda value: str(value)[:20])
def test_settings_are_those_of_the_published_experiments(
    name: str, addresses: tuple[int, int, int], sizes: list[tuple[int, int]], operations: list[set[int]]
) -> None:
    config = preset(name).config
    assert (config.scalars, config.vectors, config.matrices) == addresses
    assert [config.limits(component) for component in COMPONENTS] == sizes
    numbers = {op.name: op.number for op in OPS}
    assert [{numbers[op] for op in config.operations_of(component)} for component in COMPONENTS] == operations
    assert len(PUBLISHED) == len(AutoMLZeroConfig.presets)


# Beginnings ------------------------------------------------------------------------------------------------------------------


def test_a_search_begins_as_the_settings_say() -> None:
    rng = np.random.default_rng(0)
    assert preset("images").initial(rng) == Program()
    assert preset("images_from_network").initial(rng) == HAND_WRITTEN["rediscovered_network"].program
    nothing = (Instruction(0),)
    assert preset("small_images").initial(rng) == Program(nothing, nothing, nothing)
    random = preset("linear_demo")
    assert random.initial(np.random.default_rng(4)).as_json() == random.sample(np.random.default_rng(4))
    filled = preset("linear_demo", initial="hand_written").initial(rng)
    assert [len(filled.component(name)) for name in COMPONENTS] == [10, 2, 8]
    assert filled.learn[:4] == linear().learn


def test_what_cannot_be_changed_is_the_hand_written_program() -> None:
    searched = preset("linear_learn_only")
    rng = np.random.default_rng(2)
    for _ in range(50):
        drawn = Program.from_json(searched.sample(rng))
        changed = Program.from_json(searched.mutate(drawn.as_json(), rng).genotype)
        for program in (drawn, changed):
            assert (program.setup, program.predict) == (linear().setup, linear().predict)
            assert len(program.learn) == 4
    foreign = Program(linear(0.5).setup, linear().predict, linear().learn)
    with pytest.raises(InvalidGenotype, match=r"setup: is given.*s2 = 0\.01"):
        searched.validate(foreign.as_json())


def test_draws_use_all_addresses_but_write_neither_label_nor_features() -> None:
    searched = preset("images_from_network")
    rng = np.random.default_rng(8)
    written, read = set(), set()
    for _ in range(60):
        for _, _, line in Program.from_json(searched.sample(rng)).lines():
            op = OPS[line.op]
            read |= {(kind, address) for kind, address in zip(op.inputs, (line.in1, line.in2), strict=False)}
            written |= {(op.output, line.out)} if op.output else set()
    everything = {("s", n) for n in range(10)} | {("v", n) for n in range(16)} | {("m", n) for n in range(4)}
    assert read == everything
    assert written == everything - {("s", 0), ("v", 0)}


# Validity --------------------------------------------------------------------------------------------------------------------


def row(line: str) -> list[float]:
    return program_from_text(f"def Predict():\n{line}").predict[0].as_json()


@pytest.mark.parametrize(
    ("genotype", "field", "says"),
    [
        ({"setup": [], "predict": []}, "learn", "is required"),
        ({"setup": [], "predict": [], "learn": [[]]}, "learn", "expected 4 instructions"),
        ({"setup": {}, "predict": [], "learn": []}, "setup", "a list of instructions"),
        ({"setup": [], "predict": [], "learn": []}, "predict", "expected 1 to 2 instructions, got 0"),
        ({"setup": [], "predict": [[27, 1, 0, 1]], "learn": []}, "predict.0", "expected 7 numbers"),
        ({"setup": [], "predict": ["s1 = s2"], "learn": []}, "predict.0", "expected 7 numbers"),
        ({"setup": [], "predict": [[65, 1, 0, 1, 0, 0, 0]], "learn": []}, "predict.0.0", "from 0 to 64"),
        ({"setup": [], "predict": [[True, 1, 0, 1, 0, 0, 0]], "learn": []}, "predict.0.0", "whole number"),
        ({"setup": [], "predict": [[27, 3, 0, 1, 0, 0, 0]], "learn": []}, "predict.0", "there is no v3.*v0 to v2"),
        ({"setup": [], "predict": [[27, 1, 0, 4, 0, 0, 0]], "learn": []}, "predict.0", "there is no s4"),
        ({"setup": [], "predict": [[27, -1, 0, 1, 0, 0, 0]], "learn": []}, "predict.0.1", "from 0"),
        ({"setup": [], "predict": [[27, 1.5, 0, 1, 0, 0, 0]], "learn": []}, "predict.0.1", "whole number"),
        ({"setup": [], "predict": [row("s1 = s2 + s3")], "learn": []}, "predict.0", "SCALAR_SUM.*not allowed"),
        ({"setup": [[56, 0, 0, 2, float("nan"), 0, 0]], "predict": [], "learn": []}, "setup.0.4", "finite"),
        ({"setup": [[56, 0, 0, 2, 10**400, 0, 0]], "predict": [], "learn": []}, "setup.0.4", "finite"),
        ({"setup": [[56, 0, 0, 2, "1", 0, 0]], "predict": [], "learn": []}, "setup.0.4", "expected a number"),
    ],
)
def test_wrong_genotypes_are_refused_with_the_field(genotype: Any, field: str, says: str) -> None:
    given = space(**SMALL, given="linear")
    genotype = (
        {**genotype, "learn": genotype["learn"] or [i.as_json() for i in linear().learn]}
        if "learn" in genotype
        else genotype
    )
    with pytest.raises(InvalidGenotype) as refusal:
        given.validate(genotype)
    found = {error.field: error.message for error in refusal.value.errors}
    assert re.search(says, found[field])


def test_shares_and_deviations_have_bounds() -> None:
    wide = preset("images")
    for line, says in (([57, 0, 0, 1, 1.5, 0, 0], "from 0 to 1"), ([62, 0, 0, 1, 0, -1, 0], "standard deviation")):
        with pytest.raises(InvalidGenotype, match=says):
            wide.validate({"setup": [line], "predict": [], "learn": []})


def test_text_is_read_as_well_and_faults_name_its_line() -> None:
    searched = preset("linear_learn_only")
    text = program_text(linear())
    assert searched.validate(text) == linear().as_json()
    assert genotype_from_text(searched, text) == linear().as_json()
    assert searched.notation(linear().as_json()) == text
    with pytest.raises(InvalidGenotype, match="there is no v9") as refusal:
        searched.validate(text.replace("v1 + v2", "v1 + v9"))
    assert [error.field for error in refusal.value.errors] == ["line 11"]


def test_unused_numbers_become_zero_and_nothing_may_stand_everywhere() -> None:
    given = space(**SMALL)
    plain = given.validate(
        {
            "setup": [[56, 3, 2, 2, 0.5, 7, 8]],
            "predict": [[0, 9, 9, 9, 1, 1, 1]],
            "learn": [i.as_json() for i in linear().learn],
        }
    )
    assert plain["setup"] == [[56, 0, 0, 2, 0.5, 0.0, 0.0]]
    assert plain["predict"] == [[0, 0, 0, 0, 0.0, 0.0, 0.0]]


def test_empty_programs_are_programs_where_the_settings_say_so() -> None:
    assert preset("images").validate(Program().as_json()) == Program().as_json()
    with pytest.raises(InvalidGenotype, match="expected 10 instructions, got 0"):
        preset("linear_demo").validate(Program().as_json())


# Size ------------------------------------------------------------------------------------------------------------------------


def test_the_size_is_counted() -> None:
    """Setup: none, or nothing, or 4 addresses times all numbers. Predict: nothing, or 3 · 3 · 4 products; one or two of them."""
    instruction = 1 + 3 * 3 * 4
    assert space(**SMALL).size().upper == (1 + 1 + 4 * FLOATS) * (instruction + instruction**2)
    assert space(**SMALL).size().is_exact


def test_constants_are_counted_by_what_they_mean() -> None:
    """A share: 0 to 1. A deviation: not negative."""
    shares, deviations = 1023 * 2**52 + 1, 2047 * 2**52
    one = {**SMALL, "setup_min": 1, "predict_operations": []}
    assert space(**{**one, "setup_operations": ["MATRIX_CONST_SET"]}).size().upper == 1 + shares**2 * FLOATS
    assert space(**{**one, "setup_operations": ["VECTOR_GAUSSIAN_SET"]}).size().upper == 1 + 3 * FLOATS * deviations


# Costs -----------------------------------------------------------------------------------------------------------------------


def test_costs_of_the_known_programs() -> None:
    """F = 8. The linear one: w. The network: W, b, u and c; it multiplies by W, adds b, takes the larger, multiplies by u, adds."""
    wide = preset("images")
    flat = wide.cost(linear().as_json(), (8, 1, 1), 1)
    assert (flat.params, flat.macs, flat.activations) == (8, 8, 1)
    assert flat.peak_memory_bytes == 8 * (4 + 3 * 8)
    deep = wide.cost(network().as_json(), (8, 1, 1), 1)
    assert (deep.params, deep.macs, deep.activations) == (64 + 8 + 8 + 1, 64 + 8 + 8 + 8 + 1, 8 + 8 + 8 + 1 + 1)
    assert wide.cost(network().as_json(), (2, 2, 2), 1) == deep


def test_dead_code_costs_nothing() -> None:
    wide = preset("images")
    longer = Program(
        linear().setup, (Instruction(31, 0, 0, 2), *linear().predict), (*linear().learn, Instruction(7, 3, 0, 3))
    )
    assert wide.cost(longer.as_json(), (8, 1, 1), 1) == wide.cost(linear().as_json(), (8, 1, 1), 1)


# Drawing ---------------------------------------------------------------------------------------------------------------------


def test_the_graph_says_from_where_each_instruction_reads() -> None:
    graph = preset("images").graph(linear().as_json(), (8, 1, 1), 1)
    labels = {node.id: node.label for node in graph.nodes}
    edges = {(labels[e.source], labels[e.target]) for e in graph.edges}
    assert edges == {
        ("v1", "s1 = dot(v1, v0)"),
        ("features v0", "s1 = dot(v1, v0)"),
        ("s1 = dot(v1, v0)", "prediction s1"),
        ("label s0", "s3 = s0 - s1"),
        ("prediction s1", "s3 = s0 - s1"),
        ("Setup: s2 = 0.01", "s3 = s2 * s3"),
        ("s3 = s0 - s1", "s3 = s2 * s3"),
        ("s3 = s2 * s3", "v2 = s3 * v0"),
        ("features v0", "v2 = s3 * v0"),
        ("v1", "v1 = v1 + v2"),
        ("v2 = s3 * v0", "v1 = v1 + v2"),
        ("v1 = v1 + v2", "v1 for the next step"),
    }
    assert [edge.label for edge in graph.edges if edge.label] == ["next step"]


def test_the_graph_leaves_out_dead_code_and_shows_zeros() -> None:
    program = network()
    longer = Program(program.setup, program.predict, (*program.learn, Instruction(37, 1, 0, 1)))
    wide = preset("images")
    graph = wide.graph(longer.as_json(), (8, 1, 1), 1)
    assert graph == wide.graph(program.as_json(), (8, 1, 1), 1)
    assert "v5 = 0" in {node.label for node in graph.nodes}
    assert {node.label for node in graph.nodes if node.id.startswith("next.")} == {
        f"{name} for the next step" for name in ("m0", "s2", "v1", "v2")
    }


# Changes ---------------------------------------------------------------------------------------------------------------------


def changed(searched: AutoMLZero, program: Program, num: int = 300) -> list[Program]:
    rng = np.random.default_rng(12)
    return [Program.from_json(searched.mutate(program.as_json(), rng).genotype) for _ in range(num)]


def test_sizes_change_by_one_within_the_limits() -> None:
    limits = {"setup_max": 4, "predict_max": 5, "learn_max": 11}
    inserting = preset("images", **limits, **weights(insert=1))
    for child in changed(inserting, network()):
        assert child.num_instructions == network().num_instructions + 1
        assert (len(child.setup), len(child.predict), len(child.learn)) == (4, 5, 11)


def test_removing_stops_at_the_fewest_and_trading_keeps_the_size() -> None:
    removing = preset("images", **weights(remove=1, insert=1), setup_min=3, predict_min=5, initial="random")
    for child in changed(removing, network(), 100):
        assert len(child.setup) >= 3
        assert len(child.predict) >= 5
        assert abs(child.num_instructions - network().num_instructions) == 1
    assert {child.num_instructions for child in changed(preset("images", **weights(trade=1)), network())} == {19}


def test_a_whole_component_or_one_instruction_is_new() -> None:
    for child in changed(preset("images", **weights(randomize_component=1, insert=1e-9)), network(), 60):
        same = [child.component(name) == network().component(name) for name in COMPONENTS]
        assert sum(same) == 2
        assert child.num_instructions == 19
    for child in changed(preset("images", **weights(randomize_instruction=1, insert=1e-9)), network(), 60):
        pairs = zip(child.lines(), network().lines(), strict=True)
        assert sum(one != other for one, other in pairs) == 1


def test_altering_changes_one_argument_as_its_meaning_asks() -> None:
    searched = preset("images", **weights(alter_parameter=1, insert=1e-9))
    before = program_from_text("def Setup():\n s2 = uniform(-0.5, 0.5)\n v2 = gaussian(0.1, 0.2)\n v2[0.3] = 0.4")
    flips = Counter[int]()
    for child in changed(searched, before, 3000):
        places = [
            (line, one, other)
            for line, (one, other) in enumerate(zip(before.setup, child.setup, strict=True))
            if one != other
        ]
        assert len(places) == 1
        line, one, other = places[0]
        assert one.op == other.op
        if one.out != other.out:
            assert one.constants == other.constants
            continue
        first, second, _ = other.constants
        assert (line != 0 or first <= second) and (line != 1 or second > 0)
        assert line != 2 or 0 <= first < 1
        if line == 1 and first != 0.1:
            flips[int(first == -0.1)] += 1
            assert first == -0.1 or first > 0
    assert 0.05 < flips[1] / sum(flips.values()) < 0.15


def test_a_factor_of_the_paper_lies_between_a_half_and_two() -> None:
    searched = preset("images", **weights(alter_parameter=1, insert=1e-9), constant_mutation="uniform_factor")
    before = Program(setup=(Instruction(56, out=2, constants=(0.5, 0.0, 0.0)),))
    values = [child.setup[0].constants[0] for child in changed(searched, before, 1000)]
    moved = [value for value in values if value != 0.5]
    assert all(0.25 <= abs(value) <= 1 for value in moved)
    assert 0.05 < sum(value < 0 for value in moved) / len(moved) < 0.15


def test_kinds_of_change_come_as_often_as_their_weights_say() -> None:
    searched = preset("images")  # insert 1, remove 2, component 3, alter 3 of nine
    rng = np.random.default_rng(1)
    kinds = Counter(searched.mutate(network().as_json(), rng).kind for _ in range(3000))
    for kind, share in (
        ("insert", 1 / 9),
        ("remove", 2 / 9),
        ("randomize_component", 3 / 9),
        ("alter_parameter", 3 / 9),
    ):
        # an alteration may redraw the address that was there, and is then drawn again
        assert abs(kinds[kind] / 3000 - share) < 0.06
    assert len(kinds) == 4


def test_without_operations_left_a_function_that_needs_some_cannot_be_drawn() -> None:
    searched = preset("linear_full")
    with pytest.raises(ConstraintLeavesNothing, match="Predict needs instructions"):
        searched.sample_without(frozenset({"VECTOR_INNER_PRODUCT"}), np.random.default_rng(0))


def test_operations_of_a_program_are_those_that_live_and_can_be_chosen() -> None:
    searched = preset("linear_learn_only")
    assert searched.operations() == ("SCALAR_DIFF", "SCALAR_PRODUCT", "SCALAR_VECTOR_PRODUCT", "VECTOR_SUM")
    dead = Program(linear().setup, linear().predict, (linear().learn[0],) * 4)
    assert searched.operations_of(linear().as_json()) == set(searched.operations())
    assert searched.operations_of(dead.as_json()) == set()


def test_what_a_constant_means_covers_all_of_them() -> None:
    assert {constant for op in OPS for constant in op.constants} == set(Constant)
