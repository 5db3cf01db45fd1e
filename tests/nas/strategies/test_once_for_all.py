"""Once-for-All: limits are kept, prices are exact, the model is judged on what it did not see, and a search ends with its networks."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from nas.core.budget import Budget
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, UnknownName
from nas.core.objective import Constraint
from nas.core.setup import SearchSetup
from nas.core.strategy import State
from nas.hardware.latency_table import LatencyRow, LatencyTable, TableFingerprint, predict
from nas.hardware.network_pieces import pieces_of, pieces_of_space
from nas.jobs.local import Finished, search
from nas.strategies.once_for_all import OnceForAll
from nas.strategies.once_for_all_config import OnceForAllConfig, Target
from nas.strategies.once_for_all_model import AccuracyModel
from nas.strategies.specialise import Dialling, EvolutionShape, specialise
from nas.supernets.elastic_parts import Parts, opened
from nas.supernets.elastic_tables import DialTable, Numbers, PriceTable, Settings, counted, timed
from nas.surrogates.mlp_ensemble import MlpEnsemble, Training
from tests.nas.supernets.elastic import SQUEEZING, parts_of
from tests.support.supernets import digits_setup

ALL = {"kernel": 2, "depth": 2, "width": 2}

BRIEF: dict[str, Any] = {
    "epochs": 1,
    "kernel_epochs": 0,
    "depth_epochs": [0, 0],
    "width_epochs": [0, 1],
    "width_subnets": 1,
    "batch_size": 128,
    "calibration_batches": 1,
    "num_scored": 12,
    "per_job": 6,
    "predictor_epochs": 5,
    "generations": 10,
    "population": 20,
    "num_trained": 1,
}


class Shelf:
    """A library of one table, "phone"."""

    def __init__(self, table: LatencyTable) -> None:
        self.table = table

    def load_latency(self, reference: str) -> LatencyTable:
        if reference != "phone":
            raise UnknownName(f"there is no latency table {reference!r}")
        return self.table


def table_of(parts: Parts, *, without: int = 0) -> LatencyTable:
    """Some milliseconds for each piece, and whole networks that take twice the sum and 1 ms."""
    keys = sorted(pieces_of_space(parts.space, parts.input_shape, parts.num_classes))
    rows = {key: LatencyRow.single(0.1 + number % 7 / 10) for number, key in enumerate(keys[without:])}
    return LatencyTable("phone", TableFingerprint("phone"), rows, checks=tuple((x, 2 * x + 1) for x in (1.0, 2.0, 5.0)))


@pytest.fixture(scope="module")
def parts() -> Parts:
    return parts_of(SQUEEZING)


@pytest.fixture(scope="module")
def table(parts: Parts) -> DialTable:
    return DialTable(parts)


def drawn(parts: Parts, num: int = 40) -> Settings:
    return Dialling(parts.dials, opened(parts.dials, ALL), EvolutionShape()).drawn(num, np.random.default_rng(0))  # type: ignore[arg-type]


@pytest.mark.parametrize("cost", ["macs", "params"])
def test_prices_by_block_are_those_of_whole_networks(parts: Parts, table: DialTable, cost: str) -> None:
    settings = drawn(parts)
    prices = PriceTable(parts, table, opened(parts.dials, ALL), counted(cost))(settings)  # type: ignore[arg-type]
    genotypes = [parts.space.dialled(setting) for setting in settings.tolist()]
    costs = [parts.space.cost(genotype, parts.input_shape, parts.num_classes) for genotype in genotypes]  # type: ignore[attr-defined]
    assert prices.tolist() == [getattr(each, cost) for each in costs]


def test_latencies_by_block_are_those_of_whole_networks() -> None:
    parts = parts_of({**SQUEEZING, "kernels": [3, 5], "expansions": [2, 3], "width_multipliers": [1.0]})
    settings, latency = drawn(parts), table_of(parts)
    prices = PriceTable(parts, DialTable(parts), opened(parts.dials, ALL), timed(latency), latency.calibration)(
        settings
    )  # type: ignore[arg-type]
    genotypes = [parts.space.dialled(setting) for setting in settings.tolist()]
    shape, classes = parts.input_shape, parts.num_classes
    assert prices == pytest.approx([predict(latency, pieces_of(parts.space, g, shape, classes)) for g in genotypes])


def test_features_are_one_for_what_is_chosen_and_nothing_for_what_is_left_out(parts: Parts, table: DialTable) -> None:
    settings = drawn(parts)
    features = table.features(settings)
    assert set(np.unique(features)) == {0.0, 1.0}
    live = np.array([parts.space.live_dials(setting) for setting in settings.tolist()])
    assert (table.live(settings) == live).all()
    read = [at for at, dial in enumerate(parts.dials) if dial.aspect != "depth" and len(dial.options) > 1]
    assert (features.sum(axis=1) == live[:, read].sum(axis=1)).all()
    forms = {parts.space.canonical(parts.space.dialled(setting)) for setting in settings.tolist()}  # type: ignore[attr-defined]
    assert len(np.unique(features, axis=0)) == len(forms)  # a network has one row of features


def found(parts: Parts, share: float) -> tuple[float, float]:
    """The price of the best within a limit and the limit, which lies between the smallest (0) and the largest (1)."""
    table, options = DialTable(parts), opened(parts.dials, ALL)  # type: ignore[arg-type]
    price = PriceTable(parts, table, options, counted("macs"))
    low, high = (float(price(np.array([parts.extreme(end)]))[0]) for end in (0.0, 1.0))
    limit = low + (high - low) * share
    best = specialise(
        Dialling(parts.dials, options, EvolutionShape()),
        EvolutionShape(population=40, generations=30),
        predict=price,  # the dearer the better
        price=price,
        limit=limit,
        allowed=lambda settings: np.ones(len(settings), dtype=bool),
        rng=np.random.default_rng(1),
    )
    assert list(best.bests) == sorted(best.bests)
    assert best.price == price(np.array([best.setting]))[0]
    return best.price, limit


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 0.7, 1.0])
def test_what_is_specialised_is_within_its_limit_and_near_it(parts: Parts, share: float) -> None:
    price, limit = found(parts, share)
    assert 0.9 * limit <= price <= limit


def test_a_limit_that_nothing_keeps_is_named_in_the_end(parts: Parts) -> None:
    with pytest.raises(ConstraintLeavesNothing, match="nor the smallest one"):
        found(parts, -0.1)


def test_evolution_finds_the_best_of_a_small_space() -> None:
    parts = parts_of(
        {**SQUEEZING, "stages": ["r1_s1_o8_e1_k3", "r2_s2_o16"], "resolutions": [8, 12], "kernels": [3, 5]}
    )
    table, options = DialTable(parts), opened(parts.dials, ALL)  # type: ignore[arg-type]
    price = PriceTable(parts, table, options, counted("macs"))
    weights = np.random.default_rng(2).normal(size=table.num_axes)
    every = np.array(list(product(*options)))
    limit = float(np.median(price(every)))
    worth = table.features(every) @ weights
    shape = EvolutionShape(population=50, generations=60)

    def predicted(settings: Settings) -> Numbers:
        value: Numbers = table.features(settings) @ weights
        return value

    best = specialise(
        Dialling(parts.dials, options, shape),
        shape,
        predict=predicted,
        price=price,
        limit=limit,
        allowed=lambda settings: np.ones(len(settings), dtype=bool),
        rng=np.random.default_rng(3),
    )
    assert best.predicted == pytest.approx(worth[price(every) <= limit].max())


def test_mutants_change_a_block_as_one_and_the_resolution_more_often() -> None:
    """Blocks and depths with the chance 0.1, what the whole network has with 0.5; a draw may be what was there."""
    parts = parts_of(SQUEEZING)
    parent = np.array([parts.extreme(1.0)])
    dialling = Dialling(parts.dials, opened(parts.dials, ALL), EvolutionShape())  # type: ignore[arg-type]
    mutants = dialling.mutated(parent, 6000, np.random.default_rng(4))
    changed = mutants != parent
    seen = set()
    for at, dial in enumerate(parts.dials):
        num = len(dial.options)
        chance = 0.1 if dial.group or dial.aspect == "depth" else 0.5
        assert changed[:, at].mean() == pytest.approx(chance * (1 - 1 / num), abs=0.025), dial.name
        beside = [n for n, other in enumerate(parts.dials) if dial.group == other.group and dial.aspect != other.aspect]
        if dial.aspect == "width" and dial.group and num > 1:
            (kernel,) = [n for n in beside if parts.dials[n].aspect == "kernel"]
            others = 1 - 1 / len(parts.dials[kernel].options)
            assert changed[changed[:, at], kernel].mean() == pytest.approx(others, abs=0.1)
        seen.add((dial.aspect, bool(dial.group)))
    assert len(seen) >= 4


def test_a_quarter_of_a_generation_lives_on_and_is_not_predicted_again(parts: Parts) -> None:
    dialling = Dialling(parts.dials, opened(parts.dials, ALL), EvolutionShape())  # type: ignore[arg-type]
    asked: list[int] = []

    def predict(settings: Settings) -> Numbers:
        asked.append(len(settings))
        worth: Numbers = settings.sum(axis=1).astype(np.float64)
        return worth

    found = specialise(
        dialling,
        EvolutionShape(generations=6),
        predict=predict,
        price=lambda settings: np.zeros(len(settings)),
        limit=1.0,
        allowed=lambda settings: np.ones(len(settings), dtype=bool),
        rng=np.random.default_rng(0),
    )
    assert asked == [100, *[75] * 6]
    assert list(found.bests) == sorted(found.bests)


def test_the_model_is_judged_by_networks_it_did_not_see(parts: Parts, table: DialTable) -> None:
    features = table.features(drawn(parts, 100))
    weights = np.random.default_rng(5).normal(size=features.shape[1])
    accuracies = 0.8 + 0.01 * (features @ weights)
    training = Training(2, 3, 40, 150, learning_rate=3e-3, loss="squared")
    model = AccuracyModel.taught(features, accuracies, training, np.random.default_rng(0))
    assert (model.quality.num_taught, len(model.quality.measured)) == (80, 20)
    assert model.quality.tau is not None
    assert model.quality.tau > 0.5
    assert model.quality.rmse < 0.5 * accuracies.std()
    shuffled = AccuracyModel.taught(
        features, np.random.default_rng(1).permutation(accuracies), training, np.random.default_rng(0)
    )
    assert shuffled.quality.rmse > 2 * model.quality.rmse  # memory alone does not help
    stored = MlpEnsemble.stored(model.ensemble.flat, features.shape[1], training)
    assert (stored.predict(features).mean == model.predict(features)).all()
    with pytest.raises(ValueError, match="numbers"):
        MlpEnsemble.stored(model.ensemble.flat[:-1], features.shape[1], training)


@pytest.fixture(scope="module")
def setup() -> SearchSetup:
    plain = digits_setup("mobile:elastic")
    space: Any = plain.space
    return replace(plain, latency=Shelf(table_of(Parts(space, (1, 8, 8), 10))))


def strategy_of(setup: SearchSetup, **changed: Any) -> OnceForAll:
    return OnceForAll(OnceForAllConfig.parse({**BRIEF, **changed}), setup)


@pytest.fixture(scope="module")
def searched(setup: SearchSetup) -> tuple[OnceForAll, list[Finished]]:
    targets = [
        {"cost": "macs", "limit": 100_000},
        {"cost": "params", "limit": 9_000},
        {"cost": "latency_ms", "limit": 9, "latency_table": "phone"},
    ]
    strategy = strategy_of(setup, targets=targets)
    return strategy, list(search(strategy, setup, Budget(trials=1)))


def test_a_search_ends_with_a_network_for_each_device(
    setup: SearchSetup, searched: tuple[OnceForAll, list[Finished]]
) -> None:
    strategy, finished = searched
    kinds = [each.proposal.operator.partition(":")[0] for each in finished]
    assert kinds == ["leg", "leg", "random", "random", *["specialised"] * kinds.count("specialised"), "derived"]
    assert all(each.result.status.is_ok for each in finished)
    assert strategy.found is not None
    assert [each.target.cost for each in strategy.found] == ["macs", "params", "latency_ms"]
    space: Any = setup.space
    scored = {
        space.canonical(trial.genotype)
        for each in finished
        if each.proposal.operator.startswith("specialised")
        for trial in each.reported
    }
    for each in strategy.found:
        assert each.found is not None
        genotype = space.dialled(each.found.setting)
        assert space.canonical(genotype) in scored
        costs = setup.cost(genotype).as_metrics() | {
            "latency_ms": predict(setup.latency.load_latency("phone"), pieces_of(space, genotype, (1, 8, 8), 10))  # type: ignore[union-attr]
        }
        assert costs[each.target.cost] == pytest.approx(each.found.price)
        assert each.found.price <= each.target.limit
    last = finished[-1].proposal
    first = strategy.found[0].found
    assert first is not None
    assert last.genotype == space.dialled(first.setting)
    views = {view.name: view.data for view in strategy.views()}
    assert {"phases", "accuracy_model", "specialising", "devices"} <= views.keys()
    assert views["devices"]["limit"] == ["100,000 MACs", "9,000 parameters", "9 ms"]
    assert None not in views["devices"]["shared_accuracy"]


def test_another_device_can_be_served_at_any_later_time(
    setup: SearchSetup, searched: tuple[OnceForAll, list[Finished]]
) -> None:
    strategy, _ = searched
    restored = strategy_of(setup, targets=[each.target.as_json() for each in strategy.found or ()])
    assert not restored.is_ready
    state = strategy.state_dict()
    restored.load_state_dict(State(state.version, json.loads(json.dumps(state.data)), state.tensors))
    assert restored.is_ready
    target = Target(cost="macs", limit=90_000)
    one = restored.specialised(target, np.random.default_rng(0))
    assert one == strategy.specialised(target, np.random.default_rng(0))
    assert one.found is not None
    assert one.found.price <= 90_000


def test_limits_of_the_search_hold_for_specialised_networks_too(
    setup: SearchSetup, searched: tuple[OnceForAll, list[Finished]]
) -> None:
    strategy, _ = searched
    state = strategy.state_dict()
    limited = strategy_of(setup, targets=[each.target.as_json() for each in strategy.found or ()])
    limited.load_state_dict(state)
    limited.setup = replace(setup, constraints=(Constraint.from_text("params<=7000"),))
    found = limited.specialised(Target(cost="macs", limit=1e9), np.random.default_rng(0)).found
    assert found is not None
    space: Any = setup.space
    assert setup.cost(space.dialled(found.setting)).params <= 7000


WRONG_TARGETS = [
    ({"limit": 10}, "targets.0.limit", "the smallest network has"),
    ({"cost": "latency_ms", "limit": 0.01, "latency_table": "phone"}, "targets.0.limit", "the smallest network has"),
    ({"cost": "latency_ms", "limit": 5, "latency_table": "tablet"}, "targets.0.latency_table", "no latency table"),
    ({"cost": "latency_ms", "limit": 5}, "targets.0", "needs a latency table"),
    ({"cost": "macs", "limit": 1e6, "latency_table": "phone"}, "targets.0", "needs no latency table"),
    ({"limit": -1}, "targets.0.limit", "must be more than 0"),
]


@pytest.mark.parametrize(("target", "field", "text"), WRONG_TARGETS)
def test_targets_that_cannot_be_served_are_named(
    setup: SearchSetup, target: dict[str, Any], field: str, text: str
) -> None:
    with pytest.raises(InvalidConfig) as error:
        strategy_of(setup, targets=[target])
    assert [each.field for each in error.value.errors] == [field]
    assert text in error.value.errors[0].message


def test_a_table_that_lacks_an_entry_is_named(setup: SearchSetup) -> None:
    space: Any = setup.space
    lacking = replace(setup, latency=Shelf(table_of(Parts(space, (1, 8, 8), 10), without=3)))
    with pytest.raises(InvalidConfig, match="has no entry for") as error:
        strategy_of(lacking, targets=[{"cost": "latency_ms", "limit": 5, "latency_table": "phone"}])
    assert error.value.errors[0].field == "targets.0.latency_table"


def test_only_what_was_trained_is_searched(setup: SearchSetup) -> None:
    strategy = strategy_of(setup, width_epochs=[0, 0], kernel_epochs=1)
    strategy._epoch = 2
    dials = strategy._parts.dials
    settings = [strategy._path(strategy._random(np.random.default_rng(seed))) for seed in range(20)]
    for at, dial in enumerate(dials):
        chosen = {setting[at] for setting in settings}
        wanted = len(dial.options) if dial.aspect in ("kernel", "resolution") else 1
        assert len(chosen) == wanted, dial.name


def test_the_preset_is_that_of_the_publication() -> None:
    config = OnceForAllConfig.parse(dict(OnceForAllConfig.presets["paper"]))
    phases = [(phase.name, phase.epochs, phase.rate, phase.num_subnets) for phase in config.phases]
    assert phases[1:] == [
        ("kernel", 125, 0.03, 1),
        ("depth 1", 25, 0.0025, 2),
        ("depth 2", 125, 0.0075, 2),
        ("width 1", 25, 0.0025, 4),
        ("width 2", 125, 0.0075, 4),
    ]
    assert (config.nesterov, config.momentum, config.weight_decay) == (True, 0.9, 3e-5)
    assert (config.label_smoothing, config.distillation, config.warmup_epochs) == (0.1, 1.0, 5)
    assert (config.population, config.generations, config.parent_share, config.mutant_share) == (100, 500, 0.25, 0.5)
    assert (config.mutation_probability, config.scale_mutation_probability) == (0.1, 0.5)
    assert (config.num_scored, config.predictor_width) == (16_000, 400)
