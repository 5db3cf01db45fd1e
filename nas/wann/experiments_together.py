"""What the experiments with several topologies say together. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from nas.core.view import View
from nas.wann.diagnostics.hypotheses import FEWEST_TOPOLOGIES, Correlation, TopologyFacts, hypotheses
from nas.wann.experiment_results import PlanState

_FEWEST_SHOWN = 3


def topology_facts(state: PlanState) -> TopologyFacts | None:
    """None where one of the two tunings or the topology's numbers are missing."""
    found = state.diagnostics
    reinforced, trained = state.of("reinforce"), state.of("backprop")
    if not reinforced or not trained or not found.get("path_lengths") or found.get("saturating") is None:
        return None
    lead = fmean(cell.test for cell in reinforced) - fmean(cell.test for cell in trained)
    return TopologyFacts(lead, float(found["saturating"]), float(found["path_lengths"]["deviation"]))


def views_together(states: Sequence[PlanState]) -> list[View]:
    """A point for each topology; [] with fewer than three."""
    facts = [of_one for state in states if (of_one := topology_facts(state)) is not None]
    if len(facts) < _FEWEST_SHOWN:
        return []
    found = hypotheses(facts)
    data = {
        "saturating": [one.saturating for one in facts],
        "deviation_of_lengths": [one.length_deviation for one in facts],
        "lead_of_reinforce": [one.lead for one in facts],
        "correlations": {"saturating": _numbers(found.saturation), "deviation_of_lengths": _numbers(found.lengths)},
        "fewest": FEWEST_TOPOLOGIES,
    }
    return [View("hypotheses", "What goes with gradients doing worse", "hypotheses", data)]


def _numbers(found: Correlation) -> dict[str, float | None]:
    return {"rho": found.rho, "p": found.p}
