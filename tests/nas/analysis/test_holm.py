"""Holm's correction, by hand and by what it promises."""

from __future__ import annotations

import pytest

from nas.analysis.holm import holm


def test_each_step_multiplies_by_the_tests_that_are_left() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])  # each at its own place


def test_an_adjusted_value_is_never_below_one_that_is_smaller_to_begin_with() -> None:
    assert holm([0.02, 0.021]) == pytest.approx([0.04, 0.04])


def test_one_test_needs_no_correction_and_no_value_exceeds_one() -> None:
    assert holm([0.2]) == [0.2]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.1, 1.2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([float("nan")])
