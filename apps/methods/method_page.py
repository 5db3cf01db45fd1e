"""The explanations of docs/methods as HTML: what a strategy or space does, its paper, where we deviate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nas import registry

DOCS: Path = settings.BASE_DIR / "docs"
"""Where the explanations and their pictures are: part of the project, never written by people who use it."""

OVERVIEWS = frozenset({"islands", "shared_weights"})
"""Pages about what several methods have in common."""


@dataclass(frozen=True, slots=True)
class MethodPage:
    """Attributes:
    title: the first heading.
    html: what follows it.
    """

    name: str
    title: str
    html: SafeString


@lru_cache(maxsize=64)
def method_page(name: str) -> MethodPage | None:
    """The explanation of a registered strategy or space, or an overview; None for another name and for one without a page."""
    if not has_method_page(name):
        return None
    return page_from(name, (DOCS / "methods" / f"{name}.md").read_text(encoding="utf-8"))


def page_from(name: str, text: str) -> MethodPage:
    """Markdown as a page. HTML inside it is shown, not obeyed; an address that runs a script is no link."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    title = name
    if tokens and tokens[0].type == "heading_open":
        title, tokens = tokens[1].content, tokens[3:]
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("class", "table")
        _rewrite(token.children or ())
    return MethodPage(name, title, mark_safe(markdown.renderer.render(tokens, markdown.options, {})))  # noqa: S308


def has_method_page(name: str) -> bool:
    is_known = name in registry.strategies or name in registry.spaces or name in OVERVIEWS
    return is_known and (DOCS / "methods" / f"{name}.md").is_file()


@lru_cache(maxsize=1)
def method_images() -> frozenset[str]:
    """Names of the pictures that explanations may show."""
    return frozenset(path.name for path in (DOCS / "images").iterdir() if path.is_file())


def _rewrite(inline: Sequence[Token]) -> None:
    """Links and pictures of the files lead to pages here; a link to what has no page becomes its text."""
    closes_text = False
    for token in inline:
        if token.type == "image":
            token.attrSet("src", reverse("methods:image", args=[PurePosixPath(str(token.attrs["src"])).name]))
            token.attrSet("loading", "lazy")
        elif token.type == "link_open":
            target = str(token.attrs["href"])
            page, _hash, place = target.partition("#")
            if "://" in target:
                token.attrSet("rel", "noreferrer")
            elif page.endswith(".md") and has_method_page(PurePosixPath(page).stem):
                address = reverse("methods:page", args=[PurePosixPath(page).stem])
                token.attrSet("href", f"{address}#{place}" if place else address)
            else:
                token.tag, token.attrs, closes_text = "span", {}, True
        elif token.type == "link_close" and closes_text:
            token.tag, closes_text = "span", False
