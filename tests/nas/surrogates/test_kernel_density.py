"""The kernel density against numbers worked out by hand, and what its draws look like."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.surrogates.kernel_density import KernelDensity, impute

NUMBER = np.array([0])


def density(points: list[list[float]], num_options: list[int], bandwidths: list[float]) -> KernelDensity:
    return KernelDensity(np.array(points), np.array(num_options), np.array(bandwidths))


def test_the_bandwidth_is_the_normal_reference() -> None:
    """σ of (0.2, 0.4, 0.6) is 0.1632993; 1.06 · 0.1632993 · 3^(-1/5) = 0.138953."""
    fitted = KernelDensity.fitted(np.array([[0.2], [0.4], [0.6]]), NUMBER, min_bandwidth=1e-3)
    assert fitted.bandwidths == pytest.approx([0.138953], rel=1e-5)


def test_equal_points_get_the_smallest_bandwidth_and_categories_no_more_than_uniform() -> None:
    points = np.array([[0.5, 0.0], [0.5, 9.0], [0.5, 0.0], [0.5, 9.0]])
    fitted = KernelDensity.fitted(points, np.array([0, 10]), min_bandwidth=1e-3)
    assert fitted.bandwidths.tolist() == [1e-3, 0.9]


def test_a_density_of_numbers() -> None:
    """Two Gaussians of width 0.1 at 0.2 and 0.6: at 0.3 half of 2.4197072 (one σ away) plus half of 0.0443185 (three)."""
    found = density([[0.2], [0.6]], [0], [0.1]).log_density(np.array([[0.3]]))
    assert math.exp(found[0]) == pytest.approx(0.5 * 2.4197072 + 0.5 * 0.0443185, rel=1e-6)


def test_a_density_of_categories() -> None:
    """Three options, width 0.2: 0.8 for the same, 0.1 for each other. Observed 0, 0, 2."""
    found = np.exp(density([[0], [0], [2]], [3], [0.2]).log_density(np.array([[0.0], [1.0], [2.0]])))
    assert found == pytest.approx([1.7 / 3, 0.1, 1.0 / 3])
    assert found.sum() == pytest.approx(1.0)


def test_axes_multiply_within_an_observation() -> None:
    """(0.2, 0) and (0.6, 1), widths 0.1 and 0.25 of two options, at (0.2, 1): 3.9894228 · 0.25 / 2 and 0.0013383 · 0.75 / 2."""
    found = density([[0.2, 0], [0.6, 1]], [0, 2], [0.1, 0.25]).log_density(np.array([[0.2, 1.0]]))
    assert math.exp(found[0]) == pytest.approx(3.9894228 * 0.25 / 2 + 0.0013383 * 0.75 / 2, rel=1e-5)


def test_far_away_it_is_small_and_not_undefined() -> None:
    found = density([[0.0]], [0], [1e-3]).log_density(np.array([[1.0]]))
    assert np.isfinite(found).all()
    assert found[0] < -400_000


def test_draws_stay_inside_and_spread_as_asked() -> None:
    rng = Generator(PCG64(1))
    one = density([[0.5, 1]], [0, 4], [0.02, 0.3])
    narrow, wide = one.sample(4_000, rng), one.sample(4_000, rng, widened=3.0)
    assert np.std(narrow[:, 0]) == pytest.approx(0.02, rel=0.1)
    assert np.std(wide[:, 0]) == pytest.approx(0.06, rel=0.1)
    edge = density([[0.0]], [0], [0.5]).sample(1_000, rng)
    assert edge.min() >= 0
    assert edge.max() <= 1
    # A category stays with 1 - h, else any of the four: 0.7 + 0.3 / 4, however wide numbers are drawn.
    assert np.mean(wide[:, 1] == 1) == pytest.approx(0.775, abs=0.03)


def test_missing_parameters_come_from_one_who_has_them() -> None:
    missing = np.nan
    points = np.array([[0.1, missing, missing], [0.2, 0.7, 3.0], [0.3, missing, missing]])
    filled = impute(points, np.array([0, 0, 5]), Generator(PCG64(2)))
    assert filled.tolist() == [[0.1, 0.7, 3.0], [0.2, 0.7, 3.0], [0.3, 0.7, 3.0]]
    assert np.isnan(points[0, 1])  # the input is left alone


def test_what_nobody_has_is_drawn() -> None:
    filled = impute(np.full((50, 2), np.nan), np.array([0, 3]), Generator(PCG64(3)))
    assert 0 <= filled[:, 0].min() < filled[:, 0].max() <= 1
    assert set(filled[:, 1]) == {0.0, 1.0, 2.0}
