"""The API of architectures: form, costs, graph, the trials its reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import architecture_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_view import ApiView, person
from apps.architectures.models import Architecture
from apps.architectures.selectors.comparison import comparison_for
from apps.architectures.selectors.drawing import (
    GraphView,
    architecture_graph,
    architecture_svg,
    space_of,
    views_of,
)
from apps.architectures.selectors.page import architecture_facts
from apps.architectures.selectors.paths import architecture_paths
from apps.architectures.selectors.trials import input_shapes, trials_of
from apps.architectures.serializers import ArchitectureOut, ArchitectureTrialOut, DiffOut, GraphOut, PathsOut

SVG = "image/svg+xml"
VIEW = OpenApiParameter(
    "view", str, enum=list(GraphView), description="What is drawn; the network only where the space has it."
)
OPEN = OpenApiParameter(
    "open", str, description='Groups that are open, with commas between; "all". By default the usual ones.'
)


class SvgRenderer(BaseRenderer):
    """Text is the picture; anything else is a problem, as JSON."""

    media_type = SVG
    format = "svg"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if isinstance(data, str):
            return data.encode()
        return bytes(JSONRenderer().render(data))


class ArchitectureView(ApiView):
    @extend_schema(responses=ArchitectureOut)
    def get(self, request: Request, key: str) -> Response:
        """One architecture, by its key."""
        architecture = architecture_get_for(person(request), key)
        return Response(ArchitectureOut(architecture_facts(architecture, person(request))).data)


class ArchitectureTrialsView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(ArchitectureTrialOut))
    def get(self, request: Request, key: str) -> Response:
        """Its trials in the runs you may see, newest first."""
        trials = trials_of(architecture_get_for(person(request), key), person(request))
        return Response(Page(trials, request.query_params).render(ArchitectureTrialOut))


class ArchitectureGraphView(ApiView):
    @extend_schema(parameters=[VIEW], responses=GraphOut)
    def get(self, request: Request, key: str) -> Response:
        """Its nodes, edges and groups."""
        architecture = architecture_get_for(person(request), key)
        shape, classes = input_shapes(trials_of(architecture, person(request)))[0]
        return Response(GraphOut(architecture_graph(architecture, shape, classes, _view(request, architecture))).data)


class ArchitectureSvgView(ApiView):
    renderer_classes = (SvgRenderer, JSONRenderer)

    @extend_schema(parameters=[VIEW, OPEN], responses={(200, SVG): str})
    def get(self, request: Request, key: str) -> Response:
        """Its drawing."""
        architecture = architecture_get_for(person(request), key)
        shape, classes = input_shapes(trials_of(architecture, person(request)))[0]
        view, opened = _view(request, architecture), request.query_params.get("open")
        return Response(architecture_svg(architecture, shape, classes, view=view, opened=opened), content_type=SVG)


class ArchitecturePathsView(ApiView):
    @extend_schema(responses=PathsOut(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Depth, width, input→output paths by length, irregularity of each part."""
        architecture = architecture_get_for(person(request), key)
        shape, classes = input_shapes(trials_of(architecture, person(request)))[0]
        tables = architecture_paths(architecture, shape, classes)
        return Response([{"part": table.title, **table.statistics.as_json()} for table in tables])


class ArchitectureDiffView(ApiView):
    @extend_schema(
        parameters=[
            OpenApiParameter("a", str, required=True, description="Key of the first architecture."),
            OpenApiParameter("b", str, required=True, description='Key of the second, or "preset:NAME" of the space.'),
            VIEW,
        ],
        responses=DiffOut,
    )
    def get(self, request: Request) -> Response:
        """Where two architectures of one space differ: parts, genotype, costs."""
        first, second = (request.query_params.get(side, "").strip() for side in "ab")
        missing = {
            side: [_("Name an architecture by its key.")] for side, name in (("a", first), ("b", second)) if not name
        }
        if missing:
            raise ValidationError(missing)
        view = request.query_params.get("view", "")
        compared = comparison_for(person(request), first, second, view=view, is_drawn=False)
        if compared.refusal:
            raise ValidationError({"b": [compared.refusal]})
        return Response(DiffOut(compared).data)


def _view(request: Request, architecture: Architecture) -> GraphView:
    """Raises ValidationError at "view" for one that the space does not have."""
    wanted, there_are = request.query_params.get("view", GraphView.CELL), views_of(space_of(architecture))
    if wanted not in there_are:
        raise ValidationError({"view": [_("There are %(views)s.") % {"views": ", ".join(there_are)}]})
    return GraphView(wanted)
