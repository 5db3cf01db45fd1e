"""Dead code: instructions that can never reach a prediction (Real et al. 2020, arXiv 2003.03384, section S8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program

Address = tuple[Kind, int]

LABEL: Mapping[bool, Address] = {False: (Kind.SCALAR, 0), True: (Kind.VECTOR, 1)}
PREDICTION: Mapping[bool, Address] = {False: (Kind.SCALAR, 1), True: (Kind.VECTOR, 2)}
"""Where labels and predictions lie; keyed by whether labels are vectors."""

FEATURES: Address = (Kind.VECTOR, 0)


def reads(instruction: Instruction) -> tuple[Address, ...]:
    """Of an instruction that writes one entry only, not the rest that it keeps."""
    inputs = (instruction.in1, instruction.in2)
    return tuple((kind, address) for kind, address in zip(OPS[instruction.op].inputs, inputs, strict=False))


def written(instruction: Instruction) -> Address | None:
    """None for the operation that does nothing."""
    kind = OPS[instruction.op].output
    return None if kind is None else (kind, instruction.out)


def set_from_outside(vector_labels: bool = False) -> frozenset[Address]:
    """What is written before each Predict and each Learn: features and label."""
    return frozenset((FEATURES, LABEL[vector_labels]))


@dataclass(frozen=True, slots=True)
class Liveness:
    """For each component which of its instructions are live, and what is live before it."""

    kept: Mapping[Component, tuple[bool, ...]]
    before: Mapping[Component, frozenset[Address]]


def liveness(program: Program, *, vector_labels: bool = False) -> Liveness:
    """Exact for the addresses: backwards over Setup; {Predict; Learn} again and again; {Predict} again and again."""
    outside = set_from_outside(vector_labels)
    before_predict: frozenset[Address] = frozenset()
    before_learn: frozenset[Address] = frozenset()
    while True:
        after_predict = {PREDICTION[vector_labels]} | (before_learn - outside) | (before_predict - outside)
        predict, kept_predict = _backwards(program.predict, after_predict)
        learn, kept_learn = _backwards(program.learn, predict - outside)
        if (predict, learn) == (before_predict, before_learn):
            break
        before_predict, before_learn = predict, learn
    setup, kept_setup = _backwards(program.setup, before_predict - outside)
    return Liveness(
        kept={"setup": kept_setup, "predict": kept_predict, "learn": kept_learn},
        before={"setup": setup, "predict": before_predict, "learn": before_learn},
    )


def live_program(program: Program, *, vector_labels: bool = False) -> Program:
    """`program` without what can never reach a prediction: every prediction is the same, bit for bit.

    Programs that draw random numbers draw fewer of them.
    """
    kept = liveness(program, vector_labels=vector_labels).kept
    return Program(*(_chosen(program.component(name), kept[name]) for name in COMPONENTS))


def _chosen(instructions: Sequence[Instruction], kept: Sequence[bool]) -> tuple[Instruction, ...]:
    return tuple(instruction for instruction, is_kept in zip(instructions, kept, strict=True) if is_kept)


def _backwards(
    instructions: Sequence[Instruction], live_after: frozenset[Address] | set[Address]
) -> tuple[frozenset[Address], tuple[bool, ...]]:
    """What is live before the instructions, and which of them are."""
    live = set(live_after)
    kept = []
    for instruction in reversed(instructions):
        out = written(instruction)
        is_kept = out is not None and out in live
        kept.append(is_kept)
        if is_kept and out is not None:
            if not OPS[instruction.op].keeps_rest:
                live.discard(out)
            live.update(reads(instruction))
    return frozenset(live), tuple(reversed(kept))


def prediction_liveness(
    program: Program, *, vector_labels: bool = False
) -> tuple[tuple[bool, ...], frozenset[Address]]:
    """Of a trained program, whose Predict runs again and again: which instructions of Predict matter, and what they read
    that was there before.
    """
    before: frozenset[Address] = frozenset()
    while True:
        found, kept = _backwards(
            program.predict, {PREDICTION[vector_labels]} | (before - set_from_outside(vector_labels))
        )
        if found == before:
            return kept, before
        before = found
