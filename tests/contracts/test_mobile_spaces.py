"""The contract of spaces for settings of the mobile family that the defaults do not show."""

from __future__ import annotations

import pytest

from nas.core.space import Space
from nas.registry import spaces
from tests.contracts.space_contract import SpaceContract

SETTINGS = (
    ("mobile", "proxyless_mini"),
    ("mobile", "ofa_mini"),
    ("mnasnet", "cifar"),
    ("efficientnet", "cifar"),
)


@pytest.mark.parametrize(("name", "preset"), SETTINGS, ids=[f"{name}-{preset}" for name, preset in SETTINGS])
class TestSettings(SpaceContract):
    @pytest.fixture
    def space(self, name: str, preset: str) -> Space:
        kind = spaces.get(name)
        return kind(kind.Config.parse(kind.Config.presets[preset]))
