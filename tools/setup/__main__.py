"""Prepares this folder to run or test the product: `python3 tools/setup [--dev] [--system]`. Needs Python 3.11 and nothing else.

What is done already is not done again: each step remembers what it was made from.
"""

import argparse
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is what tells the owner of an older Python
    sys.exit(
        f"This project needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11 run"
    )

from front_end import prepare_frontend
from python_packages import prepare_python
from steps import SetupError, Steps
from system_packages import prepare_system


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/setup", description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what the checks and tests need")
    parser.add_argument("--system", action="store_true", help="also Debian packages (browser, fonts, PostgreSQL)")
    options = parser.parse_args()
    steps = Steps()
    try:
        if options.system:
            prepare_system(steps)
        prepare_python(steps, dev=options.dev)
        prepare_frontend(steps)
    except SetupError as error:
        print(f"\nSet-up stopped: {error}", file=sys.stderr)
        return 1
    steps.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
