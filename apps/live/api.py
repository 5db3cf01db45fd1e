"""The API of what a run page begins with and what happened since."""

from __future__ import annotations

import gzip

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, run_get_for
from apps.accounts.api_view import ApiView, person
from apps.live.models import Event, Stream
from apps.live.serializers import EventsIn, EventsOut
from apps.live.snapshot_schema import RunSnapshot
from apps.runs.selectors.snapshot import run_snapshot_bytes


class SnapshotView(ApiView):
    @extend_schema(responses=RunSnapshot)
    def get(self, request: Request, run_id: int) -> HttpResponseBase:
        """Everything the run page shows, as of event `seq`; points as columns. With entity tags."""
        content, tag = run_snapshot_bytes(run_get_for(person(request), run_id, Level.VIEW))
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified(headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            content = gzip.decompress(content)
        return HttpResponse(content, content_type="application/json", headers=headers)


class EventListView(ApiView):
    @extend_schema(parameters=[EventsIn], responses=EventsOut)
    def get(self, request: Request, run_id: int) -> Response:
        """The event log of a run behind `after`, oldest first."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        wanted = self.given(EventsIn, request.query_params)
        rows = Event.objects.filter(run=run, seq__gt=wanted["after"]).order_by("seq")[: wanted["limit"]]
        events = [{"seq": row.seq, "at": row.created_at.isoformat(), "event": row.body} for row in rows]
        last_seq = Stream.objects.filter(run=run).values_list("seq", flat=True).first() or 0
        return Response({"events": events, "last_seq": last_seq})
