"""Bands over replicas by hand, and what must hold for any curves."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.analysis.bands import BestSoFar, band, best_so_far

STORED = Path(__file__).parents[3] / "frontend" / "src" / "charts" / "testdata" / "bands.json"

trials = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12)


def test_best_so_far_ignores_failed_and_worse_trials() -> None:
    curve = best_so_far([1, 2, 3, 4], [None, 0.5, 0.4, 0.7], is_larger_better=True)
    assert curve == BestSoFar((1, 2, 3, 4), (None, 0.5, 0.5, 0.7))
    assert best_so_far([1, 2], [0.5, 0.4], is_larger_better=False).values == (0.5, 0.4)


def test_trials_known_at_the_same_cost_are_one_step() -> None:
    curve = best_so_far([0.0, 0.0, 2.5], [0.2, 0.6, 0.4], is_larger_better=True)
    assert curve == BestSoFar((0.0, 2.5), (0.6, 0.6))


def test_curves_are_refused_that_are_none() -> None:
    with pytest.raises(ValueError, match="as many"):
        best_so_far([1], [], is_larger_better=True)
    with pytest.raises(ValueError, match="fall"):
        best_so_far([2, 1], [0.1, 0.2], is_larger_better=True)


def test_a_band_by_hand() -> None:
    curves = [
        best_so_far([1, 2, 3], values, is_larger_better=True)
        for values in ([1, 1, 9], [2, 5, 5], [3, 3, 3], [4, 4, 4], [0, 8, 8])
    ]
    found = band(curves, is_larger_better=True)
    assert found.positions == (1, 2, 3)
    assert found.counts == (5, 5, 5)
    assert found.minimum == (0, 1, 3)
    assert found.lower == (1, 3, 4)
    assert found.median == (2, 4, 5)
    assert found.upper == (3, 5, 8)
    assert found.maximum == (4, 8, 9)


def test_quartiles_are_linear_between_neighbours() -> None:
    curves = [BestSoFar((1,), (value,)) for value in (1.0, 2.0, 3.0, 5.0)]
    found = band(curves, is_larger_better=True)
    assert (found.lower, found.median, found.upper) == ((1.75,), (2.5,), (3.5,))


def test_curves_step_at_places_of_their_own() -> None:
    found = band([BestSoFar((1.0, 4.0), (8.0, 2.0)), BestSoFar((2.0, 4.0), (6.0, 4.0))], is_larger_better=False)
    assert found.positions == (1.0, 2.0, 4.0)
    assert found.minimum == (8.0, 6.0, 2.0)
    assert found.maximum == (None, 8.0, 4.0)  # at 1.0 the second has found nothing, which is worse than anything
    assert found.median == (None, 7.0, 3.0)


def test_no_curve_is_carried_on_beyond_what_it_spent() -> None:
    long, short = BestSoFar((1, 2, 3), (0.1, 0.2, 0.3)), BestSoFar((1, 2), (0.8, 0.9))
    found = band([long, short], is_larger_better=True)
    assert found.counts == (2, 2, 1)
    assert found.maximum == (0.8, 0.9, 0.3)


def test_a_replica_that_found_nothing_is_worse_than_all() -> None:
    for is_larger_better, side in ((True, "lower"), (False, "upper")):
        curves = [BestSoFar((1,), (0.5,)), BestSoFar((1,), (0.5,)), BestSoFar((1,), (None,))]
        found = band(curves, is_larger_better=is_larger_better)
        assert found.counts == (3,)
        assert found.median == (0.5,)
        assert getattr(found, side) == (None,)


def test_nothing_gives_an_empty_band() -> None:
    for curves in ([], [BestSoFar((), ())]):
        assert band(curves, is_larger_better=True).as_json() == {
            name: [] for name in ("positions", "counts", "median", "lower", "upper", "minimum", "maximum")
        }


@given(st.lists(trials, min_size=1, max_size=5), st.booleans())
def test_a_band_is_ordered_and_improves_while_all_are_there(replicas: list, is_larger_better: bool) -> None:
    curves = [best_so_far(range(1, len(values) + 1), values, is_larger_better=is_larger_better) for values in replicas]
    found = band(curves, is_larger_better=is_larger_better)
    rows = zip(found.minimum, found.lower, found.median, found.upper, found.maximum, strict=True)
    for row in rows:
        known = [value for value in row if value is not None]
        assert known == sorted(known)
    assert list(found.counts) == sorted(found.counts, reverse=True)
    together = [m for m, count in zip(found.median, found.counts, strict=True) if count == found.counts[0]]
    known = [value for value in together if value is not None]
    assert known == sorted(known, reverse=not is_larger_better)
    assert together[len(together) - len(known) :] == known  # once found, never lost


def test_the_browser_draws_the_same_bands() -> None:
    """Cases for the twin in TypeScript: several lengths, shared and own positions, replicas that found nothing."""
    rng = np.random.Generator(np.random.PCG64(10))
    cases = []
    for number in range(12):
        is_larger_better = number % 2 == 0
        curves = []
        for _ in range(int(rng.integers(1, 7))):
            length = int(rng.integers(0, 9))
            positions = np.cumsum(rng.integers(0, 3, length)).tolist()
            values = [None if rng.random() < 0.3 else round(float(rng.random()), 3) for _ in range(length)]
            curves.append(best_so_far(positions, values, is_larger_better=is_larger_better))
        found = band(curves, is_larger_better=is_larger_better)
        cases.append(
            {
                "curves": [{"positions": list(c.positions), "values": list(c.values)} for c in curves],
                "is_larger_better": is_larger_better,
                "band": found.as_json(),
            }
        )
    if os.environ.get("NASWEB_WRITE_LIVE_CASES"):
        STORED.write_text(json.dumps(cases, indent=1) + "\n")
    assert json.loads(STORED.read_text()) == cases, f"{STORED.name} is stale; NASWEB_WRITE_LIVE_CASES=1 writes it anew"
