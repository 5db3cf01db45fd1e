"""The order in which the nodes of a graph are computed, by passes over its edges.

Plain loops over arrays that call nothing of ours: run as they are for one network, and compiled where whole populations are
laid out (nas/wann/network_kernels.py).

Node numbers: 0 bias, 1 … I inputs, I+1 … I+O outputs, then the H hidden ones in order of creation. Edges are sorted by source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

NUM_IDS = 12
"""One more than the largest activation id."""


def first_edges(first_hidden: int, num_hidden: int, sources: Array) -> Array:
    """(H + 1,) int64: the edges of hidden node h are those from `result[h]` to `result[h + 1]`."""
    return np.searchsorted(sources, np.arange(first_hidden, first_hidden + num_hidden + 1))


def longest_paths(first_hidden: int, firsts: Array, destinations: Array, counts: Array) -> tuple[Array, Array, int]:
    """The level of each hidden node: 1, or one more than the highest level among the hidden nodes it reads (Kahn 1962). O(H + E).

    Args:
      firsts: what `first_edges` returns.
      counts: (E,) bool, whether an edge counts.

    Returns levels (H,), an order (H,) in which what is read precedes, and how many entries of it are valid: fewer than H where
    the edges that count form a cycle.
    """
    num_hidden = len(firsts) - 1
    levels = np.ones(num_hidden, dtype=np.int64)
    num_awaited = np.zeros(num_hidden, dtype=np.int64)
    for edge in range(firsts[0], firsts[num_hidden]):
        if counts[edge] and destinations[edge] >= first_hidden:
            num_awaited[destinations[edge] - first_hidden] += 1
    order = np.zeros(num_hidden, dtype=np.int64)
    num_ready = 0
    for node in range(num_hidden):
        if num_awaited[node] == 0:
            order[num_ready] = node
            num_ready += 1
    place = 0
    while place < num_ready:
        node = order[place]
        place += 1
        for edge in range(firsts[node], firsts[node + 1]):
            reader = destinations[edge] - first_hidden
            if counts[edge] and reader >= 0:
                levels[reader] = max(levels[reader], levels[node] + 1)
                num_awaited[reader] -= 1
                if num_awaited[reader] == 0:
                    order[num_ready] = reader
                    num_ready += 1
    return levels, order, num_ready


def kept_hidden(  # noqa: PLR0917 - compiled code takes its arguments by position
    first_hidden: int,
    firsts: Array,
    levels: Array,
    order: Array,
    activations: Array,
    destinations: Array,
    counts: Array,
) -> Array:
    """The hidden nodes (counted from 0) that an output depends on, sorted by level, activation, number: a counting sort."""
    num_hidden = len(levels)
    is_read = np.zeros(num_hidden, dtype=np.bool_)
    num_levels = 0
    for place in range(num_hidden - 1, -1, -1):
        node = order[place]
        for edge in range(firsts[node], firsts[node + 1]):
            reader = destinations[edge] - first_hidden
            if counts[edge] and (reader < 0 or is_read[reader]):
                is_read[node] = True
                num_levels = max(num_levels, levels[node])
    places = np.zeros((num_levels + 1) * NUM_IDS + 1, dtype=np.int64)
    for node in range(num_hidden):
        if is_read[node]:
            places[levels[node] * NUM_IDS + activations[node] + 1] += 1
    for key in range(len(places) - 1):
        places[key + 1] += places[key]
    hidden = np.empty(places[-1], dtype=np.int64)
    for node in range(num_hidden):
        if is_read[node]:
            key = levels[node] * NUM_IDS + activations[node]
            hidden[places[key]] = node
            places[key] += 1
    return hidden


def read_columns(  # noqa: PLR0917 - as above
    num_inputs: int,
    num_outputs: int,
    num_hidden: int,
    hidden: Array,
    sources: Array,
    destinations: Array,
    counts: Array,
) -> tuple[Array, Array]:
    """What each row reads, as compressed sparse rows: row r reads `columns[starts[r] : starts[r + 1]]`.

    Rows are the `hidden` nodes in that order, then the outputs; columns are the bias, the inputs, then the rows. Those of a row
    hold bias and inputs before hidden nodes.
    """
    num_rows = len(hidden) + num_outputs
    row_of = np.full(num_outputs + num_hidden, -1, dtype=np.int64)  # of node 1 + I, 2 + I, …
    for output in range(num_outputs):
        row_of[output] = len(hidden) + output
    for row in range(len(hidden)):
        row_of[num_outputs + hidden[row]] = row
    starts = np.zeros(num_rows + 1, dtype=np.int64)
    for edge in range(len(sources)):
        row = row_of[destinations[edge] - num_inputs - 1]
        if counts[edge] and row >= 0:
            starts[row + 1] += 1
    for row in range(num_rows):
        starts[row + 1] += starts[row]
    columns = np.empty(starts[num_rows], dtype=np.int64)
    free = starts[:-1].copy()
    for edge in range(len(sources)):
        row = row_of[destinations[edge] - num_inputs - 1]
        if counts[edge] and row >= 0:
            source = sources[edge]
            columns[free[row]] = source if source <= num_inputs else 1 + num_inputs + row_of[source - num_inputs - 1]
            free[row] += 1
    return starts, columns
