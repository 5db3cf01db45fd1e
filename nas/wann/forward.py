"""One topology computed level by level in torch, for one vector of weights or for many at once."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from nas.wann.topology import Topology

Observer = Callable[[int, int, Tensor], Tensor]
"""Called with an activation id, the first row of a run of equal activations and its sums z (K, rows, N); returns the z to use."""


def _step(z: Tensor) -> Tensor:
    return (z > 0).to(z.dtype)


def _step_straight_through(z: Tensor) -> Tensor:
    """A step forwards; backwards the slope of the logistic function of 4 z."""
    soft = torch.sigmoid(4 * z)
    return _step(z) + (soft - soft.detach())


FUNCTIONS: dict[int, Callable[[Tensor], Tensor]] = {
    1: lambda z: z,
    2: _step,
    3: lambda z: torch.sin(math.pi * z),
    4: lambda z: torch.exp(-z * z / 2),
    5: torch.tanh,
    6: torch.sigmoid,
    7: torch.neg,
    8: torch.abs,
    9: torch.relu,
    10: lambda z: torch.cos(math.pi * z),
    11: torch.square,
}
"""By the ids of `nas.wann.activations`. A step has no slope anywhere."""


class Forward(nn.Module):
    """A topology without weights of its own.

    Sums over connections are products of dense matrices with a 0 where there is none: the widest of these networks have some
    hundred nodes, where dense products are quicker than sparse ones.
    """

    places: Tensor

    def __init__(self, topology: Topology, *, straight_through: bool = False) -> None:
        super().__init__()
        self.topology = topology
        self.num_columns = 1 + topology.num_inputs + topology.num_hidden
        places = torch.from_numpy(topology.rows() * self.num_columns + topology.columns)
        self.register_buffer("places", places, persistent=False)
        self.functions = {**FUNCTIONS, 2: _step_straight_through} if straight_through else FUNCTIONS
        self.levels = [(first, last, topology.segments(first, last)) for first, last in topology.level_bounds()]

    @property
    def floats_per_vector(self) -> int:
        """Numbers that one vector of weights spreads over in the matrix."""
        return self.topology.num_rows * self.num_columns

    def forward(
        self,
        inputs: Tensor,
        weights: Tensor | None = None,
        shared: Tensor | None = None,
        observe: Observer | None = None,
    ) -> Tensor:
        """(K, N, O), not normalised.

        Args:
          inputs: (N, I).
          weights: (K, E) in the order of `topology.columns`; None where all are 1.
          shared: (K,) factors of all weights of a vector; with weights None the products over inputs are made only once.
        """
        return self.values(inputs, weights, shared, observe)[1].transpose(1, 2)

    def values(
        self,
        inputs: Tensor,
        weights: Tensor | None = None,
        shared: Tensor | None = None,
        observe: Observer | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Of the hidden rows (K, H, N) and of the outputs (K, O, N). Arguments as `forward`."""
        first_hidden_column = 1 + self.topology.num_inputs
        if weights is None:
            weights = inputs.new_ones((1, self.topology.num_connections))
        matrix = self.matrix(weights)
        given = torch.cat([torch.ones_like(inputs[:, :1]), inputs], dim=1).T  # (1 + I, N)
        sums = matrix[:, :, :first_hidden_column] @ given
        factor = None if shared is None else shared[:, None, None]
        done = inputs.new_zeros((len(sums), 0, len(inputs)))

        def weighed(first: int, last: int) -> Tensor:
            z = sums[:, first:last]
            if first:
                width = done.shape[1]
                z = z + matrix[:, first:last, first_hidden_column : first_hidden_column + width] @ done
            return z if factor is None else factor * z

        for first, last, segments in self.levels:
            z = weighed(first, last)
            parts = []
            for kind, a, b in segments:
                part = z[:, a - first : b - first]
                parts.append(self.functions[kind](part if observe is None else observe(kind, a, part)))
            level = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
            done = level if not first else torch.cat([done, level], dim=1)
        return done, weighed(self.topology.num_hidden, self.topology.num_rows)

    def matrix(self, weights: Tensor) -> Tensor:
        """(K, H + O, 1 + I + H) from (K, E)."""
        empty = weights.new_zeros((len(weights), self.floats_per_vector))
        return empty.index_copy(1, self.places, weights).view(len(weights), self.topology.num_rows, self.num_columns)
