"""A candidate of a population as the network it is by itself."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nas.connections.form import Form, Weights, operations_of
from nas.connections.variation import Wires, active_nodes
from nas.spaces.connections import Connections


def network_of(space: Connections, form: Form, wires: Wires, weights: Weights, row: int) -> nn.Module:
    """Built by the space, with the weights that the candidate at `row` has."""
    genotype: dict[str, Any] = {"edges": [list(edge) for edge in sorted(wires.edges)]}
    if wires.operations is not None:
        genotype["operations"] = list(wires.operations)
    network = space.build(genotype, form.input_shape, form.num_outputs)
    state = network.state_dict()
    is_image = form.substrate == "image"
    stem = "conv" if is_image else "linear"
    given = {f"stem.{stem}.weight": weights[f"stem.{stem}"][row]}
    given |= {f"stem.bn.{name}": weights[f"stem.bn.{name}"][row] for name in _NORM}
    given |= {f"head.linear.{name}": weights[f"head.{name}"][row] for name in ("weight", "bias")}
    for number in range(1, len(form.widths) + 1):
        for node in active_nodes(wires.edges):
            here, operation = f"stage{number}.node{node}", operations_of(form, wires)[node]
            sources = sorted(source for source, target in wires.edges if target == node)
            given |= {f"{here}.bn.{name}": weights[f"stage{number}.bn.{name}"][row, node] for name in _NORM}
            if len(sources) > 1:
                given[f"{here}.weighted_sum.logits"] = weights[f"stage{number}.logits"][row, node, sources]
            place = ("inner." if sources else "entry.") if is_image else ""
            maps = [
                weights[f"stage{number}.{operation}.{place}{name}"][row, node]
                for name in ("full", "deep", "point", "first", "second")
                if f"stage{number}.{operation}.{place}{name}" in weights
            ]
            kind = "conv" if is_image else "linear"
            for name, tensor in zip((kind, f"{kind}2"), maps, strict=False):
                given[f"{here}.{name}.weight"] = tensor
    missing = {name for name in state if "tracked" not in name} - set(given)
    assert not missing, missing
    with torch.no_grad():
        for name, tensor in given.items():
            state[name].copy_(tensor)
    return network


_NORM = ("weight", "bias", "running_mean", "running_var")
