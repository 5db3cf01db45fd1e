"""The search among paths: what evolution may propose, what is scored beside it, what is trained in the end. Scores are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.intervention import ChangeConstraints, ForbidOperations
from nas.core.objective import Constraint, Objective
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import State
from nas.estimators.tables import FolderTableLibrary
from nas.hardware.latency_files import write_latency_file
from nas.hardware.latency_table import LatencyRow, LatencyTable, TableFingerprint, predict
from nas.hardware.network_pieces import pieces_of, pieces_of_space
from nas.strategies import shared_score_search
from nas.strategies.one_shot import OneShot, OneShotConfig
from nas.strategies.path_pool import PathPool
from nas.strategies.shared_score_search import RANDOM, SharedScoreSearch
from nas.strategies.spos import EVOLUTION, Spos
from nas.strategies.spos_config import SposConfig
from tests.support.supernets import digits_setup

SMALL: dict[str, Any] = {
    "epochs": 1,
    "num_trained": 1,
    "population": 8,
    "generations": 4,
    "kept": 3,
    "mutants": 4,
    "crossovers": 3,
}


def worth(genotype: Genotype) -> float:
    """Best: a 3×3 convolution everywhere."""
    return sum({"nor_conv_3x3": 1.0, "nor_conv_1x1": 0.5}.get(name, 0.0) for name in genotype["edges"]) / 6


def ended(proposal: Proposal, score: Callable[[Genotype], float] = worth) -> Result:
    if proposal.kind == "train_supernet":
        epoch = proposal.payload["until_epoch"]
        facts = {"epoch": epoch, "metrics": {"train_loss": 1.0}, "data": {}, "genotype": None}
        return Result(proposal.id, ResultStatus.COMPLETED, payload=facts)
    if proposal.kind == EVALUATE:
        assert proposal.genotype is not None
        found = {"accuracy": score(proposal.genotype), "macs": 1.0}
        return Result(proposal.id, ResultStatus.COMPLETED, metrics=found)
    scores = [score(genotype) for genotype in proposal.payload["genotypes"]]
    return Result(
        proposal.id, ResultStatus.COMPLETED, payload={"scores": scores, "losses": [1 - score for score in scores]}
    )


def searched(
    strategy: SharedScoreSearch, score: Callable[[Genotype], float] = worth, *, out: int = 1
) -> list[Proposal]:
    """To the end, with `out` proposals on their way at a time, the oldest told first."""
    seen: list[Proposal] = []
    pending: list[Proposal] = []
    while True:
        asked = strategy.ask(out - len(pending))
        seen += asked
        pending += asked
        if not pending:
            assert strategy.done()
            return seen
        proposal = pending.pop(0)
        strategy.tell(proposal.id, ended(proposal, score))


def spos(setup: SearchSetup | None = None, **settings: Any) -> Spos:
    return Spos(SposConfig.parse({**SMALL, **settings}), setup or digits_setup())


def scored(seen: list[Proposal], pool: str) -> list[Genotype]:
    return [g for proposal in seen if proposal.meta.get("pool") == pool for g in proposal.payload["genotypes"]]


def test_evolution_and_random_score_equally_many_and_each_network_once() -> None:
    strategy = spos()
    seen = searched(strategy)
    for pool in (EVOLUTION, RANDOM):
        genotypes = scored(seen, pool)
        assert len(genotypes) == 8 * 4
        assert len({strategy.setup.space.canonical(genotype) for genotype in genotypes}) == 8 * 4
    generations = [p.meta["generation"] for p in seen if p.meta.get("pool") == EVOLUTION]
    assert generations == [0, 0, 1, 1, 2, 2, 3, 3]  # four per job
    assert all(p.seed_id == 0 for p in seen if p.kind == "score_shared"), "one set of calibration batches for all"


def test_evolution_finds_what_random_paths_do_not() -> None:
    wins = 0
    setup = digits_setup()
    for seed in range(10):
        strategy = spos(
            replace(setup, run_seed=seed), population=16, generations=8, mutants=8, crossovers=4, per_job=16
        )
        searched(strategy)
        evolved, drawn = (strategy.pools[pool].best_so_far()[-1] for pool in (EVOLUTION, RANDOM))
        wins += evolved > drawn
    assert wins >= 9  # one-sided sign test: p < 0.011


def test_no_candidate_is_over_the_limit() -> None:
    setup = replace(digits_setup(), constraints=(Constraint.from_text("macs<=90000"),))
    seen = searched(spos(setup, num_trained=3, rank_check=2))
    genotypes = scored(seen, EVOLUTION) + scored(seen, RANDOM) + [p.genotype for p in seen if p.genotype]
    assert len(genotypes) == 2 * 32 + 3 + 2
    assert max(setup.cost(genotype).macs for genotype in genotypes) <= 90_000
    free = searched(spos())
    assert max(setup.cost(genotype).macs for genotype in scored(free, EVOLUTION)) > 90_000


def test_mutants_change_a_tenth_of_their_choices_and_crossings_take_each_from_either_parent() -> None:
    strategy, rng = spos(), np.random.default_rng(0)
    first, second = (0,) * 6, (1, 2, 3, 4, 1, 2)
    mutants = np.array([strategy._mutant([second], rng) for _ in range(2000)])
    changed = (mutants != second).mean(axis=0)
    assert changed == pytest.approx([0.1 * 4 / 5] * 6, abs=0.025)  # one draw in five is what was there
    crossed = np.array([strategy._crossed([first, second], rng) for _ in range(2000)])
    from_second = crossed == second
    assert (from_second | (crossed == first)).all()
    assert from_second.mean(axis=0) == pytest.approx([0.5] * 6, abs=0.06)  # either parent may be drawn twice
    between = from_second[~(from_second.all(axis=1) | ~from_second.any(axis=1))]
    assert len(np.unique(between, axis=0)) > 50


def test_parents_are_the_best_of_all_generations_so_far() -> None:
    """With mutants alone, of few changes each: all children stand near one of the three."""
    strategy = spos(kept=3, mutants=8, crossovers=0, generations=3, mutation_probability=0.05, random_beside=False)
    seen = searched(strategy)
    batches = [p.payload["genotypes"] for p in seen if p.meta.get("pool") == EVOLUTION]
    generations = [batches[at] + batches[at + 1] for at in range(0, len(batches), 2)]
    known: list[Genotype] = []
    for number, children in enumerate(generations):
        if number:
            best = [g["edges"] for g in sorted(known, key=worth, reverse=True)[:3]]
            for child in children:
                assert min(sum(a != b for a, b in zip(child["edges"], one, strict=True)) for one in best) in {1, 2}
        known += children


def test_a_limit_that_nothing_keeps_is_named() -> None:
    setup = replace(digits_setup(), constraints=(Constraint.from_text("macs<=10"),))
    strategy = spos(setup)
    (leg,) = strategy.ask(1)
    strategy.tell(leg.id, ended(leg))
    with pytest.raises(ConstraintLeavesNothing, match="macs"):
        strategy.ask(1)


def test_rules_that_change_hold_for_what_waits_and_for_what_comes() -> None:
    strategy = spos(num_trained=40)
    for _ in range(3):
        (proposal,) = strategy.ask(1)
        strategy.tell(proposal.id, ended(proposal))
    strategy.intervene(ForbidOperations(("nor_conv_3x3",)))
    strategy.intervene(ChangeConstraints((Constraint.from_text("macs<=70000"),)))
    later = searched(strategy)
    found = scored(later, EVOLUTION) + scored(later, RANDOM) + [p.genotype for p in later if p.genotype]
    assert len(found) > 40
    assert not any("nor_conv_3x3" in genotype["edges"] for genotype in found)
    assert max(strategy.setup.cost(genotype).macs for genotype in found) <= 70_000


def test_rules_that_change_hold_for_what_was_chosen_to_be_trained() -> None:
    strategy = spos(num_trained=1, rank_check=19)
    seen: list[Proposal] = []
    while not (seen and seen[-1].kind == EVALUATE):
        seen += strategy.ask(1)
        strategy.tell(seen[-1].id, ended(seen[-1]))
    assert "nor_conv_3x3" in (seen[-1].genotype or {})["edges"]
    strategy.intervene(ForbidOperations(("nor_conv_3x3",)))
    later = searched(strategy)
    assert 0 < len(later) < 19
    assert not any("nor_conv_3x3" in (proposal.genotype or {})["edges"] for proposal in later)


def test_a_space_with_fewer_architectures_than_wanted_is_scored_whole() -> None:
    setup = digits_setup(operations=["skip_connect", "nor_conv_1x1"])
    strategy = spos(setup, population=40, mutants=10, crossovers=10)
    seen = searched(strategy)
    there = setup.space.size().distinct
    assert there is not None
    assert there < 160
    assert len(scored(seen, RANDOM)) == there
    assert there / 2 < len(scored(seen, EVOLUTION)) <= there  # ten times as many draws need not find the last ones


def test_a_space_that_whole_jobs_score_to_the_last_path_is_done() -> None:
    setup = digits_setup(operations=["skip_connect", "nor_conv_1x1"])
    there = setup.space.size().distinct
    settings = {"epochs": 1, "num_samples": 1000, "per_job": there, "num_trained": 1}
    strategy = OneShot(OneShotConfig.parse(settings), setup)
    seen = searched(strategy)
    assert len(scored(seen, RANDOM)) == there
    assert [p.kind for p in seen] == ["train_supernet", "score_shared", EVALUATE]


def test_several_workers_score_at_once_and_the_generation_waits_for_its_parents() -> None:
    strategy = spos()
    seen = searched(strategy, out=5)
    order = [(p.meta["pool"], p.meta["generation"]) for p in seen if p.kind == "score_shared"]
    assert order[:5] == [(EVOLUTION, 0), (EVOLUTION, 0), (RANDOM, None), (RANDOM, None), (RANDOM, None)]
    assert len(scored(seen, EVOLUTION)) == len(scored(seen, RANDOM)) == 32


def test_the_best_are_trained_and_the_check_takes_random_ones_of_all_ranks() -> None:
    strategy = spos(num_trained=2, rank_check=5)
    seen = searched(strategy)
    trained = [p for p in seen if p.kind == EVALUATE]
    assert [p.operator for p in trained] == ["derived"] * 2 + ["rank_check"] * 5
    everything = sorted({worth(g) for pool in (EVOLUTION, RANDOM) for g in scored(seen, pool)}, reverse=True)
    assert worth(trained[0].genotype or {}) == everything[0]
    checked = [worth(p.genotype or {}) for p in trained[2:]]
    assert checked == sorted(checked, reverse=True)
    assert checked[-1] == min(worth(g) for g in scored(seen, RANDOM))
    drawn = {strategy.setup.space.canonical(g) for g in scored(seen, RANDOM)}
    assert all(strategy.setup.space.canonical(p.genotype or {}) in drawn for p in trained[2:])
    forms = [strategy.setup.space.canonical(p.genotype or {}) for p in trained]
    assert len(set(forms)) == 7
    (ranking,) = [view for view in strategy.views() if view.name == "rank_correlation"]
    assert ranking.data["num_pairs"] == 7
    assert ranking.data["kendall_tau"] == pytest.approx(1.0)  # the same score twice


def test_the_front_of_shared_scores_is_trained_when_asked_for() -> None:
    setup = digits_setup()
    strategy = spos(setup, num_trained=4, trained_by="front")
    seen = searched(strategy)
    points = {(worth(g), setup.cost(g).macs): g for pool in (EVOLUTION, RANDOM) for g in scored(seen, pool)}
    front = {point for point in points if not any(o != point and o[0] >= point[0] and o[1] <= point[1] for o in points)}
    chosen = [(worth(p.genotype or {}), setup.cost(p.genotype or {}).macs) for p in seen if p.kind == EVALUATE]
    assert len(front) >= 4
    assert set(chosen) <= front
    assert chosen[0] == max(front)
    assert min(front, key=lambda point: point[1]) in chosen, "the ends of a front stand alone"
    alone = replace(setup, objectives=(Objective.from_text("accuracy"),))
    best = [p.genotype for p in searched(spos(alone, num_trained=4, trained_by="front")) if p.kind == EVALUATE]
    assert [worth(g or {}) for g in best] == sorted((worth(g or {}) for g in best), reverse=True)


def timed(folder: Path, **parts: Any) -> tuple[SearchSetup, LatencyTable, str]:
    """A search for which a table knows every piece: a millisecond for each 3×3 convolution of a cell, 0.1 for all else."""
    setup = digits_setup()
    pieces = pieces_of_space(setup.space, setup.problem.input_shape, setup.problem.num_classes)
    slow = {
        piece.key
        for piece in pieces_of(setup.space, {"edges": ["nor_conv_3x3"] * 6}, (1, 8, 8), 10)
        if "edge" in piece.name
    }
    rows = {key: LatencyRow.single(1.0 if key in slow else 0.1) for key in pieces}
    table = LatencyTable(name="made up", fingerprint=TableFingerprint("none", "", threads=1), rows=rows)
    write_latency_file(table, folder / "table.json")
    return replace(setup, latency=FolderTableLibrary(), **parts), table, str(folder / "table.json")


def test_no_candidate_is_over_a_limit_on_latency_that_a_table_knows(tmp_path: Path) -> None:
    limit = (Constraint.from_text("latency_ms<=6"),)
    setup, table, file = timed(tmp_path, constraints=limit)
    seen = searched(spos(setup, latency_table=file, num_trained=2, generations=2))
    genotypes = scored(seen, EVOLUTION) + scored(seen, RANDOM) + [p.genotype for p in seen if p.genotype]
    times = [predict(table, pieces_of(setup.space, genotype, (1, 8, 8), 10)) for genotype in genotypes]
    assert len(times) == 2 * 16 + 2
    assert 4 < max(times) <= 6
    free = searched(spos(setup, generations=2))
    assert any(
        predict(table, pieces_of(setup.space, genotype, (1, 8, 8), 10)) > 6 for genotype in scored(free, EVOLUTION)
    )
    impossible = spos(replace(setup, constraints=(Constraint.from_text("latency_ms<=0.01"),)), latency_table=file)
    (leg,) = impossible.ask(1)
    impossible.tell(leg.id, ended(leg))
    with pytest.raises(ConstraintLeavesNothing, match=r"latency_ms <= 0\.01 by the latency table"):
        impossible.ask(1)


def test_under_a_tight_limit_on_latency_as_many_are_scored_as_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_score_search, "MOST_SLOW", 20)
    setup, table, file = timed(tmp_path)
    drawn = [setup.space.sample(np.random.default_rng(seed)) for seed in range(40)]
    times = sorted(predict(table, pieces_of(setup.space, genotype, (1, 8, 8), 10)) for genotype in drawn)
    limit = Constraint.from_text(f"latency_ms<={times[12]}")  # about every third path keeps it
    setup = replace(setup, constraints=(limit,))
    settings = {"epochs": 1, "num_samples": 20, "per_job": 10, "latency_table": file}
    seen = searched(OneShot(OneShotConfig.parse(settings), setup))
    assert len(scored(seen, RANDOM)) == 20


def test_a_table_that_is_not_there_or_of_another_space_is_refused(tmp_path: Path) -> None:
    setup, _, file = timed(tmp_path)
    with pytest.raises(InvalidConfig, match="there is no latency table"):
        spos(setup, latency_table=str(tmp_path / "none.json"))
    wider = replace(digits_setup(width=8), latency=FolderTableLibrary())
    with pytest.raises(InvalidConfig, match="no entry") as caught:
        spos(wider, latency_table=file)
    assert [error.field for error in caught.value.errors] == ["latency_table"]


def test_of_equal_accuracies_the_smaller_loss_is_better() -> None:
    strategy = spos(random_beside=False, generations=1)
    losses = iter(range(8, 0, -1))
    while asked := strategy.ask(1):
        result = ended(asked[0])
        if asked[0].kind == "score_shared":
            scores = {"scores": [0.5] * 4, "losses": [float(next(losses)) for _ in range(4)]}
            result = replace(result, payload=scores)
            last = asked[0].payload["genotypes"][-1]
        strategy.tell(asked[0].id, result)
        if asked[0].kind == EVALUATE:
            assert asked[0].genotype == last
            return
    raise AssertionError("nothing was trained")


def test_answers_that_are_no_numbers_come_last_and_survive_storage() -> None:
    pool = PathPool()
    pool.ask({"a": (0,), "b": (1,), "c": (2,)})
    pool.learn(0, [0.0, 0.0, 0.5], [None, 9.0, None])
    stored = PathPool.from_json(json.loads(json.dumps(pool.as_json(), allow_nan=False)))
    assert [one.form for one in sorted(stored.scored(), key=lambda one: one.rank)] == ["c", "b", "a"]
    assert list(stored.scored()) == list(pool.scored())


def test_batches_that_are_lost_leave_the_rest_and_a_hopeless_one_ends_the_search() -> None:
    strategy = spos(rank_check=3)
    lost = 0
    while asked := strategy.ask(1):
        (proposal,) = asked
        if proposal.kind == "score_shared" and lost < 2:
            lost += 1
            strategy.tell(proposal.id, Result(proposal.id, ResultStatus.LOST_WORKER, reason="made to fail"))
        else:
            strategy.tell(proposal.id, ended(proposal))
    assert len(list(strategy.pools[EVOLUTION].scored())) == 32 - 8  # of eight batches two have no scores
    other = spos()
    seen = []
    while asked := other.ask(1):
        (proposal,) = asked
        seen.append(proposal)
        if len(seen) == 4:
            other.tell(proposal.id, Result(proposal.id, ResultStatus.OUT_OF_MEMORY, reason="made to fail"))
        else:
            other.tell(proposal.id, ended(proposal))
    assert [p.kind for p in seen] == ["train_supernet", *["score_shared"] * 3, EVALUATE]
    assert other.done()
    assert "made to fail" in json.dumps(other.state_dict().data)


def test_cut_while_several_are_out_the_rest_is_the_same() -> None:
    whole = [p.as_json() for p in searched(spos(rank_check=2), out=3)]
    strategy, seen, pending = spos(rank_check=2), [], []
    while not strategy.done() or pending:
        asked = strategy.ask(3 - len(pending))
        seen += [p.as_json() for p in asked]
        pending += asked
        state = strategy.state_dict()
        strategy = spos(rank_check=2)
        strategy.load_state_dict(State(state.version, json.loads(json.dumps(state.data, sort_keys=True))))
        if pending:
            proposal = pending.pop(0)
            strategy.tell(proposal.id, ended(proposal))
    assert json.loads(json.dumps(seen)) == json.loads(json.dumps(whole))


def test_one_shot_scores_random_paths_and_trains_the_best() -> None:
    strategy = OneShot(OneShotConfig.parse({"epochs": 1, "num_samples": 10}), digits_setup())
    seen = searched(strategy)
    kinds = [p.kind for p in seen]
    assert kinds == ["train_supernet", *["score_shared"] * 3, *[EVALUATE] * 3]
    drawn = scored(seen, RANDOM)
    assert len(drawn) == 10
    assert [worth(p.genotype or {}) for p in seen[-3:]] == sorted(map(worth, drawn), reverse=True)[:3]
    (curve,) = [view for view in strategy.views() if view.name == "shared_search"]
    assert curve.data["best"] == sorted(curve.data["best"])
    assert curve.data["number"] == list(range(1, 11))


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="mutants and crossovers"):
        SposConfig.parse({"population": 10, "mutants": 6, "crossovers": 5})
    with pytest.raises(InvalidConfig, match="10,000"):
        SposConfig.parse({"population": 1000, "generations": 11})


def test_the_preset_is_that_of_the_publication() -> None:
    config = SposConfig.parse(SposConfig.presets["paper"])
    assert (config.population, config.generations, config.kept) == (50, 20, 10)
    assert (config.mutants, config.crossovers, config.mutation_probability) == (25, 25, 0.1)
    assert (config.batch_size, config.learning_rate, config.last_learning_rate) == (1024, 0.5, 0.0)
    assert (config.schedule, config.momentum, config.weight_decay, config.label_smoothing) == ("linear", 0.9, 4e-5, 0.1)
    assert (config.sampling, config.calibration_batches) == ("uniform", 200)
