"""Forms that ask for a table: what to measure and where, or a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.access import Level, saved_space_get_for, teams_of
from apps.accounts.models import Team, User
from apps.datasets.services.raw_files import LONGEST_NAME
from apps.latency.selectors.devices import DeviceChoice
from apps.runs.wizard.wording import name_in_words
from apps.spaces.inputs import InputChoice
from apps.spaces.selectors.made import space_made
from apps.spaces.selectors.saved import saved_space_list
from apps.workers.models import Worker
from nas import registry
from nas.core.space import Space
from nas.hardware.latency_csv import UNITS_MS

GIVEN = "given"
"""The space that an address describes, beside those of the list."""


class _TeamForm(forms.Form):
    """What every new table asks."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.none(), empty_label=None)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, UploadedFile[Any]] | None = None,
        *,
        user: User,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, files, initial=dict(initial or {}))
        teams = self.fields["team"]
        assert isinstance(teams, forms.ModelChoiceField)
        teams.queryset = teams_of(user, Level.WORK).order_by("name")
        for field in self.fields.values():
            field.widget.attrs["class"] = "select" if isinstance(field.widget, forms.Select) else "input"


class MeasureForm(_TeamForm):
    space = forms.ChoiceField(label=gettext_lazy("Search space"))
    given = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20_000)
    at = forms.ChoiceField(label=gettext_lazy("Input"))
    worker = forms.ChoiceField(
        label=gettext_lazy("Device"),
        help_text=gettext_lazy("What else the device does meanwhile is measured along: best is a quiet one."),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        user: User,
        devices: Sequence[DeviceChoice],
        inputs: Sequence[InputChoice],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, user=user, initial=initial)
        self._user, self._devices = user, devices
        given = _space_from((data or initial or {}).get("given", ""))
        self._set("space", _space_choices(user, given))
        self._set("at", [(one.key, one.label) for one in inputs])
        self._set("worker", [(str(one.worker.pk), one.label) for one in devices])

    def _set(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def chosen_space(self) -> Space:
        """Raises InvalidConfig, Http404 for a saved space that is gone."""
        kind, _colon, name = self.cleaned_data["space"].partition(":")
        if kind == GIVEN:
            given = json.loads(self.cleaned_data["given"])
            return space_made(name=given["name"], config=given["config"])
        if kind == "saved":
            saved = saved_space_get_for(self._user, int(name), Level.VIEW)
            return space_made(name=saved.space_name, config=saved.config)
        space, _colon, preset = name.partition(":")
        config = registry.spaces.get(space).Config.presets[preset] if preset else {}
        return space_made(name=space, config=config)

    def chosen_device(self) -> Worker:
        return next(one.worker for one in self._devices if str(one.worker.pk) == self.cleaned_data["worker"])


class ImportForm(_TeamForm):
    device = forms.CharField(
        label=gettext_lazy("Device"),
        max_length=400,
        required=False,
        help_text=gettext_lazy("What the times were measured on, where the file does not say."),
    )
    column = forms.CharField(
        label=gettext_lazy("Column of times"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "Only of a file that lists whole networks (op0, op1, …), with a column for each device."
        ),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit of that column"),
        choices=[(unit, unit) for unit in UNITS_MS if unit != "µs"],
        initial="ms",
        required=False,
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=400, required=False)

    def upload(self) -> UploadedFile[Any] | None:
        """The one file; None, with an error, for none or several."""
        found = self.files.getlist("files") if isinstance(self.files, MultiValueDict) else []
        if len(found) == 1:
            return found[0]
        self.add_error(None, _("Choose one CSV file, plain or gzipped."))
        return None


def _space_choices(user: User, given: tuple[str, Any] | None) -> list[tuple[str, Any]]:
    """Saved ones first, then each kind with its defaults and with its well-known settings."""
    choices: list[tuple[str, Any]] = []
    if given is not None:
        kind = registry.spaces.get(given[0])
        choices.append((GIVEN, _("%(space)s, as you set it") % {"space": _(kind.title)}))
    if saved := [(f"saved:{one.pk}", one.name[:80]) for one in saved_space_list(user)[:100]]:
        choices.append((_("Saved spaces"), saved))
    for name in registry.spaces:
        kind = registry.spaces.get(name)
        title = _(kind.title)
        choices.append((f"kind:{name}:", title))
        choices += ((f"kind:{name}:{preset}", f"{title}: {name_in_words(preset)}") for preset in kind.Config.presets)
    return choices


def _space_from(text: object) -> tuple[str, Any] | None:
    """Name and settings in the JSON text of an address; None for anything else."""
    try:
        given = json.loads(str(text))
    except (ValueError, RecursionError):
        return None
    is_space = (
        isinstance(given, dict) and given.get("name") in registry.spaces and isinstance(given.get("config"), dict)
    )
    return (given["name"], given["config"]) if is_space else None
