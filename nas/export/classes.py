"""Which groups share a class, and what its constructor has to be told.

Two groups share a class when they have the same members under the same names, wired alike. What differs between them (a
number of channels, a stride) becomes a parameter; settings that are always equal and mean the same share one.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from torch import nn

from nas.blueprint.blueprint import Path
from nas.blueprint.primitive import ModuleCall
from nas.export.structure import Member, Unit

MOST_PARAMETERS = 10
"""Groups that would need more are told apart: then only equal ones share a class."""

LONGEST_NAME = 24
"""Letters of a label that may become the name of a class."""

_CHANNELS = frozenset({"in_channels", "out_channels", "num_features", "groups", "in_features", "out_features"})
_PAIRS = frozenset({"kernel_size", "stride", "padding", "dilation"})
_NOT_OURS = frozenset({"device", "dtype"})
_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Setting:
    """One argument of a constructor: its name there, its value, and how many roles it has had on the way up.

    `roles` are the names of all arguments it ends up in.
    """

    name: str
    value: object
    roles: frozenset[str]

    @property
    def meaning(self) -> str:
        """Settings of different meaning never share a parameter, even when they happen to be equal."""
        return "channels" if self.roles & _CHANNELS else min(self.roles)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`places`: the settings of the class, counted over its members in their order, that it fills."""

    name: str
    places: tuple[int, ...]
    roles: frozenset[str]
    values: tuple[object, ...]  # one per instance


@dataclass(slots=True)
class UnitClass:
    """A class of the exported file. `instances` are alike but for `parameters`."""

    name: str
    instances: list[Unit]
    height: int
    parameters: tuple[Parameter, ...] = ()
    settings: list[tuple[Setting, ...]] = field(default_factory=list)  # per instance, over all members

    @property
    def sample(self) -> Unit:
        return self.instances[0]

    def arguments(self, unit: Unit) -> tuple[Setting, ...]:
        """What the constructor is called with to make `unit`."""
        number = next(i for i, instance in enumerate(self.instances) if instance is unit)
        return tuple(Setting(p.name, p.values[number], p.roles) for p in self.parameters)


class Classes:
    """The classes of a network, those that others are made of first; the network's own comes last."""

    def __init__(self, network: Unit, reserved: Iterable[str]) -> None:
        """`reserved`: names that mean something else in the file."""
        self._of: dict[Path, UnitClass] = {}
        by_height: dict[int, list[Unit]] = {}
        _sort_by_height(network, by_height)
        self.all: list[UnitClass] = []
        for height in sorted(by_height):
            alike: dict[object, list[Unit]] = {}
            for unit in by_height[height]:
                alike.setdefault(self._form(unit), []).append(unit)
            for units in alike.values():
                self._add(units, height)
        self._name(network, reserved)

    def of(self, unit: Unit) -> UnitClass:
        return self._of[unit.path]

    def settings(self, unit: Unit) -> Iterator[tuple[Member, tuple[Setting, ...]]]:
        """Each member with the arguments of its constructor."""
        for member in unit.members:
            if isinstance(member.what, Unit):
                yield member, self.of(member.what).arguments(member.what)
            else:
                yield member, call_settings(member.what)

    def _form(self, unit: Unit) -> object:
        """Equal for groups that can share a class."""
        local = {value: place for place, value in enumerate(unit.inputs)}
        members = []
        for member in unit.members:
            kind = id(self.of(member.what)) if isinstance(member.what, Unit) else member.what.name
            members.append((member.path, kind, tuple(local[value] for value in member.reads)))
            local.update((value, len(local) + i) for i, value in enumerate(member.writes))
        return unit.path == (), len(unit.inputs), tuple(members), tuple(local[value] for value in unit.outputs)

    def _add(self, units: list[Unit], height: int) -> None:
        made = self._made(units, height)
        if len(made.parameters) > MOST_PARAMETERS:
            equal: dict[object, list[Unit]] = {}
            for unit, settings in zip(units, made.settings, strict=True):
                equal.setdefault(tuple((type(s.value), s.value) for s in settings), []).append(unit)
            parts = [self._made(same, height) for same in equal.values()]
        else:
            parts = [made]
        for part in parts:
            self.all.append(part)
            self._of.update((unit.path, part) for unit in part.instances)

    def _made(self, units: list[Unit], height: int) -> UnitClass:
        settings = [tuple(s for _, several in self.settings(unit) for s in several) for unit in units]
        return UnitClass("", units, height, _parameters(settings), settings)

    def _name(self, network: Unit, reserved: Iterable[str]) -> None:
        taken = {"Network", *reserved}
        for found in self.all:
            wanted = "Network" if found.sample is network else _class_name(found.instances)
            name, number = wanted, 1
            while name in taken and found.sample is not network:
                number += 1
                name = f"{wanted}{number}"
            taken.add(name)
            found.name = name


def call_settings(call: ModuleCall) -> tuple[Setting, ...]:
    """All arguments of a layer's constructor, those left at their default included; equal pairs as one number."""
    signature = inspect.signature(constructor(call))
    bound = signature.bind(*call.positional, **call.named)
    bound.apply_defaults()
    return tuple(
        Setting(name, _simple(name, bound.arguments[name]), frozenset({name}))
        for name, parameter in signature.parameters.items()
        if name not in _NOT_OURS and parameter.kind not in _MANY  # nn.Identity takes anything
    )


def constructor(call: ModuleCall) -> Callable[..., nn.Module]:
    file, _, name = call.name.rpartition(":")
    found: Callable[..., nn.Module] = getattr(import_module(f"nas.modules.{file}") if file else nn, name)
    return found


def defaults(call: ModuleCall) -> Mapping[str, object]:
    """Argument → default, of those that have one."""
    parameters = inspect.signature(constructor(call)).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def camel_case(name: str) -> str:
    """ "sep_conv5" → "SepConv5"."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_") if part)


def _simple(name: str, value: object) -> object:
    if name in _PAIRS and isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        return value[0]
    return value


def _parameters(settings: Sequence[tuple[Setting, ...]]) -> tuple[Parameter, ...]:
    """Those settings that are not the same in all instances, in the order in which they are first needed."""
    columns: dict[object, list[int]] = {}
    for place, first in enumerate(settings[0]):
        column = tuple((type(row[place].value), row[place].value) for row in settings)
        if len(set(column)) > 1:
            columns.setdefault((first.meaning, column), []).append(place)
    parameters: list[Parameter] = []
    all_roles = [frozenset().union(*(settings[0][p].roles for p in places)) for places in columns.values()]
    has_one_width = sum(bool(roles & _CHANNELS) for roles in all_roles) == 2
    for places, roles in zip(columns.values(), all_roles, strict=True):
        wanted = _parameter_name(roles)
        if wanted == "channels" and has_one_width and parameters and parameters[0].name == "in_channels":
            wanted = "out_channels"
        name = wanted
        number = 1
        while name in {parameter.name for parameter in parameters}:
            number += 1
            name = f"{wanted}{number}"
        values = tuple(row[places[0]].value for row in settings)
        parameters.append(Parameter(name, tuple(places), roles, values))
    return tuple(parameters)


def _parameter_name(roles: frozenset[str]) -> str:
    if not roles & _CHANNELS:
        return min(roles)
    takes, gives = roles & {"in_channels", "in_features"}, roles & {"out_channels", "out_features"}
    if takes and not gives and "groups" not in roles:
        return "in_channels"
    if gives and not takes:
        return "out_channels"
    return "channels"


def _class_name(units: Sequence[Unit]) -> str:
    """A chain of two or three layers is called after them ("ReluConvBn"), other groups after what their labels have in common
    ("NormalCell", "Sep3x3"), or else after their name without its number."""
    unit = units[0]
    names = [member.path[-1].rstrip("0123456789_") for member in unit.members]
    if unit.is_chain and 2 <= len(names) <= 3 and all(isinstance(m.what, ModuleCall) for m in unit.members):
        name = camel_case("_".join(names))
    else:
        name = _label_name(units) or camel_case(unit.path[-1].rstrip("0123456789_"))
    return name if name[:1].isalpha() and not keyword.iskeyword(name) else f"Group{name}"


def _label_name(units: Sequence[Unit]) -> str:
    """ "" where the labels have too little in common, or too much to say."""
    labels = {re.split(r"[:;,(]", unit.label)[0].strip() for unit in units}
    sized = {re.fullmatch(r"([A-Za-z][A-Za-z ]*?) ?(\d+[x×]\d+)?(?: \d+)?", label) for label in labels}
    words = {match[1] for match in sized if match}
    if None in sized or len(words) != 1 or len(min(words)) > LONGEST_NAME:
        return ""
    sizes = {match[2] or "" for match in sized if match}
    size = min(sizes).replace("×", "x") if len(sizes) == 1 else ""
    return camel_case(min(words).replace(" ", "_")) + size


def _sort_by_height(unit: Unit, found: dict[int, list[Unit]]) -> int:
    inner = [_sort_by_height(member.what, found) for member in unit.members if isinstance(member.what, Unit)]
    height = 1 + max(inner, default=-1)
    found.setdefault(height, []).append(unit)
    return height
