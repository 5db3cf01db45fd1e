"""Operators, positions and changes as people read them."""

from __future__ import annotations

import pytest

from apps.runs.lineage_words import change_words, operator_title, position_words
from nas.analysis.genotype_diff import GenotypeChange


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("edges.3", "edge 3"),
        ("layers.0.kernel_width", "layer 0 › kernel width"),
        ("normal.blocks.1.inputs.0", "normal › block 1 › input 0"),
        ("stages.0.3.1", "stage 0 › 3 › 1"),
        ("depth", "depth"),
        ("class.2", "class 2"),
        ("", ""),
    ],
)
def test_positions(path: str, words: str) -> None:
    assert position_words(path) == words


@pytest.mark.parametrize(
    ("operator", "words"),
    [
        ("random", "drawn at random"),
        ("mutate:operation", "mutated: operation"),
        ("crossover+mutate:hidden_state", "crossed, mutated: hidden state"),
        ("promote", "goes on with more budget"),
        ("something_else", "something else"),
    ],
)
def test_operators(operator: str, words: str) -> None:
    assert operator_title(operator) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (GenotypeChange("edges.3", "changed", "skip_connect", "nor_conv_3x3"), "edge 3: skip → conv 3×3"),
        (GenotypeChange("layers.4", "added", "", "mystery_9x9"), "layer 4: mystery 9×9 added"),
        (GenotypeChange("layers.4", "removed", "none", ""), "layer 4: none removed"),
        (GenotypeChange("", "changed", "1", "2"), "1 → 2"),
    ],
)
def test_changes(change: GenotypeChange, words: str) -> None:
    assert change_words(change) == words
