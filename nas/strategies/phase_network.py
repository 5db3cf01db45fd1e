"""A Bayesian network over the phases of architectures, a chain p(x1) · p(x2 | x1) · p(x3 | x2) … learnt by counting.

Lu et al. 2019, NSGA-Net, arXiv 1810.03522, section 3.4. There a phase is a stage of the network, here what a space's
decisions are named after: the first numbered part of the name ("layers.2.filters" → "layers.2"), and of a decision about an
edge ("0 → 3") the node it leads to.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from nas.core.space import Sequential

Phase = tuple[int, ...]
"""The actions of one phase, in the order of its decisions."""

SMOOTHING = 0.1
"""Laplace's α, added to the count of every value of a phase that was seen at all."""


def phases_of(space: Sequential, actions: Sequence[int]) -> list[Phase]:
    """A complete sequence of actions, cut where the decisions begin to be about another phase."""
    phases: list[list[int]] = []
    before: str | None = None
    for place, action in enumerate(actions):
        decision = space.next_decision(actions[:place])
        assert decision is not None  # the sequence is complete
        name = _phase_name(decision.name)
        if name != before:
            phases.append([])
        phases[-1].append(action)
        before = name
    return [tuple(phase) for phase in phases]


def _phase_name(decision: str) -> str:
    node = decision.rpartition("→")[2].strip()
    numbered = re.match(r"(?:[^.\d][^.]*\.)*\d+(?=\.|$)", node)
    return numbered.group() if numbered else node


class PhaseNetwork:
    """What was counted. Draws nothing but phases that were seen, each at its own place."""

    def __init__(self, examples: Sequence[Sequence[Phase]]) -> None:
        """`examples`: architectures as `phases_of` gives them, at least one; they may differ in length."""
        self._seen: list[list[Phase]] = []  # per place, in the order of first appearance
        self._marginal: list[Counter[Phase]] = []
        self._given: list[defaultdict[Phase, Counter[Phase]]] = []
        for phases in examples:
            for place, phase in enumerate(phases):
                if place == len(self._marginal):
                    self._seen.append([])
                    self._marginal.append(Counter())
                    self._given.append(defaultdict(Counter))
                if phase not in self._marginal[place]:
                    self._seen[place].append(phase)
                self._marginal[place][phase] += 1
                if place > 0:
                    self._given[place][phases[place - 1]][phase] += 1

    def chances(self, place: int, before: Phase | None = None) -> dict[Phase, float]:
        """The distribution of a phase, given the one before it; the marginal without one or where nothing is known of it."""
        counts = self._marginal[place]
        if before is not None and self._given[place].get(before):
            counts = self._given[place][before]
        total = sum(counts.values()) + SMOOTHING * len(self._seen[place])
        return {phase: (counts[phase] + SMOOTHING) / total for phase in self._seen[place]}

    def draw(self, space: Sequential, rng: Generator, marginal_probability: float) -> list[int] | None:
        """Actions drawn phase by phase, with that probability from the marginal; None where they are no architecture of the
        space: what can be decided may depend on earlier phases."""
        actions: list[int] = []
        before: Phase | None = None
        for place in range(len(self._marginal)):
            if space.next_decision(actions) is None:
                break
            by_marginal = place > 0 and rng.random() < marginal_probability
            chances = self.chances(place, None if by_marginal else before)
            phases = list(chances)
            before = phases[int(rng.choice(len(phases), p=np.array(list(chances.values()))))]
            for action in before:
                decision = space.next_decision(actions)
                if decision is None or action >= decision.size:
                    return None
                actions.append(action)
        return actions if space.next_decision(actions) is None else None
