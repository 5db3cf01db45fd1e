"""The contract of AnyNet, RegNet, random wiring and connections for settings that the defaults do not show."""

from __future__ import annotations

from typing import Any

import pytest

from nas.core.space import Space
from nas.registry import spaces
from tests.contracts.space_contract import SpaceContract

SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "regnety_inverted": ("regnet", {"squeeze_excite": True, "bottlenecks": (0.5, 1, 2), "stem": "conv3x3_stride2"}),
    "regnet_in_a_range": ("regnet", {"min_macs_m": 2, "max_macs_m": 30, "reference_side": 32}),
    "anynet_e_se": (
        "anynet",
        {
            "squeeze_excite": True,
            "shares_bottleneck": True,
            "shares_groups": True,
            "widths_never_fall": True,
            "depths_never_fall": True,
        },
    ),
    "anynet_counted_groups": ("anynet", {"groups_are": "counts", "stem": "conv7x7_stride2_pool", "num_widths": 4}),
    "anynet_vanilla": ("anynet", {"block": "vanilla"}),
    "wiring_mixed": ("random_wiring", {"generator": "mixed", "nodes": 9, "stem": "stride2_twice"}),
    "connections_on_images": ("connections", {"substrate": "image", "nodes": 8, "searches_operations": True}),
    "connections_with_operations": ("connections", {"searches_operations": True, "generator": "mixed"}),
    "wiring_pools": ("random_wiring", {"generator": "ba", "ba_m": 2, "node_operation": "max_pool_3x3"}),
}


@pytest.mark.parametrize("setting", SETTINGS)
class TestSettings(SpaceContract):
    @pytest.fixture
    def space(self, setting: str) -> Space:
        name, config = SETTINGS[setting]
        kind = spaces.get(name)
        return kind(kind.Config.parse(config))
