"""The source of our own small modules, copied into a file that must not need us."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from nas.export.expression import WIDTH


@dataclass(frozen=True, slots=True)
class Copied:
    """`imports`: the statements that the code needs, one name each; `code`: definitions, one after the other, each once;
    `names`: what both of them define."""

    imports: frozenset[str]
    code: tuple[str, ...]
    names: frozenset[str]


def copied(wanted: Iterable[tuple[str, str]]) -> Copied:
    """The definitions of `wanted` (module, name), and of whatever else of their files they use.

    Raises ValueError for a file that imports something of ours: its code could not stand by itself.
    """
    imports: set[str] = set()
    code: dict[str, None] = {}
    names: set[str] = set()
    for module, name in wanted:
        source = inspect.getsource(import_module(module))
        tree = ast.parse(source)
        known = _imports(tree, module)
        definitions = _definitions(tree)
        for needed in _closure(name, definitions):
            names.add(needed)
            code[_rewrapped(source, definitions[needed])] = None
            used = {used for used in _names(definitions[needed]) if used in known}
            imports |= {known[one] for one in used}
            names |= used
    return Copied(frozenset(imports), tuple(code), frozenset(names))


def _imports(tree: ast.Module, module: str) -> dict[str, str]:
    """Name in the file → the statement that imports it alone."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = ast.unparse(ast.Import([alias]))
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            if node.level or (node.module or "").partition(".")[0] == "nas":
                raise ValueError(f"{module} imports {node.module}; what is copied into exports needs torch only")
            for alias in node.names:
                found[alias.asname or alias.name] = ast.unparse(ast.ImportFrom(node.module, [alias], 0))
    return found


def _definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found.update((target.id, node) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


def _closure(name: str, definitions: dict[str, ast.stmt]) -> list[str]:
    """`name` and what it uses of its file, in the order of the file."""
    found, waiting = set(), [name]
    while waiting:
        if (next_one := waiting.pop()) not in found:
            found.add(next_one)
            waiting += [used for used in _names(definitions[next_one]) if used in definitions]
    return [known for known in definitions if known in found]


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _rewrapped(source: str, node: ast.stmt) -> str:
    """The text of a definition; lines of docstrings that are wider than an exported file go on in the next line."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    out = {number: line for number, line in enumerate(source.splitlines(), start=1) if first <= number}
    for inner in ast.walk(node):
        if isinstance(inner, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(inner) is not None:
            text = inner.body[0]
            for number in range(text.lineno, (text.end_lineno or text.lineno) + 1):
                if len(out[number]) > WIDTH:
                    margin = out[number][: len(out[number]) - len(out[number].lstrip())]
                    out[number] = textwrap.fill(out[number], WIDTH, subsequent_indent=margin)
    return "\n".join(out[number] for number in range(first, (node.end_lineno or first) + 1))
