"""The 65 operations of AutoML-Zero: what they are called, take, write and cost (arXiv 2003.03384, Table S1, and its released code).

Where the table and the code differ the code is followed: 35 is the norm of each column and 36 of each row, 37 is a plain
transpose, 40 a difference, 52 and 53 work per row. Plain data, so that pages can print programs without an engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NUM_OPS = 65


class Kind(StrEnum):
    """What lies at an address. The value is the letter of the address in the text."""

    SCALAR = "s"
    VECTOR = "v"
    MATRIX = "m"


class Constant(StrEnum):
    """What a number that an instruction carries means: by it it is drawn and changed.

    VALUE: any number, drawn from U(-1, 1). INDEX: a place as a share of the length, in [0, 1). MEAN, DEVIATION: of a normal
    distribution, the deviation is not negative. LOW, HIGH: of a uniform distribution.
    """

    VALUE = "value"
    INDEX = "index"
    MEAN = "mean"
    DEVIATION = "deviation"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Op:
    """An operation.

    Attributes:
      number: 0 … 64, as published.
      name: as in the released code.
      inputs: of in1 and in2; none, one or two.
      output: None for the operation that does nothing.
      constants: of c0, c1, c2, as many as there are.
      text: a line of a program with the fields {out}, {in1}, {in2}, {c0}, {c1}, {c2}.
      cost: what the released code counts for it, whole numbers in units of 10^4.
    """

    number: int
    name: str
    inputs: tuple[Kind, ...]
    output: Kind | None
    constants: tuple[Constant, ...]
    text: str
    cost: int

    @property
    def is_random(self) -> bool:
        """Draws anew each time it is carried out."""
        return self.number >= 59

    @property
    def keeps_rest(self) -> bool:
        """Writes one entry of its output and leaves the others as they were."""
        return Constant.INDEX in self.constants


def _op(number: int, name: str, signature: str, text: str, cost: int, *constants: Constant) -> Op:
    """`signature` such as "sv>v": the inputs, then the output."""
    inputs, output = signature.split(">")
    kinds = tuple(Kind(letter) for letter in inputs)
    return Op(number, name, kinds, Kind(output) if output else None, constants, text, cost)


_NORMAL = (Constant.MEAN, Constant.DEVIATION)
_UNIFORM = (Constant.LOW, Constant.HIGH)

OPS: tuple[Op, ...] = (
    _op(0, "NO_OP", ">", "no_op()", 301),
    _op(1, "SCALAR_SUM", "ss>s", "{out} = {in1} + {in2}", 470),
    _op(2, "SCALAR_DIFF", "ss>s", "{out} = {in1} - {in2}", 510),
    _op(3, "SCALAR_PRODUCT", "ss>s", "{out} = {in1} * {in2}", 442),
    _op(4, "SCALAR_DIVISION", "ss>s", "{out} = {in1} / {in2}", 396),
    _op(5, "SCALAR_ABS", "s>s", "{out} = abs({in1})", 368),
    _op(6, "SCALAR_RECIPROCAL", "s>s", "{out} = 1/{in1}", 421),
    _op(7, "SCALAR_SIN", "s>s", "{out} = sin({in1})", 754),
    _op(8, "SCALAR_COS", "s>s", "{out} = cos({in1})", 745),
    _op(9, "SCALAR_TAN", "s>s", "{out} = tan({in1})", 758),
    _op(10, "SCALAR_ARCSIN", "s>s", "{out} = arcsin({in1})", 915),
    _op(11, "SCALAR_ARCCOS", "s>s", "{out} = arccos({in1})", 767),
    _op(12, "SCALAR_ARCTAN", "s>s", "{out} = arctan({in1})", 927),
    _op(13, "SCALAR_EXP", "s>s", "{out} = exp({in1})", 1176),
    _op(14, "SCALAR_LOG", "s>s", "{out} = log({in1})", 1163),
    _op(15, "SCALAR_HEAVYSIDE", "s>s", "{out} = heaviside({in1})", 406),
    _op(16, "VECTOR_HEAVYSIDE", "v>v", "{out} = heaviside({in1})", 397),
    _op(17, "MATRIX_HEAVYSIDE", "m>m", "{out} = heaviside({in1})", 673),
    _op(18, "SCALAR_VECTOR_PRODUCT", "sv>v", "{out} = {in1} * {in2}", 371),
    _op(19, "SCALAR_BROADCAST", "s>v", "{out} = bcast({in1})", 417),
    _op(20, "VECTOR_RECIPROCAL", "v>v", "{out} = 1/{in1}", 631),
    _op(21, "VECTOR_NORM", "v>s", "{out} = norm({in1})", 481),
    _op(22, "VECTOR_ABS", "v>v", "{out} = abs({in1})", 371),
    _op(23, "VECTOR_SUM", "vv>v", "{out} = {in1} + {in2}", 470),
    _op(24, "VECTOR_DIFF", "vv>v", "{out} = {in1} - {in2}", 417),
    _op(25, "VECTOR_PRODUCT", "vv>v", "{out} = {in1} * {in2}", 450),
    _op(26, "VECTOR_DIVISION", "vv>v", "{out} = {in1} / {in2}", 456),
    _op(27, "VECTOR_INNER_PRODUCT", "vv>s", "{out} = dot({in1}, {in2})", 429),
    _op(28, "VECTOR_OUTER_PRODUCT", "vv>m", "{out} = outer({in1}, {in2})", 983),
    _op(29, "SCALAR_MATRIX_PRODUCT", "sm>m", "{out} = {in1} * {in2}", 599),
    _op(30, "MATRIX_RECIPROCAL", "m>m", "{out} = 1/{in1}", 2434),
    _op(31, "MATRIX_VECTOR_PRODUCT", "mv>v", "{out} = dot({in1}, {in2})", 931),
    _op(32, "VECTOR_COLUMN_BROADCAST", "v>m", "{out} = bcast({in1}, axis=0)", 1099),
    _op(33, "VECTOR_ROW_BROADCAST", "v>m", "{out} = bcast({in1}, axis=1)", 1109),
    _op(34, "MATRIX_NORM", "m>s", "{out} = norm({in1})", 642),
    _op(35, "MATRIX_COLUMN_NORM", "m>v", "{out} = norm({in1}, axis=0)", 668),
    _op(36, "MATRIX_ROW_NORM", "m>v", "{out} = norm({in1}, axis=1)", 1335),
    _op(37, "MATRIX_TRANSPOSE", "m>m", "{out} = transpose({in1})", 939),
    _op(38, "MATRIX_ABS", "m>m", "{out} = abs({in1})", 463),
    _op(39, "MATRIX_SUM", "mm>m", "{out} = {in1} + {in2}", 558),
    _op(40, "MATRIX_DIFF", "mm>m", "{out} = {in1} - {in2}", 543),
    _op(41, "MATRIX_PRODUCT", "mm>m", "{out} = {in1} * {in2}", 548),
    _op(42, "MATRIX_DIVISION", "mm>m", "{out} = {in1} / {in2}", 1823),
    _op(43, "MATRIX_MATRIX_PRODUCT", "mm>m", "{out} = matmul({in1}, {in2})", 1452),
    _op(44, "SCALAR_MIN", "ss>s", "{out} = minimum({in1}, {in2})", 368),
    _op(45, "VECTOR_MIN", "vv>v", "{out} = minimum({in1}, {in2})", 399),
    _op(46, "MATRIX_MIN", "mm>m", "{out} = minimum({in1}, {in2})", 546),
    _op(47, "SCALAR_MAX", "ss>s", "{out} = maximum({in1}, {in2})", 457),
    _op(48, "VECTOR_MAX", "vv>v", "{out} = maximum({in1}, {in2})", 397),
    _op(49, "MATRIX_MAX", "mm>m", "{out} = maximum({in1}, {in2})", 584),
    _op(50, "VECTOR_MEAN", "v>s", "{out} = mean({in1})", 428),
    _op(51, "MATRIX_MEAN", "m>s", "{out} = mean({in1})", 460),
    _op(52, "MATRIX_ROW_MEAN", "m>v", "{out} = mean({in1}, axis=1)", 976),
    _op(53, "MATRIX_ROW_ST_DEV", "m>v", "{out} = std({in1}, axis=1)", 1677),
    _op(54, "VECTOR_ST_DEV", "v>s", "{out} = std({in1})", 559),
    _op(55, "MATRIX_ST_DEV", "m>s", "{out} = std({in1})", 1064),
    _op(56, "SCALAR_CONST_SET", ">s", "{out} = {c0}", 369, Constant.VALUE),
    _op(57, "VECTOR_CONST_SET", ">v", "{out}[{c0}] = {c1}", 399, Constant.INDEX, Constant.VALUE),
    _op(58, "MATRIX_CONST_SET", ">m", "{out}[{c0}, {c1}] = {c2}", 369, Constant.INDEX, Constant.INDEX, Constant.VALUE),
    _op(59, "SCALAR_UNIFORM_SET", ">s", "{out} = uniform({c0}, {c1})", 2661, *_UNIFORM),
    _op(60, "VECTOR_UNIFORM_SET", ">v", "{out} = uniform({c0}, {c1})", 5782, *_UNIFORM),
    _op(61, "MATRIX_UNIFORM_SET", ">m", "{out} = uniform({c0}, {c1})", 20834, *_UNIFORM),
    _op(62, "SCALAR_GAUSSIAN_SET", ">s", "{out} = gaussian({c0}, {c1})", 2078, *_NORMAL),
    _op(63, "VECTOR_GAUSSIAN_SET", ">v", "{out} = gaussian({c0}, {c1})", 7748, *_NORMAL),
    _op(64, "MATRIX_GAUSSIAN_SET", ">m", "{out} = gaussian({c0}, {c1})", 27769, *_NORMAL),
)
