"""One change of a topology. Gaier and Ha 2019, arXiv 1906.04358, section 3.1, with the shares of the code published with it.

That code splits the paper's third operator in two: new connections, and connections that were disabled and are enabled again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.wann.genome import Genome

Operator = Literal["activation", "insert", "add", "enable"]

SHARES: dict[Operator, float] = {"activation": 0.5, "insert": 0.25, "add": 0.2, "enable": 0.05}
"""Of all changes."""


@dataclass(frozen=True, slots=True)
class Variation:
    """What changes may lead to. `allowed`: activation ids of hidden nodes; `max_hidden`: beyond it none is inserted."""

    allowed: tuple[int, ...]
    max_hidden: int

    def shares(self) -> dict[Operator, float]:
        """Where only one activation is allowed none can be changed: its share goes to the others, in their proportion. (The
        published code fails there.)"""
        if len(self.allowed) > 1:
            return SHARES
        rest = 1 - SHARES["activation"]
        return {name: 0.0 if name == "activation" else share / rest for name, share in SHARES.items()}

    def initial(self, num_inputs: int, num_outputs: int, enabled_share: float, rng: Generator) -> Genome:
        """No hidden node; the bias and each input connected with each output, each enabled with that chance, at least one of
        them (the published code starts some small networks with none)."""
        sources = np.repeat(np.arange(1 + num_inputs, dtype=np.int32), num_outputs)
        outputs = np.arange(1 + num_inputs, 1 + num_inputs + num_outputs, dtype=np.int32)
        is_enabled = rng.random(len(sources)) < enabled_share
        is_enabled[rng.integers(len(sources))] |= not is_enabled.any()
        return Genome(
            num_inputs,
            num_outputs,
            np.empty(0, dtype=np.uint8),
            sources,
            np.tile(outputs, 1 + num_inputs),
            is_enabled,
        )

    def changed(self, genome: Genome, rng: Generator) -> tuple[Genome, Operator | None]:
        """A copy with exactly one change; `genome` itself and None where there is nothing for the drawn operator to change."""
        shares = self.shares()
        operator = list(shares)[rng.choice(len(shares), p=list(shares.values()))]
        child = self.applied(operator, genome, rng)
        return (genome, None) if child is None else (child, operator)

    def applied(self, operator: Operator, genome: Genome, rng: Generator) -> Genome | None:
        """A copy changed by `operator`, None where it has nothing to change."""
        match operator:
            case "activation":
                return self._other_activation(genome, rng)
            case "insert":
                return self._with_node(genome, rng)
            case "add":
                return _with_connection(genome, rng)
            case "enable":
                return _with_enabled(genome, rng)

    def _other_activation(self, genome: Genome, rng: Generator) -> Genome | None:
        """A uniform hidden node gets a uniform other activation."""
        if not genome.num_hidden:
            return None
        node = rng.integers(genome.num_hidden)
        others = [activation for activation in self.allowed if activation != genome.activations[node]]
        if not others:
            return None
        activations = genome.activations.copy()
        activations[node] = others[rng.integers(len(others))]
        return replace(genome, activations=activations)

    def _with_node(self, genome: Genome, rng: Generator) -> Genome | None:
        """A uniform enabled connection is disabled and a new node, reading its source, read by its destination, takes its place."""
        enabled = np.flatnonzero(genome.is_enabled)
        if not len(enabled) or genome.num_hidden >= self.max_hidden:
            return None
        split = enabled[rng.integers(len(enabled))]
        source, destination = genome.sources[split], genome.destinations[split]
        node = genome.first_hidden + genome.num_hidden
        is_enabled = genome.is_enabled.copy()
        is_enabled[split] = False
        # The new node has the largest number: what leads to it comes last of its source, what leads away comes last of all.
        places = [np.searchsorted(genome.sources, source, side="right"), len(genome.sources)]
        return replace(
            genome,
            activations=np.append(genome.activations, np.uint8(self.allowed[rng.integers(len(self.allowed))])),
            sources=np.insert(genome.sources, places, [source, node]),
            destinations=np.insert(genome.destinations, places, [node, destination]),
            is_enabled=np.insert(is_enabled, places, True),
        )


def _with_connection(genome: Genome, rng: Generator) -> Genome | None:
    """Nodes in random order: the first from which a node of a strictly higher layer can be reached that it is not connected
    with gets a uniform such connection. Disabled connections count as connections."""
    layers = _layers(genome)
    for source in rng.permutation(len(layers)):
        begin, end = np.searchsorted(genome.sources, [source, source + 1])
        is_free = layers > layers[source]
        is_free[genome.destinations[begin:end]] = False
        free = np.flatnonzero(is_free)
        if len(free):
            destination = free[rng.integers(len(free))]
            place = begin + np.searchsorted(genome.destinations[begin:end], destination)
            return replace(
                genome,
                sources=np.insert(genome.sources, place, source),
                destinations=np.insert(genome.destinations, place, destination),
                is_enabled=np.insert(genome.is_enabled, place, True),
            )
    return None


def _with_enabled(genome: Genome, rng: Generator) -> Genome | None:
    """A uniform disabled connection is enabled."""
    disabled = np.flatnonzero(~genome.is_enabled)
    if not len(disabled):
        return None
    is_enabled = genome.is_enabled.copy()
    is_enabled[disabled[rng.integers(len(disabled))]] = True
    return replace(genome, is_enabled=is_enabled)


def _layers(genome: Genome) -> npt.NDArray[np.int64]:
    """Per node: bias and inputs 0, hidden nodes their level, outputs one more than the highest of them."""
    hidden = genome.levels()
    fixed = np.zeros(genome.first_hidden, dtype=np.int64)
    fixed[1 + genome.num_inputs :] = 1 + max(hidden, default=0)
    return np.concatenate([fixed, hidden])
