from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from nas.core.space import Buildable, architecture_key, fitting
from nas.registry import spaces
from tests.contracts.toys import BitsConfig, BitStrings
from tests.nas.cli.conftest import Said

Nas = Callable[..., Said]
RESNET = ("describe", "nasbench201", "resnet", "--json")


def test_it_prints_key_costs_and_graph_size_of_a_preset(nas: Nas) -> None:
    described = nas(*RESNET).json
    kind = spaces.get("nasbench201")
    space = kind(kind.Config.parse(None))
    cost = space.cost(described["genotype"], (3, 32, 32), 10)
    assert described["key"] == architecture_key(space, described["genotype"])
    assert described.items() >= cost.as_json().items()
    assert described["graph"]["nodes"] == len(space.graph(described["genotype"], (3, 32, 32), 10).nodes)
    assert "check" not in described


def test_it_tells_the_paths_of_each_part(nas: Nas) -> None:
    network, cell = nas(*RESNET).json["paths"]
    assert (network["part"], network["depth"], network["total_paths"]) == ("Network", 8, "1")
    assert (cell["part"], cell["depth"]) == ("Cell", 3)
    assert cell["num_paths"] == [{"length": 1, "count": "1"}, {"length": 3, "count": "1"}]
    assert "Cell: 2 from input to output, of 1 to 3 edges (mean 2.00" in nas("describe", "nasbench201", "resnet").out


def test_programs_have_no_network_to_count(nas: Nas) -> None:
    said = nas("describe", "automl_zero", "linear", "--check")
    assert (said.code, said.out) == (2, "")
    assert "does not hold networks" in said.err


def test_shape_classes_and_settings_count(nas: Nas) -> None:
    small = nas(*RESNET, "--input", "1,8,8", "--classes", "3", "--config", '{"width": 8, "cells_per_stage": 1}').json
    large = nas(*RESNET).json
    assert small["input_shape"] == [1, 8, 8]
    assert small["params"] < large["params"]
    assert small["key"] != large["key"]


@pytest.mark.parametrize("space", [name for name in spaces if issubclass(spaces.get(name), Buildable)])
def test_check_counts_the_same_on_the_built_network(nas: Nas, space: str) -> None:
    kind = spaces.get(space)
    made = kind(kind.Config.parse(None))
    shape, classes = fitting(made, (3, 16, 16), 10)
    size = ("--input", ",".join(map(str, shape)), "--classes", str(classes))
    for preset in made.presets()[:2]:
        said = nas("describe", space, preset.name, "--check", "--json", *size)
        assert said.code == 0
        assert said.json["check"]["agrees"] is True
        assert said.json["check"]["params"] == said.json["params"]
        for name in (
            "macs",
            "activations",
            "peak_memory_bytes",
        ):  # None: torch multiplies zeros where nothing is connected
            assert said.json["check"][name] == said.json[name] or (said.json["check"][name] is None and space == "wann")


def test_check_fails_when_the_closed_form_lies(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = BitStrings(BitsConfig()).cost({"bits": "0" * 100}, (3, 32, 32), 10)
    monkeypatch.setattr(BitStrings, "cost", lambda *arguments: truth)
    said = nas("describe", "bit_strings", "all_ones", "--check", "--json")
    assert said.code == 1
    assert said.json["check"]["agrees"] is False


def test_the_genotype_can_be_json_or_the_published_string(nas: Nas) -> None:
    preset = nas(*RESNET).json
    by_json = nas("describe", "nasbench201", json.dumps(preset["genotype"]), "--json").json
    string = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"
    assert preset == by_json == nas("describe", "nasbench201", string, "--json").json


def test_the_text_has_the_same_facts(nas: Nas) -> None:
    described = nas(*RESNET).json
    lines = nas(*RESNET[:-1]).out.splitlines()
    assert f"params: {described['params']}" in lines
    assert f"key: {described['key']}" in lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "resnet"), "there is no space 'nowhere'; there are nasbench201"),
        (("nasbench201", "resnett"), "name a preset: best_cifar10"),
        (("nasbench201", '{"edges": ["conv9x9"]}'), "edges: expected 6 operations"),
        (("nasbench201", "resnet", "--config", '{"width": -1}'), "space.width: "),
        (("nasbench201", "resnet", "--config", '{"widht": 8}'), "no such setting; there are width"),
        (("nasbench201", "resnet", "--config", "[1]"), "expected a JSON object"),
        (("nasbench201", "resnet", "--config", "{"), "space-config: expected JSON"),
        (("nasbench201", "resnet", "--input", "32x32"), "input: expected channels,height,width"),
        (("nasbench201", "resnet", "--input", "3,0,32"), "input: expected channels,height,width"),
        (("nasbench201", "resnet", "--classes", "0"), "classes: must be at least 1"),
        (("nasbench201",), "GENOTYPE_OR_PRESET"),
    ],
)
def test_wrong_input_is_answered_in_plain_words(nas: Nas, arguments: tuple[str, ...], message: str) -> None:
    said = nas("describe", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert message in said.err
