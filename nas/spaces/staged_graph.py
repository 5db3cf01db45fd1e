"""Networks of stages as a picture: a chain of blocks, framed by stage."""

from __future__ import annotations

from itertools import pairwise

from nas.blueprint.piece import piece
from nas.core.graph import Edge, Graph, Group, Node, Shape
from nas.operations.heads import mean_linear_head
from nas.spaces.images import require_image
from nas.spaces.staged_cost import priced_stage
from nas.spaces.staged_network import Stage, StagedNetwork, stem


def staged_graph(network: StagedNetwork, input_shape: Shape, num_classes: int, title: str) -> Graph:
    """One node per block, one group per stage; shapes and costs at each."""
    shape = require_image(input_shape)
    entrance = piece(stem, shape, network.stem, network.stem_width)
    nodes = [
        Node("image", "Image", "input", shape=shape),
        Node("stem", "Stem", "stem", shape=entrance.shape, params=entrance.params, macs=entrance.macs),
    ]
    groups = []
    shape = entrance.shape
    for number, stage in enumerate(network.stages, start=1):
        priced = priced_stage(network, stage, shape)
        shape = priced.shape
        groups.append(Group(f"stage{number}", f"Stage {number}: {_stage_text(network, stage)}"))
        for place in range(stage.depth):
            price = priced.first if place == 0 or priced.next is None else priced.next
            label = f"Block {place + 1}" + (f", stride {stage.stride}" if place == 0 and stage.stride > 1 else "")
            nodes.append(
                Node(
                    f"stage{number}.block{place + 1}",
                    label,
                    _operation(network),
                    f"stage{number}",
                    shape,
                    params=price.params,
                    macs=price.macs,
                )
            )
    exit_ = piece(mean_linear_head, shape, num_classes)
    nodes.append(Node("head", "Head", "head", shape=exit_.shape, params=exit_.params, macs=exit_.macs))
    nodes.append(Node("logits", "Classes", "output", shape=(num_classes,)))
    return Graph(
        nodes=tuple(nodes),
        edges=tuple(Edge(a.id, b.id) for a, b in pairwise(nodes)),
        groups=tuple(groups),
        title=title,
        inputs=("image",),
        outputs=("logits",),
    )


def _operation(network: StagedNetwork) -> str:
    if network.block == "bottleneck":
        return "bottleneck_se_3x3" if network.squeezes else "bottleneck_3x3"
    return "conv_block_3x3" if network.block == "vanilla" else "residual_conv_3x3"


def _stage_text(network: StagedNetwork, stage: Stage) -> str:
    if network.block == "bottleneck":
        return f"{stage.groups} {'group' if stage.groups == 1 else 'groups'} of {stage.inner // stage.groups}"
    return f"{stage.width} channels"
