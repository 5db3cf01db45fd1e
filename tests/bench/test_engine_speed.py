"""How fast the engine's closed forms are: goals in processor time of one core, so that busy neighbours matter less."""

from __future__ import annotations

from itertools import product
from time import process_time

import numpy as np

from nas.analysis.pareto import Front
from nas.drawing.layout import layered
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from nas.spaces.nasbench201_cell import OPERATION_NAMES, cell_peak
from tests.nas.drawing.graphs import cells_in_a_row

GENOTYPES = [{"edges": list(edges)} for edges in product(OPERATION_NAMES, repeat=6)]


def test_ten_thousand_costs_a_second() -> None:
    space = NasBench201(NasBench201Config())
    cell_peak.cache_clear()
    start = process_time()
    for genotype in GENOTYPES:
        space.cost(genotype, (3, 32, 32), 10)
    assert len(GENOTYPES) / (process_time() - start) > 10_000


def test_ten_thousand_canonical_forms_a_second() -> None:
    space = NasBench201(NasBench201Config())
    start = process_time()
    for genotype in GENOTYPES:
        space.canonical(genotype)
    assert len(GENOTYPES) / (process_time() - start) > 10_000


def test_one_more_point_among_a_hundred_thousand_on_the_front_takes_ten_milliseconds() -> None:
    n = 100_000
    losses = np.stack([np.arange(n), n - np.arange(n), np.zeros(n)], axis=1).tolist()
    front: Front[int] = Front.from_state({"version": 1, "num_objectives": 3, "keys": list(range(n)), "losses": losses})
    start = process_time()
    dominated = front.add(n, (n, n, 1.0))
    on_front = front.add(n + 1, (n / 2 - 1, n / 2 - 1, 1.0))
    assert (process_time() - start) / 2 < 0.010
    assert not dominated
    assert on_front.added == (n + 1,)


def test_three_hundred_nodes_are_laid_out_in_a_tenth_of_a_second() -> None:
    graph = cells_in_a_row(23)
    assert len(graph.nodes) == 300
    times = []
    for _ in range(5):
        start = process_time()
        layered(graph)
        times.append(process_time() - start)
    assert min(times) < 0.1
