"""What pages and API read of people, teams and tokens."""

from __future__ import annotations

from django.db.models import Count, OuterRef, QuerySet, Subquery

from apps.accounts.access import Level, teams_of
from apps.accounts.models import ApiToken, Membership, Team, User


def team_list(*, user: User) -> QuerySet[Team]:
    """The teams of `user` by name, with `num_members` and the `role` they have there."""
    own = Membership.objects.filter(team=OuterRef("pk"), user_id=user.pk)
    return (
        teams_of(user, Level.VIEW)
        .annotate(num_members=Count("memberships"), role=Subquery(own.values("role")))
        .order_by("name", "pk")
    )


def member_list(*, team: Team) -> QuerySet[Membership]:
    """The memberships of a team by user name, with their people."""
    return team.memberships.select_related("user").order_by("user__username", "pk")


def token_list(*, user: User) -> QuerySet[ApiToken]:
    """The tokens of `user` that still open something, newest first."""
    return user.api_tokens.filter(revoked_at=None).order_by("-created_at", "-pk")
