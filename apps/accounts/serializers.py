"""People, teams, members, tokens as the API says them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import ApiToken, Membership, Role, Team, User


class PersonOut(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "username", "first_name", "last_name")


class TeamIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)


class TeamOut(serializers.ModelSerializer[Team]):
    role = serializers.ChoiceField(Role.choices, read_only=True, help_text="Your role in the team.")
    num_members = serializers.IntegerField(read_only=True)

    class Meta:
        model = Team
        fields = ("id", "name", "created_at", "num_members", "role")


class MemberIn(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(Role.choices, default=Role.MEMBER.value)


class MemberChangeIn(serializers.Serializer[Any]):
    role = serializers.ChoiceField(Role.choices)


class MemberOut(serializers.ModelSerializer[Membership]):
    user = PersonOut(read_only=True)

    class Meta:
        model = Membership
        fields = ("user", "role", "created_at")


class TokenIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, help_text="What the token is for.")


class TokenOut(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("id", "name", "created_at", "last_used_at")


class TokenMadeOut(serializers.ModelSerializer[ApiToken]):
    text = serializers.CharField(help_text="The token itself. Shown this once.")

    class Meta:
        model = ApiToken
        fields = (*TokenOut.Meta.fields, "text")
