"""The network that was found for one device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from nas.strategies.once_for_all_config import Target
from nas.strategies.specialise import Specialised


@dataclass(frozen=True, slots=True)
class SpecialisedFor:
    """`found` is None where nothing keeps to the limits; `reason` then says why."""

    target: Target
    found: Specialised | None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        found = self.found
        network = None
        if found is not None:
            network = [list(found.setting), found.predicted, found.price, list(found.bests)]
        return {"target": self.target.as_json(), "found": network, "reason": self.reason}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        found = None
        if value["found"] is not None:
            setting, predicted, price, bests = value["found"]
            found = Specialised(tuple(setting), float(predicted), float(price), tuple(bests))
        return cls(Target.parse(value["target"]), found, str(value["reason"]))
