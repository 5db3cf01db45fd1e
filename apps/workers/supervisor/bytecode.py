"""Where the processes of `up` keep compiled modules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def bytecode_environment(environment: Mapping[str, str], *, folder: Path) -> dict[str, str]:
    """What children get on top of `environment`.

    Where PYTHONDONTWRITEBYTECODE is set, as in many containers, every process would compile Django and torch anew at each start,
    ten seconds and more. They keep them then in `folder`, away from the sources.
    """
    if not environment.get("PYTHONDONTWRITEBYTECODE"):
        return {}
    kept = environment.get("PYTHONPYCACHEPREFIX") or str(folder)
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": kept}
