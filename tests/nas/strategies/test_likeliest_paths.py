"""Paths in the order of their probability."""

from __future__ import annotations

from itertools import pairwise, product
from math import prod

from nas.strategies.likeliest_paths import likeliest_paths


def test_every_possible_path_comes_once_the_likelier_first() -> None:
    rows = [[0.2, 0.5, 0.3], [0.9, 0.1], [0.0, 0.4, 0.6]]
    found = list(likeliest_paths(rows))
    possible = {path for path in product(range(3), range(2), range(3)) if path[2] != 0}
    assert found[0] == (1, 0, 2)
    assert len(found) == len(possible) == 12
    assert set(found) == possible
    shares = [prod(row[k] for row, k in zip(rows, path, strict=True)) for path in found]
    assert all(a >= b - 1e-12 for a, b in pairwise(shares))


def test_only_as_many_are_made_as_are_asked_for() -> None:
    paths = likeliest_paths([[0.6, 0.4]] * 60)  # 2^60 of them
    assert [sum(next(paths)) for _ in range(62)] == [0, *[1] * 60, 2]
