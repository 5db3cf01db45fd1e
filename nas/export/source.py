"""An architecture as one readable PyTorch file that needs nothing but torch."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.primitive import ModuleCall
from nas.export.classes import Classes, Setting, UnitClass, constructor, defaults
from nas.export.expression import INDENT, WIDTH, Call, Expression, fits, literal, signature, statement
from nas.export.forward import forward_body
from nas.export.header import docstring_lines, one_line
from nas.export.own_modules import copied
from nas.export.structure import Member, Unit, unit_of

MOST_INLINE = 8
"""A chain of more layers than this gets a class of its own, even if it stands once."""

_CHAIN = '''class Chain(nn.Sequential):
    """Layers one after the other, each under its name."""

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__(OrderedDict(layers))'''

_BUILD = '''def build(weights: str | Path | None = None) -> Network:
    """The network as it begins its training, or with the weights of a safetensors file."""
    network = Network()
    if weights is not None:
        network.load_state_dict(read_weights(weights))
    return network'''


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says about itself: lines of name and text, in order. Texts may be anything."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()


def pytorch_source(blueprint: Blueprint, header: Header) -> str:
    """The file. Its modules have the names that they have in the network that the blueprint builds.

    Raises NasError for what cannot be exported.
    """
    return _Writer(unit_of(blueprint), blueprint).text(header)


class _Writer:
    def __init__(self, network: Unit, blueprint: Blueprint) -> None:
        self._calls = [layer.primitive.call(layer.inputs) for layer in blueprint.main_layers]
        own = dict.fromkeys(
            (constructor(call).__module__, call.name.rpartition(":")[2]) for call in self._calls if ":" in call.name
        )
        self._copied = copied([*own, ("nas.export.read_weights", "read_weights")])
        self._classes = Classes(network, {"Chain", "OrderedDict", "build", *dir(builtins), *self._copied.names})
        self._network = network
        self._shapes = (blueprint.inputs[0], blueprint.shape_of(blueprint.outputs[0]))
        self._uses_chain = False

    def text(self, header: Header) -> str:
        written = [self._class(found) for found in self._classes.all if not self._is_inline(found)]
        *modules, reader = self._copied.code
        imports = self._copied.imports | {
            "from torch import Tensor",
            "from torch import nn",
            "from pathlib import Path",
        }
        if self._uses_chain:
            imports |= {"from collections import OrderedDict"}
        definitions = [*modules, *([_CHAIN] if self._uses_chain else []), *written, _BUILD, reader]
        return "\n\n\n".join([_head(header) + "\n\n" + _import_block(imports), *definitions]) + "\n"

    def _is_inline(self, found: UnitClass) -> bool:
        """A chain that stands once or is a single layer is written where it is used."""
        unit = found.sample
        if unit is self._network or not unit.is_chain:
            return False
        return len(unit.members) == 1 or (len(found.instances) == 1 and len(unit.members) <= MOST_INLINE)

    def _class(self, found: UnitClass) -> str:
        unit = found.sample
        filled = {place: p.name for p in found.parameters for place in p.places}
        parameters = ["self", *(f"{p.name}: {_annotation(p.values)}" for p in found.parameters)]
        built = self._members(unit, found.settings[0], filled)
        about = one_line(self._about(found), WIDTH - 10)
        lines = [f"class {found.name}({'Chain' if unit.is_chain else 'nn.Module'}):", f'{INDENT}"""{about}"""', ""]
        lines += signature("__init__", parameters, "None")
        if unit.is_chain:
            self._uses_chain = True
            lines.append(statement("", Call("super().__init__", (), built), 2))
            if repeats := _repeated(built):
                lines[-1] = f"{INDENT * 2}super().__init__(**{repeats})"
            return "\n".join(lines)
        lines.append(f"{INDENT * 2}super().__init__()")
        for member in _attributes(unit):
            name = member.path[0]
            line = statement(f"self.{name} = ", built[name], 2)
            lines.append(line + self._remark(member, line))
        return "\n".join([*lines, "", *forward_body(unit)])

    def _members(self, unit: Unit, settings: Sequence[Setting], filled: Mapping[int, str]) -> dict[str, Expression]:
        """Attribute → how it is made. `filled`: which of the unit's settings are parameters of the class around."""
        found: dict[str, Expression] = {}
        opened: dict[tuple[str, ...], dict[str, Expression]] = {}
        place = 0
        for member, own in self._classes.settings(unit):
            texts = [
                filled.get(place + i) or literal(s.value) for i, s in enumerate(settings[place : place + len(own)])
            ]
            place += len(own)
            made = self._made(member, own, texts)
            for depth in range(1, len(member.path)):
                inner = opened.setdefault(member.path[:depth], {})
                around = opened[member.path[: depth - 1]] if depth > 1 else found
                around[member.path[depth - 1]] = Call("nn.ModuleDict", (Call("dict", (), inner),))
            (opened[member.path[:-1]] if len(member.path) > 1 else found)[member.path[-1]] = made
        return found

    def _made(self, member: Member, settings: Sequence[Setting], texts: Sequence[str]) -> Expression:
        if isinstance(member.what, ModuleCall):
            return _layer(member.what, settings, texts)
        found = self._classes.of(member.what)
        if not self._is_inline(found):
            return Call(found.name, tuple(texts))
        self._uses_chain = True
        # The parameters of a chain written in place are whatever was to be handed to its class.
        filled = {place: texts[i] for i, p in enumerate(found.parameters) for place in p.places}
        inner = self._members(member.what, found.settings[0], filled)
        if repeats := _repeated(inner):
            return f"Chain(**{repeats})"
        return Call("Chain", (), inner)

    def _about(self, found: UnitClass) -> str:
        if found.sample is self._network:
            given, back = (", ".join(map(str, shape)) for shape in self._shapes)
            return f"(N, {given}) → (N, {back}) logits."
        labels = list(dict.fromkeys(unit.label or unit.path[-1] for unit in found.instances))
        times = len(found.instances)
        if len(labels) > 3:
            labels = [*labels[:2], "…", labels[-1]]
        return f"{'; '.join(labels)}{f' ({times} times)' if times > 1 else ''}."

    @staticmethod
    def _remark(member: Member, line: str) -> str:
        """The label of a group behind its line, where it says more than the name and there is room."""
        if isinstance(member.what, ModuleCall) or len(member.path) > 1 or "\n" in line:
            return ""
        remark = one_line(member.what.label, 60)
        plain = re.sub(r"\W", "", remark).lower()
        said = plain in ("", member.path[0].replace("_", "").lower())
        return "" if said or not fits(line, 0, around=len(remark) + 4) else f"  # {remark}"


def _attributes(unit: Unit) -> Iterable[Member]:
    """The members, of an opened group only the first."""
    return {member.path[0]: member for member in reversed(unit.members)}.values().__reversed__()


def _layer(call: ModuleCall, settings: Sequence[Setting], texts: Sequence[str]) -> Call:
    """The constructor call of one layer: as many positional arguments as the primitive gives, no argument at its default."""
    usual = defaults(call)
    num_positional = len(call.positional)
    named = {
        setting.name: text
        for setting, text in list(zip(settings, texts, strict=True))[num_positional:]
        if not (setting.name in usual and text == literal(usual[setting.name]))
    }
    name = call.name.rpartition(":")[2]
    return Call(name if ":" in call.name else f"nn.{name}", tuple(texts[:num_positional]), named)


def _repeated(members: Mapping[str, Expression]) -> str:
    """`{f"cell{i}": Cell(16) for i in range(1, 6)}` for equal members under counted names; "" where they are not."""
    texts = {str(made) for made in members.values()}
    matches = [re.fullmatch(r"(.*?)(\d+)", name) for name in members]
    if len(members) < 2 or len(texts) != 1 or not all(matches):
        return ""
    stems = {match[1] for match in matches if match}
    numbers = [int(match[2]) for match in matches if match]
    first, last = numbers[0], numbers[-1]
    names = [f"{min(stems)}{number}" for number in range(first, last + 1)]
    if names != list(members):
        return ""
    span = f"range({last + 1})" if first == 0 else f"range({first}, {last + 1})"
    text = f'{{f"{min(stems)}{{i}}": {min(texts)} for i in {span}}}'
    return text if fits(text, 4) else ""


def _annotation(values: Iterable[object]) -> str:
    kinds = sorted({_kind(value) for value in values}, key=lambda kind: (kind == "None", kind))
    return " | ".join(kinds)


def _kind(value: object) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(_kind(item) for item in value)}]"
    return "None" if value is None else type(value).__name__


def _head(header: Header) -> str:
    lines = docstring_lines(header.title, WIDTH - 6)
    lines[0] = f'"""{lines[0]}'
    if len(lines) == 1 and not header.facts:
        return f'{lines[0]}"""'
    lines.append("")
    for name, text in header.facts:
        first, *others = docstring_lines(f"{name}: {text}", WIDTH - 4)
        lines += [first, *(f"{INDENT}{other}" for other in others)]
    return "\n".join([*lines, '"""'])


def _import_block(statements: Iterable[str]) -> str:
    """One statement per module, the standard library first, as ruff sorts them."""
    plain = sorted(text for text in statements if text.startswith("import "))
    gathered: dict[str, list[str]] = {}
    for text in statements:
        if text.startswith("from "):
            module, _, name = text.removeprefix("from ").partition(" import ")
            gathered.setdefault(module, []).append(name)
    froms = [
        f"from {module} import {', '.join(sorted(gathered[module], key=_constant_first))}"
        for module in sorted(gathered)
    ]
    blocks = [["from __future__ import annotations"], [], []]
    for text in [*plain, *froms]:
        blocks[2 if text.split()[1].partition(".")[0] == "torch" else 1].append(text)
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _constant_first(name: str) -> tuple[int, str]:
    """ruff's order of names: constants, classes, then the rest."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name
