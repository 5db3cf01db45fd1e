"""A network taken apart into the pieces that a latency table knows: blocks, operations on edges, stem, head, merges.

A piece is a group of a blueprint that computes something itself and reads one value (a block with its squeeze-and-excitation and
its shortcut, an operation on an edge). Groups that hold only groups (stages, cells) are opened; what lies loose in them is taken
as it comes, each merge by itself. The mean over all places begins a piece of its own, as in published tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nas.blueprint.blueprint import Blueprint, Layer, Path
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Blueprinted, Space
from nas.hardware.piece_key import FREE, key_of

MOST_PIECES = 2_000
"""A space of more different pieces would take hours to measure."""

_MERGES = frozenset({"add", "concat", "multiply", "weighted_sum", "mean"})
_FEWEST_DRAWS = 60
_MOST_DRAWS = 20_000
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class NetworkPiece:
    """A part of a network.

    Attributes:
      name: where it stands: "stage2.block1".
      key: its text in a latency table; `FREE` ("") when it costs nothing.
      blueprint: the part by itself, from what it reads to what others read of it.
    """

    name: str
    key: str
    blueprint: Blueprint


def pieces_of(space: Space, genotype: Genotype, input_shape: Shape, num_classes: int) -> tuple[NetworkPiece, ...]:
    """The pieces of the stand-alone network of `genotype`, in order; every layer that runs is in exactly one.

    Raises InvalidConfig when the architectures of the space are no networks of layers; else as `space.blueprint`.
    """
    return pieces_of_blueprint(blueprint_of(space, genotype, input_shape, num_classes))


def blueprint_of(space: Space, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
    """The network of `genotype` written out. Raises as `pieces_of`."""
    if not isinstance(space, Blueprinted):
        raise InvalidConfig.at("space", f"{space.title} has no networks that could be taken apart and measured")
    return space.blueprint(genotype, tuple(input_shape), num_classes)


def pieces_of_blueprint(blueprint: Blueprint) -> tuple[NetworkPiece, ...]:
    """As `pieces_of`, of a network that is written out already."""
    places = [place for place, layer in enumerate(blueprint.layers) if not layer.is_auxiliary]
    return tuple(_piece(blueprint, chosen) for chosen in _taken_apart(blueprint, (), places))


def pieces_of_space(
    space: Space, input_shape: Shape, num_classes: int, *, seed: int = 0, most: int = MOST_PIECES
) -> dict[str, NetworkPiece]:
    """Key → a piece, for all that networks of `space` are made of; those that cost nothing are left out.

    Architectures are drawn until two thirds of the draws brought nothing new, so what is rare to a draw in thousands may be missed.
    Raises InvalidConfig for more than `most` pieces, and as `pieces_of`.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, len(input_shape), num_classes])))
    found: dict[str, NetworkPiece] = {}
    newest = draws = 0
    while draws < max(_FEWEST_DRAWS, _PATIENCE * newest) and draws < _MOST_DRAWS:
        draws += 1
        for piece in pieces_of(space, space.sample(rng), input_shape, num_classes):
            if piece.key != FREE and piece.key not in found:
                found[piece.key] = piece
                newest = draws
        if len(found) > most:
            raise InvalidConfig.at(
                "space",
                f"its networks are made of more than {most:,} different pieces; choose fewer widths, resolutions or operations",
            )
    return found


def _taken_apart(blueprint: Blueprint, group: Path, places: Sequence[int]) -> Iterator[list[int]]:
    """`places`: the layers below `group`, in order."""
    if group and _is_piece(blueprint, group, places):
        yield from _before_means(blueprint, group, places)
        return
    loose: list[int] = []
    for inner, chosen in _by_child(blueprint, group, places):
        for place in chosen if inner is None else ():
            if loose and (_is_merge(blueprint, place) or _is_merge(blueprint, loose[-1])):
                yield loose
                loose = []
            loose.append(place)
        if inner is not None:
            if loose:
                yield loose
                loose = []
            yield from _taken_apart(blueprint, inner, chosen)
    if loose:
        yield loose


def _by_child(blueprint: Blueprint, group: Path, places: Sequence[int]) -> Iterator[tuple[Path | None, list[int]]]:
    """Layers by the group inside `group` they belong to, where it begins; None for those directly in `group`, one by one."""
    members: dict[Path, list[int]] = {}
    order: list[Path | int] = []
    for place in places:
        path = blueprint.layers[place].group
        if path == group:
            order.append(place)
            continue
        inner = path[: len(group) + 1]
        if inner not in members:
            order.append(inner)
        members.setdefault(inner, []).append(place)
    for item in order:
        yield (None, [item]) if isinstance(item, int) else (item, members[item])


def _is_piece(blueprint: Blueprint, group: Path, places: Sequence[int]) -> bool:
    layers = [blueprint.layers[place] for place in places]
    computes = any(layer.group == group and _computes(layer) for layer in layers)
    return computes and len(_read_from_outside(blueprint, places)) == 1


def _computes(layer: Layer) -> bool:
    return layer.primitive.name not in _MERGES and layer.primitive.memory != "alias"


def _is_merge(blueprint: Blueprint, place: int) -> bool:
    return blueprint.layers[place].primitive.name in _MERGES


def _before_means(blueprint: Blueprint, group: Path, places: Sequence[int]) -> Iterator[list[int]]:
    part: list[int] = []
    for place in places:
        layer = blueprint.layers[place]
        if part and layer.group == group and layer.primitive.name == "global_mean":
            yield part
            part = []
        part.append(place)
    yield part


def _read_from_outside(blueprint: Blueprint, places: Sequence[int]) -> list[int]:
    """Values that the layers read and none of them writes, each once, in the order of reading."""
    written = {len(blueprint.inputs) + place for place in places}
    reads = (read for place in places for read in blueprint.layers[place].reads)
    return [read for read in dict.fromkeys(reads) if read not in written]


def _piece(blueprint: Blueprint, places: Sequence[int]) -> NetworkPiece:
    """The chosen layers as a blueprint of their own."""
    first = len(blueprint.inputs)
    outside = _read_from_outside(blueprint, places)
    numbers = {number: place for place, number in enumerate(outside)}
    numbers |= {first + place: len(outside) + order for order, place in enumerate(places)}
    depth = _common_depth([blueprint.layers[place].path for place in places])
    chosen = set(places)
    wanted = set(blueprint.outputs).union(
        *(layer.reads for place, layer in enumerate(blueprint.layers) if place not in chosen)
    )
    outputs = [first + place for place in places if first + place in wanted] or [first + places[-1]]
    alone = Blueprint(
        inputs=tuple(blueprint.shape_of(number) for number in outside),
        layers=tuple(
            replace(layer, path=layer.path[depth:], reads=tuple(numbers[read] for read in layer.reads))
            for layer in (blueprint.layers[place] for place in places)
        ),
        outputs=tuple(numbers[number] for number in outputs),
    )
    path = blueprint.layers[places[0]].path
    return NetworkPiece(".".join(path[:depth] or path), key_of(alone), alone)


def _common_depth(paths: Sequence[Path]) -> int:
    """How many groups all of the layers have around them."""
    depth = min(len(path) for path in paths) - 1
    while len({path[:depth] for path in paths}) > 1:
        depth -= 1
    return depth
