"""Which parts of one architecture are which parts of another: nodes and groups matched, in order, group by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nas.core.graph import Graph, Group, Node

_SAME_ID = 0.2
_OTHER_OPERATION = 0.3
_LEAST_GROUP = 0.1
_MOST_PAIRS = 250_000
"""Pairs of members that are weighed; beyond it (500 against 500 in one group) ids decide."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Ids of the first graph → ids of the second; what is missing has no counterpart."""

    nodes: Mapping[str, str]
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Item:
    """A node, or a group with the operations inside it."""

    id: str
    node: Node | None
    group: Group | None
    operations: Counter[str]


def aligned(first: Graph, second: Graph) -> Alignment:
    """Match the two graphs from their outermost groups in. O(n · m) for n and m members of matched groups.

    Where the members of two groups have the same ids they are matched by id: cells of one topology, random graphs of one
    size. Else the order decides (Needleman and Wunsch 1970): layers and cells keep their order, and what fits best
    (operation, shape, id; of groups the operations inside) is matched, so that an inserted layer shifts nothing.
    """
    nodes: dict[str, str] = {}
    groups: dict[str, str] = {}
    members_of = _members(first), _members(second)
    waiting: list[tuple[str | None, str | None]] = [(None, None)]
    while waiting:
        here, there = waiting.pop()
        for one, other in _matched(members_of[0].get(here, []), members_of[1].get(there, [])):
            if one.group is not None:
                groups[one.id] = other.id
                waiting.append((one.id, other.id))
            else:
                nodes[one.id] = other.id
    return Alignment(nodes, groups)


def _members(graph: Graph) -> dict[str | None, list[_Item]]:
    """Per group its nodes and inner groups, in the order in which they first appear among the nodes."""
    of_id = {group.id: group for group in graph.groups}
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    found: dict[str | None, dict[tuple[bool, str], None]] = defaultdict(dict)
    nodes = {node.id: node for node in graph.nodes}
    for node in graph.nodes:
        child: tuple[bool, str] = (False, node.id)
        group = node.group
        seen: set[str] = set()
        while group in of_id and group not in seen:
            seen.add(group)
            inside[group][node.operation] += 1
            found[group].setdefault(child)
            child, group = (True, group), of_id[group].parent
        found[None].setdefault(child)
    return {
        group: [
            _Item(name, None, of_id[name], inside[name])
            if is_group
            else _Item(name, nodes[name], None, Counter([nodes[name].operation]))
            for is_group, name in members
        ]
        for group, members in found.items()
    }


def _matched(ones: Sequence[_Item], others: Sequence[_Item]) -> list[tuple[_Item, _Item]]:
    by_id = {other.id: other for other in others}
    same = [(one, by_id[one.id]) for one in ones if one.id in by_id]
    same = [(one, other) for one, other in same if (one.node is None) == (other.node is None)]
    if len(same) == len(ones) == len(others) or len(ones) * len(others) > _MOST_PAIRS:
        return same
    start = 0
    while start < min(len(ones), len(others)) and _is_same(ones[start], others[start]):
        start += 1
    end = 0
    while end < min(len(ones), len(others)) - start and _is_same(ones[-1 - end], others[-1 - end]):
        end += 1
    middle = _in_order(ones[start : len(ones) - end], others[start : len(others) - end], _similarity)
    ends = zip(ones[len(ones) - end :], others[len(others) - end :], strict=True)
    return [*zip(ones[:start], others[:start], strict=True), *middle, *ends]


def _in_order(
    ones: Sequence[_Item], others: Sequence[_Item], similarity: Callable[[_Item, _Item], float]
) -> list[tuple[_Item, _Item]]:
    """The pairs, in both orders, with the largest sum of similarities; a pair without any similarity is none."""
    best = [[0.0] * (len(others) + 1) for _ in range(len(ones) + 1)]
    alike = [[similarity(one, other) for other in others] for one in ones]
    for i in range(len(ones) - 1, -1, -1):
        row, below, likeness = best[i], best[i + 1], alike[i]
        for j in range(len(others) - 1, -1, -1):
            row[j] = max(below[j + 1] + likeness[j], below[j], row[j + 1])
    pairs, i, j = [], 0, 0
    while i < len(ones) and j < len(others):
        if alike[i][j] > 0 and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((ones[i], others[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _is_same(one: _Item, other: _Item) -> bool:
    if one.node is not None and other.node is not None:
        return one.node.operation == other.node.operation and one.node.shape == other.node.shape
    return one.node is None and other.node is None and one.operations == other.operations


def _similarity(one: _Item, other: _Item) -> float:
    """0 where they cannot stand for each other; a node never stands for a group."""
    same_id = _SAME_ID if one.id == other.id else 0.0
    if one.node is not None and other.node is not None:
        if one.node.operation != other.node.operation:
            return _OTHER_OPERATION + same_id
        return (1.0 if one.node.shape == other.node.shape else 0.8) + same_id
    if one.node is None and other.node is None:
        shared = sum((one.operations & other.operations).values())
        return max(_LEAST_GROUP, 2 * shared / (one.operations.total() + other.operations.total())) + same_id
    return 0.0
