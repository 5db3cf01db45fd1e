"""`python -m nas export`."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from nas.cli.main import main

TINY = ["nasbench201", "resnet", "--config", '{"width": 4, "cells_per_stage": 1}', "--input", "1,8,8"]


def test_a_checked_file_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, weights = tmp_path / "network.py", tmp_path / "network.safetensors"
    assert main(["export", *TINY, "--output", str(file), "--weights", str(weights), "--check"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["max_difference"] == 0.0
    assert f"{report['params']:,} parameters, {report['macs']:,} MACs" in (
        ast.get_docstring(ast.parse(file.read_text())) or ""
    )
    assert weights.stat().st_size > 4 * report["params"]


def test_json_goes_to_standard_output_too(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["export", *TINY, "--format", "json", "--output", "-"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["space"]["name"] == "nasbench201"


def test_a_champion_file_is_written_and_read_back(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A topology goes out as the publication's code writes it, and comes in wherever an architecture can be named."""
    given = {"activations": [5], "connections": [[0, 3, 0], [1, 4, 1], [2, 3, 1], [4, 3, 1]]}
    wann = ["export", "wann"]
    options = ["--config", '{"num_inputs": 2, "num_outputs": 1}', "--input", "1,1,2", "--classes", "1", "--output", "-"]
    assert main([*wann, json.dumps(given), *options, "--format", "champion"]) == 0
    text = capsysbinary.readouterr().out.decode()
    assert text.splitlines() == ["0,0,0,0,nan,1", "0,0,0,1,0,1", "0,0,0,0,1,1", "0,0,0,0,1,5", "0,0,0,0,0,1"]
    assert main([*wann, text, *options, "--format", "json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["genotype"] == given
    assert main([*wann, text.replace("nan", "inf"), *options, "--format", "json"]) != 0
    assert b"lines.1.5: inf cannot stand here" in capsysbinary.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "json", "--check"], "check: this file is a description"),
        (["--format", "champion"], "format: no published code has a file"),
        (["--format", "onnx", "--weights", "w"], "weights: an ONNX file holds its weights"),
        (["--classes", "0"], "classes: must be at least 1"),
        (["--seed", "-1"], "seed: must be from 0"),
    ],
)
def test_mistakes_are_told(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "network"
    assert main(["export", *TINY, "--output", str(file), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not file.exists()
