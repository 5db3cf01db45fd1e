"""The ensemble learns, disagrees where it saw little, and depends on data and generator alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.analysis.statistics import spearman
from nas.surrogates.mlp_ensemble import MlpEnsemble, Training
from nas.surrogates.surrogate import Array

SMALL = Training(num_members=5, num_layers=3, width=20, epochs=60)
PUBLISHED = Training()


def data(num: int, seed: int = 0) -> tuple[Array, Array]:
    """Binary inputs; targets additive with one interaction."""
    rng = Generator(PCG64(seed))
    inputs = (rng.random((num, 15)) < 0.4).astype(np.float64)
    return inputs, 3 + inputs @ np.linspace(-1, 1, 15) + inputs[:, 0] * inputs[:, 14]


@pytest.mark.parametrize("training", [SMALL, PUBLISHED], ids=["small", "published"])
def test_it_ranks_what_it_never_saw(training: Training) -> None:
    ensemble = MlpEnsemble(*data(100), training, Generator(PCG64(1)))
    inputs, targets = data(200, seed=9)
    correlation = spearman(ensemble.predict(inputs).mean, targets)
    assert correlation is not None
    assert correlation > 0.85


def test_it_is_less_sure_of_what_it_never_saw() -> None:
    inputs, targets = data(60)
    ensemble = MlpEnsemble(inputs, targets, SMALL, Generator(PCG64(1)))
    far = np.ones((20, 15)) * np.linspace(2, 4, 20)[:, None]
    assert ensemble.predict(far).std.mean() > 3 * ensemble.predict(inputs).std.mean()


def test_it_follows_from_data_and_generator() -> None:
    inputs, targets = data(40)
    asked = data(10, seed=2)[0]
    first, second, other = (
        MlpEnsemble(inputs, targets, SMALL, Generator(PCG64(seed))).predict(asked).mean for seed in (1, 1, 2)
    )
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


def test_a_draw_is_one_of_the_members() -> None:
    inputs, targets = data(40)
    ensemble = MlpEnsemble(inputs, targets, SMALL, Generator(PCG64(1)))
    rng = Generator(PCG64(0))
    draws = np.unique([ensemble.draw(inputs, rng) for _ in range(60)], axis=0)
    assert len(draws) == SMALL.num_members
    assert draws.mean(axis=0) == pytest.approx(ensemble.predict(inputs).mean)
    assert draws.std(axis=0) == pytest.approx(ensemble.predict(inputs).std)


def test_targets_of_any_scale_are_learned_alike() -> None:
    inputs, targets = data(50)
    asked = data(10, seed=2)[0]
    plain = MlpEnsemble(inputs, targets, SMALL, Generator(PCG64(1))).predict(asked)
    scaled = MlpEnsemble(inputs, 1e6 * targets - 5, SMALL, Generator(PCG64(1))).predict(asked)
    assert (scaled.mean + 5) / 1e6 == pytest.approx(plain.mean, rel=1e-4)


def test_constant_targets_are_predicted() -> None:
    inputs, _ = data(20)
    belief = MlpEnsemble(inputs, np.full(20, 0.7), SMALL, Generator(PCG64(1))).predict(inputs)
    assert np.isfinite(belief.std).all()
    assert belief.mean == pytest.approx(np.full(20, 0.7), abs=0.5)
