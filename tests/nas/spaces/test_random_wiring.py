"""Randomly wired networks: the published means, the closed form, what the network computes, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.cost import blueprint_cost
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.hardware.cost_check import counted
from nas.spaces.random_wiring import RandomWiring, RandomWiringConfig
from nas.spaces.wiring_graphs import connected, erdos_renyi

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "random_wiring.json").read_text())
DIAMOND = [[], [0], [0], [1, 2]]
TWO_ENDS = [[], [], [0, 1], [1, 2], [2]]


def make(**config: Any) -> RandomWiring:
    return RandomWiring(RandomWiringConfig.parse(config))


def one_stage(wiring: list[list[int]], **config: Any) -> tuple[RandomWiring, dict[str, Any]]:
    space = make(**{"stages": 1, "nodes": len(wiring), "ws_k": 2, **config})
    return space, space.validate({"stages": [wiring]})


@pytest.mark.parametrize("regime", GOLDEN["regimes"])
def test_means_lie_within_a_standard_deviation_of_the_published_ones(regime: str) -> None:
    space = make(**RandomWiringConfig.presets[regime])
    rng = np.random.default_rng(0)
    costs = [space.cost(space.sample(rng), tuple(GOLDEN["input_shape"]), GOLDEN["num_classes"]) for _ in range(60)]
    params, params_sd = GOLDEN["regimes"][regime]["params_m"]
    macs, macs_sd = GOLDEN["regimes"][regime]["macs_m"]
    assert abs(mean(cost.params for cost in costs) / 1e6 - params) < params_sd
    assert abs(mean(cost.macs - cost.bias_adds for cost in costs) / 1e6 - macs) < macs_sd


def test_costs_follow_the_formula_of_the_stages() -> None:
    space = make(**RandomWiringConfig.presets["imagenet_small"])
    genotype = space.sample(np.random.default_rng(1))
    # 3×3 from 3 to 39 and from 39 to 78, each with batch norm; head 312 → 1280 → 1000
    params = 27 * 39 + 2 * 39 + 9 * 39 * 78 + 2 * 78 + 312 * 1280 + 2 * 1280 + 1280 * 1000 + 1000
    macs = 27 * 39 * 112**2 + 9 * 39 * 78 * 56**2 + 312 * 1280 * 7**2 + 1280 * 1000 + 1000
    c_in = 78
    for wiring, c, r in zip(genotype["stages"], (78, 156, 312), (28, 14, 7), strict=True):
        k = sum(not sources for sources in wiring)
        others = len(wiring) - k
        params += others * (9 * c + c * c + 2 * c) + k * (9 * c_in + c_in * c + 2 * c)
        params += sum(len(sources) for sources in wiring if len(sources) > 1)
        macs += r * r * (others * (9 * c + c * c) + k * (9 * c_in + c_in * c))
        c_in = c
    cost = space.cost(genotype, (3, 224, 224), 1000)
    assert (cost.params, cost.macs) == (params, macs)


@st.composite
def wirings(draw: st.DrawFn, num_nodes: int) -> list[list[int]]:
    """Any connected graph: dense, sparse, with many beginnings and ends."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.35, 0.5, 0.8, 1.0]))
    return connected(lambda: erdos_renyi(num_nodes, share, rng), "")


@settings(max_examples=120)
@given(
    stages=st.tuples(wirings(9), wirings(9)),
    shape=st.one_of(
        st.tuples(st.integers(1, 4), st.integers(1, 33), st.integers(1, 33)), st.tuples(st.integers(1, 70))
    ),
    config=st.fixed_dictionaries(
        {
            "channels": st.integers(4, 9),
            "head_width": st.sampled_from([0, 5, 40]),
            "node_operation": st.sampled_from(["sep_conv_3x3", "conv_3x3", "max_pool_3x3", "avg_pool_3x3"]),
            "stem": st.sampled_from(["plain", "stride2", "stride2_twice"]),
            "dropout": st.sampled_from([0.0, 0.2]),
        }
    ),
)
def test_the_closed_form_is_the_sum_over_the_layers(
    stages: tuple[list[list[int]], ...], shape: tuple[int, ...], config: dict[str, Any]
) -> None:
    space = make(nodes=9, **config)
    genotype = space.validate({"stages": list(stages)})
    assert space.cost(genotype, shape, 10) == blueprint_cost(space.blueprint(genotype, shape, 10))


@pytest.mark.parametrize("operation", ["sep_conv_3x3", "conv_3x3", "max_pool_3x3", "avg_pool_3x3"])
@pytest.mark.parametrize("shape", [(13,), (2, 9, 7)], ids=str)
def test_cost_equals_the_count_on_vectors_and_with_every_node_operation(operation: str, shape: tuple[int, ...]) -> None:
    space = make(node_operation=operation, generator="er", er_p=0.4)
    genotype = space.sample(np.random.default_rng(2))
    count = counted(lambda: space.build(genotype, shape, 5), shape)
    assert count.differences(space.cost(genotype, shape, 5)) == {}


def test_a_network_computes_what_the_paper_says() -> None:
    import torch
    from torch.nn import functional

    space, genotype = one_stage(TWO_ENDS, channels=4, head_width=0)
    network = space.build(genotype, (1, 6, 6), 3).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
        image = torch.randn(2, 1, 6, 6, generator=generator)
        values: list[torch.Tensor] = []
        stem = network.get_submodule("stem")
        x = stem.bn(stem.conv(image))
        for node, sources in enumerate(TWO_ENDS):
            parts = network.get_submodule(f"stage1.node{node}")
            if not sources:
                total = x
            elif len(sources) == 1:
                total = values[sources[0]]
            else:
                total = sum(
                    torch.sigmoid(a) * values[source]
                    for a, source in zip(parts.weighted_sum.logits, sources, strict=True)
                )
            stride = 1 if sources else 2
            deep = functional.conv2d(
                functional.relu(total), parts.conv.weight, stride=stride, padding=1, groups=total.shape[1]
            )
            values.append(parts.bn(functional.conv2d(deep, parts.conv2.weight)))
        mean_of_ends = (values[3] + values[4]) / 2
        head = network.get_submodule("head")
        expected = head.linear(functional.relu(mean_of_ends).mean(dim=(2, 3)))
        torch.testing.assert_close(network(image), expected)


def test_weights_of_sums_begin_at_one_half_and_are_trained() -> None:
    import torch

    from nas.modules.weighted_sum import WeightedSum

    module = WeightedSum(3)
    tensors = [torch.full((1, 2), value) for value in (1.0, 2.0, 5.0)]
    result = module(*tensors)
    torch.testing.assert_close(result, torch.full((1, 2), 4.0))
    result.sum().backward()
    torch.testing.assert_close(module.logits.grad, 0.25 * 2 * torch.tensor([1.0, 2.0, 5.0]))


def test_a_table_s_rows_can_be_classified() -> None:
    import torch

    space = make()
    network = space.build(space.sample(np.random.default_rng(3)), (13,), 4)
    logits = network(torch.randn(6, 13, generator=torch.Generator().manual_seed(1)))
    assert logits.shape == (6, 4)
    assert torch.isfinite(logits).all()


def test_peak_memory_depends_on_how_long_tensors_are_needed() -> None:
    chain, long_way = [[], [0], [1], [2], [3], [4]], [[], [0], [1], [2], [3], [0, 4]]
    space, first = one_stage(chain, channels=16, head_width=0)
    _, second = one_stage(long_way)
    from_stem, halved, tensor = 8 * 64 * 64, 8 * 32 * 32, 16 * 32 * 32
    # a chain needs most where the depthwise convolution of its first node reads the stem's result; on the long way node
    # 0's tensor lies beside those of node 4 and of its depthwise convolution
    assert space.cost(first, (1, 64, 64), 10).peak_memory_bytes == 4 * (from_stem + halved)
    assert space.cost(second, (1, 64, 64), 10).peak_memory_bytes == 4 * 3 * tensor
    assert 3 * tensor > from_stem + halved


def test_equal_graphs_are_the_same_network_whoever_drew_them() -> None:
    ring = make(ws_p=0.0).sample(np.random.default_rng(0))
    preset = next(p.genotype for p in make().presets() if p.name == "ring_4")
    assert make().canonical(ring) == make().canonical(preset)
    assert make().canonical(ring) != make().canonical(make().mutate(ring, np.random.default_rng(0)).genotype)


def test_changes_move_one_edge_or_draw_a_stage_anew() -> None:
    space = make()
    rng = np.random.default_rng(7)
    genotype = space.sample(rng)
    kinds = []
    for _ in range(200):
        mutation = space.mutate(genotype, rng)
        kinds.append(mutation.kind)
        touched = [a != b for a, b in zip(genotype["stages"], mutation.genotype["stages"], strict=True)]
        assert sum(touched) == 1
        if mutation.kind == "rewire":
            before, after = (
                {(i, s, n) for i, stage in enumerate(g["stages"]) for n, sources in enumerate(stage) for s in sources}
                for g in (genotype, mutation.genotype)
            )
            assert len(before - after) == len(after - before) == 1
    assert 0.15 < kinds.count("redraw") / 200 < 0.35


def test_a_complete_graph_loses_an_edge() -> None:
    space, genotype = one_stage([[], [0], [0, 1], [0, 1, 2]], generator="er", er_p=1.0)
    mutation = space.mutate(genotype, np.random.default_rng(0))
    assert mutation.kind == "rewire"
    assert sum(map(len, mutation.genotype["stages"][0])) == 5


def test_neighbours_are_all_connected_graphs_with_an_edge_more_or_less() -> None:
    space, genotype = one_stage(DIAMOND)
    around = [tuple(map(tuple, g["stages"][0])) for g in space.neighbours(genotype)]
    assert len(set(around)) == len(around) == 6  # any of 4 edges may go, 2 may come
    assert sorted(sum(map(len, wiring)) for wiring in around) == [3, 3, 3, 3, 5, 5]


def test_the_size_counts_connected_graphs_of_each_stage() -> None:
    assert make(stages=1, nodes=4, ws_k=2).size().upper == 38
    assert make(stages=3, nodes=5, first_stage_nodes=4, ws_k=2).size().upper == 38 * 728**2


@pytest.mark.parametrize(
    ("stage", "field", "said"),
    [
        ([[], [0], [0], [2]], "", ""),
        ([[], [0], [0]], "stages.0", "expected 4 nodes, got 3"),
        ([[], [], [0], [0]], "stages.0", "falls apart: 3 of its 4 nodes"),
        ([[], [0], [2], [0]], "stages.0.2", "may read the nodes 0 to 1, each once; got 2"),
        ([[], [0], [1, 1], [0]], "stages.0.2", "one of them twice"),
        ([[], [True], [1], [0]], "stages.0.1", "may read node 0"),
        ([[], [10**50], [1], [0]], "stages.0.1", "node 1 may read node 0"),
        ([[0], [0], [1], [0]], "stages.0.0", "expected 0 earlier nodes"),
        ([[], {}, [1], [0]], "stages.0.1", "expected a list"),
        ([[], [0], [[0]], [0]], "stages.0.2", "a list of 1"),
        ("x" * 100, "stages.0", "expected a list of nodes"),
    ],
)
def test_errors_stand_at_their_field(stage: Any, field: str, said: str) -> None:
    space = make(stages=1, nodes=4, ws_k=2)
    if not said:
        assert space.validate({"stages": [stage]}) == {"stages": [stage]}
        return
    with pytest.raises(InvalidGenotype) as refusal:
        space.validate({"stages": [stage]})
    assert [error.field for error in refusal.value.errors] == [field]
    assert said in refusal.value.errors[0].message


def test_sources_may_be_given_in_any_order() -> None:
    space = make(stages=1, nodes=4, ws_k=2)
    assert space.validate({"stages": [[[], [0], [1, 0], [2]]]}) == {"stages": [[[], [0], [0, 1], [2]]]}


def test_an_input_that_is_neither_image_nor_vector_is_refused_alike() -> None:
    space = make()
    genotype = space.sample(np.random.default_rng(0))
    for call in (space.cost, space.blueprint, space.graph):
        with pytest.raises(InvalidGenotype, match=r"images .* or vectors"):
            call(genotype, (3, 4), 10)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"ws_k": 3}, "even"),
        ({"ws_k": 8}, "K = 8"),
        ({"generator": "ba", "ba_m": 8}, "M = 8"),
        ({"first_stage_nodes": 3}, "at least 4 nodes"),
        ({"nodes": 32, "first_stage_nodes": 4}, "a stage has 4"),
        ({"nodes": 10**9}, "at most 64"),
    ],
)
def test_settings_that_hold_no_graph_are_refused(config: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidConfig, match=said):
        RandomWiringConfig.parse(config)


def test_a_generator_that_never_connects_says_so() -> None:
    with pytest.raises(ConstraintLeavesNothing, match=r"ER\(0.001\) of 64 nodes"):
        make(generator="er", er_p=0.001, nodes=64).sample(np.random.default_rng(0))


def test_mixed_draws_all_three_families() -> None:
    space = make(generator="mixed", nodes=16, stages=1)
    rng = np.random.default_rng(8)
    drawn = [space.sample(rng)["stages"][0] for _ in range(120)]
    sizes = {sum(map(len, wiring)) for wiring in drawn}
    assert {16, 32, 48, 64} <= sizes  # WS(K): 16 · K / 2
    assert {3 * 13, 5 * 11, 7 * 9} <= sizes  # BA(M): M · (16 - M)
    assert max(sizes) > 80  # ER(0.8): 96 on average


@pytest.mark.parametrize("name", RandomWiringConfig.presets)
def test_well_known_settings_draw_networks_that_can_be_pictured(name: str) -> None:
    space = make(**RandomWiringConfig.presets[name])
    genotype = space.sample(np.random.default_rng(2))
    assert space.validate(genotype) == genotype
    graph = space.graph(genotype, (3, 32, 32), 10)
    cost = space.cost(genotype, (3, 32, 32), 10)
    assert {group.id for group in graph.groups} == {"network", *(f"stage{i + 1}" for i in range(space.config.stages))}
    assert sum(node.params for node in graph.nodes if node.group == "network") == cost.params
    inside = sum(node.macs for node in graph.nodes if node.group != "network")
    ends = sum(node.macs for node in graph.nodes if node.id in {"stem", "head"})
    assert inside + ends == cost.macs
