"""What the export section of an architecture's page shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.accounts.access import AnyUser
from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import space_of
from apps.exports.forms import ExportForm
from apps.exports.models import ArchitectureExport
from apps.exports.selectors.choices import export_choices
from apps.exports.selectors.exports import exports_shown
from apps.exports.wording import check_sentences, choice_words, export_title
from nas.export.request import formats_of


def export_section(
    architecture: Architecture, user: AnyUser, *, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Form and exports; `given` is a form that was sent. `form` is None where only JSON can be had."""
    exports = [_row(export) for export in exports_shown(architecture, user)]
    return {
        "architecture": architecture,
        "form": export_form(architecture, user, given) if formats_of(space_of(architecture)) else None,
        "exports": exports,
        "is_under_way": any(row["export"].is_open for row in exports),
    }


def export_form(architecture: Architecture, user: AnyUser, given: Mapping[str, Any] | None = None) -> ExportForm:
    choices = [(choice, choice_words(choice)) for choice in export_choices(architecture, user)]
    return ExportForm(given, choices=choices, formats=formats_of(space_of(architecture)))


def _row(export: ArchitectureExport) -> dict[str, Any]:
    return {
        "export": export,
        "title": export_title(export),
        "checks": list(check_sentences(export)),
        "files": sorted(export.files.all(), key=lambda file: file.pk),
    }
