"""Progressive search: sizes in their order, the beam, what never grows, what the model is told, what it finds."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import PCG64, Generator
from scipy.stats import mannwhitneyu

from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.intervention import AddArchitecture, ChangeConstraints
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.registry import spaces, strategies
from nas.spaces.pnas import Pnas, PnasConfig
from nas.strategies.progressive import Progressive
from nas.strategies.progressive_config import ProgressiveConfig
from nas.strategies.progressive_level import LOOKED_AT, Grown, Level, looked_at
from nas.strategies.progressive_model import Scale
from nas.strategies.random import RandomSearch
from tests.contracts.toys import toy_setup
from tests.nas.strategies.populations import bits, fail, shown, tell

QUICK = {"epochs": 5, "units": 8}


def progressive(setup: SearchSetup | None = None, **settings: Any) -> Progressive:
    return Progressive(ProgressiveConfig.parse({**QUICK, **settings}), setup or toy_setup(num_bits=18))


def share_of_ones(proposal: Proposal) -> float:
    return bits(proposal).count("1") / len(bits(proposal))


def advanced(strategy: Progressive, num: int) -> list[Proposal]:
    """So many proposals, each told at once how many ones it has."""
    asked = []
    for _ in range(num):
        (proposal,) = strategy.ask(1)
        tell(strategy, proposal, share_of_ones(proposal))
        asked.append(proposal)
    return asked


# --- sizes ---------------------------------------------------------------------------------------------------------


def test_all_of_the_smallest_then_the_beam_of_every_size_is_evaluated() -> None:
    asked = advanced(progressive(beam=4, first_level=None), 64 + 4 + 4 + 1)
    assert [proposal.meta["size"] for proposal in asked] == [1] * 64 + [2] * 4 + [3] * 5
    smallest = {bits(proposal) for proposal in asked[:64]}
    assert len(smallest) == 64
    assert all(text[6:] == "0" * 12 for text in smallest)


def test_the_best_of_a_size_are_the_parents_of_the_next() -> None:
    asked = advanced(progressive(beam=4, first_level=20), 24)
    ranked = sorted(asked[:20], key=lambda proposal: (-share_of_ones(proposal), proposal.id))
    parents = {number for proposal in asked[20:] for number in proposal.parents}
    assert parents <= {proposal.id for proposal in ranked[:4]}
    for child in asked[20:]:
        assert bits(child)[:6] == bits(asked[child.parents[0]])[:6]
        assert child.operator == "grow"
        assert int(bits(child)[6:12], 2) > 0  # something was added


def test_the_trained_models_of_the_paper_are_1_160() -> None:
    """136 + 4 · 256 on the space of PNAS; here the sizes and candidates, without a training."""
    kind = spaces.get("pnas")
    ways = kind(kind.Config.parse({})).num_ways()
    assert ways == (136, 300, 528, 820, 1_176)
    beams = (1, 136, 256, 256, 256)
    assert [beam * number for beam, number in zip(beams, ways, strict=True)] == [136, 40_800, 135_168, 209_920, 301_056]
    config = ProgressiveConfig.parse(ProgressiveConfig.presets["paper"])
    assert config.first_level is None
    assert ways[0] + 4 * config.beam == 1_160


def test_a_size_is_complete_before_the_next_begins() -> None:
    strategy = progressive(beam=3, first_level=5)
    first = strategy.ask(9)
    assert len(first) == 5
    for proposal in first[1:]:
        tell(strategy, proposal, share_of_ones(proposal))
    assert strategy.ask(9) == []
    fail(strategy, first[0])
    assert [proposal.meta["size"] for proposal in strategy.ask(9)] == [2, 2, 2]


def test_what_failed_never_grows() -> None:
    strategy = progressive(beam=8, first_level=10)
    first = strategy.ask(10)
    for proposal in first:
        if proposal.id % 2:
            fail(strategy, proposal)
        else:
            tell(strategy, proposal, share_of_ones(proposal))
    grown = strategy.ask(8)
    assert len(grown) == 8
    assert all(number % 2 == 0 for proposal in grown for number in proposal.parents)


def test_when_a_whole_size_fails_others_of_it_are_tried() -> None:
    strategy = progressive(beam=2, first_level=3)
    failed = strategy.ask(3)
    for proposal in failed:
        fail(strategy, proposal)
    again = strategy.ask(3)
    assert [proposal.meta["size"] for proposal in again] == [1, 1, 1]
    assert not {bits(proposal) for proposal in again} & {bits(proposal) for proposal in failed}


def test_in_the_end_every_architecture_was_evaluated_once() -> None:
    """Six bits, then two: where nothing is left of a size, the next best of the size before grow, then other smallest ones."""
    strategy = progressive(toy_setup(num_bits=8), beam=3, first_level=10)
    asked = advanced(strategy, 2**8)
    assert {bits(proposal) for proposal in asked} == {format(number, "08b") for number in range(2**8)}
    assert strategy.ask(1) == []
    assert strategy.done()


def test_an_added_architecture_of_the_present_size_grows_as_well() -> None:
    strategy = progressive(beam=1, first_level=4)
    strategy.intervene(AddArchitecture({"bits": "1" * 6 + "0" * 12}))
    added, *_ = advanced(strategy, 5)
    (grown,) = strategy.ask(1)
    assert grown.parents == (added.id,)


# --- constraints ---------------------------------------------------------------------------------------------------


def test_candidates_that_break_a_limit_are_passed_over() -> None:
    limited = toy_setup(num_bits=18, constraints=("params<=183",))  # eight ones at most
    asked = advanced(progressive(limited, beam=4), 60)
    assert max(bits(proposal).count("1") for proposal in asked) == 8


def test_those_that_a_limit_keeps_from_growing_make_room_for_the_next_best() -> None:
    """The best of the smallest has as many ones as may be; what grows is one with fewer."""
    strategy = progressive(toy_setup(num_bits=18, constraints=("params<=143",)), beam=1, first_level=None)
    asked = advanced(strategy, 80)
    assert "111111" in {bits(proposal)[:6] for proposal in asked[:64]}
    assert [bits(proposal)[:6].count("1") for proposal in asked[64:66]] == [5, 5]
    assert all(bits(proposal).count("1") <= 6 for proposal in asked)
    assert len({bits(proposal) for proposal in asked}) == 80


def test_a_limit_that_comes_late_takes_away_parents() -> None:
    strategy = progressive(beam=4, first_level=None)
    advanced(strategy, 68)
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=83"),)))  # three ones
    later = advanced(strategy, 12)
    assert all(bits(proposal).count("1") <= 3 for proposal in later)


def test_when_a_limit_leaves_nothing_more_the_search_has_ended() -> None:
    """Of 18 bits at most one may be a one; what is left of the smallest has more."""
    strategy = progressive(toy_setup(num_bits=18, constraints=("params<=43",)), beam=2, first_level=None)
    asked = advanced(strategy, 7)
    assert all(bits(proposal).count("1") <= 1 for proposal in asked)
    while proposals := strategy.ask(1):
        asked += proposals
        tell(strategy, proposals[0], share_of_ones(proposals[0]))
    assert strategy.done()
    assert len({bits(proposal) for proposal in asked}) == len(asked) == 19


def test_a_limit_that_nothing_keeps_is_said() -> None:
    with pytest.raises(ConstraintLeavesNothing, match=r"none of the 64 smallest architectures meets params <= 1;"):
        progressive(toy_setup(num_bits=18, constraints=("params<=1",))).ask(1)
    strategy = progressive()
    advanced(strategy, 3)
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=1"),)))
    with pytest.raises(ConstraintLeavesNothing):
        strategy.ask(1)


def test_a_limit_that_rules_out_all_larger_ones_is_found_out_soon() -> None:
    """16 parents with 300 ways each: of the 4,800 candidates 2,000 are looked at; then 16 other parents have their turn."""

    class Counting(Pnas):
        asked = 0

        def cost(self, genotype: Any, *given: Any) -> Any:
            self.asked += 1
            cost = super().cost(genotype, *given)
            return replace(cost, params=10**9) if len(genotype["cell"]["blocks"]) > 1 else cost

    space = Counting(PnasConfig.parse({"blocks": 2}))
    strategy = progressive(toy_setup(space=space, constraints=("params<=1M",)))
    most = 0
    for _ in range(33):
        before = space.asked
        (proposal,) = strategy.ask(1)
        most = max(most, space.asked - before)
        assert proposal.meta["size"] == 1
        tell(strategy, proposal, 0.5)
    assert 2 * LOOKED_AT < most <= 5 * LOOKED_AT


def test_a_measured_limit_decides_who_grows() -> None:
    strategy = progressive(toy_setup(num_bits=18, constraints=("latency_ms<=5",)), beam=1, first_level=2)
    slow, quick = strategy.ask(2)
    tell(strategy, slow, 0.9, latency_ms=6.0)
    tell(strategy, quick, 0.1, latency_ms=4.0)
    assert strategy.ask(1)[0].parents == (quick.id,)


# --- the model -----------------------------------------------------------------------------------------------------


def test_a_middling_result_is_a_half_and_the_scale_can_be_read_back() -> None:
    losses = np.array([-0.9, -0.8, -0.7, -0.6, -0.1])
    scale = Scale.of(losses)
    assert scale.goodness(np.array([-0.7])) == pytest.approx(0.5)
    assert np.all(np.diff(scale.goodness(losses)) < 0)
    np.testing.assert_allclose(scale.loss(scale.goodness(losses[:4])), losses[:4])
    assert np.isfinite(scale.loss(np.array([0.0, 1.0]))).all()


def test_equal_results_have_a_scale() -> None:
    assert np.isfinite(Scale.of(np.full(3, 0.5)).goodness(np.array([0.5, 0.4]))).all()


def test_predictions_and_levels_are_shown() -> None:
    strategy = progressive(beam=6, first_level=20, epochs=50)
    advanced(strategy, 20 + 6 + 6 + 1)
    levels = shown(strategy, "levels")
    assert levels["size"] == [1, 2, 3]
    assert levels["candidates"] == [64, 6 * 64, 6 * 64]
    assert levels["trained"] == [20, 6, 6]
    assert levels["kept"] == [6, 6, 6]
    assert levels["before"][0] is None
    assert levels["after"][0] > 0.8
    predictions = shown(strategy, "predictions")
    assert predictions["size"] == [2] * 6 + [3] * 7
    assert all(
        low <= value <= high
        for low, value, high in zip(*(predictions[n] for n in ("low", "predicted", "high")), strict=True)
    )


def test_what_one_bit_brings_is_learned_from_the_smallest_and_serves_the_larger() -> None:
    """Chosen of 8 · 63 extensions are the ones with most ones."""
    asked = advanced(progressive(beam=8, first_level=None, epochs=50, units=20), 64 + 8)
    assert min(bits(proposal)[6:12].count("1") for proposal in asked[64:]) >= 5


def test_the_ranking_leaves_out_what_was_tried_and_looks_at_some_of_the_rest() -> None:
    level = Level(2, [Grown(0, (1,)), Grown(5, (2,))], 3)
    level.mark(4)
    ranked = level.ranked(np.array([[0.1, 0.9, 0.3], [0.2, 1.0, 0.8]]), Generator(PCG64(0)))
    assert ranked.tolist() == [1, 5, 2, 3, 0]
    assert (level.ways_of(5), level.parent_of(5)) == ((2, 2), 5)
    assert list(looked_at(np.arange(10), 3)) == [0, 1, 2, 3, 6, 9]
    assert list(looked_at(np.arange(2), 3)) == [0, 1]


# --- spaces --------------------------------------------------------------------------------------------------------


def test_a_space_that_cannot_grow_is_refused() -> None:
    kind = spaces.get("nasbench201")
    without = kind(kind.Config.parse({"operations": ["skip_connect", "nor_conv_1x1"]}))
    with pytest.raises(InvalidConfig, match="none is among its operations"):
        progressive(toy_setup(space=without))


@pytest.mark.parametrize(("name", "settings"), [("pnas", {"blocks": 3}), ("nasbench201", {})])
def test_it_grows_real_spaces(name: str, settings: dict[str, Any]) -> None:
    kind = spaces.get(name)
    setup = toy_setup(space=kind(kind.Config.parse(settings)))
    strategy = progressive(setup, beam=4, first_level=6)
    for number in range(20):
        (proposal,) = strategy.ask(1)
        assert proposal.genotype is not None
        assert setup.space.validate(proposal.genotype) == proposal.genotype
        assert setup.cost(proposal.genotype).params > 0
        tell(strategy, proposal, (number * 7 % 20) / 20)
    assert shown(strategy, "levels")["size"] == [1, 2, 3]


needs_data = pytest.mark.skipif("NASWEB_TEST_DATA" not in os.environ, reason="needs the folder of data sets")


@needs_data
def test_it_beats_random_search_on_the_table_of_nasbench201(tmp_path: Path) -> None:
    """Best validation accuracy after 60 trials, 12 seeds, one-sided Mann-Whitney at the level 0.01."""
    from nas.core.budget import Budget
    from nas.jobs.local import search
    from tests.bench.search.grounds import TableGround

    ground = TableGround(1.0)

    def best(name: str, seed: int) -> float:
        specification = ground.specification(name, {}, seed)
        setup = ground.setup(specification)
        ended = search(specification.strategy_for(setup), setup, Budget(trials=60))
        return max(trial.result.metrics["accuracy"] for trial in ended if trial.result.status.is_ok)

    ours, theirs = ([best(name, seed) for seed in range(12)] for name in (Progressive.name, RandomSearch.name))
    assert mannwhitneyu(ours, theirs, alternative="greater").pvalue < 0.01


def test_it_is_registered() -> None:
    assert strategies.get("progressive") is Progressive
