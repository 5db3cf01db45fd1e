"""The API of comparisons."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api_view import ApiView, person
from apps.compare.chosen import runs_chosen
from apps.compare.schema import Comparison
from apps.compare.selectors.comparison import comparison_of
from apps.compare.serializers import CompareIn


class CompareView(ApiView):
    @extend_schema(parameters=[CompareIn], responses=Comparison)
    def get(self, request: Request) -> Response:
        """Runs side by side: series against one reference point, results, tests, settings, and what is not comparable."""
        wanted = self.given(CompareIn, request.query_params)
        runs = runs_chosen(person(request), dict.fromkeys(wanted["run"]))
        return Response(comparison_of(runs, now=timezone.now(), is_whole=True).model_dump(mode="json"))
