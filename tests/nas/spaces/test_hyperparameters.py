"""Hyper-parameters of the training of one network as a space."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.core.parameter import Parameter
from nas.core.setup import SearchSetup
from nas.core.space import Tuning, architecture_key
from nas.estimators.train import Train, TrainConfig
from nas.registry import spaces
from nas.spaces.hyperparameters import Hyperparameters, HyperparametersConfig
from nas.spaces.hyperparameters_config import inner_spaces
from nas.spaces.hyperparameters_values import num_values, rounded
from tests.contracts.toys import Blobs, BlobsConfig, NoData, toy_setup

SMALL = '{"width": 4, "cells_per_stage": 1}'
RATE = {"name": "learning_rate", "low": 1e-4, "high": 1.0, "log": True}
OPTIMIZER = {"name": "optimizer", "kind": "categorical", "values": ["sgd", "adam"]}
MOMENTUM = {"name": "momentum", "low": 0.5, "high": 0.9, "active_if": {"parameter": "optimizer", "values": ["sgd"]}}


def space_of(*parameters: dict[str, Any], **more: Any) -> Hyperparameters:
    return Hyperparameters(HyperparametersConfig.parse({"settings": SMALL, "parameters": list(parameters), **more}))


def searched(space: Hyperparameters, **recipe: Any) -> SearchSetup:
    return toy_setup(space=space, estimator=Train(TrainConfig(**recipe)))


# --- the space ----------------------------------------------------------------------------------------------------------


def test_it_is_drawn_and_built_as_the_fixed_network_is_and_costs_the_same() -> None:
    space = space_of(RATE)
    inner = spaces.get("nasbench201")
    fixed = inner(inner.Config.parse(json.loads(SMALL)))
    (network,) = [preset.genotype for preset in fixed.presets() if preset.name == "resnet"]
    drawn = space.sample(np.random.default_rng(0))
    assert space.cost(drawn, (1, 8, 8), 10) == fixed.cost(network, (1, 8, 8), 10)
    assert space.graph(drawn, (1, 8, 8), 10) == fixed.graph(network, (1, 8, 8), 10)


def test_two_recipes_of_one_network_are_two_architectures() -> None:
    space = space_of(RATE)
    one, two = ({"values": {"learning_rate": rate}} for rate in (0.1, 0.2))
    assert architecture_key(space, one) != architecture_key(space, two)
    assert space.canonical(one) != space.canonical(two)


def test_a_parameter_exists_exactly_when_its_condition_holds() -> None:
    space = space_of(OPTIMIZER, MOMENTUM)
    rng = np.random.default_rng(1)
    drawn = [space.sample(rng)["values"] for _ in range(200)]
    assert {("momentum" in values) == (values["optimizer"] == "sgd") for values in drawn} == {True}
    assert {values["optimizer"] for values in drawn} == {"sgd", "adam"}
    with pytest.raises(InvalidGenotype, match=r"values.momentum: does not exist here: only if optimizer is sgd"):
        space.validate({"values": {"optimizer": "adam", "momentum": 0.5}})


def test_a_changed_condition_draws_or_drops_what_depends_on_it() -> None:
    space = space_of(OPTIMIZER, MOMENTUM)
    rng = np.random.default_rng(2)
    changed = [space.mutate({"values": {"optimizer": "adam"}}, rng) for _ in range(5)]
    assert all(mutation.genotype["values"].keys() == {"optimizer", "momentum"} for mutation in changed)
    assert {mutation.changed for mutation in changed} == {("values",)}
    away = {"values": {"optimizer": "sgd", "momentum": 0.7}}
    back = [m.genotype for m in (space.mutate(away, rng) for _ in range(40)) if m.kind == "optimizer"]
    assert back == [{"values": {"optimizer": "adam"}}] * len(back) != []


def test_crossed_recipes_are_whole() -> None:
    space = space_of(OPTIMIZER, MOMENTUM, RATE)
    rng = np.random.default_rng(3)
    parents = [
        {"values": {"optimizer": "adam", "learning_rate": 0.001}},
        {"values": {"optimizer": "sgd", "momentum": 0.7, "learning_rate": 0.1}},
    ]
    children = [space.crossover(*parents, rng) for _ in range(100)]
    assert all(space.validate(child) == child for child in children)
    assert len({json.dumps(child) for child in children}) == 4


def test_neighbours_move_choices_and_whole_numbers_only() -> None:
    space = space_of(RATE, OPTIMIZER, MOMENTUM, {"name": "epochs", "kind": "int", "low": 2, "high": 8, "step": 3})
    around = list(space.neighbours({"values": {"learning_rate": 0.1, "optimizer": "adam", "epochs": 2}}))
    assert around == [{"values": {"learning_rate": 0.1, "optimizer": "adam", "epochs": 5}}]


def test_learning_rates_are_drawn_and_encoded_on_a_logarithmic_scale() -> None:
    space = space_of(RATE)
    rng = np.random.default_rng(4)
    rates = [space.sample(rng)["values"]["learning_rate"] for _ in range(4_000)]
    assert np.mean(np.array(rates) < 0.01) == pytest.approx(0.5, abs=0.04)
    assert space.encoding({"values": {"learning_rate": 0.01}}).tolist() == pytest.approx([0.5])


def test_what_does_not_exist_is_encoded_in_the_middle() -> None:
    space = space_of(OPTIMIZER, MOMENTUM)
    assert space.encoding({"values": {"optimizer": "adam"}}).tolist() == [0, 1, 0.5]
    assert space.encoding({"values": {"optimizer": "sgd", "momentum": 0.9}}).tolist() == pytest.approx([1, 0, 1])


# --- counting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"kind": "categorical", "values": [1, 2, 3]}, 3),
        ({"kind": "int", "low": 1, "high": 10, "step": 4}, 3),
        ({"low": 0.5, "high": 0.5}, 1),
        ({"low": 0, "high": 1}, 100_001),  # 0, 0.00001, … 1
        ({"low": 0.0000005, "high": 1}, 1_000_001),  # the end, which is off the steps, then 0.000001, … 1
        ({"low": 0.1, "high": 1, "log": True}, 900_001),  # 0.100000 … 0.999999, 1
        ({"low": 0.01, "high": 1, "log": True}, 1_800_001),
    ],
)
def test_numbers_of_six_digits_are_counted(settings: dict[str, Any], count: int) -> None:
    assert num_values(Parameter.parse({"name": "p", **settings})) == count


@given(st.floats(0.001, 1), st.floats(1.5, 10), st.booleans(), st.integers(0, 2**32))
def test_rounding_stays_inside_and_is_done_once(low: float, factor: float, log: bool, seed: int) -> None:
    parameter = Parameter(name="p", low=low, high=low * factor, log=log)
    value = rounded(parameter, parameter.sample(np.random.default_rng(seed)))
    assert parameter.problem_with(value) == ""
    assert rounded(parameter, value) == value


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("width", [2e-9, 1e-7, 4e-7, 6e-7, 1.2e-6, 3.1e-6, 9e-6])
@pytest.mark.parametrize("low", [0.1, 0.12345649, 0.12345651, 0.9999996])
def test_in_a_narrow_range_every_value_that_is_counted_can_be_reached(low: float, width: float, log: bool) -> None:
    """Else a change of the value would be looked for that is not there."""
    parameter = Parameter(name="p", low=low, high=low + width, log=log)
    if log:
        places = np.linspace(0, 1, 2_001)
        assert num_values(parameter) == len({rounded(parameter, parameter.at(float(place))) for place in places})
    assert num_values(parameter) > 1 or log
    space = space_of({**RATE, "low": low, "high": low + width, "log": log})
    rng = np.random.default_rng(0)
    genotype = space.sample(rng)
    if num_values(parameter) > 1:
        assert space.mutate(genotype, rng).genotype != genotype
    else:
        with pytest.raises(ConstraintLeavesNothing):
            space.mutate(genotype, rng)


def test_conditions_are_counted() -> None:
    """Of three optimisers one has a momentum with 400,001 values and a schedule with 2, another the schedule alone."""
    optimizer = {**OPTIMIZER, "values": ["sgd", "adam", "adamw"]}
    schedule = {
        "name": "schedule",
        "kind": "categorical",
        "values": ["cosine", "step"],
        "active_if": {"parameter": "optimizer", "values": ["sgd", "adam"]},
    }
    assert space_of(optimizer, MOMENTUM, schedule).size().upper == 400_001 * 2 + 2 + 1


def test_a_long_chain_of_conditions_is_counted_at_once() -> None:
    """Each of seven parameters exists for all 40 values of the one before: 40^7 ways, looked at one parameter at a time."""
    names = ("batch_size", "epochs", "momentum", "weight_decay", "label_smoothing", "warmup_epochs", "gradient_clip")
    lists = {name: [number / 64 for number in range(1, 41)] for name in names}
    lists |= {name: list(range(2, 42)) for name in ("batch_size", "epochs")}
    chain, before = [], None
    for name, values in lists.items():
        condition = {"active_if": {"parameter": before, "values": lists[before]}} if before else {}
        chain.append({"name": name, "kind": "categorical", "values": values, **condition})
        before = name
    assert space_of(*chain).size().upper == 40 ** len(names)


# --- settings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HyperparametersConfig.presets)
def test_well_known_settings_make_spaces(name: str) -> None:
    space = Hyperparameters(HyperparametersConfig.parse(HyperparametersConfig.presets[name]))
    assert space.size().upper > 10**9
    drawn = space.sample(np.random.default_rng(0))
    assert space.validate(drawn) == drawn


def test_the_usual_recipe_is_offered_where_it_lies_in_the_space() -> None:
    (usual,) = Hyperparameters(HyperparametersConfig.parse(None)).presets()
    assert usual.genotype["values"]["learning_rate"] == 0.1
    assert space_of({**RATE, "high": 0.05}).presets() == ()


@pytest.mark.parametrize(
    ("settings", "field", "said"),
    [
        ({"parameters": [{"name": "width", "low": 0, "high": 1}]}, "parameters.0.name", "no setting 'width'"),
        ({"parameters": [RATE, RATE]}, "parameters.1.name", "stands above already"),
        ({"parameters": [{**RATE, "low": 0, "log": False}]}, "parameters.0.low", "more than 0"),
        ({"parameters": [{**RATE, "high": 1000}]}, "parameters.0.high", "at most 100"),
        ({"parameters": [{"name": "batch_size", "low": 16, "high": 64}]}, "parameters.0.kind", "whole number"),
        ({"parameters": [{**OPTIMIZER, "values": ["lion"]}]}, "parameters.0.values", "sgd"),
        ({"parameters": [MOMENTUM]}, "parameters.0.active_if.parameter", "stands above"),
        ({"parameters": [{**OPTIMIZER, "values": ["adam"]}, MOMENTUM]}, "parameters.1.active_if.values", "never is"),
        ({"parameters": []}, "parameters", "at least 1"),
        ({"space": "hyperparameters"}, "space", "there is no space"),
        ({"space": "efficientnet:nonsense"}, "space", "there is no space"),
        ({"settings": "[1]"}, "settings", "JSON object"),
        ({"settings": '{"width": 1}'}, "settings", "width: must be at least 4"),
        ({"architecture": "vgg"}, "architecture", "name a preset: "),
        ({"architecture": '{"edges": [1, 2]}'}, "architecture", "edges"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_their_field(settings: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        HyperparametersConfig.parse(settings)
    assert [error.field for error in refusal.value.errors] == [field]
    assert said in refusal.value.errors[0].message


def test_every_other_space_of_networks_with_layers_can_be_inside() -> None:
    without_layers = {"automl_zero", "wann"}
    others = set(spaces.names()) - {"hyperparameters"} - without_layers
    assert {name.partition(":")[0] for name, _label in inner_spaces()} == others


@pytest.mark.parametrize(
    "genotype", [{"values": []}, {"values": {"learning_rate": 10**5000}}, {"values": {"x" * 10**6: 1}}]
)
def test_hostile_genotypes_are_refused_in_few_words(genotype: object) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        space_of(RATE).validate(genotype)
    assert len(str(refusal.value)) < 500


# --- training -----------------------------------------------------------------------------------------------------------


def test_a_run_is_refused_when_a_recipe_could_not_be_trained() -> None:
    warmup = {"name": "warmup_epochs", "low": 0, "high": 3}
    with pytest.raises(InvalidConfig, match="warm-up must be shorter"):
        searched(space_of(warmup), epochs=3)
    with pytest.raises(InvalidConfig, match="warm-up must be shorter"):
        searched(space_of(warmup, {"name": "epochs", "kind": "int", "low": 2, "high": 9}), epochs=9)
    with pytest.raises(InvalidConfig, match="cutout must be smaller than the images, which are 4 pixels"):
        searched(space_of({"name": "cutout", "kind": "int", "low": 0, "high": 4}))
    assert isinstance(searched(space_of(warmup), epochs=4).space, Tuning)


def test_extremes_of_long_lists_are_few() -> None:
    """A list of a thousand batch sizes is looked at from both ends only."""
    sizes = {"name": "batch_size", "kind": "categorical", "values": list(range(2, 1_002))}
    assert [recipe["batch_size"] for recipe in space_of(sizes).extreme_recipes()] == [2, 1_001]


def test_training_follows_the_recipe_and_a_fidelity_decides_about_epochs(tmp_path: Any) -> None:
    from nas.core.proposal import Proposal
    from nas.jobs.evaluate import Evaluate
    from nas.jobs.local import LocalContext

    space = space_of(RATE, {"name": "epochs", "kind": "int", "low": 1, "high": 5})
    setup = toy_setup(space=space, estimator=Train(TrainConfig(epochs=2)), problem=Blobs(BlobsConfig(), NoData()))

    def steps_and_loss(rate: float, **fidelity: int) -> tuple[int, float]:
        genotype = {"values": {"learning_rate": rate, "epochs": 3}}
        folder = tmp_path / f"{rate}-{len(fidelity)}"
        folder.mkdir(exist_ok=True)
        context = LocalContext("evaluate", setup, [Proposal(0, genotype, fidelity=fidelity)], folder=folder)
        Evaluate().run(context)
        (result,) = context.results
        assert result.status.is_ok, result.reason
        return result.steps_done, result.metrics["loss"]

    assert steps_and_loss(0.1)[0] == 3
    assert steps_and_loss(0.1, epochs=1)[0] == 1
    assert steps_and_loss(0.1)[1] < steps_and_loss(0.0001)[1]
