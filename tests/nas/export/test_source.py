"""The text of exported files: what it says, how it reads, that no text from outside gets out of its quotes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.cost import blueprint_cost
from nas.blueprint.draft import Draft
from nas.core.errors import NasError
from nas.export.check import CheckReport, Subject, check_files
from nas.export.export import built, header
from nas.export.expression import WIDTH
from nas.export.request import ExportRequest
from nas.export.source import Header, pytorch_source
from nas.export.weights import disturb, exported_weights
from nas.modules.blueprint_network import BlueprintNetwork
from nas.operations.convolutions import activation, batch_norm, conv
from nas.operations.heads import mean_linear_head
from nas.operations.primitives.merging import Add
from nas.registry import spaces
from tests.nas.export.drafts import SHAPE, blueprints

GOLDEN = Path(__file__).parents[2] / "golden" / "export_nasbench201.py.txt"

ANY_TEXT = st.text(max_size=300) | st.text(alphabet="\"\\'\n\r\t {}%#xuN\u2028\u202e\x00é字", max_size=300)


def imported(source: str) -> ModuleType:
    module = ModuleType("exported")
    exec(compile(source, "exported.py", "exec"), module.__dict__)  # our own text, which is what is tested
    return module


def golden_request() -> ExportRequest:
    kind = spaces.get("nasbench201")
    space = kind(kind.Config.parse({"width": 4, "cells_per_stage": 3}))
    operations = ["nor_conv_3x3", "none", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_3x3"]
    return ExportRequest(space, {"edges": operations}, (1, 8, 8), 10, ("pytorch",))


def test_a_small_export_reads_like_this() -> None:
    request = golden_request()
    _, blueprint = built(request)
    source = pytorch_source(blueprint, header(request, request.cost()))
    assert source == GOLDEN.read_text(encoding="utf-8").replace("TORCH_VERSION", torch.__version__)


def test_a_deep_network_of_equal_cells_is_a_short_file() -> None:
    kind = spaces.get("nasbench201")
    space: Any = kind(kind.Config.parse({"cells_per_stage": 32}))
    blueprint = space.blueprint({"edges": ["nor_conv_3x3"] * 6}, (3, 32, 32), 10)
    assert len(blueprint.layers) > 2_000
    assert len(pytorch_source(blueprint, Header("Deep")).splitlines()) < 150


@given(blueprints())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_blueprint_becomes_the_same_network(blueprint: Blueprint) -> None:
    network = BlueprintNetwork(blueprint).eval()
    disturb(network, 3)
    source = pytorch_source(blueprint, Header("A random network"))
    assert max(map(len, source.splitlines())) <= WIDTH
    assert formatted(source) == source
    exported = imported(source).build().eval()
    weights = exported_weights(blueprint, network)
    exported.load_state_dict(weights)
    assert set(exported.state_dict()) == set(weights)
    examples = torch.randn(2, *SHAPE)
    with torch.no_grad():
        assert torch.equal(exported(examples), network(examples))
        assert sorted(type(m).__name__ for m in leaves(exported)) == sorted(
            type(network.get_submodule(".".join(layer.path))).__name__ for layer in blueprint.main_layers
        )


def formatted(source: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    command = [ruff, "format", "--isolated", "--no-cache", "--line-length", str(WIDTH), "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def leaves(network: nn.Module) -> list[nn.Module]:
    return [
        module for module in network.modules() if not list(module.children()) and not isinstance(module, nn.ModuleDict)
    ]


def test_every_layer_runs_once_even_if_nobody_reads_it() -> None:
    draft = Draft(SHAPE)
    x = conv(draft, draft.inputs[0], 4, 3)
    with draft.group("lost", "Lost"):
        conv(draft, x, 4, 3)
    blueprint = draft.finish(mean_linear_head(draft, activation(draft, x), 3))
    source = pytorch_source(blueprint, Header("Lost"))
    (report,) = check_files([Subject(source, blueprint, BlueprintNetwork(blueprint), blueprint_cost(blueprint))])
    assert isinstance(report, CheckReport), report
    assert "nobody reads it" in source


def test_blocks_that_differ_in_numbers_share_a_class() -> None:
    draft = Draft(SHAPE)
    x = draft.inputs[0]
    for number, (channels, stride) in enumerate(((4, 1), (8, 2), (8, 1)), start=1):
        with draft.group(f"block{number}", f"Block {number}"):
            inner = batch_norm(draft, conv(draft, x, channels, 3, stride))
            x = draft.apply(Add(), inner, activation(draft, inner))
    source = pytorch_source(draft.finish(mean_linear_head(draft, x, 3)), Header("Blocks"))
    classes = [node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    assert classes == ["Add", "Chain", "Block", "Network"]
    assert "def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:" in source
    for line in ("block1=Block(2, 4, 1),", "block2=Block(4, 8, 2),", "block3=Block(8, 8, 1),"):
        assert line in source


def test_settings_of_different_meaning_do_not_share_a_parameter() -> None:
    """Three channels and a kernel of three are equal by chance."""
    draft = Draft((3, 8, 8))
    x = draft.inputs[0]
    for number, size in enumerate((3, 5), start=1):
        with draft.group(f"block{number}", f"Block {number}"):
            x = activation(draft, batch_norm(draft, conv(draft, x, size, size)))
    source = pytorch_source(draft.finish(mean_linear_head(draft, x, 3)), Header("Blocks"))
    assert "out_channels: int, kernel_size: int, padding: int" in source


@given(title=ANY_TEXT, name=ANY_TEXT, text=ANY_TEXT, label=ANY_TEXT)
@settings(max_examples=300)
def test_no_text_leaves_its_docstring(title: str, name: str, text: str, label: str) -> None:
    def source(title: str, name: str, text: str, label: str) -> str:
        draft = Draft((1, 4, 4))
        with draft.group("stem", label or "Stem"):
            x = activation(draft, conv(draft, draft.inputs[0], 2, 3))
        return pytorch_source(draft.finish(mean_linear_head(draft, x, 2)), Header(title, ((name, text),)))

    hostile, plain = source(title, name, text, label), source("Title", "Name", "text", "Stem")
    assert code_only(hostile) == code_only(plain)
    assert max(map(len, hostile.splitlines())) <= WIDTH
    hostile.encode("utf-8")
    assert all(character.isprintable() or character == "\n" for character in hostile)


def code_only(source: str) -> str:
    """The program without its docstrings and comments."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


@given(st.text(max_size=400))
@settings(max_examples=200)
def test_printable_text_can_be_read_back_from_the_head(text: str) -> None:
    plain = " ".join("".join(c for c in text if c.isprintable()).split())
    source = pytorch_source(tiny(), Header("Title", (("Genotype", plain),)))
    found = ast.get_docstring(ast.parse(source), clean=False) or ""
    assert "".join(found.split()).endswith("".join(f"Genotype:{plain}".split()))


def tiny() -> Blueprint:
    draft = Draft((1, 4, 4))
    return draft.finish(mean_linear_head(draft, conv(draft, draft.inputs[0], 2, 3), 2))


def test_networks_with_several_inputs_are_refused() -> None:
    draft = Draft((2, 4, 4), (2, 4, 4))
    blueprint = draft.finish(draft.apply(Add(), *draft.inputs))
    with pytest.raises(NasError, match="one input"):
        pytorch_source(blueprint, Header("Two"))


def test_texts_among_the_settings_are_escaped() -> None:
    from nas.export.expression import literal

    for text in ("plain", 'a"b', "it's", "\n", "\\", '"""', "é\u202e\x00"):
        assert ast.literal_eval(literal(text)) == text
    with pytest.raises(TypeError):
        literal([1])


def test_what_is_written_is_what_ruff_would_write(tmp_path: Path) -> None:
    files = []
    for number, label in enumerate(('"quoted"', "\\", "x" * 200, "Block")):
        draft = Draft((3, 8, 8))
        with draft.group("a_very_long_name_of_a_stage_of_the_network", label):
            x = draft.inputs[0]
            for _ in range(9):
                x = draft.apply(Add(), batch_norm(draft, conv(draft, x, 3, (1, 3), bias=True)), x)
        source = pytorch_source(draft.finish(mean_linear_head(draft, x, 10)), Header("T", (("G", json.dumps(label)),)))
        files.append(tmp_path / f"f{number}.py")
        files[-1].write_text(source, encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--isolated", "--no-cache", "--diff", "--line-length", str(WIDTH), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
