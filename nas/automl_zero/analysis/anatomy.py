"""What a study has found out about a program: plain values that grow piece by piece, and their JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nas.automl_zero.analysis.knock import Line
from nas.automl_zero.analysis.motifs import Motif, Sighting
from nas.automl_zero.program import COMPONENTS, Program
from nas.automl_zero.text import instruction_text


@dataclass(frozen=True, slots=True)
class Part:
    """What is taken out together: one line, or several with a `title`."""

    lines: tuple[Line, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """Fitness of the program without a part, before and after its constants were tuned anew."""

    part: Part
    fitness: float
    tuned_fitness: float


@dataclass(frozen=True, slots=True)
class Anatomy:
    """All that is known of a program so far.

    Attributes:
      program: the live part; lines count in it.
      num_dead: lines that were left out.
      num_tasks, num_trials: what fitness was measured on; how often constants were tried.
      motifs: of the live part.
      fitness: of the live part.
      tuned: with its best constants, and `tuned_fitness`; None before.
      removals: in the order of `parts`, as many as were tried.
    """

    program: Program
    num_dead: int
    num_tasks: int
    num_trials: int
    motifs: tuple[Sighting, ...] = ()
    fitness: float | None = None
    tuned: Program | None = None
    tuned_fitness: float | None = None
    removals: tuple[Removal, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that is taken out: each line; the lines of a motif that has several; whole functions, but Predict."""
        single = [Part(((component, line),)) for component, line, _ in self.program.lines()]
        return (*single, *self._motif_parts(), *self._functions())

    def _motif_parts(self) -> Sequence[Part]:
        """Only a decay has several lines, all of them in Learn."""
        return [
            Part(
                tuple(("learn", n) for n, i in enumerate(self.program.learn) if instruction_text(i) in found.lines),
                "The decay of a rate",
            )
            for found in self.motifs
            if found.motif is Motif.DECAY and len(found.lines) > 1
        ]

    def _functions(self) -> Sequence[Part]:
        return [
            Part(
                tuple((name, line) for line in range(len(self.program.component(name)))), f"All of {name.capitalize()}"
            )
            for name in COMPONENTS
            if name != "predict" and len(self.program.component(name)) > 1
        ]

    @property
    def num_pieces(self) -> int:
        """The tuning of the whole program, and each removal."""
        return 1 + len(self.parts)

    @property
    def num_done(self) -> int:
        return (self.tuned is not None) + len(self.removals)

    def with_removal(self, fitness: float, tuned_fitness: float) -> Anatomy:
        """The next of `parts` was tried."""
        removal = Removal(self.parts[len(self.removals)], fitness, tuned_fitness)
        return replace(self, removals=(*self.removals, removal))

    def as_json(self) -> dict[str, Any]:
        return {
            "program": self.program.as_json(),
            "num_dead": self.num_dead,
            "num_tasks": self.num_tasks,
            "num_trials": self.num_trials,
            "motifs": [[found.motif.value, list(found.lines)] for found in self.motifs],
            "fitness": self.fitness,
            "tuned": None if self.tuned is None else self.tuned.as_json(),
            "tuned_fitness": self.tuned_fitness,
            "removals": [
                {
                    "title": removal.part.title,
                    "lines": [list(line) for line in removal.part.lines],
                    "fitness": removal.fitness,
                    "tuned_fitness": removal.tuned_fitness,
                }
                for removal in self.removals
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Anatomy:
        """The inverse of `as_json`."""
        return cls(
            program=Program.from_json(value["program"]),
            num_dead=value["num_dead"],
            num_tasks=value["num_tasks"],
            num_trials=value["num_trials"],
            motifs=tuple(Sighting(Motif(name), tuple(lines)) for name, lines in value["motifs"]),
            fitness=value["fitness"],
            tuned=None if value["tuned"] is None else Program.from_json(value["tuned"]),
            tuned_fitness=value["tuned_fitness"],
            removals=tuple(
                Removal(
                    Part(tuple((component, line) for component, line in each["lines"]), each["title"]),
                    each["fitness"],
                    each["tuned_fitness"],
                )
                for each in value["removals"]
            ),
        )
