"""A space, a problem and an estimator that are real and take microseconds: what contract tests and examples run on.

The space is the toy of the aging-evolution notebook: 100 bits, accuracy = share of ones + noise, a mutation flips one
bit (Real et al. 2019, github.com/google-research/google-research/tree/master/evolution).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, Generator, SeedSequence

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.cost import Cost
from nas.core.errors import InvalidGenotype, UnknownName
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest, TableLibrary
from nas.core.graph import Edge, Graph, Node, Shape
from nas.core.objective import Constraint, Objective
from nas.core.parameter import Parameter, Value, Values, read_values
from nas.core.problem import DataLibrary, Dataset, Problem, Split, Splits
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.space import Decision, Mutation, Preset, Size, Space

if TYPE_CHECKING:
    from torch import nn


class BitsConfig(BaseConfig):
    num_bits: int = setting(100, title="Bits", description="Length of the string.", unit="bits", ge=1, le=10_000)


_BIT = ("0", "1")
_STEP = 6
_NAMED_TOGETHER = 6


class BitStrings:
    """A genotype is {"bits": "0110…"}; its network has one hidden layer with as many units as there are ones, plus one."""

    name = "bit_strings"
    title = "Bit strings"
    summary = "A toy: strings of bits, better the more ones."
    source = "Real et al. 2019, arXiv 1802.01548"
    version = 1
    Config = BitsConfig

    def __init__(self, config: BitsConfig) -> None:
        self.config = config

    def sample(self, rng: Generator) -> Genotype:
        return _genotype(rng.integers(2, size=self.config.num_bits).tolist())

    def operations(self) -> tuple[str, ...]:
        """A unit for each place: an architecture uses those where it has a one."""
        return tuple(f"unit{place}" for place in range(self.config.num_bits))

    def operations_of(self, genotype: Genotype) -> frozenset[str]:
        return frozenset(f"unit{place}" for place, bit in enumerate(genotype["bits"]) if bit == "1")

    def sample_without(self, forbidden: frozenset[str], rng: Generator) -> Genotype:
        drawn = rng.integers(2, size=self.config.num_bits).tolist()
        return _genotype(bit and f"unit{place}" not in forbidden for place, bit in enumerate(drawn))

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        place = int(rng.integers(self.config.num_bits))
        return Mutation(_flipped(genotype, place), kind="flip", changed=(f"bits.{place}",))

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        cut = int(rng.integers(self.config.num_bits + 1))
        return {"bits": first["bits"][:cut] + second["bits"][cut:]}

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        return (_flipped(genotype, place) for place in range(self.config.num_bits))

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        return np.array([bit == "1" for bit in genotype["bits"]], dtype=np.float64)

    def num_ways(self) -> tuple[int, ...]:
        """A step sets six bits; those that are not set yet are zeros."""
        sizes = [min(_STEP, self.config.num_bits - begin) for begin in range(0, self.config.num_bits, _STEP)]
        return tuple(2**size for size in sizes)

    def grown(self, ways: Sequence[int]) -> Genotype:
        sizes = [bound.bit_length() - 1 for bound in self.num_ways()]
        bits = "".join(format(way, f"0{size}b") for way, size in zip(ways, sizes, strict=False))
        return {"bits": bits.ljust(self.config.num_bits, "0")}

    def ways_of(self, genotype: Genotype) -> tuple[int, ...]:
        bits = genotype["bits"]
        ways = [int(bits[begin : begin + _STEP], 2) for begin in range(0, len(bits), _STEP)]
        while len(ways) > 1 and ways[-1] == 0:
            ways.pop()
        return tuple(ways)

    def way_features(self, step: int) -> npt.NDArray[np.float64]:
        return np.array([[way.bit_count()] for way in range(self.num_ways()[step])], dtype=np.float64)

    def next_decision(self, actions: Sequence[int]) -> Decision | None:
        return _decision(len(actions)) if len(actions) < self.config.num_bits else None

    def decision_groups(self) -> Mapping[str, int]:
        return {"bit": 2}

    def decode(self, actions: Sequence[int]) -> Genotype:
        return _genotype(actions)

    def encode(self, genotype: Genotype) -> list[int]:
        return [int(bit) for bit in genotype["bits"]]

    def validate(self, genotype: object) -> Genotype:
        bits = genotype.get("bits") if isinstance(genotype, dict) else genotype
        if not isinstance(bits, str) or len(bits) != self.config.num_bits or set(bits) - {"0", "1"}:
            raise InvalidGenotype.at(
                "bits", f"must be {self.config.num_bits} characters, each 0 or 1, got {bits!r:.60}"
            )
        return {"bits": bits}

    def canonical(self, genotype: Genotype) -> str:
        return str(genotype["bits"])

    def size(self) -> Size:
        return Size(2**self.config.num_bits, 2**self.config.num_bits, distinct=2**self.config.num_bits)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        hidden = _hidden(genotype)
        nodes = (
            Node("input", "Input", "input", shape=input_shape),
            Node("hidden", f"{hidden} units", "linear", shape=(hidden,)),
            Node("output", "Output", "output", shape=(num_classes,)),
        )
        return Graph(nodes, (Edge("input", "hidden"), Edge("hidden", "output")), inputs=("input",), outputs=("output",))

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        inputs, hidden = prod(input_shape), _hidden(genotype)
        params = inputs * hidden + hidden + hidden * num_classes + num_classes
        return Cost(
            params=params,
            macs=params,  # each weight and each bias is used once
            bias_adds=hidden + num_classes,
            activations=hidden + num_classes,
            peak_memory_bytes=4 * max(inputs + hidden, 2 * hidden, hidden + num_classes),
            weight_bytes=4 * params,
        )

    def build(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> nn.Module:
        from torch import nn

        inputs, hidden = prod(input_shape), _hidden(genotype)
        return nn.Sequential(nn.Flatten(), nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, num_classes))

    def presets(self) -> tuple[Preset, ...]:
        return (Preset("all_ones", "The optimum", {"bits": "1" * self.config.num_bits}, self.source),)


class NamedBitStrings(BitStrings):
    """The same strings as named values: a whole number for each six bits."""

    def parameters(self) -> tuple[Parameter, ...]:
        return self._parameters

    @cached_property
    def _parameters(self) -> tuple[Parameter, ...]:
        starts = range(0, self.config.num_bits, _NAMED_TOGETHER)
        widths = [min(_NAMED_TOGETHER, self.config.num_bits - start) for start in starts]
        return tuple(
            Parameter(name=f"bits.{start}", kind="int", low=0, high=2**width - 1)
            for start, width in zip(starts, widths, strict=True)
        )

    def with_values(self, values: Values) -> Genotype:
        read = read_values(self.parameters(), values)
        widths = [int(parameter.high or 0).bit_length() for parameter in self.parameters()]
        return {"bits": "".join(f"{value:0{width}b}" for value, width in zip(read.values(), widths, strict=True))}

    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        starts = range(0, self.config.num_bits, _NAMED_TOGETHER)
        return {f"bits.{start}": int(genotype["bits"][start : start + _NAMED_TOGETHER], 2) for start in starts}


@cache
def _decision(place: int) -> Decision:
    return Decision(f"bits.{place}", "bit", _BIT, uses=("", f"unit{place}"))


def _genotype(bits: Any) -> Genotype:
    return {"bits": "".join(["1" if bit else "0" for bit in bits])}


def _flipped(genotype: Genotype, place: int) -> Genotype:
    bits = genotype["bits"]
    return {"bits": bits[:place] + ("0" if bits[place] == "1" else "1") + bits[place + 1 :]}


def _hidden(genotype: Genotype) -> int:
    return 1 + int(genotype["bits"].count("1"))


class BlobsConfig(BaseConfig):
    num_classes: int = setting(3, title="Classes", description="How many blobs.", unit="classes", ge=2, le=10)


class Blobs:
    """Gaussian blobs on 1x4x4 pictures, one per class; drawn here, so it needs no library."""

    name = "blobs"
    title = "Blobs"
    summary = "A toy: one Gaussian blob per class."
    source = "none"
    version = 1
    Config = BlobsConfig

    def __init__(self, config: BlobsConfig, library: DataLibrary) -> None:
        self.config = config

    @property
    def input_shape(self) -> Shape:
        return (1, 4, 4)

    @property
    def num_classes(self) -> int:
        return self.config.num_classes

    def metrics(self) -> tuple[str, ...]:
        return ("accuracy", "error_percent", "loss")

    def fingerprint(self) -> str:
        return f"blobs-{self.config.num_classes}"

    def splits(self) -> Splits:
        rng = Generator(PCG64(SeedSequence([2019, self.config.num_classes])))
        centres = rng.normal(size=(self.config.num_classes, *self.input_shape))

        def draw(num_each: int) -> Split:
            targets = np.repeat(np.arange(self.config.num_classes, dtype=np.int64), num_each)
            inputs = centres[targets] + 0.5 * rng.normal(size=(len(targets), *self.input_shape))
            return Split(inputs.astype(np.float32), targets)

        return Splits(draw(16), draw(8), draw(8), fingerprint=self.fingerprint())


class NoData:
    """A data library with nothing in it."""

    def load(self, reference: str) -> Dataset:
        raise UnknownName(f"there is no data set {reference!r}")


class OnesConfig(BaseConfig):
    noise: float = setting(0.01, title="Noise", description="Standard deviation added to the accuracy.", ge=0, le=1)


class Ones:
    """Accuracy = share of ones + N(0, noise) from the trial's own seed, clipped to [0, 1]. Latency = 0.1 ms per one."""

    name = "ones"
    title = "Count the ones"
    summary = "A toy: the share of ones in the string, with noise."
    source = "Real et al. 2019, arXiv 1802.01548"
    version = 1
    is_simulated = True
    Config = OnesConfig

    def __init__(self, config: OnesConfig, library: TableLibrary | None = None) -> None:
        self.config = config

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        return ("accuracy", "latency_ms")

    def check(self, space: Space, problem: Problem) -> None:
        """Serves every space whose canonical form is text."""

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        text = request.space.canonical(request.genotype)
        num_ones = text.count("1")
        rng = Generator(PCG64(SeedSequence(request.seed)))
        accuracy = float(np.clip(num_ones / len(text) + self.config.noise * rng.normal(), 0.0, 1.0))
        context.report(1, {"accuracy": accuracy})
        metrics = {"accuracy": accuracy, "latency_ms": 0.1 * num_ones}
        if request.with_test:
            metrics["test_accuracy"] = num_ones / len(text)
        return Evaluation(metrics, cost_seconds=1.0, steps_done=1, is_simulated=True)


def toy_setup(
    *,
    seed: int = 0,
    replica: int = 0,
    num_bits: int = 100,
    noise: float = 0.01,
    objectives: tuple[str, ...] = ("accuracy",),
    constraints: tuple[str, ...] = (),
    **replaced: Any,
) -> SearchSetup:
    """The toy space, problem and estimator as a search; `replaced` puts another space, problem or estimator in."""
    parts: Mapping[str, Any] = {
        "space": BitStrings(BitsConfig(num_bits=num_bits)),
        "problem": Blobs(BlobsConfig(), NoData()),
        "estimator": Ones(OnesConfig(noise=noise)),
        **replaced,
    }
    return SearchSetup(
        **parts,
        objectives=tuple(Objective.from_text(text) for text in objectives),
        constraints=tuple(Constraint.from_text(text) for text in constraints),
        run_seed=seed,
        replica=replica,
    )
