"""Which lengths of paths carry the gradient: the derivative of outputs by inputs, taken apart by the length of the way."""

from __future__ import annotations

import torch
from torch import Tensor

from nas.wann.diagnostics.gains import slope
from nas.wann.forward import Forward

_FLOATS_AT_ONCE = 8_000_000


def jacobian_by_length(wiring: Forward, weights: Tensor, inputs: Tensor) -> Tensor:
    """(lengths, N, O, I): entry [l] is what ways of l connections contribute; their sum is the Jacobian.

    Args:
      weights: (E,); inputs: (N, I), both of one precision.
    """
    topology = wiring.topology
    slopes: list[Tensor] = []

    def observe(kind: int, _first: int, z: Tensor) -> Tensor:
        slopes.append(slope(kind, z)[0])
        return z

    first_hidden_column = 1 + topology.num_inputs
    with torch.no_grad():
        wiring.values(inputs, weights[None], observe=observe)
        matrix = wiring.matrix(weights[None])[0]
        num_lengths = topology.num_levels + 2
        # Per node, after that many connections: (nodes, lengths, N, I).
        reached = inputs.new_zeros((topology.num_hidden, num_lengths, *inputs.shape))
        slope_of = torch.cat(slopes) if slopes else inputs.new_zeros((0, len(inputs)))

        def arriving(first: int, last: int, below: int) -> Tensor:
            found = inputs.new_zeros((last - first, num_lengths, *inputs.shape))
            found[:, 1] = matrix[first:last, 1:first_hidden_column][:, None, :]
            weight = matrix[first:last, first_hidden_column : first_hidden_column + below]
            found[:, 1:] += torch.einsum("rh,hlni->rlni", weight, reached[:below, :-1])
            return found

        for first, last in topology.level_bounds():
            reached[first:last] = arriving(first, last, first) * slope_of[first:last, None, :, None]
        outputs = arriving(topology.num_hidden, topology.num_rows, topology.num_hidden)
    return outputs.permute(1, 2, 0, 3)


def gradient_by_length(wiring: Forward, weights: Tensor, inputs: Tensor) -> list[float]:
    """Per length of ways the norm of its share of the Jacobian, mean over the examples."""
    topology = wiring.topology
    per_example = (topology.num_rows + topology.num_outputs) * (topology.num_levels + 2) * topology.num_inputs
    at_once = max(1, _FLOATS_AT_ONCE // per_example)
    total = torch.zeros(topology.num_levels + 2, dtype=torch.float64)
    for first in range(0, len(inputs), at_once):
        parts = jacobian_by_length(wiring, weights, inputs[first : first + at_once])
        total += parts.flatten(2).norm(dim=2).sum(dim=1).double().cpu()
    return (total / len(inputs)).nan_to_num().tolist()
