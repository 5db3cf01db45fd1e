"""The API of studies."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, run_get_for, study_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_view import ApiView, person
from apps.runs.selectors.trials import trial_get
from apps.studies.selectors.offers import best_trial
from apps.studies.selectors.studies import study_list
from apps.studies.serializers import StudyDetailOut, StudyIn, StudyOut
from apps.studies.services.request import study_go_on, study_start
from apps.studies.services.study import study_cancel, study_delete
from nas.core.errors import InvalidConfig


class StudyListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(StudyOut))
    def get(self, request: Request, run_id: int) -> Response:
        """The studies of a run's architectures, newest first."""
        run = run_get_for(person(request), run_id, Level.VIEW)
        return Response(Page(study_list(run=run), request.query_params).render(StudyOut))

    @extend_schema(request=StudyIn, responses={HTTPStatus.ACCEPTED: StudyDetailOut})
    def post(self, request: Request, run_id: int) -> Response:
        """Have an architecture of a run studied (members). Look at `state`, `stage`, `done` of `total`.

        Asking for the very same while it is under way gives the same study.
        """
        run = run_get_for(person(request), run_id, Level.WORK)
        given = self.given(StudyIn, request.data)
        try:
            trial = (
                trial_get(run=run, replica=given["replica"], number=given["number"])
                if "number" in given
                else best_trial(run)
            )
        except Http404:
            raise InvalidConfig.at("number", _("This run has no such trial.")) from None
        if trial is None:
            raise InvalidConfig.at("number", _("No trial of this run has been completed yet."))
        study = study_start(
            trial=trial,
            by=person(request),
            kind=given["kind"],
            settings=given["config"],
            seed=given["seed"],
            now=timezone.now(),
        )
        return Response(StudyDetailOut(study).data, status=HTTPStatus.ACCEPTED)


class StudyView(ApiView):
    @extend_schema(responses=StudyDetailOut)
    def get(self, request: Request, study_id: int) -> Response:
        """One study with what it has found."""
        return Response(StudyDetailOut(study_get_for(person(request), study_id, Level.VIEW)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, study_id: int) -> Response:
        """Delete a study and what it has found (members); one that is under way ends."""
        study_delete(study=study_get_for(person(request), study_id, Level.WORK), by=person(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class StudyCancelView(ApiView):
    @extend_schema(request=None, responses=StudyDetailOut)
    def post(self, request: Request, study_id: int) -> Response:
        """End a study (members). What was found is kept. One that has ended stays as it is."""
        study = study_get_for(person(request), study_id, Level.WORK)
        study_cancel(study=study, now=timezone.now())
        study.refresh_from_db()
        return Response(StudyDetailOut(study).data)


class StudyGoOnView(ApiView):
    @extend_schema(request=None, responses={HTTPStatus.ACCEPTED: StudyDetailOut})
    def post(self, request: Request, study_id: int) -> Response:
        """Go on where it stopped (members). One that did not stop stays as it is."""
        study = study_get_for(person(request), study_id, Level.WORK)
        study_go_on(study=study, by=person(request), now=timezone.now())
        study.refresh_from_db()
        return Response(StudyDetailOut(study).data, status=HTTPStatus.ACCEPTED)
