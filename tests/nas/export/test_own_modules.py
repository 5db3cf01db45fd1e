"""Our small modules are copied into exports: each has to stand by itself there, and to read well."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import nas.modules
from nas.export.expression import WIDTH
from nas.export.own_modules import copied

FOLDER = Path(nas.modules.__file__).parent
FILES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "blueprint_network"))


def modules_of(file: str) -> list[str]:
    tree = ast.parse((FOLDER / f"{file}.py").read_text())
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def imports_us(file: str) -> bool:
    return "nas." in "".join(
        ast.unparse(node)
        for node in ast.parse((FOLDER / f"{file}.py").read_text()).body
        if isinstance(node, ast.ImportFrom)
    )


@pytest.mark.parametrize("file", [file for file in FILES if not imports_us(file)])
def test_a_copied_module_stands_by_itself_and_reads_well(file: str) -> None:
    for name in modules_of(file):
        found = copied([(f"nas.modules.{file}", name)])
        text = "\n\n\n".join(found.code) + "\n"
        namespace: dict[str, object] = {}
        program = "\n".join(["from __future__ import annotations", *sorted(found.imports), text])
        exec(compile(program, file, "exec"), namespace)  # our own source
        assert isinstance(namespace[name], type)
        assert max(map(len, text.splitlines())) <= WIDTH
        ruff = str(Path(sys.executable).with_name("ruff"))
        command = [ruff, "format", "--isolated", "--no-cache", "--line-length", str(WIDTH), "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        assert done.stdout == text, f"break the lines of {name} that have more than {WIDTH} characters"


def test_what_needs_us_is_refused() -> None:
    with pytest.raises(ValueError, match="needs torch only"):
        copied([("nas.modules.blueprint_network", "BlueprintNetwork")])


def test_helpers_and_imports_come_along() -> None:
    found = copied([("nas.modules.shift", "Shift")])
    assert found.imports == {"from torch import Tensor", "from torch import nn", "from torch.nn import functional"}
    assert found.names >= {"Shift", "functional"}
