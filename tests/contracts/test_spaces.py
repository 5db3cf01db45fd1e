"""Every registered space keeps the contract, as it comes and as small as its configuration allows."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from nas.core.config import Config
from nas.core.errors import InvalidConfig
from nas.core.space import Space
from nas.registry import spaces
from tests.contracts.space_contract import SpaceContract


def smallest(config: type[Config]) -> dict[str, Any]:
    """Each whole number at its lower bound, where the configuration still allows it."""
    values: dict[str, Any] = {}
    for name, field in config.model_fields.items():
        bounds = [item.ge for item in field.metadata if getattr(item, "ge", None) is not None]
        if field.annotation is int and bounds:
            try:
                config.parse({**values, name: bounds[0]})
            except InvalidConfig:
                continue
            values[name] = bounds[0]
    return values


@pytest.mark.parametrize("size", ["default", "smallest"])
@pytest.mark.parametrize("name", spaces.names())
class TestSpaces(SpaceContract):
    @pytest.fixture
    def space(self, name: str, size: str) -> Space:
        cls = spaces.get(name)
        return cls(cls.Config.parse(smallest(cls.Config) if size == "smallest" else {}))


@pytest.mark.parametrize("name", spaces.names())
def test_another_configuration_is_another_space(name: str) -> None:
    from nas.core.space import space_fingerprint

    cls = spaces.get(name)
    small = smallest(cls.Config)
    if not small:
        pytest.skip("nothing can be chosen")
    assert space_fingerprint(cls(cls.Config.parse(small))) != space_fingerprint(cls(cls.Config.parse({})))


def test_the_rooms_that_pages_use_import_no_torch() -> None:
    rooms = ["nas.operations.catalogue", "nas.hardware.cost_check", "nas.drawing.svg"]
    rooms += [f"nas.analysis.{name}" for name in ("pareto", "hypervolume", "edf", "statistics")]
    code = f"import sys, {', '.join(rooms)}\nfrom nas.registry import spaces\nspaces.check()\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
