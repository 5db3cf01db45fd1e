"""DARTS' training: what each step leaves alone, stops that change nothing, remedies, sizes, prices, failures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nas.core.errors import Interrupted, InvalidConfig
from nas.core.proposal import Proposal
from nas.core.result import ResultStatus
from nas.core.setup import SearchSetup
from nas.hardware.latency_table import LatencyRow, LatencyTable, TableFingerprint
from nas.hardware.network_pieces import pieces_of, pieces_of_space
from nas.jobs.local import LocalContext
from nas.jobs.train_supernet import TrainSupernet
from nas.supernets.darts import DartsTraining
from nas.supernets.darts_recipe import DartsRecipe
from nas.supernets.network import WeightedSum
from nas.supernets.penalty_prices import latency_prices
from nas.supernets.search_size import searched_space
from nas.supernets.statistics_at_rest import statistics_at_rest
from nas.supernets.task import SupernetTask
from nas.supernets.training import Surroundings
from nas.training.checkpoint import unpack
from nas.training.data import place
from nas.training.environment import reproducible
from tests.support.supernets import digits_setup

CPU = torch.device("cpu")
TINY: dict[str, Any] = {"epochs": 2, "batch_size": 64, "alpha_rate": 0.05, "calibration_batches": 1}


@pytest.fixture(scope="module")
def setup() -> SearchSetup:
    return digits_setup("nasbench201")


def training(setup: SearchSetup, **changed: Any) -> DartsTraining:
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=5)
    with reproducible(CPU, 5):
        made = DartsTraining(DartsRecipe.parse({**TINY, **changed}), setup, at)
    made.network.train()
    return made


def trained(
    setup: SearchSetup, folder: Path, *legs: SupernetTask, should_stop: Callable[[], bool] = lambda: False
) -> list[LocalContext]:
    contexts = []
    for number, leg in enumerate(legs):
        continues = number - 1 if number else None
        proposal = Proposal(number, kind="train_supernet", continues=continues, began_as=0, payload=leg.as_json())
        context = LocalContext("train_supernet", setup, [proposal], folder=folder, should_stop=should_stop)
        TrainSupernet().run(context)
        contexts.append(context)
    return contexts


def state(made: DartsTraining) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in made.network.state_dict().items()}


@pytest.mark.parametrize(
    "settings",
    [
        {"order": "first"},
        {"order": "second"},
        {"order": "second", "second_derivative": "exact"},
        {"relaxation": "sigmoid", "auxiliary_skip": True},
    ],
    ids=["first", "second", "exact", "sigmoid"],
)
def test_a_step_of_the_alphas_leaves_the_weights_alone_and_the_other_way_round(
    setup: SearchSetup, settings: dict[str, Any]
) -> None:
    made = training(setup, **settings)
    batch = made.at.train.batch(torch.arange(16))
    made.weight_step(*batch, 0.02)  # there is momentum now
    weights, alphas = state(made), made.alphas.values.detach().clone()
    gradients = [parameter.grad for parameter in made.network.parameters()]
    made.architecture_step(batch, made.at.train.batch(torch.arange(16, 32)), 0.02)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in state(made).items())
    assert all(a is b for a, b in zip(gradients, (p.grad for p in made.network.parameters()), strict=True))
    assert not torch.equal(made.alphas.values, alphas)
    alphas = made.alphas.values.detach().clone()
    made.weight_step(*batch, 0.02)
    assert torch.equal(made.alphas.values, alphas)
    assert made.alphas.values.grad is None
    now = state(made)
    assert not torch.equal(now["stem.conv.weight"], weights["stem.conv.weight"])
    assert not torch.equal(now["stem.bn.running_mean"], weights["stem.bn.running_mean"])


def test_second_order_is_first_order_where_the_weights_do_not_move(setup: SearchSetup) -> None:
    batches = (torch.arange(16), torch.arange(16, 32))
    found = []
    for order in ("first", "second"):
        made = training(setup, order=order)
        found.append(made.architecture_step(*[made.at.train.batch(each) for each in batches], rate=0.0))
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-6)


def test_second_order_looks_ahead_by_the_step_that_the_weights_take(setup: SearchSetup) -> None:
    """With the momentum that the optimiser has and its weight decay, but without its clipping."""
    made = training(setup, order="second", weight_decay=0.1, gradient_clip=None)
    batch = made.at.train.batch(torch.arange(16))
    made.weight_step(*batch, 0.02)  # there is momentum now
    before = [weight.detach().clone() for weight in made.weights()]
    leaves = [weight.clone().requires_grad_() for weight in before]
    with statistics_at_rest(made.network):
        gradients = torch.autograd.grad(made._loss_by_weights(*batch)(leaves), leaves, materialize_grads=True)
    ahead = made._descent(0.02).after(before, gradients)
    made.weight_step(*batch, 0.02)
    for expected, weight in zip(ahead, made.weights(), strict=True):
        torch.testing.assert_close(weight.detach(), expected, rtol=1e-5, atol=1e-6)


def test_alphas_move_before_the_weights_and_look_ahead_with_their_batch(setup: SearchSetup) -> None:
    made = training(setup)
    seen: list[tuple[str, torch.Tensor]] = []
    moves_alphas, moves_weights = made.architecture_step, made.weight_step

    def alphas_move(train: Any, decision: Any, rate: float) -> torch.Tensor:
        seen.append(("alphas", train[0]))
        assert not torch.equal(train[0], decision[0])
        return moves_alphas(train, decision, rate)

    def weights_move(inputs: torch.Tensor, targets: torch.Tensor, rate: float, **more: Any) -> torch.Tensor:
        seen.append(("weights", inputs))
        return moves_weights(inputs, targets, rate, **more)

    made.architecture_step, made.weight_step = alphas_move, weights_move  # type: ignore[method-assign]
    made.run(1)
    assert [name for name, _ in seen] == ["alphas", "weights"] * made.steps_per_epoch
    assert all(torch.equal(seen[at][1], seen[at + 1][1]) for at in range(0, len(seen), 2))


def test_what_an_epoch_came_to_is_looked_at_without_a_trace(setup: SearchSetup) -> None:
    made, other = training(setup, watch_eigenvalue=True, eigenvalue_every=1), training(setup)
    for each in (made, other):
        each.weight_step(*each.at.train.batch(torch.arange(16)), 0.02)
        each.epoch = 1
    before = state(made)
    assert "eigenvalue" in made.end_epoch().data
    assert all(torch.equal(tensor, before[name]) for name, tensor in state(made).items())
    assert torch.equal(made.decision_batch()[0], other.decision_batch()[0])


def test_the_eigenvalue_is_the_largest_of_the_whole_second_derivative() -> None:
    """Of the validation loss by twelve alphas, on the next batch of their half."""
    made = training(digits_setup("nasbench201", operations=["skip_connect", "nor_conv_1x1"]), batch_size=32)
    made.network.train()
    alphas = made.alphas.values
    found = made.eigenvalue()
    inputs, targets = made.decision_batch()
    with statistics_at_rest(made.network):
        loss = made.loss_of(made.network(inputs, WeightedSum(made._weights())), targets)
        (gradient,) = torch.autograd.grad(loss, alphas, create_graph=True)
        rows = [torch.autograd.grad(each, alphas, retain_graph=True)[0].flatten() for each in gradient.flatten()]
    values = torch.linalg.eigvalsh(torch.stack(rows).double())
    assert found == pytest.approx(float(values[-1]), rel=1e-3)
    assert values[-1] > 0


def test_sigmoids_are_driven_apart_by_their_distance_from_a_half(setup: SearchSetup) -> None:
    """FairDARTS, arXiv 1911.12126, equation 4 with the weight 10 of its code; the mixture's own loss here is 3."""
    made = training(setup, relaxation="sigmoid")
    with torch.no_grad():
        made.alphas.values.fill_(math.log(4))  # a sigmoid of 0.8
    loss = made._decision_loss(torch.tensor(3.0))
    assert loss.item() == pytest.approx(3 - 10 * 0.3**2)


@pytest.mark.parametrize("order", ["first", "second"])
def test_an_interrupted_leg_and_two_short_legs_give_the_same_bits(
    setup: SearchSetup, tmp_path: Path, order: str
) -> None:
    task = SupernetTask("darts", {**TINY, "order": order}, 0, 2)
    folders = [tmp_path / name for name in ("whole", "stopped", "legs")]
    for folder in folders:
        folder.mkdir()
    (whole,) = trained(setup, folders[0], task)
    asked = iter(range(1000))
    with pytest.raises(Interrupted):
        trained(setup, folders[1], task, should_stop=lambda: next(asked) > 4)
    (stopped,) = trained(setup, folders[1], task)
    legs = trained(setup, folders[2], replace(task, until_epoch=1), replace(task, from_epoch=1))
    expected = unpack((folders[0] / "0.checkpoint").read_bytes())[0]
    assert "own.alphas.values" in expected
    assert "own.alphas.adam.0.first_moment" in expected
    for folder, last in ((folders[1], 0), (folders[2], 1)):
        other = unpack((folder / f"{last}.checkpoint").read_bytes())[0]
        assert expected.keys() == other.keys()
        assert all(torch.equal(tensor, other[name]) for name, tensor in expected.items())
    assert whole.results[0].payload == stopped.results[0].payload == legs[-1].results[0].payload


def test_facts_of_an_epoch(setup: SearchSetup, tmp_path: Path) -> None:
    settings = {**TINY, "epochs": 3, "warmup_epochs": 1, "watch_eigenvalue": True}
    legs = [SupernetTask("darts", settings, epoch, epoch + 1) for epoch in range(2)]
    first, second = (context.results[0].payload for context in trained(setup, tmp_path, *legs))
    assert first["data"]["phase"] == "warm-up"
    assert first["data"]["gradient_norms"]["alphas"] == 0 < first["data"]["gradient_norms"]["weights"]
    assert all(abs(share - 0.2) < 0.01 for row in first["data"]["probabilities"] for share in row)
    assert "eigenvalue" not in first["data"]
    assert second["data"]["phase"] == "search"
    assert second["data"]["gradient_norms"]["alphas"] > 0
    assert second["data"]["eigenvalue"] != 0
    assert {"validation_loss", "validation_accuracy", "shared_accuracy", "train_loss"} <= second["metrics"].keys()
    edges = second["genotype"]["edges"]
    assert second["data"]["skips"] == edges.count("skip_connect")
    assert second["data"]["chosen_cost"]["macs"] == pytest.approx(setup.cost(second["genotype"]).macs, rel=0.05)
    space: Any = setup.space
    rows = second["data"]["probabilities"]
    assert second["genotype"] == space.derived(rows)
    assert all(sum(row) == pytest.approx(1, abs=1e-4) for row in rows)


def test_a_price_makes_what_is_expected_cheaper(setup: SearchSetup) -> None:
    batches = (torch.arange(16), torch.arange(16, 32))
    spent = []
    for settings in ({}, {"penalised_cost": "macs", "penalty_weight": 1e4}):
        made = training(setup, **settings)
        for _ in range(8):
            made.architecture_step(*[made.at.train.batch(each) for each in batches], rate=0.02)
        spent.append(made._prices["macs"].expected(made.alphas.as_lists()))
    assert spent[1] < 0.9 * spent[0]


def test_alphas_rest_where_half_precision_overflows(setup: SearchSetup) -> None:
    made = training(setup)
    before = made.alphas.values.detach().clone()
    batch = made.decision_batch()
    made._scaler = torch.amp.GradScaler("cpu", init_scale=3e38)  # old GPUs begin with a scale that is too large
    gradient = made.architecture_step(batch, batch, 0.01)
    assert torch.isfinite(gradient).all()
    assert torch.isfinite(made.alphas.values).all()
    assert (made.alphas.values - before).abs().max() < 0.1


def test_with_a_loss_that_alphas_cannot_change_they_do_not_move() -> None:
    """Both options of every row are alike: no connection at all, and weight decay is off."""
    setup = digits_setup("nasbench201", operations=["none", "skip_connect"])
    made = training(setup, alpha_weight_decay=0.0)
    made.loss_of = lambda logits, targets: logits.sum() * 0.0  # type: ignore[method-assign]
    before = made.alphas.values.detach().clone()
    batch = made.at.train.batch(torch.arange(8))
    made.architecture_step(batch, batch, 0.02)
    assert torch.equal(made.alphas.values, before)


def test_the_network_that_is_searched_in_may_have_another_size() -> None:
    setup = digits_setup("darts")
    made = training(setup, search_filters=8, search_cells=4)
    small = training(setup)
    ratio = sum(p.numel() for p in made.network.parameters()) / sum(p.numel() for p in small.network.parameters())
    assert ratio > 3
    assert made.alphas.sizes == small.alphas.sizes
    assert made._prices["macs"] == small._prices["macs"]  # of the network that is trained in the end


def test_sizes_that_the_space_cannot_have_are_refused() -> None:
    space = digits_setup("darts").space
    assert searched_space(space, None, None) is space
    with pytest.raises(InvalidConfig, match="search_cells: must be at least 3"):
        searched_space(space, None, 2)
    with pytest.raises(InvalidConfig, match="search_filters: the networks of Mobile"):
        searched_space(digits_setup("mobile").space, 8, None)


def test_a_rate_that_is_too_high_is_named(setup: SearchSetup, tmp_path: Path) -> None:
    wild = {**TINY, "epochs": 30, "learning_rate": 100.0, "weight_decay": 1.0, "gradient_clip": None}
    (context,) = trained(setup, tmp_path, SupernetTask("darts", wild, 0, 30))
    assert context.results[0].status is ResultStatus.DIVERGED
    assert "learning rate" in context.results[0].reason


def test_an_auxiliary_skip_fades() -> None:
    made = training(digits_setup("darts"), auxiliary_skip=True)
    before = made._weights()[0].sum().item()
    made.epoch = 1  # of two
    assert (before, made._weights()[0].sum().item()) == (pytest.approx(2.0), pytest.approx(1.5))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 3, "warmup_epochs": 3}, "must be shorter than the training"),
        ({"early_stop": "eigenvalue", "epochs_per_leg": 2}, "epochs_per_leg must be 1"),
        ({"penalised_cost": "latency_ms"}, "a latency table must be chosen"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfig, match=message):
        DartsRecipe.parse(settings)


def test_milliseconds_of_a_path_are_the_sums_of_its_rows_in_a_table_of_the_space() -> None:
    """The batch norm behind a pooling belongs to the search alone; no table of architectures has it."""
    setup = digits_setup("darts", blocks=1)
    space: Any = setup.space
    pieces = pieces_of_space(space, setup.problem.input_shape, 10)
    rows = {key: LatencyRow.single(0.001 * number) for number, key in enumerate(sorted(pieces), 1)}
    table = LatencyTable("made up", TableFingerprint("cpu"), rows)
    prices = latency_prices(setup, table)
    rng = np.random.default_rng(0)
    for _ in range(5):
        genotype = space.sample(rng)
        keys = [piece.key for piece in pieces_of(space, genotype, setup.problem.input_shape, 10)]
        assert prices.of_path(space.path_of(genotype)) == pytest.approx(table.sum_ms(keys), rel=1e-6)
