"""ProxylessNAS' training: what each kind of step moves, what prices do, stops that change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from nas.core.errors import Interrupted, InvalidConfig, UnknownName
from nas.core.proposal import Proposal
from nas.core.result import ResultStatus
from nas.core.setup import SearchSetup
from nas.hardware.latency_table import LatencyRow, LatencyTable, TableFingerprint
from nas.hardware.network_pieces import pieces_of
from nas.jobs.local import LocalContext
from nas.jobs.train_supernet import TrainSupernet
from nas.supernets.fitting import largest_batch
from nas.supernets.penalty_prices import latency_prices
from nas.supernets.proxyless import ProxylessTraining
from nas.supernets.proxyless_recipe import ProxylessRecipe
from nas.supernets.task import SupernetTask
from nas.supernets.training import Surroundings
from nas.training.checkpoint import unpack
from nas.training.data import Examples
from nas.training.environment import reproducible
from tests.support.supernets import digits_setup

CPU = torch.device("cpu")
ARCHITECTURE_STEPS = ("two", "full", "reinforce")


def make(setup: SearchSetup | None = None, **settings: Any) -> ProxylessTraining:
    """On forty images of noise; enough for what steps move."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(40, 1, 8, 8, generator=generator)
    examples = Examples(images, torch.randint(10, (40,), generator=generator), CPU)
    config = ProxylessRecipe.parse({"batch_size": 8, "warmup_epochs": 0, "num_samples": 3, **settings})
    with reproducible(CPU, 0):
        return ProxylessTraining(config, setup or digits_setup("mobile"), Surroundings(examples, examples, CPU, 0))


def without_classifier(training: ProxylessTraining) -> None:
    """Every network says the same of every image: the loss does not depend on the choices."""
    with torch.no_grad():
        *_, weight, bias = training.network.parameters()
        weight.zero_()
        bias.zero_()


@pytest.mark.parametrize("kind", ARCHITECTURE_STEPS)
def test_a_step_of_the_choices_moves_nothing_else(kind: str) -> None:
    training = make(architecture_step=kind, architecture_rate=0.1)
    training.network.train()
    before = {name: value.clone() for name, value in training.network.state_dict().items()}
    logits = training.choices.logits.detach().clone()
    training.architecture_step(*training.decision_batch())
    assert not torch.equal(training.choices.logits, logits)
    assert all(torch.equal(value, before[name]) for name, value in training.network.state_dict().items())
    assert all(weight.grad is None for weight in training.weights())


def test_a_step_of_the_weights_moves_one_path_and_no_choices() -> None:
    training = make(epochs=2, warmup_epochs=1)
    training.network.train()
    before = {name: value.detach().clone() for name, value in training.network.named_parameters()}
    logits = training.choices.logits.detach().clone()
    training.step(*training.decision_batch(), rate=0.1)
    assert torch.equal(training.choices.logits, logits)
    moved = {name for name, value in training.network.named_parameters() if not torch.equal(value, before[name])}
    options = {name.rpartition(".options.")[0::2] for name in moved if ".options." in name}
    places = [(place, rest.partition(".")[0]) for place, rest in options]
    assert len({place for place, _ in places}) == len(set(places))
    assert int(training._counts.sum()) == len(training.choices.sizes)


def test_weights_are_trained_on_paths_by_their_probabilities() -> None:
    training = make()
    with torch.no_grad():
        training.choices.logits[:, 1] = 3.0
    wanted = sum(row[1] for row in training.choices.as_lists()) / len(training.choices.sizes)
    assert 0.8 < wanted < 0.9
    training.architecture_step = lambda *_: None  # type: ignore[method-assign, assignment]
    training.network.train()
    for _ in range(30):
        training.step(*training.decision_batch(), rate=0.0)
    assert training._counts.sum(dim=1).tolist() == [30] * len(training.choices.sizes)
    assert float(training._counts[:, 1].sum() / training._counts.sum()) == pytest.approx(wanted, abs=0.12)


def test_nothing_is_pruned_before_choices_are_learned() -> None:
    training = make(epochs=10, warmup_epochs=1, prune_below=0.2, calibration_batches=1)
    with torch.no_grad():
        training.choices.logits[:, 1] = 20.0
    gone = []
    for epoch in range(1, 5):
        training.epoch = epoch
        gone.append(len(training.end_epoch().data["pruned"]))
    others = sum(size - 1 for size in training.choices.sizes)
    assert gone == [0, 0, 0, others]


@pytest.mark.parametrize("kind", ["two", "full"])
def test_choices_rest_when_neither_loss_nor_price_depends_on_them(kind: str) -> None:
    training = make(architecture_step=kind, architecture_rate=0.1)
    without_classifier(training)
    logits = training.choices.logits.detach().clone()
    for _ in range(3):
        training.architecture_step(*training.decision_batch())
    assert torch.equal(training.choices.logits, logits)


def test_choices_begin_nearly_even() -> None:
    for row in make().choices.as_lists():
        assert row == pytest.approx([1 / len(row)] * len(row), abs=0.003)
        assert len(set(row)) == len(row)


def test_the_price_of_a_pair_is_that_of_its_two_options_alone() -> None:
    """λ·p·(F − Σ p·F) with the probabilities that the two have between them."""
    training = make(architecture_rate=0.1, penalised_cost="macs", penalty_weight=1e3)
    without_classifier(training)
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    update = training.choices.update_pairs

    def watched(gradient: torch.Tensor, pairs: torch.Tensor) -> None:
        seen.append((gradient.double(), pairs))
        update(gradient, pairs)

    training.choices.update_pairs = watched  # type: ignore[method-assign]
    for _ in range(3):
        logits = training.choices.logits.detach().double()
        training.architecture_step(*training.decision_batch())
        gradient, pairs = seen[-1]
        for row, pair in enumerate(pairs.tolist()):
            shares = logits[row, pair].softmax(0)
            prices = torch.tensor([training._prices["macs"].rows[row][option] for option in pair], dtype=torch.float64)
            expected = torch.zeros_like(gradient[row])
            expected[pair] = 1e3 * 1e-6 * shares * (prices - shares @ prices)
            torch.testing.assert_close(gradient[row], expected, rtol=1e-4, atol=1e-7)


def test_of_a_pair_the_active_one_is_drawn_by_what_the_two_have_between_them() -> None:
    training = make()
    weights = torch.tensor([4.0, 2.0, 1.0, 1.0, 1e-9][: training.choices.logits.shape[1]])
    with torch.no_grad():
        training.choices.logits.copy_(weights.log().expand_as(training.choices.logits))
    first: dict[tuple[int, int], list[bool]] = {}

    def watched(_inputs: Any, _targets: Any, mixture: Any, _shares: Any) -> torch.Tensor:
        for active, other in zip(mixture._active, mixture._other, strict=True):
            assert active != other
            first.setdefault((min(active, other), max(active, other)), []).append(active < other)
        return torch.zeros_like(training.choices.logits)

    training._gradient = watched  # type: ignore[method-assign]
    for _ in range(500):
        training.architecture_step(*training.decision_batch())
    for pair, share in (((0, 1), 4 / 6), ((0, 2), 4 / 5), ((0, 3), 4 / 5), ((1, 2), 2 / 3)):
        found = first[pair]
        assert len(found) > 100
        assert sum(found) / len(found) == pytest.approx(share, abs=3.5 * (share * (1 - share) / len(found)) ** 0.5)


def test_choices_follow_after_so_many_steps_of_the_weights_and_never_in_the_warm_up() -> None:
    training = make(epochs=2, warmup_epochs=1, architecture_every=2)
    step, after = training.architecture_step, []

    def watched(inputs: torch.Tensor, targets: torch.Tensor) -> None:
        after.append(int(training._counts[0].sum()))
        step(inputs, targets)

    training.architecture_step = watched  # type: ignore[method-assign]
    training.run(1)
    assert (training.steps_per_epoch, after) == (4, [])
    training.run(2)
    assert after == [6, 8]


def test_the_baseline_moves_before_rewards_are_compared_with_it() -> None:
    """All networks say class 0: with all labels 0 the mean reward is 1, with all labels 1 it is 0."""
    training = make(architecture_step="reinforce", baseline_rate=0.25)
    without_classifier(training)
    images, labels = training.decision_batch()
    reached = []
    for label in (0, 1, 1):
        training.architecture_step(images, torch.full_like(labels, label))
        reached.append(training._baseline)
    assert reached == pytest.approx([1.0, 0.75, 0.5625])


@pytest.mark.parametrize("kind", ["two", "full"])
def test_a_price_alone_leads_to_the_cheapest_options(kind: str) -> None:
    settings = {"architecture_step": kind, "architecture_rate": 0.3, "penalised_cost": "macs", "penalty_weight": 10.0}
    training = make(**settings)
    without_classifier(training)
    for _ in range(60):
        training.architecture_step(*training.decision_batch())
    prices = training._prices["macs"].rows
    likeliest = [row.index(max(row)) for row in training.choices.as_lists()]
    assert likeliest == [row.index(min(row)) for row in prices]
    assert training.end_epoch().data["chosen_cost"]["macs"] == training._prices["macs"].of_path(likeliest)


def test_reinforce_learns_from_rewards_with_a_cost() -> None:
    settings = {
        "architecture_step": "reinforce",
        "architecture_rate": 0.2,
        "num_samples": 8,
        "penalised_cost": "macs",
        "penalty_target": 50_000.0,
        "reward_exponent": -2.0,
    }
    training = make(**settings)
    without_classifier(training)
    images, _ = training.decision_batch()
    before = training._prices["macs"].expected(training.choices.as_lists())
    for _ in range(25):
        training.architecture_step(images, torch.zeros(len(images), dtype=torch.int64))  # all right: only costs differ
    after = training._prices["macs"].expected(training.choices.as_lists())
    cheapest = training._prices["macs"].of_path([row.index(min(row)) for row in training._prices["macs"].rows])
    assert after - cheapest < 0.5 * (before - cheapest)
    assert training.end_epoch().data["baseline"] > 0


def table_for(setup: SearchSetup, without: int | None = None) -> LatencyTable:
    """A row for every key that the small space needs, no two alike. `without`: the number of one that is left out."""
    space: Any = setup.space
    sizes = [len(row.options) for row in space.rows()]
    keys = {
        piece.key: None
        for option in range(max(sizes))
        for piece in pieces_of(space, space.genotype_of([min(option, size - 1) for size in sizes]), (1, 8, 8), 10)
    }
    kept = [key for number, key in enumerate(keys) if number != without]
    rows = {key: LatencyRow.single(0.5 + 0.125 * number) for number, key in enumerate(kept)}
    checks = ((1.0, 2.5), (2.0, 4.5), (3.0, 6.5))  # measured = 2 · sum + 0.5
    return LatencyTable("this computer", TableFingerprint("cpu"), rows, checks=checks)


class OneTable:
    def __init__(self, table: LatencyTable) -> None:
        self._table = table

    def load_latency(self, reference: str) -> LatencyTable:
        if reference != "mine":
            raise UnknownName(f"there is no latency table {reference!r}")
        return self._table


def test_expected_latency_is_that_of_the_network_and_of_its_table() -> None:
    setup = digits_setup("mobile")
    table = table_for(setup)
    training = make(
        replace(setup, latency=OneTable(table)),
        penalised_cost="latency_ms",
        latency_table="mine",
    )
    space: Any = setup.space
    path = [row - 1 for row in training.choices.sizes]  # blocks are left out where they may be
    keys = [piece.key for piece in pieces_of(space, space.genotype_of(path), (1, 8, 8), 10)]
    with torch.no_grad():
        training.choices.logits.zero_()
        training.choices.logits[range(len(path)), path] = 50.0
    assert training._expected is not None
    expected = training._expected(training.choices.by_row(training.choices.probabilities()))
    assert float(expected.detach()) == pytest.approx(2 * table.sum_ms(keys) + 0.5, rel=1e-6)


def test_a_table_that_lacks_an_entry_is_refused_with_its_key() -> None:
    setup = digits_setup("mobile")
    table, short = table_for(setup), table_for(setup, without=3)
    (key,) = set(table.rows) - set(short.rows)
    with pytest.raises(InvalidConfig, match="no entry for 1 piece") as caught:
        latency_prices(setup, short)
    assert key in str(caught.value)
    assert [error.field for error in caught.value.errors] == ["latency_table"]
    with pytest.raises(InvalidConfig, match="no latency table 'theirs'"):
        make(replace(setup, latency=OneTable(table)), penalised_cost="latency_ms", latency_table="theirs")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"epochs": 3, "warmup_epochs": 3}, "shorter than the training"),
        ({"architecture_step": "reinforce", "penalised_cost": "macs"}, "needs its target"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: Mapping[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfig, match=says):
        ProxylessRecipe.parse(settings)


def legs(folder: Path, *tasks: SupernetTask, stop_at: int | None = None) -> list[LocalContext]:
    setup = digits_setup("mobile")
    contexts = []
    for number, task in enumerate(tasks):
        continues = number - 1 if number else None
        proposal = Proposal(number, kind="train_supernet", continues=continues, began_as=0, payload=task.as_json())
        asked = iter(range(10_000))
        stops = (lambda asked=asked: next(asked) >= stop_at) if stop_at is not None else (lambda: False)  # type: ignore[misc]
        context = LocalContext("train_supernet", setup, [proposal], folder=folder, should_stop=stops)
        TrainSupernet().run(context)
        contexts.append(context)
    return contexts


@pytest.mark.parametrize("kind", ARCHITECTURE_STEPS)
def test_stopped_and_taken_up_again_all_numbers_are_the_same(kind: str, tmp_path: Path) -> None:
    settings = {
        "epochs": 3,
        "batch_size": 128,
        "warmup_epochs": 1,
        "architecture_step": kind,
        "num_samples": 2,
        "architecture_rate": 0.5,
        "prune_below": 0.2,
        "calibration_batches": 1,
    }
    task = SupernetTask("proxyless", settings, 0, 3)
    folders = [tmp_path / name for name in ("whole", "stopped", "legs")]
    for folder in folders:
        folder.mkdir()
    (whole,) = legs(folders[0], task)
    with pytest.raises(Interrupted):
        legs(folders[1], task, stop_at=7)
    (stopped,) = legs(folders[1], task)
    _, second = legs(folders[2], replace(task, until_epoch=2), replace(task, from_epoch=2))
    assert whole.results[0].status is ResultStatus.COMPLETED
    assert whole.results[0].payload == stopped.results[0].payload == second.results[0].payload
    reference = unpack((folders[0] / "0.checkpoint").read_bytes())[0]
    for folder, last in ((folders[1], 0), (folders[2], 1)):
        other = unpack((folder / f"{last}.checkpoint").read_bytes())[0]
        assert reference.keys() == other.keys()
        assert all(torch.equal(value, other[name]) for name, value in reference.items())


@pytest.mark.parametrize("kind", ARCHITECTURE_STEPS)
def test_where_all_is_pruned_but_one_option_each_weights_go_on(kind: str) -> None:
    training = make(architecture_step=kind, prune_below=0.49, architecture_rate=0.1)
    with torch.no_grad():
        training.choices.logits[:, 1] = 20.0
    for _ in range(3):
        assert not training.choices.are_decided
        training.choices.prune(0.49)
    logits = training.choices.logits.detach().clone()
    training.network.train()
    loss = training.step(*training.decision_batch(), rate=0.1)
    assert torch.isfinite(loss)
    assert torch.equal(training.choices.logits, logits)
    assert {row.index(max(row)) for row in training._counts.tolist()} == {1}


def test_logits_that_are_no_numbers_are_named() -> None:
    training = make()
    with torch.no_grad():
        training.choices.logits[0, 0] = torch.nan
    with pytest.raises(Exception, match="choices of the supernet became not a number"):
        training.step(*training.decision_batch(), rate=0.1)


def test_memory_is_told_with_the_first_leg_however_long_it_is(tmp_path: Path) -> None:
    settings = {"epochs": 3, "batch_size": 256, "warmup_epochs": 1, "epochs_per_leg": 2, "calibration_batches": 1}
    task = SupernetTask("proxyless", settings, 0, 2)
    first, second = legs(tmp_path, task, replace(task, from_epoch=2, until_epoch=3))
    memory = first.results[0].payload["data"]["memory"]
    assert memory["one_path"] < memory["all_paths"]
    assert "memory" not in second.results[0].payload["data"]


def test_the_batch_that_fits_also_fits_after_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    step = ProxylessTraining.architecture_step

    def limited(self: ProxylessTraining, inputs: torch.Tensor, targets: torch.Tensor) -> None:
        if len(inputs) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        step(self, inputs, targets)

    monkeypatch.setattr(ProxylessTraining, "architecture_step", limited)
    training = make()
    config = training.config.model_copy(update={"warmup_epochs": 2, "batch_size": 16})
    assert largest_batch(ProxylessTraining, config, training.setup, training.at) == 4
