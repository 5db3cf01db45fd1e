"""What a strategy can show of its inside on the live page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class View:
    """One picture. `kind` names a chart of apps/charts ("population", "heatmap", "table"); `data` is plain JSON columns."""

    name: str
    title: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "kind": self.kind, "data": dict(self.data)}
