"""The routes of the API, version 1."""

from django.urls import path, re_path

from apps.accounts import api as accounts
from apps.accounts.api_schema import SchemaView
from apps.accounts.api_view import UnknownRoute

app_name = "api"
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("me/", accounts.MeView.as_view(), name="me"),
    path("teams/", accounts.TeamListView.as_view(), name="teams"),
    path("teams/<int:team_id>/", accounts.TeamView.as_view(), name="team"),
    path("teams/<int:team_id>/members/", accounts.MemberListView.as_view(), name="members"),
    path("teams/<int:team_id>/members/<int:user_id>/", accounts.MemberView.as_view(), name="member"),
    path("tokens/", accounts.TokenListView.as_view(), name="tokens"),
    path("tokens/<int:token_id>/", accounts.TokenView.as_view(), name="token"),
    re_path(r"", UnknownRoute.as_view(), name="unknown"),
]
