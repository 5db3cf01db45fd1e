"""What stays warm between jobs, and what goes when memory is short."""

from __future__ import annotations

import pytest

from tasks import cache
from tasks.cache import WarmCache


def test_a_thing_is_made_once_while_there_is_room() -> None:
    kept = WarmCache(2**60)
    made = [kept.get("data", object) for _ in range(3)]
    assert made[0] is made[1] is made[2]
    assert kept.get("other", object) is not made[0]


def test_what_was_not_used_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = 0
    monkeypatch.setattr(cache, "_resident_bytes", lambda: resident)
    kept = WarmCache(100)
    first, second = kept.get("first", object), kept.get("second", object)
    assert kept.get("first", object) is first
    resident = 101

    def make_and_free() -> object:
        return object()

    def shrinks() -> int:
        # One thing gone is enough: the process then holds less than the limit.
        return 101 if len(kept._kept) > 1 else 99

    monkeypatch.setattr(cache, "_resident_bytes", shrinks)
    kept.get("third", make_and_free)
    assert kept.get("first", object) is first
    assert kept.get("second", object) is not second


def test_when_nothing_helps_all_goes_but_what_is_needed_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_resident_bytes", lambda: 101)
    kept = WarmCache(100)
    first = kept.get("first", object)
    assert kept.get("second", object) is not first
    assert kept.get("first", object) is not first


def test_what_fails_to_be_made_is_not_kept() -> None:
    kept = WarmCache(2**60)

    def fails() -> object:
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="gone"):
        kept.get("data", fails)
    assert kept.get("data", lambda: 7) == 7


def test_the_memory_of_this_process_is_measured() -> None:
    before = cache._resident_bytes()
    held = bytearray(64 * 1024 * 1024)
    for place in range(0, len(held), 4096):
        held[place] = 1
    assert 60_000_000 < cache._resident_bytes() - before < 80_000_000
