"""Searches with shared weights on the command line: what they print, and that others can score with what they leave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.nas.cli.conftest import Said

Nas = Callable[..., Said]
SPACE = ("--space", "nasbench201", "--set", "space.width=4", "--set", "space.cells_per_stage=1")
DATA = (*SPACE, "--set", "problem.max_examples=300", "--objective", "accuracy")
SPOS = {
    "epochs": 1,
    "num_trained": 1,
    "population": 2,
    "generations": 1,
    "kept": 1,
    "mutants": 1,
    "crossovers": 1,
    "calibration_batches": 1,
    "rank_check": 1,
}


def test_one_search_leaves_its_weights_and_another_scores_with_them(nas: Nas, tmp_path: Path) -> None:
    kept = tmp_path / "supernet.checkpoint"
    first = nas(
        *("search", *DATA, "--strategy", "spos", "--strategy-config", json.dumps(SPOS)),
        *("--set", "estimator.epochs=1", "--keep-supernet", str(kept), "--json"),
    )
    assert first.code == 0, first.err
    *trials, front = first.lines
    assert [len(trial["reported"]) for trial in trials] == [0, 2, 2, 0, 0]
    assert {point["proposal_id"] for point in front["trials"]} <= {3, 4}  # only what was trained alone
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]
    scored = nas(
        *("search", *DATA, "--strategy", "random", "--trials", "3", "--json", "--estimator", "inherit"),
        *("--set", f"estimator.supernet={kept}", "--set", "estimator.calibration_batches=1"),
    )
    assert scored.code == 0, scored.err
    *trials, front = scored.lines
    assert all(trial["status"] == "completed" for trial in trials)
    assert not front["is_simulated"]


def test_what_cannot_be_kept_or_found_is_refused_before_anything_runs(nas: Nas, tmp_path: Path) -> None:
    there = ("search", *DATA, "--trials", "1")
    refused = nas(*there, "--strategy", "random", "--keep-supernet", str(tmp_path / "x"))
    assert refused.code != 0
    assert "keep-supernet: only searches with shared weights" in refused.err
    refused = nas(*there, "--strategy", "spos", "--keep-supernet", str(tmp_path / "nowhere" / "x"))
    assert "must name a file in a folder that is there" in refused.err
    refused = nas(*there, "--estimator", "inherit", "--set", f"estimator.supernet={tmp_path / 'x'}")
    assert "estimator.supernet: there is no file" in refused.err
    refused = nas(*there, "--estimator", "inherit")
    assert "estimator.supernet: choose a supernet" in refused.err
