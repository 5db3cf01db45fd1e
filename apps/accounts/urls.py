"""The routes of people, teams and tokens, from the root."""

from django.urls import path

from apps.accounts.views import account, sign_in, team, token

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("account/", account.account, name="account"),
    path("account/name/", account.account_name, name="account_name"),
    path("account/password/", account.account_password, name="account_password"),
    path("teams/", team.teams, name="teams"),
    path("teams/<int:team_id>/", team.team, name="team"),
    path("teams/<int:team_id>/members/", team.member_new, name="member_new"),
    path("teams/<int:team_id>/members/<int:user_id>/role/", team.member_role, name="member_role"),
    path("teams/<int:team_id>/members/<int:user_id>/remove/", team.member_removal, name="member_removal"),
    path("tokens/", token.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", token.token_revocation, name="token_revocation"),
]
