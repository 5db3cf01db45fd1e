"""Three things that people have names for, found in programs (Real et al. 2020, arXiv 2003.03384, section 4.3; detectors are ours)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from nas.automl_zero.analysis.dead_code import FEATURES, LABEL, Address, live_program, reads, written
from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import Component, Instruction, Program
from nas.automl_zero.text import instruction_text

_PRODUCTS = frozenset({3, 18, 29})
"""A scalar times a scalar, a vector, a matrix."""

_MATRIX_MEAN = 51
_LEAST_FALL = 0.01
"""Of a rate over the trace, as a share of its first value."""

Sources = frozenset[str]


class Motif(StrEnum):
    """NOISE: random numbers in each prediction or update. DECAY: a learning rate that falls by itself. WEIGHT_MEAN: one that is
    made of the mean of learned weights.
    """

    NOISE = "noise"
    DECAY = "decay"
    WEIGHT_MEAN = "weight_mean"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A motif, and where: the instructions that make it, as text, in the live program."""

    motif: Motif
    lines: tuple[str, ...]


def motifs(program: Program, trace: npt.NDArray[np.float64], *, vector_labels: bool = False) -> tuple[Sighting, ...]:
    """All motifs of the live program. `trace`: (steps, scalars) of `scalar_trace`, on a task that it was made for."""
    live = live_program(program, vector_labels=vector_labels)
    flow = _Flow(live, vector_labels)
    return (*_noise(live), *_decays(live, flow, trace), *_weight_means(live, flow))


def _noise(live: Program) -> list[Sighting]:
    """A random vector in Predict or Learn; what is live reaches a prediction."""
    return [
        Sighting(Motif.NOISE, (instruction_text(line),))
        for component, _, line in live.lines()
        if component != "setup" and _draws_vector(line)
    ]


def _draws_vector(line: Instruction) -> bool:
    op = OPS[line.op]
    first, second, _ = line.constants
    is_spread = second > 0 if "GAUSSIAN" in op.name else second > first
    return op.is_random and op.output is Kind.VECTOR and is_spread


def _decays(live: Program, flow: _Flow, trace: npt.NDArray[np.float64]) -> list[Sighting]:
    """A scalar that multiplies an update, is made of itself alone in each step, and whose size only falls."""
    found = []
    for address in sorted({a for line in live.learn if (a := written(line)) and a[0] is Kind.SCALAR}):
        own = f"entry {address[0]}{address[1]}"
        if flow.at_end.get(address) != frozenset({own}) or frozenset({own}) not in flow.factors:
            continue
        sizes = np.abs(trace[:, address[1]]) if len(trace) else np.zeros(0)
        falls = len(sizes) > 1 and bool((np.diff(sizes) <= 0).all()) and sizes[-1] < (1 - _LEAST_FALL) * sizes[0]
        if falls:
            lines = [instruction_text(line) for line in live.learn if written(line) == address]
            found.append(Sighting(Motif.DECAY, tuple(lines)))
    return found


def _weight_means(live: Program, flow: _Flow) -> list[Sighting]:
    """The mean of a matrix that Learn writes, in a factor of an update."""
    learned = {written(line) for line in live.learn}
    found = []
    components: Sequence[Component] = ("predict", "learn")
    for name in components:
        for line, instruction in enumerate(live.component(name)):
            is_mean = instruction.op == _MATRIX_MEAN and (Kind.MATRIX, instruction.in1) in learned
            if is_mean and any(f"mean {name} {line}" in factor for factor in flow.factors):
                found.append(Sighting(Motif.WEIGHT_MEAN, (instruction_text(instruction),)))
    return found


class _Flow:
    """What values are made of, in a step of Predict and Learn.

    Attributes:
      at_end: by address what its value at the end of the step is made of: "entry s3" what an address held at its beginning,
        "label", "features", "chance", "mean learn 4" the mean that a line takes.
      factors: what the scalars are made of by which something that depends on the label is multiplied, in Learn.
    """

    def __init__(self, live: Program, vector_labels: bool) -> None:
        label = LABEL[vector_labels]
        self.at_end: dict[Address, Sources] = {}
        self.factors: list[Sources] = []
        components: Sequence[Component] = ("predict", "learn")
        for name in components:
            self.at_end[FEATURES] = frozenset({"features"})
            self.at_end[label] = frozenset({"label"} if name == "learn" else ())
            for line, instruction in enumerate(live.component(name)):
                self._step(name, line, instruction)

    def _of(self, address: Address) -> Sources:
        return self.at_end.get(address, frozenset({f"entry {address[0]}{address[1]}"}))

    def _step(self, name: Component, line: int, instruction: Instruction) -> None:
        op = OPS[instruction.op]
        inputs = [self._of(address) for address in reads(instruction)]
        if name == "learn" and op.number in _PRODUCTS:
            ways = [(0, 1), (1, 0)] if op.number == 3 else [(0, 1)]
            self.factors += [inputs[factor] for factor, other in ways if "label" in inputs[other]]
        out = written(instruction)
        assert out is not None  # what writes nothing is never live
        made = frozenset().union(*inputs) if inputs else frozenset[str]()
        if op.is_random:
            made |= {"chance"}
        if op.number == _MATRIX_MEAN:
            made |= {f"mean {name} {line}"}
        if op.keeps_rest:
            made |= self._of(out)
        self.at_end[out] = made
