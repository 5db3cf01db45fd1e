"""What tests of strategies with a population share: telling results by hand and reading the view back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.strategy import Strategy


def tell(strategy: Strategy, proposal: Proposal, accuracy: float = 0.5, **metrics: float) -> None:
    metrics = {"accuracy": accuracy, **metrics}
    strategy.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, metrics))


def fail(strategy: Strategy, proposal: Proposal) -> None:
    strategy.tell(proposal.id, Result(proposal.id, ResultStatus.DIVERGED, {"accuracy": 1.0}, reason="loss became NaN"))


def cancel(strategy: Strategy, proposal: Proposal) -> None:
    """As if it had never been asked for: no result, and nobody is to blame."""
    strategy.tell(proposal.id, Result(proposal.id, ResultStatus.CANCELLED, reason="not needed"))


def full(strategy: Strategy, accuracies: Sequence[float], **metrics: Sequence[float]) -> list[Proposal]:
    """Asks for as many as there are accuracies and tells them in order."""
    proposals = strategy.ask(len(accuracies))
    for i, proposal in enumerate(proposals):
        tell(strategy, proposal, accuracies[i], **{name: values[i] for name, values in metrics.items()})
    return proposals


def shown(strategy: Strategy, name: str = "population") -> Mapping[str, Any]:
    """The data of the view of that name."""
    return next(view.data for view in strategy.views() if view.name == name)


def bits(proposal: Proposal) -> str:
    assert proposal.genotype is not None
    text: str = proposal.genotype["bits"]
    return text
