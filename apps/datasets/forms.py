"""Upload forms: they read what was typed and chosen; what is accepted is decided by the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.access import Level, teams_of
from apps.accounts.models import Team, User
from apps.datasets.services.raw_files import LONGEST_NAME
from nas import registry


class _UploadForm(forms.Form):
    """What every upload asks. `files` is read by hand: Django's field takes one file only."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.none(), empty_label=None)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, UploadedFile[Any]] | None = None,
        *,
        user: User,
    ) -> None:
        super().__init__(data, files)
        teams = self.fields["team"]
        assert isinstance(teams, forms.ModelChoiceField)
        teams.queryset = teams_of(user, Level.WORK).order_by("name")
        for field in self.fields.values():
            is_select, is_long = isinstance(field.widget, forms.Select), isinstance(field.widget, forms.Textarea)
            field.widget.attrs["class"] = "select" if is_select else "textarea" if is_long else "input"

    def uploads(self) -> dict[str, UploadedFile[Any]]:
        """The files by name. Two of the same name would hide one another: an error, and nothing is returned."""
        found: dict[str, UploadedFile[Any]] = {}
        for file in self.files.getlist("files") if isinstance(self.files, MultiValueDict) else ():
            name = str(file.name)
            if name in found:
                self.add_error(None, _("Two files are called %(name)s. Rename one.") % {"name": name})
                return {}
            found[name] = file
        return found


class DataSetForm(_UploadForm):
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Where it comes from, its licence, what the classes mean."),
    )


class TableForm(_UploadForm):
    space_name = forms.ChoiceField(
        label=gettext_lazy("Search space"), help_text=gettext_lazy("The space whose architectures the rows describe.")
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=2000,
        help_text=gettext_lazy("Where the numbers come from: paper, repository, how they were measured."),
    )
    licence = forms.CharField(label=gettext_lazy("Licence"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spaces = self.fields["space_name"]
        assert isinstance(spaces, forms.ChoiceField)
        spaces.choices = [(name, _(registry.spaces.get(name).title)) for name in registry.spaces]
        spaces.widget.attrs["class"] = "select"
