"""What a logarithmic scale does to draws, as numbers."""

from __future__ import annotations

import pytest

from apps.spaces.scales import scale_shares
from nas.registry import spaces
from nas.spaces.hyperparameters import Hyperparameters, HyperparametersConfig


def shares(**parameter: object) -> list[tuple[float, float, float, float]]:
    config = HyperparametersConfig.parse({"parameters": [{"name": "learning_rate", **parameter}]})
    return [
        (part.low, part.high, part.log_percent, part.linear_percent)
        for shown in scale_shares(Hyperparameters(config))
        for part in shown.parts
    ]


def test_each_power_of_ten_has_the_same_share_and_on_a_linear_scale_nearly_all_is_large() -> None:
    found = shares(low=1e-4, high=1e-1, log=True)
    assert found == [
        pytest.approx((1e-4, 1e-3, 100 / 3, 0.9009), rel=1e-3),
        pytest.approx((1e-3, 1e-2, 100 / 3, 9.009), rel=1e-3),
        pytest.approx((1e-2, 1e-1, 100 / 3, 90.09), rel=1e-3),
    ]


def test_a_range_that_ends_between_powers_of_ten_adds_up() -> None:
    found = shares(low=0.003, high=0.5, log=True)
    assert [part[:2] for part in found] == [(0.003, 0.01), (0.01, 0.1), (0.1, 0.5)]
    assert sum(part[2] for part in found) == pytest.approx(100)
    assert sum(part[3] for part in found) == pytest.approx(100)


def test_linear_scales_and_other_spaces_have_none() -> None:
    assert shares(low=1e-4, high=1e-1) == []
    assert shares(low=0.02, high=0.09, log=True) == []
    regnet = spaces.get("regnet")
    assert scale_shares(regnet(regnet.Config.parse(None))) == ()
