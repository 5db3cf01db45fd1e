"""The text that names a piece of a network in a latency table: the same for equal layers on equal shapes, wherever they stand.

Inverted residuals and the ends of mobile networks have the texts of ProxylessNAS' published table (Cai, Zhu, Han 2019, arXiv
1812.00332). Every other piece is its layers in order, with the shapes they begin and end with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.primitive import Primitive
from nas.core.graph import Shape
from nas.operations.primitives.activation import Activation
from nas.operations.primitives.convolution import Conv
from nas.operations.primitives.linear import Linear
from nas.operations.primitives.merging import Add
from nas.operations.primitives.normalisation import BatchNorm
from nas.operations.primitives.pooling import Pool

FREE = ""
"""The key of a piece that costs nothing: no layers, its input handed on, or zeros. No table has a row for it."""

LONGEST_KEY = 300
"""Characters; a longer text ends with a digest of the whole."""

_IN_TRAINING = frozenset({"dropout", "drop_path"})
_HANDED_ON = _IN_TRAINING | {"identity"}
_USUAL = "relu6"  # of the networks the published keys were made for; other functions are named behind it


@dataclass(frozen=True, slots=True)
class _Step:
    """A layer that computes: values are numbered without those that only hand on."""

    primitive: Primitive
    reads: tuple[int, ...]
    inputs: tuple[Shape, ...]
    shape: Shape


def key_of(piece: Blueprint) -> str:
    """One readable text per distinct piece, `FREE` for one that costs nothing.

    "expanded_conv-input:112x112x16-output:56x56x24-expand:6-kernel:3-stride:2-idskip:0" for an inverted residual;
    "input:32x32x16-relu-conv_3x3-bn-output:32x32x16" for an operation of NAS-Bench-201. Names, weights, labels of layers, and
    what only training does, change nothing.
    """
    steps = _steps(piece)
    if all(step.primitive.memory == "alias" or step.primitive.name == "zero" for step in steps):
        return FREE
    return _inverted_residual(piece.inputs, steps) or _end_of_network(piece.inputs, steps) or _in_full(piece, steps)


def shape_text(shape: Shape) -> str:
    """Height × width × channels, as in published tables: (24, 56, 56) → "56x56x24"."""
    return "x".join(map(str, (*shape[1:], shape[0])))


def _steps(piece: Blueprint) -> list[_Step]:
    numbers = {number: number for number in range(len(piece.inputs))}
    steps: list[_Step] = []
    for place, layer in enumerate(piece.layers):
        written = len(piece.inputs) + place
        if layer.is_auxiliary:
            continue
        if layer.primitive.name in _HANDED_ON:
            numbers[written] = numbers[layer.reads[0]]
            continue
        numbers[written] = len(piece.inputs) + len(steps)
        reads = tuple(numbers[read] for read in layer.reads)
        steps.append(_Step(layer.primitive, reads, layer.inputs, layer.shape))
    return steps


def _inverted_residual(inputs: tuple[Shape, ...], steps: Sequence[_Step]) -> str | None:
    """The published text when `steps` are one inverted residual block, with squeeze-and-excitation or without."""
    if len(inputs) != 1 or len(inputs[0]) != 3:
        return None
    rest = list(steps)
    adds = bool(rest) and isinstance(rest[-1].primitive, Add)
    if adds and set(rest.pop().reads) != {0, len(steps) - 1}:
        return None
    expanding = _conv_norm(rest, kernel=1) if len(rest) >= 8 else None
    function = _function(rest) if expanding else None
    depthwise = _conv_norm(rest)
    if depthwise is None or not _is_depthwise(depthwise):
        return None
    after = _function(rest)
    squeezed = _squeeze(rest) if len(rest) > 2 else ""
    projecting = _conv_norm(rest, kernel=1)
    if rest or after is None or squeezed is None or projecting is None or (expanding and function != after):
        return None
    wide, narrow = depthwise.c_out, inputs[0][0]
    if wide != (expanding.c_out if expanding else narrow):
        return None
    details = f"-se:{squeezed}" if squeezed else ""
    return (
        f"expanded_conv-input:{shape_text(inputs[0])}-output:{shape_text(steps[-1].shape)}-expand:{wide / narrow:g}"
        f"-kernel:{depthwise.kernel[0]}-stride:{depthwise.stride[0]}-idskip:{int(adds)}{_named(after)}{details}"
    )


def _conv_norm(rest: list[_Step], kernel: int | None = None) -> Conv | None:
    """Takes a square convolution with "same" padding and its batch norm from the front of `rest`; None, nothing taken, if
    they are not there."""
    if len(rest) < 2 or not isinstance(rest[1].primitive, BatchNorm):
        return None
    conv = rest[0].primitive
    if not (isinstance(conv, Conv) and _is_plain(conv) and not conv.bias and kernel in (None, conv.kernel[0])):
        return None
    if kernel == 1 and (conv.groups != 1 or conv.stride != (1, 1)):
        return None
    del rest[:2]
    return conv


def _is_plain(conv: Conv) -> bool:
    side = conv.kernel[0]
    return (
        conv.kernel == (side, side)
        and conv.stride[0] == conv.stride[1]
        and conv.padding == (side // 2, side // 2)
        and conv.dilation == (1, 1)
    )


def _is_depthwise(conv: Conv) -> bool:
    return conv.groups == conv.c_out > 1


def _function(rest: list[_Step]) -> str | None:
    if not rest or not isinstance(rest[0].primitive, Activation):
        return None
    return rest.pop(0).primitive.operation


def _squeeze(rest: list[_Step]) -> str | None:
    """Takes squeeze-and-excitation from the front of `rest`: its width and functions, "16:relu:sigmoid"; None if it is not."""
    taken = rest[:6]
    if [step.primitive.name for step in taken] != [
        "global_mean",
        "conv",
        "activation",
        "conv",
        "activation",
        "multiply",
    ]:
        return None
    del rest[:6]
    return f"{taken[1].shape[0]}:{taken[2].primitive.operation}:{taken[4].primitive.operation}"


def _end_of_network(inputs: tuple[Shape, ...], steps: Sequence[_Step]) -> str | None:
    """The published text of stem, last 1×1 convolution, or mean and classifier."""
    if len(inputs) != 1:
        return None
    shapes = f"input:{shape_text(inputs[0])}-output:{shape_text(steps[-1].shape)}"
    rest = list(steps)
    conv = _conv_norm(rest)
    function = _function(rest)
    if conv is not None and function is not None and not rest and conv.groups == 1:
        name = {3: "Conv", 1: "Conv_1"}.get(conv.kernel[0])
        is_usual = conv.kernel[0] == 3 or conv.stride == (1, 1)
        return f"{name}-{shapes}{_named(function)}" if name and is_usual else None
    names = [step.primitive.name for step in steps]
    last = steps[-1].primitive
    if names == ["global_mean", "flatten", "linear"] and isinstance(last, Linear) and last.bias:
        return f"Logits-{shapes}"
    return None


def _named(function: str) -> str:
    return "" if function == _USUAL else f"-act:{function}"


def _in_full(piece: Blueprint, steps: Sequence[_Step]) -> str:
    read = "+".join(shape_text(shape) for shape in piece.inputs)
    written = "+".join(shape_text(piece.shape_of(number)) for number in piece.outputs)
    text = "-".join([f"input:{read}", *_tokens(len(piece.inputs), steps), f"output:{written}"])
    if len(text) <= LONGEST_KEY:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[: LONGEST_KEY - 17]}~{digest}"


def _tokens(num_inputs: int, steps: Sequence[_Step]) -> Iterator[str]:
    """One word per layer: the operation, what of it the shapes do not say, and what it reads if not the layer before."""
    for place, step in enumerate(steps):
        words = step.primitive.operation
        if isinstance(step.primitive, Conv):
            words += _conv_details(step.primitive, step.inputs[0])
        elif isinstance(step.primitive, Pool) and step.primitive.stride != (1, 1):
            words += f"/{step.primitive.stride[0]}"
        if place < len(steps) - 1 and step.shape != step.inputs[0]:
            words += f">{shape_text(step.shape)}"
        if step.reads != (num_inputs + place - 1,) or (num_inputs > 1 and place == 0):
            words += f"@{','.join(map(str, step.reads))}"
        yield words


def _conv_details(conv: Conv, read: Shape) -> str:
    details = ""
    if conv.stride != (1, 1):
        details += f"/{conv.stride[0]}" if conv.stride[0] == conv.stride[1] else f"/{conv.stride[0]},{conv.stride[1]}"
    if conv.dilation != (1, 1):
        details += f"*{max(conv.dilation)}"
    if conv.groups > 1 and not conv.groups == conv.c_out == read[0]:
        details += f"g{conv.groups}"
    return details
