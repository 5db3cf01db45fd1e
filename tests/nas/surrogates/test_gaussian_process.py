"""The Gaussian process and what is computed from it, against numbers worked out apart."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.surrogates.acquisition import (
    expected_improvement,
    independent_thompson,
    lower_confidence_bound,
    probability_of_improvement,
)
from nas.surrogates.gaussian_process import GaussianProcess, Hyperparameters, fit
from nas.surrogates.kernels import KERNELS, city_block, hamming, matern52, rbf
from nas.surrogates.surrogate import Array, Belief

INPUTS = np.array([[0.1], [0.4], [0.9]])
TARGETS = np.array([0.6, 0.2, 0.5])
EXAMPLE = Hyperparameters(length=0.2, signal=1.0, noise=1e-3)


def example() -> GaussianProcess:
    return GaussianProcess(INPUTS, TARGETS, rbf, EXAMPLE)


def binary(rng: Generator, num: int, num_axes: int = 12) -> Array:
    return (rng.random((num, num_axes)) < 0.5).astype(np.float64)


# --- acceptance numbers --------------------------------------------------------------------------------------------


def test_the_posterior_of_three_points() -> None:
    belief = example().predict(np.array([[0.25], [0.65]]))
    assert belief.mean == pytest.approx([0.393715, 0.327643], abs=1e-6)
    assert belief.std == pytest.approx([0.373254, 0.763147], abs=1e-6)
    assert example().log_marginal_likelihood == pytest.approx(-2.763384, abs=1e-6)


def test_expected_improvement_of_three_points() -> None:
    belief = example().predict(np.array([[0.25], [0.65]]))
    assert expected_improvement(belief, best=0.2) == pytest.approx([0.071665, 0.244879], abs=1e-6)


def test_expected_and_probable_improvement_of_one_belief() -> None:
    belief = Belief(np.array([0.25]), np.array([0.1]))
    assert expected_improvement(belief, best=0.3) == pytest.approx([0.0697797], abs=1e-7)
    assert probability_of_improvement(belief, best=0.3) == pytest.approx([0.6914625], abs=1e-7)


def test_exploitation_stays_beside_the_best_and_exploration_goes_where_least_is_known() -> None:
    """The classical picture: along a line, κ = 0 picks the point next to the best result, a large κ the widest band."""
    grid = np.linspace(0, 1, 101)[:, None]
    untried = ~np.isin(np.round(grid[:, 0], 6), INPUTS[:, 0])
    belief = example().predict(grid[untried])
    exploiting = grid[untried][int(np.argmax(lower_confidence_bound(belief, 0.0)))]
    exploring = grid[untried][int(np.argmax(lower_confidence_bound(belief, 10.0)))]
    assert abs(float(exploiting[0]) - 0.4) <= 0.05
    assert float(exploring[0]) == float(grid[untried][int(np.argmax(belief.std))][0])
    assert abs(float(exploring[0]) - 0.65) <= 0.02


# --- the process ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(KERNELS))
def test_the_posterior_is_that_of_the_textbook_formula(name: str) -> None:
    """Against K⁻¹ written out, for every kernel."""
    rng = Generator(PCG64(5))
    inputs, asked, targets = binary(rng, 15), binary(rng, 6), rng.normal(size=15)
    kernel, hyper = KERNELS[name], Hyperparameters(length=3.0, signal=1.7, noise=0.2)
    inverse = np.linalg.inv(1.7**2 * kernel(inputs, inputs, 3.0) + 0.2**2 * np.eye(15))
    across = 1.7**2 * kernel(inputs, asked, 3.0)
    belief = GaussianProcess(inputs, targets, kernel, hyper).predict(asked)
    assert belief.mean == pytest.approx(targets.mean() + across.T @ inverse @ (targets - targets.mean()))
    assert belief.std**2 == pytest.approx(1.7**2 - np.diag(across.T @ inverse @ across))


def test_without_noise_it_goes_through_what_was_measured() -> None:
    belief = GaussianProcess(INPUTS, TARGETS, rbf, Hyperparameters(0.2, 1.0, 0.0)).predict(INPUTS)
    assert belief.mean == pytest.approx(TARGETS)
    assert belief.std == pytest.approx(np.zeros(3), abs=1e-6)


def test_an_input_twice_does_not_break_it() -> None:
    twice = np.repeat(INPUTS, 2, axis=0)
    belief = GaussianProcess(twice, np.repeat(TARGETS, 2), rbf, Hyperparameters(0.2, 1.0, 0.0)).predict(INPUTS)
    assert belief.mean == pytest.approx(TARGETS, abs=1e-3)


def test_a_kernel_that_is_none_is_made_one() -> None:
    """exp(−d) of something that is no metric may be indefinite; the posterior stays finite."""

    def indefinite(a: Array, b: Array, length: float) -> Array:
        return np.cos(3 * city_block(a, b)) - 0.5 * (city_block(a, b) > 0)

    belief = GaussianProcess(INPUTS, TARGETS, indefinite, Hyperparameters(1.0, 1.0, 0.0)).predict(np.array([[0.2]]))
    assert np.isfinite(belief.mean).all()
    assert np.isfinite(belief.std).all()


def test_draws_scatter_as_the_posterior_says() -> None:
    asked = np.array([[0.25], [0.65]])
    process, rng = example(), Generator(PCG64(3))
    draws = np.array([process.draw(asked, rng) for _ in range(4_000)])
    belief = process.predict(asked)
    assert draws.mean(axis=0) == pytest.approx(belief.mean, abs=0.04)
    assert draws.std(axis=0) == pytest.approx(belief.std, abs=0.04)


# --- kernels -------------------------------------------------------------------------------------------------------


def test_city_block_is_the_same_by_product_and_by_axis() -> None:
    a, b = binary(Generator(PCG64(1)), 7), binary(Generator(PCG64(2)), 5)
    plain = np.abs(a[:, None] - b[None]).sum(axis=2)
    assert city_block(a, b) == pytest.approx(plain)
    assert city_block(a / 3, b / 3) == pytest.approx(plain / 3)


def test_kernels_at_a_known_distance() -> None:
    a, b = np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]])
    assert hamming(a, b, 4.0) == pytest.approx(math.exp(-0.5))
    assert rbf(a, b, 2.0) == pytest.approx(math.exp(-0.25))
    r = math.sqrt(10) / 2
    assert matern52(a, b, 2.0) == pytest.approx((1 + r + r * r / 3) * math.exp(-r))


# --- fitting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(KERNELS))
def test_the_fit_is_the_most_likely_of_its_grid(name: str) -> None:
    """No other length, noise or signal of a grid explains the targets better; the signal is found in closed form."""
    rng = Generator(PCG64(8))
    inputs, kernel = binary(rng, 25), KERNELS[name]
    targets = inputs @ rng.normal(size=12) + 0.2 * rng.normal(size=25)
    targets -= targets.mean()
    found = fit(inputs, targets, kernel)
    unit = float(np.median(city_block(inputs, inputs)[city_block(inputs, inputs) > 0]))
    best = GaussianProcess(inputs, targets, kernel, found).log_marginal_likelihood
    for length in (2.0**power * unit for power in range(-2, 5)):
        for noise in (1e-3, 1e-2, 1e-1, 3e-1):
            for signal in found.signal * np.array([0.5, 0.9, 1.0, 1.1, 2.0]):
                other = Hyperparameters(length, float(signal), noise * float(signal))
                assert GaussianProcess(inputs, targets, kernel, other).log_marginal_likelihood <= best + 1e-6


def test_noise_is_told_from_structure() -> None:
    rng = Generator(PCG64(4))
    inputs = binary(rng, 80)
    clean = inputs @ rng.normal(size=12)
    assert fit(inputs, clean, hamming).noise < fit(inputs, rng.normal(size=80), hamming).noise


@pytest.mark.parametrize("inputs", [INPUTS, np.zeros((3, 2))])
def test_constant_targets_can_be_fitted(inputs: Array) -> None:
    found = fit(inputs, np.full(3, 0.5), hamming)
    belief = GaussianProcess(inputs, np.full(3, 0.5), hamming, found).predict(inputs)
    assert belief.mean == pytest.approx([0.5, 0.5, 0.5])


# --- acquisition ---------------------------------------------------------------------------------------------------


def test_without_uncertainty_only_an_improvement_counts() -> None:
    certain = Belief(np.array([0.1, 0.3, 0.5]), np.zeros(3))
    assert expected_improvement(certain, best=0.3).tolist() == pytest.approx([0.2, 0.0, 0.0])
    assert probability_of_improvement(certain, best=0.3).tolist() == [1.0, 0.0, 0.0]


def test_a_demanded_improvement_lowers_the_promise() -> None:
    belief = Belief(np.array([0.25]), np.array([0.1]))
    promises = [float(expected_improvement(belief, 0.3, xi)[0]) for xi in (0.0, 0.05, 0.2)]
    assert all(before > after for before, after in pairwise(promises))


def test_independent_thompson_draws_each_candidate_apart() -> None:
    belief = Belief(np.full(20_000, 0.4), np.full(20_000, 0.2))
    drawn = -independent_thompson(belief, Generator(PCG64(0)))
    assert (drawn.mean(), drawn.std()) == (pytest.approx(0.4, abs=0.01), pytest.approx(0.2, abs=0.01))
    assert abs(float(np.corrcoef(drawn[:-1], drawn[1:])[0, 1])) < 0.03
