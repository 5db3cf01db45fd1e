"""What all candidates of a population share, and the tensors that hold the weights of all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from nas.connections.variation import Wires, active_nodes
from nas.core.graph import Shape
from nas.operations.connected_node import Substrate, inner_width

Weights = dict[str, Tensor]
"""By name, (num_candidates, …); of nodes (num_candidates, num_nodes, …)."""

STAGE = "stage"


class Tensors(NamedTuple):
    """Shape of one candidate's tensor, and how it begins: uniform within ±1/√fan_in (as torch's layers do), else `fill`."""

    shape: tuple[int, ...]
    fan_in: int = 0
    fill: float = 0.0


@dataclass(frozen=True, slots=True)
class Form:
    """`widths` of the stages, `operations` that nodes may have (the first is the usual one)."""

    substrate: Substrate
    num_nodes: int
    widths: tuple[int, ...]
    operations: tuple[str, ...]
    input_shape: Shape
    num_outputs: int

    def tensors(self) -> dict[str, Tensors]:
        """All weights and running statistics of a candidate, in a fixed order."""
        width, channels = self.widths[0], self.input_shape[0]
        if self.substrate == "vector":
            features, stem = prod(self.input_shape), width
            found = {"stem.linear": Tensors((stem, features), features)}
        else:
            stem = width // 2
            found = {"stem.conv": Tensors((stem, channels, 3, 3), 9 * channels)}
        found |= _norm("stem", (stem,))
        c_in = stem
        for number, c in enumerate(self.widths, start=1):
            stage = f"{STAGE}{number}"
            found[f"{stage}.logits"] = Tensors((self.num_nodes, self.num_nodes))
            found |= _norm(stage, (self.num_nodes, c))
            for operation in self.operations:
                for name, shape, fan_in in self._maps(operation, c_in, c):
                    found[f"{stage}.{operation}.{name}"] = Tensors((self.num_nodes, *shape), fan_in)
            c_in = c
        return found | {
            "head.weight": Tensors((self.num_outputs, c_in), c_in),
            "head.bias": Tensors((self.num_outputs,), c_in),
        }

    def _maps(self, operation: str, c_in: int, c: int) -> list[tuple[str, tuple[int, ...], int]]:
        """(name, shape, fan in) of a node's linear maps; on images those of nodes that read the stage's input apart."""
        if self.substrate == "vector":
            inner = inner_width(operation, c)
            if not inner:
                return [("first", (c, c), c)]
            return [("first", (inner, c), c), ("second", (c, inner), inner)]
        found: list[tuple[str, tuple[int, ...], int]] = []
        for place, read in (("entry", c_in), ("inner", c)):
            if operation == "conv_3x3":
                found.append((f"{place}.full", (c, read, 3, 3), 9 * read))
                continue
            if operation == "sep_conv_3x3":
                found.append((f"{place}.deep", (read, 1, 3, 3), 9))
            found.append((f"{place}.point", (c, read, 1, 1), read))
        return found

    def fresh(self, num: int, generator: torch.Generator) -> Weights:
        """Weights of `num` candidates that were never trained, on the CPU."""
        weights: Weights = {}
        for name, (shape, fan_in, fill) in self.tensors().items():
            if fan_in:
                drawn = torch.rand((num, *shape), generator=generator)
                weights[name] = (2 * drawn - 1) / sqrt(fan_in)
            else:
                weights[name] = torch.full((num, *shape), fill)
        return weights


def is_statistic(name: str) -> bool:
    return name.endswith(("running_mean", "running_var"))


def inherited(
    form: Form, fresh: Weights, parents: Weights, rows: Sequence[int], kin: Sequence[tuple[Wires, Wires]]
) -> Weights:
    """Weights of children: the parent's at `rows`, in place of `fresh` ones wherever they mean the same.

    Weights belong to nodes, so a change of edges leaves them as they are. A node begins anew when the parent did not have it
    or it did something else there; on images also when it now reads the stage's input, or no longer does. New edges have a
    weight of one half.

    `kin`: (parent, child) of each row.
    """
    begins_anew = torch.tensor([_changed_nodes(form, parent, child) for parent, child in kin])
    kept = torch.zeros(len(kin), form.num_nodes, form.num_nodes)
    for place, (parent, child) in enumerate(kin):
        for source, target in parent.edges & child.edges:
            kept[place, target, source] = 1
    found: Weights = {}
    for name, new in fresh.items():
        old = parents[name][list(rows)]
        if not name.startswith(STAGE):
            found[name] = old
        elif name.endswith(".logits"):
            found[name] = old * kept
        else:
            found[name] = torch.where(begins_anew.view(*begins_anew.shape, *(1,) * (new.dim() - 2)), new, old)
    return found


def _changed_nodes(form: Form, parent: Wires, child: Wires) -> list[bool]:
    return [a != b for a, b in zip(_roles(form, parent), _roles(form, child), strict=True)]


def _roles(form: Form, wires: Wires) -> list[tuple[str, str] | None]:
    """What each node does and where it reads; None for a node without edges, equal only to the same."""
    active, targets = set(active_nodes(wires.edges)), {target for _, target in wires.edges}
    is_image = form.substrate == "image"
    return [
        (operations_of(form, wires)[node], "entry" if is_image and node not in targets else "")
        if node in active
        else None
        for node in range(form.num_nodes)
    ]


def operations_of(form: Form, wires: Wires) -> tuple[str, ...]:
    """Of all nodes."""
    return wires.operations if wires.operations is not None else form.operations[:1] * form.num_nodes


def _norm(prefix: str, shape: tuple[int, ...]) -> dict[str, Tensors]:
    return {
        f"{prefix}.bn.weight": Tensors(shape, fill=1.0),
        f"{prefix}.bn.bias": Tensors(shape),
        f"{prefix}.bn.running_mean": Tensors(shape),
        f"{prefix}.bn.running_var": Tensors(shape, fill=1.0),
    }
