"""A space of named values that takes microseconds: log, whole, categorical and conditional parameters, with a best point."""

from __future__ import annotations

import json
import math
from typing import Any

from numpy.random import Generator

from nas.core.cost import Cost
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest
from nas.core.graph import Edge, Graph, Node, Shape
from nas.core.parameter import Condition, Parameter, Value, Values, read_values
from nas.core.proposal import Genotype
from nas.core.space import Size
from tests.contracts.toys import BitStrings, Ones

PARAMETERS = (
    Parameter(name="rate", low=1e-4, high=1e-1, log=True),
    Parameter(name="depth", kind="int", low=2, high=12, step=2),
    Parameter(name="width", kind="int", low=8, high=512, log=True),
    Parameter(name="optimiser", kind="categorical", values=("adam", "sgd")),
    Parameter(name="momentum", low=0.0, high=1.0, active_if=Condition(parameter="optimiser", values=("sgd",))),
    Parameter(name="flag", kind="categorical", values=(1, True, "1")),
)


class Knobs(BitStrings):
    """Genotype: one value per active parameter. Costs grow with width and depth."""

    name = "knobs"
    title = "Knobs"

    next_decision = None  # type: ignore[assignment]  # values by name are all it has
    decode = encode = decision_groups = None  # type: ignore[assignment]

    def parameters(self) -> tuple[Parameter, ...]:
        return PARAMETERS

    def with_values(self, values: Values) -> Genotype:
        return dict(read_values(PARAMETERS, values))

    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        return dict(genotype)

    def sample(self, rng: Generator) -> Genotype:
        values: dict[str, Value] = {}
        for parameter in PARAMETERS:
            if parameter.is_active(values):
                values[parameter.name] = parameter.sample(rng)
        return values

    def validate(self, genotype: object) -> Genotype:
        return dict(read_values(PARAMETERS, genotype))

    def canonical(self, genotype: Genotype) -> str:
        return json.dumps(genotype, sort_keys=True)

    def size(self) -> Size:
        return Size(1, 10**9)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        nodes = (
            Node("input", "Input", "input", shape=input_shape),
            Node("output", "Output", "output", shape=(num_classes,)),
        )
        return Graph(nodes, (Edge("input", "output"),), inputs=("input",), outputs=("output",))

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        params = int(genotype["width"]) * int(genotype["depth"])
        return Cost(
            params=params,
            macs=params,
            bias_adds=0,
            activations=params,
            peak_memory_bytes=4 * params,
            weight_bytes=4 * params,
        )


def quality(genotype: Genotype) -> float:
    """From 0 to 1; 1 at rate 0.01, depth 8, width 64, sgd with momentum 0.9."""
    off = abs(math.log10(genotype["rate"] / 0.01)) / 2 + abs(genotype["depth"] - 8) / 10
    off += abs(math.log2(genotype["width"] / 64)) / 6
    off += abs(genotype["momentum"] - 0.9) / 2 if genotype["optimiser"] == "sgd" else 0.5
    return math.exp(-off)


class Quality(Ones):
    """Accuracy is the quality, which shows more the longer the training: (1 - 0.5^epochs) of it; latency is the depth."""

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        epochs = int(request.fidelity.get("epochs", 20))
        metrics: dict[str, Any] = {
            "accuracy": quality(request.genotype) * (1 - 0.5**epochs),
            "latency_ms": float(request.genotype["depth"]),
        }
        return Evaluation(metrics, cost_seconds=1.0, steps_done=epochs, is_simulated=True)
