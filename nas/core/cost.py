"""What an architecture costs, in closed form."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Costs of one forward pass of one example.

    Attributes:
      params: trainable parameters; batch-norm scale and shift counted (2 per channel), running statistics not.
      macs: multiply-accumulates of convolutions and linear layers, bias additions included.
      bias_adds: the share of `macs` that is bias additions; `macs - bias_adds` equals half of torch's FLOP counter.
      activations: output elements of convolutions, linear layers and windowed pools (RegNet, section 4).
      peak_memory_bytes: largest sum of live activation tensors, float32, in the given order of execution.
      weight_bytes: parameters and running statistics as float32.
    """

    params: int
    macs: int
    bias_adds: int
    activations: int
    peak_memory_bytes: int
    weight_bytes: int

    def as_metrics(self) -> dict[str, float]:
        """The costs that are metrics, by metric name."""
        return {
            "params": self.params,
            "macs": self.macs,
            "activations": self.activations,
            "peak_memory_bytes": self.peak_memory_bytes,
        }

    def as_json(self) -> dict[str, int]:
        return asdict(self)
