"""Compiled activations against numpy's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nas.wann.activations import ACTIVATIONS
from nas.wann.forward import FUNCTIONS as IN_TORCH
from nas.wann.vector_math import activate
from tests.support.wann import FUNCTIONS

RNG = np.random.default_rng(0)
NUMBERS = np.concatenate(
    [
        np.array([0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 1e-300, -1e-300, 38.0, -38.0, 700.0, -800.0]),
        RNG.normal(size=500),
        10 * RNG.normal(size=500),
        1_000 * RNG.normal(size=500),
    ]
)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_right_to_twelve_digits(activation: int) -> None:
    found = NUMBERS.copy()
    activate(activation, found)
    with np.errstate(under="ignore"):
        expected = FUNCTIONS[activation](NUMBERS)
    # numpy's own argument πz is rounded: 1,000 of it are uncertain to 1e-13 π
    assert found == pytest.approx(expected, rel=1e-12, abs=2e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_where_gradients_are_needed_they_are_the_same(activation: int) -> None:
    found = NUMBERS.copy()
    activate(activation, found)
    assert found == pytest.approx(IN_TORCH[activation](torch.from_numpy(NUMBERS)).numpy(), rel=1e-12, abs=2e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_is_no_number_stays_none(activation: int) -> None:
    found = np.full(9, np.nan)
    activate(activation, found)
    assert np.isnan(found).all() or (activation == 2 and not found.any())  # NaN > 0 is false


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_infinity_is_what_its_limit_is(activation: int) -> None:
    found = np.array([np.inf, -np.inf])
    activate(activation, found)
    with np.errstate(invalid="ignore"):
        expected = FUNCTIONS[activation](np.array([np.inf, -np.inf]))
    assert found == pytest.approx(expected, nan_ok=True)


def test_numbers_of_more_than_sixty_four_bits_turn_like_others() -> None:
    """All doubles from 2^53 on are even: whole turns."""
    large = np.array([2.0**53, 2.0**63, 1e20, -1e30, 1e300])
    for activation, expected in ((3, 0.0), (10, 1.0)):
        found = large.copy()
        activate(activation, found)
        assert found == pytest.approx(np.full(len(large), expected), abs=1e-12)


def test_whole_turns_are_exact() -> None:
    sine, cosine = np.arange(-40.0, 41.0), np.arange(-40.0, 41.0)
    activate(3, sine)
    activate(10, cosine)
    assert not sine.any()
    assert cosine.tolist() == pytest.approx([1.0 if turn % 2 == 0 else -1.0 for turn in range(-40, 41)], abs=1e-12)


@pytest.mark.parametrize("activation", [4, 5, 6])
def test_no_result_is_subnormal(activation: int) -> None:
    found = np.linspace(-60, 60, 4_001)
    activate(activation, found)
    smallest = np.abs(found[found != 0]).min()
    assert smallest >= np.finfo(np.float64).tiny
