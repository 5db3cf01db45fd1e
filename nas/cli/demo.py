"""`demo tsp`: the genetic algorithm on a travelling salesman's tour, every step of it shown."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nas.cli.text import columns, counted
from nas.demos.tsp import (
    CITIES,
    GENES,
    START,
    Course,
    Step,
    TourConfig,
    every_chromosome,
    fitness,
    length,
    optimum,
    solve,
)
from nas.demos.tsp_picture import tour_picture


def add_to(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("demo", help="worked examples that run in an instant")
    demos = parser.add_subparsers(title="demos", metavar="DEMO", required=True)
    tsp: argparse.ArgumentParser = demos.add_parser("tsp", help="a genetic algorithm shortens a tour of five cities")
    for name, field in TourConfig.model_fields.items():
        kind: Any = field.annotation
        help_text = f"{str(field.description).rstrip('.').lower()} ({field.default})"
        tsp.add_argument(f"--{name}", metavar="N", type=kind, default=field.default, help=help_text)
    tsp.add_argument("--svg", metavar="FILE", type=Path, help="write the tour and its course as a picture")
    tsp.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    config = TourConfig.parse({name: getattr(given, name) for name in TourConfig.model_fields})
    course = solve(config)
    print("Cities:", ", ".join(f"{city}{place}" for city, place in CITIES.items()))
    print(f"A chromosome is the order of {', '.join(GENES)}; the tour begins and ends in {START}.\n")
    print(f"First generation ({counted(config.population, 'chromosome')}):")
    total = sum(fitness(chromosome) for chromosome in course.initial)
    rows = [
        (chromosome, f"{length(chromosome):.4f}", f"{fitness(chromosome):.5f}", f"{fitness(chromosome) / total:.3f}")
        for chromosome in course.initial
    ]
    print(columns(["chromosome", "length", "fitness", "share of the wheel"], rows))
    for step in course.examples:
        print(f"\n{_told(step)}")
    print("\nShortest tour of each generation:")
    print(columns(["generation", "chromosome", "length"], _turns(course)))
    shortest, tours = optimum()
    lengths = {round(length(chromosome), 9) for chromosome in every_chromosome()}
    print(f"\nFound:   {course.winner}, length {length(course.winner):.4f}")
    print(
        f"Optimum: {' and '.join(tours)}, length {shortest:.4f}, by looking at all "
        f"{counted(len(every_chromosome()), 'chromosome')} ({len(lengths)} different lengths)"
    )
    if given.svg is not None:
        given.svg.write_text(tour_picture(course), encoding="utf-8")
        print(f"Picture: {given.svg}")
    return 0


def _told(step: Step) -> str:
    """An operator with its chromosomes; brackets stand around what was kept or exchanged."""
    if step.kind == "crossover":
        first, second = step.before
        marked = f"{first[: step.begin]}[{first[step.begin : step.end]}]{first[step.end :]}"
        said = f"Crossover in generation {step.generation} (order crossover): {marked} and {second} give {step.after}"
    else:
        (before,) = step.before
        marked = "".join(f"[{gene}]" if place in (step.begin, step.end) else gene for place, gene in enumerate(before))
        said = f"Mutation in generation {step.generation} (exchange): {marked} becomes {step.after}"
    before_lengths = " and ".join(f"{length(chromosome):.4f}" for chromosome in step.before)
    return f"{said}\n  length {before_lengths} → {length(step.after):.4f}, fitness {fitness(step.after):.5f}"


def _turns(course: Course) -> list[tuple[str, str, str]]:
    """The generations in which the shortest tour changed, and the last."""
    last = len(course.best) - 1
    shown = [
        generation
        for generation, chromosome in enumerate(course.best)
        if generation in (0, last) or chromosome != course.best[generation - 1]
    ]
    return [
        (str(generation), course.best[generation], f"{length(course.best[generation]):.4f}") for generation in shown
    ]
