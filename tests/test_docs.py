"""The documentation says what is there: links lead somewhere, methods have a page, commands work."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nas import registry
from nas.strategies.island_search import IslandSearch, IslandSearchConfig
from nas.strategies.supernet_search import SupernetSearch, SupernetSearchConfig

ROOT = Path(__file__).parents[1]
EXPLAINED_ONCE = {
    "shared_weights": (SupernetSearch, SupernetSearchConfig),
    "islands": (IslandSearch, IslandSearchConfig),
}
"""Pages of what several strategies have in common, with their base and its settings."""
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kinds.get(name)) for kinds in (registry.strategies, registry.spaces) for name in kinds]
)
def test_every_strategy_and_space_has_a_page_that_names_its_settings(name: str, kind: Any) -> None:
    """A strategy and a space of one name share the page."""
    page = (ROOT / "docs" / "methods" / f"{name}.md").read_text()
    missing = [field for field in kind.Config.model_fields if f"`{field}`" not in page]
    for common, (base, settings) in EXPLAINED_ONCE.items():
        if issubclass(kind, base) and f"]({common}.md)" in page:
            missing = [field for field in missing if field not in settings.model_fields]
    assert not missing, f"docs/methods/{name}.md does not speak of {missing}"


@pytest.mark.parametrize("common", EXPLAINED_ONCE)
def test_what_kinds_of_searches_have_in_common_is_explained_once(common: str) -> None:
    page = (ROOT / "docs" / "methods" / f"{common}.md").read_text()
    _, settings = EXPLAINED_ONCE[common]
    assert not [field for field in settings.model_fields if f"`{field}`" not in page]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    broken = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not broken


def test_decisions_are_listed_and_numbered_without_gaps() -> None:
    folder = ROOT / "docs" / "adr"
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text()
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    assert not [name for name in files if name not in index]


def commands_of_the_readme() -> list[str]:
    block = re.findall(r"^\.venv/bin/python (-m nas .+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(block) >= 3
    return block


@pytest.mark.parametrize("command", commands_of_the_readme())
def test_commands_of_the_readme_work(command: str) -> None:
    words = shlex.split(command)
    if "--trials" in words:
        words[words.index("--trials") + 1] = "2"
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
