"""Measures how good the strategies are. What was raced before is kept in the folder and not raced again."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from tests.bench.search.arms import ARMS
from tests.bench.search.grounds import DigitsGround, Ground, TableGround
from tests.bench.search.picture import as_svg
from tests.bench.search.race import Course, race
from tests.bench.search.summary import as_markdown, rows_of

GROUNDS: dict[str, type[Ground]] = {"table": TableGround, "digits": DigitsGround}


@cache
def ground_of(name: str, budget: float) -> Ground:
    return GROUNDS[name](budget)


def raced(task: tuple[str, float, str, int]) -> Course:
    name, budget, arm, seed = task
    return race(ground_of(name, budget), arm, seed)


def courses_of(file: Path, name: str, budget: float, arms: list[str], seeds: int, jobs: int) -> Iterator[Course]:
    """Every arm with every seed: those in `file` first, the others as they end, each written down at once."""
    known = [Course(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
    wanted = [(arm, seed) for seed in range(seeds) for arm in arms]
    there = {(course.arm, course.seed): course for course in known}
    yield from (there[one] for one in wanted if one in there)
    missing = [(name, budget, arm, seed) for arm, seed in wanted if (arm, seed) not in there]
    if not missing:
        return
    with ProcessPoolExecutor(jobs) as pool, file.open("a") as out:
        for number, course in enumerate(pool.map(raced, missing), start=1):
            out.write(json.dumps(course.as_json()) + "\n")
            out.flush()
            if number % max(1, len(missing) // 20) == 0:
                print(f"{number} of {len(missing)} searches", flush=True)
            yield course


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=__doc__)
    parser.add_argument("ground", choices=GROUNDS)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--budget", type=float, default=None, help="in trainings; 150 on the table, 60 on digits")
    parser.add_argument("--arms", nargs="*", default=None, help="a name, or name:preset; all when left out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, default=Path("var/bench-search"), help="where courses are kept")
    given = parser.parse_args()
    budget = given.budget or (150.0 if given.ground == "table" else 60.0)
    arms = given.arms or list(ARMS[given.ground])
    given.folder.mkdir(parents=True, exist_ok=True)
    file = given.folder / f"{given.ground}-{budget:g}.jsonl"
    began = time.monotonic()
    found = list(courses_of(file, given.ground, budget, arms, given.seeds, given.jobs))
    courses = {arm: [course for course in found if course.arm == arm] for arm in arms}
    ground = ground_of(given.ground, budget)
    report = as_markdown(rows_of(courses, budget, ground.best), is_regret=ground.best is not None)
    picture = as_svg(courses, budget=budget, unit=ground.unit, best=ground.best)
    (given.folder / f"{given.ground}.md").write_text(report + "\n")
    (given.folder / f"{given.ground}.svg").write_text(picture)
    print(f"\nBudget: {budget:g} {ground.unit}; {time.monotonic() - began:.0f} s.\n\n{report}\n")
    print(f"Courses, table and picture are in {given.folder}.")


if __name__ == "__main__":
    main()
