"""What experiments with several topologies say together, from results by hand."""

from __future__ import annotations

import pytest

from nas.studies.wann_experiments import WannExperiments
from nas.wann.experiment_results import Cell, PlanState
from nas.wann.experiments_together import topology_facts


def state(reinforce: list[float], backprop: list[float], saturating: float, deviation: float) -> PlanState:
    cells = {
        f"{arm}:{seed}": Cell(test=test, validation=0.5, params=9, connections=9, evaluations=100)
        for arm, tests in (("reinforce", reinforce), ("backprop", backprop))
        for seed, test in enumerate(tests)
    }
    return PlanState("plan", cells, {"saturating": saturating, "path_lengths": {"deviation": deviation}})


def test_the_lead_is_that_of_means_over_seeds() -> None:
    found = topology_facts(state([0.7, 0.9], [0.5, 0.6, 0.7], 0.25, 1.5))
    assert found is not None
    assert (found.lead, found.saturating, found.length_deviation) == (pytest.approx(0.2), 0.25, 1.5)


@pytest.mark.parametrize("lacking", [state([], [0.5], 0.1, 1), state([0.5], [], 0.1, 1), PlanState("plan")])
def test_who_lacks_one_side_is_left_out(lacking: PlanState) -> None:
    assert topology_facts(lacking) is None
    others = [state([0.5], [0.4], 0.1, 1.0)] * 2
    assert WannExperiments.views_together([one.as_json() for one in [*others, lacking]]) == []


def test_both_sides_are_correlated_with_the_lead() -> None:
    """Leads rise with flat activations, one neighbour pair swapped; the lengths are equal, so nothing goes with them."""
    leads = [0.0, 0.2, 0.1, 0.3, 0.4]
    states = [state([0.5 + lead], [0.5], place / 10, 1.0) for place, lead in enumerate(leads)]
    (view,) = WannExperiments.views_together([one.as_json() for one in states])
    assert view.data["lead_of_reinforce"] == pytest.approx(leads)
    correlations = view.data["correlations"]
    assert correlations["saturating"]["rho"] == pytest.approx(0.9)
    assert 0 < correlations["saturating"]["p"] < 0.05
    assert correlations["deviation_of_lengths"] == {"rho": None, "p": None}
