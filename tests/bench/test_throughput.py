"""Durable trials per second through the whole platform, against Optuna's ask/tell on the same database in the same run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from apps.runs.models import Run, Trial
from tests.settings import DATABASE_KIND, POSTGRES_DIR, TEST_STATE_DIR
from tests.support.running_platform import RunningPlatform

pytestmark = pytest.mark.timeout(7200)

NUM_OPTUNA = int(os.environ.get("NASWEB_BENCH_OPTUNA_TRIALS", "2000"))
NUM_LONG = int(os.environ.get("NASWEB_BENCH_TRIALS", "20000"))
NUM_SHORT = min(NUM_LONG, 3000)
GOAL = {"sqlite": 60, "postgres": 100}[DATABASE_KIND]


def rates(run: Run, block: int) -> list[float]:
    """Trials per second of each block, by the moments at which their results were stored."""
    times = list(Trial.objects.filter(run=run).order_by("finished_at").values_list("finished_at", flat=True))
    known = [time for time in times if time is not None]
    ends = [known[0], *known[block - 1 :: block]]
    return [round(block / (b - a).total_seconds(), 1) for a, b in pairwise(ends)]


def overall(run: Run) -> float:
    """From the start of the run to its end."""
    assert run.started_at and run.ended_at
    return Trial.objects.filter(run=run).count() / (run.ended_at - run.started_at).total_seconds()


@pytest.fixture(scope="module")
def optuna_rate(platform: RunningPlatform, say: Callable[[str], None]) -> float:
    if DATABASE_KIND == "sqlite":
        url = f"sqlite:///{TEST_STATE_DIR / 'optuna.sqlite3'}"
    else:
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE optuna")
        url = f"postgresql+psycopg://nasweb@/optuna?host={POSTGRES_DIR}"
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench.optuna_trials", url, str(NUM_OPTUNA)],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    say(f"Optuna ask/tell on {DATABASE_KIND}: {found['rate']:.0f} trials/s, per 500: {found['blocks']}")
    return float(found["rate"])


def cpu_seconds(platform: RunningPlatform) -> dict[str, float]:
    """User and system time of each part so far: of the living processes of its group and what they waited for."""
    groups = {platform.pid(part): part for part in ("control", "cpu0")}
    used = dict.fromkeys(groups.values(), 0.0)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            stat = path.read_text()
            fields = stat[stat.rindex(")") + 2 :].split()
            if (part := groups.get(int(fields[2]))) is not None:
                used[part] += sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return used


@pytest.mark.parametrize(("batch_size", "num_trials"), [(1, NUM_SHORT), (10, NUM_SHORT), (100, NUM_LONG)])
def test_trials_per_second(
    batch_size: int,
    num_trials: int,
    platform: RunningPlatform,
    carry_out: Callable[..., Run],
    optuna_rate: float,
    say: Callable[[str], None],
) -> None:
    before = cpu_seconds(platform)
    run = carry_out(num_trials=num_trials, batch_size=batch_size)
    used = {part: 1000 * (seconds - before[part]) / num_trials for part, seconds in cpu_seconds(platform).items()}
    assert Trial.objects.filter(run=run, state="completed").count() == num_trials
    rate = overall(run)
    say(
        f"{DATABASE_KIND}, batches of {batch_size}: {rate:.0f} trials/s over {num_trials} (goal {GOAL}), "
        f"{rate / optuna_rate:.2f} × Optuna; per 1,000: {rates(run, min(1000, num_trials // 2))}; "
        f"CPU per trial: {', '.join(f'{part} {ms:.1f} ms' for part, ms in used.items())}"
    )
