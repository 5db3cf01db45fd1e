"""What every estimator must keep. A subclass brings the estimator and an evaluation that fails by a known reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from nas.core.errors import Interrupted, TrialFailed
from nas.core.estimator import Estimator, EvaluationRequest
from nas.core.metric import MetricSource, metric
from nas.core.result import ResultStatus
from tests.nas.estimators.place import CELLS, Place, digits, small_space

TIMED = ("train_seconds", "latency_ms")  # measured with a clock, not decided by the seed


def decided(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name not in TIMED}


class EstimatorContract:
    """Fixtures a subclass gives: `estimator`; `failing`, (estimator, request, status) of an evaluation that must fail."""

    @pytest.fixture
    def request_(self) -> EvaluationRequest:
        return EvaluationRequest(small_space(), digits(max_examples=300), {"edges": list(CELLS["good"])}, seed=11)

    @pytest.fixture
    def fidelities(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """A cheap and a dear one."""
        return {"epochs": 1}, {"epochs": 3}

    def test_it_is_an_estimator_that_serves_the_request(
        self, estimator: Estimator, request_: EvaluationRequest
    ) -> None:
        assert isinstance(estimator, Estimator)
        estimator.check(request_.space, request_.problem)
        assert type(estimator).Config.parse(estimator.config.as_json()) == estimator.config

    def test_metrics_are_declared_finite_and_never_of_the_test_part(
        self, estimator: Estimator, request_: EvaluationRequest
    ) -> None:
        offered = estimator.metrics(request_.problem)
        assert all(metric(name).source in (MetricSource.QUALITY, MetricSource.DEVICE) for name in offered)
        place = Place()
        found = estimator.evaluate(replace(request_, wanted=frozenset(offered)), place)
        assert set(found.metrics) == set(offered)
        assert all(math.isfinite(value) for value in found.metrics.values())
        told = set(found.metrics).union(*(point for _, point in place.points))
        assert not [name for name in told if "test" in name]
        assert 0 <= found.metrics["accuracy"] <= 1
        assert found.metrics["error_percent"] == pytest.approx(100 * (1 - found.metrics["accuracy"]))
        assert found.cost_seconds > 0
        assert found.is_simulated is estimator.is_simulated

    def test_test_metrics_come_only_when_asked_for(self, estimator: Estimator, request_: EvaluationRequest) -> None:
        plain = estimator.evaluate(request_, Place())
        full = estimator.evaluate(replace(request_, with_test=True), Place())
        extra = set(full.metrics) - set(plain.metrics)
        assert "test_accuracy" in extra
        assert all(metric(name).source is MetricSource.TEST for name in extra)
        assert decided({name: full.metrics[name] for name in plain.metrics}) == decided(plain.metrics)

    def test_same_seed_same_value(self, estimator: Estimator, request_: EvaluationRequest) -> None:
        first, second = Place(), Place()
        one, two = estimator.evaluate(request_, first), estimator.evaluate(request_, second)
        assert decided(one.metrics) == decided(two.metrics)
        assert one.steps_done == two.steps_done
        assert [step for step, _ in first.points] == [step for step, _ in second.points]
        assert [point["accuracy"] for _, point in first.points] == [point["accuracy"] for _, point in second.points]

    def test_the_curve_ends_at_the_result(self, estimator: Estimator, request_: EvaluationRequest) -> None:
        place = Place()
        found = estimator.evaluate(request_, place)
        steps = [step for step, _ in place.points]
        assert steps == sorted(set(steps))
        assert steps[-1] == found.steps_done
        assert place.points[-1][1]["accuracy"] == found.metrics["accuracy"]

    def test_higher_fidelity_never_costs_less(
        self,
        estimator: Estimator,
        request_: EvaluationRequest,
        fidelities: tuple[Mapping[str, Any], Mapping[str, Any]],
    ) -> None:
        low, high = (estimator.evaluate(replace(request_, fidelity=fidelity), Place()) for fidelity in fidelities)
        assert low.steps_done < high.steps_done
        if low.is_simulated:  # measured seconds are the device's and waver
            assert low.cost_seconds <= high.cost_seconds

    def test_it_stops_when_asked_and_resumes_to_the_same_value(
        self, estimator: Estimator, request_: EvaluationRequest
    ) -> None:
        undisturbed = Place()
        whole = estimator.evaluate(request_, undisturbed)
        assert undisturbed.questions > 0
        for stop_after in {0, undisturbed.questions // 2, undisturbed.questions - 1}:
            place = Place(stop_after=stop_after)
            with pytest.raises(Interrupted):
                estimator.evaluate(request_, place)
            assert place.questions == stop_after + 1  # nothing more was begun
            later = Place(checkpoint=place.load())
            resumed = estimator.evaluate(request_, later)
            assert decided(resumed.metrics) == decided(whole.metrics)
            assert resumed.steps_done == whole.steps_done
            assert [point["accuracy"] for _, point in (*place.points, *later.points)] == [
                point["accuracy"] for _, point in undisturbed.points
            ]

    def test_failures_have_a_name_and_a_reason(
        self, failing: tuple[Estimator, EvaluationRequest, ResultStatus]
    ) -> None:
        estimator, request_, status = failing
        with pytest.raises(TrialFailed) as caught:
            estimator.evaluate(request_, Place())
        assert caught.value.status is status
        assert not status.is_ok
        assert len(caught.value.reason) > 20
