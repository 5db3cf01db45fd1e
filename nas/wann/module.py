"""A weight agnostic network in PyTorch: one weight for all connections, or one for each, trained by gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from nas.core.errors import InvalidGenotype
from nas.wann.forward import Forward
from nas.wann.matrix import MatrixForWANN
from nas.wann.topology import Topology

Mode = Literal["shared", "individual", "offset"]


class WANNFCN(nn.Module):
    """(N, …) with I values per example → (N, O).

    Weights are held in the order of `topology.columns`. `shared`: one parameter. `individual`: one per connection. `offset`: one
    per connection, added to a shared value that stays: how the published networks were fine-tuned.
    """

    shared_weight: Tensor
    multiplies_zeros: ClassVar[bool] = True  # where there is no connection (nas/hardware/cost_check.py)

    def __init__(
        self,
        mat_wann: MatrixForWANN | Topology,
        activations: Sequence[Any] | None = None,
        *,
        has_bias: bool = False,
        mode: Mode = "shared",
        shared_weight: float = 1.0,
        weights: Any = None,
        straight_through: bool = False,
    ) -> None:
        """
        Args:
          activations: of each hidden node, by id or name; a topology brings its own.
          has_bias: whether the first input of the matrix is the constant 1, which callers then leave out.
          weights: where the weights (`individual`) or offsets (`offset`) start; None for the shared weight everywhere.
          straight_through: gives the step the slope of a logistic function in the backward pass. It has none of its own.

        Raises InvalidGenotype.
        """
        super().__init__()
        if isinstance(mat_wann, Topology):
            if activations is not None or has_bias:
                raise InvalidGenotype.at("activations", "a topology has its own activations and bias; leave them out")
            self.topology = mat_wann
        else:
            self.topology = mat_wann.topology([] if activations is None else activations, has_bias=has_bias)
        self.mode = mode
        self.wiring = Forward(self.topology, straight_through=straight_through)
        shared = torch.tensor(float(shared_weight))
        if mode == "shared":
            self._check(weights is None, "a shared weight has no weights of its own")
            self.shared_weight = nn.Parameter(shared)
            return
        num = self.topology.num_connections
        start = torch.full((num,), float(shared_weight) if mode == "individual" else 0.0)
        if weights is not None:
            start = torch.as_tensor(weights, dtype=torch.float32).clone()
            self._check(
                start.shape == (num,), f"there are {num} connections, got weights of shape {tuple(start.shape)}"
            )
            self._check(bool(start.isfinite().all()), "weights must be finite numbers")
        if mode == "individual":
            self.weights = nn.Parameter(start)
        else:
            self.register_buffer("shared_weight", shared)
            self.offsets = nn.Parameter(start)

    @staticmethod
    def _check(holds: bool, message: str) -> None:
        if not holds:
            raise InvalidGenotype.at("weights", message)

    def connection_weights(self) -> Tensor:
        """(E,) as they are now."""
        if self.mode == "shared":
            return self.shared_weight.expand(self.topology.num_connections)
        return self.weights if self.mode == "individual" else self.shared_weight + self.offsets

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.wiring(x.flatten(1), self.connection_weights()[None])[0]
        return outputs

    def shared_outputs(self, x: Tensor, shared_weights: Tensor) -> Tensor:
        """(W, N, O): with each of W weights in place of the network's own."""
        outputs: Tensor = self.wiring(x.flatten(1), shared=shared_weights)
        return outputs

    def trace(self, x: Tensor) -> dict[str, Tensor]:
        """What each node gives, (N,): "hidden_1" … in the order of the matrix, "output_1" …

        Hidden nodes that no output depends on are not computed.
        """
        hidden, outputs = self.wiring.values(x.flatten(1), self.connection_weights()[None])
        named = {f"hidden_{int(number) + 1}": hidden[0, row] for row, number in enumerate(self.topology.hidden)}
        named = dict(sorted(named.items(), key=lambda pair: int(pair[0].removeprefix("hidden_"))))
        return named | {f"output_{number + 1}": row for number, row in enumerate(outputs[0])}
