"""Real numbers with six digits: a range of them can be counted, and equal recipes are equal texts."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from nas.core.parameter import Parameter, Value

DIGITS = 6
_PER_POWER = 900_000  # numbers of six digits between two powers of ten


def rounded(parameter: Parameter, value: Value) -> Value:
    """`value`, with six significant digits on a logarithmic scale, to a millionth of the range's power of ten on a linear one."""
    if parameter.kind != "float":
        return value
    assert parameter.low is not None and parameter.high is not None and not isinstance(value, str)
    digits = float(f"{value:.{DIGITS}g}") if parameter.log else round(float(value), _decimals(parameter))
    return float(min(max(digits, parameter.low), parameter.high))


def num_values(parameter: Parameter) -> int:
    """How many different values it has, real numbers as `rounded` leaves them."""
    if parameter.kind == "categorical":
        return len(parameter.values)
    assert parameter.low is not None and parameter.high is not None
    if parameter.kind == "int":
        return (int(parameter.high) - int(parameter.low)) // parameter.step + 1
    low, high = Decimal(repr(parameter.low)), Decimal(repr(parameter.high))
    first, last = (_place(parameter, end, way) for end, way in ((low, ROUND_CEILING), (high, ROUND_FLOOR)))
    # An end that lies between two such numbers is a value of its own where the nearer one lies outside of the range.
    ends_between = sum(
        _place(parameter, Decimal(repr(end)), ROUND_CEILING) != _place(parameter, Decimal(repr(end)), ROUND_FLOOR)
        and rounded(parameter, end) == end
        for end in (parameter.low, parameter.high)
    )
    return 1 if low == high else last - first + 1 + ends_between


def _decimals(parameter: Parameter) -> int:
    """Behind the point, so that the range has 10⁵ to 10⁶ steps; negative for ranges of millions."""
    assert parameter.low is not None and parameter.high is not None
    return DIGITS - 1 - (Decimal(repr(parameter.high)) - Decimal(repr(parameter.low))).adjusted()


def _place(parameter: Parameter, value: Decimal, way: str) -> int:
    """The number of the rounded value at `value` (above it, below it) in a count of them all."""
    if not parameter.log:
        return int((value.scaleb(_decimals(parameter))).to_integral_value(way))
    power = value.adjusted()
    mantissa = int(value.scaleb(DIGITS - 1 - power).to_integral_value(way))
    return _PER_POWER * power + mantissa
