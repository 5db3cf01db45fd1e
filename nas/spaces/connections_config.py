"""What can be chosen about networks whose connections are searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from nas.core.config import setting
from nas.operations.connected_node import OPERATIONS, Substrate
from nas.spaces.start_wiring import StartWiring


class ConnectionsConfig(StartWiring):
    """By default a network on vectors (images are flattened), small enough to train thirty at once."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "vector": {},
        "digits": {"substrate": "image", "nodes": 8, "width": 16, "stages": 2},
    }

    substrate: Substrate = setting(
        "vector",
        title="Nodes work on",
        description="Vectors (linear maps; images are flattened) or images (3×3 separable convolutions).",
    )
    nodes: int = setting(12, title="Nodes", description="Nodes of the graph.", unit="nodes", ge=4, le=64)
    width: int = setting(
        16,
        title="Width",
        description="Units of each node; on images channels of the first stage, which later stages double.",
        unit="channels",
        ge=4,
        le=512,
    )
    stages: int = setting(
        2,
        title="Stages",
        description="On images: how often the graph is repeated, each time at half the sides and with twice the channels.",
        unit="stages",
        ge=1,
        le=4,
    )
    searches_operations: bool = setting(
        False,
        title="Search operations",
        description="Nodes may do different things; off: all do what is usual on their substrate.",
    )
    crossover: Literal["uniform", "block"] = setting(
        "uniform",
        title="Crossover",
        description="Every connection from either parent, or blocks: what lies below a cut from one, above it from the other.",
        advanced=True,
    )

    @model_validator(mode="after")
    def _graphs_are_large_enough(self) -> ConnectionsConfig:
        self.check_generator(self.nodes)
        return self

    @property
    def operations(self) -> tuple[str, ...]:
        """What a node can do."""
        return OPERATIONS[self.substrate] if self.searches_operations else OPERATIONS[self.substrate][:1]

    @property
    def widths(self) -> tuple[int, ...]:
        """Of each stage."""
        return (self.width,) if self.substrate == "vector" else tuple(self.width << s for s in range(self.stages))
