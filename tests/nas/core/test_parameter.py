"""A parameter: what it may be, how it is drawn, where its values lie on its scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.parameter import Parameter, Value, read_values

RATE = {"name": "rate", "low": 1e-4, "high": 1e-1}


def parameter(**settings: Any) -> Parameter:
    return Parameter.parse({"name": "p", **settings})


def numbers() -> st.SearchStrategy[Parameter]:
    """Parameters of numbers, on both scales."""

    def made(kind: str, low: int, width: int, log: bool, step: int) -> Parameter:
        return parameter(kind=kind, low=low, high=low + width, log=log, step=step)

    return st.builds(
        made,
        st.sampled_from(["float", "int"]),
        st.integers(1, 1_000),
        st.integers(0, 10_000),
        st.booleans(),
        st.integers(1, 50),
    )


# --- drawing ------------------------------------------------------------------------------------------------------------


def test_log_uniform_has_the_same_mass_in_each_power_of_ten() -> None:
    """On [1e-4, 1e-1]: a third below 1e-3, mean (0.1 - 0.0001) / ln 1000 = 0.01446. Tolerances are five standard errors."""
    drawn = _drawn(Parameter(**RATE, log=True), 40_000)
    assert np.mean(drawn < 1e-3) == pytest.approx(1 / 3, abs=5 * 0.471 / 200)
    assert drawn.mean() == pytest.approx(0.01446, abs=5 * 0.0225 / 200)


def test_uniform_leaves_small_values_out() -> None:
    drawn = _drawn(Parameter(**RATE), 40_000)
    assert np.mean(drawn < 1e-3) == pytest.approx(0.009, abs=5 * 0.095 / 200)
    assert drawn.mean() == pytest.approx(0.05005, abs=5 * 0.0289 / 200)


def test_whole_numbers_of_a_logarithmic_range_halve_with_each_doubling() -> None:
    """P(1) = ln 3 / ln 2049 on [1, 1024]: a whole number has the room from half below it to half above."""
    drawn = _drawn(parameter(kind="int", low=1, high=1024, log=True), 20_000)
    assert np.mean(drawn == 1) == pytest.approx(math.log(3) / math.log(2049), abs=0.013)
    assert np.mean(drawn <= 32) == pytest.approx(math.log(65) / math.log(2049), abs=0.018)


@given(numbers(), st.integers(0, 2**32))
def test_what_is_drawn_may_be(parameter: Parameter, seed: int) -> None:
    assert parameter.problem_with(parameter.sample(np.random.default_rng(seed))) == ""


def test_listed_values_are_drawn_alike_and_keep_their_types() -> None:
    choice = parameter(kind="categorical", values=(True, 1, "a", 0.5))
    rng = np.random.default_rng(0)
    drawn = [choice.sample(rng) for _ in range(4_000)]
    for value in choice.values:
        assert sum(type(d) is type(value) and d == value for d in drawn) == pytest.approx(1_000, abs=140)


# --- the scale ----------------------------------------------------------------------------------------------------------


@given(numbers(), st.floats(0, 1))
def test_every_position_has_a_value_there(parameter: Parameter, position: float) -> None:
    value = parameter.at(position)
    assert parameter.problem_with(value) == ""
    assert parameter.at(parameter.position(value)) == pytest.approx(value)
    if parameter.kind == "float" and parameter.low != parameter.high:
        assert parameter.position(value) == pytest.approx(position, abs=1e-9)


@given(numbers(), st.integers(1, 40))
def test_values_spread_in_order_from_end_to_end(parameter: Parameter, num: int) -> None:
    values: list[Any] = list(parameter.spread(num))
    assert 1 <= len(values) <= num
    assert values == sorted(set(values))
    assert not any(parameter.problem_with(value) for value in values)
    if num > 1 and parameter.kind == "float":
        assert (values[0], values[-1]) == (parameter.low, parameter.high)


def test_a_logarithmic_axis_is_spread_by_factors() -> None:
    assert Parameter(**RATE, log=True).spread(4) == pytest.approx((1e-4, 1e-3, 1e-2, 1e-1))
    assert Parameter(**RATE).spread(4) == pytest.approx((0.0001, 0.0334, 0.0667, 0.1))
    assert parameter(kind="categorical", values=("a", "b", "c")).spread(2) == ("a", "b", "c")


# --- what is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "categorical"}, "list the values"),
        ({"kind": "categorical", "values": [1, 1]}, "each value once"),
        ({"low": 1}, "needs a range"),
        ({"low": 2, "high": 1}, "needs a range"),
        ({"kind": "int", "low": 0.5, "high": 2}, "whole limits"),
        ({"low": 0, "high": 1, "log": True}, "above 0"),
        ({"low": 5e-324, "high": 1, "log": True}, "above 0"),
        ({"low": 0, "high": 5e-324}, "too close together"),
        ({"low": 0.5, "high": 0.5000000000000001}, "too close together"),
        ({"low": 0, "high": math.inf}, "finite"),
        ({"low": True, "high": 2}, "must be a number"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidConfig, match=said):
        parameter(**settings)


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({"low": 0, "high": 1}, 1.5),
        ({"low": 0, "high": 1}, math.nan),
        ({"low": 0, "high": 1}, math.inf),
        ({"low": 0, "high": 1}, True),
        ({"low": 0, "high": 1}, "0.5"),
        ({"low": 0, "high": 1}, [0.5]),
        ({"kind": "int", "low": 0, "high": 9}, 1.0),
        pytest.param({"kind": "int", "low": 0, "high": 9}, 10**6_000, id="huge"),
        ({"kind": "int", "low": 1, "high": 9, "step": 2}, 4),
        ({"kind": "categorical", "values": [1, "a"]}, True),
        ({"kind": "categorical", "values": [1, "a"]}, 1.0),
        ({"kind": "categorical", "values": [1, "a"]}, {"a": 1}),
    ],
)
def test_a_value_that_may_not_be_is_named_in_few_words(settings: dict[str, Any], value: object) -> None:
    problem = parameter(**settings).problem_with(value)
    assert problem.startswith("expected")
    assert len(problem) < 200


# --- several parameters -------------------------------------------------------------------------------------------------

OPTIMISER = Parameter(name="optimizer", kind="categorical", values=("sgd", "adam"))
MOMENTUM = Parameter.parse(
    {"name": "momentum", "low": 0, "high": 1, "active_if": {"parameter": "optimizer", "values": ["sgd"]}}
)


def test_values_are_read_in_the_order_of_the_parameters() -> None:
    read = read_values((OPTIMISER, MOMENTUM), {"momentum": 0.5, "optimizer": "sgd"})
    assert list(read.items()) == [("optimizer", "sgd"), ("momentum", 0.5)]
    assert read_values((OPTIMISER, MOMENTUM), {"optimizer": "adam"}) == {"optimizer": "adam"}


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"optimizer": "sgd"}, "momentum", "is required"),
        ({"optimizer": "adam", "momentum": 0.5}, "momentum", "only if optimizer is sgd"),
        ({"optimizer": "adam", "rate": 0.5}, "rate", "no such parameter"),
        ({"optimizer": "rmsprop"}, "optimizer", "expected one of sgd, adam"),
        ("nonsense", "", "expected an object"),
    ],
)
def test_values_that_do_not_fit_are_refused_at_their_parameter(given: object, field: str, said: str) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        read_values((OPTIMISER, MOMENTUM), given)
    assert [error.field for error in refusal.value.errors] == [field]
    assert said in refusal.value.errors[0].message


def _drawn(parameter: Parameter, num: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    rng = np.random.default_rng(7)
    drawn: list[Value] = [parameter.sample(rng) for _ in range(num)]
    return np.array(drawn, dtype=np.float64)


def test_a_whole_number_may_stand_for_the_listed_real_one() -> None:
    """Browsers write 1.0 as 1 in JSON. True stays another value, and a listed 1 goes before."""
    listed = parameter(kind="categorical", values=[0.5, 1.0, True])
    assert listed.problem_with(1) == ""
    assert repr(read_values([listed], {listed.name: 1})) == repr({listed.name: 1.0})
    assert read_values([listed], {listed.name: True})[listed.name] is True
    both = parameter(kind="categorical", values=[1.0, 1])
    assert repr(read_values([both], {both.name: 1})) == repr({both.name: 1})
