"""A policy over a space's sequence of decisions: an LSTM that reads each action and says what comes next.

Zoph and Le 2017, arXiv 1611.01578, section 3; the attention to earlier decisions is that of their anchor points
(section 3.3), the shaping of logits that of ENAS (Pham et al. 2018, arXiv 1802.03268).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.controllers.adam import Weights
from nas.controllers.losses import logit_gradient
from nas.controllers.lstm import Array, LstmLayer, LstmTape
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
    log_probs: Array  # (..., num_rows, num_options)
    logits: Array  # after shaping
    squashed: Array | None  # (num_attended, ..., num_rows, units), of the attention


class _Alike(NamedTuple):
    """Decisions that are scored together: the same options of them are closed, by the same weights, attending to the same."""

    places: list[int]
    scores: _Scores  # of (num_places, num_rows, ...)


@dataclass(frozen=True, slots=True)
class Unrolled:
    """Sequences of the same decisions, read by the policy, with all that gradients need.

    Attributes:
      log_probs: (num_rows, num_decisions), of the actions taken.
      entropies: (num_rows,), summed over the decisions.
      of_options: per decision the log-probabilities of all its options, (num_rows, num_options).
      tapes: of the layers, the lowest first.
      forbidden: operations that no option was taken for.
    """

    decisions: tuple[Decision, ...]
    actions: npt.NDArray[np.int64]
    log_probs: Array
    entropies: Array
    of_options: tuple[Array, ...]
    alike: tuple[_Alike, ...]
    tapes: tuple[LstmTape, ...]
    forbidden: frozenset[str]

    @property
    def tops(self) -> Array:
        """(num_decisions, num_rows, units), the states that the decisions are scored from."""
        return self.tapes[-1].hidden[1:]


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
        layers = self._layers()
        blank = np.zeros((num, self.shape.units))
        states = [(blank, blank)] * len(layers)
        tops: list[Array] = []
        earlier: dict[int, Array] = {}  # by place, its state as attention sees it
        x = np.tile(self.weights["start"], (num, 1))
        while True:
            rows_of: dict[Decision, list[int]] = {}
            for row, actions in enumerate(taken):
                decision = space.next_decision(actions)
                if decision is not None:
                    rows_of.setdefault(decision, []).append(row)
            if not rows_of:
                return [Drawn(tuple(decisions), actions) for decisions, actions in zip(made, taken, strict=True)]
            for number, layer in enumerate(layers):
                states[number] = layer.step(layer.sums(x), *states[number])
                x = states[number][0]
            tops.append(x)
            x = np.zeros_like(x)
            for decision, rows in rows_of.items():
                closed, chosen = decision.closed(forbidden), rows if len(rows) < num else slice(None)
                attends = self._attends(decision)
                for place in attends:
                    if place not in earlier:
                        earlier[place] = tops[place] @ self.weights["attend.earlier"].T
                attended = [earlier[place][chosen] for place in attends]
                log_probs = self._scores(decision, tops[-1][chosen], attended, closed).log_probs
                if rng is None:
                    options = log_probs.argmax(axis=1)
                else:
                    passed = np.exp(log_probs).cumsum(axis=1) <= rng.random((len(rows), 1))
                    last = max(set(range(decision.size)).difference(closed))
                    options = np.minimum(passed.sum(axis=1), last)  # the sum may end just below 1
                x[chosen] = self.weights[f"embed.{decision.group}"][options]
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
        num, weights = len(given), self.weights
        x = np.empty((len(decisions), num, self.shape.units))
        x[0] = weights["start"]
        for group, places in _places_read(decisions):
            x[[place + 1 for place in places]] = weights[f"embed.{group}"][given.T[places]]
        tapes = []
        for layer in self._layers():
            tapes.append(layer.read(x))
            x = tapes[-1].hidden[1:]
        alike, of_options = [], [x] * len(decisions)
        log_probs, entropies = np.empty((num, len(decisions))), np.zeros(num)
        earlier = _matmul(x, weights["attend.earlier"].T) if self.shape.attention else x
        for places in self._scored_together(decisions, forbidden):
            first = decisions[places[0]]
            attended = [earlier[place] for place in self._attends(first)]
            scores = self._scores(first, x[places], attended, first.closed(forbidden))
            alike.append(_Alike(places, scores))
            for place, each in zip(places, scores.log_probs, strict=True):
                of_options[place] = each
            taken = given.T[places][:, :, None]
            log_probs[:, places] = np.take_along_axis(scores.log_probs, taken, axis=2)[:, :, 0].T
            entropies -= (np.exp(scores.log_probs) * scores.log_probs).sum(axis=(0, 2))
        return Unrolled(
            decisions, given, log_probs, entropies, tuple(of_options), tuple(alike), tuple(tapes), forbidden
        )

    def gradients(self, unrolled: Unrolled, d_log_probs: Array, d_entropies: Array) -> Weights:
        """Of a loss whose gradients with respect to `log_probs` and `entropies` are given, for every weight."""
        weights = self.weights
        grads = {name: np.zeros_like(value) for name, value in weights.items()}
        d_tops, d_earlier = np.zeros((2, *unrolled.tops.shape))
        for alike in unrolled.alike:
            log_probs = alike.scores.log_probs
            d_logits = logit_gradient(
                _flat(log_probs),
                unrolled.actions.T[alike.places].ravel(),
                d_log_probs.T[alike.places].ravel(),
                np.tile(d_entropies, len(alike.places)),
            ).reshape(log_probs.shape)
            self._scores_back(unrolled, alike, d_logits, d_tops=d_tops, d_earlier=d_earlier, grads=grads)
        if self.shape.attention:
            grads["attend.earlier"] = _flat(d_earlier).T @ _flat(unrolled.tops)
            d_tops += _matmul(d_earlier, weights["attend.earlier"])
        d_x = d_tops
        for number, layer in reversed(list(enumerate(self._layers()))):
            d_x, grads[f"lstm.{number}.weight"], grads[f"lstm.{number}.bias"] = layer.back(unrolled.tapes[number], d_x)
        grads["start"] = d_x[0].sum(axis=0)
        for group, places in _places_read(unrolled.decisions):
            np.add.at(grads[f"embed.{group}"], unrolled.actions.T[places], d_x[[place + 1 for place in places]])
        return grads

    def _layers(self) -> list[LstmLayer]:
        return [
            LstmLayer(self.weights[f"lstm.{layer}.weight"], self.weights[f"lstm.{layer}.bias"])
            for layer in range(self.shape.layers)
        ]

    def _attends(self, decision: Decision) -> tuple[int, ...]:
        """Places whose options are scored by attention; all others are scored from the state alone."""
        return decision.attends if self.shape.attention else ()

    def _scored_together(self, decisions: Sequence[Decision], forbidden: frozenset[str]) -> Iterable[list[int]]:
        """The places of `decisions`, in parts that `_scores` can treat as one."""
        parts: dict[tuple[str, int, tuple[int, ...], tuple[int, ...]], list[int]] = {}
        for place, each in enumerate(decisions):
            key = (each.group, each.size, self._attends(each), each.closed(forbidden))
            parts.setdefault(key, []).append(place)
        return parts.values()

    def _scores(self, decision: Decision, now: Array, earlier: Sequence[Array], closed: Sequence[int]) -> _Scores:
        """Of all options, those that are closed without a chance.

        Args:
          now: (..., num_rows, units), states at which it is made. An option that stands for an earlier state h_i is scored
            v·tanh(W_earlier h_i + W_now h).
          earlier: W_earlier h_i of those it attends to, each (num_rows, units).
        """
        weights, num_plain = self.weights, decision.size - len(earlier)
        logits = _matmul(now, weights[f"head.{decision.group}"][:num_plain].T)
        logits += weights[f"bias.{decision.group}"][:num_plain]
        squashed = None
        if earlier:
            from_now = _matmul(now, weights["attend.now"].T)
            squashed = np.tanh(np.stack([each + from_now for each in earlier]))
            logits = np.concatenate([logits, np.moveaxis(squashed @ weights["attend.score"], 0, -1)], axis=-1)
        logits /= self.shape.temperature
        if self.shape.tanh_constant > 0:
            logits = self.shape.tanh_constant * np.tanh(logits)
        masked = logits
        if closed:
            masked = logits.copy()
            masked[..., closed] = _NO_CHANCE
        shifted = masked - masked.max(axis=-1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return _Scores(log_probs, logits, squashed)

    def _scores_back(
        self,
        unrolled: Unrolled,
        alike: _Alike,
        d_logits: Array,
        *,
        d_tops: Array,
        d_earlier: Array,
        grads: dict[str, Array],
    ) -> None:
        """Adds what `d_logits` of these decisions mean for weights, for their states, and for those that they attend to, as
        attention sees these."""
        places, scores = alike
        weights, decision, now = self.weights, unrolled.decisions[places[0]], unrolled.tops[places]
        attends = self._attends(decision)
        num_plain = decision.size - len(attends)
        if self.shape.tanh_constant > 0:
            d_logits = d_logits * self.shape.tanh_constant * (1 - (scores.logits / self.shape.tanh_constant) ** 2)
        d_logits = d_logits / self.shape.temperature
        d_plain = d_logits[..., :num_plain]
        grads[f"head.{decision.group}"][:num_plain] += _flat(d_plain).T @ _flat(now)
        grads[f"bias.{decision.group}"][:num_plain] += d_plain.sum(axis=(0, 1))
        d_tops[places] += _matmul(d_plain, weights[f"head.{decision.group}"][:num_plain])
        if scores.squashed is None:
            return
        d_scores = np.moveaxis(d_logits[..., num_plain:], -1, 0)[..., None]  # (num_attended, num_places, num_rows, 1)
        grads["attend.score"] += (d_scores * scores.squashed).sum(axis=(0, 1, 2))
        d_sums = d_scores * weights["attend.score"] * (1 - scores.squashed**2)
        d_now = d_sums.sum(axis=0)
        grads["attend.now"] += _flat(d_now).T @ _flat(now)
        d_tops[places] += _matmul(d_now, weights["attend.now"])
        for place, d_sum in zip(attends, d_sums.sum(axis=1), strict=True):
            d_earlier[place] += d_sum


def _flat(values: Array) -> Array:
    return values.reshape(-1, values.shape[-1])


def _matmul(values: Array, weight: Array) -> Array:
    """`values @ weight` in one product, whatever dimensions stand before the last one."""
    product: Array = (_flat(values) @ weight).reshape(*values.shape[:-1], weight.shape[1])
    return product


def _places_read(decisions: Sequence[Decision]) -> Iterable[tuple[str, list[int]]]:
    """By group, the places whose actions are read at the step after: all but the last."""
    places: dict[str, list[int]] = {}
    for place, decision in enumerate(decisions[:-1]):
        places.setdefault(decision.group, []).append(place)
    return places.items()
