"""Compiled loops: populations of topologies on batches of examples, one value for all their connections at a time.

Examples come in tiles that fit the processor's cache, a column per example. What a row reads of bias and inputs is summed once
for all values of the weight. Sums run over the connections there are (rows of ones and zeros, mostly zeros).
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.wann import layering
from nas.wann.compiled import compiled, jit
from nas.wann.vector_math import activate, exp_of_negative

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LOWEST_LOG = -700.0
"""A log-probability is never taken as less: one example that is surely wrong does not hide all others, and no reward is infinite."""

first_edges = jit(layering.first_edges)
longest_paths = jit(layering.longest_paths)
kept_hidden = jit(layering.kept_hidden)
read_columns = jit(layering.read_columns)


@jit
def add_rows(total: Floats, columns: Ints, first: int, last: int, values: Floats) -> None:
    """total (t,) += the rows `columns[first:last]` of `values` (·, t)."""
    place = first
    while place + 4 <= last:
        a, b = values[columns[place]], values[columns[place + 1]]
        c, d = values[columns[place + 2]], values[columns[place + 3]]
        for i in range(len(total)):
            total[i] += (a[i] + b[i]) + (c[i] + d[i])
        place += 4
    while place < last:
        a = values[columns[place]]
        for i in range(len(total)):
            total[i] += a[i]
        place += 1


@jit
def sum_inputs(starts: Ints, columns: Ints, num_given: int, tile: Floats, sums: Floats, firsts: Ints) -> None:
    """sums (R, t): what each row reads of the bias and the inputs `tile` (1 + I, t). firsts (R,): where other columns begin."""
    for row in range(len(sums)):
        first = starts[row]
        while first < starts[row + 1] and columns[first] < num_given:
            first += 1
        sums[row] = 0.0
        add_rows(sums[row], columns, starts[row], first, tile)
        firsts[row] = first


@jit
def compute_rows(
    activations: Ints, starts: Ints, read_rows: Ints, firsts: Ints, sums: Floats, weight: float, values: Floats
) -> None:
    """values (R, t): all rows in order, the connections' common `weight`; `read_rows` are columns counted from the first row."""
    for row in range(len(values)):
        z = values[row]
        for i in range(len(z)):
            z[i] = sums[row, i]
        add_rows(z, read_rows, firsts[row], starts[row + 1], values)
        for i in range(len(z)):
            z[i] *= weight
        if row < len(activations):
            activate(activations[row], z)


@jit
def add_scores(outputs: Floats, labels: Ints, losses: Floats, hits: Ints, weight: int) -> None:
    """Add the cross-entropy of each example of a tile to losses[weight], and whether it is right to hits[weight].

    Args:
      outputs: (O, t).
      labels: (t,); −1 where the tile holds no example.

    An output that is no number gets the lowest log-probability and is wrong. Of equal largest outputs the first answers.
    """
    num_classes, size = outputs.shape
    highest, total, answer = outputs[0].copy(), np.zeros(size), np.zeros(size, dtype=np.int64)
    for output in range(1, num_classes):
        for i in range(size):
            if outputs[output, i] > highest[i]:
                highest[i] = outputs[output, i]
                answer[i] = output
    for output in range(num_classes):
        for i in range(size):
            total[i] += exp_of_negative(outputs[output, i] - highest[i])
    for i in range(size):
        label = labels[i]
        if label >= 0:
            log_probability = outputs[label, i] - highest[i] - math.log(total[i])
            if log_probability >= LOWEST_LOG:
                losses[weight] -= log_probability
            else:
                losses[weight] -= LOWEST_LOG
            if answer[i] == label and total[i] >= 1.0:
                hits[weight] += 1


@compiled
def lay_out(
    num_inputs: int, num_outputs: int, activations: Any, sources: Any, destinations: Any, is_enabled: Any
) -> tuple[Ints, Ints, Ints]:
    """Activations of the hidden rows, starts and columns, as `Topology` has them."""
    first = 1 + num_inputs + num_outputs
    firsts = first_edges(first, len(activations), sources)
    levels, order, _ = longest_paths(first, firsts, destinations, is_enabled)
    hidden = kept_hidden(first, firsts, levels, order, activations, destinations, is_enabled)
    starts, columns = read_columns(num_inputs, num_outputs, len(activations), hidden, sources, destinations, is_enabled)
    return activations[hidden].astype(np.int64), starts, columns


@compiled
def score_population(
    num_inputs: int,
    num_outputs: int,
    first_nodes: Ints,
    activations: Any,
    first_connections: Ints,
    sources: Any,
    destinations: Any,
    is_enabled: Any,
    tiles: Floats,
    labels: Ints,
    weights: Floats,
) -> tuple[Floats, Ints]:
    """Sums of cross-entropies (nats) and numbers of right answers, (P, W) each.

    Args:
      first_nodes, first_connections: (P + 1,) where in the arrays behind them each genome begins.
      tiles: (tiles, 1 + I, t), labels: (tiles, t): as `Examples` has them.
      weights: (W,).
    """
    num_members = len(first_nodes) - 1
    losses = np.zeros((num_members, len(weights)))
    hits = np.zeros((num_members, len(weights)), dtype=np.int64)
    for member in range(num_members):
        first, last = first_connections[member], first_connections[member + 1]
        of_rows, starts, columns = lay_out(
            num_inputs,
            num_outputs,
            activations[first_nodes[member] : first_nodes[member + 1]],
            sources[first:last],
            destinations[first:last],
            is_enabled[first:last],
        )
        read_rows = columns - (1 + num_inputs)
        sums = np.empty((len(starts) - 1, tiles.shape[2]))
        values = np.empty_like(sums)
        firsts = np.empty(len(sums), dtype=np.int64)
        for tile in range(len(tiles)):
            sum_inputs(starts, columns, 1 + num_inputs, tiles[tile], sums, firsts)
            for weight in range(len(weights)):
                compute_rows(of_rows, starts, read_rows, firsts, sums, weights[weight], values)
                add_scores(values[len(of_rows) :], labels[tile], losses[member], hits[member], weight)
    return losses, hits


@compiled
def compute_outputs(
    num_inputs: int, num_outputs: int, activations: Ints, starts: Ints, columns: Ints, tiles: Floats, weights: Floats
) -> Floats:
    """(tiles, W, O, t): what one topology answers."""
    read_rows = columns - (1 + num_inputs)
    sums = np.empty((len(starts) - 1, tiles.shape[2]))
    values = np.empty_like(sums)
    firsts = np.empty(len(sums), dtype=np.int64)
    answers = np.empty((len(tiles), len(weights), num_outputs, tiles.shape[2]))
    for tile in range(len(tiles)):
        sum_inputs(starts, columns, 1 + num_inputs, tiles[tile], sums, firsts)
        for weight in range(len(weights)):
            compute_rows(activations, starts, read_rows, firsts, sums, weights[weight], values)
            answers[tile, weight] = values[len(activations) :]
    return answers
