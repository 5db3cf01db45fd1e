"""The SVG document around a picture, with its title and the graph in words."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from nas.core.graph import Edge, Graph

_FONT = "font-family:var(--graph-font,system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif)"
MOST_SAID = 200
"""Edges that are said in words; nobody listens to more."""


def document(
    graph: Graph, width: float, height: float, css_class: str, body: str, *, is_interactive: bool = False
) -> str:
    """`body` as a picture of that size in pixels, smaller where there is less room. What can be clicked stays reachable."""
    title = escape(graph.title or "Architecture")
    style = f"--graph-width:{width:g}px;max-width:100%;height:auto" + (f";{_FONT}" if "<text" in body else "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css_class}" role="{"group" if is_interactive else "img"}" '
        f'aria-label="{title}" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" style="{style}">'
        f"<title>{title}</title><desc>{escape(_in_words(graph))}</desc>{body}</svg>"
    )


def living_last(graph: Graph) -> Iterator[tuple[int, Edge]]:
    """The edges by number; living ones are drawn over dead ones."""
    yield from sorted(enumerate(graph.edges), key=lambda item: not item[1].is_dead)


def _in_words(graph: Graph) -> str:
    """The edges as sentences, for readers who do not see the picture."""
    label = {node.id: node.label for node in graph.nodes}
    said = []
    for edge in graph.edges[:MOST_SAID]:
        by = f" by {edge.label}" if edge.label else ""
        dead = ", without influence" if edge.is_dead else ""
        said.append(f"{label[edge.source]} to {label[edge.target]}{by}{dead}")
    if len(graph.edges) > MOST_SAID:
        said.append(f"and {len(graph.edges) - MOST_SAID} more")
    return "; ".join(said) + "." if said else ""
