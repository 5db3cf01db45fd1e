from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nas.cli.conftest import Said

Nas = Callable[..., Said]


def test_it_shows_every_step_and_the_optimum(nas: Nas) -> None:
    said = nas("demo", "tsp", "--population", "6", "--generations", "30", "--mutation", "0.1", "--seed", "2")
    assert said.code == 0
    assert "First generation (6 chromosomes):" in said.out
    assert "Crossover in generation 1 (order crossover): BD[EC] and EDBC give DBEC" in said.out
    assert "Mutation in generation 3 (exchange): [B][D]EC becomes DBEC" in said.out
    assert "Found:   BEDC, length 27.8114" in said.out
    assert "Optimum: BEDC and CDEB, length 27.8114, by looking at all 24 chromosomes (12 different lengths)" in said.out


def test_it_writes_a_picture(nas: Nas, tmp_path: Path) -> None:
    target = tmp_path / "tour.svg"
    assert f"Picture: {target}" in nas("demo", "tsp", "--svg", str(target)).out
    assert target.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--population", "1"), "population: must be at least 2, got 1"),
        (("--mutation", "1.5"), "mutation: must be at most 1"),
        (("--seed", "-1"), "seed: must be at least 0"),
        (("--svg", "/nowhere/at/all.svg"), "No such file or directory"),
    ],
)
def test_what_cannot_be_is_said_without_a_traceback(nas: Nas, arguments: tuple[str, ...], said: str) -> None:
    found = nas("demo", "tsp", *arguments)
    assert found.code == 2
    assert said in found.err
