"""Four numbers side by side in numba: one machine instruction works on four tasks.

LLVM cannot prove that the output of an instruction does not overlap its inputs and leaves plain loops scalar; its own
remedy is a switch of the environment that has to be set before numba is imported by anybody. So the vector is a type here,
and what is written is what is carried out. Every operation rounds as IEEE 754 says, without fused multiply-add: a fitness
is the same on every machine with the same mathematics library.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

WIDTH = 4
"""Lanes of one vector; lanes of a group of tasks are a multiple."""

_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"Lanes({WIDTH})")


LANES: Any = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


def _emitted(function: Callable[..., Any]) -> Any:
    """Called from compiled code, without the context that `function` takes first."""
    return intrinsic(function)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


def _splat(builder: Any, value: Any) -> Any:
    vector = ir.Constant(_VECTOR, ir.Undefined)
    for lane in range(WIDTH):
        vector = builder.insert_element(vector, value, ir.Constant(ir.IntType(32), lane))
    return vector


def _constant(value: float) -> Any:
    return ir.Constant(_VECTOR, [value] * WIDTH)


def _intrinsic_of(builder: Any, name: str) -> Any:
    return builder.module.declare_intrinsic(f"{name}.v{WIDTH}f64", (), ir.FunctionType(_VECTOR, [_VECTOR]))


@_emitted
def load(_context: Any, array: Any, index: Any) -> Any:
    """array[index : index + 4] of a one-dimensional array of float64; nobody checks the bounds."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _pointer(context, builder, signature.args[0], args[0], args[1])
        return builder.load(builder.bitcast(place, _VECTOR.as_pointer()), align=8)

    return LANES(array, types.int64), emit


@_emitted
def store(_context: Any, array: Any, index: Any, value: Any) -> Any:
    """array[index : index + 4] = value; `value` is lanes."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _pointer(context, builder, signature.args[0], args[0], args[1])
        builder.store(args[2], builder.bitcast(place, _VECTOR.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, LANES), emit


@_emitted
def get(_context: Any, array: Any, index: Any) -> Any:
    """array[index], without the test for an index from the end."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, signature.args[0], args[0], args[1]))

    return array.dtype(array, types.int64), emit


@_emitted
def put(_context: Any, array: Any, index: Any, value: Any) -> Any:
    """array[index] = value, without the test for an index from the end."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, signature.args[0], args[0], args[1]))
        return context.get_dummy_value()

    return types.void(array, types.int64, array.dtype), emit


@_emitted
def splat(_context: Any, value: Any) -> Any:
    """The same number in each lane."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _splat(builder, args[0])

    return LANES(types.float64), emit


@_emitted
def absolute(_context: Any, value: Any) -> Any:
    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.call(_intrinsic_of(builder, "llvm.fabs"), [args[0]])

    return LANES(LANES), emit


@_emitted
def root(_context: Any, value: Any) -> Any:
    """Square roots; NaN of a negative number."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.call(_intrinsic_of(builder, "llvm.sqrt"), [args[0]])

    return LANES(LANES), emit


@_emitted
def smaller(_context: Any, left: Any, right: Any) -> Any:
    """right where right < left, else left: a comparison with NaN is false."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[1], args[0]), args[1], args[0])

    return LANES(LANES, LANES), emit


@_emitted
def larger(_context: Any, left: Any, right: Any) -> Any:
    """right where left < right, else left."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[1], args[0])

    return LANES(LANES, LANES), emit


@_emitted
def is_positive(_context: Any, value: Any) -> Any:
    """1 where value > 0, else 0."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], _constant(0.0)), _constant(1.0), _constant(0.0))

    return LANES(LANES), emit


@_emitted
def is_not_negative(_context: Any, value: Any) -> Any:
    """1 where value >= 0, else 0."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">=", args[0], _constant(0.0)), _constant(1.0), _constant(0.0))

    return LANES(LANES), emit


@_emitted
def any_beyond(_context: Any, value: Any, limit: Any) -> Any:
    """Whether a lane is larger than `limit` or NaN."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        beyond = builder.fcmp_unordered(">", args[0], _splat(builder, args[1]))
        bits = ir.IntType(WIDTH)
        return builder.icmp_unsigned("!=", builder.bitcast(beyond, bits), ir.Constant(bits, 0))

    return types.boolean(LANES, types.float64), emit


@_emitted
def squared_within(_context: Any, value: Any, limit: Any) -> Any:
    """value² where |value| <= limit, else infinite (also for NaN)."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        size = builder.call(_intrinsic_of(builder, "llvm.fabs"), [args[0]])
        within = builder.fcmp_ordered("<=", size, _splat(builder, args[1]))
        return builder.select(within, builder.fmul(args[0], args[0]), _constant(float("inf")))

    return LANES(LANES, types.float64), emit


def _arithmetic(symbol: Callable[[Any, Any], Any], instruction: str) -> None:
    def typed(_context: Any) -> Any:
        def typer(left: Any, right: Any) -> Any:
            return LANES if left is LANES and right is LANES else None

        return typer

    def lowered(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)

    type_callable(symbol)(typed)
    lower: Any = lower_builtin
    lower(symbol, _Lanes, _Lanes)(lowered)


for _symbol, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _arithmetic(_symbol, _instruction)
