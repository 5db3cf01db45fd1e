"""What every problem must keep. A subclass or parametrisation brings the fixture `problem`, and `again`: the same, made anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nas.core.metric import MetricSource, metric
from nas.core.problem import UNKNOWN, OutputScored, Problem, Supervised


class ProblemContract:
    def test_it_is_a_problem_whose_record_makes_it_again(self, problem: Problem, again: Callable[[], Problem]) -> None:
        assert isinstance(problem, Problem)
        assert type(problem).Config.parse(problem.config.as_json()) == problem.config
        assert again().fingerprint() == problem.fingerprint()

    def test_metrics_are_declared_quality_metrics(self, problem: Problem) -> None:
        assert problem.metrics()
        assert all(metric(name).source is MetricSource.QUALITY for name in problem.metrics())

    def test_parts_have_the_declared_shape_and_are_finite(self, problem: Problem) -> None:
        if not isinstance(problem, Supervised):
            pytest.skip("there are no examples")
        splits = problem.splits()
        for part in (splits.train, splits.validation, splits.test):
            assert part.inputs.shape == (len(part.targets), *problem.input_shape)
            assert part.inputs.dtype == np.float32
            assert part.targets.dtype == np.int64
            assert len(part.targets) > 0
            assert bool(np.isfinite(part.inputs).all())
            assert int(part.targets.min()) >= (UNKNOWN if isinstance(problem, OutputScored) else 0)
            assert int(part.targets.max()) < problem.num_classes
        assert set(splits.train.targets.tolist()) == set(range(problem.num_classes))

    def test_splits_are_the_same_every_time(self, problem: Problem, again: Callable[[], Problem]) -> None:
        if not isinstance(problem, Supervised):
            pytest.skip("there are no examples")
        first, second = problem.splits(), again().splits()
        assert first.fingerprint == second.fingerprint
        for part in ("train", "validation", "test"):
            one, two = getattr(first, part), getattr(second, part)
            assert one.inputs.tobytes() == two.inputs.tobytes()
            assert one.targets.tobytes() == two.targets.tobytes()

    def test_what_is_handed_out_is_the_callers_own(self, problem: Problem) -> None:
        """Training may write into its inputs; the next evaluation must not notice."""
        if not isinstance(problem, Supervised):
            pytest.skip("there are no examples")
        before = problem.splits().train.inputs.tobytes()
        problem.splits().train.inputs[:] = 0
        assert problem.splits().train.inputs.tobytes() == before
