"""The API of runs: list, start, look, steer, delete."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, run_get_for, team_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_team import team_given
from apps.accounts.api_view import ApiView, person
from apps.runs.models import Run
from apps.runs.selectors.against_random import AgainstRandom, against_random
from apps.runs.selectors.lists import run_list
from apps.runs.selectors.record import run_record
from apps.runs.selectors.steering import steering_of
from apps.runs.serializers import ArchitectureAddIn, RunDetailOut, RunFilterIn, RunIn, RunOut, SteeringIn, SteeringOut
from apps.runs.services import architecture_add, run_create, run_delete, run_steer
from apps.runs.verbs import VERBS
from nas.core.errors import FieldError, InvalidConfig


class RunListView(ApiView):
    @extend_schema(parameters=[*PAGE_PARAMETERS, RunFilterIn], responses=page_of(RunOut))
    def get(self, request: Request) -> Response:
        """The runs you may see, newest first."""
        wanted = self.given(RunFilterIn, request.query_params)
        team = team_get_for(person(request), wanted["team"], Level.VIEW) if "team" in wanted else None
        runs = run_list(user=person(request), team=team, state=wanted["state"], search=wanted["search"])
        return Response(Page(runs, request.query_params).render(RunOut))

    @extend_schema(request=RunIn, responses={201: RunDetailOut})
    def post(self, request: Request) -> Response:
        """Start a run (members). Every error names its place: `specification.space.config.width`."""
        given = self.given_as(RunIn, request.data)
        team = team_given(person(request), given.team)
        try:
            run = run_create(
                team=team, by=person(request), name=given.name, values=given.specification, now=timezone.now()
            )
        except InvalidConfig as error:
            raise InvalidConfig(_in_body(e) for e in error.errors) from None
        return Response(RunDetailOut(run).data, status=status.HTTP_201_CREATED)


class RunView(ApiView):
    @extend_schema(responses=RunDetailOut)
    def get(self, request: Request, run_id: int) -> Response:
        """One run, with its specification."""
        return Response(RunDetailOut(run_get_for(person(request), run_id, Level.VIEW)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, run_id: int) -> Response:
        """Delete a run and its trials (members). What still runs is cancelled first."""
        run_delete(run=run_get_for(person(request), run_id, Level.WORK), by=person(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class RunVerbView(ApiView):
    """`verb`: a key of apps.runs.verbs.VERBS, given by the route. There is no "start": a run starts when it is created."""

    verb = ""

    @extend_schema(request=None, responses=RunDetailOut)
    def post(self, request: Request, run_id: int) -> Response:
        """Steer a run (members). Done twice is harmless; 409 when its state does not allow it."""
        run = run_get_for(person(request), run_id, Level.WORK)
        VERBS[self.verb].carry_out(run=run, by=person(request), now=timezone.now())
        run.refresh_from_db()
        return Response(RunDetailOut(run).data)


class RunRecordView(ApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, run_id: int) -> Response:
        """What it takes to repeat the run: versions, devices, fingerprints, and the specification."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        return Response(run_record(run, with_advances=True))


class RunBaselineView(ApiView):
    @extend_schema(responses=AgainstRandom)
    def get(self, request: Request, run_id: int) -> Response:
        """The search against its random-search baseline, at equal spending; 404 for a run without one."""
        found = against_random(run_get_for(person(request), run_id, Level.VIEW))
        if found is None:
            raise Http404
        return Response(found.model_dump(mode="json"))


class RunSteeringView(ApiView):
    @extend_schema(responses=SteeringOut)
    def get(self, request: Request, run_id: int) -> Response:
        """What holds in a run once all that people asked for is carried out, and who changed what."""
        return Response(_steering(run_get_for(person(request), run_id, Level.VIEW)))

    @extend_schema(request=SteeringIn, responses=SteeringOut)
    def patch(self, request: Request, run_id: int) -> Response:
        """Change a search that is under way (members): what it may use, must keep, does at once, may spend.

        All of it or nothing. Done twice is done once; 409 when the run's state does not allow it. A run that has ended goes
        on when its budget is raised.
        """
        run = run_get_for(person(request), run_id, Level.WORK)
        given = self.given_as(SteeringIn, request.data)
        run_steer(
            run=run,
            by=person(request),
            now=timezone.now(),
            forbidden=given.forbidden,
            constraints=given.constraints,
            parallelism=given.parallelism,
            budget=None if given.budget is None else (given.budget.trials, given.budget.wall_seconds),
        )
        return Response(_steering(run))


def _steering(run: Run) -> dict[str, Any]:
    return dict(SteeringOut(steering_of(run)).data)


class RunArchitectureView(ApiView):
    @extend_schema(request=ArchitectureAddIn, responses={202: None})
    def post(self, request: Request, run_id: int) -> Response:
        """Have a run evaluate an architecture of its space next (members)."""
        run = run_get_for(person(request), run_id, Level.WORK)
        given = self.given(ArchitectureAddIn, request.data)
        architecture_add(run=run, by=person(request), genotype=given["genotype"], now=timezone.now())
        return Response(status=status.HTTP_202_ACCEPTED)


def _in_body(error: FieldError) -> FieldError:
    """The service speaks of paths into the specification; a caller looks for them in the body."""
    return error if error.field == "name" else FieldError(f"specification.{error.field}", error.message)
