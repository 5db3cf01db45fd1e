"""A blueprint as modules within modules: what each group contains, reads and hands on."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nas.blueprint.blueprint import Blueprint, Path
from nas.blueprint.primitive import ModuleCall
from nas.core.errors import NasError


@dataclass(frozen=True, slots=True)
class Member:
    """A layer or a group inside a unit. `reads` and `writes` are values of the blueprint.

    `path` begins inside the unit; it has more than one name where a group had to be opened (see `unit_of`).
    """

    path: Path
    what: ModuleCall | Unit
    reads: tuple[int, ...]
    writes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A group, or the whole network (`path` is empty). `members` are in an order in which they can run."""

    path: Path
    label: str
    members: tuple[Member, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def is_chain(self) -> bool:
        """Each member reads what the one before wrote, and nothing else."""
        expected = self.inputs
        for member in self.members:
            if len(member.path) > 1 or len(expected) != 1 or member.reads != expected or len(member.writes) != 1:
                return False
            expected = member.writes
        return expected == self.outputs


def unit_of(blueprint: Blueprint) -> Unit:
    """The whole network without its auxiliary head.

    A group that is left and entered again (its members wait for others that wait for it) cannot be called as one; it is
    opened: the unit around it runs its members, which keep their paths. Raises NasError unless there is one input and
    one output.
    """
    if len(blueprint.inputs) != 1 or len(blueprint.outputs) != 1:
        raise NasError("only networks with one input and one output can be exported")
    return _Reader(blueprint).whole()


def attribute_names(blueprint: Blueprint) -> dict[Path, Path]:
    """Every path of layers and groups as names that Python takes for attributes; those that are so already stay."""
    found: dict[Path, Path] = {(): ()}
    taken: set[Path] = set()
    for whole in [*(group.path for group in blueprint.groups), *(layer.path for layer in blueprint.layers)]:
        for depth in range(1, len(whole) + 1):
            path = whole[:depth]
            if path in found:
                continue
            name = path[-1]
            if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name) or name.startswith("__"):
                name = "layer_" + re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
            free, number = (*found[path[:-1]], name), 1
            while free in taken:
                number += 1
                free = (*found[path[:-1]], f"{name}_{number}")
            taken.add(free)
            found[path] = free
    return found


class _Reader:
    def __init__(self, blueprint: Blueprint) -> None:
        self._layers = blueprint.layers
        self._first = len(blueprint.inputs)
        self._network_outputs = blueprint.outputs
        names = attribute_names(blueprint)
        self._paths = [names[layer.path] for layer in blueprint.layers]
        self._labels = {names[group.path]: group.label for group in blueprint.groups}
        self._main = [i for i, layer in enumerate(blueprint.layers) if not layer.is_auxiliary]
        self._readers: dict[int, list[int]] = {}
        for place in self._main:
            for value in self._layers[place].reads:
                self._readers.setdefault(value, []).append(place)

    def whole(self) -> Unit:
        return self._unit((), self._main)

    def _unit(self, path: Path, places: Sequence[int]) -> Unit:
        written = {self._first + place for place in places}
        inside = set(places)
        reads = dict.fromkeys(v for place in places for v in self._layers[place].reads if v not in written)
        outputs = [
            self._first + place
            for place in places
            if self._first + place in self._network_outputs
            or any(reader not in inside for reader in self._readers.get(self._first + place, ()))
        ]
        members = [self._member(path, inner, found) for inner, found in self._parts(path, places)]
        return Unit(path, self._labels.get(path, ""), tuple(members), tuple(reads), tuple(outputs))

    def _member(self, around: Path, path: Path, places: Sequence[int]) -> Member:
        layer = self._layers[places[0]]
        if self._paths[places[0]] == path:
            writes = (self._first + places[0],)
            return Member(path[len(around) :], layer.primitive.call(layer.inputs), layer.reads, writes)
        unit = self._unit(path, places)
        return Member(path[len(around) :], unit, unit.inputs, unit.outputs)

    def _parts(self, path: Path, places: Sequence[int]) -> list[tuple[Path, list[int]]]:
        """The layers and groups directly inside `path`, in an order in which they can run."""
        opened: set[Path] = set()
        while True:
            parts: dict[Path, list[int]] = {}
            for place in places:
                parts.setdefault(self._part_of(self._paths[place], path, opened), []).append(place)
            order, stuck = self._ordered(parts)
            if not stuck:
                return [(name, parts[name]) for name in order]
            opened |= {name for name in stuck if self._paths[parts[name][0]] != name}

    @staticmethod
    def _part_of(layer: Path, around: Path, opened: set[Path]) -> Path:
        depth = len(around) + 1
        while layer[:depth] in opened:
            depth += 1
        return layer[:depth]

    def _ordered(self, parts: dict[Path, list[int]]) -> tuple[list[Path], list[Path]]:
        """Those that can run, in their order, the earliest written first; and those that wait for each other."""
        owner = {self._first + place: name for name, places in parts.items() for place in places}
        waits = {name: self._needs(name, places, owner) for name, places in parts.items()}
        order: list[Path] = []
        while ready := next((name for name in parts if name in waits and not waits[name]), None):
            order.append(ready)
            del waits[ready]
            for others in waits.values():
                others.discard(ready)
        return order, list(waits)

    def _needs(self, name: Path, places: Iterable[int], owner: dict[int, Path]) -> set[Path]:
        found = {owner[value] for place in places for value in self._layers[place].reads if value in owner}
        return found - {name}
