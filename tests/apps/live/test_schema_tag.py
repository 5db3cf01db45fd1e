"""What is kept is recognised by its form."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pydantic import BaseModel

from apps.accounts.models import Team, User
from apps.live.schema_tag import schema_tag
from apps.live.snapshot_schema import RunSnapshot
from apps.runs.selectors import snapshot
from apps.runs.selectors.snapshot import run_snapshot_bytes
from tests.apps.builders import make_run


class _Inner(BaseModel):
    first: int


class _Outer(BaseModel):
    inner: _Inner


def test_a_field_deep_inside_changes_it() -> None:
    class _Wider(_Inner):
        second: int = 0

    class _OuterNow(BaseModel):
        inner: _Wider

    assert schema_tag(_Outer) == schema_tag(_Outer) != schema_tag(_OuterNow)
    assert len(schema_tag(RunSnapshot)) == 8


def test_what_an_earlier_version_kept_is_made_anew(team: Team, member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(team, member)
    with monkeypatch.context() as earlier:
        earlier.setattr(snapshot, "schema_tag", lambda model: "earlier")
        _, old_tag = run_snapshot_bytes(run)
        cache.set(f"snapshot:earlier:{run.pk}:0:{run.state}", b"what it kept")
        assert run_snapshot_bytes(run) == (b"what it kept", old_tag)
    content, tag = run_snapshot_bytes(run)
    assert content != b"what it kept"
    assert tag != old_tag
