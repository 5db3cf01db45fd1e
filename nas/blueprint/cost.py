"""Costs of a blueprint, read off its layers. Spaces have faster closed forms; this is what those must equal."""

from __future__ import annotations

from math import prod

from nas.blueprint.blueprint import Blueprint, Layer
from nas.core.cost import Cost
from nas.hardware.memory import BYTES_PER_ELEMENT, Peak, Step, peak_activation


def blueprint_cost(blueprint: Blueprint) -> Cost:
    """Costs of one forward pass of one example; the auxiliary head is left out."""
    count = blueprint.count
    return Cost(
        params=count.params,
        macs=count.macs,
        bias_adds=count.bias_adds,
        activations=count.activations,
        peak_memory_bytes=BYTES_PER_ELEMENT * peak_of(blueprint).elements,
        weight_bytes=BYTES_PER_ELEMENT * (count.params + count.buffers),
    )


def peak_of(blueprint: Blueprint, *, keeps_inputs: bool = False) -> Peak:
    """Peak activation memory in elements.

    Layers that no output depends on are left out. What depends on no input (zeros) is a constant and takes no memory,
    as weights do not; adding one is left out.

    Args:
      keeps_inputs: others still read the inputs afterwards, so their buffers are never given up.
    """
    names = {number: f"input{number}" for number in range(len(blueprint.inputs))}
    steps: list[Step] = []
    for layer, number in _needed(blueprint):
        varying = [names[read] for read in layer.reads if read in names]
        if not varying or layer.primitive.name == "zero":
            continue
        names[number] = f"value{number}"
        if len(varying) < len(layer.reads) and layer.primitive.name == "add":
            steps.append(Step("add", tuple(varying), names[number], prod(layer.shape), "alias"))
        else:
            steps.extend(layer.primitive.steps(varying, names[number], layer.inputs, layer.shape))
    inputs = {f"input{number}": prod(shape) for number, shape in enumerate(blueprint.inputs)}
    outputs = {names[number] for number in blueprint.outputs if number in names}
    return peak_activation(steps, inputs, frozenset(outputs | set(inputs) if keeps_inputs else outputs))


def _needed(blueprint: Blueprint) -> list[tuple[Layer, int]]:
    """The layers some output depends on, with the number of the value each writes, in order."""
    first = len(blueprint.inputs)
    needed, found = set(blueprint.outputs), []
    for place in range(len(blueprint.layers) - 1, -1, -1):
        layer = blueprint.layers[place]
        if first + place in needed:
            needed.update(layer.reads)
            found.append((layer, first + place))
    return found[::-1]
