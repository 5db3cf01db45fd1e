"""Layer-wise convolutional networks with skip connections: the first search space of neural architecture search.

Zoph and Le 2017, arXiv 1611.01578, sections 3.3 and 4.1: each layer has a kernel height and width, a number of filters,
perhaps strides, and any set of earlier layers as inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.core.config import Config, setting
from nas.core.cost import Cost
from nas.core.graph import Edge, Graph, Node, Shape
from nas.core.proposal import Genotype
from nas.core.space import Preset
from nas.operations.convolutions import activation, batch_norm, same_conv
from nas.operations.heads import mean_linear_head
from nas.operations.pooling import max_pool_2x2
from nas.operations.primitives.merging import Concat
from nas.operations.primitives.shaping import ZeroPad
from nas.spaces.genes import Gene, GeneSpace
from nas.spaces.images import require_image
from nas.spaces.layerwise_cost import layerwise_cost, wiring

_STRIDES = (1, 2, 3)
_PUBLISHED_FILTERS = (24, 36, 48, 64)
_POOLING_FILTERS = (6, 12, 24, 36)

KernelSide = Annotated[int, Field(ge=1, le=31)]
Filters = Annotated[int, Field(ge=1, le=2048)]
LayerNumber = Annotated[int, Field(ge=1)]


class LayerwiseConfig(Config):
    """What can be chosen about the space."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar": {"layers": 15, "filters": list(_PUBLISHED_FILTERS)},
        "cifar_strides": {"layers": 20, "filters": list(_PUBLISHED_FILTERS), "strides": "predicted"},
        "cifar_pooling": {"layers": 13, "block_size": 3, "pool_after": [4, 8], "filters": list(_POOLING_FILTERS)},
        "cifar_pooling_wide": {
            "layers": 13,
            "block_size": 3,
            "pool_after": [4, 8],
            "filters": list(_POOLING_FILTERS),
            "extra_filters": 40,
        },
    }

    layers: int = setting(
        4,
        title="Layers",
        description="How many layers are chosen; every one of them is part of the network.",
        unit="layers",
        ge=1,
        le=40,
    )
    kernels: tuple[KernelSide, ...] = setting(
        (1, 3, 5, 7),
        title="Kernel sides",
        description="What the height and the width of a convolution may be, each by itself.",
        unit="pixels",
        min_length=1,
        max_length=16,
    )
    filters: tuple[Filters, ...] = setting(
        _POOLING_FILTERS,
        title="Filters",
        description="How many filters a layer may have; the paper's largest networks choose from 24, 36, 48 and 64.",
        min_length=1,
        max_length=16,
    )
    strides: Literal["fixed", "predicted"] = setting(
        "fixed",
        title="Strides",
        description="Fixed at 1, or chosen per layer and axis from 1, 2 and 3.",
    )
    pool_after: tuple[LayerNumber, ...] = setting(
        (),
        title="Pooling after",
        description="Layers after which everything that is read later passes a 2×2 maximum; empty for none.",
        max_length=40,
        advanced=True,
    )
    block_size: int = setting(
        1,
        title="Convolutions per layer",
        description="Each layer becomes a densely connected block of so many equal convolutions; needs fixed strides.",
        ge=1,
        le=8,
        advanced=True,
    )
    extra_filters: int = setting(
        0,
        title="Extra filters",
        description="Added to the filters of every layer: widens a network whose choices were searched narrow.",
        ge=0,
        le=1024,
        advanced=True,
    )

    @field_validator("kernels", "filters", "pool_after")
    @classmethod
    def _ascending(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(chosen)) != len(chosen):
            raise ValueError("each number can be given once")
        return tuple(sorted(chosen))

    @model_validator(mode="after")
    def _fits(self) -> LayerwiseConfig:
        if self.pool_after and self.pool_after[-1] >= self.layers:
            raise ValueError(
                f"pooling follows layers before the last one: 1 to {self.layers - 1}, got {self.pool_after[-1]}"
            )
        if self.block_size > 1 and self.strides == "predicted":
            raise ValueError("blocks of several convolutions need fixed strides: their inputs must keep one size")
        return self


class Layerwise(GeneSpace):
    """Genotype: {"layers": [{"kernel_height": 3, "kernel_width": 5, "filters": 24, "inputs": [0, 1]}, …]}.

    `inputs` has a bit per earlier layer (so the first layer has none): 1 where it is read. A layer without inputs reads
    the image. With predicted strides there are also "stride_height" and "stride_width".

    Two genotypes are taken as different networks unless they are equal: layers that could be numbered in another order
    are executed in another order, which changes their peak memory.
    """

    name: ClassVar[str] = "layerwise"
    title: ClassVar[str] = "Layer by layer"
    summary: ClassVar[str] = (
        "Convolutions of chosen kernels, filters and strides, each reading any set of earlier ones."
    )
    source: ClassVar[str] = "Zoph and Le 2017, arXiv 1611.01578"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = LayerwiseConfig

    def __init__(self, config: LayerwiseConfig) -> None:
        self._config = config

    @property
    def config(self) -> LayerwiseConfig:
        return self._config

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        """In the order in which the paper's controller decides."""
        return tuple(chain.from_iterable(self._genes_of(number) for number in range(self._config.layers)))

    def _genes_of(self, layer: int) -> list[Gene]:
        config = self._config
        genes = [Gene(("layers", layer, f"kernel_{axis}"), config.kernels, "kernel") for axis in ("height", "width")]
        if config.strides == "predicted":
            genes += [Gene(("layers", layer, f"stride_{axis}"), _STRIDES, "stride") for axis in ("height", "width")]
        genes.append(Gene(("layers", layer, "filters"), config.filters, "filters"))
        return genes + [
            Gene(("layers", layer, "inputs", earlier), (0, 1), "connection", connects=("layers", earlier))
            for earlier in range(layer)
        ]

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        return layerwise_cost(
            genotype["layers"],
            block_size=self._config.block_size,
            pool_after=self._config.pool_after,
            extra_filters=self._config.extra_filters,
            input_shape=require_image(input_shape),
            num_classes=num_classes,
        )

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        draft = Draft(require_image(input_shape))
        layers = genotype["layers"]
        reads, head = wiring(layers)
        maps = {0: draft.inputs[0]}
        for number, (layer, sources) in enumerate(zip(layers, reads, strict=True), start=1):
            with draft.group(f"layer{number}", f"Layer {number}: {self._in_words(layer)}"):
                parts = _aligned(draft, [maps[source] for source in sources])
                maps[number] = self._write_block(draft, parts, layer)
            if number in self._config.pool_after:
                needed = {source for later in reads[number:] for source in later}.union(head)
                with draft.group(f"pool{number}", f"Pooling after layer {number}"):
                    maps = {source: max_pool_2x2(draft, x) for source, x in maps.items() if source in needed}
        with draft.group("head", "Head"):
            x = _joined(draft, _aligned(draft, [maps[source] for source in head]))
            return draft.finish(mean_linear_head(draft, x, num_classes))

    def _write_block(self, draft: Draft, parts: list[Value], layer: dict[str, Any]) -> Value:
        """Convolution (or several, each reading all before it, their results joined), batch norm, ReLU."""
        made: list[Value] = []
        kernel = (layer["kernel_height"], layer["kernel_width"])
        stride = (layer.get("stride_height", 1), layer.get("stride_width", 1))
        for _ in range(self._config.block_size):
            x = _joined(draft, parts + made)
            x = same_conv(draft, x, layer["filters"] + self._config.extra_filters, kernel, stride)
            made.append(activation(draft, batch_norm(draft, x)))
        return _joined(draft, made)

    def _in_words(self, layer: dict[str, Any]) -> str:
        text = (
            f"{layer['kernel_height']}×{layer['kernel_width']}, {layer['filters'] + self._config.extra_filters} filters"
        )
        stride = (layer.get("stride_height", 1), layer.get("stride_width", 1))
        return text if stride == (1, 1) else f"{text}, stride {stride[0]}×{stride[1]}"

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        """One node per layer; an arrow says where its map is padded to meet larger ones."""
        blueprint = self.blueprint(genotype, tuple(input_shape), num_classes)
        layers = genotype["layers"]
        reads, head = wiring(layers)
        nodes = [Node("image", "Image", "input", shape=tuple(input_shape))]
        ids = {0: "image"}
        edges: list[Edge] = []
        shapes = {0: tuple(input_shape)}
        for number, layer in enumerate(layers, start=1):
            inside = [each for each in blueprint.layers if each.path[0] == f"layer{number}"]
            ids[number] = f"layer{number}"
            shapes[number] = inside[-1].shape
            nodes.append(
                Node(
                    ids[number],
                    f"{number}: {self._in_words(layer)}",
                    f"conv_{layer['kernel_height']}x{layer['kernel_width']}",
                    shape=inside[-1].shape,
                    params=sum(each.count.params for each in inside),
                    macs=sum(each.count.macs for each in inside),
                )
            )
            edges += _arrows(reads[number - 1], ids[number], ids, shapes)
            if number in self._config.pool_after:
                for source, (channels, high, wide) in shapes.items():
                    shapes[source] = (channels, -(-high // 2), -(-wide // 2))
        end = blueprint.layers[-1]
        nodes.append(
            Node("head", "Mean, linear", "head", shape=end.shape, params=end.count.params, macs=end.count.macs)
        )
        nodes.append(Node("logits", "Classes", "output", shape=(num_classes,)))
        edges += [*_arrows(head, "head", ids, shapes), Edge("head", "logits")]
        return Graph(tuple(nodes), tuple(edges), title=self.title, inputs=("image",), outputs=("logits",))

    def presets(self) -> tuple[Preset, ...]:
        """Two wirings known from other networks, as far as this configuration has 3×3 kernels."""
        if 3 not in self._config.kernels:
            return ()
        filters = self._config.filters[-1]
        return (
            Preset(
                "chain",
                "Plain chain of 3×3 convolutions",
                self._regular(filters, lambda earlier, layer: int(earlier == layer - 1)),
                "The wiring of VGG: Simonyan and Zisserman 2015, arXiv 1409.1556",
            ),
            Preset(
                "dense",
                "Every layer reads all earlier ones",
                self._regular(filters, lambda earlier, layer: 1),
                "The wiring of DenseNet: Huang et al. 2017, arXiv 1608.06993",
            ),
        )

    def _regular(self, filters: int, bit: Callable[[int, int], int]) -> Genotype:
        def chosen(gene: Gene) -> int:
            if gene.kind == "connection":
                return bit(int(gene.path[3]), int(gene.path[1]))
            return {"kernel": 3, "stride": 1, "filters": filters}[gene.kind]

        return self._assemble(map(chosen, self.genes))


def _aligned(draft: Draft, maps: list[Value]) -> list[Value]:
    """Smaller maps padded with zeros to the largest height and width, centred, an odd row or column behind."""
    high = max(x.shape[1] for x in maps)
    wide = max(x.shape[2] for x in maps)
    return [_padded(draft, x, high - x.shape[1], wide - x.shape[2]) for x in maps]


def _padded(draft: Draft, x: Value, rows: int, columns: int) -> Value:
    top, left = rows // 2, columns // 2
    return draft.apply(ZeroPad(top, rows - top, left, columns - left), x) if rows or columns else x


def _joined(draft: Draft, maps: list[Value]) -> Value:
    return maps[0] if len(maps) == 1 else draft.apply(Concat(), *maps)


def _arrows(sources: tuple[int, ...], target: str, ids: dict[int, str], shapes: dict[int, Shape]) -> list[Edge]:
    high = max(shapes[source][1] for source in sources)
    wide = max(shapes[source][2] for source in sources)
    return [
        Edge(ids[source], target, label="" if shapes[source][1:] == (high, wide) else f"padded to {high}×{wide}")
        for source in sources
    ]
