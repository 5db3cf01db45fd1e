"""Networks as the text files of the code published with Gaier and Ha 2019 (arXiv 1906.04358), read and written.

A file is a matrix and a column: line = source, column = destination, both in the order bias, inputs, hidden nodes (sources
before readers), outputs; 0 is no connection, nan a disabled one, any other number a connection. The last column holds the
ids of the activations. Numbers other than 1 mean something only where weights were trained: published files carry left-overs.
How many inputs and outputs there are does not stand in the file.
"""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.core.errors import FieldError, InvalidGenotype
from nas.core.proposal import Genotype
from nas.wann.activations import ACTIVATIONS
from nas.wann.topology import Topology

MOST_NODES = 1000
LONGEST_TEXT = 16_000_000
MOST_ERRORS = 5

Connection = tuple[int, int]


def read_champion(text: str, num_inputs: int, num_outputs: int) -> Genotype:
    """The topology of a file; hidden nodes are numbered in the order in which they stand there. Raises InvalidGenotype."""
    return read_trained_champion(text, num_inputs, num_outputs)[0]


def read_trained_champion(text: str, num_inputs: int, num_outputs: int) -> tuple[Genotype, Mapping[Connection, float]]:
    """The topology and the number that stands at each enabled connection. Raises InvalidGenotype.

    The text may be hostile: its length and the number of nodes are looked at before any number is.
    """
    rows = _numbers(text, 1 + num_inputs + num_outputs)
    num_nodes = len(rows)
    node_ids = _node_ids(num_nodes, num_inputs, num_outputs)
    num_sources, first_destination = num_nodes - num_outputs, 1 + num_inputs
    errors: list[FieldError] = []
    connections: list[list[int]] = []
    weights: dict[Connection, float] = {}
    for row, line in enumerate(rows):
        for column in range(num_nodes):
            value = line[column]
            if value == 0:
                continue
            what = _misplaced(row, column, num_sources, first_destination)
            if what or math.isinf(value):
                number = "a connection" if math.isfinite(value) else f"{value}"
                why = f"{number} cannot stand here: {what or 'numbers must be finite, or nan where a connection is disabled'}"
                errors.append(FieldError(f"lines.{row + 1}.{column + 1}", why))
                if len(errors) == MOST_ERRORS:
                    raise InvalidGenotype(errors)
                continue
            ends = (node_ids[row], node_ids[column])
            connections.append([*ends, int(not math.isnan(value))])
            if not math.isnan(value):
                weights[ends] = value
    errors += _wrong_activations([line[-1] for line in rows], num_sources)[: MOST_ERRORS - len(errors)]
    if errors:
        raise InvalidGenotype(errors)
    activations = [int(line[-1]) for line in rows[first_destination:num_sources]]
    return {"activations": activations, "connections": sorted(connections)}, weights


def write_champion(
    genotype: Genotype,
    num_inputs: int,
    num_outputs: int,
    weights: Mapping[Connection, float] | None = None,
    *,
    like_reference: bool = False,
) -> str:
    """A file that `read_trained_champion` reads back.

    Args:
      weights: by (source, destination), of the enabled connections, none of them 0; None writes 1 everywhere.
      like_reference: three significant digits, as the published tools write; else as many as tell two numbers apart.
    """
    order = file_order(genotype, num_inputs, num_outputs)
    place = {node: number for number, node in enumerate(order)}
    table = [[0.0] * len(order) + [1.0] for _ in order]
    for source, destination, is_enabled in genotype["connections"]:
        value = (1.0 if weights is None else weights[source, destination]) if is_enabled else math.nan
        table[place[source]][place[destination]] = value
    first_hidden = 1 + num_inputs + num_outputs
    for node, activation in enumerate(genotype["activations"], first_hidden):
        table[place[node]][-1] = float(activation)
    written = (lambda value: f"{value:.2e}") if like_reference else (lambda value: f"{value:.17g}")
    return "".join(",".join(map(written, line)) + "\n" for line in table)


def file_order(genotype: Genotype, num_inputs: int, num_outputs: int) -> tuple[int, ...]:
    """The numbers of the nodes in the order of a file. Disabled connections count: they too stand above the diagonal.

    Of several hidden nodes that may come next it is the one created first. Raises InvalidGenotype where they form a cycle.
    """
    first_hidden = 1 + num_inputs + num_outputs
    num_hidden = len(genotype["activations"])
    readers: list[list[int]] = [[] for _ in range(num_hidden)]
    waits_for = [0] * num_hidden
    for source, destination, _ in genotype["connections"]:
        if source >= first_hidden and destination >= first_hidden:
            readers[source - first_hidden].append(destination - first_hidden)
            waits_for[destination - first_hidden] += 1
    ready = [node for node in range(num_hidden) if not waits_for[node]]
    hidden: list[int] = []
    while ready:
        node = heapq.heappop(ready)
        hidden.append(first_hidden + node)
        for reader in readers[node]:
            waits_for[reader] -= 1
            if not waits_for[reader]:
                heapq.heappush(ready, reader)
    if len(hidden) < num_hidden:
        raise InvalidGenotype.at("connections", "its connections, the disabled ones included, form a cycle")
    return (*range(1 + num_inputs), *hidden, *range(1 + num_inputs, first_hidden))


def tuned_weights(
    genotype: Genotype, num_inputs: int, num_outputs: int, offsets: Sequence[float], shared: float
) -> dict[Connection, float]:
    """Weights by connection from `offsets` in the order in which a file lists enabled connections, line after line.

    This is how the published tuning stores them, as offsets from the best shared weight. Raises InvalidGenotype.
    """
    place = {node: number for number, node in enumerate(file_order(genotype, num_inputs, num_outputs))}
    enabled = [(source, destination) for source, destination, is_enabled in genotype["connections"] if is_enabled]
    enabled.sort(key=lambda ends: (place[ends[0]], place[ends[1]]))
    if len(offsets) != len(enabled):
        raise InvalidGenotype.at("weights", f"there are {len(enabled)} connections, got {len(offsets)} weights")
    if not all(math.isfinite(value) for value in (*offsets, shared)):
        raise InvalidGenotype.at("weights", "weights must be finite numbers")
    return {ends: offset + shared for ends, offset in zip(enabled, offsets, strict=True)}


def edge_weights(topology: Topology, weights: Mapping[Connection, float]) -> npt.NDArray[np.float64]:
    """(E,) in the order of `topology.columns`: the weights of the connections that are still there after pruning."""
    first_hidden = 1 + topology.num_inputs + topology.num_outputs
    nodes = [first_hidden + int(number) for number in topology.hidden]
    nodes += range(1 + topology.num_inputs, first_hidden)
    return np.array(
        [
            weights[topology.node_of_column(int(column)), nodes[row]]
            for row, column in zip(topology.rows(), topology.columns, strict=True)
        ]
    )


def read_tuned_offsets(text: str) -> list[float]:
    """The offsets of a tuning file: JSON `[offsets, score]` or `[offsets, score, deviation]`. Raises InvalidGenotype."""
    if len(text) > LONGEST_TEXT:
        raise InvalidGenotype.at("", f"has {len(text):,} characters; at most {LONGEST_TEXT:,} are read")
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    offsets = value[0] if isinstance(value, list) and 2 <= len(value) <= 3 else None
    if not isinstance(offsets, list) or any(type(number) not in (int, float) for number in offsets):
        raise InvalidGenotype.at(
            "", "tuned weights are a JSON list: a list of numbers, the score, perhaps its deviation"
        )
    try:
        return [float(number) for number in offsets]
    except OverflowError:
        raise InvalidGenotype.at("", "a weight is too large for a number") from None


def _numbers(text: str, fewest: int) -> list[list[float]]:
    """Lines of equal length, one number more than there are lines."""
    if len(text) > LONGEST_TEXT:
        raise InvalidGenotype.at("", f"has {len(text):,} characters; at most {LONGEST_TEXT:,} are read")
    lines = text.strip().splitlines()
    if not fewest <= len(lines) <= MOST_NODES:
        raise InvalidGenotype.at(
            "lines",
            f"there must be one line per node: at least {fewest} (bias, inputs, outputs) and at most {MOST_NODES}, "
            f"got {len(lines)}",
        )
    rows = []
    for number, line in enumerate(lines, 1):
        commas = line.count(",")
        if commas != len(lines):
            raise InvalidGenotype.at(
                f"lines.{number}",
                f"must have {len(lines) + 1} numbers, one per node and the activation, got {commas + 1}",
            )
        row = []
        for column, cell in enumerate(line.split(","), 1):
            try:
                row.append(float(cell))
            except ValueError:
                raise InvalidGenotype.at(f"lines.{number}.{column}", f"must be a number, got {cell!r:.40}") from None
        rows.append(row)
    return rows


def _node_ids(num_nodes: int, num_inputs: int, num_outputs: int) -> list[int]:
    """In genotypes outputs are numbered before hidden nodes."""
    first_hidden = 1 + num_inputs + num_outputs
    return [*range(1 + num_inputs), *range(first_hidden, num_nodes), *range(1 + num_inputs, first_hidden)]


def _misplaced(row: int, column: int, num_sources: int, first_destination: int) -> str:
    """ "" where a connection may stand."""
    if column < first_destination:
        return "the bias and inputs read nothing"
    if row >= num_sources:
        return "outputs are read by nothing"
    return "" if row < column else "a node is read by later ones only, so all below the diagonal is 0"


def _wrong_activations(column: Sequence[float], num_sources: int) -> list[FieldError]:
    errors = []
    for row, value in enumerate(column):
        field = f"lines.{row + 1}.{len(column) + 1}"
        if not (math.isfinite(value) and value.is_integer() and int(value) in ACTIVATIONS):
            known = f"{min(ACTIVATIONS)} to {max(ACTIVATIONS)}"
            errors.append(FieldError(field, f"activations are numbered {known}, got {value:g}"))
        elif row >= num_sources and value != 1:
            errors.append(FieldError(field, f"outputs are linear, which is activation 1, got {value:g}"))
    return errors
