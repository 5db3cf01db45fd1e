"""Random numbers of programs: the published words, and the distributions that are made of them."""

from __future__ import annotations

import numpy as np
import pytest

from nas.automl_zero.generator import WORDS, bits, gaussians, start, uniform
from nas.automl_zero.reference_vm import Xoshiro

SPLITMIX_OF_ZERO = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]
OF_ONE_TO_FOUR = [
    41943041,
    58720359,
    3588806011781223,
    3591011842654386,
    9228616714210784205,
    9973669472204895162,
    14011001112246962877,
    12406186145184390807,
]


def test_a_state_is_what_splitmix_gives_for_its_seed() -> None:
    assert Xoshiro(0).state == SPLITMIX_OF_ZERO
    states = np.zeros(WORDS, np.uint64)
    start(states, 0, np.uint64(0))
    assert states.tolist() == SPLITMIX_OF_ZERO


def test_words_are_those_of_xoshiro() -> None:
    """Vectors of the authors for the state 1, 2, 3, 4."""
    states = np.arange(1, 5, dtype=np.uint64)
    assert [int(bits(states, 0)) for _ in OF_ONE_TO_FOUR] == OF_ONE_TO_FOUR
    plain = Xoshiro(0)
    plain.state = [1, 2, 3, 4]
    assert [plain.uniform() for _ in OF_ONE_TO_FOUR] == [(word >> 11) * 2.0**-53 for word in OF_ONE_TO_FOUR]


def test_uniform_and_normal_numbers_are_so_distributed() -> None:
    plain = Xoshiro(5)
    even = np.array([plain.uniform() for _ in range(4000)])
    assert np.quantile(even, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
    normal = np.array(plain.gaussians(8000))
    assert (normal.mean(), normal.std()) == (pytest.approx(0, abs=0.04), pytest.approx(1, abs=0.03))
    assert np.quantile(normal, [0.0228, 0.1587, 0.8413]) == pytest.approx([-2, -1, 1], abs=0.12)
    assert abs(np.corrcoef(normal[::2], normal[1::2])[0, 1]) < 0.06
    states, other = np.zeros(WORDS, np.uint64), Xoshiro(9)
    start(states, 0, np.uint64(9))
    assert gaussians(states, 0) == pytest.approx(tuple(other.gaussians(2)), rel=1e-15)
    assert uniform(states, 0) == other.uniform()
