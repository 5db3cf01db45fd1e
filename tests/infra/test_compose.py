"""`docker-compose.yml` and `Dockerfile`, checked without Docker against the compose schema and against this project."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from apps.workers.supervisor.plan import Plan

ROOT = Path(settings.BASE_DIR)
COMPOSE = ROOT / "docker-compose.yml"
OURS = ("migrate", "web", "control", "worker-cpu", "worker-gpu")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"])


def check(file: Path) -> int:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_it_follows_the_compose_schema(tmp_path: Path) -> None:
    assert check(COMPOSE) == 0
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchek:", 1))
    assert check(broken) != 0, "the schema check accepts a misspelt key, so it proves nothing"


def test_the_parts_of_the_full_mode_are_there(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"postgres", "valkey", *OURS}
    assert services["postgres"]["image"].startswith("postgres:17")
    assert services["valkey"]["image"].startswith("valkey/valkey:9.1")
    assert "--appendonly" in services["valkey"]["command"]


def test_only_the_one_shot_service_has_no_health_check(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate"}


def test_ours_run_unprivileged_after_the_migrations(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        service = services[name]
        assert int(service["user"].split(":")[0]) > 0, name
        assert service["cap_drop"] == ["ALL"], name
        assert "state:/var/lib/nasweb" in service["volumes"], name
        if name != "migrate":
            assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully", name
    assert re.search(r"^USER nasweb$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_workers_may_save_before_they_are_killed(services: dict[str, dict[str, Any]]) -> None:
    for name in ("control", "worker-cpu", "worker-gpu"):
        assert services[name]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
        grace_seconds = int(services[name]["stop_grace_period"].removesuffix("s"))
        assert grace_seconds > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT


def test_gpus_are_reserved_under_a_profile_of_their_own(services: dict[str, dict[str, Any]]) -> None:
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    (device,) = services["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert all("profiles" not in services[name] for name in services if name != "worker-gpu")


def test_a_start_without_secrets_is_refused(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        assert services[name]["environment"]["NASWEB_SECRET_KEY"].startswith("${NASWEB_SECRET_KEY:?")
        assert "${NASWEB_POSTGRES_PASSWORD:?" in services[name]["environment"]["NASWEB_DATABASE_URL"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${NASWEB_POSTGRES_PASSWORD:?")


def test_every_variable_is_one_that_the_code_reads(services: dict[str, dict[str, Any]]) -> None:
    folders = ("nasweb", "apps", "tasks", "nas")
    code = "\n".join(file.read_text() for folder in folders for file in (ROOT / folder).rglob("*.py"))
    given = {
        name for service in OURS for name in services[service].get("environment", {}) if name.startswith("NASWEB_")
    }
    assert given
    assert {name for name in given if f'"{name}"' not in code} == set()


def test_the_commands_exist_in_this_project(services: dict[str, dict[str, Any]]) -> None:
    assert services["migrate"]["command"][:2] == ["python", "manage.py"]
    assert services["migrate"]["command"][2] in get_commands()
    (web,) = re.findall(r"^CMD \[(.+)\]$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    module, _, name = re.findall(r'"uvicorn", "([^"]+)"', web)[0].partition(":")
    assert hasattr(importlib.import_module(module), name)
    for service in ("control", "worker-cpu", "worker-gpu"):
        command = services[service]["command"]
        application = importlib.import_module(command[command.index("-A") + 1])
        assert application.celery_app.main == "nasweb"


def test_workers_listen_to_the_queues_of_the_embedded_mode(services: dict[str, dict[str, Any]]) -> None:
    plan = Plan(listen_fd=3, gpus=["0"], num_cpu_workers=1, num_cores=4, soft_shutdown_seconds=5.0, environment={})
    embedded = {spec.argv[spec.argv.index("-Q") + 1] for spec in plan.children() if "-Q" in spec.argv}
    containers = {
        service["command"][service["command"].index("-Q") + 1]
        for service in services.values()
        if "-Q" in service.get("command", [])
    }
    assert containers == embedded == {"control", "cpu", "gpu"}


def test_the_image_holds_everything_that_is_imported() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignore = (ROOT / ".dockerignore").read_text().split()
    for folder in ("nas", "apps", "tasks", "nasweb", "locale", "frontend/templates"):
        assert f"COPY {folder}/ {folder}/" in dockerfile
        assert f"!{folder.split('/')[0]}" in ignore
