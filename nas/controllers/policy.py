"""A policy over a space's sequence of decisions: an LSTM that reads each action and says what comes next.

Zoph and Le 2017, arXiv 1611.01578, section 3; the attention to earlier decisions is that of their anchor points
(section 3.3), the shaping of logits that of ENAS (Pham et al. 2018, arXiv 1802.03268).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.controllers.adam import Weights
from nas.controllers.losses import logit_gradient
from nas.controllers.lstm import Array, LstmTape, lstm_step, lstm_step_back
from nas.core.space import Decision, Sequential

_NO_CHANCE = -1e30
"""A logit whose probability is 0 and whose share of gradient and entropy is 0 as well; infinity would make them NaN."""


@dataclass(frozen=True, slots=True)
class PolicyShape:
    """What a policy is made of.

    Attributes:
      units: of each LSTM, and of the embeddings of actions.
      tanh_constant: logits z become c·tanh(z / temperature); 0 leaves them at z / temperature.
      attention: score options that earlier decisions stand for by their states, else like any other option.
    """

    units: int
    layers: int
    tanh_constant: float = 0.0
    temperature: float = 1.0
    attention: bool = True

    def initial(self, groups: Mapping[str, int], spread: float, rng: Generator) -> Weights:
        """Every weight uniform in ±spread. `groups`: of decisions, how many options each has."""
        return {name: rng.uniform(-spread, spread, size=shape) for name, shape in self._shapes(groups).items()}

    def num_weights(self, groups: Mapping[str, int]) -> int:
        return sum(prod(shape) for shape in self._shapes(groups).values())

    def _shapes(self, groups: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
        units = self.units
        shapes: dict[str, tuple[int, ...]] = {"start": (units,)}
        for layer in range(self.layers):
            shapes |= {f"lstm.{layer}.weight": (4 * units, 2 * units), f"lstm.{layer}.bias": (4 * units,)}
        for group, size in groups.items():
            shapes |= {f"embed.{group}": (size, units), f"head.{group}": (size, units), f"bias.{group}": (size,)}
        return shapes | {"attend.earlier": (units, units), "attend.now": (units, units), "attend.score": (units,)}


class Drawn(NamedTuple):
    """A complete sequence: what was decided, and the options taken."""

    decisions: tuple[Decision, ...]
    actions: list[int]


class _Scores(NamedTuple):
    log_probs: Array  # (num_rows, num_options)
    logits: Array  # after shaping
    squashed: Array | None  # (num_attended, num_rows, units), of the attention


@dataclass(frozen=True, slots=True)
class Unrolled:
    """Sequences of the same decisions, read by the policy, with all that gradients need.

    Attributes:
      log_probs: (num_rows, num_decisions), of the actions taken.
      entropies: (num_rows,), summed over the decisions.
      scores: per decision the log-probabilities of all its options.
      forbidden: operations that no option was taken for.
    """

    decisions: tuple[Decision, ...]
    actions: npt.NDArray[np.int64]
    log_probs: Array
    entropies: Array
    scores: tuple[_Scores, ...]
    tops: tuple[Array, ...]
    tapes: tuple[tuple[LstmTape, ...], ...]
    forbidden: frozenset[str]


class Policy:
    """Weights with a shape. Rows are sequences side by side. Where operations are forbidden, the options that use them have no
    probability, and the others share what is left.
    """

    def __init__(self, shape: PolicyShape, weights: Weights) -> None:
        self.shape, self.weights = shape, weights

    def sample(
        self, space: Sequential, rng: Generator | None, num: int = 1, *, forbidden: frozenset[str] = frozenset()
    ) -> list[Drawn]:
        """`num` independent draws; without `rng` always the most probable option."""
        taken: list[list[int]] = [[] for _ in range(num)]
        made: list[list[Decision]] = [[] for _ in range(num)]
        states, tops = self._blank(num), list[Array]()
        x = np.tile(self.weights["start"], (num, 1))
        while True:
            rows_of: dict[Decision, list[int]] = {}
            for row, actions in enumerate(taken):
                decision = space.next_decision(actions)
                if decision is not None:
                    rows_of.setdefault(decision, []).append(row)
            if not rows_of:
                return [Drawn(tuple(decisions), actions) for decisions, actions in zip(made, taken, strict=True)]
            states, _ = self._advance(x, states)
            tops.append(states[-1][0])
            x = np.zeros_like(x)
            for decision, rows in rows_of.items():
                closed = decision.closed(forbidden)
                log_probs = self._scores(decision, tops, closed, rows if len(rows) < num else slice(None)).log_probs
                if rng is None:
                    options = log_probs.argmax(axis=1)
                else:
                    passed = np.exp(log_probs).cumsum(axis=1) <= rng.random((len(rows), 1))
                    last = max(option for option in range(decision.size) if option not in closed)
                    options = np.minimum(passed.sum(axis=1), last)  # the sum may end just below 1
                x[rows] = self.weights[f"embed.{decision.group}"][options]
                for row, option in zip(rows, options.tolist(), strict=True):
                    taken[row].append(option)
                    made[row].append(decision)

    def read(
        self,
        decisions: tuple[Decision, ...],
        actions: Sequence[Sequence[int]],
        forbidden: frozenset[str] = frozenset(),
    ) -> Unrolled:
        """Probabilities along given sequences, one row of actions each; none takes what is forbidden."""
        given = np.array(actions, dtype=np.int64)
        num = len(given)
        states, tops = self._blank(num), list[Array]()
        x = np.tile(self.weights["start"], (num, 1))
        tapes, scores, columns = [], [], []
        entropies = np.zeros(num)
        for decision, column in zip(decisions, given.T, strict=True):
            states, tape = self._advance(x, states)
            tapes.append(tape)
            tops.append(states[-1][0])
            scored = self._scores(decision, tops, decision.closed(forbidden))
            scores.append(scored)
            columns.append(scored.log_probs[np.arange(num), column])
            entropies -= (np.exp(scored.log_probs) * scored.log_probs).sum(axis=1)
            x = self.weights[f"embed.{decision.group}"][column]
        log_probs = np.stack(columns, axis=1)
        return Unrolled(decisions, given, log_probs, entropies, tuple(scores), tuple(tops), tuple(tapes), forbidden)

    def gradients(self, unrolled: Unrolled, d_log_probs: Array, d_entropies: Array) -> Weights:
        """Of a loss whose gradients with respect to `log_probs` and `entropies` are given, for every weight."""
        weights, shape = self.weights, self.shape
        grads = {name: np.zeros_like(value) for name, value in weights.items()}
        num = len(unrolled.actions)
        d_tops = [np.zeros((num, shape.units)) for _ in unrolled.decisions]
        d_states = self._blank(num)
        for place in reversed(range(len(unrolled.decisions))):
            column = unrolled.actions[:, place]
            d_logits = logit_gradient(unrolled.scores[place].log_probs, column, d_log_probs[:, place], d_entropies)
            self._scores_back(unrolled, place, d_logits, d_tops, grads)
            d_above = d_tops[place]
            for layer in reversed(range(shape.layers)):
                d_hidden, d_cell = d_states[layer]
                d_above, d_hidden, d_cell = lstm_step_back(
                    weights[f"lstm.{layer}.weight"],
                    unrolled.tapes[place][layer],
                    d_hidden + d_above,
                    d_cell,
                    d_weight=grads[f"lstm.{layer}.weight"],
                    d_bias=grads[f"lstm.{layer}.bias"],
                )
                d_states[layer] = (d_hidden, d_cell)
            if place == 0:
                grads["start"] += d_above.sum(axis=0)
            else:
                before = unrolled.decisions[place - 1].group
                np.add.at(grads[f"embed.{before}"], unrolled.actions[:, place - 1], d_above)
        return grads

    def _blank(self, num: int) -> list[tuple[Array, Array]]:
        """(hidden, cell) of each layer before the first step."""
        zero = np.zeros((num, self.shape.units))
        return [(zero, zero)] * self.shape.layers

    def _advance(
        self, x: Array, states: Sequence[tuple[Array, Array]]
    ) -> tuple[list[tuple[Array, Array]], tuple[LstmTape, ...]]:
        after, tapes = [], []
        for layer, (hidden_before, cell_before) in enumerate(states):
            weight, bias = self.weights[f"lstm.{layer}.weight"], self.weights[f"lstm.{layer}.bias"]
            x, cell, tape = lstm_step(weight, bias, x, hidden_before, cell_before)
            after.append((x, cell))
            tapes.append(tape)
        return after, tuple(tapes)

    def _num_plain(self, decision: Decision) -> int:
        """Options that are scored from the state alone; the others by attention."""
        return decision.size - len(decision.attends) if self.shape.attention else decision.size

    def _scores(
        self,
        decision: Decision,
        tops: Sequence[Array],
        closed: Sequence[int],
        rows: Sequence[int] | slice = slice(None),
    ) -> _Scores:
        """Of all options, those that are closed without a chance. `tops` are the states up to now; an attended option i is scored
        v·tanh(W_earlier h_i + W_now h).
        """
        weights, now, num_plain = self.weights, tops[-1][rows], self._num_plain(decision)
        logits = now @ weights[f"head.{decision.group}"][:num_plain].T + weights[f"bias.{decision.group}"][:num_plain]
        squashed = None
        if num_plain < decision.size:
            earlier = np.stack([tops[place][rows] for place in decision.attends])
            squashed = np.tanh(earlier @ weights["attend.earlier"].T + now @ weights["attend.now"].T)
            logits = np.concatenate([logits, (squashed @ weights["attend.score"]).T], axis=1)
        logits = logits / self.shape.temperature
        if self.shape.tanh_constant > 0:
            logits = self.shape.tanh_constant * np.tanh(logits)
        masked = logits
        if closed:
            masked = logits.copy()
            masked[:, closed] = _NO_CHANCE
        shifted = masked - masked.max(axis=1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return _Scores(log_probs, logits, squashed)

    def _scores_back(
        self, unrolled: Unrolled, here: int, d_logits: Array, d_tops: list[Array], grads: dict[str, Array]
    ) -> None:
        """Adds what `d_logits` of the decision at place `here` means for weights and states."""
        decision, scores, now = unrolled.decisions[here], unrolled.scores[here], unrolled.tops[here]
        weights, num_plain = self.weights, self._num_plain(decision)
        if self.shape.tanh_constant > 0:
            d_logits = d_logits * self.shape.tanh_constant * (1 - (scores.logits / self.shape.tanh_constant) ** 2)
        d_logits = d_logits / self.shape.temperature
        d_plain = d_logits[:, :num_plain]
        grads[f"head.{decision.group}"][:num_plain] += d_plain.T @ now
        grads[f"bias.{decision.group}"][:num_plain] += d_plain.sum(axis=0)
        d_tops[here] += d_plain @ weights[f"head.{decision.group}"][:num_plain]
        if scores.squashed is None:
            return
        d_scores = d_logits[:, num_plain:].T[:, :, None]  # (num_attended, num_rows, 1)
        grads["attend.score"] += (d_scores * scores.squashed).sum(axis=(0, 1))
        d_sums = d_scores * weights["attend.score"] * (1 - scores.squashed**2)
        d_now = d_sums.sum(axis=0)
        grads["attend.now"] += d_now.T @ now
        d_tops[here] += d_now @ weights["attend.now"]
        for place, d_sum in zip(decision.attends, d_sums, strict=True):
            grads["attend.earlier"] += d_sum.T @ unrolled.tops[place]
            d_tops[place] += d_sum @ weights["attend.earlier"]
