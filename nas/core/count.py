"""What one operation adds to the costs of a network; sums over operations, peak memory is not among them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """Additive costs of one example.

    Attributes:
      params: trainable parameters (batch norm: scale and shift).
      macs: multiply-accumulates, bias additions included.
      bias_adds: the share of `macs` that is bias additions.
      activations: output elements of convolutions, linear layers and windowed pools.
      buffers: running statistics that are stored with the weights but not trained.
    """

    params: int = 0
    macs: int = 0
    bias_adds: int = 0
    activations: int = 0
    buffers: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.params + other.params,
            self.macs + other.macs,
            self.bias_adds + other.bias_adds,
            self.activations + other.activations,
            self.buffers + other.buffers,
        )

    def __mul__(self, times: int) -> Count:
        return Count(
            self.params * times,
            self.macs * times,
            self.bias_adds * times,
            self.activations * times,
            self.buffers * times,
        )


NOTHING = Count()
