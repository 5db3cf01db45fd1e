"""Members of a team and their roles: services, pages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.accounts.access import Level, may_in_team
from apps.accounts.errors import AccountRefused
from apps.accounts.models import Membership, Role, Team, User
from apps.accounts.services.membership import member_add, member_remove, member_role_change
from apps.accounts.services.team import team_create


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


def test_an_added_member_has_the_role(team: Team, outsider: User) -> None:
    member_add(team=team, username="outsider", role=Role.VIEWER)
    assert may_in_team(outsider, Level.VIEW, team.pk)
    assert not may_in_team(outsider, Level.WORK, team.pk)


@pytest.mark.parametrize("username", ["nobody", "member", "\x00", "ü" * 300])
def test_who_cannot_be_added_is_named_at_the_field(team: Team, member: User, username: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        member_add(team=team, username=username, role=Role.VIEWER)
    assert refused.value.field == "username"
    assert Membership.objects.count() == 1


def test_the_last_admin_cannot_go(admin: User, member: User) -> None:
    for act in (
        lambda: member_remove(membership=membership(admin)),
        lambda: member_role_change(membership=membership(admin), role=Role.MEMBER),
    ):
        with pytest.raises(AccountRefused):
            act()
    assert membership(admin).role == Role.ADMIN


def test_an_admin_can_go_when_another_stays(admin: User, member: User) -> None:
    member_role_change(membership=membership(member), role=Role.ADMIN)
    member_remove(membership=membership(admin))
    with pytest.raises(AccountRefused):
        member_remove(membership=membership(member))


def test_an_admin_who_is_switched_off_does_not_count(admin: User, member: User) -> None:
    member_role_change(membership=membership(member), role=Role.ADMIN)
    User.objects.filter(pk=member.pk).update(is_active=False)
    with pytest.raises(AccountRefused):
        member_remove(membership=membership(admin))


def test_removed_twice_is_removed(admin: User, member: User) -> None:
    stale = membership(member)
    member_remove(membership=stale)
    member_remove(membership=Membership(pk=stale.pk or 1, team_id=stale.team_id, user_id=stale.user_id))
    assert not Membership.objects.filter(user=member).exists()


def test_a_change_is_told_to_open_sockets(admin, member, django_capture_on_commit_callbacks) -> None:
    for act in (
        lambda: member_role_change(membership=membership(member), role=Role.VIEWER),
        lambda: member_remove(membership=membership(member)),
    ):
        with django_capture_on_commit_callbacks(execute=True) as told:
            act()
        assert [call.keywords for call in told] == [{"user_id": member.pk}]


def test_a_team_belongs_to_who_made_it(outsider: User) -> None:
    team = team_create(name="  Ünïcode 🙂 ", by=outsider)
    assert team.name == "Ünïcode 🙂"
    assert may_in_team(outsider, Level.ADMIN, team.pk)


@pytest.mark.parametrize("name", ["", "  ", "Curie", "x" * 201, "a\x00b"])
def test_a_team_needs_a_good_name(team: Team, outsider: User, name: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        team_create(name=name, by=outsider)
    assert refused.value.field == "name"
    assert Team.objects.count() == 2


def test_a_viewer_sees_members_but_no_controls(as_user, team: Team, admin: User, viewer: User) -> None:
    url = reverse("accounts:team", args=[team.pk])
    add = reverse("accounts:member_new", args=[team.pk])
    seen = as_user(viewer).get(url).content.decode()
    assert "viewer" in seen
    assert add not in seen
    assert add in as_user(admin).get(url).content.decode()


def test_an_admin_adds_changes_and_removes_on_the_page(as_user, team: Team, admin: User, outsider: User) -> None:
    client = as_user(admin)
    page = reverse("accounts:team", args=[team.pk])
    assert client.post(f"{page}members/", {"username": "outsider", "role": "viewer"}).status_code == 302
    assert client.post(f"{page}members/{outsider.pk}/role/", {"role": "member"}).status_code == 302
    assert team.memberships.get(user=outsider).role == Role.MEMBER
    removal = f"{page}members/{outsider.pk}/remove/"
    assert "outsider" in client.get(removal).content.decode()
    assert team.memberships.filter(user=outsider).exists()
    assert client.post(removal)["Location"] == page
    assert not team.memberships.filter(user=outsider).exists()
    assert client.post(removal).status_code == 404


def test_a_wrong_name_is_shown_at_its_field(as_user, team: Team, admin: User) -> None:
    response = as_user(admin).post(f"/teams/{team.pk}/members/", {"username": "nobody", "role": "viewer"})
    assert response.status_code == 422
    assert response.context["form"].errors["username"]
    assert "There is no person with that user name" in response.content.decode()


def test_the_last_admin_is_told_why(as_user, team: Team, admin: User) -> None:
    for part, values in (("role", {"role": "viewer"}), ("remove", {})):
        response = as_user(admin).post(f"/teams/{team.pk}/members/{admin.pk}/{part}/", values, follow=True)
        assert "A team needs an admin" in response.content.decode()
        assert membership(admin).role == Role.ADMIN


def test_who_removes_themself_is_led_away(as_user, team: Team, admin: User, member: User) -> None:
    member_role_change(membership=membership(member), role=Role.ADMIN)
    response = as_user(admin).post(f"/teams/{team.pk}/members/{admin.pk}/remove/", follow=True)
    assert response.redirect_chain[-1][0] == "/teams/"
    assert response.status_code == 200
