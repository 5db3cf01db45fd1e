"""Pictures of Once-for-All: the phases, the model of accuracy, what was found for each device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nas.core.view import View
from nas.strategies.once_for_all_model import Quality
from nas.strategies.specialised_for import SpecialisedFor
from nas.strategies.supernet_history import History
from nas.strategies.supernet_views import thinned

MEASURED = ("smallest", "middle", "largest")

_MOST_GENERATIONS = 100


def once_for_all_views(
    history: History,
    quality: Quality | None,
    found: Sequence[SpecialisedFor],
    shared_of: Callable[[SpecialisedFor], float | None],
    text_of: Callable[[SpecialisedFor], str],
) -> list[View]:
    """Those for which there are facts.

    Args:
      shared_of: accuracy with shared weights of what was found for a device, None while it is not scored.
      text_of: the architecture in short.
    """
    views = [_phases(history), _model(quality), _evolutions(found), _devices(found, shared_of, text_of)]
    return [view for view in views if view is not None]


def _phases(history: History) -> View | None:
    epochs = thinned(history.epochs)
    if not epochs:
        return None
    columns = {name: [facts["metrics"].get(f"{name}_accuracy") for facts in epochs] for name in MEASURED}
    data = {
        "epoch": [facts["epoch"] for facts in epochs],
        "phase": [facts["data"]["phase"] for facts in epochs],
        **columns,
    }
    return View("phases", "Phases", "phases", data)


def _model(quality: Quality | None) -> View | None:
    if quality is None:
        return None
    data = {
        "id": list(range(len(quality.measured))),
        "predicted": list(quality.predicted),
        "low": list(quality.low),
        "high": list(quality.high),
        "measured": list(quality.measured),
        "metric": "shared_accuracy",
        "rank_correlation": quality.tau,
        "rmse": quality.rmse,
        "num_taught": quality.num_taught,
    }
    return View("accuracy_model", "Model of accuracy on held-out networks", "predictions", data)


def _evolutions(found: Sequence[SpecialisedFor]) -> View | None:
    """The best prediction after each generation, of a long evolution evenly chosen ones."""
    rows = []
    for number, each in enumerate(found, start=1):
        bests = each.found.bests if each.found is not None else ()
        step = max(1.0, (len(bests) - 1) / (_MOST_GENERATIONS - 1))
        places = dict.fromkeys(round(place * step) for place in range(_MOST_GENERATIONS))
        rows += [(number, str(each.target), place, bests[place]) for place in places if place < len(bests)]
    if not rows:
        return None
    device, limit, generation, best = (list(column) for column in zip(*rows, strict=True))
    data = {"device": device, "limit": limit, "generation": generation, "best": best}
    return View("specialising", "Specialising for each device", "specialising", data)


def _devices(
    found: Sequence[SpecialisedFor],
    shared_of: Callable[[SpecialisedFor], float | None],
    text_of: Callable[[SpecialisedFor], str],
) -> View | None:
    if not found:
        return None
    data = {
        "limit": [str(each.target) for each in found],
        "cost": [each.found.price if each.found is not None else None for each in found],
        "predicted": [each.found.predicted if each.found is not None else None for each in found],
        "shared_accuracy": [shared_of(each) for each in found],
        "architecture": [text_of(each) if each.found is not None else each.reason for each in found],
    }
    return View("devices", "A network for each device", "table", data)
