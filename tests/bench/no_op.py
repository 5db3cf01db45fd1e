"""An estimator that costs nothing, so that only the platform is measured."""

from __future__ import annotations

import zlib

from nas.core.config import Config as BaseConfig
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest, TableLibrary
from nas.core.problem import Problem
from nas.core.space import Space


class NoOp:
    """Accuracy = a checksum of the architecture's canonical form, spread over [0, 1)."""

    name = "no_op"
    title = "Nothing"
    summary = "Scores an architecture by a checksum."
    source = "none"
    version = 1
    is_simulated = True
    Config = BaseConfig

    def __init__(self, config: BaseConfig, library: TableLibrary | None = None) -> None:
        self.config = config

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        return ("accuracy",)

    def check(self, space: Space, problem: Problem) -> None:
        """Serves everything."""

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        text = request.space.canonical(request.genotype)
        metrics = {"accuracy": zlib.crc32(text.encode()) / 2**32}
        if request.with_test:
            metrics["test_accuracy"] = metrics["accuracy"]
        return Evaluation(metrics, cost_seconds=0.0, steps_done=1, is_simulated=True)
