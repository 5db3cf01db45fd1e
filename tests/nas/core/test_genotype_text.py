"""Genotypes as text: hostile texts are refused in words, honest ones come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from nas import registry
from nas.core.errors import InvalidGenotype
from nas.core.genotype_text import LINE_WIDTH, LONGEST_TEXT, genotype_from_text, genotype_to_text
from nas.core.space import Notated, Space


def space_of(name: str) -> Space:
    kind = registry.spaces.get(name)
    return kind(kind.Config())


HOSTILE = {
    "nothing": ("  ", "write an architecture"),
    "too long": ("[" + "1," * LONGEST_TEXT + "1]", "characters"),
    "lists in lists": ("[" * 90_000 + "]" * 90_000, "nested too deeply"),
    "objects in objects": ('{"a":' * 30_000 + "1" + "}" * 30_000, "nested too deeply"),
    "a little too deep": ("[" * 60 + "]" * 60, "nested too deeply"),
    "never closed": ("[" * 100_000, "nested too deeply"),
    "a huge number": ('{"edges": 1' + "0" * 400 + "}", "401 digits"),
    "more digits than Python reads": ('{"edges": ' + "9" * 5_000 + "}", "5,000 digits"),
    "not a number": ('{"edges": NaN}', "NaN is not a number"),
    "infinity": ('{"edges": -Infinity}', "-Infinity is not a number"),
    "more than a float holds": ('{"edges": 1e999}', "1e999 is not a finite number"),
    "a name twice": ('{"edges": 1, "edges": 2}', "'edges' stands twice"),
    "cut off": ('{"edges": [', "line 1, column"),
    "a lone surrogate": ('{"edges": ["\\ud800"]}', "lone surrogates"),
    "a NUL": ('{"edges": ["\\u0000"]}', "NUL"),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("name", registry.spaces.names())
def test_hostile_texts_are_refused_in_words(name: str, case: str) -> None:
    text, words = HOSTILE[case]
    with pytest.raises(InvalidGenotype) as refused:
        genotype_from_text(space_of(name), text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 2_000


@pytest.mark.parametrize("name", registry.spaces.names())
def test_samples_are_read_back_from_what_people_are_shown(name: str) -> None:
    space, rng = space_of(name), Generator(PCG64(1))
    for _ in range(20):
        genotype = space.sample(rng)
        text = genotype_to_text(genotype)
        assert genotype_from_text(space, text) == space.validate(genotype)
        if isinstance(space, Notated):
            read = genotype_from_text(space, space.notation(genotype))
            assert space.canonical(read) == space.canonical(genotype)


@pytest.mark.parametrize("name", registry.spaces.names())
def test_presets_are_read_by_name(name: str) -> None:
    space = space_of(name)
    for preset in space.presets():
        assert genotype_from_text(space, f" {preset.name}\n") == preset.genotype


def test_a_word_that_is_no_preset_names_those_there_are() -> None:
    with pytest.raises(InvalidGenotype, match="or name a preset: best_cifar10"):
        genotype_from_text(space_of("nasbench201"), "best_cifar")


def test_short_things_stand_on_one_line_and_long_ones_are_broken() -> None:
    long = {"edges": ["nor_conv_3x3"] * 6, "name": "x"}
    lines = genotype_to_text(long).splitlines()
    assert lines[0] == "{"
    assert lines[1] == '  "edges": ['
    assert lines[-2] == '  "name": "x"'
    assert all(len(line) <= LINE_WIDTH for line in lines)
    assert genotype_to_text({"a": [1, 2]}) == '{"a": [1, 2]}'


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=6),
    max_leaves=40,
)


@given(st.dictionaries(st.text(max_size=6), _values, max_size=8))
def test_the_text_is_the_same_json(value: dict[str, object]) -> None:
    import json

    assert json.loads(genotype_to_text(value)) == value
