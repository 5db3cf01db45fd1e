"""What can be chosen about programs, and the settings of the published experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from nas.automl_zero.hand_written import HAND_WRITTEN
from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program
from nas.core.config import Config, setting
from nas.spaces.automl_zero_presets import DEMO_OPERATIONS, PRESETS

OpName = Literal[
    "NO_OP",
    "SCALAR_SUM",
    "SCALAR_DIFF",
    "SCALAR_PRODUCT",
    "SCALAR_DIVISION",
    "SCALAR_ABS",
    "SCALAR_RECIPROCAL",
    "SCALAR_SIN",
    "SCALAR_COS",
    "SCALAR_TAN",
    "SCALAR_ARCSIN",
    "SCALAR_ARCCOS",
    "SCALAR_ARCTAN",
    "SCALAR_EXP",
    "SCALAR_LOG",
    "SCALAR_HEAVYSIDE",
    "VECTOR_HEAVYSIDE",
    "MATRIX_HEAVYSIDE",
    "SCALAR_VECTOR_PRODUCT",
    "SCALAR_BROADCAST",
    "VECTOR_RECIPROCAL",
    "VECTOR_NORM",
    "VECTOR_ABS",
    "VECTOR_SUM",
    "VECTOR_DIFF",
    "VECTOR_PRODUCT",
    "VECTOR_DIVISION",
    "VECTOR_INNER_PRODUCT",
    "VECTOR_OUTER_PRODUCT",
    "SCALAR_MATRIX_PRODUCT",
    "MATRIX_RECIPROCAL",
    "MATRIX_VECTOR_PRODUCT",
    "VECTOR_COLUMN_BROADCAST",
    "VECTOR_ROW_BROADCAST",
    "MATRIX_NORM",
    "MATRIX_COLUMN_NORM",
    "MATRIX_ROW_NORM",
    "MATRIX_TRANSPOSE",
    "MATRIX_ABS",
    "MATRIX_SUM",
    "MATRIX_DIFF",
    "MATRIX_PRODUCT",
    "MATRIX_DIVISION",
    "MATRIX_MATRIX_PRODUCT",
    "SCALAR_MIN",
    "VECTOR_MIN",
    "MATRIX_MIN",
    "SCALAR_MAX",
    "VECTOR_MAX",
    "MATRIX_MAX",
    "VECTOR_MEAN",
    "MATRIX_MEAN",
    "MATRIX_ROW_MEAN",
    "MATRIX_ROW_ST_DEV",
    "VECTOR_ST_DEV",
    "MATRIX_ST_DEV",
    "SCALAR_CONST_SET",
    "VECTOR_CONST_SET",
    "MATRIX_CONST_SET",
    "SCALAR_UNIFORM_SET",
    "VECTOR_UNIFORM_SET",
    "MATRIX_UNIFORM_SET",
    "SCALAR_GAUSSIAN_SET",
    "VECTOR_GAUSSIAN_SET",
    "MATRIX_GAUSSIAN_SET",
]
HandWrittenName = Literal["linear", "affine", "network", "rediscovered_network"]

MUTATIONS = (
    "insert",
    "remove",
    "trade",
    "randomize_instruction",
    "randomize_component",
    "randomize_program",
    "alter_parameter",
    "identity",
)
"""The kinds of change; each has its weight as the setting `<kind>_weight`."""

NO_OP = OPS[0]
MOST_ADDRESSES = 100
MOST_INSTRUCTIONS = 500


class AutoMLZeroConfig(Config):
    """Which programs there are, where a search begins among them, and how they are changed."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS

    scalars: int = setting(
        4,
        title="Scalars",
        description="Numbers that a program can keep: s0 the label, s1 the prediction, and others.",
        ge=2,
        le=MOST_ADDRESSES,
    )
    vectors: int = setting(
        3, title="Vectors", description="As long as there are features: v0 holds them.", ge=2, le=MOST_ADDRESSES
    )
    matrices: int = setting(1, title="Matrices", description="Features × features.", ge=1, le=MOST_ADDRESSES)
    setup_operations: tuple[OpName, ...] = setting(
        DEMO_OPERATIONS, title="Operations of Setup", description="None: Setup is that of the hand-written program."
    )
    predict_operations: tuple[OpName, ...] = setting(
        DEMO_OPERATIONS, title="Operations of Predict", description="None: Predict is that of the hand-written program."
    )
    learn_operations: tuple[OpName, ...] = setting(
        DEMO_OPERATIONS, title="Operations of Learn", description="None: Learn is that of the hand-written program."
    )
    setup_min: int = setting(
        10,
        title="Fewest in Setup",
        description="Instructions, those that do nothing included.",
        unit="instructions",
        ge=0,
        le=MOST_INSTRUCTIONS,
    )
    setup_max: int = setting(
        10,
        title="Most in Setup",
        description="Equal to the fewest: all programs have as many.",
        unit="instructions",
        ge=1,
        le=MOST_INSTRUCTIONS,
    )
    predict_min: int = setting(
        2,
        title="Fewest in Predict",
        description="Instructions, those that do nothing included.",
        unit="instructions",
        ge=0,
        le=MOST_INSTRUCTIONS,
    )
    predict_max: int = setting(
        2,
        title="Most in Predict",
        description="Equal to the fewest: all programs have as many.",
        unit="instructions",
        ge=1,
        le=MOST_INSTRUCTIONS,
    )
    learn_min: int = setting(
        8,
        title="Fewest in Learn",
        description="Instructions, those that do nothing included.",
        unit="instructions",
        ge=0,
        le=MOST_INSTRUCTIONS,
    )
    learn_max: int = setting(
        8,
        title="Most in Learn",
        description="Equal to the fewest: all programs have as many.",
        unit="instructions",
        ge=1,
        le=MOST_INSTRUCTIONS,
    )
    given: HandWrittenName = setting(
        "linear",
        title="Hand-written program",
        description="Supplies the functions that have no operations to choose from, and a search that begins with it.",
    )
    initial: Literal["random", "no_ops", "empty", "hand_written"] = setting(
        "random",
        title="Search begins with",
        description="Random programs, ones that do nothing, empty ones, or the hand-written one.",
    )
    vector_labels: bool = setting(
        False,
        title="Labels are vectors",
        description="For more than two classes: v1 holds the label, v2 the prediction.",
    )
    insert_weight: float = setting(
        0.0,
        title="Insert",
        description="How often a change inserts an instruction; weights are shares of their sum.",
        ge=0,
        le=1000,
        advanced=True,
    )
    remove_weight: float = setting(
        0.0, title="Remove", description="Takes an instruction out.", ge=0, le=1000, advanced=True
    )
    trade_weight: float = setting(
        0.0, title="Trade", description="Inserts one, then takes one out.", ge=0, le=1000, advanced=True
    )
    randomize_instruction_weight: float = setting(
        1.0,
        title="New instruction",
        description="Another one in the place of an instruction.",
        ge=0,
        le=1000,
        advanced=True,
    )
    randomize_component_weight: float = setting(
        1.0, title="New function", description="All instructions of one function anew.", ge=0, le=1000, advanced=True
    )
    randomize_program_weight: float = setting(
        0.0, title="New program", description="All instructions anew.", ge=0, le=1000, advanced=True
    )
    alter_parameter_weight: float = setting(
        1.0, title="Alter", description="One address or constant of one instruction.", ge=0, le=1000, advanced=True
    )
    identity_weight: float = setting(0.0, title="No change", description="A copy.", ge=0, le=1000, advanced=True)
    constant_mutation: Literal["lognormal", "uniform_factor"] = setting(
        "lognormal",
        title="Change of a constant",
        description="Times exp(N(0, 1)) as released, or times U(0.5, 2) as in the paper; one in ten changes its sign.",
        advanced=True,
    )

    @field_validator("setup_operations", "predict_operations", "learn_operations")
    @classmethod
    def _each_once_in_order(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(op.name for op in OPS if op.name in chosen)

    @model_validator(mode="after")
    def _coherent(self) -> AutoMLZeroConfig:
        for name in COMPONENTS:
            least, most = getattr(self, f"{name}_min"), getattr(self, f"{name}_max")
            if least > most:
                raise ValueError(f"{name}_min is {least}, more than {name}_max, {most}")
        if not any(map(self.operations_of, COMPONENTS)):
            raise ValueError(
                "allow operations in at least one of Setup, Predict and Learn; else there is one program only"
            )
        if not any(self.weights.values()):
            raise ValueError("at least one way of changing programs needs a weight above 0")
        may_be_empty = not any(self.limits(name)[0] for name in self.free)
        if may_be_empty and not self.insert_weight + self.trade_weight:
            raise ValueError(
                "insert_weight must be above 0 where a program may be empty: nothing else changes an empty one"
            )
        if self.vector_labels and self.vectors < 3:
            raise ValueError("vectors must be at least 3 where labels are vectors: features, label, prediction")
        for name in COMPONENTS:
            if not self.operations_of(name) or self.initial == "hand_written":
                self._check_given(name)
        if self.initial == "empty" and (longer := [name for name in self.free if getattr(self, f"{name}_min")]):
            raise ValueError(f"programs that begin empty need {longer[0]}_min = 0")
        return self

    def _check_given(self, name: Component) -> None:
        """Raises ValueError where the hand-written program does not fit."""
        known = HAND_WRITTEN[self.given]
        for field in ("scalars", "vectors", "matrices"):
            if getattr(self, field) < getattr(known, field):
                raise ValueError(f"{field} must be at least {getattr(known, field)} for the program {self.given!r}")
        if name not in self.free:
            return
        lines = known.program.component(name)
        missing = [OPS[line.op].name for line in lines if OPS[line.op].name not in self.operations_of(name)]
        if missing:
            raise ValueError(f"{name}_operations must hold {missing[0]}, which the program {self.given!r} begins with")
        if len(lines) > getattr(self, f"{name}_max"):
            raise ValueError(f"{name}_max must be at least {len(lines)} for the program {self.given!r}")

    def operations_of(self, name: Component) -> tuple[str, ...]:
        """Those that may stand in the component; none where it is that of the hand-written program."""
        names: tuple[str, ...] = getattr(self, f"{name}_operations")
        return names

    @property
    def free(self) -> tuple[Component, ...]:
        """The components that a search may change."""
        return tuple(name for name in COMPONENTS if self.operations_of(name))

    def limits(self, name: Component) -> tuple[int, int]:
        """Fewest and most instructions, both possible."""
        if name not in self.free:
            length = len(self.given_program.component(name))
            return length, length
        return getattr(self, f"{name}_min"), getattr(self, f"{name}_max")

    @property
    def given_program(self) -> Program:
        return HAND_WRITTEN[self.given].program

    def filled(self, program: Program) -> Program:
        """`program` with what is given, and each free component at least as long as it must be, by instructions that do nothing."""
        for name in COMPONENTS:
            lines = program.component(name) if name in self.free else self.given_program.component(name)
            missing = self.limits(name)[0] - len(lines)
            program = program.with_component(name, (*lines, *(Instruction(NO_OP.number),) * missing))
        return program

    @property
    def weights(self) -> dict[str, float]:
        """By the kinds of MUTATIONS."""
        return {name: getattr(self, f"{name}_weight") for name in MUTATIONS}

    def num_addresses(self, kind: Kind) -> int:
        return {Kind.SCALAR: self.scalars, Kind.VECTOR: self.vectors, Kind.MATRIX: self.matrices}[kind]
