"""What every search on islands shows: their metrics over time, and how far and how quick each is."""

from __future__ import annotations

from collections.abc import Sequence

from nas.core.metric import METRICS
from nas.core.view import View
from nas.strategies.island_log import IslandLog


def curves_view(logs: Sequence[IslandLog]) -> View:
    """Every metric of every island against the candidates it has looked at."""
    columns = [log.curve.columns() for log in logs]
    names = dict.fromkeys(name for each in columns for name in each if name not in ("step", "candidates"))
    data = {
        "metrics": [
            {"name": name, "title": METRICS[name].title if name in METRICS else _title(name)} for name in names
        ],
        "islands": columns,
    }
    return View("island_curves", "Islands over time", "island_curves", data)


def islands_view(logs: Sequence[IslandLog], num_steps: int) -> View:
    """One row per island: how far it is, how quick, whether it lives."""
    data = {
        "island": [number + 1 for number in range(len(logs))],
        "steps": [log.steps for log in logs],
        "total": num_steps,
        "candidates": [log.candidates for log in logs],
        "seconds": [log.seconds for log in logs],
        "per_second": [log.candidates / log.seconds if log.seconds > 0 else None for log in logs],
        "ended": [log.broken for log in logs],
    }
    return View("islands", "Islands", "islands", data)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
