"""All mobile networks of one width and resolution as one network: every block open, in turn each of its operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.choice import Candidate, choose
from nas.blueprint.draft import Draft, Value
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape
from nas.core.space import Row
from nas.operations.inverted_residual import Bottleneck, inverted_residual
from nas.spaces.chain import Link, chain_blueprint
from nas.spaces.genes import Gene
from nas.spaces.mobile_config import MobileConfig
from nas.spaces.mobile_network import ZERO, Skeleton, block_link, block_of, framed


def searched_blocks(config: MobileConfig, genes: Iterable[Gene]) -> tuple[Gene, ...]:
    """The blocks that have a choice. Raises InvalidConfig at "space" where other things than blocks are searched, or nothing."""
    wrong = []
    if config.depth_search == "stage_depth":
        wrong.append(
            "set Depth to zero_operation or fixed (a supernet leaves out single blocks, it cuts off no stages)"
        )
    if len(config.width_multipliers) != 1:
        wrong.append("give one width multiplier")
    if len(config.resolutions) > 1:
        wrong.append("give one resolution, or none")
    if wrong:
        raise InvalidConfig.at("space", f"these mobile networks do not fit into one supernet: {'; '.join(wrong)}")
    blocks = tuple(gene for gene in genes if gene.kind == "operation" and len(gene.options) > 1)
    if not blocks:
        raise InvalidConfig.at("space", "every block has one operation only; allow a second kernel or expansion")
    return blocks


def row_of(block: Gene) -> Row:
    _, stage, _, place = block.path
    group = f"stage{int(stage) + 1}"
    return Row(f"{group}.block{int(place) + 1}", group, block.options)


def open_network(
    skeleton: Skeleton,
    config: MobileConfig,
    genes: Sequence[Gene],
    image: Shape,
    num_classes: int,
) -> Blueprint:
    """Where a block may be left out, one of its options hands its input on. Batch norms keep their scales: of the options of
    a block one will be computed, or one will count.
    """
    rows = {block.path: number for number, block in enumerate(searched_blocks(config, genes))}
    of_stages: list[list[Gene]] = [[] for _ in skeleton.stages]
    for gene in genes:
        if gene.kind == "operation":
            of_stages[int(gene.path[1])].append(gene)

    def links_of(number: int, channels: tuple[int, int]) -> Iterable[Link]:
        for place, gene in enumerate(of_stages[number]):
            blocks = tuple(
                None if name == ZERO else block_of(skeleton, skeleton.stages[number], name, channels, place)
                for name in gene.options
            )
            if gene.path in rows:
                label = f"One of {len(blocks)}"
                yield Link(f"block{place + 1}", label, "choice", open_block, (rows[gene.path], blocks))
            elif blocks[0] is not None:
                yield block_link(blocks[0], gene.options[0], place)

    scale = (config.width_multipliers[0], config.resolutions[0] if config.resolutions else None)
    parts = framed(skeleton, scale, links_of, image, num_classes, dropout=config.dropout)
    return chain_blueprint(parts, image)


def open_block(draft: Draft, x: Value, row: int, blocks: Sequence[Bottleneck | None]) -> Value:
    """One of `blocks`, None for none at all."""
    candidates: list[Candidate] = [_hand_on if block is None else partial(_write_block, block) for block in blocks]
    return choose(draft, row, candidates, x)


def _write_block(block: Bottleneck, draft: Draft, x: Value) -> Value:
    return inverted_residual(draft, x, block)


def _hand_on(draft: Draft, x: Value) -> Value:
    return x
