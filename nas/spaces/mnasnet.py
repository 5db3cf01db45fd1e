"""The factorised hierarchical space of MnasNet: each block repeats one layer, chosen for this block alone.

Tan et al. 2019, arXiv 1807.11626, section 4.1; the reference is MobileNetV2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property, lru_cache
from math import prod
from typing import Any, ClassVar

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.piece import Piece, piece
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import FieldError, InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Preset, Size
from nas.operations.inverted_residual import Style, mbconv_label, mbconv_name
from nas.operations.mnasnet_layer import EXPANSIONS, Layer, mnasnet_layer, mnasnet_layer_price, squeezed_channels
from nas.operations.price import Price
from nas.spaces.chain import Link, Section, chain_blueprint, chain_cost, chain_graph
from nas.spaces.genes import Gene
from nas.spaces.images import require_image
from nas.spaces.mnasnet_config import MnasNetConfig
from nas.spaces.mnasnet_text import block_from_text, block_to_text
from nas.spaces.mobile_ends import Head, entrance, exit_section, mobile_head
from nas.spaces.named_operations import NamedOperations

_STYLE = Style("relu")
_CODE = "Reference code of MnasNet, arXiv 1807.11626"
_PRESETS = (
    (
        "mnasnet_a1",
        "MnasNet-A1",
        "r1_k3_s11_e1_i32_o16_noskip r2_k3_s22_e6_i16_o24 r3_k5_s22_e3_i24_o40_se0.25 r4_k3_s22_e6_i40_o80 "
        "r2_k3_s11_e6_i80_o112_se0.25 r3_k5_s22_e6_i112_o160_se0.25 r1_k3_s11_e6_i160_o320",
        f"{_CODE}; 75.2 % on ImageNet, 78 ms on a Pixel 1",
    ),
    (
        "mnasnet_b1",
        "MnasNet-B1",
        "r1_k3_s11_e1_i32_o16_noskip r3_k3_s22_e3_i16_o24 r3_k5_s22_e3_i24_o40 r3_k5_s22_e6_i40_o80 "
        "r2_k3_s11_e6_i80_o96 r4_k5_s22_e6_i96_o192 r1_k3_s11_e6_i192_o320_noskip",
        f"{_CODE}; without squeeze-and-excitation",
    ),
)


class MnasNet(NamedOperations):
    """Genotype: {"blocks": [{"op": "mbconv6", "kernel": 3, "se": 0.25, "skip": "identity", "filters": 24, "layers": 2}, …]}."""

    name: ClassVar[str] = "mnasnet"
    title: ClassVar[str] = "MnasNet"
    summary: ClassVar[str] = (
        "Blocks of equal layers; each block chooses operation, kernel, skip, width and depth for itself."
    )
    source: ClassVar[str] = "Tan et al. 2019, arXiv 1807.11626"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = MnasNetConfig

    def __init__(self, config: MnasNetConfig) -> None:
        self._config = config
        self._reference = config.reference()

    @property
    def config(self) -> MnasNetConfig:
        return self._config

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        """Six per block, in the order of the controller's tokens."""
        config, genes = self._config, []
        for number, block in enumerate(self._reference):
            choices = {
                "op": ("operation", config.operations),
                "kernel": ("kernel", config.kernels),
                "se": ("squeeze", config.se_ratios),
                "skip": ("skip", config.skips),
                "filters": ("filters", config.filters(block)),
                "layers": ("layers", config.layers(block)),
            }
            genes += [Gene(("blocks", number, name), options, kind) for name, (kind, options) in choices.items()]
        return tuple(genes)

    def validate(self, genotype: object) -> Genotype:
        """Also reads the blocks as the reference code writes them, one text with spaces between."""
        return super().validate(self._from_text(genotype) if isinstance(genotype, str) else genotype)

    def notation(self, genotype: Genotype) -> str:
        texts, c_in = [], self._config.stem_width
        for block, reference in zip(genotype["blocks"], self._reference, strict=True):
            texts.append(block_to_text(block, c_in, reference.stride))
            c_in = block["filters"]
        return " ".join(texts)

    def canonical(self, genotype: Genotype) -> str:
        """The layers one by one, ratios as the channels they make; an identity skip that no shape allows is none."""
        chain, c_in = [], self._config.stem_width
        for first, later, times in self._layers(genotype):
            for layer in (first, *times * [later]):
                skip = "identity" if layer.adds_input(c_in) else "pool" if layer.skip == "pool" else "none"
                chain.append([layer.operation, layer.kernel, layer.stride, layer.c_out, layer.squeezed(c_in), skip])
                c_in = layer.c_out
        return json.dumps(chain, separators=(",", ":"))

    def size(self) -> Size:
        """Distinct networks are counted unless one block can go on where another ended, which the formula does not see."""
        total = prod(len(gene.options) for gene in self.genes)
        filters = [(self._config.stem_width,), *(self._config.filters(block) for block in self._reference)]
        run_together = any(
            block.stride == 1 and number and set(filters[number]) & set(filters[number + 1])
            for number, block in enumerate(self._reference)
        )
        return Size(total, total, None if run_together else self._num_distinct(filters))

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        config = self._config
        stem = _stem(require_image(input_shape), config.stem_width, config.stem_stride)
        chain: list[tuple[Price | Piece, int]] = [(stem, 1)]
        shape = stem.shape
        for block, reference in zip(genotype["blocks"], self._reference, strict=True):
            first, later, shape = _block_prices(shape, reference.stride, *map(block.get, _GENES))
            chain.append((first, 1))
            if block["layers"] > 1:
                chain.append((later, block["layers"] - 1))
        chain.append((_head(shape, config.head_width, num_classes), 1))
        return chain_cost(chain)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        image = require_image(input_shape)
        return chain_blueprint(self._sections(genotype, image, num_classes), image)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        image = require_image(input_shape)
        return chain_graph(list(self._sections(genotype, image, num_classes)), image, num_classes, self.title)

    def presets(self) -> tuple[Preset, ...]:
        """Those whose blocks this configuration allows."""
        found = []
        for name, title, text, source in _PRESETS:
            try:
                found.append(Preset(name, title, self.validate(text), source))
            except InvalidGenotype:
                continue
        return tuple(found)

    def _from_text(self, text: str) -> Genotype:
        texts = text[:_LONGEST_TEXT].split()
        if len(texts) != len(self._reference) or len(text) > _LONGEST_TEXT:
            raise InvalidGenotype.at(
                "", f"expected {len(self._reference)} blocks with spaces between, got {text!r:.60}"
            )
        blocks, errors, c_in = [], [], self._config.stem_width
        for number, (part, reference) in enumerate(zip(texts, self._reference, strict=True)):
            try:
                blocks.append(block_from_text(part, c_in, reference.stride))
            except ValueError as error:
                errors.append(FieldError(f"blocks.{number}", str(error)))
                break  # the channels of the next block would be unknown
            c_in = blocks[-1]["filters"]
        if errors:
            raise InvalidGenotype(errors)
        return {"blocks": blocks}

    def _layers(self, genotype: Genotype) -> Iterator[tuple[Layer, Layer, int]]:
        """Per block its first layer, the layer that follows, and how often."""
        for block, reference in zip(genotype["blocks"], self._reference, strict=True):
            yield *_pair(reference.stride, *map(block.get, _GENES)), block["layers"] - 1

    def _sections(self, genotype: Genotype, image: Shape, num_classes: int) -> Iterator[Section]:
        config = self._config
        yield from entrance(None, image, config.stem_width, config.stem_stride, _STYLE)
        for number, (first, later, times) in enumerate(self._layers(genotype), start=1):
            links = [_link(layer, place) for place, layer in enumerate((first, *times * [later]), start=1)]
            yield Section(f"block{number}", f"Block {number}", tuple(links))
        yield exit_section(Head(config.head_width, 0, num_classes, _STYLE), config.dropout)

    def _num_distinct(self, filters: list[tuple[int, ...]]) -> int:
        """Blocks count independently but for their channels: those chain, leave a single layer no room for a skip, or make
        ratios of squeeze-and-excitation equal that round to as many channels.
        """
        config = self._config
        per_layer = len(config.operations) * len(config.kernels)
        both = {"identity", "none"} <= set(config.skips)
        ways = dict.fromkeys(filters[0], 1)  # channels → networks that end with them
        for number, block in enumerate(self._reference):
            after = dict.fromkeys(filters[number + 1], 0)
            for c_in, count in ways.items():
                for c_out in after:
                    has_room = block.stride == 1 and c_in == c_out
                    for layers in config.layers(block):
                        num_skips = len(config.skips) - (both and layers == 1 and not has_room)
                        read = (c_in,) if layers == 1 else (c_in, c_out)
                        squeezes = {
                            tuple(squeezed_channels(ratio, width) for width in read) for ratio in config.se_ratios
                        }
                        after[c_out] += count * per_layer * len(squeezes) * num_skips
            ways = after
        return sum(ways.values())


_GENES = ("op", "kernel", "se", "skip", "filters")
_LONGEST_TEXT = 2_000


def _pair(stride: int, *genes: Any) -> tuple[Layer, Layer]:
    """The first layer of a block and those behind it."""
    operation, kernel, ratio, skip, filters = genes
    return (
        Layer(operation, kernel, stride, filters, ratio, skip),
        Layer(operation, kernel, 1, filters, ratio, skip),
    )


@lru_cache(maxsize=65_536)
def _block_prices(shape: Shape, stride: int, *genes: Any) -> tuple[Price, Price, Shape]:
    """Prices of a block's first layer and of each behind it, and the shape they write."""
    first, later = _pair(stride, *genes)
    inside = (first.c_out, -(-shape[1] // stride), -(-shape[2] // stride))
    return mnasnet_layer_price(shape, first), mnasnet_layer_price(inside, later), inside


@lru_cache(maxsize=1024)
def _stem(image: Shape, width: int, stride: int) -> Piece:
    return entrance(None, image, width, stride, _STYLE)[0].links[0].price(image)


@lru_cache(maxsize=4096)
def _head(shape: Shape, width: int, num_classes: int) -> Piece:
    return piece(mobile_head, shape, Head(width, 0, num_classes, _STYLE))


def _link(layer: Layer, place: int) -> Link:
    kernel = layer.kernel
    if layer.operation in ("conv", "sep_conv"):
        label = (
            f"{'Conv' if layer.operation == 'conv' else 'Sep conv'} {kernel}×{kernel}{' SE' if layer.se_ratio else ''}"
        )
        kind = f"{layer.operation}_{kernel}x{kernel}"
    else:
        expansion = EXPANSIONS[layer.operation]
        label, kind = mbconv_label(kernel, expansion, layer.se_ratio > 0), mbconv_name(kernel, expansion)
    if layer.skip == "pool":
        label += " + pool"
    if layer.stride == 2:
        label += ", stride 2"
    return Link(f"layer{place}", label, kind, mnasnet_layer, (layer,))
