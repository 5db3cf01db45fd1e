"""Who may see and do what. The one place that decides; nothing else compares roles.

Deny by default: what is not allowed here does not exist for its reader. Forbidden and unknown raise the same Http404, so
that an answer never tells whether a thing is there.

* A viewer of the owning team may VIEW, a member may WORK, an admin may ADMIN.
* Sharing (with named teams, or with everyone signed in) grants VIEW and never more.
* A superuser does not see everything: without a membership there is nothing more to see than for anybody. In the teams a
  superuser does belong to, a superuser may do what a team admin may.
* An architecture belongs to nobody. It is shown to those who may see at least one trial of it, and they may export it. An
  export that holds the trained weights of a trial is shown to those who may see that trial.
* A study is as its run: who may see the run may see it, who may work on the run may start, cancel and delete it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeGuard, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import Http404

from apps.accounts.models import Membership, Role, Team, TeamOwned, User, Visibility
from apps.architectures.models import Architecture
from apps.datasets.models import BenchmarkTable, DataSet
from apps.exports.models import ArchitectureExport
from apps.latency.models import LatencyTable
from apps.runs.models import Run, Trial
from apps.spaces.models import SavedSpace
from apps.studies.models import Study

Owned = TypeVar("Owned", bound=TeamOwned)
AnyUser = User | AnonymousUser


class Level(IntEnum):
    """How far access goes; each includes the one before."""

    VIEW = 1
    WORK = 2
    ADMIN = 3


ROLE_LEVELS = {Role.VIEWER: Level.VIEW, Role.MEMBER: Level.WORK, Role.ADMIN: Level.ADMIN}


def teams_of(user: AnyUser, level: Level) -> QuerySet[Team]:
    """The teams in which `user` may act at `level`."""
    if not _is_known(user):
        return Team.objects.none()
    mine = Membership.objects.filter(user_id=user.pk)
    if not user.is_superuser:
        mine = mine.filter(role__in=[role for role, reach in ROLE_LEVELS.items() if reach >= level])
    return Team.objects.filter(pk__in=mine.values("team_id"))


def may_in_team(user: AnyUser, level: Level, team_id: int) -> bool:
    """Whether `user` may act at `level` in a team."""
    return teams_of(user, level).filter(pk=team_id).exists()


def may(user: AnyUser, level: Level, owned: TeamOwned) -> bool:
    """Whether `user` may act at `level` on what a team owns."""
    if not _is_known(user):
        return False
    if may_in_team(user, level, owned.team_id):
        return True
    if level > Level.VIEW:
        return False
    if owned.visibility == Visibility.SIGNED_IN:
        return True
    return owned.shared_with.filter(pk__in=teams_of(user, Level.VIEW).values("pk")).exists()


def visible(queryset: QuerySet[Owned], user: AnyUser) -> QuerySet[Owned]:
    """The rows that `user` may see, each once."""
    if not _is_known(user):
        return queryset.none()
    mine = teams_of(user, Level.VIEW).values("pk")
    shared = queryset.model._default_manager.filter(shared_with__in=mine).values("pk")
    return queryset.filter(Q(team__in=mine) | Q(visibility=Visibility.SIGNED_IN) | Q(pk__in=shared))


def trial_visible(queryset: QuerySet[Trial], user: AnyUser) -> QuerySet[Trial]:
    """The trials of runs that `user` may see."""
    return queryset.filter(run__in=visible(Run.objects.all(), user).values("pk"))


def team_get_for(user: AnyUser, team_id: int, level: Level) -> Team:
    """Raises Http404 when there is no such team or `user` may not act in it at `level`."""
    team = teams_of(user, level).filter(pk=team_id).first()
    if team is None:
        raise Http404
    return team


def run_get_for(user: AnyUser, run_id: int, level: Level) -> Run:
    """Raises Http404 when there is no such run or `user` may not act on it at `level`."""
    return _get_for(Run.objects.select_related("team"), user, run_id, level)


def dataset_get_for(user: AnyUser, dataset_id: int, level: Level) -> DataSet:
    """Raises Http404 when there is no such data set or `user` may not act on it at `level`."""
    return _get_for(DataSet.objects.select_related("team", "artifact"), user, dataset_id, level)


def table_get_for(user: AnyUser, table_id: int, level: Level) -> BenchmarkTable:
    """Raises Http404 when there is no such benchmark table or `user` may not act on it at `level`."""
    return _get_for(BenchmarkTable.objects.select_related("team", "artifact"), user, table_id, level)


def saved_space_get_for(user: AnyUser, space_id: int, level: Level) -> SavedSpace:
    """Raises Http404 when there is no such saved space or `user` may not act on it at `level`."""
    return _get_for(SavedSpace.objects.select_related("team"), user, space_id, level)


def latency_table_get_for(user: AnyUser, latency_id: int, level: Level) -> LatencyTable:
    """Raises Http404 when there is no such latency table or `user` may not act on it at `level`."""
    return _get_for(LatencyTable.objects.select_related("team", "created_by"), user, latency_id, level)


def study_get_for(user: AnyUser, study_id: int, level: Level) -> Study:
    """Raises Http404 when there is no such study or `user` may not act on its run at `level`."""
    related = ("run__team", "trial__replica", "trial__architecture", "requested_by", "worker")
    found = Study.objects.select_related(*related).filter(pk=study_id).first()
    if found is None or not may(user, level, found.run):
        raise Http404
    return found


def architecture_get_for(user: AnyUser, key: str) -> Architecture:
    """Raises Http404 when there is no such architecture or none of its trials is visible to `user`."""
    seen = trial_visible(Trial.objects.all(), user).filter(architecture__key=key)
    architecture = Architecture.objects.filter(key=key).first() if "\x00" not in key and seen.exists() else None
    if architecture is None:
        raise Http404
    return architecture


def export_visible(queryset: QuerySet[ArchitectureExport], user: AnyUser) -> QuerySet[ArchitectureExport]:
    """Exports of architectures that `user` may see; those with the trained weights of a trial only where it may be seen."""
    seen = trial_visible(Trial.objects.all(), user)
    return queryset.filter(
        Q(trial__isnull=True) | Q(trial__in=seen.values("pk")), architecture__in=seen.values("architecture")
    )


def export_get_for(user: AnyUser, key: str, export_id: int) -> ArchitectureExport:
    """Raises Http404 when that architecture has no such export or `user` may not see it."""
    architecture = architecture_get_for(user, key)
    found = export_visible(architecture.exports.select_related("architecture"), user).filter(pk=export_id).first()
    if found is None:
        raise Http404
    return found


def _is_known(user: AnyUser) -> TypeGuard[User]:
    return user.is_authenticated and user.is_active


def _get_for(queryset: QuerySet[Owned], user: AnyUser, pk: int, level: Level) -> Owned:
    owned = queryset.filter(pk=pk).first()
    if owned is None or not may(user, level, owned):
        raise Http404
    return owned
