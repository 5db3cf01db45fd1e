"""The parser and the one place where errors become exit codes."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from nas.cli import catalogue, demo, describe, export, sample, search
from nas.core.errors import NasError

EXIT_WRONG_INPUT = 2
EXIT_OUR_FAULT = 1


def main(arguments: Sequence[str]) -> int:
    """Run one command. Returns the exit code: 0 done, 1 a fault of ours, 2 wrong input, 130 stopped by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m nas", description="Neural architecture search, in this process.")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (catalogue, describe, sample, export, demo):
        command.add_to(commands)
    search.add_to(commands, arguments)
    given = parser.parse_args(arguments)
    try:
        code: int = given.run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has enough (`| head`); nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (NasError, OSError) as error:
        return _failed(given, error, f"error: {error}", EXIT_WRONG_INPUT)
    except Exception as error:
        hint = "" if given.traceback else " (python -m nas --traceback … shows where)"
        return _failed(given, error, f"internal error: {type(error).__name__}: {error}{hint}", EXIT_OUR_FAULT)
    return code


def _failed(given: argparse.Namespace, error: Exception, message: str, code: int) -> int:
    if given.traceback:
        traceback.print_exception(error)
    print(message, file=sys.stderr)
    return code
