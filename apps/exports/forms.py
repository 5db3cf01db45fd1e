"""What the page of an architecture asks before it exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.exports.selectors.choices import Choice
from nas.export.request import FORMATS


class ExportForm(forms.Form):
    formats = forms.MultipleChoiceField(
        label=_("Formats"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one format.")},
    )
    network = forms.ChoiceField(label=_("Network"), widget=forms.Select(attrs={"class": "select"}))

    def __init__(
        self, given: Mapping[str, Any] | None, *, choices: Sequence[tuple[Choice, str]], formats: Sequence[str]
    ) -> None:
        """`given`: what was sent, if anything; `choices`: what can be exported, with its words; `formats`: those of the space."""
        super().__init__(given, prefix="export")
        self._choices = {choice.value: choice for choice, _words in choices}
        network = self.fields["network"]
        assert isinstance(network, forms.ChoiceField)
        network.choices = [(choice.value, words) for choice, words in choices]
        offered = self.fields["formats"]
        assert isinstance(offered, forms.MultipleChoiceField)
        offered.choices = [(name, FORMATS[name]) for name in formats]
        self.initial.setdefault("formats", list(formats[:1]))

    def chosen(self) -> Choice:
        return self._choices[self.cleaned_data["network"]]
