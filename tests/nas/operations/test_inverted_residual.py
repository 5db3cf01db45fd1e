"""Inverted residual blocks and the layers of MnasNet: their formulas against what is written out, and what they compute."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from nas.blueprint.cost import blueprint_cost
from nas.blueprint.piece import Operation, drawn_piece, piece
from nas.core.graph import Shape
from nas.hardware.cost_check import counted
from nas.modules.blueprint_network import BlueprintNetwork
from nas.modules.fit_channels import FitChannels
from nas.modules.resize import Resize
from nas.operations.inverted_residual import (
    Bottleneck,
    Style,
    inverted_residual,
    inverted_residual_price,
    resize,
    rounded_width,
)
from nas.operations.mnasnet_layer import Layer, mnasnet_layer, mnasnet_layer_price
from nas.operations.price import Price

SHAPES = [(8, 8, 8), (8, 7, 5), (16, 1, 1), (3, 33, 32)]
BLOCKS = [
    Bottleneck(c_out, kernel, stride, expanded, squeezed, Style(), has_shortcut)
    for c_out, kernel, stride, expanded, squeezed, has_shortcut in product(
        (8, 24), (3, 7), (1, 2), (8, 48), (0, 2, 64), (True, False)
    )
]
LAYERS = [
    Layer(operation, kernel, stride, c_out, ratio, skip)
    for operation, kernel, stride, c_out, ratio, skip in product(
        ("conv", "sep_conv", "mbconv3", "mbconv6"),
        (3, 5),
        (1, 2),
        (8, 24),
        (0.0, 0.25),
        ("pool", "identity", "none"),
    )
]


def by_hand(operation: Operation, shape: Shape, settings: object) -> Price:
    price = piece(operation, shape, settings)
    return Price(price.params, price.macs, price.bias_adds, price.activations, price.buffers, price.peak)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_formula_of_a_block_is_the_sum_over_its_layers(shape: Shape) -> None:
    for block in BLOCKS:
        assert inverted_residual_price(shape, block) == by_hand(inverted_residual, shape, block), block


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_formula_of_a_mnasnet_layer_is_the_sum_over_its_layers(shape: Shape) -> None:
    for layer in LAYERS:
        assert mnasnet_layer_price(shape, layer) == by_hand(mnasnet_layer, shape, layer), layer


@pytest.mark.parametrize("settings", [*BLOCKS[::17], *LAYERS[::23]], ids=str)
def test_cost_equals_the_count(settings: Bottleneck | Layer) -> None:
    operation = inverted_residual if isinstance(settings, Bottleneck) else mnasnet_layer
    for shape in SHAPES[:2]:
        blueprint = drawn_piece(operation, shape, settings)
        assert counted(lambda b=blueprint: BlueprintNetwork(b), shape).differences(blueprint_cost(blueprint)) == {}


@pytest.mark.parametrize(
    ("block", "adds"),
    [
        (Bottleneck(8, 3, 1, 48, 0, Style()), True),
        (Bottleneck(8, 3, 2, 48, 0, Style()), False),
        (Bottleneck(16, 3, 1, 48, 0, Style()), False),
        (Bottleneck(8, 3, 1, 48, 0, Style(), has_shortcut=False), False),
    ],
    ids=["same shape", "stride", "other width", "not wanted"],
)
def test_the_input_is_added_where_shapes_allow_and_it_is_wanted(block: Bottleneck, adds: bool) -> None:
    layers = drawn_piece(inverted_residual, (8, 6, 6), block).layers
    assert [layer.primitive.name for layer in layers].count("add") == int(adds)


def test_a_block_without_expansion_begins_with_its_depthwise_convolution() -> None:
    paths = [
        layer.path[-1]
        for layer in drawn_piece(inverted_residual, (8, 6, 6), Bottleneck(16, 5, 2, 8, 0, Style())).layers
    ]
    assert paths == ["depthwise_conv", "depthwise_bn", "depthwise_relu6", "project_conv", "project_bn"]


def test_no_function_follows_the_projection() -> None:
    layers = drawn_piece(inverted_residual, (8, 6, 6), Bottleneck(8, 3, 1, 48, 4, Style("swish"))).layers
    assert [layer.path[-1] for layer in layers[-3:]] == ["project_conv", "project_bn", "add"]


def test_a_dropped_path_leaves_the_input_and_only_in_training() -> None:
    torch.manual_seed(0)
    network = BlueprintNetwork(drawn_piece(inverted_residual, (4, 3, 3), Bottleneck(4, 3, 1, 8, 0, Style()), 0.999999))
    x = torch.randn(16, 4, 3, 3)
    assert network.train()(x).equal(x)
    assert not network.eval()(x).equal(x)


def test_a_pooled_skip_adds_the_mean_of_the_window_cut_or_filled_up() -> None:
    x = torch.ones(2, 4, 4, 4)
    for c_out, stride in product((2, 6), (1, 2)):
        network = BlueprintNetwork(
            drawn_piece(mnasnet_layer, (4, 4, 4), Layer("mbconv3", 3, stride, c_out, 0.0, "pool"))
        ).eval()
        torch.nn.init.zeros_(network.get_submodule("project_bn").weight)
        expected = torch.zeros(2, c_out, 4 // stride, 4 // stride)
        expected[:, :4] = 1
        assert network(x).equal(expected)


def test_channels_are_cut_off_or_filled_up_with_zeros() -> None:
    x = torch.arange(3.0).reshape(1, 3, 1, 1)
    assert FitChannels(2)(x).flatten().tolist() == [0, 1]
    assert FitChannels(5)(x).flatten().tolist() == [0, 1, 2, 0, 0]


def test_an_image_is_resized_to_a_square_and_every_pixel_counts() -> None:
    assert piece(resize, (3, 20, 30), 12).shape == (3, 12, 12)
    spot = torch.zeros(1, 1, 16, 16)
    spot[..., 7, 7] = 64  # between the places that are looked at without smoothing
    smaller = Resize(4, 4)(spot)
    assert smaller.shape == (1, 1, 4, 4)
    assert smaller.mean().item() == pytest.approx(spot.mean().item(), rel=0.1)
    assert Resize(9, 9)(torch.ones(1, 1, 4, 5)).allclose(torch.ones(1, 1, 9, 9))


@pytest.mark.parametrize(
    ("channels", "rounded"),
    [
        (0.5, 8),
        (8, 8),
        (11.9, 16),
        (12, 16),
        (10, 16),
        (19.2, 24),
        (20, 24),
        (35.2, 32),
        (115.2, 112),
        (192, 192),
        (400, 400),
    ],
)
def test_widths_are_rounded_as_in_the_reference_codes(channels: float, rounded: int) -> None:
    assert rounded_width(channels) == rounded
