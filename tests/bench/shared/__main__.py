"""Races every arm with every seed against random search of the same cost. What was raced before is kept and not raced again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from nas.analysis.significance import mann_whitney
from tests.bench.shared.arms import ARMS
from tests.bench.shared.grounds import PROBLEMS
from tests.bench.shared.race import random_within, shared


def raced(ground: str, name: str, seed: int) -> dict[str, Any]:
    arm = ARMS[name]
    found = shared(ground, arm, seed)
    beside = random_within(ground, arm.space, seed, found.seconds)
    return {"arm": name, "seed": seed, "shared": found.as_json(), "random": beside.as_json()}


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """One line per arm. p: exact Mann-Whitney test of the test accuracies, two-sided; with 3 seeds it cannot fall below 0.1."""
    lines = [
        "| search | space | seeds | CPU seconds | trained | validation | test | random: trained | validation | test | p |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["arm"] for row in rows):
        mine = [row for row in rows if row["arm"] == name]
        ours, theirs = ([row[side] for row in mine] for side in ("shared", "random"))
        tests = [[outcome["test"] for outcome in side] for side in (ours, theirs)]
        p = "" if len(mine) < 3 else f"{mann_whitney(*tests):.2g}"
        cells = [f"`{name}`", ARMS[name].space, str(len(mine)), f"{mean(o['seconds'] for o in ours):.0f}"]
        for side in (ours, theirs):
            cells.append(f"{mean(o['trainings'] for o in side):.0f}")
            cells += [_percent([o[key] for o in side]) for key in ("validation", "test")]
        lines.append(f"| {' | '.join([*cells, p])} |")
    return "\n".join(lines)


def _percent(values: Sequence[float]) -> str:
    spread = stdev(values) if len(values) > 1 else 0.0
    return f"{100 * mean(values):.2f} ± {100 * spread:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.shared", description=__doc__)
    parser.add_argument("ground", choices=PROBLEMS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="*", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--folder", type=Path, default=Path("var/bench-shared"), help="where outcomes are kept")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    file = given.folder / f"{given.ground}.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    known = {(row["arm"], row["seed"]) for row in rows}
    for seed in range(given.seeds):
        for name in given.arms:
            if (name, seed) not in known:
                rows.append(raced(given.ground, name, seed))
                with file.open("a") as out:
                    out.write(json.dumps(rows[-1]) + "\n")
                print(as_markdown(rows[-1:]).splitlines()[-1], flush=True)
    print(as_markdown([row for row in rows if row["arm"] in given.arms and row["seed"] < given.seeds]))


if __name__ == "__main__":
    main()
