"""Runs the checks and tests: `python tools/checks [PART …]`; without a part all of them. Ends with a summary."""

import argparse
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from parts import PLACES, SIDE_BY_SIDE, Command, Parts, environment_for, everything, smaller_parts


@dataclass(frozen=True)
class Outcome:
    part: str
    title: str
    seconds: float
    status: int


_printing = threading.Lock()


def run(part: str, command: Command) -> Outcome:
    """Runs one command; what it prints appears in one piece when it has ended."""
    print(f"... {part}: {command.title}", flush=True)
    started_at = time.monotonic()
    try:
        done = subprocess.run(
            command.argv(),
            cwd=command.cwd,
            env=environment_for(command),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        status, printed = done.returncode, done.stdout
    except FileNotFoundError as error:
        status, printed = 127, f"    {error.filename} is missing; `make setup-dev` installs it\n"
    seconds = time.monotonic() - started_at
    with _printing:
        print(f"\n=== {part}: {command.title} ({seconds:.0f} s)\n    {' '.join(command.words)}\n{printed}", flush=True)
    return Outcome(part=part, title=command.title, seconds=seconds, status=status)


def run_part(name: str, known: Parts) -> list[Outcome]:
    """Runs the commands of a part one after the other."""
    return [run(name, command) for command in known[name]]


def run_all(chosen: list[str], known: Parts) -> list[Outcome]:
    """Runs the parts side by side where they do not disturb each other (SIDE_BY_SIDE), then the rest alone."""
    together = [name for name in SIDE_BY_SIDE if name in chosen]
    alone = [name for name in chosen if name not in SIDE_BY_SIDE]
    with ThreadPoolExecutor(PLACES) as pool:
        outcomes = list(pool.map(lambda name: run_part(name, known), together))
    outcomes += [run_part(name, known) for name in alone]
    return [outcome for part in outcomes for outcome in part]


def summary(outcomes: list[Outcome], elapsed: float) -> str:
    """Returns a table of all commands with times, failures last in words."""
    width = max(24, *(len(outcome.title) for outcome in outcomes))
    lines = ["", "=== Summary"]
    lines += [
        f"{'ok' if outcome.status == 0 else 'FAILED':>8}  {outcome.part:<9} {outcome.title:<{width}} {outcome.seconds:7.1f} s"
        for outcome in outcomes
    ]
    failed = [outcome for outcome in outcomes if outcome.status != 0]
    total = sum(outcome.seconds for outcome in outcomes)
    lines.append(f"{'':>8}  {'':<9} {'all, one after the other':<{width}} {total:7.1f} s")
    lines.append(f"{'':>8}  {'':<9} {'from begin to end':<{width}} {elapsed:7.1f} s")
    lines.append("Everything passed." if not failed else f"{len(failed)} of {len(outcomes)} failed.")
    return "\n".join(lines)


def main() -> int:
    by_default = everything()
    known = by_default | smaller_parts()
    parser = argparse.ArgumentParser(prog="tools/checks", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(known)}")
    chosen = parser.parse_args().part or list(by_default)
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"unknown part {unknown[0]!r}: choose from {', '.join(known)}")
    started_at = time.monotonic()
    outcomes = run_all(chosen, known)
    print(summary(outcomes, time.monotonic() - started_at), flush=True)
    return 1 if any(outcome.status for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
