"""What each strategy and space does, for people who do not know it: the explanations that come with the product."""

from __future__ import annotations

from mimetypes import guess_type
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.methods.method_page import DOCS, has_method_page, method_images, method_page
from nas import registry
from nas.core.registry import Registry


@login_required
@require_safe
def method_list(request: HttpRequest) -> HttpResponse:
    """Those that have a page, by title."""
    listed = {"strategies": _listed(registry.strategies), "spaces": _listed(registry.spaces)}
    return render(request, "methods/list.html", listed)


def _listed(kinds: Registry[Any]) -> list[dict[str, str]]:
    found = [kinds.get(name) for name in kinds if has_method_page(name)]
    texts = [
        {"name": kind.name, "title": _(kind.title), "summary": _(kind.summary), "source": kind.source} for kind in found
    ]
    return sorted(texts, key=lambda one: one["title"].casefold())


@login_required
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    shown = method_page(name)
    if shown is None:
        raise Http404
    is_strategy, is_space = name in registry.strategies, name in registry.spaces
    return render(request, "methods/page.html", {"page": shown, "is_strategy": is_strategy, "is_space": is_space})


@login_required
@require_safe
def image(request: HttpRequest, name: str) -> HttpResponse:
    """A picture of an explanation."""
    if name not in method_images():
        raise Http404
    content_type = guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": "private, max-age=3600"}
    return HttpResponse((DOCS / "images" / name).read_bytes(), content_type=content_type, headers=headers)
