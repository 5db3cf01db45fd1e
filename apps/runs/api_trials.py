"""The API of trials: the table, one trial, its curve, its lineage, the front."""

from __future__ import annotations

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, run_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, columns_page_of, page_of
from apps.accounts.api_view import ApiView, person
from apps.runs.engine import specification_of
from apps.runs.lineage_serializers import AncestryOut, LineageFilterIn, LineageOut
from apps.runs.selectors.ancestry import ancestry
from apps.runs.selectors.lineage import lineage_since, replica_get
from apps.runs.selectors.trials import ORDERS, curve_since, sources_shown, trial_get, trial_list
from apps.runs.trial_serializers import (
    CurveFilterIn,
    CurveOut,
    TrialColumnsOut,
    TrialDetailOut,
    TrialFilterIn,
    TrialOut,
    trial_columns,
)

ROWS_OR_COLUMNS = PolymorphicProxySerializer(
    component_name="TrialTableOut",
    serializers=[page_of(TrialOut), columns_page_of(TrialColumnsOut)],
    resource_type_field_name=None,
)


class TrialListView(ApiView):
    @extend_schema(parameters=[*PAGE_PARAMETERS, TrialFilterIn], responses=ROWS_OR_COLUMNS)
    def get(self, request: Request, run_id: int) -> Response:
        """The trials of a run. With `format=columns` the page is columns of equal length."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        wanted = self.given(TrialFilterIn, request.query_params)
        order, form = wanted.pop("order"), wanted.pop("format")
        is_descending = order.startswith("-")
        keys = [*((column, is_descending) for column in ORDERS[order.removeprefix("-")]), ("pk", True)]
        page = Page(trial_list(run=run, **wanted), request.query_params, keys)
        num_objectives = len(specification_of(run).objectives)
        if form == "columns":
            columns = trial_columns(page.rows, num_objectives)
            return Response({"columns": columns, "next_cursor": page.next_cursor})
        sources = sources_shown(page.rows, person(request))
        return Response(page.render(TrialOut, num_objectives=num_objectives, sources=sources))


class FrontView(ApiView):
    @extend_schema(responses=TrialColumnsOut)
    def get(self, request: Request, run_id: int) -> Response:
        """The non-dominated trials of each replica of the search, as columns; none of its baseline."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        front = list(trial_list(run=run, state="front").order_by("replica__number", "number"))
        return Response(trial_columns(front, len(specification_of(run).objectives)))


class TrialView(ApiView):
    @extend_schema(responses=TrialDetailOut)
    def get(self, request: Request, run_id: int, replica: int, number: int) -> Response:
        """One trial, by its replica and number."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        trial = trial_get(run=run, replica=replica, number=number)
        context = {
            "num_objectives": len(specification_of(run).objectives),
            "sources": sources_shown([trial], person(request)),
        }
        return Response(TrialDetailOut(trial, context=context).data)


class CurveView(ApiView):
    @extend_schema(parameters=[CurveFilterIn], responses=CurveOut)
    def get(self, request: Request, run_id: int, replica: int, number: int) -> Response:
        """The learning curve of a trial, or what was added to it."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        wanted = self.given(CurveFilterIn, request.query_params)
        trial = trial_get(run=run, replica=replica, number=number)
        return Response(curve_since(trial, after_step=wanted["after"]).as_json())


class LineageView(ApiView):
    @extend_schema(parameters=[LineageFilterIn], responses=LineageOut)
    def get(self, request: Request, run_id: int) -> Response:
        """Who descends from whom, as columns of one replica."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        wanted = self.given(LineageFilterIn, request.query_params)
        replica = replica_get(run=run, number=wanted["replica"])
        return Response(lineage_since(replica, after=wanted["after"]).as_json())


class AncestryView(ApiView):
    @extend_schema(responses=AncestryOut)
    def get(self, request: Request, run_id: int, replica: int, number: int) -> Response:
        """The ancestors of a trial, step by step, with what each changed; how many descend from it."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        found = ancestry(trial_get(run=run, replica=replica, number=number))
        return Response(AncestryOut(found, context={"num_objectives": len(specification_of(run).objectives)}).data)
