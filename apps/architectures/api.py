"""The API of architectures: form, costs, graph, the trials its reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import architecture_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_view import ApiView, person
from apps.architectures.selectors.page import architecture_page, architecture_svg, input_shapes, space_of, trials_of
from apps.architectures.serializers import ArchitectureOut, ArchitectureTrialOut, GraphOut

SVG = "image/svg+xml"


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
        return Response(ArchitectureOut(architecture_page(architecture, person(request))).data)


class ArchitectureTrialsView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(ArchitectureTrialOut))
    def get(self, request: Request, key: str) -> Response:
        """Its trials in the runs you may see, newest first."""
        trials = trials_of(architecture_get_for(person(request), key), person(request))
        return Response(Page(trials, request.query_params).render(ArchitectureTrialOut))


class ArchitectureGraphView(ApiView):
    @extend_schema(responses=GraphOut)
    def get(self, request: Request, key: str) -> Response:
        """Its nodes, edges and groups."""
        architecture = architecture_get_for(person(request), key)
        shape, classes = input_shapes(trials_of(architecture, person(request)))[0]
        return Response(GraphOut(space_of(architecture).graph(architecture.genotype, shape, classes)).data)


class ArchitectureSvgView(ApiView):
    renderer_classes = (SvgRenderer, JSONRenderer)

    @extend_schema(responses={(200, SVG): str})
    def get(self, request: Request, key: str) -> Response:
        """Its drawing."""
        architecture = architecture_get_for(person(request), key)
        shape, classes = input_shapes(trials_of(architecture, person(request)))[0]
        return Response(architecture_svg(architecture, shape, classes), content_type=SVG)
