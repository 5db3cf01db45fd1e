"""Runs by itself in a process that has NumPy and nothing of ours: imports an exported program and lets it learn.

Started by `nas.export.program` as `python -I -S clean_program_check.py SOURCE TASKS NUMPY_FOLDER`; writes JSON to standard output.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from pathlib import Path


def main(source: str, tasks: str, numpy_folder: str) -> None:
    sys.path.append(numpy_folder)
    can_import_nas = importlib.util.find_spec("nas") is not None
    sys.modules["nas"] = None  # type: ignore[assignment]  # whatever the answer was: from here on importing it fails
    import numpy as np

    answer = {"can_import_nas": can_import_nas, "numpy": np.__version__, "error": "", "fitness": []}
    try:
        strangers = imported(source) - set(sys.stdlib_module_names) - {"numpy"}
        if strangers:
            raise ImportError("it imports " + ", ".join(sorted(strangers)))
        spec = importlib.util.spec_from_file_location("exported", source)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with np.load(tasks) as written:
            arrays = {name: written[name] for name in written.files}
        answer["fitness"] = [
            module.fitness(
                (arrays["train_features"][task], arrays["train_labels"][task]),
                (arrays["valid_features"][task], arrays["valid_labels"][task]),
                arrays["orders"][:, task],
                int(seed),
            )
            for task, seed in enumerate(arrays["seeds"])
        ]
    except Exception as error:
        answer["error"] = f"{type(error).__name__}: {error}"
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


def imported(path: str) -> set[str]:
    """The top-level names of all modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
