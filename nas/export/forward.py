"""The `forward` of a class: which member reads what, in as few and as plain lines as it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nas.export.expression import INDENT, Call, Expression, broken, fits, signature, statement
from nas.export.structure import Member, Unit

DEEPEST = 3
"""So many calls inside each other at most: ReLU, convolution, batch norm read well on one line."""
LONGEST = 80


@dataclass(slots=True)
class _Line:
    """`targets` = `made`; values stand in `made` as "<7>" until they get their names."""

    targets: tuple[int, ...]
    made: Expression
    reads: list[int]


@dataclass(frozen=True, slots=True)
class _Pending:
    """The result of a member that is written into the line of its only reader."""

    made: Call
    reads: list[int]
    depth: int


def forward_body(unit: Unit) -> list[str]:
    """The method's lines, indented as inside a class."""
    lines, result = _lines(unit)
    names = _names(unit, lines, result)
    out = signature("forward", ["self", *(f"{names[value]}: Tensor" for value in unit.inputs)], _returns(unit))
    for line in lines:
        made = _named(line.made, names)
        if not line.targets:
            out += [f"{INDENT * 2}# Counted and run, though nobody reads it.", statement("", made, 2)]
            continue
        targets = ", ".join(names[value] for value in line.targets)
        if len(line.targets) > 1 and not fits(f"{targets} = {made}", 2):
            # The results go through a name, so that neither side has to be broken in the middle.
            out += [statement("results = ", made, 2), *_several(f"{INDENT * 2}", line.targets, names)]
        else:
            out.append(statement(f"{targets} = ", made, 2))
    if unit.outputs:
        values = [_named(made, names) for made in result]
        flat = ", ".join(map(str, values))
        if len(values) == 1:
            out.append(statement("return ", values[0], 2))
        elif fits(f"return {flat}", 2):
            out.append(f"{INDENT * 2}return {flat}")
        else:
            inner = [f"{INDENT * 3}{broken(value, 3, around=1)}," for value in values]
            out += [f"{INDENT * 2}return (", *inner, f"{INDENT * 2})"]
    return out


def _returns(unit: Unit) -> str:
    if len(unit.outputs) < 2:
        return "Tensor" if unit.outputs else "None"
    return f"tuple[{', '.join(['Tensor'] * len(unit.outputs)) if len(unit.outputs) <= 4 else 'Tensor, ...'}]"


def _several(indent: str, targets: Iterable[int], names: dict[int, str]) -> list[str]:
    return [f"{indent}{names[value]} = results[{place}]" for place, value in enumerate(targets)]


def _lines(unit: Unit) -> tuple[list[_Line], list[Expression]]:
    uses = Counter(value for member in unit.members for value in member.reads)
    uses.update(unit.outputs)
    pending: dict[int, _Pending] = {}
    lines: list[_Line] = []
    for member in unit.members:
        made, reads, depth = _call(member, pending)
        alone = len(member.writes) == 1 and uses[member.writes[0]] == 1
        is_returned = alone and len(unit.outputs) == 1 and member.writes == unit.outputs
        if alone and (is_returned or _may_wait(made, depth, unit, member)):
            pending[member.writes[0]] = _Pending(made, reads, depth)
        else:
            targets = member.writes if any(uses[value] for value in member.writes) else ()
            lines.append(_Line(targets, made, reads))
    result: list[Expression] = [pending[v].made if v in pending else _mark(v) for v in unit.outputs]
    return lines, result


def _may_wait(made: Call, depth: int, unit: Unit, member: Member) -> bool:
    return depth < DEEPEST and len(str(made)) <= LONGEST and member.writes[0] not in unit.outputs


def _call(member: Member, pending: dict[int, _Pending]) -> tuple[Call, list[int], int]:
    arguments: list[Expression] = []
    reads: list[int] = []
    depth = 0
    for value in member.reads:
        if value in pending:
            inner = pending.pop(value)
            arguments.append(inner.made)
            reads += inner.reads
            depth = max(depth, inner.depth)
        else:
            arguments.append(_mark(value))
            reads.append(value)
    first, *others = member.path
    head = f"self.{first}" + "".join(f'["{name}"]' for name in others)
    return Call(head, tuple(arguments)), reads, depth + 1


def _names(unit: Unit, lines: list[_Line], result: list[Expression]) -> dict[int, str]:
    """A variable for each value: that of the one value a line reads when this is its last use, else the member's name."""
    members = {value: member for member in unit.members for value in member.writes}
    last: dict[int, int] = {}
    for place, line in enumerate(lines):
        last.update(dict.fromkeys(line.reads, place))
    text = " ".join(map(str, result))
    last.update({value: len(lines) for value in [*unit.inputs, *members] if _mark(value) in text})
    names: dict[int, str] = {}
    taken: set[str] = set()
    for place, value in enumerate(unit.inputs):
        names[value] = "x" if len(unit.inputs) == 1 else f"x{place + 1}"
        taken.add(names[value])
    for place, line in enumerate(lines):
        dying = {value for value in line.reads if last[value] == place}
        for slot, value in enumerate(line.targets):
            if len(line.targets) == 1 and len(set(line.reads)) == 1 and dying:
                names[value] = names[line.reads[0]]
                continue
            name = "_".join(members[value].path) + (f"_{slot + 1}" if len(line.targets) > 1 else "")
            while name in taken or name in ("self", "x", "results"):
                name += "_"
            taken.add(name)
            names[value] = name
    return names


def _mark(value: int) -> str:
    return f"<{value}>"


def _named(made: Expression, names: dict[int, str]) -> Expression:
    if isinstance(made, Call):
        return Call(made.head, tuple(_named(value, names) for value in made.positional))
    return names[int(made[1:-1])]
