"""Grid search: its points, its order, constraints, finer stages."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.intervention import AddArchitecture, ChangeConstraints, ForbidOperations, Retry
from nas.core.objective import Constraint
from nas.core.parameter import Parameter, Value
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.space import Space
from nas.core.strategy import MAX_TRIES, State
from nas.registry import spaces
from nas.spaces.efficientnet import EfficientNet
from nas.spaces.hyperparameters import Hyperparameters, HyperparametersConfig
from nas.strategies.grid import Grid, GridConfig
from nas.strategies.grid_axes import axes_of
from tests.contracts.toys import BitsConfig, NamedBitStrings, toy_setup

RATE = {"name": "learning_rate", "low": 1e-3, "high": 1.0, "log": True}
MOMENTUM = {"name": "momentum", "low": 0.0, "high": 0.9}
MOMENTUM_ONLY = GridConfig.parse({"axes": [{"parameter": "momentum", "num": 2}]})
BATCH = {"name": "batch_size", "kind": "categorical", "values": [32, 64]}


def hyperparameters(*parameters: dict[str, Any]) -> Hyperparameters:
    chosen = {"parameters": list(parameters)} if parameters else {}
    return Hyperparameters(Hyperparameters.Config.parse(chosen))  # type: ignore[arg-type]


def setup_of(space: Space, *, seed: int = 0, constraints: tuple[str, ...] = (), **more: Any) -> SearchSetup:
    return toy_setup(space=space, seed=seed, constraints=constraints, **more)


def grid(setup: SearchSetup, **settings: Any) -> Grid:
    return Grid(GridConfig.parse(settings), setup)


def ok(proposal: Proposal, accuracy: float, **more: float) -> Result:
    metrics = {"accuracy": accuracy, **more}
    return Result(proposal.id, ResultStatus.COMPLETED, metrics=metrics, cost_seconds=1.0)


def failed(proposal: Proposal) -> Result:
    return Result(proposal.id, ResultStatus.CRASHED, reason="made to fail")


def walked(strategy: Grid, value: Any = lambda genotype: 0.5) -> Iterator[Proposal]:
    """All proposals, one after the other; `value` says how good each is."""
    while asked := strategy.ask(1):
        yield asked[0]
        strategy.tell(asked[0].id, ok(asked[0], value(asked[0].genotype)))
    assert strategy.done()


def values(proposals: Iterator[Proposal], *names: str) -> list[tuple[Value, ...]]:
    found = []
    for proposal in proposals:
        assert proposal.genotype is not None
        found.append(tuple(proposal.genotype["values"][name] for name in names))
    return found


# --- points and order ---------------------------------------------------------------------------------------------------


def test_row_major_walks_the_last_axis_first() -> None:
    axes = [{"parameter": "batch_size"}, {"parameter": "learning_rate", "num": 3}]
    strategy = grid(setup_of(hyperparameters(RATE, BATCH)), axes=axes, order="row_major")
    found = values(walked(strategy), "learning_rate", "batch_size")
    assert found == [(rate, batch) for rate in (0.001, pytest.approx(0.0316228), 1.0) for batch in (32, 64)]


def test_shuffled_has_the_same_points_in_an_order_of_its_seed() -> None:
    def order(seed: int) -> list[tuple[Value, ...]]:
        return values(walked(grid(setup_of(hyperparameters(RATE, MOMENTUM), seed=seed))), "learning_rate", "momentum")

    assert len(set(order(1))) == 25
    assert set(order(1)) == set(order(2))
    assert order(1) != order(2)
    assert order(1) == order(1)


def test_an_axis_may_be_a_part_of_its_parameter_or_listed() -> None:
    axes = [
        {"parameter": "learning_rate", "low": 0.01, "high": 0.1, "num": 2},
        {"parameter": "momentum", "values": [0.9, 0.0, 0.5]},
    ]
    strategy = grid(setup_of(hyperparameters(RATE, MOMENTUM)), axes=axes, order="row_major")
    assert values(walked(strategy), "learning_rate", "momentum") == [
        (r, m) for r in (0.01, 0.1) for m in (0.0, 0.5, 0.9)
    ]


def test_what_has_no_axis_keeps_what_is_usual() -> None:
    space = hyperparameters(RATE, MOMENTUM, BATCH)
    strategy = grid(setup_of(space), axes=[{"parameter": "momentum", "num": 2}])
    assert set(values(walked(strategy), "learning_rate", "batch_size")) == {(0.1, 64)}


def test_what_has_no_axis_keeps_the_middle_or_the_first_where_nothing_is_known() -> None:
    axes = axes_of([Parameter.parse(RATE), Parameter.parse(MOMENTUM), Parameter.parse(BATCH)], MOMENTUM_ONLY, {})
    assert [axis.values for axis in axes] == [(pytest.approx(0.0316228, rel=1e-5),), (0.0, 0.9), (32,)]
    beyond = axes_of([Parameter.parse(MOMENTUM), Parameter.parse(BATCH)], MOMENTUM_ONLY, {"batch_size": 7})
    assert beyond[1].values == (32,), "a value that the parameter may not have"


def test_an_axis_on_a_linear_scale_is_even() -> None:
    axes = [{"parameter": "learning_rate", "num": 3, "scale": "linear"}]
    strategy = grid(setup_of(hyperparameters(RATE)), axes=axes, order="row_major")
    assert values(walked(strategy), "learning_rate") == [(0.001,), (pytest.approx(0.5005),), (1.0,)]


def test_a_parameter_that_does_not_exist_has_no_axis_there() -> None:
    """Two optimisers, momentum for one of them: 3 + 1 points, not 6."""
    optimizer = {"name": "optimizer", "kind": "categorical", "values": ["sgd", "adam"]}
    momentum = {**MOMENTUM, "active_if": {"parameter": "optimizer", "values": ["sgd"]}}
    found = [p.genotype for p in walked(grid(setup_of(hyperparameters(optimizer, momentum)), num_values=3))]
    assert sorted(json.dumps(g) for g in found) == [
        '{"values": {"optimizer": "adam"}}',
        *(f'{{"values": {{"optimizer": "sgd", "momentum": {m}}}}}' for m in (0.0, 0.45, 0.9)),
    ]


def test_it_walks_all_of_a_space_of_choices() -> None:
    kind = spaces.get("nasbench201")
    space = kind(kind.Config.parse({"operations": ["skip_connect", "nor_conv_3x3"], "width": 4, "cells_per_stage": 1}))
    found = {space.canonical(p.genotype) for p in walked(grid(setup_of(space))) if p.genotype is not None}
    assert space.size().upper == 64
    assert len(found) == space.size().distinct


# --- EfficientNet -------------------------------------------------------------------------------------------------------


def efficientnet() -> EfficientNet:
    return EfficientNet(EfficientNet.Config.parse(EfficientNet.Config.presets["coefficients"]))  # type: ignore[arg-type]


def test_the_coefficients_of_efficientnet_are_85_with_the_published_among_them() -> None:
    strategy = grid(setup_of(efficientnet()), **GridConfig.presets["efficientnet"])
    found = set()
    for proposal in walked(strategy):
        genotype = proposal.genotype
        assert genotype is not None
        alpha, beta, gamma = genotype["depth"] / 0.5, genotype["width"] / 0.25, genotype["resolution"] / 20
        assert abs(alpha * beta**2 * gamma**2 - 2) <= 0.1 + 1e-9
        found.add((round(alpha, 2), round(beta, 2), round(gamma, 2)))
    assert len(found) == 85
    assert (1.2, 1.1, 1.15) in found


def test_a_narrower_tolerance_excludes_the_published_coefficients() -> None:
    settings = {**GridConfig.presets["efficientnet"], "product_tolerance": 0.05}
    genotypes = [p.genotype for p in walked(grid(setup_of(efficientnet()), **settings))]
    assert {"width": 0.275, "depth": 0.6, "resolution": 23} not in genotypes
    assert 0 < len(genotypes) < 85


# --- constraints --------------------------------------------------------------------------------------------------------


def test_points_that_break_a_constraint_are_red_and_not_trained() -> None:
    space = EfficientNet(EfficientNet.Config.parse({"resolutions": []}))  # type: ignore[arg-type]
    setup = setup_of(space, constraints=("params<=110000",))
    strategy = grid(setup)
    trained = {(p.genotype["width"], p.genotype["depth"]) for p in walked(strategy) if p.genotype is not None}
    data = strategy.views()[0].data
    states = {(x, y): state for x, y, state in zip(data["x"], data["y"], data["state"], strict=True)}
    keeps = {
        (width, depth): setup.cost({"width": width, "depth": depth}).params <= 110_000
        for width in (0.25, 0.35, 0.5, 0.75)
        for depth in (0.25, 0.5, 1.0, 1.5)
    }
    assert 0 < sum(keeps.values()) < 16
    assert trained == {point for point, kept in keeps.items() if kept}
    assert {point for point, state in states.items() if state == "broken"} == keeps.keys() - trained
    assert sorted(set(states.values())) == ["best", "broken", "done"]


def test_the_picture_shows_what_breaks_a_constraint_before_anything_ran() -> None:
    setup = setup_of(EfficientNet(EfficientNet.Config.parse({"resolutions": []})), constraints=("params<=110000",))  # type: ignore[arg-type]
    states = grid(setup).views()[0].data["state"]
    assert len(states) == 16
    assert set(states) == {"open", "broken"}


def test_what_was_measured_and_breaks_a_constraint_is_red_and_no_centre() -> None:
    space = hyperparameters(RATE)
    strategy = grid(setup_of(space, constraints=("latency_ms<=1",)), num_values=3, order="row_major", stages=2)
    first, second, third = strategy.ask(3)
    strategy.tell(first.id, ok(first, 0.9, latency_ms=2.0))
    strategy.tell(second.id, ok(second, 0.1, latency_ms=0.5))
    strategy.tell(third.id, failed(third))
    assert strategy.views()[0].data["state"] == ["broken", "best", "failed"]
    (finer,) = strategy.ask(1)
    assert finer.parents == (second.id,)


def test_a_loosened_constraint_brings_back_what_was_passed_over() -> None:
    setup = setup_of(EfficientNet(EfficientNet.Config.parse({"resolutions": []})), constraints=("params<=110000",))  # type: ignore[arg-type]
    strategy = grid(setup)
    before = len(list(walked(strategy)))
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=10M"),)))
    assert not strategy.done()
    assert before + len(list(walked(strategy))) == 16


def test_a_grid_without_a_point_that_is_allowed_says_so() -> None:
    strategy = grid(setup_of(efficientnet(), constraints=("params<=1",)))
    with pytest.raises(ConstraintLeavesNothing, match="none of the 1,331 points of the grid meets params <= 1"):
        strategy.ask(1)
    assert not strategy.done()


# --- from coarse to fine ------------------------------------------------------------------------------------------------


def refined(strategy: Grid, target: float, name: str, *, log: bool) -> list[list[float]]:
    """Stage by stage the values that were trained, in order, when the one nearest to `target` is best."""
    scale = math.log if log else float
    stages: dict[int, list[float]] = {}
    for proposal in walked(strategy, lambda g: 1 - abs(scale(g["values"][name]) - scale(target)) / 100):
        assert proposal.genotype is not None
        stages.setdefault(proposal.meta["stage"], []).append(proposal.genotype["values"][name])
    return [sorted(found) for found in stages.values()]


def test_each_stage_covers_a_coarse_step_around_the_best_in_thirds() -> None:
    """0, 0.3, 0.6, 0.9; best 0.6: from 0.3 to 0.9 in steps of 0.1, of which 0.3, 0.6 and 0.9 are known."""
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=4, stages=2)
    coarse, fine = refined(strategy, 0.62, "momentum", log=False)
    assert coarse == pytest.approx([0.0, 0.3, 0.6, 0.9])
    assert fine == pytest.approx([0.4, 0.5, 0.7, 0.8])


def test_logarithmic_axes_are_refined_by_factors() -> None:
    """0.001 … 1 in powers of ten; best 0.01: from 0.001 to 0.1 in factors of the cube root of ten; then of the ninth."""
    strategy = grid(setup_of(hyperparameters(RATE)), num_values=4, stages=3)
    coarse, fine, finest = refined(strategy, 0.01, "learning_rate", log=True)
    assert coarse == pytest.approx([0.001, 0.01, 0.1, 1.0])
    assert fine == pytest.approx([10 ** (-3 + i / 3) for i in (1, 2, 4, 5)], rel=1e-5)
    assert finest == pytest.approx([10 ** (-2 + i / 9) for i in (-2, -1, 1, 2)], rel=1e-5)


def test_a_finer_grid_is_clipped_to_the_limits_and_may_leave_the_last_one() -> None:
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=4, stages=2)
    assert refined(strategy, 0.0, "momentum", log=False)[1] == pytest.approx([0.1, 0.2])
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=4, stages=3)
    *_, fine, finest = refined(strategy, 0.52, "momentum", log=False)
    assert fine == pytest.approx([0.4, 0.5, 0.7, 0.8])
    assert finest == pytest.approx([0.5 + i / 30 for i in (-2, -1, 1, 2)], rel=1e-5)


def test_listed_choices_stay_at_the_best_one() -> None:
    strategy = grid(setup_of(hyperparameters(MOMENTUM, BATCH)), num_values=4, stages=2)
    finer = [p.genotype for p in walked(strategy, lambda g: g["values"]["batch_size"] / 100) if p.meta["stage"] == 1]
    assert finer
    assert {g["values"]["batch_size"] for g in finer if g is not None} == {64}


def test_a_finer_grid_waits_for_all_results() -> None:
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=2, stages=2)
    first, second = strategy.ask(5)
    strategy.tell(first.id, ok(first, 0.9))
    assert strategy.ask(1) == []
    assert not strategy.done()
    strategy.tell(second.id, ok(second, 0.1))
    assert strategy.ask(1)[0].parents == (first.id,)


def test_points_that_a_coarser_grid_had_are_shown_once() -> None:
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=4, stages=2)
    refined(strategy, 0.62, "momentum", log=False)
    data = strategy.views()[0].data
    assert sorted(data["x"]) == pytest.approx([0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert set(data["state"]) == {"best", "done"}


def test_what_a_coarser_grid_had_and_a_constraint_forbids_is_shown_once_too() -> None:
    """0, 21, 42 and 63 of six bits, the last with too many ones; then between 21 and 63 in sevens."""
    setup = setup_of(NamedBitStrings(BitsConfig(num_bits=6)), constraints=("params<=130",))
    strategy = grid(setup, num_values=4, stages=2)
    trained = [p.genotype["bits"] for p in walked(strategy, lambda g: int(g["bits"], 2) % 43 / 43) if p.genotype]
    assert sorted(int(bits, 2) for bits in trained) == [0, 21, 28, 35, 42, 49, 56]
    data = strategy.views()[0].data
    states = sorted(zip(data["x"], data["state"], strict=True))
    assert [x for x, _ in states] == [0, 21, 28, 35, 42, 49, 56, 63]
    assert states[-1] == (63, "broken")


def test_of_equals_the_first_is_the_centre() -> None:
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=2, stages=2)
    first, second = strategy.ask(2)
    for proposal in (first, second):
        strategy.tell(proposal.id, ok(proposal, 0.5))
    assert strategy.ask(1)[0].parents == (first.id,)


def test_without_a_result_there_is_no_finer_grid() -> None:
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=2, stages=2)
    for proposal in strategy.ask(2):
        strategy.tell(proposal.id, failed(proposal))
    assert strategy.done()


def test_a_retried_point_counts_as_its_point_and_an_added_one_does_not() -> None:
    strategy = grid(setup_of(hyperparameters(MOMENTUM)), num_values=2, stages=2, order="row_major")
    first, second = strategy.ask(2)
    strategy.tell(first.id, failed(first))
    strategy.tell(second.id, ok(second, 0.2))
    strategy.intervene(Retry((first,)))
    strategy.intervene(AddArchitecture({"values": {"momentum": 0.5}}))
    retried, added = strategy.ask(2)
    strategy.tell(added.id, ok(added, 0.99))
    strategy.tell(retried.id, ok(retried, 0.8))
    assert strategy.ask(1)[0].parents == (retried.id,)


# --- memory -------------------------------------------------------------------------------------------------------------


def test_a_search_cut_anywhere_in_any_stage_goes_on_as_if_never_stopped() -> None:
    setup = setup_of(hyperparameters(RATE, MOMENTUM), seed=5)
    settings = {"num_values": 3, "stages": 3, "refine": 2}

    def run(*, cut: bool) -> list[dict[str, Any]]:
        strategy, asked = grid(setup, **settings), []
        while proposals := strategy.ask(1):
            (proposal,) = proposals
            asked.append(proposal.as_json())
            assert proposal.genotype is not None
            if cut:
                strategy = stored(strategy, grid(setup, **settings))
            strategy.tell(proposal.id, ok(proposal, 1 - abs(proposal.genotype["values"]["momentum"] - 0.31)))
            if cut:
                strategy = stored(strategy, grid(setup, **settings))
        return [*asked, strategy.views()[0].as_json()]

    whole = run(cut=False)
    assert {p["meta"]["stage"] for p in whole[:-1]} == {0, 1, 2}
    assert run(cut=True) == whole


def stored(strategy: Grid, fresh: Grid) -> Grid:
    state = strategy.state_dict()
    fresh.load_state_dict(State(state.version, json.loads(json.dumps(state.data)), dict(state.tensors)))
    return fresh


def test_the_state_of_a_large_grid_is_a_bit_per_point() -> None:
    """15,625 points: below 2 KiB of bits, and a picture of the first two axes."""
    kind = spaces.get("nasbench201")
    strategy = grid(setup_of(kind(kind.Config.parse(None))))
    for proposal in strategy.ask(3_000):
        strategy.tell(proposal.id, ok(proposal, 0.5))
    state = strategy.state_dict()
    assert sum(tensor.nbytes for tensor in state.tensors.values()) == math.ceil(15_625 / 8)
    assert len(json.dumps(state.data)) < 4_000
    assert len(strategy.views()[0].data["x"]) == 25


# --- what is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "field", "said"),
    [
        (
            {"num_values": 1_000},
            "axes",
            r"1,000 \(learning_rate\) × 1,000 \(momentum\) × 2 \(batch_size\) makes 2,000,000",
        ),
        ({"axes": [{"parameter": "x"}]}, "axes.0.parameter", "no parameter 'x'; there are learning_rate, momentum"),
        ({"axes": [{"parameter": "momentum"}] * 2}, "axes.1.parameter", "has an axis already"),
        ({"axes": [{"parameter": "momentum", "values": [2]}]}, "axes.0.values", "from 0 to 0.9"),
        ({"axes": [{"parameter": "momentum", "values": [0.1, 0.1]}]}, "axes.0.values", "each value once"),
        ({"axes": [{"parameter": "momentum", "high": 2}]}, "axes.0.high", "from 0 to 0.9"),
        ({"axes": [{"parameter": "momentum", "low": 0.9, "high": 0.1}]}, "axes.0.low", "range"),
        ({"axes": [{"parameter": "momentum", "scale": "logarithmic"}]}, "axes.0.low", "above 0"),
        ({"axes": [{"parameter": "batch_size", "num": 3}]}, "axes.0.values", "listed values"),
        ({"product_of": ["depth"]}, "product_of", "no parameter 'depth'"),
        ({"product_of": ["momentum"]}, "product_of", "not a number above 0"),
        ({"product_of": ["learning_rate", "learning_rate^2"]}, "product_of", "name learning_rate once"),
        ({"num_values": 51, "order": "row_major"}, "order", "5,202 points are too many to be walked row by row"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_at_its_field(settings: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidConfig, match=said) as refusal:
        grid(setup_of(hyperparameters(RATE, MOMENTUM, BATCH)), **settings)
    assert [error.field for error in refusal.value.errors] == [field]


def test_finer_grids_are_counted_as_well() -> None:
    parameters = [{"name": name, "low": 0.1, "high": 0.5} for name in ("momentum", "label_smoothing", "weight_decay")]
    parameters += [
        RATE,
        {"name": "auxiliary_weight", "low": 0, "high": 1},
        {"name": "warmup_epochs", "low": 0, "high": 1},
    ]
    with pytest.raises(InvalidConfig, match="at most 1,000,000") as refusal:
        grid(setup_of(hyperparameters(*parameters)), num_values=2, stages=2, refine=5)
    assert [error.field for error in refusal.value.errors] == ["refine"]


def test_a_space_without_named_values_is_refused() -> None:
    kind = spaces.get("regnet")
    with pytest.raises(InvalidConfig, match="needs a space that is parametrised"):
        grid(setup_of(kind(kind.Config.parse(None))))


@pytest.mark.parametrize("term", ["", "width^", "width^x", "width^2^2", "^2"])
def test_terms_that_are_no_powers_are_refused(term: str) -> None:
    with pytest.raises(InvalidConfig, match="like width"):
        GridConfig.parse({"product_of": [term]})


# --- large grids --------------------------------------------------------------------------------------------------------


class Counting(Hyperparameters):
    """Counts how often its costs are asked for."""

    asked = 0

    def cost(self, *given: Any) -> Any:
        self.asked += 1
        return super().cost(*given)


def counting(*parameters: dict[str, Any]) -> Counting:
    return Counting(HyperparametersConfig.parse({"parameters": list(parameters)}))


def test_a_constraint_that_nothing_keeps_is_found_out_before_all_points_are_walked() -> None:
    space = counting(RATE, MOMENTUM)
    strategy = grid(setup_of(space, constraints=("params<=1",)), num_values=300)
    with pytest.raises(ConstraintLeavesNothing, match=r"5,000 of the 90,000 points of the grid meets params <= 1"):
        strategy.ask(1)
    assert space.asked <= MAX_TRIES
    with pytest.raises(ConstraintLeavesNothing):
        strategy.ask(1)
    assert space.asked <= MAX_TRIES
    strategy.intervene(ChangeConstraints(()))
    assert len(strategy.ask(3)) == 3


def test_a_grid_that_gave_up_has_ended_and_is_restored_so() -> None:
    setup = setup_of(hyperparameters(RATE, MOMENTUM))
    strategy = grid(setup, num_values=80)
    for proposal in strategy.ask(2):
        strategy.tell(proposal.id, ok(proposal, 0.5))
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=1"),)))
    assert strategy.ask(1) == []
    assert strategy.done()
    again = grid(setup, num_values=80)
    again.load_state_dict(strategy.state_dict())
    assert again.done()
    assert again.ask(1) == []


def test_points_without_a_meaning_cost_nothing() -> None:
    """A parameter that exists for one of two optimisers has no axis for the other."""
    optimizer = {"name": "optimizer", "kind": "categorical", "values": ["sgd", "adam"]}
    counted = counting(optimizer, {**MOMENTUM, "active_if": {"parameter": "optimizer", "values": ["sgd"]}})
    strategy = grid(setup_of(counted, constraints=("params<=10M",)), num_values=100)
    assert counted.asked == 101
    assert len(list(walked(strategy))) == 101


def test_a_space_of_more_than_64_parameters_has_a_grid() -> None:
    kind = spaces.get("layerwise")
    space = kind(kind.Config.parse(kind.Config.presets["cifar"]))
    parameters = space.parameters()
    axes = [{"parameter": parameter.name} for parameter in (parameters[0], parameters[-1])]
    found = [space.values_of(p.genotype) for p in walked(grid(setup_of(space), axes=axes, order="row_major"))]
    first, last = parameters[0], parameters[-1]
    assert len(parameters) > 64
    assert [(v[first.name], v[last.name]) for v in found] == [(a, b) for a in first.values for b in last.values]


def test_a_choice_may_be_written_without_its_point_zero() -> None:
    kind = spaces.get("efficientnet")
    space = kind(kind.Config.parse({"widths": [0.5, 1.0]}))
    strategy = grid(setup_of(space), axes=[{"parameter": "width", "values": [1]}])
    (proposal,) = strategy.ask(5)
    assert proposal.genotype is not None
    assert repr(proposal.genotype["width"]) == "1.0"


def test_what_was_forbidden_while_it_was_evaluated_is_no_centre() -> None:
    kind = spaces.get("nasbench201")
    space = kind(kind.Config.parse({"operations": ["skip_connect", "nor_conv_3x3"], "width": 4, "cells_per_stage": 1}))
    first, *others = (parameter.name for parameter in space.parameters())
    fixed = [{"parameter": name, "values": ["skip_connect"]} for name in others]
    strategy = grid(setup_of(space), axes=[{"parameter": first}, *fixed])
    asked = {proposal.genotype["edges"][0]: proposal for proposal in strategy.ask(2) if proposal.genotype is not None}
    strategy.intervene(ForbidOperations(("nor_conv_3x3",)))
    strategy.tell(asked["nor_conv_3x3"].id, ok(asked["nor_conv_3x3"], 0.9))
    strategy.tell(asked["skip_connect"].id, ok(asked["skip_connect"], 0.1))
    (view,) = strategy.views()
    states = dict(zip(view.data["id"], view.data["state"], strict=True))
    assert states == {asked["nor_conv_3x3"].id: "broken", asked["skip_connect"].id: "best"}


def test_what_a_later_limit_forbids_is_no_centre() -> None:
    """0, 21, 42 and 63 of six bits: the last is the best, until it has too many ones."""
    strategy = grid(setup_of(NamedBitStrings(BitsConfig(num_bits=6))), num_values=4, stages=2)
    for proposal in strategy.ask(4):
        assert proposal.genotype is not None
        strategy.tell(proposal.id, ok(proposal, int(proposal.genotype["bits"], 2) / 63))
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=130"),)))
    assert strategy.ask(1) == []
    assert strategy.done()
    (view,) = strategy.views()
    assert "best" not in view.data["state"]


def test_of_two_results_at_one_place_that_which_keeps_the_limits_is_shown() -> None:
    axes = [{"parameter": name, "num": 2} for name in ("learning_rate", "momentum")]
    axes.append({"parameter": "batch_size"})
    space = hyperparameters(RATE, MOMENTUM, BATCH)
    strategy = grid(setup_of(space, constraints=("latency_ms<=1",)), axes=axes, order="row_major")
    first, second = strategy.ask(2)  # they share learning rate and momentum
    strategy.tell(first.id, ok(first, 0.4, latency_ms=0.5))
    strategy.tell(second.id, ok(second, 0.9, latency_ms=2.0))
    (view,) = strategy.views()
    place = view.data["id"].index(first.id)
    assert (view.data["value"][place], view.data["told"][place]) == (0.4, 2)


def test_parameters_without_an_axis_keep_what_a_known_architecture_has() -> None:
    space = spaces.get("nasbench201").Config.parse(None)
    setup = setup_of(spaces.get("nasbench201")(space))
    known = setup.space.presets()[0].genotype["edges"]
    axes = [{"parameter": "0 → 1"}]
    seen = [proposal.genotype["edges"] for proposal in walked(grid(setup, axes=axes)) if proposal.genotype]
    assert len({edges[0] for edges in seen}) == len(seen) == 5
    assert all(edges[1:] == known[1:] for edges in seen)
