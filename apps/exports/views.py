"""Exports on the page of an architecture: asked for, followed, fetched."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import architecture_get_for, export_get_for
from apps.accounts.requests import SignedInRequest
from apps.architectures.models import Architecture
from apps.exports.files import file_response
from apps.exports.section import export_section
from apps.exports.selectors.description import description_for
from apps.exports.selectors.files import export_file_get
from apps.exports.services.request import export_request, export_retry
from apps.exports.services.used import export_used
from nas.core.errors import InvalidConfig, InvalidGenotype


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: SignedInRequest, key: str) -> HttpResponse:
    """GET: the list alone, which a script asks for while an export is under way. POST asks for one."""
    architecture = architecture_get_for(request.user, key)
    if request.method != "POST":
        return render(request, "architectures/export_list.html", {"architecture": architecture})
    section = export_section(architecture, request.user, given=request.POST)
    form = section["form"]
    if form is None or not form.is_valid():
        return render(request, "architectures/export_page.html", {"export_given": section}, status=422)
    try:
        export_request(
            architecture=architecture,
            by=request.user,
            formats=form.cleaned_data["formats"],
            choice=form.chosen(),
            now=timezone.now(),
        )
    except (InvalidConfig, InvalidGenotype) as error:
        form.add_error(None, str(error))
        return render(request, "architectures/export_page.html", {"export_given": section}, status=422)
    return _back(architecture)


@login_required
@require_POST
def again(request: SignedInRequest, key: str, export_id: int) -> HttpResponse:
    export = export_get_for(request.user, key, export_id)
    try:
        export_retry(export=export, by=request.user, now=timezone.now())
    except InvalidConfig as error:
        section = {**export_section(export.architecture, request.user), "error": str(error)}
        return render(request, "architectures/export_page.html", {"export_given": section}, status=422)
    return _back(export.architecture)


@login_required
@require_safe
def file(request: SignedInRequest, key: str, export_id: int, kind: str) -> StreamingHttpResponse:
    export = export_get_for(request.user, key, export_id)
    found = export_file_get(export, kind)
    export_used(export=export, now=timezone.now())
    return file_response(found)


@login_required
@never_cache
@require_safe
def description(request: SignedInRequest, key: str) -> JsonResponse:
    """The architecture as JSON, made while the reader waits."""
    architecture = architecture_get_for(request.user, key)
    content = description_for(architecture, request.user)
    response = JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
    name = f"{architecture.space_name}_{architecture.key[:10]}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _back(architecture: Architecture) -> HttpResponse:
    return redirect(f"{reverse('architectures:detail', args=[architecture.key])}#exports")
