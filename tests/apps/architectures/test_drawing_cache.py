"""Kept pictures: drawn once, the oldest given up first, never more bytes than allowed."""

from __future__ import annotations

from apps.architectures.drawing_cache import DrawingCache


def test_a_picture_is_drawn_once() -> None:
    cache, drawn = DrawingCache(), []

    def draw() -> str:
        drawn.append(1)
        return "<svg/>"

    assert cache.get("a", draw) == cache.get("a", draw) == "<svg/>"
    assert len(drawn) == 1


def test_what_was_not_asked_for_longest_is_given_up_first() -> None:
    cache = DrawingCache(most_bytes=10)
    cache.get("a", lambda: "1234")
    cache.get("b", lambda: "1234")
    cache.get("a", lambda: "never")
    cache.get("c", lambda: "1234")
    assert cache.get("a", lambda: "again") == "1234"
    assert cache.get("b", lambda: "new") == "new"
    assert len(cache) == 2


def test_bytes_are_counted_not_letters() -> None:
    cache = DrawingCache(most_bytes=10)
    cache.get("a", lambda: "××××")  # 8 bytes
    cache.get("b", lambda: "××")
    assert cache.get("a", lambda: "gone") == "gone"


def test_one_larger_than_all_room_is_not_kept() -> None:
    cache = DrawingCache(most_bytes=3)
    assert cache.get("a", lambda: "1234") == "1234"
    assert len(cache) == 0
    cache.get("b", lambda: "12")
    cache.clear()
    assert len(cache) == 0
