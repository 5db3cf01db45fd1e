"""Who may see and do what: the rules of apps/accounts/access.py, for every owned model alike."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone

from apps.accounts import access
from apps.accounts.access import Level
from apps.accounts.models import Membership, Role, Team, User, Visibility
from apps.architectures.models import Architecture
from apps.datasets.models import BenchmarkTable, DataSet
from apps.runs.models import Proposal, Replica, Run, Trial
from apps.spaces.models import SavedSpace

MAKERS = {
    "run": lambda team: Run.objects.create(team=team, name="run", specification={}, seed=0),
    "dataset": lambda team: DataSet.objects.create(team=team, name="digits"),
    "table": lambda team: BenchmarkTable.objects.create(team=team, name="table", space_name="nasbench201"),
    "saved_space": lambda team: SavedSpace.objects.create(team=team, name="space", space_name="nasbench201"),
}
GETTERS = {
    "run": access.run_get_for,
    "dataset": access.dataset_get_for,
    "table": access.table_get_for,
    "saved_space": access.saved_space_get_for,
}


@pytest.fixture(params=MAKERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def owned(kind: str, team: Team):
    return MAKERS[kind](team)


REACH = [
    ("viewer", Level.VIEW),
    ("member", Level.WORK),
    ("admin", Level.ADMIN),
    ("outsider", None),
    ("superuser", None),
]


@pytest.mark.parametrize(("person", "reach"), REACH)
def test_role_decides_how_far_access_goes(person, reach, kind, owned, request) -> None:
    user = request.getfixturevalue(person)
    for level in Level:
        allowed = reach is not None and level <= reach
        assert access.may(user, level, owned) is allowed
        if allowed:
            assert GETTERS[kind](user, owned.pk, level) == owned
        else:
            with pytest.raises(Http404):
                GETTERS[kind](user, owned.pk, level)
    assert access.visible(type(owned).objects.all(), user).filter(pk=owned.pk).exists() is (reach is not None)


def test_anonymous_sees_nothing_even_when_shared_with_everyone_signed_in(owned) -> None:
    type(owned).objects.update(visibility=Visibility.SIGNED_IN)
    owned.refresh_from_db()
    assert not access.may(AnonymousUser(), Level.VIEW, owned)
    assert not access.visible(type(owned).objects.all(), AnonymousUser()).exists()


@pytest.mark.parametrize("how", ["named team", "everyone signed in"])
def test_sharing_grants_viewing_only(how, kind, owned, outsider: User, other_team: Team) -> None:
    if how == "named team":
        owned.shared_with.add(other_team)
    else:
        type(owned).objects.update(visibility=Visibility.SIGNED_IN)
        owned.refresh_from_db()
    assert GETTERS[kind](outsider, owned.pk, Level.VIEW) == owned
    assert list(access.visible(type(owned).objects.all(), outsider)) == [owned]
    for level in (Level.WORK, Level.ADMIN):
        with pytest.raises(Http404):
            GETTERS[kind](outsider, owned.pk, level)


def test_a_row_shared_in_several_ways_is_listed_once(owned, team: Team, member: User, other_team: Team) -> None:
    Membership.objects.create(team=other_team, user=member, role=Role.VIEWER)
    owned.shared_with.add(team, other_team)
    type(owned).objects.update(visibility=Visibility.SIGNED_IN)
    assert list(access.visible(type(owned).objects.all(), member)) == [owned]


def test_a_person_switched_off_sees_nothing(owned, member: User) -> None:
    assert access.may(member, Level.VIEW, owned)
    member.is_active = False
    assert not access.may(member, Level.VIEW, owned)
    assert not access.visible(type(owned).objects.all(), member).exists()


def test_superuser_acts_as_admin_in_own_teams_only(owned, superuser: User, team: Team) -> None:
    assert not access.may(superuser, Level.VIEW, owned)
    Membership.objects.create(team=team, user=superuser, role=Role.VIEWER)
    assert access.may(superuser, Level.ADMIN, owned)


def test_unknown_and_forbidden_look_the_same(kind, owned, outsider: User) -> None:
    with pytest.raises(Http404) as forbidden:
        GETTERS[kind](outsider, owned.pk, Level.VIEW)
    for unknown in (owned.pk + 1, 10**30):
        with pytest.raises(Http404) as missing:
            GETTERS[kind](outsider, unknown, Level.VIEW)
        assert str(missing.value) == str(forbidden.value)


def test_architecture_is_seen_through_its_visible_trials(team: Team, viewer: User, outsider: User) -> None:
    run = MAKERS["run"](team)
    replica = Replica.objects.create(run=run, number=0)
    architecture = Architecture.objects.create(
        key="a" * 32, space_name="nasbench201", space_version=1, space_config={}, genotype=[]
    )
    with pytest.raises(Http404):  # no trial yet
        access.architecture_get_for(viewer, architecture.key)
    trial = Trial.objects.create(
        run=run,
        replica=replica,
        number=0,
        proposal=Proposal.objects.create(replica=replica, number=0, body={}),
        architecture=architecture,
        operator="random",
        created_at=timezone.now(),
    )
    assert access.architecture_get_for(viewer, architecture.key) == architecture
    assert list(access.trial_visible(Trial.objects.all(), viewer)) == [trial]
    assert not access.trial_visible(Trial.objects.all(), outsider).exists()
    for key in (architecture.key, "b" * 32, "\x00"):
        with pytest.raises(Http404):
            access.architecture_get_for(outsider, key)
