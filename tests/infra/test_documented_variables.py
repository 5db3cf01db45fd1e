"""Every variable is documented, and every documented variable is read."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NAME = re.compile(r"\bNASWEB_[A-Z_]*[A-Z]\b")
READ_BY_COMPOSE = {
    "NASWEB_GPU",
    "NASWEB_HOSTNAME",
    "NASWEB_POSTGRES_PASSWORD",
    "NASWEB_PUBLISH",
    "NASWEB_TORCH_CPU_INDEX",
}


def names_in(*files: Path) -> set[str]:
    return {name for file in files for name in NAME.findall(file.read_text(encoding="utf-8"))}


def code() -> set[str]:
    folders = ("nasweb", "apps", "tasks", "nas", "tests", "tools")
    return names_in(*(file for folder in folders for file in (ROOT / folder).rglob("*.py")), ROOT / "Makefile")


def test_documentation_and_code_name_the_same_variables() -> None:
    documented = names_in(ROOT / "docs" / "operations.md")
    assert code() - documented - READ_BY_COMPOSE == set()
    assert documented - code() - names_in(ROOT / "docker-compose.yml") == set()


def test_the_example_file_names_what_compose_reads() -> None:
    in_compose = set(re.findall(r"\$\{(NASWEB_[A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert names_in(ROOT / ".env.example") <= in_compose
