"""The API of people, teams, members and tokens."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, team_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_view import ApiView, person
from apps.accounts.models import ApiToken, Membership, Role, Team
from apps.accounts.selectors import member_list, team_list, token_list
from apps.accounts.serializers import (
    MemberChangeIn,
    MemberIn,
    MemberOut,
    PersonOut,
    TeamIn,
    TeamOut,
    TokenIn,
    TokenMadeOut,
    TokenOut,
)
from apps.accounts.services.membership import member_add, member_remove, member_role_change
from apps.accounts.services.team import team_create
from apps.accounts.services.token import token_create, token_revoke


class MeView(ApiView):
    @extend_schema(responses=PersonOut)
    def get(self, request: Request) -> Response:
        """Who the token or session belongs to."""
        return Response(PersonOut(person(request)).data)


class TeamListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(TeamOut))
    def get(self, request: Request) -> Response:
        """Your teams, newest first."""
        return Response(Page(team_list(user=person(request)), request.query_params).render(TeamOut))

    @extend_schema(request=TeamIn, responses={201: TeamOut})
    def post(self, request: Request) -> Response:
        """Make a team; you are its admin."""
        given = self.given(TeamIn, request.data)
        team = team_create(name=given["name"], by=person(request))
        return Response(TeamOut(_seen(request, team)).data, status=status.HTTP_201_CREATED)


class TeamView(ApiView):
    @extend_schema(responses=TeamOut)
    def get(self, request: Request, team_id: int) -> Response:
        """One of your teams."""
        return Response(TeamOut(_seen(request, team_get_for(person(request), team_id, Level.VIEW))).data)


class MemberListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(MemberOut))
    def get(self, request: Request, team_id: int) -> Response:
        """The members of a team, newest first."""
        team = team_get_for(person(request), team_id, Level.VIEW)
        return Response(Page(member_list(team=team), request.query_params).render(MemberOut))

    @extend_schema(request=MemberIn, responses={201: MemberOut})
    def post(self, request: Request, team_id: int) -> Response:
        """Add a person to a team (admins)."""
        team = team_get_for(person(request), team_id, Level.ADMIN)
        given = self.given(MemberIn, request.data)
        membership = member_add(team=team, username=given["username"], role=Role(given["role"]))
        return Response(MemberOut(membership).data, status=status.HTTP_201_CREATED)


class MemberView(ApiView):
    @extend_schema(request=MemberChangeIn, responses=MemberOut)
    def patch(self, request: Request, team_id: int, user_id: int) -> Response:
        """Change a member's role (admins). The last admin keeps theirs."""
        membership = _membership(request, team_id, user_id)
        member_role_change(membership=membership, role=Role(self.given(MemberChangeIn, request.data)["role"]))
        membership.refresh_from_db()
        return Response(MemberOut(membership).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, team_id: int, user_id: int) -> Response:
        """Remove a member (admins). The last admin cannot go."""
        member_remove(membership=_membership(request, team_id, user_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TokenListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(TokenOut))
    def get(self, request: Request) -> Response:
        """Your tokens that are not revoked, newest first."""
        return Response(Page(token_list(user=person(request)), request.query_params).render(TokenOut))

    @extend_schema(request=TokenIn, responses={201: TokenMadeOut})
    def post(self, request: Request) -> Response:
        """Make a token. Its text is in this answer and nowhere else."""
        given = self.given(TokenIn, request.data)
        token, text = token_create(user=person(request), name=given["name"])
        return Response({**TokenOut(token).data, "text": text}, status=status.HTTP_201_CREATED)


class TokenView(ApiView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke one of your tokens. Revoked twice is harmless."""
        token: ApiToken = get_object_or_404(person(request).api_tokens, pk=token_id)
        token_revoke(token=token, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _seen(request: Request, team: Team) -> Team:
    """The team with what the list says of it."""
    return team_list(user=person(request)).get(pk=team.pk)


def _membership(request: Request, team_id: int, user_id: int) -> Membership:
    team = team_get_for(person(request), team_id, Level.ADMIN)
    return get_object_or_404(member_list(team=team), user_id=user_id)
