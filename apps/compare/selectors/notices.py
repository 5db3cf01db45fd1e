"""What stands against comparing runs: said in words, with exactly what differs. After Lindauer and Hutter 2019, 1909.02453."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.compare.schema import Arm, Notice, SettingGroup, SettingRow, Tone
from apps.compare.selectors.settings import RECORD, differing
from apps.compare.selectors.shared import Shared
from apps.runs.models import Run
from nas.core.objective import Objective

FEWEST_SEEDS = 3


def refusal_of(runs: Sequence[Run], shared: Shared) -> str:
    """Why nothing can be drawn together, or ""."""
    if len(runs) < 2 or shared.objectives:
        return ""
    return _(
        "These runs have no objective in common, so no chart can show them together. "
        "Compare runs that measure the same thing in the same direction; the settings below say what each was asked for."
    )


def notices_of(
    runs: Sequence[Run],
    shared: Shared,
    objectives: Sequence[tuple[Objective, ...]],
    groups: Sequence[SettingGroup],
    arms: Sequence[Arm],
) -> list[Notice]:
    """`arms`: of all the runs. The gravest first."""
    notes = _Notes(runs)
    record = {row.path: row for row in differing(groups, RECORD)}

    def of_record(*names: str) -> list[SettingRow]:
        return [record[f"{RECORD}.{name}"] for name in names if f"{RECORD}.{name}" in record]

    notes.rows(
        "data",
        _("The runs do not learn from and score on the same data: a difference in quality may come from that."),
        [*differing(groups, "problem"), *of_record("data")],
    )
    notes.rows(
        "recipe",
        _("Architectures are not scored in the same way, so equal architectures may get different values."),
        differing(groups, "estimator"),
    )
    notes.rows(
        "space",
        _("The runs search in different spaces: what one finds may not exist in another."),
        [*differing(groups, "space"), *of_record("space")],
    )
    asked = {row.path: row for row in differing(groups, "objectives")}
    if "objectives" in asked and shared.objectives and len(shared.objectives) < max(map(len, objectives)):
        text = _("The runs have other objectives as well; charts and hypervolume use only those they share.")
        notes.rows("objectives", text, [asked["objectives"]])
    if "constraints" in asked:
        notes.rows("constraints", _("The runs keep different limits."), [asked["constraints"]])
    _note_budget(notes, groups, runs)
    notes.rows(
        "engine",
        _("The runs were carried out by different versions of the program."),
        of_record("engine", "torch"),
        tone="info",
    )
    _note_kinds(notes, runs)
    _note_seeds(notes, runs, arms)
    return notes.found


class _Notes:
    """Collects notices; one without a difference is none."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.found: list[Notice] = []
        self._names = [run.name for run in runs]

    def rows(self, code: str, text: str, rows: Sequence[SettingRow], *, tone: Tone = "warn") -> None:
        self.lines(code, text, [_difference(row, self._names) for row in rows], tone=tone)

    def lines(self, code: str, text: str, lines: list[str], *, tone: Tone = "warn") -> None:
        if lines:
            self.found.append(Notice(code=code, tone=tone, text=text, differences=lines))


def _note_kinds(notes: _Notes, runs: Sequence[Run]) -> None:
    if len({run.is_simulated for run in runs}) < 2:
        return
    simulated, trained = _("%(run)s: results from a table (simulated)"), _("%(run)s: trained for real")
    lines = [(simulated if run.is_simulated else trained) % {"run": run.name} for run in runs]
    text = _("Some results are looked up, others were trained: seconds, and perhaps values, are of two kinds.")
    notes.lines("simulated", text, lines)


def _note_seeds(notes: _Notes, runs: Sequence[Run], arms: Sequence[Arm]) -> None:
    names = {run.pk: run.name for run in runs}
    lines = []
    for arm in arms:
        count = len(arm.replicas)
        if count < FEWEST_SEEDS and not arm.is_baseline:
            text = ngettext("%(run)s: %(count)d seed", "%(run)s: %(count)d seeds", count)
            lines.append(text % {"run": names[arm.run], "count": count})
    text = _("Single-run: with fewer than three seeds a difference may be luck. No test of significance is made.")
    notes.lines("single_run", text, lines, tone="info")


def _note_budget(notes: _Notes, groups: Sequence[SettingGroup], runs: Sequence[Run]) -> None:
    rows = differing(groups, "budget")
    units = {
        tuple(sorted(name for name, limit in run.specification["budget"].items() if limit is not None)) for run in runs
    }
    if len(units) > 1:
        notes.rows("budget_unit", _("The runs are limited in different ways; look at the curves over cost."), rows)
    else:
        text = _("The runs may not spend the same: compare them where their curves have spent equally much.")
        notes.rows("budget", text, rows, tone="info")


def _difference(row: SettingRow, names: Sequence[str]) -> str:
    """ "Epochs: 3 (Small cells) · 10 (Long)"; runs that agree share an entry."""
    of_value: dict[str, list[str]] = {}
    for value, name in zip(row.values, names, strict=True):
        of_value.setdefault(value, []).append(name)
    return f"{row.label}: " + " · ".join(f"{value} ({', '.join(of)})" for value, of in of_value.items())
