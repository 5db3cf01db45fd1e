"""What `make test` runs: parts, each a list of commands."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
FRONTEND = ROOT / "frontend"
TESTS = ROOT / "tests"
# Rooms of tests that have a part of their own or none in `make test`.
SEPARATE_ROOMS = ("nas", "contracts", "browser", "faults", "bench", "infra")

# Parts that run side by side, three at a time: each has its own database, servers and folders. Those that take longest begin
# first, so that the places are busy to the end; those with a browser and a server wait for them now and then, so three parts
# keep two cores busy. What is not named here runs alone, after them.
SIDE_BY_SIDE = ("browser", "engine", "contracts", "apps-sqlite", "apps-postgres", "infra", "static", "frontend")
PLACES = 3


@dataclass(frozen=True)
class Command:
    """One program to run; `words[0]` is looked up in `.venv/bin` first."""

    title: str
    words: tuple[str, ...]
    cwd: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)

    def argv(self) -> list[str]:
        return [str(BIN / self.words[0]) if (BIN / self.words[0]).exists() else self.words[0], *self.words[1:]]


Parts = Mapping[str, list[Command]]


def platform_rooms() -> list[str]:
    """Returns the rooms of tests that use the database and the servers: all that belong to no other part."""
    rooms = [
        path
        for path in sorted(TESTS.iterdir())
        if path.name not in SEPARATE_ROOMS and (any(path.glob("**/test_*.py")) or path.name.startswith("test_"))
    ]
    return [str(path.relative_to(ROOT)) for path in rooms]


def npm(title: str, script: str) -> Command:
    return Command(title, ("npm", "run", "--silent", script), cwd=FRONTEND)


def pytest(title: str, *words: str, **environment: str) -> Command:
    return Command(title, ("pytest", "-q", *words), environment=environment)


def lint() -> list[Command]:
    return [
        Command("style of Python", ("ruff", "check", ".")),
        Command("format of Python", ("ruff", "format", "--check", ".")),
        Command("who imports whom", ("lint-imports", "--no-logo")),
        Command("templates", ("djlint", "--lint", "--quiet", "frontend/templates")),
        npm("style of TypeScript", "lint"),
    ]


def types() -> list[Command]:
    return [
        Command("types of Python", ("mypy", "nas", "apps", "tasks", "nasweb", "manage.py")),
        # Each folder is a program that imports its neighbours by bare name.
        Command("types of the set-up", ("mypy", "tools/setup"), environment={"MYPYPATH": "tools/setup"}),
        Command("types of the checks", ("mypy", "tools/checks"), environment={"MYPYPATH": "tools/checks"}),
        npm("types of TypeScript", "typecheck"),
    ]


def consistency() -> list[Command]:
    schema = ("spectacular", "--validate", "--fail-on-warn", "--file", os.devnull)
    return [
        Command("system checks", ("python", "manage.py", "check", "--fail-level", "WARNING")),
        Command("migrations are complete", ("python", "manage.py", "makemigrations", "--check", "--dry-run")),
        Command("generated files are fresh", ("python", "manage.py", "generate_types", "--check")),
        Command("the API schema", ("python", "manage.py", *schema)),
    ]


def everything() -> dict[str, list[Command]]:
    """Returns the parts of `make test` in their order: quick ones first."""
    rooms = platform_rooms()
    return {
        "static": [*lint(), *types(), *consistency()],
        "frontend": [npm("TypeScript", "test")],
        "engine": [pytest("the engine", "tests/nas")],
        "contracts": [pytest("what every space and strategy promises", "tests/contracts")],
        "infra": [pytest("set-up, supervisor, containers", "tests/infra")],
        "apps-sqlite": [pytest("pages, API, tasks on SQLite", *rooms, NASWEB_TEST_DATABASE="sqlite")],
        "apps-postgres": [pytest("what asks the database, on PostgreSQL", *rooms, NASWEB_TEST_DATABASE="postgres")],
        "browser": [pytest("in a real browser", "-m", "browser", "tests/browser", DJANGO_ALLOW_ASYNC_UNSAFE="true")],
        "faults": [pytest("with processes that are killed", "-m", "faults", "tests/faults")],
    }


def smaller_parts() -> dict[str, list[Command]]:
    """Returns parts that can be asked for by name; `make test` has them inside the others."""
    fuzz = pytest(
        "properties, with new examples", "-m", "hypothesis", "--hypothesis-profile=fuzz", NASWEB_TEST_DATABASE="sqlite"
    )
    return {"lint": lint(), "types": types(), "docs": [pytest("documentation", "tests/test_docs.py")], "fuzz": [fuzz]}


def environment_for(command: Command) -> dict[str, str]:
    """The environment of a command: the tools of `.venv` first, one thread for numerics, a Node that is new enough.

    Where PYTHONDONTWRITEBYTECODE is set, as in many containers, compiled modules are kept all the same, away from the sources:
    the tests start well over a hundred processes, and each would compile Django, torch and what they import once more.
    """
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    if shutil.which("npm") and not (BIN / "npm").exists():
        path = os.pathsep.join([os.environ.get("PATH", ""), str(BIN)])
    given = dict(os.environ)
    if given.pop("PYTHONDONTWRITEBYTECODE", ""):
        given.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "pycache"))
    return {**given, "PATH": path, "OMP_NUM_THREADS": "1", **command.environment}
