"""Which random graphs a wiring is drawn from: the generators of Xie et al. 2019, arXiv 1904.01569, and their settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from numpy.random import Generator
from pydantic import field_validator

from nas.core.config import Config, setting
from nas.spaces.wiring_graphs import Wiring, barabasi_albert, connected, erdos_renyi, watts_strogatz

GraphGenerator = Literal["ws", "ba", "er", "mixed"]

_PUBLISHED: tuple[tuple[Any, ...], ...] = (
    *(("er", p) for p in (0.2, 0.4, 0.6, 0.8)),
    *(("ba", m) for m in (3, 5, 7)),
    *(("ws", k, p) for k in (2, 4, 6, 8) for p in (0.0, 0.25, 0.5, 0.75, 1.0)),
)
"""The settings that the paper compares."""

_GENERATORS: dict[str, Callable[..., Wiring]] = {
    "er": erdos_renyi,
    "ba": barabasi_albert,
    "ws": watts_strogatz,
}


class StartWiring(Config):
    """By default what the paper found best: WS(4, 0.75)."""

    generator: GraphGenerator = setting(
        "ws",
        title="Random graphs",
        description="Watts–Strogatz, Barabási–Albert, Erdős–Rényi, or any of the published settings of all three (mixed).",
    )
    ws_k: int = setting(
        4,
        title="Watts–Strogatz: neighbours K",
        description="Each node of the ring is joined to half as many on either side; even.",
        unit="nodes",
        ge=2,
        le=32,
    )
    ws_p: float = setting(
        0.75,
        title="Watts–Strogatz: rewiring P",
        description="Chance that an edge of the ring moves its far end; 0 leaves the plain ring.",
        ge=0,
        le=1,
    )
    ba_m: int = setting(
        5,
        title="Barabási–Albert: links M",
        description="Each new node links to so many others.",
        unit="links",
        ge=1,
        le=32,
    )
    er_p: float = setting(
        0.2,
        title="Erdős–Rényi: edges P",
        description="Chance that two nodes are joined; unconnected graphs are drawn again.",
        gt=0,
        le=1,
    )

    @field_validator("ws_k")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError(f"must be even, got {value}: half of the neighbours lie on either side")
        return value

    def check_generator(self, fewest_nodes: int) -> None:
        """Raises ValueError where the generator cannot make graphs of so few nodes."""
        if self.generator == "ws" and self.ws_k >= fewest_nodes:
            raise ValueError(f"K = {self.ws_k} neighbours need more than {self.ws_k} nodes, a stage has {fewest_nodes}")
        if self.generator == "ba" and self.ba_m >= fewest_nodes:
            raise ValueError(f"M = {self.ba_m} links need more than {self.ba_m} nodes, a stage has {fewest_nodes}")


def draw_wiring(config: StartWiring, num_nodes: int, rng: Generator) -> Wiring:
    """A connected graph by the generator; one that falls apart is drawn again, up to 200 times.

    Raises ConstraintLeavesNothing where none of them is connected.
    """
    of_generator: dict[str, tuple[Any, ...]] = {
        "er": ("er", config.er_p),
        "ba": ("ba", config.ba_m),
        "ws": ("ws", config.ws_k, config.ws_p),
    }
    if config.generator == "mixed":
        fitting = [one for one in _PUBLISHED if one[0] == "er" or one[1] < num_nodes]
        name, *settings = fitting[rng.integers(len(fitting))]
    else:
        name, *settings = of_generator[config.generator]
    what = f"{name.upper()}({', '.join(f'{one:g}' for one in settings)}) of {num_nodes} nodes"
    return connected(partial(_GENERATORS[name], num_nodes, *settings, rng), what)


def ring(num_nodes: int, num_neighbours: int) -> Wiring:
    """WS(K, 0): the ring without any rewiring."""
    near = range(1, num_neighbours // 2 + 1)
    beside = [{(node + sign * step) % num_nodes for step in near for sign in (-1, 1)} for node in range(num_nodes)]
    return [sorted(other for other in beside[node] if other < node) for node in range(num_nodes)]
