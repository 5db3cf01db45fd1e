"""Python expressions as text, broken into lines the way ruff formats them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH = 110
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Call:
    """`head(…)`. `named` keeps its order."""

    head: str
    positional: tuple[Expression, ...] = ()
    named: Mapping[str, Expression] = field(default_factory=dict)

    def __str__(self) -> str:
        """On one line."""
        parts = [str(value) for value in self.positional]
        parts += [f"{name}={value}" for name, value in self.named.items()]
        return f"{self.head}({', '.join(parts)})"


Expression = str | Call


def literal(value: object) -> str:
    """A number, text, boolean, None, or a tuple of these. Raises TypeError for anything else: nothing else is ever printed."""
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str):
        text = value.encode("unicode_escape").decode("ascii")
        quote = '"' if text.count('"') <= text.count("'") else "'"
        return f"{quote}{text.replace(quote, chr(92) + quote)}{quote}"
    if isinstance(value, tuple):
        inner = ", ".join(literal(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    raise TypeError(f"{type(value).__name__} is no setting of a layer")


def fits(text: str, indent: int, *, around: int = 0) -> bool:
    """Whether `text` fits on a line `indent` levels deep with `around` more characters on it."""
    return len(INDENT) * indent + len(text) + around <= WIDTH


def broken(expression: Expression, indent: int, *, around: int = 0) -> str:
    """The expression on one line, or where that is too long with one argument per line.

    Args:
      indent: how deep the line stands on which it begins.
      around: characters before and behind it on that line.
    """
    flat = str(expression)
    if (
        isinstance(expression, str)
        or fits(flat, indent, around=around)
        or not (expression.positional or expression.named)
    ):
        return flat
    inner = INDENT * (indent + 1)
    lines = [f"{inner}{broken(value, indent + 1, around=1)}," for value in expression.positional]
    for name, value in expression.named.items():
        lines.append(f"{inner}{name}={broken(value, indent + 1, around=len(name) + 2)},")
    return "\n".join([f"{expression.head}(", *lines, f"{INDENT * indent})"])


def statement(target: str, expression: Expression, indent: int) -> str:
    """`target` is what stands before the expression, its blank included ("x = ", "return ")."""
    return f"{INDENT * indent}{target}{broken(expression, indent, around=len(target))}"


def signature(name: str, parameters: Sequence[str], returns: str) -> list[str]:
    """The first line of a method, or its lines."""
    line = f"{INDENT}def {name}({', '.join(parameters)}) -> {returns}:"
    if len(line) <= WIDTH:
        return [line]
    inner = [f"{INDENT * 2}{parameter}," for parameter in parameters]
    return [f"{INDENT}def {name}(", *inner, f"{INDENT}) -> {returns}:"]
