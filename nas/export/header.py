"""Text of any origin inside a docstring: it can say what it likes and never ends it."""

from __future__ import annotations

from nas.export.expression import WIDTH


def docstring_lines(text: str, width: int = WIDTH) -> list[str]:
    """`text` as lines of at most `width` characters that can stand between triple quotes.

    What is not printable, line breaks included, is written as its escape; a line breaks at blanks where it has any.
    """
    lines: list[str] = []
    line: list[str] = []
    for piece in _pieces(text):
        while line and sum(map(len, line)) + len(piece) > width:
            cut = next((i + 1 for i in range(len(line) - 1, 0, -1) if line[i] == " "), len(line))
            lines.append("".join(line[:cut]).rstrip())
            line = line[cut:]
        line.append(piece)
    return [*lines, "".join(line).rstrip()]


def one_line(text: str, width: int) -> str:
    """The beginning of `text` as it may stand in a docstring or a comment."""
    found = docstring_lines(text, width)
    return found[0] if len(found) == 1 else docstring_lines(text, width - 1)[0] + "…"


def _pieces(text: str) -> list[str]:
    """One piece per character: itself, or its escape. No quote stays beside another, nor at an end."""
    pieces = []
    for place, character in enumerate(text):
        if character == "\\":
            pieces.append("\\\\")
        elif character == '"':
            alone = 0 < place < len(text) - 1 and text[place - 1] != '"' and text[place + 1] != '"'
            pieces.append('"' if alone else '\\"')
        elif character.isprintable():
            pieces.append(character)
        else:
            pieces.append("\\\\" + character.encode("unicode_escape").decode("ascii")[1:])
    return pieces
