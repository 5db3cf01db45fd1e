"""The command line with the toys in its registries."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from nas.cli.main import main
from nas.registry import estimators, problems, spaces
from tests.contracts.toys import BitStrings, Blobs, Ones


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def nas(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs one command line in this process."""
    for registry, kind in ((spaces, BitStrings), (problems, Blobs), (estimators, Ones)):
        monkeypatch.setitem(registry._paths, kind.name, f"{kind.__module__}:{kind.__name__}")
        monkeypatch.setitem(registry._classes, kind.name, kind)

    def run(*arguments: str) -> Said:
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return run
