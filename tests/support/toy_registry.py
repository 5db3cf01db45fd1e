"""The toys of tests/contracts as registered things, for as long as a test needs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nas import registry
from nas.core.registry import Registry

TOYS: tuple[tuple[Registry[Any], str, str], ...] = (
    (registry.spaces, "bit_strings", "tests.contracts.toys:BitStrings"),
    (registry.problems, "blobs", "tests.contracts.toys:Blobs"),
    (registry.estimators, "ones", "tests.contracts.toys:Ones"),
    (registry.studies, "cost_by_size", "tests.support.studies:CostBySize"),
    (registry.studies, "weight_size", "tests.support.studies:WeightSize"),
)


@contextmanager
def registered(*entries: tuple[Registry[Any], str, str]) -> Iterator[None]:
    """Adds the entries, and takes them out again."""
    for of, name, path in entries:
        of.add(name, path)
    try:
        yield
    finally:
        for of, name, _ in entries:
            of.remove(name)
