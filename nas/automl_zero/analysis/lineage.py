"""What changed from one program to another, line by line, for people who follow a lineage."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from nas.automl_zero.analysis.dead_code import liveness
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program
from nas.automl_zero.text import instruction_text


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of the later program, or one of the earlier that is gone.

    Attributes:
      text: the instruction; `before` what stood in its place, where it was altered.
      is_live: whether it can reach a prediction, in the program that has it.
    """

    component: Component
    change: Literal["same", "added", "removed", "altered"]
    text: str
    before: str = ""
    is_live: bool = True


def program_diff(before: Program, after: Program, *, vector_labels: bool = False) -> tuple[DiffLine, ...]:
    """In the order of the later program; what is gone stands where it was. Altered: one operation in one place, other arguments."""
    live_before = liveness(before, vector_labels=vector_labels).kept
    live_after = liveness(after, vector_labels=vector_labels).kept
    found: list[DiffLine] = []
    for name in COMPONENTS:
        old, new = before.component(name), after.component(name)
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for kind, old_begin, old_end, new_begin, new_end in matcher.get_opcodes():
            if kind == "equal":
                found += [
                    DiffLine(name, "same", instruction_text(new[at]), is_live=live_after[name][at])
                    for at in range(new_begin, new_end)
                ]
                continue
            pairs = _pairs(old[old_begin:old_end], new[new_begin:new_end])
            for was, now in pairs:
                if now is None and was is not None:
                    at = old_begin + was
                    found.append(DiffLine(name, "removed", instruction_text(old[at]), is_live=live_before[name][at]))
                elif now is not None:
                    at = new_begin + now
                    text, is_live = instruction_text(new[at]), live_after[name][at]
                    if was is None:
                        found.append(DiffLine(name, "added", text, is_live=is_live))
                    else:
                        earlier = instruction_text(old[old_begin + was])
                        found.append(DiffLine(name, "altered", text, earlier, is_live))
    return tuple(found)


def _pairs(old: tuple[Instruction, ...], new: tuple[Instruction, ...]) -> list[tuple[int | None, int | None]]:
    """Places of what stands for each other: the same operation at the same distance from the beginning of the change."""
    pairs: list[tuple[int | None, int | None]] = []
    for at in range(max(len(old), len(new))):
        has_old, has_new = at < len(old), at < len(new)
        if has_old and has_new and old[at].op == new[at].op:
            pairs.append((at, at))
            continue
        if has_old:
            pairs.append((at, None))
        if has_new:
            pairs.append((None, at))
    return pairs
