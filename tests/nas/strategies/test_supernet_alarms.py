"""Alarms of shared trainings: when they sound, that they sound once, that they end what they should."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nas.core.errors import InvalidConfig
from nas.core.space import Row
from nas.strategies.supernet_alarms import MOST_FINDINGS, AlarmConfig, Alarms

OPTIONS = ("none", "skip_connect", "conv")
ROWS = tuple(Row(f"{group}.{i}", group, OPTIONS) for group in ("normal", "reduce") for i in range(4))
EVEN = [[1 / 3] * 3] * 8
SURE = [[0.0, 0.001, 0.999]] * 8


def facts(epoch: int = 5, probabilities: Any = EVEN, **metrics: float) -> dict[str, Any]:
    return {"epoch": epoch, "metrics": metrics, "data": {"probabilities": probabilities}, "genotype": {}}


def alarms(**settings: Any) -> Alarms:
    return Alarms(AlarmConfig.parse(settings), ROWS)


def test_collapse_is_the_share_of_skips_in_the_worst_group_among_what_is_used() -> None:
    watch = alarms(collapse_share=0.5)
    assert watch.judge(facts(), [1, 1, 2, 2, 2, 2, 2, 2]) == []  # a half is not above a half
    (found,) = watch.judge(facts(6), [2, 2, 2, 2, 1, 1, 2, 0])  # of three in use two skip
    assert (found.number, found.kind, found.stops) == (0, "collapse", False)
    assert found.text == "Epoch 6: 67% of the choices derived for “reduce” are skip connections (limit 50%)."
    assert watch.judge(facts(7), [0] * 8) == []  # nothing is used, so nothing skips


def test_all_decided_and_the_gap() -> None:
    watch = alarms(entropy_floor=0.05, largest_gap=0.3)
    close = facts(5, SURE, validation_accuracy=0.9, shared_accuracy=0.61)
    (decided,) = watch.judge(close, [2] * 8)
    assert decided.kind == "entropy"
    assert "0.007 (floor 0.05)" in decided.text
    (gap,) = watch.judge(facts(6, EVEN, validation_accuracy=0.9, shared_accuracy=0.5), [2] * 8)
    assert gap.kind == "gap"
    assert "0.900" in gap.text
    assert "0.500" in gap.text
    assert watch.judge(facts(7, EVEN, validation_accuracy=0.9), [2] * 8) == []  # nothing to compare with


def test_what_goes_on_is_told_once_and_told_again_after_it_was_gone() -> None:
    watch = alarms()
    skips, fine = [1] * 8, [2] * 8
    heard = [
        len(watch.judge(facts(epoch), path)) for epoch, path in enumerate([skips, skips, skips, fine, skips], start=3)
    ]
    assert heard == [1, 0, 0, 0, 1]
    assert [finding.number for finding in watch.findings] == [0, 1]


def test_early_epochs_and_alarms_that_are_off_say_nothing() -> None:
    assert alarms(alarms_from=6).judge(facts(5), [1] * 8) == []
    assert len(alarms(alarms_from=5).judge(facts(5), [1] * 8)) == 1
    off = alarms(collapse_alarm="off", entropy_alarm="off", gap_alarm="off")
    assert off.judge(facts(5, SURE, validation_accuracy=1.0, shared_accuracy=0.0), [1] * 8) == []


def test_an_alarm_that_is_to_stop_says_that_it_ends_the_training() -> None:
    (found,) = alarms(collapse_alarm="stop").judge(facts(), [1] * 8)
    assert found.stops
    assert found.text.endswith("The supernet's training ends here.")


def test_notes_are_bounded_but_what_ends_something_is_always_kept() -> None:
    watch = alarms()
    for _ in range(MOST_FINDINGS + 5):
        watch.note("odd", "something")
    watch.note("broken", "the end", stops=True)
    assert len(watch.findings) == MOST_FINDINGS + 1
    assert watch.findings[-1].kind == "broken"


def test_its_memory_goes_on_where_it_was() -> None:
    first = alarms()
    first.judge(facts(5), [1] * 8)
    second = alarms()
    second.load(json.loads(json.dumps(first.as_json())))
    assert second.judge(facts(6), [1] * 8) == first.judge(facts(6), [1] * 8) == []
    assert second.findings == first.findings


@pytest.mark.parametrize(("name", "value"), [("collapse_alarm", "shout"), ("largest_gap", 0), ("entropy_floor", 1)])
def test_settings_out_of_range_are_refused_at_their_field(name: str, value: Any) -> None:
    with pytest.raises(InvalidConfig) as refused:
        AlarmConfig.parse({name: value})
    assert [error.field for error in refused.value.errors] == [name]
