"""The new-run form as YAML, and YAML as the new-run form."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser
from apps.runs.models import Run
from apps.runs.specification import RunSpecification
from apps.runs.wizard.context import Meaning, meaning_of
from apps.runs.wizard.draft import Draft
from nas.core.errors import FieldError, InvalidConfig
from nas.core.yaml_text import yaml_document, yaml_text


def run_as_yaml(run: Run) -> str:
    """Name and specification; `draft_from_yaml` and `python -m nas search --config` read it."""
    return yaml_text({"name": run.name, **run.specification})


def draft_as_yaml(meaning: Meaning) -> str:
    """What was filled in, all defaults written out; as it was typed while something in it is wrong."""
    values: dict[str, Any] = meaning.draft.values
    if meaning.specification is not None:
        values = meaning.specification.as_json()
    name = {"name": meaning.draft.name} if meaning.draft.name else {}
    return yaml_text({**name, **values})


def draft_from_yaml(text: str, *, team: str, user: AnyUser) -> tuple[Meaning | None, tuple[FieldError, ...]]:
    """What the text means, and everything that is wrong with it, with lines. No meaning while it is no configuration at all."""
    try:
        document = yaml_document(text)
        if not isinstance(document.value, dict):
            message = _("This is no configuration of a run: it begins with names such as space and budget.")
            raise InvalidConfig.at("", message)
        values = dict(document.value)
        name = values.pop("name", "")
        try:
            if not isinstance(name, str):
                raise InvalidConfig.at("name", _("must be text"))
            checked = RunSpecification.parse(values).as_json()
        except InvalidConfig as error:
            raise document.placed(error) from None
    except InvalidConfig as error:
        return None, error.errors
    meaning = meaning_of(Draft(name=name, team=team, values=checked), user)
    errors = tuple(FieldError(e.field, str(_(e.message))) for e in meaning.errors)
    return meaning, document.placed(InvalidConfig(errors)).errors
