"""Runs the checks and tests: `python tools/checks [PART …]`; without a part all of them. Ends with a summary."""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass

from parts import Command, environment_for, everything, smaller_parts


@dataclass(frozen=True)
class Outcome:
    part: str
    title: str
    seconds: float
    status: int


def run(part: str, command: Command) -> Outcome:
    """Runs one command with its output on the terminal."""
    print(f"\n=== {part}: {command.title}\n    {' '.join(command.words)}", flush=True)
    started_at = time.monotonic()
    try:
        status = subprocess.run(command.argv(), cwd=command.cwd, env=environment_for(command), check=False).returncode
    except FileNotFoundError as error:
        print(f"    {error.filename} is missing; `make setup-dev` installs it", flush=True)
        status = 127
    return Outcome(part=part, title=command.title, seconds=time.monotonic() - started_at, status=status)


def summary(outcomes: list[Outcome]) -> str:
    """Returns a table of all commands with times, failures last in words."""
    width = max(len(outcome.title) for outcome in outcomes)
    lines = ["", "=== Summary"]
    lines += [
        f"{'ok' if outcome.status == 0 else 'FAILED':>8}  {outcome.part:<9} {outcome.title:<{width}} {outcome.seconds:7.1f} s"
        for outcome in outcomes
    ]
    failed = [outcome for outcome in outcomes if outcome.status != 0]
    total = sum(outcome.seconds for outcome in outcomes)
    lines.append(f"{'':>8}  {'':<9} {'all':<{width}} {total:7.1f} s")
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
    outcomes = [run(name, command) for name in chosen for command in known[name]]
    print(summary(outcomes), flush=True)
    return 1 if any(outcome.status for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
