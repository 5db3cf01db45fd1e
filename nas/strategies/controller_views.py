"""What a controller shows of itself: its policy, and how learning went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nas.controllers.policy import Unrolled
from nas.core.view import View

_TITLES = {
    True: "Policy, learning at the published rate",
    False: "Policy, learning at a practical rate",
}


def policy_view(likely: Unrolled, facts: Mapping[str, float]) -> View:
    """Probabilities of all options, decision by decision, along the most probable architecture.

    Columns: `decision`, `options` (names, a list per decision), `probabilities` (the same lengths), `chosen` (the option
    taken), `probability` (its own).
    """
    probabilities = [[round(float(p), 4) for p in np.exp(each[0])] for each in likely.of_options]
    actions = likely.actions[0].tolist()
    data: dict[str, Any] = {
        "decision": [decision.name for decision in likely.decisions],
        "chosen": [decision.options[action] for decision, action in zip(likely.decisions, actions, strict=True)],
        "probability": [row[action] for row, action in zip(probabilities, actions, strict=True)],
        "options": [list(decision.options) for decision in likely.decisions],
        "probabilities": probabilities,
        **facts,
    }
    return View("policy", _TITLES[facts["learning_rate"] == facts["published_learning_rate"]], "policy", data)


def learning_view(history: Sequence[tuple[float, ...]], *, num_controllers: int, accumulate: int) -> View:
    """Columns, a row per update. `entropy`: of an architecture, in nats; `staleness`: updates since the weights were pulled
    that drew the oldest batch in it.
    """
    names = ("update", "reward", "baseline", "entropy", "staleness")
    columns: dict[str, Any] = {name: [row[place] for row in history] for place, name in enumerate(names)}
    columns |= {name: list(map(int, columns[name])) for name in ("update", "staleness")}
    columns |= {"controllers": num_controllers, "batches_per_update": accumulate}
    return View("learning", "Reward and entropy", "learning", columns)
