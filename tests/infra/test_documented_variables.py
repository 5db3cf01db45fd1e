"""Every variable is documented, and every documented variable is read."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NAME = re.compile(r"\bNASWEB_[A-Z_]*[A-Z]\b")
OPERATIONS = ROOT / "docs" / "operations.md"
COMPOSE = ROOT / "docker-compose.yml"


def names_in(*files: Path) -> set[str]:
    return {name for file in files for name in NAME.findall(file.read_text(encoding="utf-8"))}


def names_in_python(*folders: str) -> set[str]:
    return names_in(*(file for folder in folders for file in (ROOT / folder).rglob("*.py")))


def test_every_variable_of_the_product_is_documented() -> None:
    product = names_in_python("nasweb", "apps", "tasks", "nas") | names_in(COMPOSE)
    explained_in_the_example = names_in(ROOT / ".env.example")
    assert product - names_in(OPERATIONS) - explained_in_the_example == set()


def test_every_documented_variable_is_read_somewhere() -> None:
    read = names_in_python("nasweb", "apps", "tasks", "nas", "tests", "tools") | names_in(COMPOSE, ROOT / "Makefile")
    assert names_in(OPERATIONS) - read == set()


def test_the_example_file_names_what_compose_reads() -> None:
    in_compose = set(re.findall(r"\$\{(NASWEB_[A-Z_]+)", COMPOSE.read_text()))
    assert names_in(ROOT / ".env.example") <= in_compose
