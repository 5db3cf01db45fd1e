"""`search --config`: a run's configuration as a file; options win over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nas.core.yaml_text import yaml_text
from tests.nas.cli.conftest import Said

Nas = Callable[..., Said]

RUN = {
    "name": "A run",
    "schema_version": 1,
    "space": {"name": "bit_strings", "config": {"num_bits": 12}},
    "problem": {"name": "blobs", "config": {}},
    "strategy": {"name": "random", "config": {}},
    "estimator": {"name": "ones", "config": {}},
    "objectives": [{"metric": "accuracy", "direction": "maximise"}],
    "constraints": ["params<=1000000"],
    "budget": {"trials": 7, "wall_seconds": None},
    "seed": 5,
    "device": "cpu",
    "parallelism": 4,
    "num_replicas": 1,
    "batch_size": 1,
    "num_reported": 0,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(yaml_text(RUN), encoding="utf-8")
    return path


def test_the_file_says_everything(nas: Nas, file: Path) -> None:
    *trials, front = nas("search", "--config", str(file), "--json").lines
    assert len(trials) == 7
    assert {len(trial["genotype"]["bits"]) for trial in trials} == {12}
    assert [objective["metric"] for objective in front["objectives"]] == ["accuracy"]
    assert front["constraints"][0]["limit"] == 1_000_000
    options = [f"--{place}={RUN[place]['name']}" for place in ("space", "problem", "strategy", "estimator")]  # type: ignore[index]
    more = ["--set", "space.num_bits=12", "--seed", "5", "--trials", "7", "--objective", "accuracy"]
    more += ["--constraint", "params<=1000000"]
    assert nas("search", *options, *more, "--json").lines == [*trials, front]


def test_json_is_a_file_too(nas: Nas, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "run.json"
    other.write_text(json.dumps(RUN), encoding="utf-8")
    assert nas("search", "--config", str(other), "--json").out == nas("search", "--config", str(file), "--json").out


def test_options_win(nas: Nas, file: Path) -> None:
    *trials, front = nas(
        *("search", "--config", str(file), "--json", "--trials", "3"),
        *("--set", "space.num_bits=9", "--objective", "macs", "--constraint", "params<=2000000"),
    ).lines
    assert len(trials) == 3
    assert {len(trial["genotype"]["bits"]) for trial in trials} == {9}
    assert [objective["metric"] for objective in front["objectives"]] == ["macs"]
    assert front["constraints"][0]["limit"] == 2_000_000


def test_settings_of_another_part_are_not_mixed_in(nas: Nas, file: Path) -> None:
    said = nas("search", "--config", str(file), "--strategy", "aging_evolution", "--trials", "4", "--json")
    assert said.code == 0
    assert len(said.lines) == 5


def test_what_is_left_out_has_its_default(nas: Nas, tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text(
        "space: {name: bit_strings}\nproblem: {name: blobs}\nestimator: {name: ones}\nbudget: {trials: 2}\n"
    )
    *trials, front = nas("search", "--config", str(path), "--json").lines
    assert len(trials) == 2
    assert [objective["metric"] for objective in front["objectives"]] == ["accuracy", "macs"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budget:\n  trials: 0\n", "budget.trials: must be at least 1, got 0 (line 2)"),
        ("seed: 1\nsede: 2\n", "sede: there is no such setting (line 2)"),
        ("a: &x 1\nb: *x\n", "anchors"),
        ("- 1\n", "expected names and values"),
        ("", "expected names and values"),
    ],
)
def test_what_is_wrong_is_told_with_file_field_and_line(nas: Nas, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    said = nas("search", "--config", str(path))
    assert said.code == 2
    assert message in said.err
    assert "wrong.yaml" in said.err


def test_a_file_that_is_not_there_is_wrong_input(nas: Nas) -> None:
    said = nas("search", "--config", "nowhere.yaml")
    assert (said.code, "nowhere.yaml" in said.err) == (2, True)


def test_a_baseline_of_the_file_is_carried_out_unless_an_option_says_no(nas: Nas, tmp_path: Path) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text(yaml_text({**RUN, "baseline": True}), encoding="utf-8")
    lines = nas("search", "--config", str(path), "--json").lines
    assert [line.get("baseline", False) for line in lines] == [False] * 8 + [True] * 8
    assert len(nas("search", "--config", str(path), "--no-baseline", "--json").lines) == 8
