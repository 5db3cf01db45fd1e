"""What pages show of a program that was taken apart. No engine."""

from __future__ import annotations

import re
from typing import Any

from nas.automl_zero.analysis.anatomy import Anatomy, Part
from nas.automl_zero.analysis.constants import constants
from nas.automl_zero.analysis.motifs import Motif
from nas.automl_zero.program import COMPONENTS, Program
from nas.automl_zero.text import instruction_text
from nas.core.view import View

SMALL_LOSS = 0.001
"""Of fitness, after tuning: lines that cost less are shown as ones that could go."""

MOTIFS = {
    Motif.NOISE: "Noise injection",
    Motif.DECAY: "A learning rate that decays",
    Motif.WEIGHT_MEAN: "A learning rate made of the mean of weights",
}

_LONG_NUMBER = re.compile(r"\d+\.\d{5,}(?:e[-+]?\d+)?|\d+(?:\.\d{3,})?e[-+]?\d+")


def anatomy_views(anatomy: Anatomy) -> list[View]:
    """The program, what each part is worth, its constants, its motifs; what there is so far."""
    found = [_program(anatomy), _removals(anatomy), _constants(anatomy), _motifs(anatomy)]
    return [view for view in found if view is not None]


def _program(anatomy: Anatomy) -> View:
    """As it was found, and with its tuned constants."""
    versions = [("as it was found", anatomy.program, anatomy.fitness)]
    if anatomy.tuned is not None and anatomy.tuned != anatomy.program:
        versions.append(("with tuned constants", anatomy.tuned, anatomy.tuned_fitness))
    number = len(versions)
    data = {
        "step_title": "Version",
        "step": list(range(1, number + 1)),
        "facts": [
            ["Program", [name for name, _, _ in versions]],
            ["Fitness", [fitness for _, _, fitness in versions]],
            ["Live lines", [anatomy.program.num_instructions] * number],
            ["Dead lines, left out", [anatomy.num_dead] * number],
            ["Known motifs", [len(anatomy.motifs)] * number],
        ],
        "lines": [_marked(anatomy, program) for _, program, _ in versions],
        "caption": _caption(anatomy, is_better=number > 1),
    }
    return View("program", "The program without its dead code", "growth", data)


def _caption(anatomy: Anatomy, *, is_better: bool) -> str:
    if anatomy.tuned is None:
        return "Lines that can reach a prediction."
    if not is_better:
        return "No constants that were tried are better. Pale lines could each be taken out at no loss."
    return "Lines that stand out have constants that were tuned anew; pale ones could each be taken out at no loss."


def _marked(anatomy: Anatomy, program: Program) -> list[list[str]]:
    idle = {
        removal.part.lines[0]
        for removal in anatomy.removals
        if len(removal.part.lines) == 1 and _loss(anatomy.tuned_fitness, removal.tuned_fitness) < SMALL_LOSS
    }
    marked = []
    for name in COMPONENTS:
        marked.append([f"def {name.capitalize()}():", "head"])
        for line, instruction in enumerate(program.component(name)):
            is_tuned = instruction != anatomy.program.component(name)[line]
            mark = "dead" if (name, line) in idle else "changed" if is_tuned else ""
            marked.append([f"    {instruction_text(instruction)}", mark])
        if not program.component(name):
            marked.append(["    pass", "dead"])
    return marked


def _removals(anatomy: Anatomy) -> View | None:
    if not anatomy.removals:
        return None
    parts = [removal.part for removal in anatomy.removals]
    data = {
        "part": [_short_name(anatomy, part) for part in parts],
        "instruction": [_texts(anatomy, part) for part in parts],
        "fitness": [removal.fitness for removal in anatomy.removals],
        "tuned_fitness": [removal.tuned_fitness for removal in anatomy.removals],
        "loss": [_loss(anatomy.fitness, removal.fitness) for removal in anatomy.removals],
        "loss_when_tuned": [_loss(anatomy.tuned_fitness, removal.tuned_fitness) for removal in anatomy.removals],
        "whole_fitness": anatomy.fitness,
        "whole_tuned_fitness": anatomy.tuned_fitness,
        "num_trials": anatomy.num_trials,
        "num_tasks": anatomy.num_tasks,
    }
    return View("removals", "What each line is worth", "program_removals", data)


def _loss(whole: float | None, without: float) -> float:
    assert whole is not None  # nothing is taken out before the whole was scored
    return whole - without


def _texts(anatomy: Anatomy, part: Part) -> str:
    texts = [instruction_text(anatomy.program.component(name)[line]) for name, line in part.lines]
    return "; ".join(texts)


def _short_name(anatomy: Anatomy, part: Part) -> str:
    """P1  s1 = dot(v1, v0): first letter of the function, line, the instruction with short numbers."""
    if part.title:
        return part.title
    ((name, line),) = part.lines
    return f"{name[0].upper()}{line + 1}  {_LONG_NUMBER.sub(_shorter, _texts(anatomy, part))}"


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number.group()):.3g}"


def _constants(anatomy: Anatomy) -> View | None:
    """One row per constant: as it was found, as it was tuned."""
    found = constants(anatomy.program)
    if anatomy.tuned is None or not found:
        return None
    data = {
        "function": [constant.component.capitalize() for constant in found],
        "instruction": [
            instruction_text(anatomy.program.component(constant.component)[constant.line]) for constant in found
        ],
        "as_found": [constant.value for constant in found],
        "tuned": [constant.value for constant in constants(anatomy.tuned)],
        "fitness_as_found": anatomy.fitness,
        "fitness_when_tuned": anatomy.tuned_fitness,
        "trials_of_tuning": anatomy.num_trials,
    }
    return View("constants", "Constants as hyper-parameters", "table", data)


def _motifs(anatomy: Anatomy) -> View | None:
    if not anatomy.motifs:
        return None
    data: dict[str, Any] = {
        "motif": [MOTIFS[found.motif] for found in anatomy.motifs],
        "lines": ["; ".join(found.lines) for found in anatomy.motifs],
    }
    return View("motifs", "Motifs that have names", "table", data)
