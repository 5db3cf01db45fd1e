"""An architecture as JSON: everything that is known of it without building it. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from nas.blueprint.blueprint import Blueprint, Layer
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Blueprinted, Notated, Space, architecture_key, describe_space

VERSION = 1


def architecture_description(
    space: Space,
    genotype: Genotype,
    input_shape: Shape,
    num_classes: int,
    *,
    trials: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """JSON values. Costs are of one example of `input_shape`; `layers` is empty for spaces that are not made of layers.

    Args:
      trials: what is known of its evaluations, as it is to be written down.
    """
    layers: list[dict[str, Any]] = []
    if isinstance(space, Blueprinted):
        layers = _layers(space.blueprint(genotype, input_shape, num_classes))
    return {
        "format": "architecture",
        "version": VERSION,
        "space": describe_space(space),
        "key": architecture_key(space, genotype),
        "canonical": space.canonical(genotype),
        "genotype": genotype,
        "notation": space.notation(genotype) if isinstance(space, Notated) else None,
        "input_shape": list(input_shape),
        "num_classes": num_classes,
        "cost": space.cost(genotype, input_shape, num_classes).as_json(),
        "graph": graph_json(space.graph(genotype, input_shape, num_classes)),
        "layers": layers,
        "trials": [dict(trial) for trial in trials],
    }


def graph_json(graph: Graph) -> dict[str, Any]:
    return asdict(graph)


def _layers(blueprint: Blueprint) -> list[dict[str, Any]]:
    """In the order in which they run. `reads` names layers, "input" for the network's input."""
    first = len(blueprint.inputs)
    names = ["input", *(".".join(layer.path) for layer in blueprint.layers)]
    assert first == 1
    return [_layer(layer, [names[read] for read in layer.reads]) for layer in blueprint.main_layers]


def _layer(layer: Layer, reads: list[str]) -> dict[str, Any]:
    call = layer.primitive.call(layer.inputs)
    return {
        "name": ".".join(layer.path),
        "operation": layer.primitive.operation,
        "module": call.name.rpartition(":")[2],
        "arguments": {"positional": list(call.positional), "named": dict(call.named)},
        "reads": reads,
        "shape": list(layer.shape),
        "params": layer.count.params,
        "macs": layer.count.macs,
    }
