"""The API of search spaces: saved ones, and what a space holds before anything is saved."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, saved_space_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_team import team_given
from apps.accounts.api_view import ApiView, person
from apps.spaces.selectors.made import space_made
from apps.spaces.selectors.preview import space_preview
from apps.spaces.selectors.saved import saved_space_list
from apps.spaces.serializers import (
    DescribeIn,
    DescribeOut,
    SavedSpaceIn,
    SavedSpaceOut,
    SpacePreviewIn,
    SpacePreviewOut,
)
from apps.spaces.services.saved_space import saved_space_create, saved_space_delete
from nas.core.objective import Constraint
from nas.core.space import architecture_key


class SavedSpaceListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(SavedSpaceOut))
    def get(self, request: Request) -> Response:
        """The saved spaces you may see, newest first."""
        return Response(Page(saved_space_list(person(request)), request.query_params).render(SavedSpaceOut))

    @extend_schema(request=SavedSpaceIn, responses={201: SavedSpaceOut})
    def post(self, request: Request) -> Response:
        """Save a space under a name (members)."""
        given = self.given(SavedSpaceIn, request.data)
        team = team_given(person(request), given.get("team"))
        space = space_made(**given["space"])
        saved = saved_space_create(team=team, by=person(request), name=given["name"], space=space)
        return Response(SavedSpaceOut(saved).data, status=status.HTTP_201_CREATED)


class SavedSpaceView(ApiView):
    @extend_schema(responses=SavedSpaceOut)
    def get(self, request: Request, space_id: int) -> Response:
        """One saved space."""
        return Response(SavedSpaceOut(saved_space_get_for(person(request), space_id, Level.VIEW)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, space_id: int) -> Response:
        """Forget a saved space (members). Runs that began with it are not touched."""
        saved_space_delete(saved=saved_space_get_for(person(request), space_id, Level.WORK))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SpacePreviewView(ApiView):
    @extend_schema(request=SpacePreviewIn, responses=SpacePreviewOut)
    def post(self, request: Request) -> Response:
        """Size, cost histograms of random architectures, and some drawn. The same seed gives the same answer."""
        given = self.given(SpacePreviewIn, request.data)
        space = space_made(**given["space"])
        preview = space_preview(
            space,
            tuple(given["input_shape"]),
            given["num_classes"],
            [Constraint.from_text(text) for text in given["constraints"]],
            num_samples=given["num_samples"],
            seed=given["seed"],
        )
        body = {
            "size": space.size(),
            "num_samples": preview.num_samples,
            "num_met": preview.num_met,
            "histograms": preview.histograms,
            "drawn": preview.drawn,
        }
        return Response(SpacePreviewOut(body).data)


class SpaceDescribeView(ApiView):
    @extend_schema(request=DescribeIn, responses=DescribeOut)
    def post(self, request: Request) -> Response:
        """Key and costs of one architecture of a space, in closed form; nothing is trained or stored."""
        given = self.given(DescribeIn, request.data)
        space = space_made(**given["space"])
        genotype = space.validate(given["genotype"])
        body = {
            "key": architecture_key(space, genotype),
            "genotype": genotype,
            "canonical": space.canonical(genotype),
            "cost": space.cost(genotype, tuple(given["input_shape"]), given["num_classes"]),
        }
        return Response(DescribeOut(body).data)
