"""A cell whose operations sit on its edges."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from nas.operations.catalogue import OPERATIONS


class EdgeCell(nn.Module):
    """A directed acyclic graph; a node is the sum of its incoming edges, the last node is the output.

    Every edge is computed, also one that reaches no output: what is counted is what runs, as in the benchmark.
    """

    def __init__(self, edges: Sequence[tuple[int, int]], operations: Sequence[str], channels: int) -> None:
        """`edges`: (source, target) sorted by target; node 0 is the input."""
        super().__init__()
        self.edges = tuple(edges)
        self.operations = nn.ModuleList(OPERATIONS[name].build(channels) for name in operations)

    def forward(self, x: Tensor) -> Tensor:
        values: dict[int, Tensor] = {0: x}
        for (source, target), operation in zip(self.edges, self.operations, strict=True):
            out = operation(values[source])
            values[target] = values[target] + out if target in values else out
        return values[max(values)]
