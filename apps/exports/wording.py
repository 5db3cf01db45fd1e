"""Exports in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.charts.compact import compact
from apps.exports.models import ArchitectureExport
from apps.exports.selectors.choices import Choice
from nas.export.request import FORMATS


def choice_words(choice: Choice) -> str:
    """ "Trained, accuracy 0.9412: trial 3 of “Small cells”; 1 × 8 × 8"."""
    trial = choice.trial
    shape = " × ".join(map(str, choice.input_shape))
    words = {"run": f"{trial.run.name:.60}", "trial": trial.number, "shape": shape}
    if choice.checkpoint is None:
        return _("Not trained, as trial %(trial)s of “%(run)s” began; %(shape)s") % words
    accuracy = trial.metrics.get("accuracy")
    if accuracy is None:
        return _("Trained: trial %(trial)s of “%(run)s”; %(shape)s") % words
    words["accuracy"] = number_format(accuracy, 4)
    return _("Trained, accuracy %(accuracy)s: trial %(trial)s of “%(run)s”; %(shape)s") % words


def export_title(export: ArchitectureExport) -> str:
    """ "PyTorch, ONNX; 1 × 8 × 8, not trained"."""
    trial = export.trial
    words = {
        "formats": ", ".join(title for name, title in FORMATS.items() if name in export.formats),
        "shape": " × ".join(map(str, export.input_shape)),
    }
    if trial is None:
        return _("%(formats)s; %(shape)s, not trained") % words
    words |= {"run": f"{trial.run.name:.60}", "trial": str(trial.number)}
    return _("%(formats)s; %(shape)s, trained in “%(run)s”, trial %(trial)s") % words


def check_sentences(export: ArchitectureExport) -> Iterator[str]:
    """What the checks of its files found."""
    if found := export.checks.get("pytorch"):
        yield _clean_process(found)
    if found := export.checks.get("numpy"):
        yield ngettext(
            "The file was run in a clean process, with NumPy %(numpy)s alone: it learned %(n)s written task, and its fitness "
            "differs by at most %(difference)s from that of the search.",
            "The file was run in a clean process, with NumPy %(numpy)s alone: it learned %(n)s written tasks, and its fitness "
            "differs by at most %(difference)s from that of the search.",
            found["num_tasks"],
        ) % {
            "numpy": found["numpy_version"],
            "n": found["num_tasks"],
            "difference": _difference(found["max_difference"]),
        }
    if found := export.checks.get("onnx"):
        yield ngettext(
            "%(runtime)s ran the ONNX file (opset %(opset)s, any number of examples at once): a difference of at most "
            "%(difference)s on %(n)s example, outputs up to %(largest)s.",
            "%(runtime)s ran the ONNX file (opset %(opset)s, any number of examples at once): a difference of at most "
            "%(difference)s on %(n)s examples, outputs up to %(largest)s.",
            found["num_examples"],
        ) % {
            "runtime": found["runtime"],
            "opset": found["opset"],
            "difference": _difference(found["max_difference"]),
            "largest": compact(found["largest_output"]),
            "n": found["num_examples"],
        }


def _clean_process(found: Mapping[str, Any]) -> str:
    return ngettext(
        "The PyTorch file was run in a clean process, with torch %(torch)s alone: %(difference)s difference on %(n)s "
        "example, %(params)s parameters, %(macs)s MACs.",
        "The PyTorch file was run in a clean process, with torch %(torch)s alone: %(difference)s difference on %(n)s "
        "examples, %(params)s parameters, %(macs)s MACs.",
        found["num_examples"],
    ) % {
        "torch": found["torch_version"],
        "difference": _difference(found["max_difference"]),
        "n": found["num_examples"],
        "params": number_format(found["params"], 0, force_grouping=True),
        "macs": compact(found["macs"]),
    }


def _difference(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"
