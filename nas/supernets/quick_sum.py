"""The weighted sum of all candidates with as little work as it allows. Equal to `WeightedSum` up to rounding.

Where the time of that sum goes, and what is done here instead:

* candidates of all places that read one value begin alike (ReLU; a pooling and its batch norm): what has no weights is computed
  once per value;
* most candidates end in a batch norm: their weight in the mixture is handed to it as its scale, so that neither multiplying
  nor the gradient of the weight (that of the scale) costs a pass over the map;
* depthwise convolutions run backward as fast as forward (`nas.supernets.depthwise`), maps are in channels-last order;
* candidates that give zeros are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.modules.blueprint_network import BlueprintNetwork, Call
from nas.supernets.depthwise import depthwise_conv, is_supported
from nas.supernets.network import Candidates, Supernet

_WITHOUT_WEIGHTS = (nn.ReLU, nn.MaxPool2d, nn.AvgPool2d)


@dataclass(frozen=True, slots=True)
class Program:
    """One candidate.

    Attributes:
      calls: in their order.
      names: for each call the name of what it computes from the candidate's input alone, None where weights take part.
      output: the value that leaves.
    """

    calls: tuple[Call[nn.Module], ...]
    names: tuple[str | None, ...]
    output: int


Programs = Mapping[Candidates, Sequence[Program]]


def programs_of(supernet: Supernet) -> Programs:
    """Of all candidates at all places; to be made once per network."""
    return {place: [_program(option) for option in place.options] for place in supernet.places}


def _program(option: nn.Module) -> Program:
    network = cast(BlueprintNetwork, option)
    names: dict[int, str | None] = {0: "x"}
    for number, module, reads, _ in network.calls:
        before = names[reads[0]]
        is_plain = isinstance(module, _WITHOUT_WEIGHTS) or (isinstance(module, nn.BatchNorm2d) and not module.affine)
        names[number] = f"{module!r} {before}" if before is not None and is_plain else None
    return Program(network.calls, tuple(names[call[0]] for call in network.calls), network.outputs[0])


class QuickSum:
    """`weights[row]`: (options,). For one forward pass: it keeps what was shared. Differentiable once."""

    def __init__(self, programs: Programs, weights: Sequence[Tensor]) -> None:
        self._programs = programs
        self._weights = [row.unbind() for row in weights]
        self._ordered: dict[
            int, tuple[Tensor, Tensor]
        ] = {}  # id of a value → itself, so that the id stays its; reordered
        self._shared: dict[tuple[int, str], tuple[Tensor, nn.Module]] = {}

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
        total: Tensor | None = None
        ordered = [self._channels_last(x) for x in inputs]
        for option, weight in enumerate(self._weights[place.row]):
            if not place.is_zero[option]:
                total = self._added(total, self._programs[place][option], ordered[place.reads[option]], weight)
        return place.apply_option(0, inputs) if total is None else total

    def _channels_last(self, x: Tensor) -> Tensor:
        if id(x) not in self._ordered:
            self._ordered[id(x)] = (x, x.contiguous(memory_format=torch.channels_last))
        return self._ordered[id(x)][1]

    def _added(self, total: Tensor | None, program: Program, x: Tensor, weight: Tensor) -> Tensor:
        """`total` + weight · candidate; `total` is overwritten."""
        values: dict[int, Tensor] = {0: x}
        for (number, module, reads, _), name in zip(program.calls, program.names, strict=True):
            if name is not None:
                values[number] = self._once(x, name, module, values[reads[0]])
            elif isinstance(module, nn.BatchNorm2d) and number == program.output:
                made = _scaled_norm(module, values[reads[0]], weight)
                return made if total is None else total.add_(made)
            elif isinstance(module, nn.Conv2d):
                values[number] = _conv(module, values[reads[0]])
            else:
                values[number] = module(*[values[read] for read in reads])
        made = values[program.output]
        return made * weight if total is None else total.addcmul_(made, weight)

    def _once(self, x: Tensor, name: str, module: nn.Module, value: Tensor) -> Tensor:
        is_norm = isinstance(module, nn.BatchNorm2d)
        if is_norm and not module.training:  # statistics of their own, which may differ
            return cast(Tensor, module(value))
        key = (id(x), name)
        if key not in self._shared:
            self._shared[key] = (module(value), module)
        elif is_norm and module.track_running_stats:
            with torch.no_grad():
                for own, first in zip(module.buffers(), self._shared[key][1].buffers(), strict=True):
                    own.copy_(first)
        return self._shared[key][0]


def _conv(module: nn.Conv2d, x: Tensor) -> Tensor:
    if module.bias is None and _is_quick(module, x):
        return depthwise_conv(x, module.weight, module.dilation[0])
    return cast(Tensor, module(x))


def _is_quick(module: nn.Conv2d, x: Tensor) -> bool:
    sides = (module.stride, module.padding, module.dilation)
    if any(isinstance(pair, str) or pair[0] != pair[1] for pair in sides):
        return False
    stride, padding, dilation = (cast(int, pair[0]) for pair in sides)
    return is_supported(x, module.weight, stride=stride, padding=padding, dilation=dilation, groups=module.groups)


def _scaled_norm(module: nn.BatchNorm2d, x: Tensor, weight: Tensor) -> Tensor:
    """weight · batch norm."""
    # The kernels read the scale as it lies in memory, so it must not be a view of one number.
    scale = weight.expand(module.num_features).contiguous() if module.weight is None else weight * module.weight
    shift = None if module.bias is None else weight * module.bias
    learns = module.training and module.track_running_stats
    momentum = module.momentum
    if learns and module.num_batches_tracked is not None:
        module.num_batches_tracked.add_(1)
        if momentum is None:  # the plain mean over batches
            momentum = 1 / float(module.num_batches_tracked)
    return functional.batch_norm(
        x,
        module.running_mean if learns or not module.training else None,
        module.running_var if learns or not module.training else None,
        scale,
        shift,
        module.training,
        momentum or 0.0,
        module.eps,
    )
