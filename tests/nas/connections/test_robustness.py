"""Removing nodes and edges: against the whole network with hooks in place of what is removed, and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nas.connections.robustness import Damage, by_degree, robustness
from nas.core.errors import Interrupted
from nas.core.problem import UNKNOWN, Split
from nas.modules.weighted_sum import WeightedSum
from nas.registry import spaces
from nas.training.data import Examples, place
from nas.training.environment import reproducible

SHAPE = (1, 6, 5)
GRAPHS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "vector": (
        "connections",
        {"nodes": 7, "width": 6},
        {"edges": [[0, 2], [1, 2], [0, 3], [2, 4], [3, 4], [1, 5]]},  # ends 4 and 5; node 6 alone
    ),
    "images": (
        "connections",
        {"substrate": "image", "nodes": 5, "width": 4, "searches_operations": True},
        {
            "edges": [[0, 1], [0, 2], [1, 3], [2, 3], [0, 3]],  # one end
            "operations": ["sep_conv_3x3", "max_pool_3x3", "conv_3x3", "avg_pool_3x3", "sep_conv_3x3"],
        },
    ),
    "random_wiring": (
        "random_wiring",
        {"nodes": 5, "channels": 4, "stages": 2, "head_width": 6},
        {"stages": [[[], [0], [0, 1], [2], [1]], [[], [], [0, 1], [1, 2], [2, 3]]]},
    ),
}


def made(name: str) -> tuple[Any, Any, Examples]:
    """Network with statistics and weights of no special value, its blueprint, data."""
    kind, config, genotype = GRAPHS[name]
    space: Any = spaces.get(kind)
    space = space(space.Config.parse(config))
    blueprint = space.blueprint(space.validate(genotype), SHAPE, 4)
    with reproducible(torch.device("cpu"), 5):
        network = space.build(genotype, SHAPE, 4)
    generator = torch.Generator().manual_seed(3)
    torch.nn.init.normal_(network.get_submodule("head").linear.weight, generator=generator)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = None  # statistics of what passes below
            nn.init.normal_(module.bias, std=0.3, generator=generator)
        if isinstance(module, WeightedSum):
            nn.init.normal_(module.logits, generator=generator)
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((700, *SHAPE)).astype(np.float32)
    examples = place(Split(inputs, np.zeros(700, np.int64)), torch.device("cpu"))
    with torch.no_grad():
        network.train()(examples.inputs)
        # Targets that the network mostly gets right, so that damages show.
        answers = network.eval()(examples.inputs).argmax(dim=1)
    noise = torch.from_numpy(rng.integers(4, size=700))
    targets = torch.where(torch.from_numpy(rng.random(700) < 0.2), noise, answers)
    return network, blueprint, Examples(examples.inputs, targets, examples.device)


@contextmanager
def removed(network: nn.Module, damage: Damage, nodes: dict[int, list[int]]) -> Iterator[None]:
    """The network with the damage, by hooks on its modules. `nodes`: for each node what it reads."""
    stage = network.get_submodule(f"stage{damage.stage}")
    hooks = []
    edges = [(damage.source, damage.target)]
    if damage.kind == "node":
        edges = [(damage.target, name) for name, sources in nodes.items() if damage.target in sources]
    for source, target in edges:
        first = next(iter(stage.get_submodule(f"node{target}").children()))
        number = nodes[target].index(source)

        def without(_module: Any, args: Any, number: int = number) -> Any:
            return tuple(torch.zeros_like(x) if place == number else x for place, x in enumerate(args))

        hooks.append(first.register_forward_pre_hook(without))
    ends = [name for name in nodes if not any(name in sources for sources in nodes.values())]
    if damage.kind == "node" and damage.target in ends:
        if len(ends) == 1:
            last = list(stage.get_submodule(f"node{damage.target}").children())[-1]
            hooks.append(last.register_forward_hook(lambda _module, _args, out: torch.zeros_like(out)))
        else:
            gone = ends.index(damage.target)
            hooks.append(
                stage.get_submodule("mean").register_forward_pre_hook(
                    lambda _module, args: tuple(x for place, x in enumerate(args) if place != gone)
                )
            )
    yield
    for hook in hooks:
        hook.remove()


def read_by(name: str, stage: int) -> dict[int, list[int]]:
    _, _, genotype = GRAPHS[name]
    if "stages" in genotype:
        return dict(enumerate(genotype["stages"][stage - 1]))
    nodes = sorted({node for edge in genotype["edges"] for node in edge})
    return {node: sorted(s for s, t in genotype["edges"] if t == node) for node in nodes}


@pytest.mark.parametrize("name", GRAPHS)
def test_each_removal_is_what_the_whole_network_does_without_it(name: str) -> None:
    network, blueprint, data = made(name)
    accuracy, found = robustness(network, blueprint, data)
    stages = sorted({damage.stage for damage in found})
    expected = sum(len(read_by(name, stage)) + sum(map(len, read_by(name, stage).values())) for stage in stages)
    assert len(found) == len(set(found)) == expected

    def measured() -> float:
        with torch.no_grad():
            return float((network(data.inputs).argmax(dim=1) == data.targets).double().mean())

    assert accuracy == pytest.approx(measured(), abs=1e-12)
    for damage in found:
        with removed(network, damage, read_by(name, damage.stage)):
            assert accuracy - damage.loss_of_accuracy == pytest.approx(measured(), abs=2 / 700), damage
    assert len({round(damage.loss_of_accuracy, 3) for damage in found}) > 2  # damages do differ
    assert accuracy == pytest.approx(measured(), abs=1e-12)


def test_degrees_are_those_of_the_removed_node_and_of_the_edge_s_target() -> None:
    network, blueprint, data = made("vector")
    _, found = robustness(network, blueprint, data)
    assert {d.target: d.degree for d in found if d.kind == "node"} == {0: 2, 1: 2, 2: 1, 3: 1, 4: 0, 5: 0}
    edges = {(d.source, d.target): d.degree for d in found if d.kind == "edge"}
    assert edges == {(0, 2): 2, (1, 2): 2, (0, 3): 1, (2, 4): 2, (3, 4): 2, (1, 5): 1}


def test_examples_of_no_known_class_do_not_count() -> None:
    network, blueprint, data = made("vector")
    unknown = data.targets.clone()
    unknown[::3] = UNKNOWN
    some = robustness(network, blueprint, Examples(data.inputs, unknown, data.device))
    kept = unknown != UNKNOWN
    assert some == robustness(network, blueprint, Examples(data.inputs[kept], data.targets[kept], data.device))


def test_it_tells_how_far_it_is_and_stops_when_asked() -> None:
    network, blueprint, data = made("vector")
    seen: list[tuple[int, int]] = []
    _, found = robustness(network, blueprint, data, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 2 * len(found)) for done in range(1, 2 * len(found) + 1)]  # 700 examples are two batches
    with pytest.raises(Interrupted):
        robustness(network, blueprint, data, should_stop=lambda: True)


def test_losses_are_summed_up_by_degree() -> None:
    damages = [
        Damage("node", 1, node, None, degree, loss)
        for node, (degree, loss) in enumerate([(2, 0.1), (0, 0.5), (2, 0.3)])
    ]
    found = by_degree(damages)
    assert [(row.degree, row.num) for row in found] == [(0, 1), (2, 2)]
    assert found[1].mean == pytest.approx(0.2)
    assert found[1].std == pytest.approx(np.std([0.1, 0.3], ddof=1))


def test_a_network_without_wired_stages_is_refused() -> None:
    space: Any = spaces.get("nasbench201")
    space = space(space.Config.parse({}))
    genotype = space.sample(np.random.default_rng(0))
    _, _, data = made("vector")
    with pytest.raises(ValueError, match="no wired stages"):
        robustness(space.build(genotype, SHAPE, 4), space.blueprint(genotype, SHAPE, 4), data)
