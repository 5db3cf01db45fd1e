"""Start-up state and event log over HTTP."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.views.decorators.http import require_GET

from apps.accounts.access import Level, run_get_for
from apps.live.models import Event
from apps.runs.selectors.snapshot import run_snapshot_bytes

EVENTS_AT_ONCE = 200


@require_GET
@login_required
def snapshot(request: HttpRequest, run_id: int) -> HttpResponse:
    """RunSnapshot, gzipped (every browser takes it; it is kept in this form)."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    content, tag = run_snapshot_bytes(run)
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    response = HttpResponse(content, content_type="application/json")
    response["Content-Encoding"] = "gzip"
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response


@require_GET
@login_required
def events(request: HttpRequest, run_id: int) -> HttpResponse:
    """A part of the log, newest first below `before`, or oldest first above `after`; at most EVENTS_AT_ONCE."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    rows = Event.objects.filter(run=run)
    after, before = _seq(request, "after"), _seq(request, "before")
    if after is not None:
        rows = rows.filter(seq__gt=after).order_by("seq")
    else:
        rows = (rows if before is None else rows.filter(seq__lt=before)).order_by("-seq")
    found = [{"seq": row.seq, "at": row.created_at.isoformat(), "event": row.body} for row in rows[:EVENTS_AT_ONCE]]
    return JsonResponse({"events": found})


def _seq(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
