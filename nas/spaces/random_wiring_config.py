"""What can be chosen about randomly wired networks, and the published settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from nas.core.config import setting
from nas.operations.wired_node import NodeOperation, WiredStem
from nas.spaces.start_wiring import StartWiring

_REGULAR: dict[str, Any] = {
    "stages": 4,
    "nodes": 32,
    "first_stage_nodes": 16,
    "stem": "stride2",
    "head_width": 1280,
}


class RandomWiringConfig(StartWiring):
    """By default a network for small images, wired as the paper found best: WS(4, 0.75)."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar": {"stages": 3, "nodes": 16, "channels": 32, "head_width": 256},
        "imagenet_small": {"stages": 3, "nodes": 32, "channels": 78, "stem": "stride2_twice", "head_width": 1280},
        "imagenet_regular_109": {**_REGULAR, "channels": 109},
        "imagenet_regular_154": {**_REGULAR, "channels": 154},
    }

    stages: int = setting(
        2,
        title="Wired stages",
        description="Each halves the sides and doubles the channels.",
        unit="stages",
        ge=1,
        le=5,
    )
    nodes: int = setting(8, title="Nodes per stage", description="Nodes of each graph.", unit="nodes", ge=4, le=64)
    first_stage_nodes: int = setting(
        0,
        title="Nodes of the first stage",
        description="0 for as many as in the others.",
        unit="nodes",
        advanced=True,
        ge=0,
        le=64,
    )
    channels: int = setting(
        16, title="Channels", description="Channels of the first wired stage.", unit="channels", ge=4, le=512
    )
    node_operation: NodeOperation = setting(
        "sep_conv_3x3",
        title="Node operation",
        description="What a node does with its weighted sum, between ReLU and batch norm; pools are followed by a 1×1 convolution.",
        advanced=True,
    )
    stem: WiredStem = setting(
        "plain",
        title="Stem",
        description="3×3 convolution with stride 1 or 2 to half the channels; twice: a second one to all channels.",
        advanced=True,
    )
    head_width: int = setting(
        64,
        title="Head width",
        description="Channels of the 1×1 convolution before the mean; 0 for none.",
        unit="channels",
        advanced=True,
        ge=0,
        le=4096,
    )
    dropout: float = setting(
        0.0, title="Dropout", description="Before the linear layer, in training.", advanced=True, ge=0, lt=1
    )

    @model_validator(mode="after")
    def _graphs_are_large_enough(self) -> RandomWiringConfig:
        if 0 < self.first_stage_nodes < 4:
            raise ValueError(f"a graph has at least 4 nodes, the first stage has {self.first_stage_nodes}")
        self.check_generator(min(self.num_nodes))
        return self

    @property
    def num_nodes(self) -> tuple[int, ...]:
        """Of each stage."""
        return (self.first_stage_nodes or self.nodes, *(self.stages - 1) * (self.nodes,))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage."""
        return tuple(self.channels << stage for stage in range(self.stages))
