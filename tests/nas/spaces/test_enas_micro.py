"""ENAS micro: the released network, the text form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.space import Notated
from nas.spaces.enas_micro import EnasMicro, EnasMicroConfig

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "enas_micro.json").read_text())
RELEASED = GOLDEN["released"]


def make(**config: Any) -> EnasMicro:
    return EnasMicro(EnasMicroConfig.parse(config))


def released(**config: Any) -> EnasMicro:
    return make(layers=RELEASED["layers"], filters=RELEASED["filters"], **config)


def test_the_released_network_has_the_published_costs() -> None:
    space = released()
    cost = space.cost(space.validate(RELEASED["arc"]), (3, 32, 32), 10)
    assert (cost.params, cost.macs) == (RELEASED["params"], RELEASED["macs"])
    assert cost.bias_adds == 0


def test_the_released_network_has_the_published_shapes() -> None:
    space = released()
    blueprint = space.blueprint(space.validate(RELEASED["arc"]), (3, 32, 32), 10)
    last: dict[str, list[int]] = {}
    for layer in blueprint.main_layers:
        last[layer.path[0]] = list(layer.shape)
    assert {name: last[name] for name in RELEASED["shapes"]} == RELEASED["shapes"]
    cells = [group.path for group in blueprint.groups if len(group.path) == 2 and group.path[0].startswith("stage")]
    assert len(cells) == RELEASED["layers"]
    assert len([path for path in cells if path[0] == "stage1"]) == 5


def test_the_auxiliary_head_stands_after_the_first_cell_past_the_second_reduction() -> None:
    space = released(auxiliary_head=True)
    blueprint = space.blueprint(space.validate(RELEASED["arc"]), (3, 32, 32), 10)
    head = [layer for layer in blueprint.layers if layer.is_auxiliary]
    assert sum(layer.count.params for layer in head) == RELEASED["auxiliary_params"]
    assert blueprint.layers[head[0].reads[0] - 1].path[:2] == ("stage3", "cell1")


def test_the_released_cells_are_a_preset() -> None:
    (preset,) = make().presets()
    assert make().notation(preset.genotype) == RELEASED["arc"]
    assert make(blocks=4).presets() == ()
    assert make(operations=["identity", "sep_conv_3x3"]).presets() == ()


def test_size() -> None:
    assert make().size().upper == GOLDEN["size"]


def test_inputs_that_nobody_reads_are_joined() -> None:
    space = make(blocks=1)
    cell = {"blocks": [{"inputs": [1, 1], "operations": ["sep_conv_3x3", "identity"]}]}
    genotype = {"normal": cell, "reduction": cell}
    assert [wiring.joined for wiring in space._wirings(genotype)] == [[0, 2]] * 2
    layers = space.blueprint(genotype, (3, 32, 32), 10).layers
    fitted = [layer for layer in layers if layer.path[:3] == ("reduction1", "output", "state0")]
    assert [layer.primitive.name for layer in fitted] == ["conv", "shift", "conv", "concat", "bn"]
    strided = [layer for layer in layers if layer.path[:4] == ("reduction1", "block1", "second", "conv")]
    assert strided[0].shape == (8, 16, 16)  # half of the 16 filters: the identity there is a factorized reduction


def test_every_sample_survives_its_text() -> None:
    space: Notated = make(blocks=7)
    assert isinstance(space, EnasMicro)
    rng = np.random.default_rng(0)
    for _ in range(50):
        genotype = space.sample(rng)
        assert space.validate(space.notation(genotype)) == genotype
        assert space.validate({"arc": space.notation(genotype)}) == genotype


@pytest.mark.parametrize(
    ("arc", "said"),
    [
        ("0 1 0 1", "expected 16 numbers"),
        ("0 1 0 1 " * 5, "got 20"),
        ("0 1 0 1 0 1 0 x 0 1 0 1 0 1 0 1", "got 'x'"),
        ("0 1 0 1 0 1 0 -1 0 1 0 1 0 1 0 1", "got '-1'"),
        ("0 1 0 1 0 1 0 ² 0 1 0 1 0 1 0 1", "got '²'"),
        ("0 1 0 1 0 1 0 5 0 1 0 1 0 1 0 1", "there is no operation 5; there are 0 sep_conv_3x3"),
        ("9" * 900 + " 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1", "small whole numbers"),
        ("0 " * 10**6, "at most 1,000"),
    ],
)
@pytest.mark.parametrize("wrap", [False, True])
def test_a_wrong_text_is_refused_in_words(arc: str, said: str, wrap: bool) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make(blocks=2).validate({"arc": arc} if wrap else arc)
    (error,) = refusal.value.errors
    assert error.field == ("arc" if wrap else "")
    assert said in error.message
    assert len(error.message) < 300


def test_a_state_that_is_not_there_yet_is_refused_at_its_place() -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make(blocks=1).validate("2 0 0 0 0 0 1 0")
    assert [error.field for error in refusal.value.errors] == ["normal.blocks.0.inputs.0"]


@pytest.mark.parametrize(("config", "field"), [({"layers": 2}, "layers"), ({"filters": 2}, "filters")])
def test_a_wrong_configuration_is_refused_at_its_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        make(**config)
    assert [error.field for error in refusal.value.errors] == [field]
