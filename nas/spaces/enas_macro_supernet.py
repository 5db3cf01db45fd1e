"""The network in which ENAS's macro search takes place: every operation in every layer, a switch on every skip connection.

Pham et al. 2018, arXiv 1802.03268, section 2.3; published code melodyguan/enas, src/cifar10/general_child.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.choice import Candidate, choose
from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Row
from nas.operations.connections import zero
from nas.operations.convolutions import batch_norm
from nas.operations.primitives.merging import Add
from nas.spaces.enas_macro_network import OPERATION_NAMES, halved_map, halvings, head, search_branch, stem

_SWITCH = ("off", "on")


def macro_rows(num_layers: int) -> tuple[Row, ...]:
    """Per layer its operation, then a switch per map that it may be joined with, the stem's (0) first."""
    rows = []
    for layer in range(1, num_layers + 1):
        rows.append(Row(f"layer{layer}", "operations", OPERATION_NAMES))
        rows += (Row(f"{source}-{layer}", "skips", _SWITCH) for source in range(layer - 1))
    return tuple(rows)


def macro_path(genotype: Genotype) -> tuple[int, ...]:
    path: list[int] = []
    for layer in genotype["layers"]:
        path += (OPERATION_NAMES.index(layer["operation"]), *layer.get("skips", ()))
    return tuple(path)


def macro_genotype(path: Sequence[int]) -> Genotype:
    """The inverse of `macro_path`."""
    layers: list[dict[str, Any]] = []
    rest = list(path)
    while rest:
        num_skips = len(layers)
        operation, *skips = rest[: 1 + num_skips]
        rest = rest[1 + num_skips :]
        layer = {"operation": OPERATION_NAMES[operation]}
        layers.append({**layer, "skips": list(map(int, skips))} if layers else layer)
    return {"layers": layers}


def macro_supernet(num_layers: int, filters: int, input_shape: Shape, num_classes: int, dropout: float) -> Blueprint:
    """All maps are halved, each by a reduction of its own. Else the layers of a path are those of its stand-alone network."""
    draft = Draft(input_shape)
    row = 0
    with draft.group("stem", "Stem"):
        maps = [stem(draft, draft.inputs[0], filters)]
    for number in range(1, num_layers + 1):
        with draft.group(f"layer{number}", f"Layer {number}"):
            with draft.group("operation", "Operation"):
                candidates: list[Candidate] = [partial(_branch, name, filters) for name in OPERATION_NAMES]
                x = choose(draft, row, candidates, maps[-1])
            row += 1
            for source in range(number - 1):
                with draft.group(f"skip{source}", f"From map {source}"):
                    skip = choose(draft, row, (zero, _hand_on), maps[source])
                x = draft.apply(Add(), x, skip)
                row += 1
            maps.append(batch_norm(draft, x) if number > 1 else x)
        if number in halvings(num_layers):
            with draft.group(f"halving{number}", f"Maps halved after layer {number}"):
                maps = [halved_map(draft, x, source, filters) for source, x in enumerate(maps)]
    with draft.group("head", "Head"):
        return draft.finish(head(draft, maps[-1], num_classes, dropout))


def _branch(operation: str, filters: int, draft: Draft, x: Value) -> Value:
    return search_branch(draft, x, operation, filters)


def _hand_on(draft: Draft, x: Value) -> Value:
    return x
