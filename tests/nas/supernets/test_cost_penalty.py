"""Expected costs and the losses that charge for them, against worked examples."""

from __future__ import annotations

import pytest
import torch

from nas.core.errors import InvalidConfig
from nas.supernets.cost_penalty import CostPenalty
from nas.supernets.expected_cost import ExpectedCost, penalised
from nas.supernets.penalty_prices import cost_facts, prices_of
from nas.supernets.prices import RowPrices
from tests.support.supernets import digits_setup

ALPHAS = (0.1, -0.3, 0.2, 0.0)
PRICES = RowPrices(0.0, ((3.0, 5.0, 4.0, 0.0),))


def test_expectation_and_its_gradient() -> None:
    alphas = torch.tensor(ALPHAS, dtype=torch.float64, requires_grad=True)
    expected = ExpectedCost(PRICES, torch.device("cpu"))([alphas.softmax(0)])
    (gradient,) = torch.autograd.grad(expected, alphas)
    assert float(expected.detach()) == pytest.approx(2.92698987, abs=1e-8)
    assert gradient.tolist() == pytest.approx([0.01983794, 0.37756964, 0.32221570, -0.71962327], abs=1e-8)


@pytest.mark.parametrize(
    ("form", "cost", "loss"),
    [
        ("mul_log", 100.0, 0.30450362),
        ("mul_log", 60.0, 0.29395041),
        ("add_linear", 100.0, 1.525),
        ("add_linear", 60.0, 1.475),
        ("add", 60.0, 7.5),
    ],
)
def test_losses_with_a_price(form: str, cost: float, loss: float) -> None:
    penalty = CostPenalty.parse(
        {"penalised_cost": "latency_ms", "penalty_form": form, "penalty_target": 80.0, "latency_table": "phone"}
    )
    entropy, expected = torch.tensor(1.5, dtype=torch.float64), torch.tensor(cost, dtype=torch.float64)
    assert float(penalised(entropy, expected, penalty)) == pytest.approx(loss, abs=1e-8)


def test_macs_are_charged_by_the_million_and_nothing_without_a_penalty() -> None:
    entropy, expected = torch.tensor(1.5), torch.tensor(3e6, dtype=torch.float64)
    charged = CostPenalty.parse({"penalised_cost": "macs", "penalty_weight": 0.5})
    assert float(penalised(entropy, expected, charged)) == pytest.approx(3.0)
    assert penalised(entropy, expected, CostPenalty()) is entropy


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"penalised_cost": "macs", "penalty_form": "add_linear"}, "needs a target"),
        ({"penalised_cost": "macs", "penalty_form": "mul_log", "penalty_target": 1.0}, "above 1"),
        ({"penalised_cost": "latency_ms"}, "latency table must be chosen"),
    ],
)
def test_a_penalty_that_cannot_be_computed_is_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidConfig, match=says):
        CostPenalty.parse(settings)


def test_prices_say_what_networks_cost() -> None:
    setup = digits_setup()
    prices = prices_of(CostPenalty(), setup)
    genotype = {"edges": ["nor_conv_3x3", "none", "nor_conv_1x1", "skip_connect", "none", "nor_conv_3x3"]}
    path = setup.space.path_of(genotype)
    one_hot = [[float(k == option) for k in range(5)] for option in path]
    facts = cost_facts(prices, one_hot, path)
    assert facts["chosen_cost"]["macs"] == setup.cost(genotype).macs
    assert facts["expected"] == facts["chosen_cost"]
