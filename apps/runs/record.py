"""The reproducibility record: everything it takes to repeat a run."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from subprocess import run as run_process
from typing import Any

from django.conf import settings

import nas
from apps.runs.specification import RunSpecification
from nas import registry
from nas.core.setup import SearchSetup
from nas.core.space import describe_space, space_fingerprint

PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "django",
    "celery",
    "channels",
    "moocore",
    "pydantic",
    "safetensors",
)


def record_begin(
    specification: RunSpecification, setup: SearchSetup, *, cloned_from: int | None = None
) -> dict[str, Any]:
    """What is known when the run is created. Devices join as workers take part; advances, trials, costs are tables.

    `cloned_from`: id of the run it is like.
    """
    strategy = registry.strategies.get(specification.strategy.name)
    return {
        "schema_version": 1,
        **({} if cloned_from is None else {"cloned_from": cloned_from}),
        "code": {"engine": nas.__version__, **code_version()},
        "space": {**describe_space(setup.space), "fingerprint": space_fingerprint(setup.space)},
        "problem": {
            "name": setup.problem.name,
            "version": setup.problem.version,
            "fingerprint": setup.problem.fingerprint(),
        },
        "strategy": {"name": strategy.name, "version": strategy.version},
        "baseline": _baseline(specification),
        "estimator": {"name": setup.estimator.name, "version": setup.estimator.version},
        "randomness": {
            "run_seed": specification.seed,
            "rule": "PCG64(SeedSequence([run_seed, replica, proposal])) for every draw; a torch generator seeded from it",
        },
        "environment": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "packages": dict(_packages()),
        },
    }


def _baseline(specification: RunSpecification) -> dict[str, Any] | None:
    """The random search beside the run: with which settings, and which replicas are its seeds."""
    if not specification.baseline:
        return None
    chosen = specification.of_baseline().strategy
    return {
        "strategy": {
            "name": chosen.name,
            "version": registry.strategies.get(chosen.name).version,
            "config": chosen.config,
        },
        "replicas": [n for n in range(specification.total_replicas) if specification.is_baseline(n)],
    }


@cache
def code_version() -> dict[str, Any]:
    """The commit this program was started from, and whether its files differ from it; empty outside a checkout."""
    root = Path(settings.BASE_DIR)
    if not (root / ".git").exists():
        return {}
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return {"commit": commit, "is_changed": bool(_git(root, "status", "--porcelain", "--untracked-files=no"))}
    except OSError:
        return {}


def _git(root: Path, *words: str) -> str:
    done = run_process(["git", *words], cwd=root, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603, S607
    return done.stdout.strip()


@cache
def _packages() -> tuple[tuple[str, str], ...]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
