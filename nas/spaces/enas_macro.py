"""ENAS's macro space: a whole network layer by layer, an operation and skip connections each.

Pham et al. 2018, arXiv 1802.03268, section 2.3; published code melodyguan/enas, src/cifar10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.core.config import Config, setting
from nas.core.cost import Cost
from nas.core.errors import InvalidConfig
from nas.core.graph import Edge, Graph, Group, Node, Shape
from nas.core.proposal import Genotype
from nas.core.space import Preset, Row
from nas.operations.convolutions import batch_norm
from nas.operations.primitives.merging import Add, Concat
from nas.spaces.enas_macro_arc import arc_from_text, arc_to_text
from nas.spaces.enas_macro_network import (
    BRANCHES,
    OPERATION_NAMES,
    OPERATIONS_OF,
    halved_map,
    halvings,
    head,
    last_readers,
    macro_cost,
    projection,
    stem,
    supernet_params,
    wider,
)
from nas.spaces.enas_macro_supernet import macro_genotype, macro_path, macro_rows, macro_supernet
from nas.spaces.genes import Gene
from nas.spaces.images import require_image
from nas.spaces.named_operations import NamedOperations

_RELEASED = (
    "0: 3:0 0:10 2:001 2:0000 3:11010 2:000001 2:0110111 1:01110101 0:000000000 2:0000010000 0:10011000011 "
    "2:010000010110 1:0010001110101 0:11010100000100 2:001000000010101 2:0100010011110010 2:00001010100101001 "
    "3:011010000010101000 3:0110000000001100001 0:10010110001000001100 3:010110010110110100100 "
    "0:1010100000000101001000 0:11000111010001010011000"
)
_RELEASED_LAYERS = 24
_TITLES = dict(
    zip(OPERATION_NAMES, ("conv 3×3", "sep 3×3", "conv 5×5", "sep 5×5", "avg pool 3×3", "max pool 3×3"), strict=True)
)


class EnasMacroConfig(Config):
    """What can be chosen about the space."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar_search": {"layers": 12, "filters": 36},
        "cifar_final": {"network": "final", "layers": 24, "filters": 96},
    }

    layers: int = setting(
        6,
        title="Layers",
        description="How many layers are chosen; the maps are halved after the first and the second third.",
        unit="layers",
        ge=1,
        le=60,
    )
    filters: int = setting(
        16,
        title="Filters",
        description="Channels of a layer; the final network doubles them whenever the maps are halved.",
        unit="channels",
        ge=2,
        le=512,
    )
    network: Literal["search", "final"] = setting(
        "search",
        title="Network",
        description=(
            "As in the search (six operations, skip connections added), or the paper's final network "
            "(four full convolutions, skip connections concatenated)."
        ),
    )
    dropout: float = setting(
        0.0,
        title="Dropout",
        description="Share of features dropped in front of the classes, in training.",
        ge=0,
        lt=1,
        advanced=True,
    )


class EnasMacro(NamedOperations):
    """Genotype: {"layers": [{"operation": "conv_3x3"}, {"operation": "max_pool_3x3", "skips": [1]}, …]}.

    An operation reads the map of the layer directly before. `skips` has a bit per map before that one, the stem's first,
    so the first layer has none; 1 where the map is joined with the operation's result.

    Every choice has an effect, and the order of the layers is that of the network: two genotypes are one network only
    when they are equal.
    """

    name: ClassVar[str] = "enas_macro"
    title: ClassVar[str] = "ENAS macro"
    summary: ClassVar[str] = "A whole network: an operation per layer and any skip connections to earlier ones."
    source: ClassVar[str] = "Pham et al. 2018, arXiv 1802.03268"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = EnasMacroConfig

    def __init__(self, config: EnasMacroConfig) -> None:
        self._config = config

    @property
    def config(self) -> EnasMacroConfig:
        return self._config

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        options = OPERATIONS_OF[self._config.network]
        genes = []
        for layer in range(self._config.layers):
            genes.append(Gene(("layers", layer, "operation"), options, "operation"))
            for earlier in range(layer):  # 0 is the stem's map, which nobody decides on
                made_by = ("layers", earlier - 1) if earlier else None
                genes.append(Gene(("layers", layer, "skips", earlier), (0, 1), "connection", connects=made_by))
        return tuple(genes)

    def validate(self, genotype: object) -> Genotype:
        """Also reads the published text, plain or as {"arc": …}."""
        match genotype:
            case str():
                genotype = arc_from_text(genotype, self._config.layers)
            case {"arc": str() as text, **rest} if not rest:
                genotype = arc_from_text(text, self._config.layers, field="arc")
        return super().validate(genotype)

    def notation(self, genotype: Genotype) -> str:
        """The numbers of the published scripts: per layer its operation, then its bits."""
        return arc_to_text(genotype["layers"])

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        return macro_cost(
            genotype["layers"], self._config.network, self._config.filters, require_image(input_shape), num_classes
        )

    def supernet_params(self, input_shape: Shape, num_classes: int) -> int:
        """Weights that a search with shared weights holds: all branches of all layers of the search network."""
        return supernet_params(self._config.layers, self._config.filters, input_shape[0], num_classes)

    def rows(self) -> tuple[Row, ...]:
        if self._config.network == "final":
            raise InvalidConfig.at(
                "space", "a supernet holds the network of the search; set Network to search, not final"
            )
        return macro_rows(self._config.layers)

    def path_of(self, genotype: Genotype) -> tuple[int, ...]:
        return macro_path(genotype)

    def genotype_of(self, path: Sequence[int]) -> Genotype:
        return macro_genotype(path)

    def derived(self, probabilities: Sequence[Sequence[float]]) -> Genotype:
        """The likeliest operations and skips."""
        return macro_genotype([int(np.argmax(row)) for row in probabilities])

    def supernet(self, input_shape: Shape, num_classes: int) -> Blueprint:
        config = self._config
        image = require_image(input_shape)
        return macro_supernet(config.layers, config.filters, image, num_classes, config.dropout)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        """A map that nobody reads any more is not halved."""
        config = self._config
        draft = Draft(require_image(input_shape))
        layers = genotype["layers"]
        last = last_readers(layers)
        filters = config.filters
        with draft.group("stem", "Stem"):
            maps = {0: stem(draft, draft.inputs[0], filters)}
        for number, layer in enumerate(layers, start=1):
            with draft.group(f"layer{number}", f"Layer {number}: {_title(layer)}"):
                with draft.group("operation", _title(layer)):
                    x = BRANCHES[config.network](draft, maps[number - 1], layer["operation"], filters)
                skips = [maps[source] for source, bit in enumerate(layer.get("skips", ())) if bit]
                maps[number] = self._joined(draft, x, skips) if number > 1 else x
            if number in halvings(len(layers)):
                filters = wider(config.network, filters)
                with draft.group(f"halving{number}", f"Maps halved after layer {number}"):
                    maps = {
                        source: halved_map(draft, x, source, filters)
                        for source, x in maps.items()
                        if last[source] > number
                    }
        with draft.group("head", "Head"):
            return draft.finish(head(draft, maps[len(layers)], num_classes, config.dropout))

    def _joined(self, draft: Draft, x: Value, skips: list[Value]) -> Value:
        if self._config.network == "search":
            for skip in skips:
                x = draft.apply(Add(), x, skip)
            return batch_norm(draft, x)
        return projection(draft, draft.apply(Concat(), *skips, x) if skips else x, x.channels)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        """One node per layer, grouped by the size of the maps."""
        blueprint = self.blueprint(genotype, tuple(input_shape), num_classes)
        layers = genotype["layers"]
        ends = halvings(len(layers))
        ids = ["stem", *(f"layer{number}" for number in range(1, len(layers) + 1))]
        labels = ["Stem", *(f"{number}: {_title(layer)}" for number, layer in enumerate(layers, start=1))]
        kinds = ["stem", *(layer["operation"] for layer in layers)]
        stages = [sum(number > end for end in ends) + 1 for number in range(len(layers) + 1)]
        nodes = [Node("image", "Image", "input", shape=tuple(input_shape))]
        for name, label, kind, stage in zip(ids, labels, kinds, stages, strict=True):
            nodes.append(_node(blueprint, name, label, kind, f"stage{stage}"))
        nodes.append(_node(blueprint, "head", "Mean, linear", "head", None))
        nodes.append(Node("logits", "Classes", "output", shape=(num_classes,)))
        edges = [Edge("image", "stem")]
        for number, layer in enumerate(layers, start=1):
            sources = [number - 1, *(source for source, bit in enumerate(layer.get("skips", ())) if bit)]
            edges += [
                Edge(ids[source], ids[number], label="" if stages[source] == stages[number] else "halved")
                for source in sources
            ]
        edges += [Edge(ids[-1], "head"), Edge("head", "logits")]
        groups = tuple(Group(f"stage{stage}", f"Stage {stage}") for stage in sorted(set(stages)))
        return Graph(tuple(nodes), tuple(edges), groups, title=self.title, inputs=("image",), outputs=("logits",))

    def presets(self) -> tuple[Preset, ...]:
        """The published architecture, in spaces of its depth."""
        if self._config.layers != _RELEASED_LAYERS:
            return ()
        return (
            Preset(
                "released",
                "Released architecture",
                self.validate(_RELEASED),
                "melodyguan/enas, scripts/cifar10_macro_final.sh (Pham et al. 2018, arXiv 1802.03268)",
            ),
        )


def _title(layer: dict[str, Any]) -> str:
    return _TITLES[layer["operation"]]


def _node(blueprint: Blueprint, name: str, label: str, kind: str, group: str | None) -> Node:
    inside = [layer for layer in blueprint.layers if layer.path[0] == name]
    return Node(
        name,
        label,
        kind,
        group,
        inside[-1].shape,
        params=sum(layer.count.params for layer in inside),
        macs=sum(layer.count.macs for layer in inside),
    )
