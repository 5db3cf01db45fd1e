"""The networks of ENAS's searches: paths and genotypes, counts, a path computed as its stand-alone network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.spaces.enas_macro import EnasMacro, EnasMacroConfig
from nas.spaces.enas_micro import EnasMicro, EnasMicroConfig
from nas.supernets.network import Candidates, SinglePath, Supernet
from tests.support.supernets import copy_path

IMAGE = (1, 8, 8)
MACRO = EnasMacro(EnasMacroConfig(layers=4, filters=4))
MICRO = EnasMicro(EnasMicroConfig(blocks=2, filters=4, layers=3))


@pytest.mark.parametrize("space", [MACRO, MICRO], ids=["macro", "micro"])
def test_paths_and_genotypes_are_each_others_inverse(space: EnasMacro | EnasMicro) -> None:
    rng = np.random.default_rng(0)
    sizes = [len(row.options) for row in space.rows()]
    for _ in range(20):
        genotype = space.sample(rng)
        path = space.path_of(genotype)
        assert len(path) == len(sizes)
        assert all(0 <= option < size for option, size in zip(path, sizes, strict=True))
        assert space.validate(space.genotype_of(path)) == genotype
        certain = [
            [float(option == chosen) for option in range(size)] for chosen, size in zip(path, sizes, strict=True)
        ]
        assert space.derived(certain) == genotype


def test_the_macro_supernet_has_the_published_number_of_weights() -> None:
    space = EnasMacro(EnasMacroConfig(layers=14, filters=36))
    assert space.supernet((3, 32, 32), 10).count.params == 810_756 == space.supernet_params((3, 32, 32), 10)


def test_a_macro_path_is_its_stand_alone_network() -> None:
    rng = np.random.default_rng(1)
    torch.manual_seed(0)
    supernet = Supernet(MACRO.supernet(IMAGE, 10)).eval()
    images = torch.rand(3, *IMAGE)
    for _ in range(3):
        genotype = MACRO.sample(rng)
        network = MACRO.build(genotype, IMAGE, 10).eval()
        path = MACRO.path_of(genotype)
        copy_path(supernet, path, network)
        assert torch.equal(supernet(images, SinglePath(path)), network(images))


def test_a_micro_cell_joins_what_nobody_reads() -> None:
    torch.manual_seed(0)
    supernet = Supernet(MICRO.supernet(IMAGE, 10)).eval()
    images = torch.rand(3, *IMAGE)
    genotype = MICRO.sample(np.random.default_rng(2))
    path = MICRO.path_of(genotype)
    supernet(images, SinglePath(path)).sum().backward()
    moved = {name for name, weight in supernet.named_parameters() if weight.grad is not None}
    states = [f"output.state{state}.choice.options.1" for state in range(4)]
    joined = [any(f"stage1_cell1.{state}" in name for name in moved) for state in states]
    read = {state for block in genotype["normal"]["blocks"] for state in block["inputs"]}
    assert joined == [state not in read for state in range(4)]
    with pytest.raises(InvalidGenotype, match="none of its blocks reads"):
        MICRO.genotype_of([*path[:-1], 1 - path[-1]])


def test_a_micro_operation_has_weights_of_its_own_for_each_state_it_may_read() -> None:
    """Two sides of each block, the two separable convolutions, block b with b + 1 states; nothing else in a block has weights."""
    supernet = Supernet(MICRO.supernet(IMAGE, 10))
    operations = list(MICRO.config.operations)
    for block in (1, 2):
        for side in ("first", "second"):
            place = supernet.get_submodule(f"stage1_cell1.block{block}.{side}.choice")
            assert isinstance(place, Candidates)
            weighted = [number for number, option in enumerate(place.options) if any(True for _ in option.parameters())]
            assert weighted == [
                state * len(operations) + operations.index(name)
                for state in range(block + 1)
                for name in operations
                if name in {"sep_conv_3x3", "sep_conv_5x5"}
            ]
            assert place.reads == tuple(state for state in range(block + 1) for _ in operations)


def test_the_final_network_of_macro_has_no_supernet() -> None:
    with pytest.raises(InvalidConfig, match="set Network to search"):
        EnasMacro(EnasMacroConfig(network="final")).rows()
