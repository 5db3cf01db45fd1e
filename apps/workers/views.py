"""The page of workers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.workers.selectors import worker_rows


@require_GET
@login_required
def workers(request: HttpRequest) -> HttpResponse:
    """The whole page, or only the table when htmx asks for it."""
    rows = worker_rows(user=request.user, now=timezone.now())
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "workers/table.html" if is_part else "workers/list.html", {"rows": rows})
