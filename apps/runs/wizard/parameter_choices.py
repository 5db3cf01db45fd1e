"""The parameters of a space, as a form offers them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.runs.wizard.wording import name_in_words
from nas.core.parameter import Parameter, Parametrised

PARAMETER = "parameter"
"""What a field says that it refers to."""

SHOWN_VALUES = 5


def parameter_choices(space: object) -> list[tuple[str, str]]:
    """(name, label with what it may be) in the order of `space`; none for a space without named values, or for None."""
    if not isinstance(space, Parametrised):
        return []
    return [(parameter.name, f"{_title(parameter.name)}: {_values(parameter)}") for parameter in space.parameters()]


def _title(name: str) -> str:
    """ "layers.0.kernel_height" → "Layers 0 › Kernel height", "0 → 1" → "Edge 0 → 1"."""
    if "→" in name:
        return _("Edge %(ends)s") % {"ends": name}
    words: list[str] = []
    for part in name.split("."):
        if part.isdigit() and words:
            words[-1] += f" {part}"
        else:
            words.append(name_in_words(part))
    return " › ".join(words)


def _values(parameter: Parameter) -> str:
    if parameter.low is not None and parameter.high is not None:
        return f"{parameter.low:g} … {parameter.high:g}"
    shown = ", ".join(str(value) for value in parameter.values[:SHOWN_VALUES])
    return f"{shown}, …" if len(parameter.values) > SHOWN_VALUES else shown
