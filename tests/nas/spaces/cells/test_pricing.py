"""The closed form of stacked cells equals what the written-out network costs, in every field."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.cost import blueprint_cost
from nas.core.errors import InvalidGenotype
from nas.hardware.cost_check import counted
from nas.spaces.cells.pricing import stack_pricing
from tests.nas.spaces.cells.spaces_of_cells import NAMES, SHAPES, configs, genotypes, make


@settings(max_examples=25)
@given(data=st.data(), shape=st.sampled_from(SHAPES), classes=st.integers(2, 12))
@pytest.mark.parametrize("name", NAMES)
def test_cost_equals_that_of_the_blueprint(
    name: str, data: st.DataObject, shape: tuple[int, ...], classes: int
) -> None:
    space = make(name, **data.draw(configs(name)))
    genotype = data.draw(genotypes(space))
    assert space.cost(genotype, shape, classes) == blueprint_cost(space.blueprint(genotype, shape, classes))


@settings(max_examples=4)
@given(data=st.data(), shape=st.sampled_from([(1, 8, 8), (3, 31, 33)]))
@pytest.mark.parametrize("name", NAMES)
def test_cost_equals_the_count_on_the_network(name: str, data: st.DataObject, shape: tuple[int, ...]) -> None:
    space = make(name, **data.draw(configs(name)))
    genotype = data.draw(genotypes(space))
    count = counted(lambda: space.build(genotype, shape, 7), shape)
    assert count.differences(space.cost(genotype, shape, 7)) == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_price_does_not_depend_on_what_was_priced_before(name: str) -> None:
    """Plans and tables are remembered by what the cells have in common; others' must not leak in."""

    space, rng = make(name), np.random.default_rng(4)
    drawn = [space.sample(rng) for _ in range(30)]
    forth = [space.cost(genotype, (3, 32, 32), 10) for genotype in drawn]
    stack_pricing.cache_clear()
    back = [space.cost(genotype, (3, 32, 32), 10) for genotype in reversed(drawn)]
    assert back[::-1] == forth
    assert len(set(forth)) > 20


def only_reading(space_blocks: int, state: int) -> dict[str, Any]:
    block = {"inputs": [state, state], "operations": ["sep_conv_3x3", "identity"]}
    return {"blocks": [block for _ in range(space_blocks)]}


def test_what_nothing_depends_on_is_not_built() -> None:
    """Cells that read the older input alone make two chains; the output hangs on one of them."""
    space = make("nasnet", combines=["add"], repeats=2)
    genotype = {"normal": only_reading(5, 1), "reduction": only_reading(5, 1)}
    blueprint = space.blueprint(genotype, (3, 32, 32), 10)
    written = {group.path for group in blueprint.groups}
    assert ("stage3", "cell2") in written
    assert ("stage3", "cell1") not in written
    assert ("reduction2",) in written
    assert not [path for path in written if path[-1] == "newer"]
    assert space.cost(genotype, (3, 32, 32), 10) == blueprint_cost(blueprint)
    network = counted(lambda: space.build(genotype, (3, 32, 32), 10), (3, 32, 32))
    assert network.differences(space.cost(genotype, (3, 32, 32), 10)) == {}
    whole = {"normal": only_reading(5, 0), "reduction": only_reading(5, 0)}
    assert space.cost(whole, (3, 32, 32), 10).params > 1.5 * space.cost(genotype, (3, 32, 32), 10).params


@pytest.mark.parametrize("ask", ["cost", "blueprint", "graph"])
@pytest.mark.parametrize("name", ["nasnet", "amoebanet", "pnas"])
def test_an_image_too_small_for_the_large_stem_is_refused_in_words(name: str, ask: str) -> None:

    space = make(name, stem="large")
    genotype = space.sample(np.random.default_rng(0))
    getattr(space, ask)(genotype, (1, 3, 3), 10)
    with pytest.raises(InvalidGenotype, match=r"images of 3×3 or more, not 2×9"):
        getattr(space, ask)(genotype, (1, 2, 9), 10)


@pytest.mark.parametrize("ask", ["cost", "blueprint"])
@pytest.mark.parametrize("name", NAMES)
def test_an_auxiliary_head_needs_a_map_it_can_look_at(name: str, ask: str) -> None:

    space = make(name, auxiliary_head=True)
    genotype = space.sample(np.random.default_rng(0))
    getattr(space, ask)(genotype, (3, 32, 32), 10)
    with pytest.raises(InvalidGenotype, match=r"auxiliary head needs a map of 5×5 or more and finds [24]×[24]"):
        getattr(space, ask)(genotype, (1, 8, 8), 10)


@pytest.mark.parametrize("name", NAMES)
def test_what_acts_in_training_only_costs_nothing(name: str) -> None:

    plain, rich = make(name), make(name, auxiliary_head=True, drop_path=0.3, dropout=0.5)
    genotype = plain.sample(np.random.default_rng(3))
    assert rich.cost(genotype, (3, 32, 32), 10) == plain.cost(genotype, (3, 32, 32), 10)
    blueprint = rich.blueprint(genotype, (3, 32, 32), 10)
    assert blueprint_cost(blueprint) == rich.cost(genotype, (3, 32, 32), 10)
    assert blueprint.auxiliary is not None
    assert plain.blueprint(genotype, (3, 32, 32), 10).auxiliary is None


@pytest.mark.parametrize("shape", [(8, 8), (3, 0, 8), (64,)])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_image_is_refused(name: str, shape: tuple[int, ...]) -> None:

    space = make(name)
    with pytest.raises(InvalidGenotype, match="reads images"):
        space.cost(space.sample(np.random.default_rng(0)), shape, 10)


@pytest.mark.parametrize("name", NAMES)
def test_the_auxiliary_head_answers_in_training(name: str) -> None:
    import torch

    from nas.modules.blueprint_network import BlueprintNetwork

    space = make(name, auxiliary_head=True, blocks=1)
    network = space.build(space.sample(np.random.default_rng(3)), (3, 32, 32), 7)
    assert isinstance(network, BlueprintNetwork)
    logits, beside = network.forward_with_auxiliary(torch.zeros(2, 3, 32, 32))
    assert logits.shape == beside.shape == (2, 7)
