"""One step of a long short-term memory and its exact gradient. Hochreiter and Schmidhuber 1997; gates as in torch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class LstmTape(NamedTuple):
    """What the gradient of one step needs. All (num_rows, units) but `inputs`, (num_rows, num_inputs + units)."""

    inputs: Array
    cell_before: Array
    input_gate: Array
    forget_gate: Array
    candidate: Array
    output_gate: Array
    squashed_cell: Array


def lstm_step(weight: Array, bias: Array, x: Array, hidden: Array, cell: Array) -> tuple[Array, Array, LstmTape]:
    """(hidden, cell) after `x`.

    Args:
      weight: (4·units, num_inputs + units), the rows of the input gate, forget gate, candidate, output gate.
      bias: (4·units,).
      x: (num_rows, num_inputs).
      hidden, cell: (num_rows, units), of the step before.
    """
    units = hidden.shape[1]
    inputs = np.concatenate([x, hidden], axis=1)
    sums = inputs @ weight.T
    sums += bias
    candidate = np.tanh(sums[:, 2 * units : 3 * units])
    gates = 0.5 + 0.5 * np.tanh(0.5 * sums)  # the logistic function without overflow
    input_gate, forget_gate, output_gate = gates[:, :units], gates[:, units : 2 * units], gates[:, 3 * units :]
    cell_after = forget_gate * cell + input_gate * candidate
    squashed = np.tanh(cell_after)
    tape = LstmTape(inputs, cell, input_gate, forget_gate, candidate, output_gate, squashed)
    return output_gate * squashed, cell_after, tape


def lstm_step_back(
    weight: Array, tape: LstmTape, d_hidden: Array, d_cell: Array, *, d_weight: Array, d_bias: Array
) -> tuple[Array, Array, Array]:
    """Gradients with respect to (x, hidden, cell) of the step before; those of weight and bias are added in place."""
    units = d_hidden.shape[1]
    d_cell = d_cell + d_hidden * tape.output_gate * (1 - tape.squashed_cell**2)
    d_sums = np.concatenate(
        [
            d_cell * tape.candidate * tape.input_gate * (1 - tape.input_gate),
            d_cell * tape.cell_before * tape.forget_gate * (1 - tape.forget_gate),
            d_cell * tape.input_gate * (1 - tape.candidate**2),
            d_hidden * tape.squashed_cell * tape.output_gate * (1 - tape.output_gate),
        ],
        axis=1,
    )
    d_weight += d_sums.T @ tape.inputs
    d_bias += d_sums.sum(axis=0)
    d_inputs = d_sums @ weight
    return d_inputs[:, :-units], d_inputs[:, -units:], d_cell * tape.forget_gate
