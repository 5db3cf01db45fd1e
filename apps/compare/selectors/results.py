"""The final table of a comparison: what each arm reached, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.charts.compact import compact
from apps.compare.schema import Arm, Cell, ResultRow
from apps.compare.selectors.shared import Shared
from apps.runs.models import Run
from apps.runs.selectors.clock import working_seconds
from apps.runs.selectors.trials import trials_reported
from apps.runs.templatetags.ui import duration, metric_value
from nas.core.metric import METRICS, Direction

MAXIMISE, MINIMISE = Direction.MAXIMISE.value, Direction.MINIMISE.value
Words = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class _Found:
    """Values of one arm, one per replica; `address`: where they come from."""

    values: Sequence[float]
    address: str = ""


def result_rows(runs: Sequence[Run], arms: Sequence[Arm], shared: Shared, *, now: datetime) -> list[ResultRow]:
    """Rows that no arm has a value for are left out."""
    of_arm = {run.pk: run for run in runs}
    tests = [_test_of(of_arm[arm.run], arm, shared) for arm in arms]
    test_name = next((name for name, _found in tests if name), "test_accuracy")
    bests = [arm.best for arm in arms]
    trial_links = [_trial_address(arm) for arm in arms]
    rows = [
        _row("trials", _("Trials"), [_Found([arm.num_trials]) for arm in arms], _count),
        _row("failed", _("Failed"), [_Found([arm.num_failed]) for arm in arms], _count),
    ]
    if shared.objectives:
        first = shared.objectives[0]
        title = _("Best %(objective)s (validation)") % {"objective": _(first.declaration.title)}
        found = [_Found(arm.finals, address) for arm, address in zip(arms, trial_links, strict=True)]
        rows.append(_metric_row("best", title, found, first.metric, first.direction.value))
    reported = [found for _name, found in tests]
    title = _("%(metric)s of its best reported") % {"metric": _(METRICS[test_name].title)}
    rows.append(_metric_row("test", title, reported, test_name, METRICS[test_name].direction.value))
    volumes = [_Found(arm.hypervolumes) for arm in arms]
    rows.append(_row("hypervolume", _("Hypervolume (common point)"), volumes, compact, direction=MAXIMISE))
    costs = [_Found([arm.cost_seconds]) for arm in arms]
    rows.append(_row("cost_seconds", _("Cost (device time)"), costs, duration, direction=MINIMISE, unit="s"))
    times = [_Found([] if arm.is_baseline else [working_seconds(of_arm[arm.run], now)]) for arm in arms]
    rows.append(_row("wall_seconds", _("Wall time"), times, duration, direction=MINIMISE, unit="s"))
    for name in ("params", "macs"):
        values = [None if best is None else getattr(best, name) for best in bests]
        found = [
            _Found([] if value is None else [value], address)
            for value, address in zip(values, trial_links, strict=True)
        ]
        title = _("%(metric)s of the best") % {"metric": _(METRICS[name].title)}
        rows.append(_metric_row(name, title, found, name, MINIMISE))
    return [row for row in rows if any(cell.value is not None for cell in row.cells)]


def _metric_row(name: str, title: str, found: Sequence[_Found], metric: str, direction: str) -> ResultRow:
    def words(value: float) -> str:
        return metric_value(value, metric)

    return _row(name, title, found, words, direction=direction, unit=METRICS[metric].unit)


def _row(
    name: str, title: str, found: Sequence[_Found], words: Words, *, direction: str = "", unit: str = ""
) -> ResultRow:
    medians = [median(one.values) if one.values else None for one in found]
    known = [value for value in medians if value is not None]
    best = None
    if direction and len(set(known)) > 1:
        best = max(known) if direction == MAXIMISE else min(known)
    cells = [
        _cell(one, value, words, is_best=value is not None and value == best)
        for one, value in zip(found, medians, strict=True)
    ]
    return ResultRow(name=name, title=title, unit=unit, direction=direction, cells=cells)


def _cell(found: _Found, value: float | None, words: Words, *, is_best: bool) -> Cell:
    if value is None:
        return Cell(value=None, lowest=None, highest=None, text="–", range_text="", address="", is_best=False)
    several = len(found.values) > 1
    lowest, highest = (min(found.values), max(found.values)) if several else (None, None)
    span = f"{words(lowest)} – {words(highest)}" if lowest is not None and highest is not None else ""
    return Cell(
        value=value,
        lowest=lowest,
        highest=highest,
        text=words(value),
        range_text=span,
        address=found.address,
        is_best=is_best,
    )


def _test_of(run: Run, arm: Arm, shared: Shared) -> tuple[str, _Found]:
    """(test metric, its value) of the reported trial that is best on validation data: the test value chooses nothing."""
    reported = [
        trial
        for trial in trials_reported(run=run)
        if trial.replica.number in arm.replicas and _test_metrics(trial.report_result)
    ]
    if not reported or not shared.objectives:
        return "", _Found([])
    first = shared.objectives[0]
    known = [trial for trial in reported if trial.metrics.get(first.metric) is not None]
    if not known:
        return "", _Found([])
    best = min(known, key=lambda trial: (first.loss(trial.metrics[first.metric]), trial.number))
    metrics = _test_metrics(best.report_result)
    name = "test_accuracy" if "test_accuracy" in metrics else next(iter(metrics))
    address = f"{reverse('runs:detail', args=[run.pk])}?trial={best.replica.number}.{best.number}"
    return name, _Found([metrics[name]], address)


def _test_metrics(report: Any) -> dict[str, float]:
    metrics = (report or {}).get("metrics", {})
    return {name: value for name, value in metrics.items() if name in METRICS and name.startswith("test_")}


def _trial_address(arm: Arm) -> str:
    if arm.best is None:
        return ""
    return f"{reverse('runs:detail', args=[arm.run])}?trial={arm.best.replica}.{arm.best.number}"


def _count(value: float) -> str:
    return number_format(value, 0, force_grouping=True)
