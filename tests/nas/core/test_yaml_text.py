"""YAML: what is written is read back as it was; what is unclear or hostile is refused with its line and field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.core.errors import InvalidConfig
from nas.core.yaml_text import LONGEST_TEXT, yaml_document, yaml_text

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
_unclear = st.sampled_from(
    [
        "no",
        "Yes",
        "on",
        "NULL",
        "~",
        "",
        "010",
        "0x1F",
        "1_000",
        "12:30",
        "1e-3",
        ".5",
        "1.",
        "-0",
        ".inf",
        "2020-01-01",
    ]
)
_printable = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=30)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts
    | _unclear
)


def _of(scalars: st.SearchStrategy[Any], names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5), max_leaves=30
    )


@given(_of(_scalars, _texts | _unclear))
def test_what_is_written_is_read_back_with_the_same_types(value: Any) -> None:
    read = yaml_document(yaml_text(value)).value
    assert json.dumps(read) == json.dumps(value)  # 1, 1.0 and true are equal to Python


@given(_of(st.none() | st.booleans() | st.integers(-(10**30), 10**30) | _printable, _printable))
def test_json_is_read_as_well(value: Any) -> None:
    assert yaml_document(json.dumps(value, ensure_ascii=False)).value == value


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("augment: no", "augment", "write true, false"),
        ("a: {b: ON}", "a.b", "quote it (line 1)"),
        ("a:\n  b:\n  - 1\n  - 010", "a.b.1", "(line 4)"),
        ("width: 1_000", "width", "digits only"),
        ("at: 12:30:00", "at", "may be meant"),
        ("a: .nan", "a", "not a finite number"),
        ("a: 1e999", "a", "too large"),
        ("a: " + "9" * 5000, "a", "5,000 characters"),
        ("a: 1\nb: 2\na: 3", "a", "'a' stands twice (line 3)"),
        ("a: &x [1]\nb: *x", "a", "anchors"),
        ("a: !!python/object/apply:os.system [ls]", "a", "the tag"),
        ("a: !!str 1", "a", "the tag"),
        ("? [1, 2]\n: 3", "", "a name must be a text"),
        ("a: 1\n---\nb: 2", "", "second document"),
        ("a: [1, 2", "", "no YAML"),
        ("a: 1\n\tb: 2", "", "line 2"),
        ("a: \x07", "", "no YAML"),
        ('a: "\\0"', "a", "NUL"),
        ("[" * 90_000, "", "levels deep"),
        ("{a: " * 40_000, "", "levels deep"),
        ("- " * 40_000, "", "levels deep"),
        ("x" * (LONGEST_TEXT + 1), "", "at most 200,000"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_unclear_or_hostile_is_refused_at_its_place(text: str, field: str, words: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        yaml_document(text)
    (error,) = refused.value.errors
    assert error.field == field
    assert words in error.message
    assert len(error.message) < 500


def test_a_few_aliases_that_stand_for_a_billion_values_are_not_followed() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    with pytest.raises(InvalidConfig, match="aliases"):
        yaml_document("\n".join(rows))


def test_errors_of_fields_are_placed_at_their_lines() -> None:
    document = yaml_document("space:\n  name: nasbench201\n  config:\n    width: 3\nseed: 1\n")
    wrong = InvalidConfig([*InvalidConfig.at("space.config.width", "too small").errors])
    assert str(document.placed(wrong)) == "space.config.width: too small (line 4)"
    assert document.line_of("space.config.operations") == 3  # not written down: where it would stand
    assert document.line_of("budget") == 1


def test_nothing_is_nothing() -> None:
    assert yaml_document("").value is None
    assert yaml_document("# only words\n").value is None
