"""What instructions are worth: taken out of a program, or put into another one (Real et al. 2020, arXiv 2003.03384, section S8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from nas.automl_zero.analysis.dead_code import live_program
from nas.automl_zero.analysis.tuning import Score, tune
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program

Line = tuple[Component, int]


@dataclass(frozen=True, slots=True)
class Knock:
    """A change, and what it does to the fitness after its constants were tuned anew.

    Attributes:
      lines: what was taken out, or where it was put in.
      program: the changed program with its best constants.
      before, after: fitness, both after the same number of trials of tuning.
    """

    lines: tuple[Line, ...]
    program: Program
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


def without(program: Program, lines: Collection[Line]) -> Program:
    """Raises ValueError for a line that is not there."""
    there = {(component, line) for component, line, _ in program.lines()}
    if strange := sorted(set(lines) - there):
        raise ValueError(f"{strange[0][0]} has no line {strange[0][1]}")
    for name in COMPONENTS:
        kept = [each for line, each in enumerate(program.component(name)) if (name, line) not in lines]
        program = program.with_component(name, kept)
    return program


def with_lines(program: Program, group: Iterable[tuple[Component, int, Instruction]]) -> Program:
    """Each instruction put before the line that stands there now; those of one place in the order given."""
    added = list(group)
    for name in COMPONENTS:
        lines = list(program.component(name))
        result: list[Instruction] = []
        for line in range(len(lines) + 1):
            result += [each for component, place, each in added if component == name and min(place, len(lines)) == line]
            result += lines[line : line + 1]
        program = program.with_component(name, result)
    return program


def knock_outs(
    program: Program,
    score: Score,
    rng: Generator,
    *,
    num_trials: int,
    groups: Sequence[Collection[Line]] | None = None,
    vector_labels: bool = False,
) -> list[Knock]:
    """For each group of lines of the live program what is lost without it; single instructions where no groups are given.

    Lines count in the live program.
    """
    live = live_program(program, vector_labels=vector_labels)
    chosen = [[(component, line)] for component, line, _ in live.lines()] if groups is None else groups
    before = tune(live, score, rng, num_trials).fitness
    found = []
    for group in chosen:
        tuned = tune(without(live, group), score, rng, num_trials)
        found.append(Knock(tuple(sorted(group)), tuned.program, before, tuned.fitness))
    return found


def knock_in(
    program: Program,
    group: Sequence[tuple[Component, int, Instruction]],
    score: Score,
    rng: Generator,
    *,
    num_trials: int,
) -> Knock:
    """What a simpler program gains by a group of instructions."""
    before = tune(program, score, rng, num_trials).fitness
    tuned = tune(with_lines(program, group), score, rng, num_trials)
    return Knock(tuple((component, line) for component, line, _ in group), tuned.program, before, tuned.fitness)
