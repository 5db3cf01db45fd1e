"""The page of an architecture, and its picture."""

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
from apps.architectures.selectors.page import architecture_page, architecture_svg, input_shapes, trials_of


@login_required
@never_cache
@require_safe
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    architecture = architecture_get_for(request.user, key)
    return render(request, "architectures/detail.html", {"page": architecture_page(architecture, request.user)})


@login_required
@require_safe
def graph(request: SignedInRequest, key: str) -> HttpResponse:
    """The drawing as a file. A browser that has it already is told so without drawing."""
    architecture = architecture_get_for(request.user, key)
    shape, classes = input_shapes(trials_of(architecture, request.user))[0]
    svg = architecture_svg(architecture, shape, classes)
    etag = quote_etag(hashlib.sha256(svg.encode()).hexdigest()[:32])
    response = HttpResponse(svg, content_type="image/svg+xml", headers={"ETag": etag})
    patch_cache_control(response, private=True, max_age=0, must_revalidate=True)
    return _unless_known(request, etag, response)


def _unless_known(request: HttpRequest, etag: str, response: HttpResponse) -> HttpResponse:
    answer = get_conditional_response(request, etag=etag, response=response)
    assert isinstance(answer, HttpResponse)
    return answer
