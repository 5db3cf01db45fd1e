"""A layer of long short-term memory and its exact gradient. Hochreiter and Schmidhuber 1997; gates as in torch.

What does not have to wait for the step before (inputs, gradients of weights) is computed for all steps of a sequence at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class LstmTape(NamedTuple):
    """What the gradient of a sequence needs.

    Attributes:
      inputs: (num_steps, num_rows, num_inputs).
      gates: (num_steps, num_rows, 4, units): input gate, forget gate, candidate, output gate.
      hidden, cells: (num_steps + 1, num_rows, units), blank before the first step.
      squashed: (num_steps, num_rows, units), tanh of the cells after each step.
    """

    inputs: Array
    gates: Array
    hidden: Array
    cells: Array
    squashed: Array


class LstmLayer:
    """Weights, laid out for its steps.

    Args:
      weight: (4·units, num_inputs + units), the rows of the input gate, forget gate, candidate, output gate.
      bias: (4·units,).
    """

    def __init__(self, weight: Array, bias: Array) -> None:
        self.units = units = len(bias) // 4
        self._weight = weight
        self._scale = np.full(4 * units, 0.5)
        self._scale[2 * units : 3 * units] = 1.0
        self._offset = 1.0 - self._scale
        scaled = weight.T * self._scale
        self._from_input, self._from_hidden, self._bias = scaled[:-units], scaled[-units:], bias * self._scale

    def sums(self, inputs: Array) -> Array:
        """(num, 4·units) of inputs (num, num_inputs): what `step` takes."""
        sums: Array = inputs @ self._from_input
        sums += self._bias
        return sums

    def step(self, sums: Array, hidden: Array, cell: Array) -> tuple[Array, Array]:
        """(hidden, cell), each (num_rows, units), after an input with these `sums`, which turn into the gates."""
        units = self.units
        sums += hidden @ self._from_hidden
        np.tanh(sums, out=sums)
        sums *= self._scale  # a gate is 0.5 + 0.5·tanh(0.5·sum), the logistic function without overflow
        sums += self._offset
        after: Array = sums[:, units : 2 * units] * cell
        after += sums[:, :units] * sums[:, 2 * units : 3 * units]
        return sums[:, 3 * units :] * np.tanh(after), after

    def read(self, inputs: Array) -> LstmTape:
        """Reads whole sequences side by side from the blank state; `inputs` as in `LstmTape`."""
        num_steps, num_rows, num_inputs = inputs.shape
        sums = self.sums(inputs.reshape(-1, num_inputs)).reshape(num_steps, num_rows, 4 * self.units)
        hidden, cells = np.zeros((2, num_steps + 1, num_rows, self.units))
        for place in range(num_steps):
            hidden[place + 1], cells[place + 1] = self.step(sums[place], hidden[place], cells[place])
        gates = sums.reshape(num_steps, num_rows, 4, self.units)
        return LstmTape(inputs, gates, hidden, cells, np.tanh(cells[1:]))

    def back(self, tape: LstmTape, d_hidden: Array) -> tuple[Array, Array, Array]:
        """Gradients with respect to (inputs, weight, bias), where those with respect to the hidden states after each step are
        `d_hidden` (num_steps, num_rows, units)."""
        num_steps, num_rows, units = d_hidden.shape
        input_gate, forget_gate, candidate, output_gate = np.moveaxis(tape.gates, 2, 0)
        to_cell = output_gate * (1 - tape.squashed**2)
        # Of the sums, by how much a gradient of the cell (the first three) or of the hidden state (the last) reaches them.
        d_sums = tape.gates * (1 - tape.gates)
        d_sums[:, :, 0] *= candidate
        d_sums[:, :, 1] *= tape.cells[:-1]
        d_sums[:, :, 2] = input_gate * (1 - candidate**2)
        d_sums[:, :, 3] *= tape.squashed
        from_hidden = self._weight[:, -units:]
        d_from_after, d_cell = np.zeros((2, num_rows, units))
        for place in reversed(range(num_steps)):
            d_from_after += d_hidden[place]
            d_cell += d_from_after * to_cell[place]
            d_sums[place, :, :3] *= d_cell[:, None]
            d_sums[place, :, 3] *= d_from_after
            d_from_after = d_sums[place].reshape(num_rows, -1) @ from_hidden
            d_cell *= forget_gate[place]
        flat = d_sums.reshape(num_steps * num_rows, -1)
        read = np.concatenate([tape.inputs, tape.hidden[:-1]], axis=2).reshape(num_steps * num_rows, -1)
        d_inputs = (flat @ self._weight[:, :-units]).reshape(tape.inputs.shape)
        return d_inputs, flat.T @ read, flat.sum(axis=0)
