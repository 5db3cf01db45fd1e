"""Elastic networks: their parts are stand-alone networks, small kernels begin as middles, sorting changes nothing it should not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from nas.core.errors import InvalidConfig
from nas.spaces.mobile import Mobile
from nas.spaces.mobile_config import MobileConfig
from nas.supernets.elastic_network import ElasticNetwork
from nas.supernets.elastic_parts import Parts, opened
from nas.supernets.elastic_sorting import sort_channels
from tests.nas.supernets.elastic import SQUEEZING, elastic, parts_of, shaken


@pytest.fixture
def parts() -> Parts:
    return parts_of(SQUEEZING)


@pytest.fixture
def network(parts: Parts) -> ElasticNetwork:
    torch.manual_seed(0)
    network = elastic(parts)
    shaken(network)
    return network


IMAGES = torch.rand(3, 3, 12, 12, generator=torch.Generator().manual_seed(1))


def numbers_of(parts: Parts) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(0)
    return [tuple(int(rng.integers(len(dial.options))) for dial in parts.dials) for _ in range(12)]


def test_the_published_network_has_as_many_weights() -> None:
    parts = parts_of(MobileConfig.presets["ofa"], (3, 224, 224), 1000)
    network = elastic(parts)
    matrices = [parameter.numel() for name, parameter in network.named_parameters() if name[-4:] in ("7to5", "5to3")]
    assert (sum(matrices), len(matrices)) == (20 * (25**2 + 9**2), 40)
    assert sum(parameter.numel() for parameter in network.parameters()) == 7_678_880


@pytest.mark.parametrize(
    ("kernel", "expansion", "depth", "resolution", "params", "macs"),
    [
        (7, 6, 4, 224, 7_664_760, 566_170_656),
        (5, 4, 3, 224, 4_551_792, 250_746_944),
        (3, 3, 2, 224, 3_410_792, 121_278_672),
        (3, 3, 2, 128, 3_410_792, 41_476_224),
    ],
)
def test_the_published_parts_cost_what_they_cost(
    kernel: int, expansion: int, depth: int, resolution: int, params: int, macs: int
) -> None:
    parts = parts_of(MobileConfig.presets["ofa"], (3, 224, 224), 1000)
    wanted = {"kernel": kernel, "width": expansion, "depth": depth, "resolution": resolution}
    setting = [dial.options.index(wanted[dial.aspect]) if len(dial.options) > 1 else 0 for dial in parts.dials]
    count = parts.blueprint(setting).count
    assert (count.params, count.macs - count.bias_adds) == (params, macs)  # published without the additions of biases


def test_a_setting_of_the_dials_is_an_architecture_and_back(parts: Parts) -> None:
    for setting in numbers_of(parts):
        genotype = parts.space.dialled(setting)
        assert parts.space.setting_of(genotype) == setting
        space = parts.space
        assert isinstance(space, Mobile)
        assert space.validate(genotype) == genotype


def test_a_part_is_the_stand_alone_network_with_its_weights(parts: Parts, network: ElasticNetwork) -> None:
    space = parts.space
    assert isinstance(space, Mobile)
    outputs = []
    for setting in [parts.extreme(0.0), *numbers_of(parts), parts.extreme(1.0)]:
        blueprint = parts.blueprint(setting)
        alone = space.build(space.dialled(setting), (3, 12, 12), 10)
        alone.load_state_dict(network.extracted(blueprint))
        with torch.no_grad():
            outputs.append(network(IMAGES, network.part(blueprint)))
            assert torch.equal(outputs[-1], alone.eval()(IMAGES))
    assert len({output.sum().item() for output in outputs}) > 10


def test_matrices_begin_as_identities_so_small_kernels_are_middles(parts: Parts) -> None:
    torch.manual_seed(0)
    network = elastic(parts)
    path = "stage2.block1.depthwise_conv"
    whole = network.get_submodule(path).get_parameter("weight")
    for option, side in enumerate((3, 5, 7)):
        setting = [
            option if dial.name == "stage2.block1.kernel" else at
            for dial, at in zip(parts.dials, parts.extreme(1.0), strict=True)
        ]
        margin = (7 - side) // 2
        middle = whole[:, :, margin : 7 - margin, margin : 7 - margin]
        assert torch.equal(network.extracted(parts.blueprint(setting))[f"{path}.weight"], middle)


def test_a_kernel_of_three_goes_through_both_matrices(parts: Parts, network: ElasticNetwork) -> None:
    module = network.get_submodule("stage2.block1.depthwise_conv")
    setting = [
        0 if dial.name == "stage2.block1.kernel" else at
        for dial, at in zip(parts.dials, parts.extreme(1.0), strict=True)
    ]
    made = network.extracted(parts.blueprint(setting))["stage2.block1.depthwise_conv.weight"]
    whole = module.get_parameter("weight")[:, 0].detach()
    five = (whole[:, 1:6, 1:6].reshape(-1, 25) @ module.get_parameter("7to5").T).reshape(-1, 5, 5)
    three = (five[:, 1:4, 1:4].reshape(-1, 9) @ module.get_parameter("5to3").T).reshape(-1, 1, 3, 3)
    assert torch.allclose(made, three.detach(), atol=1e-6)


def test_sorting_keeps_the_full_network_and_puts_what_matters_first(parts: Parts, network: ElasticNetwork) -> None:
    full = network.part(parts.blueprint(parts.extreme(1.0)))
    narrow = [0 if dial.aspect == "width" else at for dial, at in zip(parts.dials, parts.extreme(1.0), strict=True)]
    with torch.no_grad():
        before, narrow_before = full(IMAGES), network.part(parts.blueprint(narrow))(IMAGES)
        sort_channels(network, parts.inner_widths(opened(parts.dials, {})))
        assert torch.allclose(full(IMAGES), before, rtol=1e-4, atol=1e-5)
        assert not torch.allclose(network.part(parts.blueprint(narrow))(IMAGES), narrow_before)
    for stage in (2, 3):
        weight = network.get_submodule(f"stage{stage}.block2.project_conv").get_parameter("weight")
        importance = weight.detach().abs().sum(dim=(0, 2, 3))
        assert torch.equal(importance, importance.sort(descending=True).values)


def test_a_later_sorting_keeps_the_widths_that_were_trained(parts: Parts, network: ElasticNetwork) -> None:
    trained = opened(parts.dials, {"width": 1})
    widths = parts.inner_widths(trained)
    assert widths[("stage3", "block2")] == (48, 64, 72, 96)  # 16 or 24 channels, three or four times
    kept = [tuple(options[which] for options in trained) for which in (0, -1)]
    never = [0 if dial.aspect == "width" and dial.group else at for dial, at in zip(parts.dials, kept[1], strict=True)]
    first, last, other = (network.part(parts.blueprint(setting)) for setting in (*kept, never))
    with torch.no_grad():
        before = first(IMAGES), last(IMAGES), other(IMAGES)
        sort_channels(network, widths)
        assert torch.allclose(first(IMAGES), before[0], rtol=1e-4, atol=1e-5)
        assert torch.allclose(last(IMAGES), before[1], rtol=1e-4, atol=1e-5)
        assert not torch.allclose(other(IMAGES), before[2], rtol=1e-2)  # channels did move


def test_in_training_only_statistics_of_used_channels_move(parts: Parts, network: ElasticNetwork) -> None:
    norm = network.get_submodule("stage3.block1.expand_bn")
    assert isinstance(norm, _BatchNorm)
    assert norm.running_mean is not None
    before = norm.running_mean.clone()
    network.train()
    network(IMAGES, network.part(parts.blueprint(parts.extreme(0.0))))
    narrow = parts.blueprint(parts.extreme(0.0))
    used = next(layer.shape[0] for layer in narrow.layers if layer.path == ("stage3", "block1", "expand_bn"))
    assert 0 < used < len(before)
    assert (norm.running_mean[:used] != before[:used]).all()
    assert torch.equal(norm.running_mean[used:], before[used:])


def test_phases_open_the_larger_half_first(parts: Parts) -> None:
    def kept(**steps: int) -> dict[str, tuple[int, ...]]:
        options = opened(parts.dials, steps)  # type: ignore[arg-type]
        return {dial.name: allowed for dial, allowed in zip(parts.dials, options, strict=True)}

    assert kept()["resolution"] == (0, 1)  # open from the beginning
    assert kept()["stage2.block1.width"] == (2,)
    assert kept(width=1)["stage2.block1.width"] == (1, 2)
    assert kept(width=2)["stage2.block1.width"] == (0, 1, 2)
    assert kept(depth=1)["stage2.depth"] == (0, 1)
    assert kept(kernel=2)["stage1.block1.kernel"] == (0,)


def test_blocks_that_are_left_out_one_by_one_are_not_elastic() -> None:
    parts = parts_of({**SQUEEZING, "depth_search": "zero_operation"})
    with pytest.raises(InvalidConfig, match="stage_depth"):
        _ = parts.dials
