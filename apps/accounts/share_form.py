"""The form that says who may see something a team owns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.access import Level, teams_of
from apps.accounts.models import Team, TeamOwned, User, Visibility


class ShareForm(forms.Form):
    """Offers the teams of the person and those it is shared with already; another team has to be named exactly."""

    visibility = forms.ChoiceField(label=_("Who may see it"), choices=Visibility.choices, widget=forms.RadioSelect)
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams it is shared with"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_team = forms.CharField(label=_("Another team, by its exact name"), max_length=200, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, owned: TeamOwned, user: User) -> None:
        super().__init__(data, initial={"visibility": owned.visibility, "teams": owned.shared_with.all()})
        self._owned = owned
        known = Q(pk__in=teams_of(user, Level.VIEW).values("pk")) | Q(pk__in=owned.shared_with.values("pk"))
        teams = self.fields["teams"]
        assert isinstance(teams, forms.ModelMultipleChoiceField)
        teams.queryset = Team.objects.filter(known).exclude(pk=owned.team_id).order_by("name")
        self.fields["other_team"].widget.attrs["class"] = "input"

    def clean_other_team(self) -> Team | None:
        name = self.cleaned_data["other_team"].strip()
        if not name:
            return None
        team = Team.objects.filter(name=name).exclude(pk=self._owned.team_id).first()
        if team is None:
            raise forms.ValidationError(gettext("There is no other team of that name."))
        return team

    def chosen_teams(self) -> list[Team]:
        other = self.cleaned_data["other_team"]
        return [*self.cleaned_data["teams"], *([other] if other else [])]
