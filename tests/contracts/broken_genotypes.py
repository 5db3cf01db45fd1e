"""Genotypes that are wrong in one place each, made from right ones: what a careless or hostile person might send."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from numpy.random import Generator

Path = tuple[Any, ...]


def deeply_nested(depth: int = 50_000) -> list[Any]:
    """A list in a list in a list …"""
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


def holding_itself() -> list[Any]:
    """A list that is its own first entry."""
    cycle: list[Any] = []
    cycle.append(cycle)
    return cycle


def wrong_values() -> list[Any]:
    return [
        None,
        True,
        -1,
        0,
        10**9,
        -(10**9),
        10**400,
        1.5,
        float("nan"),
        float("-inf"),
        "",
        "conv_1000x1000",
        "none\x00",
        "🦊" * 1000,
        "x" * 1_000_000,
        "9" * 100_000,
        b"bytes",
        [],
        {},
        [[]],
        [0] * 100_000,
        {"a": 1},
        {str(i): i for i in range(10_000)},
        {1: 2, None: 3},
        deeply_nested(),
        holding_itself(),
        object(),
    ]


def broken(genotype: Any, rng: Generator, num: int) -> Iterator[Any]:
    """`num` copies of `genotype`, each changed in one place: a value replaced, dropped, doubled, added, or moved."""
    places = list(_places(genotype))
    wrong = wrong_values()
    for _ in range(num):
        changed = copy.deepcopy(genotype)
        path = places[rng.integers(len(places))]
        if not path:
            yield wrong[rng.integers(len(wrong))]
            continue
        parent = _at(changed, path[:-1])
        match rng.integers(6):
            case 0 | 1 | 2:
                parent[path[-1]] = wrong[rng.integers(len(wrong))]
            case 3:
                del parent[path[-1]]
            case 4 if isinstance(parent, list):
                parent[path[-1] : path[-1]] = [copy.deepcopy(parent[path[-1]])] * int(rng.choice([1, 2, 1000]))
            case 4:
                parent[f"{path[-1]}_"] = parent[path[-1]]
            case _:
                other = _at(genotype, places[rng.integers(len(places))])
                parent[path[-1]] = copy.deepcopy(other)
        yield changed


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value
