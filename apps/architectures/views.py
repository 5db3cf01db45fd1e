"""The page of an architecture, its pictures, and two architectures side by side."""

from __future__ import annotations

import hashlib

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.access import architecture_get_for
from apps.accounts.requests import SignedInRequest
from apps.architectures.drawing_request import wants_drawing_only
from apps.architectures.selectors.comparison import comparison_for
from apps.architectures.selectors.drawing import (
    architecture_drawing,
    architecture_svg,
    space_of,
    view_named,
)
from apps.architectures.selectors.page import architecture_page
from apps.architectures.selectors.trials import input_shapes, trials_of


@login_required
@never_cache
@require_safe
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    architecture = architecture_get_for(request.user, key)
    view, opened = request.GET.get("view", ""), request.GET.get("open")
    if wants_drawing_only(request):
        shape, classes = input_shapes(trials_of(architecture, request.user))[0]
        chosen = view_named(view, space_of(architecture))
        drawn = architecture_drawing(architecture, shape, classes, view=chosen, opened=opened)
        return render(request, "architectures/drawing.html", {"drawing": drawn})
    page = architecture_page(architecture, request.user, view=view, opened=opened)
    return render(request, "architectures/detail.html", {"page": page, "drawing": page.drawing})


@login_required
@require_safe
def graph(request: SignedInRequest, key: str) -> HttpResponse:
    """The drawing as a file. A browser that has it already is told so."""
    architecture = architecture_get_for(request.user, key)
    shape, classes = input_shapes(trials_of(architecture, request.user))[0]
    view = view_named(request.GET.get("view", ""), space_of(architecture))
    svg = architecture_svg(architecture, shape, classes, view=view, opened=request.GET.get("open"))
    etag = quote_etag(hashlib.sha256(svg.encode()).hexdigest()[:32])
    response = HttpResponse(svg, content_type="image/svg+xml", headers={"ETag": etag})
    patch_cache_control(response, private=True, max_age=0, must_revalidate=True)
    return _unless_known(request, etag, response)


@login_required
@never_cache
@require_safe
def diff(request: SignedInRequest) -> HttpResponse:
    """`?a=KEY&b=KEY`; b may also be "preset:NAME" of the space of a. Without both, a form that asks for them."""
    first, second = (request.GET.get(side, "").strip() for side in "ab")
    context: dict[str, object] = {"a": first, "b": second}
    if first and second:
        view, opened = request.GET.get("view", ""), request.GET.get("open")
        context["comparison"] = comparison_for(request.user, first, second, view=view, opened=opened)
        if wants_drawing_only(request):
            return render(request, "architectures/diff_drawing.html", context)
    return render(request, "architectures/diff.html", context)


def _unless_known(request: HttpRequest, etag: str, response: HttpResponse) -> HttpResponse:
    answer = get_conditional_response(request, etag=etag, response=response)
    assert isinstance(answer, HttpResponse)
    return answer
