"""A candidate of a population as the network that the space builds of it by itself."""

from __future__ import annotations

from torch import Tensor

from nas.connections.form import STAGE, Form, Weights, operations_of
from nas.connections.variation import Wires, active_nodes

_NORM = ("weight", "bias", "running_mean", "running_var")
_MAPS = ("full", "deep", "point", "first", "second")
"""Names of a node's linear maps in a population; by itself the first of them is the layer, the next one its second."""


def state_of(form: Form, wires: Wires, weights: Weights, row: int) -> dict[str, Tensor]:
    """The weights and running statistics that the candidate at `row` has, by their names in the network's state dict."""
    is_image = form.substrate == "image"
    layer = "conv" if is_image else "linear"
    found = {f"stem.{layer}.weight": weights[f"stem.{layer}"][row]}
    found |= {f"stem.bn.{name}": weights[f"stem.bn.{name}"][row] for name in _NORM}
    found |= {f"head.linear.{name}": weights[f"head.{name}"][row] for name in ("weight", "bias")}
    for number in range(1, len(form.widths) + 1):
        stage = f"{STAGE}{number}"
        for node in active_nodes(wires.edges):
            here, operation = f"{stage}.node{node}", operations_of(form, wires)[node]
            sources = sorted(source for source, target in wires.edges if target == node)
            found |= {f"{here}.bn.{name}": weights[f"{stage}.bn.{name}"][row, node] for name in _NORM}
            if len(sources) > 1:
                found[f"{here}.weighted_sum.logits"] = weights[f"{stage}.logits"][row, node, sources]
            reads = ("inner." if sources else "entry.") if is_image else ""
            keys = [f"{stage}.{operation}.{reads}{name}" for name in _MAPS]
            maps = [weights[key][row, node] for key in keys if key in weights]
            for name, tensor in zip((layer, f"{layer}2"), maps, strict=False):
                found[f"{here}.{name}.weight"] = tensor
    return found
