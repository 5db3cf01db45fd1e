"""One network of which all smaller ones are parts. Cai et al. 2020, arXiv 1908.09791, section 3; released code of the authors.

A part has the first channels of every weight, the middle of depthwise kernels put through a learned matrix, and those of the
layers that its blueprint has. It computes what the stand-alone network with `extracted` weights computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from nas.blueprint.blueprint import Blueprint, Layer, Path
from nas.modules.blueprint_network import module_of, plan_of, put_module, run_calls
from nas.operations.primitives.convolution import Conv
from nas.operations.primitives.linear import Linear
from nas.operations.primitives.normalisation import BatchNorm

Apply = Callable[..., Tensor]
Part = Callable[[Tensor], Tensor]
"""(N, *input_shape) → (N, num_classes) logits."""


class ElasticNetwork(nn.Module):
    """The weights of the largest network, under the names they have there, and the matrices of its kernels.

    Matrix "<path>.7to5" (25, 25) makes the 5×5 kernel of the layer at that path from the middle of its 7×7 one, "<path>.5to3"
    (9, 9) the 3×3 one from that; all channels share them. They begin as identities.
    """

    def __init__(self, largest: Blueprint, kernels: Mapping[Path, tuple[int, ...]]) -> None:
        """`kernels`: of each depthwise layer that has several, their sides, the largest first."""
        super().__init__()
        for layer in largest.layers:
            put_module(self, layer.path, module_of(layer.primitive.call(layer.inputs)))
        self._calls = {layer.path: layer.primitive.call(layer.inputs) for layer in largest.layers}
        self._kernels = dict(kernels)
        for path, sides in self._kernels.items():
            module = self.get_submodule(".".join(path))
            for larger, smaller in pairwise(sides):
                module.register_parameter(f"{larger}to{smaller}", nn.Parameter(torch.eye(smaller * smaller)))

    def forward(self, x: Tensor, part: Part) -> Tensor:
        return part(x)

    def part(self, blueprint: Blueprint) -> Part:
        """The network of `blueprint`, which must not be larger than this one anywhere, with this one's weights as they are when
        it runs."""
        layers = [self._applied(layer) for layer in blueprint.layers]
        calls = plan_of(blueprint, layers, list(range(len(layers))), blueprint.outputs)
        output = blueprint.outputs[0]
        return lambda x: run_calls(calls, (x,))[output]

    def extracted(self, blueprint: Blueprint) -> dict[str, Tensor]:
        """The state of the stand-alone network of `blueprint`: its weights and statistics, copied from here."""
        found: dict[str, Tensor] = {}
        for layer in blueprint.layers:
            name = ".".join(layer.path)
            match layer.primitive:
                case Conv() as conv:
                    weight, bias = self._conv_weights(layer.path, conv, layer.inputs[0][0])
                    found |= {f"{name}.weight": weight} | ({} if bias is None else {f"{name}.bias": bias})
                case Linear() as linear:
                    weight, bias = self._linear_weights(layer.path, linear.c_out, layer.inputs[0][0])
                    found |= {f"{name}.weight": weight} | ({} if bias is None else {f"{name}.bias": bias})
                case BatchNorm():
                    norm = self.get_submodule(name)
                    cut = {key: value[: layer.shape[0]] for key, value in norm.state_dict().items() if value.ndim}
                    tracked = {f"{name}.num_batches_tracked": norm.get_buffer("num_batches_tracked")}
                    found |= {f"{name}.{key}": value for key, value in cut.items()} | tracked
        return {name: tensor.detach().clone() for name, tensor in found.items()}

    def _applied(self, layer: Layer) -> Apply:
        match layer.primitive:
            case Conv() as conv:
                return partial(self._conv, layer.path, conv)
            case Linear() as linear:
                return partial(self._linear, layer.path, linear.c_out)
            case BatchNorm():
                norm = self.get_submodule(".".join(layer.path))
                assert isinstance(norm, _BatchNorm)
                return partial(_normalised, norm)
        call = layer.primitive.call(layer.inputs)
        if self._calls.get(layer.path) == call:
            return self.get_submodule(".".join(layer.path))  # its mode, training or not, is that of the network
        module = module_of(call)
        if any(True for _ in module.parameters()):
            raise ValueError(f"{layer.primitive.label} at {'.'.join(layer.path)} is no part of the elastic network")
        return module

    def _conv(self, path: Path, conv: Conv, x: Tensor) -> Tensor:
        weight, bias = self._conv_weights(path, conv, x.shape[1])
        return functional.conv2d(x, weight, bias, conv.stride, conv.padding, conv.dilation, conv.groups)

    def _linear(self, path: Path, c_out: int, x: Tensor) -> Tensor:
        return functional.linear(x, *self._linear_weights(path, c_out, x.shape[1]))

    def _conv_weights(self, path: Path, conv: Conv, c_in: int) -> tuple[Tensor, Tensor | None]:
        module = self.get_submodule(".".join(path))
        assert isinstance(module, nn.Conv2d)
        weight = module.weight[: conv.c_out, : c_in // conv.groups]
        if conv.kernel != module.kernel_size:
            weight = self._shrunk(path, weight, conv.kernel[0])
        return weight, None if module.bias is None else module.bias[: conv.c_out]

    def _linear_weights(self, path: Path, c_out: int, c_in: int) -> tuple[Tensor, Tensor | None]:
        module = self.get_submodule(".".join(path))
        assert isinstance(module, nn.Linear)
        return module.weight[:c_out, :c_in], None if module.bias is None else module.bias[:c_out]

    def _shrunk(self, path: Path, weight: Tensor, wanted: int) -> Tensor:
        """(C, 1, K, K) → (C, 1, wanted, wanted), one side after the other."""
        module = self.get_submodule(".".join(path))
        sides = self._kernels[path]
        for larger, smaller in pairwise(sides):
            if larger == wanted:
                break
            margin = (larger - smaller) // 2
            middle = weight[:, :, margin : margin + smaller, margin : margin + smaller]
            matrix = module.get_parameter(f"{larger}to{smaller}")
            weight = functional.linear(middle.flatten(2), matrix).view(len(middle), 1, smaller, smaller)
        return weight


def _normalised(norm: _BatchNorm, x: Tensor) -> Tensor:
    """Batch norm of the first channels, as many as `x` has; in training their running statistics move."""
    channels = slice(x.shape[1])
    assert norm.running_mean is not None
    assert norm.running_var is not None
    share = 0.0
    if norm.training:
        assert norm.num_batches_tracked is not None
        norm.num_batches_tracked.add_(1)
        share = 1 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    return functional.batch_norm(
        x,
        norm.running_mean[channels],
        norm.running_var[channels],
        norm.weight[channels],
        norm.bias[channels],
        norm.training,
        share,
        norm.eps,
    )
