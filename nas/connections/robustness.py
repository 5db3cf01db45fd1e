"""How much a trained, wired network suffers when a node or a connection is removed. Xie et al. 2019, arXiv 1904.01569, section 4.2.

Nothing is trained afterwards. What is removed drops out of the weighted sums, which are not normalised anew; a node left
without any input reads zeros (and still passes them through its operation and batch norm); an end that is removed is left
out of the mean, whose divisor shrinks; a stage without an end gives zeros. Only what lies behind the damage is computed again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from nas.blueprint.blueprint import Blueprint
from nas.core.errors import Interrupted
from nas.core.problem import UNKNOWN
from nas.modules.blueprint_network import BlueprintNetwork
from nas.modules.weighted_sum import WeightedSum
from nas.training.data import Examples

_BATCH = 512
_STAGE, _NODE = re.compile(r"stage(\d+)"), re.compile(r"node(\d+)")


@dataclass(frozen=True, slots=True)
class Damage:
    """What is removed: node `target` of `stage` (from 1), or its edge from `source` to `target`.

    Attributes:
      degree: the node's out-degree; of an edge the in-degree of its target.
      loss_of_accuracy: accuracy of the whole network less that of the damaged one.
    """

    kind: Literal["node", "edge"]
    stage: int
    target: int
    source: int | None
    degree: int
    loss_of_accuracy: float = 0.0


class DegreeSummary(NamedTuple):
    """Over all damages of one degree. `std`: 0 for a single one."""

    degree: int
    num: int
    mean: float
    std: float


def robustness(
    network: BlueprintNetwork,
    blueprint: Blueprint,
    examples: Examples,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[float, list[Damage]]:
    """Accuracy of the whole network, and what each removal of one node or edge costs.

    `network` is that of `blueprint`, which a space of wired stages wrote (groups "stage1.node3"); it is put into evaluation
    mode and stays as it is. `on_progress` gets the damaged passes done and their total. Examples of no known class are left out.

    Raises ValueError for a network without wired stages, Interrupted when `should_stop` (asked before every pass) says so.
    """
    wired = _Wired(network, blueprint)
    damages = list(_damages(wired.stages))
    rows = (examples.targets != UNKNOWN).nonzero().flatten().cpu()
    batches = torch.split(rows, _BATCH)
    right = torch.zeros(1 + len(damages), dtype=torch.int64)
    total, done = len(batches) * len(damages), 0
    network.eval()
    with torch.inference_mode():
        for indices in batches:
            inputs, targets = examples.batch(indices)
            passed = wired.whole(inputs)
            right[0] += (passed.outputs.argmax(dim=1) == targets).sum().cpu()
            for place, damage in enumerate(damages, start=1):
                if should_stop():
                    raise Interrupted("stopped before the next removal")
                right[place] += (wired.damaged(passed, damage).argmax(dim=1) == targets).sum().cpu()
                done += 1
                on_progress(done, total)
    accuracies = (right.double() / len(rows)).tolist()
    lost = [accuracies[0] - accuracy for accuracy in accuracies[1:]]
    return accuracies[0], [replace(d, loss_of_accuracy=loss) for d, loss in zip(damages, lost, strict=True)]


def by_degree(damages: Sequence[Damage]) -> list[DegreeSummary]:
    """Mean and standard deviation of the loss of accuracy, in the order of degrees."""
    found = []
    for degree in sorted({damage.degree for damage in damages}):
        losses = torch.tensor([d.loss_of_accuracy for d in damages if d.degree == degree], dtype=torch.float64)
        std = float(losses.std()) if len(losses) > 1 else 0.0
        found.append(DegreeSummary(degree, len(losses), float(losses.mean()), std))
    return found


@dataclass(slots=True)
class _Node:
    """`sources`: nodes it reads; none when it reads the stage's input. `layers` come behind the sum."""

    sources: list[int]
    sum: WeightedSum | None = None
    layers: list[nn.Module] = field(default_factory=list)

    def value(self, read: Sequence[Tensor | None], shape_of: Tensor) -> Tensor:
        """`read`: what is there of the sources, None for what was removed; `shape_of` is a tensor like them."""
        if self.sum is None:
            (x,) = read
            total = torch.zeros_like(shape_of) if x is None else x
        else:
            weights = torch.sigmoid(self.sum.logits)
            total = torch.zeros_like(shape_of)
            for place, x in enumerate(read):
                if x is not None:
                    total = torch.addcmul(total, x, weights[place])
        for layer in self.layers:
            total = layer(total)
        return total


@dataclass(slots=True)
class _Stage:
    nodes: dict[int, _Node] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)

    def values(self, x: Tensor) -> dict[int, Tensor]:
        found: dict[int, Tensor] = {}
        for name, node in self.nodes.items():
            read = [found[s] for s in node.sources] or [x]
            found[name] = node.value(read, read[0])
        return found

    def output(self, values: dict[int, Tensor | None]) -> Tensor:
        there = [value for end in self.ends if (value := values[end]) is not None]
        if there:
            return torch.stack(there).mean(dim=0)
        return torch.zeros_like(next(value for value in values.values() if value is not None))

    def damaged(self, x: Tensor, values: dict[int, Tensor], damage: Damage) -> dict[int, Tensor | None]:
        """`values` with all that lies behind the damage computed again."""
        found: dict[int, Tensor | None] = dict(values)
        touched = {damage.target}
        if damage.kind == "node":
            found[damage.target] = None
        like = next(iter(values.values()))
        for name, node in self.nodes.items():
            if damage.kind == "node" and name == damage.target:
                continue
            if not (touched.intersection(node.sources) or (damage.kind == "edge" and name == damage.target)):
                continue
            touched.add(name)
            read: list[Tensor | None] = [
                None if damage.kind == "edge" and (source, name) == (damage.source, damage.target) else found[source]
                for source in node.sources
            ]
            found[name] = node.value(read or [x], like)
        return found


class _Pass(NamedTuple):
    """Of one batch: what enters each stage, the values of its nodes, the answers."""

    inputs: list[Tensor]
    values: list[dict[int, Tensor]]
    outputs: Tensor


class _Wired:
    """A network taken apart into what comes before its stages, the stages, and what comes after."""

    def __init__(self, network: BlueprintNetwork, blueprint: Blueprint) -> None:
        self.stages: list[_Stage] = []
        self._before: list[nn.Module] = []
        self._after: list[nn.Module] = []
        writer: dict[int, int] = {}  # the node of the present stage that wrote a value
        first = len(blueprint.inputs)
        for place, layer in enumerate(blueprint.layers):
            module = network.get_submodule(".".join(layer.path))
            of_stage = _STAGE.fullmatch(layer.path[0])
            if of_stage is None:
                (self._after if self.stages else self._before).append(module)
                continue
            number = int(of_stage[1])
            if number > len(self.stages):
                self.stages.append(_Stage())
                writer = {}
            stage = self.stages[number - 1]
            of_node = _NODE.fullmatch(layer.path[1])
            if of_node is None:
                continue  # the mean of the ends
            name = int(of_node[1])
            if name not in stage.nodes:
                stage.nodes[name] = _Node([writer[read] for read in layer.reads if read in writer])
            if isinstance(module, WeightedSum):
                stage.nodes[name].sum = module
            else:
                stage.nodes[name].layers.append(module)
            writer[first + place] = name
        if not self.stages or not all(stage.nodes for stage in self.stages):
            raise ValueError("the network has no wired stages")
        for stage in self.stages:
            read_by_others = {source for node in stage.nodes.values() for source in node.sources}
            stage.ends = [name for name in stage.nodes if name not in read_by_others]

    def whole(self, inputs: Tensor) -> _Pass:
        x = _through(self._before, inputs)
        entered, values = [], []
        for stage in self.stages:
            entered.append(x)
            values.append(stage.values(x))
            x = stage.output(dict(values[-1]))
        return _Pass(entered, values, _through(self._after, x))

    def damaged(self, whole: _Pass, damage: Damage) -> Tensor:
        """The answers with the damage; stages before it are those of `whole`."""
        number = damage.stage - 1
        stage = self.stages[number]
        x = stage.output(stage.damaged(whole.inputs[number], whole.values[number], damage))
        for later in self.stages[number + 1 :]:
            x = later.output(dict(later.values(x)))
        return _through(self._after, x)


def _through(modules: Sequence[nn.Module], x: Tensor) -> Tensor:
    for module in modules:
        x = module(x)
    return x


def _damages(stages: Sequence[_Stage]) -> Iterator[Damage]:
    """Every node, then every edge, of each stage."""
    for number, stage in enumerate(stages, start=1):
        edges = [(source, name) for name, node in stage.nodes.items() for source in node.sources]
        for name in stage.nodes:
            yield Damage("node", number, name, None, degree=sum(source == name for source, _ in edges))
        for source, target in edges:
            yield Damage("edge", number, target, source, degree=len(stage.nodes[target].sources))
