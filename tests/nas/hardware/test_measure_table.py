"""Tables measured here: what is measured, stopping, going on, and their use by an estimator."""

from __future__ import annotations

from typing import Any

import pytest

from nas import registry
from nas.core.errors import Interrupted, InvalidConfig
from nas.core.space import Space
from nas.estimators.tables import FolderTableLibrary
from nas.estimators.train import Train, TrainConfig
from nas.hardware import latency
from nas.hardware.latency import LatencyProfile
from nas.hardware.latency_choice import check_latency
from nas.hardware.latency_files import write_latency_file
from nas.hardware.measure_table import MeasureConfig, MeasureProgress, measure_table
from nas.hardware.network_pieces import pieces_of_space
from nas.problems.datasets.libraries import BundledLibrary
from nas.reuse import fresh_because

SHAPE, CLASSES = (1, 8, 8), 10
FEW = MeasureConfig(num_checks=3)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passes in place of a hundred: what is measured matters here, not how exactly."""
    profile = LatencyProfile(warmup_passes=1, warmup_seconds=0, min_passes=2, min_seconds=0, max_seconds=0.1, repeats=0)
    monkeypatch.setattr(latency, "ROW", profile)


def tiny() -> Space:
    kind: Any = registry.spaces.get("mobile")
    config = {"stages": ["r1_s1_o8_e1_k3", "r2_s2_o8"], "width_multipliers": [1.0], "kernels": [3], "head_width": 16}
    return kind(kind.Config.parse(config))  # type: ignore[no-any-return]


def test_every_piece_and_some_networks_are_measured() -> None:
    seen: list[MeasureProgress] = []
    table = measure_table(tiny(), SHAPE, CLASSES, "cpu", name="mine", config=FEW, on_progress=seen.append)
    assert set(table.rows) == set(pieces_of_space(tiny(), SHAPE, CLASSES))
    assert all(row.count >= 2 and 0 < row.median_ms <= row.p95_ms for row in table.rows.values())
    assert len(table.checks) == 3
    assert all(predicted > 0 and measured > 0 for predicted, measured in table.checks)
    assert table.fingerprint.threads == 1
    assert [(p.stage, p.done) for p in seen][-4:] == [
        ("networks", 0),
        ("networks", 1),
        ("networks", 2),
        ("networks", 3),
    ]
    assert [p.done for p in seen if p.stage == "pieces"] == list(range(len(table.rows)))


def test_a_stop_between_rows_loses_nothing_that_was_measured() -> None:
    seen: list[MeasureProgress] = []
    with pytest.raises(Interrupted):
        measure_table(
            tiny(),
            SHAPE,
            CLASSES,
            "cpu",
            name="mine",
            config=FEW,
            should_stop=lambda: len(seen) > 2,
            on_progress=seen.append,
        )
    half = seen[-1].table
    assert len(half.rows) == 2
    whole = measure_table(tiny(), SHAPE, CLASSES, "cpu", name="mine", config=FEW, known=half)
    assert {key: whole.rows[key] for key in half.rows} == dict(half.rows)
    assert len(whole.rows) > 2


def test_what_another_device_measured_is_begun_anew() -> None:
    first = measure_table(tiny(), SHAPE, CLASSES, "cpu", name="mine", config=FEW)
    config = MeasureConfig(num_checks=0, batch=2, memory_format="channels_last")
    other = measure_table(tiny(), SHAPE, CLASSES, "cpu", name="mine", config=config, known=first)
    assert other.checks == ()
    assert (other.fingerprint.batch, other.fingerprint.memory_format) == (2, "channels_last")
    assert other.rows.keys() == first.rows.keys()
    assert other.rows != first.rows


def test_an_estimator_reads_latency_from_a_table(tmp_path: Any) -> None:
    table = measure_table(tiny(), SHAPE, CLASSES, "cpu", name="mine", config=FEW)
    write_latency_file(table, tmp_path / "t.json")
    config = TrainConfig.parse({"epochs": 1, "latency_table": str(tmp_path / "t.json")})
    estimator = Train(config, FolderTableLibrary())
    kind: Any = registry.problems.get("image_classification")
    problem = kind(kind.Config(), BundledLibrary())
    estimator.check(tiny(), problem)
    with pytest.raises(InvalidConfig, match="has no entry for") as caught:
        estimator.check(_another(), problem)
    assert caught.value.errors[0].field == "estimator.latency_table"
    strategy: Any = registry.strategies.get("random")
    assert fresh_because(strategy, estimator, {"accuracy", "latency_ms"}) == ""
    assert fresh_because(strategy, Train(TrainConfig()), {"accuracy", "latency_ms"})


def _another() -> Space:
    kind: Any = registry.spaces.get("nasbench201")
    return kind(kind.Config())  # type: ignore[no-any-return]


def test_a_table_that_is_not_there_is_said_at_the_setting() -> None:
    for library in (None, FolderTableLibrary()):
        with pytest.raises(InvalidConfig) as caught:
            Train(TrainConfig(latency_table="gone.json"), library)
        assert caught.value.errors[0].field == "latency_table"


def test_a_table_serves_the_input_it_was_measured_at() -> None:
    table = measure_table(tiny(), SHAPE, CLASSES, "cpu", name="mine", config=FEW)
    check_latency(table, tiny(), SHAPE, CLASSES, field="x")
    with pytest.raises(InvalidConfig, match="has no entry for"):
        check_latency(table, tiny(), (1, 16, 16), CLASSES, field="x")
