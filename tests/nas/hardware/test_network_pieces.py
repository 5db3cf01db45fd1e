"""Networks taken apart, and the texts that name their pieces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nas import registry
from nas.blueprint.draft import Draft, Value
from nas.blueprint.piece import drawn_piece
from nas.core.errors import InvalidConfig
from nas.core.space import Blueprinted, Space
from nas.hardware.network_pieces import pieces_of, pieces_of_space
from nas.hardware.piece_key import FREE, LONGEST_KEY, key_of
from nas.modules.blueprint_network import BlueprintNetwork
from nas.operations.inverted_residual import Bottleneck, Style, inverted_residual
from nas.operations.primitives.activation import Activation
from nas.operations.primitives.dropping import Dropout
from nas.operations.primitives.shaping import Identity, Zero


def space_of(name: str, preset: str = "") -> Space:
    kind: Any = registry.spaces.get(name)
    return kind(kind.Config.parse(kind.Config.presets[preset] if preset else None))  # type: ignore[no-any-return]


def relus(draft: Draft, x: Value, number: int) -> Value:
    for _ in range(number):
        x = draft.apply(Activation("relu"), x)
    return x


def handed_on(draft: Draft, x: Value) -> Value:
    return draft.apply(Dropout(0.5), draft.apply(Identity(), x))


def zeros(draft: Draft, x: Value) -> Value:
    return draft.apply(Zero(), x)


@pytest.mark.parametrize(
    ("preset", "shape", "classes", "needed"),
    [("proxyless", (3, 224, 224), 1000, 70), ("proxyless_mini", (3, 32, 32), 10, 40)],
)
def test_proxyless_needs_as_many_rows_as_its_paper_says(
    preset: str, shape: tuple[int, int, int], classes: int, needed: int
) -> None:
    found = pieces_of_space(space_of("mobile", preset), shape, classes)
    assert len(found) == needed
    fixed = {key.partition("-")[0] for key in found}
    assert fixed == {"Conv", "Conv_1", "Logits", "expanded_conv"}


def test_inverted_residuals_have_the_published_text() -> None:
    found = pieces_of_space(space_of("mobile", "proxyless"), (3, 224, 224), 1000)
    assert "Conv-input:224x224x3-output:112x112x32" in found
    assert "Conv_1-input:7x7x320-output:7x7x1280" in found
    assert "Logits-input:7x7x1280-output:1000" in found
    assert "expanded_conv-input:112x112x32-output:112x112x16-expand:1-kernel:3-stride:1-idskip:0" in found
    assert "expanded_conv-input:112x112x16-output:56x56x24-expand:6-kernel:7-stride:2-idskip:0" in found
    assert "expanded_conv-input:7x7x192-output:7x7x192-expand:3-kernel:3-stride:1-idskip:1" in found


def test_a_candidate_drawn_alone_has_the_key_of_the_block_in_a_network() -> None:
    space = space_of("mobile", "proxyless_mini")
    block = Bottleneck(c_out=40, kernel=5, stride=2, expanded=144, squeezed=0, style=Style())
    key = key_of(drawn_piece(inverted_residual, (24, 32, 32), block, 0.2))
    assert key == "expanded_conv-input:32x32x24-output:16x16x40-expand:6-kernel:5-stride:2-idskip:0"
    assert key in pieces_of_space(space, (3, 32, 32), 10)


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        ({"squeezed": 8}, "-idskip:1-se:8:relu:sigmoid"),
        ({"style": Style("hswish")}, "-idskip:1-act:hswish"),
        ({"has_shortcut": False}, "-idskip:0"),
        ({"kernel": 7}, "-kernel:7-stride:1-idskip:1"),
    ],
)
def test_what_makes_a_block_slower_is_in_its_key(changes: dict[str, Any], ending: str) -> None:
    plain: dict[str, Any] = {"c_out": 16, "kernel": 3, "stride": 1, "expanded": 48, "squeezed": 0, "style": Style()}
    key = key_of(drawn_piece(inverted_residual, (16, 8, 8), Bottleneck(**{**plain, **changes})))
    assert key.startswith("expanded_conv-input:8x8x16-output:8x8x16-expand:3-")
    assert key.endswith(ending)


def test_what_computes_nothing_is_free() -> None:
    assert key_of(drawn_piece(relus, (4, 8, 8), 0)) == FREE
    assert key_of(drawn_piece(handed_on, (4, 8, 8))) == FREE
    assert key_of(drawn_piece(zeros, (4, 8, 8))) == FREE
    assert key_of(drawn_piece(relus, (4, 8, 8), 1)) == "input:8x8x4-relu-output:8x8x4"


def test_long_texts_end_with_what_tells_them_apart() -> None:
    long, longer = (key_of(drawn_piece(relus, (4, 8, 8), number)) for number in (200, 201))
    assert len(long) == len(longer) == LONGEST_KEY
    assert long != longer


def test_operations_of_cells_are_pieces_and_their_sums_too() -> None:
    space = space_of("nasbench201")
    cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"
    pieces = [p for p in pieces_of(space, space.validate(cell), (3, 32, 32), 10) if p.name.startswith("stage1.cell1")]
    assert {piece.name.rpartition(".")[2]: piece.key for piece in pieces if "edge" in piece.name} == {
        "edge01": "input:32x32x16-relu-conv_3x3-bn-output:32x32x16",
        "edge02": FREE,
        "edge12": FREE,
        "edge03": "input:32x32x16-avg_pool_3x3-output:32x32x16",
        "edge13": "input:32x32x16-relu-conv_1x1-bn-output:32x32x16",
        "edge23": FREE,
    }
    sums = [piece.key for piece in pieces if "edge" not in piece.name]
    assert sums == ["input:32x32x16+32x32x16-add@0,1-output:32x32x16"] * 3


@pytest.mark.parametrize("name", sorted(registry.spaces))
def test_every_network_is_the_sum_of_its_pieces(name: str) -> None:
    """Each layer is in one piece, each piece runs by itself, and the same key never stands for other work."""
    space = space_of(name)
    if not isinstance(space, Blueprinted):
        pytest.skip("no networks of layers")
    rng = np.random.Generator(np.random.PCG64(1))
    work: dict[str, tuple[int, int]] = {}
    for _ in range(4):
        genotype = space.sample(rng)
        whole = space.blueprint(genotype, (3, 32, 32), 10)
        pieces = pieces_of(space, genotype, (3, 32, 32), 10)
        assert sum(len(piece.blueprint.layers) for piece in pieces) == len(whole.main_layers)
        assert sum(piece.blueprint.count.macs for piece in pieces) == whole.count.macs
        for piece in pieces:
            count = piece.blueprint.count
            if piece.key == FREE:
                assert count.macs == 0
            else:
                assert work.setdefault(piece.key, (count.macs, count.activations)) == (count.macs, count.activations)
    last = [piece for piece in pieces if piece.key != FREE][-1].blueprint
    with torch.device("meta"):
        output = BlueprintNetwork(last).eval()(*[torch.empty(1, *shape) for shape in last.inputs])
    assert output.shape == (1, *last.shape_of(last.outputs[0]))


def test_a_space_of_too_many_pieces_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="more than 30 different pieces"):
        pieces_of_space(space_of("mobile", "proxyless_mini"), (3, 32, 32), 10, most=30)
