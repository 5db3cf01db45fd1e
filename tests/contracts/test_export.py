"""Every space whose networks are made of layers exports files that prove themselves; any new one is looked at by being registered.

`NASWEB_EXPORT_ROUNDS=20` looks at more architectures of each space.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nas import registry
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Blueprinted, Space
from nas.export.check import CheckReport, Subject, check_files
from nas.export.errors import ExportFailed
from nas.export.export import built, header
from nas.export.expression import WIDTH
from nas.export.request import ExportRequest
from nas.export.source import pytorch_source

ROUNDS = int(os.environ.get("NASWEB_EXPORT_ROUNDS", "3"))
SHAPES: tuple[Shape, ...] = ((1, 8, 8), (1, 28, 28), (3, 32, 32))
HEAVIEST = 150_000_000
"""MACs. A space of large networks is looked at through its smaller ones."""


@dataclass(frozen=True)
class Exported:
    request: ExportRequest
    subject: Subject


def space_of(name: str) -> Space | None:
    kind = registry.spaces.get(name)
    try:
        space = kind(kind.Config.parse(None))
    except InvalidConfig:
        return None  # a setting without default
    return space if isinstance(space, Blueprinted) else None


def requests(space: Space, rounds: int) -> list[ExportRequest]:
    """Random architectures for inputs of several shapes, left out where one is too small for the network."""
    rng = np.random.default_rng(2)
    found: list[ExportRequest] = []
    for number in range(50 * rounds):
        genotype: Genotype = space.sample(rng)
        shape = SHAPES[number % len(SHAPES)]
        try:
            cost = space.cost(genotype, shape, 10)
        except InvalidGenotype:
            continue
        if cost.macs <= HEAVIEST:
            found.append(ExportRequest(space, genotype, shape, 10, ("pytorch",), seed=number))
        if len(found) == rounds:
            break
    return found


def exported(request: ExportRequest) -> Exported:
    network, blueprint = built(request)
    cost = request.cost()
    return Exported(request, Subject(pytorch_source(blueprint, header(request, cost)), blueprint, network, cost))


@pytest.fixture(scope="module")
def checked() -> dict[str, list[tuple[Exported, CheckReport | ExportFailed]]]:
    """The files of every space and what they showed, all in one clean process: starting one costs more than a check."""
    made = {
        name: [exported(request) for request in requests(space, ROUNDS)]
        for name in registry.spaces.names()
        if (space := space_of(name)) is not None
    }
    reports = iter(check_files([export.subject for exports in made.values() for export in exports]))
    return {name: [(export, next(reports)) for export in exports] for name, exports in made.items()}


@pytest.mark.parametrize("name", registry.spaces.names())
def test_exported_files_are_the_networks_they_were_made_from(
    name: str, checked: dict[str, list[tuple[Exported, CheckReport | ExportFailed]]]
) -> None:
    if name not in checked:
        pytest.skip("its architectures are not networks of torch layers")
    assert len(checked[name]) == ROUNDS, "hardly any architecture is small enough"
    for export, report in checked[name]:
        cost = export.request.cost()
        assert isinstance(report, CheckReport), f"{export.request.genotype}: {report}"
        assert (report.params, report.macs, report.max_difference) == (cost.params, cost.macs, 0.0)


def test_exported_files_are_in_good_style(
    checked: dict[str, list[tuple[Exported, CheckReport | ExportFailed]]], tmp_path: Path
) -> None:
    files = []
    for name, exports in checked.items():
        for number, (export, _) in enumerate(exports):
            text = export.subject.source
            assert max(map(len, text.splitlines())) <= WIDTH
            assert ast.get_docstring(ast.parse(text))
            files.append(tmp_path / f"{name}{number}.py")
            files[-1].write_text(text, encoding="utf-8")
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    width = ["--isolated", "--no-cache", "--line-length", str(WIDTH)]
    for command in (
        ["format", "--check", "--diff"],
        ["check", "--select", "E,F,W,I,B,UP,N", "--target-version", "py311"],
    ):
        done = subprocess.run([*ruff, *command, *width, *map(str, files)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
