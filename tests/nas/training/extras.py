"""A tiny network with everything that works in training only: drop paths of each schedule and an auxiliary head."""

from __future__ import annotations

from nas.blueprint.draft import Draft
from nas.modules.blueprint_network import BlueprintNetwork
from nas.operations.convolutions import conv_bn, relu_conv_bn
from nas.operations.heads import mean_linear_head
from nas.operations.primitives.dropping import DropPath
from nas.operations.primitives.merging import Add

SCHEDULES = ("constant", "epochs", "steps")


def tiny_network_with_extras(*, probability: float = 0.5, auxiliary: bool = True) -> BlueprintNetwork:
    draft = Draft((1, 8, 8))
    x = conv_bn(draft, draft.inputs[0], 6, 3)
    for schedule in SCHEDULES:
        with draft.group(schedule):
            more = relu_conv_bn(draft, x, 6, 3)
            x = draft.apply(Add(), x, draft.apply(DropPath(probability, schedule), more))
    extra = None
    if auxiliary:
        with draft.auxiliary():
            extra = mean_linear_head(draft, x, 3)
    return BlueprintNetwork(draft.finish(mean_linear_head(draft, x, 3), auxiliary=extra))
