"""docs/api.md: complete, and its session works."""

from __future__ import annotations

import json
import re
from pathlib import Path

from apps.accounts.api_schema import api_schema
from apps.accounts.api_view import REFUSALS_PER_MINUTE
from apps.runs.verbs import VERBS
from tests.apps.api.conftest import Call

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_route_with_its_methods_stands_in_the_table() -> None:
    described = dict(re.findall(r"^\| `(/[^`]*)` \| (.*) \|$", TEXT, re.MULTILINE))
    paths = {path.removeprefix("/api/v1"): set(found) for path, found in api_schema()["paths"].items()}
    assert set(described) == set(paths)
    for path, methods in paths.items():
        assert {word.lower() for word in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE)\b", described[path])} == methods, (
            path
        )


def test_the_run_of_the_session_starts(call: Call) -> None:
    found = re.search(r"cat > run\.json <<'END'\n(.*?)\nEND\n", TEXT, re.DOTALL)
    assert found is not None
    response = call("member", "POST", "/runs/", json.loads(found[1]))
    assert response.status_code == 201, response.content
    run = response.json()["id"]
    session = re.findall(r"\$SITE/api/v1(/runs/\$RUN/[^\s\"]*)", TEXT)
    assert len(session) > 3
    for path in session:
        is_verb = path.strip("/").rpartition("/")[2] in VERBS
        answer = call("member", "POST" if is_verb else "GET", path.replace("$RUN", str(run)))
        # The run still waits for a worker here, so it cannot be paused yet.
        assert answer.status_code == (409 if is_verb else 200), path


def test_limits_are_those_of_the_code() -> None:
    assert f"limited to {REFUSALS_PER_MINUTE} a minute" in TEXT
