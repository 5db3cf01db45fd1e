"""Network morphisms: what grew computes what it computed before; what shrank still begins somewhere."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from nas.spaces.mobile import Mobile, MobileConfig
from nas.training.checkpoint import pack, prefixed
from nas.training.morph import morph

IMAGE = (1, 16, 16)
SPACE = Mobile(
    MobileConfig(
        stem_width=8,
        stages=("r1_s1_o8_e1_k3", "r2_s2_o16_se", "r2_s2_o24"),
        kernels=(3, 5),
        expansions=(2, 3, 6),
        head_width=32,
        width_multipliers=(1.0,),
    )
)
SMALL: dict[str, Any] = {
    "width": 1.0,
    "stages": [
        {"depth": 1, "blocks": ["mbconv_k3_e1"]},
        {"depth": 1, "blocks": ["mbconv_k3_e3", "mbconv_k3_e3"]},
        {"depth": 2, "blocks": ["mbconv_k5_e2", "mbconv_k3_e2"]},
    ],
}


def network_of(genotype: dict[str, Any]) -> nn.Module:
    torch.manual_seed(0)
    return SPACE.build(SPACE.validate(genotype), IMAGE, 10)


def trained() -> nn.Module:
    """With statistics, scales and shifts that are not those of a fresh network."""
    network = network_of(SMALL)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.dim() == 1 and tensor.dtype.is_floating_point:
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + (0.5 if "var" in name else 0.1))
    return network.eval()


def grown_from(parent: nn.Module, genotype: dict[str, Any]) -> tuple[nn.Module, float]:
    genotype = SPACE.validate(genotype)
    child = network_of(genotype)
    checkpoint = pack(prefixed("network", parent.state_dict()), {})
    share = morph(child, SPACE.blueprint(genotype, IMAGE, 10), checkpoint)
    return child.eval(), share


def changed(stage: int, **to: Any) -> dict[str, Any]:
    genotype = copy.deepcopy(SMALL)
    genotype["stages"][stage] |= to
    return genotype


@pytest.mark.parametrize(
    ("genotype", "least_share"),
    [
        (SMALL, 1.0),
        (changed(1, blocks=["mbconv_k5_e3", "mbconv_k3_e3"]), 1.0),  # larger kernel
        (changed(1, blocks=["mbconv_k3_e6", "mbconv_k3_e3"]), 1.0),  # wider, squeeze-and-excitation as well
        (
            changed(2, blocks=["mbconv_k5_e3", "mbconv_k3_e6"]),
            1.0,
        ),  # not a multiple: some channels are repeated, some not
        (changed(1, depth=2), 0.6),  # a new block
    ],
)
def test_what_grew_computes_what_it_computed_before(genotype: dict[str, Any], least_share: float) -> None:
    parent = trained()
    child, share = grown_from(parent, genotype)
    images = torch.rand(3, *IMAGE)
    torch.testing.assert_close(child(images), parent(images), rtol=1e-4, atol=1e-5)
    assert least_share <= share <= 1
    assert (share == 1) == (least_share == 1)


def test_what_shrank_begins_with_what_fits() -> None:
    child, share = grown_from(trained(), changed(2, blocks=["mbconv_k3_e2", "mbconv_k3_e2"]))
    assert share == 1
    assert torch.isfinite(child(torch.rand(2, *IMAGE))).all()


def test_nothing_in_common_leaves_the_network_as_it_was_drawn() -> None:
    child = network_of(SMALL)
    before = {name: tensor.clone() for name, tensor in child.state_dict().items()}
    stranger = pack(prefixed("network", nn.Linear(3, 4).state_dict()), {})
    assert morph(child, SPACE.blueprint(SPACE.validate(SMALL), IMAGE, 10), stranger) == 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in child.state_dict().items())
