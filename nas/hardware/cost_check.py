"""The costs of a network counted on the network itself: the check of every closed form.

The network is built on the meta device, so no memory is touched and recurrent layers decompose into what can be counted.
Torch's formulas count forward only (that of grouped convolutions backward is too large) and two operations per
multiply-accumulate; they know neither biases nor activations, which are read from the same operators here. Its own
`FlopCounterMode` would keep a tally for each module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from nas.blueprint.blueprint import AUXILIARY
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.hardware.memory_trace import ActivationTrace

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Counted:
    """What one forward pass of one example was seen to cost; the fields mean what they mean in `Cost`.

    `peak_memory_bytes` is None when the output does not depend on the input; then it is not compared. Of a network that says
    `multiplies_zeros` (single connections, computed as products of matrices with zeros between them) only its weights are
    counted: what torch multiplies is not what the connections cost.
    """

    params: int
    macs: int | None
    bias_adds: int | None
    activations: int | None
    peak_memory_bytes: int | None
    weight_bytes: int

    def differences(self, cost: Cost) -> dict[str, tuple[int, int | None]]:
        """Where a closed form and the count disagree: field → (closed form, counted). Empty when all is well."""
        pairs = {name: (getattr(cost, name), getattr(self, name)) for name in self.__slots__}
        return {name: pair for name, pair in pairs.items() if pair[1] is not None and pair[0] != pair[1]}


def counted(build: Callable[[], nn.Module], input_shape: Shape) -> Counted:
    """Build on the meta device, run one example of `input_shape` (without batch axis) and count.

    A submodule `auxiliary`, which works in training only, is left out.

    `build` must compute its structure with Python numbers: a tensor read back to Python does not exist on that device.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    aten = torch.ops.aten
    products = {aten.convolution, aten.addmm, aten.mm, aten.bmm, aten.baddbmm}
    windowed_pools = {aten.avg_pool1d, aten.avg_pool2d, aten.max_pool2d_with_indices}
    bias_argument = {aten.convolution: 2, aten.addmm: 0, aten.baddbmm: 0}

    class Reader(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch does not annotate it
        activations = 0
        bias_adds = 0
        flops = 0

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            """Nothing is compiled here, so no call has to be hidden from torch's compiler, which takes time."""
            return False

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            given = kwargs or {}
            result = func(*args, **given)
            packet = func.overloadpacket
            if packet in flop_registry:
                self.flops += flop_registry[packet](*args, **given, out_val=result)
            if packet in products or packet in windowed_pools:
                output = result[0] if isinstance(result, tuple) else result
                self.activations += prod(output.shape)
                place = bias_argument.get(packet)
                if place is not None and args[place] is not None:
                    self.bias_adds += prod(output.shape)
            trace.note(func, (args, kwargs), result)
            return result

    with torch.device("meta"):
        network = build().eval()
        example = torch.empty(1, *input_shape)
    params = sum(p.numel() for name, p in network.named_parameters() if _runs_always(name))
    statistics = sum(b.numel() for name, b in network.named_buffers() if b.is_floating_point() and _runs_always(name))
    weight_bytes = BYTES_PER_ELEMENT * (params + statistics)
    if getattr(network, "multiplies_zeros", False):
        return Counted(params, None, None, None, None, weight_bytes)
    trace = ActivationTrace(example)
    with torch.no_grad(), Reader() as reader:  # type: ignore[no-untyped-call]
        output = network(example)
    return Counted(
        params=params,
        macs=reader.flops // 2 + reader.bias_adds,
        bias_adds=reader.bias_adds,
        activations=reader.activations,
        peak_memory_bytes=trace.peak_bytes(output),
        weight_bytes=weight_bytes,
    )


def _runs_always(name: str) -> bool:
    return name.split(".", 1)[0] != AUXILIARY[0]
