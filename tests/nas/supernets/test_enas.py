"""ENAS: the controller learns what is rewarded, leaves the weights alone, wants a share of skips; stops change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nas.controllers.policy import Policy
from nas.core.budget import Budget
from nas.core.errors import ConstraintLeavesNothing, Interrupted
from nas.core.intervention import ChangeConstraints, ForbidOperations
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.jobs.local import LocalContext, search
from nas.jobs.train_supernet import TrainSupernet
from nas.spaces.enas_macro import EnasMacro, EnasMacroConfig
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from nas.strategies.enas import Enas, EnasConfig
from nas.supernets.enas import EnasTraining
from nas.supernets.enas_controller import EnasController
from nas.supernets.enas_recipe import EnasRecipe
from nas.supernets.task import SupernetTask
from nas.supernets.training import Surroundings
from nas.training.checkpoint import unpack
from nas.training.data import place
from nas.training.environment import reproducible
from tests.support.supernets import digits_setup

QUICK = {
    "epochs": 2,
    "batch_size": 128,
    "controller_updates": 3,
    "samples_per_update": 3,
    "derive_samples": 3,
    "units": 8,
}


def begun(space: str) -> EnasTraining:
    setup = digits_setup(space)
    splits = setup.problem.splits()
    cpu = torch.device("cpu")
    at = Surroundings(place(splits.train, cpu), place(splits.validation, cpu), cpu, seed=3)
    with reproducible(cpu, 3):
        return EnasTraining(EnasRecipe(**QUICK), setup, at)


def test_the_controller_learns_what_is_rewarded() -> None:
    space = NasBench201(NasBench201Config())
    rng = np.random.default_rng(0)
    controller = EnasController(space, EnasRecipe(controller_rate=0.02, units=16, tanh_constant=0), rng)
    wanted = "skip_connect"

    def share() -> float:
        drawn = controller.draw(np.random.default_rng(1), 100)
        return float(np.mean([space.decode(one.actions)["edges"].count(wanted) / 6 for one in drawn]))

    before = share()
    for _ in range(60):
        drawn = controller.draw(rng, 10)
        controller.learn(drawn, [space.decode(one.actions)["edges"].count(wanted) / 6 for one in drawn])
    assert before < 0.35
    assert share() > 0.8


@pytest.mark.parametrize("target", [0.1, 0.9])
def test_without_rewards_skips_come_to_the_wanted_share(target: float) -> None:
    space = EnasMacro(EnasMacroConfig(layers=5))
    rng = np.random.default_rng(0)
    config = EnasRecipe(controller_rate=0.02, units=16, skip_share=target, skip_weight=5.0, tanh_constant=0)
    controller = EnasController(space, config, rng)
    for _ in range(150):
        drawn = controller.draw(rng, 10)
        controller.learn(drawn, [0.5] * 10)
    drawn = controller.draw(rng, 200)
    skips = [bit for one in drawn for layer in space.decode(one.actions)["layers"] for bit in layer.get("skips", ())]
    assert abs(np.mean(skips) - target) < 0.12


def test_the_baseline_sees_rewards_with_their_entropy_and_moves_slowly() -> None:
    space = NasBench201(NasBench201Config())
    rng = np.random.default_rng(0)
    config = EnasRecipe(units=8, entropy_weight=0.5, baseline_decay=0.9)
    controller = EnasController(space, config, rng)
    first = controller.learn(controller.draw(rng, 4), [0.2, 0.4, 0.6, 0.8])
    assert first.reward == pytest.approx(0.5)
    assert first.entropy == pytest.approx(6 * np.log(5), rel=1e-2)  # hardly taught
    assert first.baseline == pytest.approx(0.5 + 0.5 * first.entropy)
    second = controller.learn(controller.draw(rng, 4), [1.0] * 4)
    assert second.baseline == pytest.approx(0.9 * first.baseline + 0.1 * (1 + 0.5 * second.entropy))


def test_the_wish_for_skips_is_a_divergence_per_layer() -> None:
    """Two layers have one switch, which is 1 with the chance p = σ(z): the gradient by z of weight · KL / layers, from one draw of
    either value (both have the chance a half, so each stands for itself)."""
    space = EnasMacro(EnasMacroConfig(layers=2))
    rng = np.random.default_rng(0)
    config = EnasRecipe(units=8, skip_share=0.4, skip_weight=0.8)
    controller = EnasController(space, config, rng)
    controller._weights = {name: np.zeros_like(value) for name, value in controller._weights.items()}
    policy = Policy(config.shape, controller._weights)
    drawn = controller.draw(rng, 200)
    switch = [place for place, decision in enumerate(drawn[0].decisions) if decision.options == ("0", "1")]
    assert len(switch) == 1
    pair = [next(one for one in drawn if one.actions[switch[0]] == bit) for bit in (0, 1)]
    read = policy.read(pair[0].decisions, [one.actions for one in pair])
    found = controller._skip_gradient(read)[:, switch[0]]

    def divergence(z: float) -> float:
        p = 1 / (1 + np.exp(-z))
        return float((1 - p) * np.log((1 - p) / 0.6) + p * np.log(p / 0.4))

    by_z = (divergence(1e-5) - divergence(-1e-5)) / 2e-5
    assert found @ np.array([-0.5, 0.5]) == pytest.approx(0.8 * by_z / 2, rel=1e-6)
    assert np.count_nonzero(controller._skip_gradient(read)) == 2


def test_what_the_controller_knows_survives_storage() -> None:
    space = NasBench201(NasBench201Config())
    config = EnasRecipe(units=8)
    one, other = (EnasController(space, config, np.random.default_rng(seed)) for seed in (0, 1))
    rng = np.random.default_rng(2)
    for _ in range(2):
        one.learn(one.draw(rng, 4), [0.1, 0.2, 0.3, 0.4])
    other.load_arrays(one.arrays())
    seen = [
        [
            [drawn.actions for drawn in controller.draw(np.random.default_rng(3), 5)],
            controller.learn(controller.draw(np.random.default_rng(4), 4), [0.4, 0.3, 0.2, 0.1]),
        ]
        for controller in (one, other)
    ]
    assert seen[0] == seen[1]


def test_teaching_the_controller_leaves_weights_and_statistics_alone() -> None:
    setup = digits_setup("nasbench201")
    splits = setup.problem.splits()
    cpu = torch.device("cpu")
    at = Surroundings(place(splits.train, cpu), place(splits.validation, cpu), cpu, seed=3)
    training = EnasTraining(EnasRecipe(**QUICK), setup, at)
    before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
    policy = {name: tensor.clone() for name, tensor in training.own_tensors().items()}
    facts = training.end_epoch()
    assert all(torch.equal(tensor, before[name]) for name, tensor in training.network.state_dict().items())
    assert not torch.equal(training.own_tensors()["weights.start"], policy["weights.start"])
    assert facts.metrics["shared_accuracy"] == max(sample["accuracy"] for sample in facts.data["samples"])
    assert all(sum(row) == pytest.approx(1, abs=1e-4) for row in facts.data["probabilities"])


def test_shared_weights_are_judged_by_the_statistics_of_each_batch() -> None:
    """Whatever the running ones are."""
    found = []
    for spoil in (False, True):
        training = begun("nasbench201")
        if spoil:
            for name, buffer in training.network.named_buffers():
                if name.endswith(("running_mean", "running_var")):
                    buffer.fill_(50.0)
        found.append(training.end_epoch())
    assert found[0] == found[1]
    assert found[0].metrics["reward"] > 0


def test_each_reward_is_of_another_batch_that_the_weights_do_not_learn_from() -> None:
    training = begun("nasbench201")
    taken: list[torch.Tensor] = []
    takes = training.decision_batch

    def watched() -> tuple[torch.Tensor, torch.Tensor]:
        batch = takes()
        taken.append(batch[0])
        return batch

    training.decision_batch = watched  # type: ignore[method-assign]
    training.end_epoch()
    assert len(taken) == QUICK["controller_updates"] * QUICK["samples_per_update"]


@pytest.mark.parametrize("space", ["enas_macro", "enas_micro"])
def test_interrupted_it_gives_the_same_numbers(space: str, tmp_path: Path) -> None:
    setup = digits_setup(space)
    task = SupernetTask("enas", QUICK, 0, 2)
    proposal = Proposal(0, kind="train_supernet", began_as=0, payload=task.as_json())
    folders = [tmp_path / name for name in ("whole", "stopped")]
    for folder in folders:
        folder.mkdir()
    TrainSupernet().run(LocalContext("train_supernet", setup, [proposal], folder=folders[0]))
    asked = iter(range(100))
    with pytest.raises(Interrupted):
        stops = LocalContext(
            "train_supernet", setup, [proposal], folder=folders[1], should_stop=lambda: next(asked) >= 4
        )
        TrainSupernet().run(stops)
    TrainSupernet().run(LocalContext("train_supernet", setup, [proposal], folder=folders[1]))
    whole, stopped = (unpack((folder / "0.checkpoint").read_bytes())[0] for folder in folders)
    assert whole.keys() == stopped.keys()
    assert all(torch.equal(tensor, stopped[name]) for name, tensor in whole.items())


def test_a_constraint_holds_from_the_weights_to_what_is_trained() -> None:
    setup = digits_setup("nasbench201")
    limit = sorted(setup.cost(setup.space.sample(np.random.default_rng(seed))).macs for seed in range(30))[10]
    setup = replace(setup, constraints=(Constraint.from_text(f"macs<={limit}"),))
    finished = list(search(Enas(EnasConfig(**{**QUICK, "num_trained": 1}), setup), setup, Budget(trials=10)))
    assert [one.result.status for one in finished] == [ResultStatus.COMPLETED] * 3
    assert finished[-1].result.metrics["macs"] <= limit
    assert all(found.metrics["macs"] <= limit for one in finished for found in one.reported)


def test_all_that_is_trained_stands_in_the_picture_of_ranks() -> None:
    setup = digits_setup("nasbench201")
    strategy = Enas(EnasConfig(**{**QUICK, "num_trained": 3}), setup)
    finished = [one for one in search(strategy, setup, Budget(trials=10)) if one.proposal.kind == "evaluate"]
    (picture,) = [view for view in strategy.views() if view.name == "rank_correlation"]
    assert len(finished) > 1
    assert picture.data["num_pairs"] == len(finished)


def test_an_impossible_constraint_is_named() -> None:
    setup = replace(digits_setup("nasbench201"), constraints=(Constraint.from_text("macs<=1"),))
    finished = list(search(Enas(EnasConfig(**{**QUICK, "num_trained": 1}), setup), setup, Budget(trials=10)))
    assert [one.result.status for one in finished] == [ResultStatus.INFEASIBLE]
    assert "macs" in finished[0].result.reason


def test_rules_that_change_hold_for_the_next_leg_and_for_what_is_trained() -> None:
    setup = digits_setup("nasbench201")
    genotypes = [setup.space.sample(np.random.default_rng(seed)) for seed in range(12)]
    macs = {index: setup.cost(genotype).macs for index, genotype in enumerate(genotypes)}
    limit = sorted(macs.values())[4]
    samples = [{"accuracy": value / max(macs.values()), "genotype": genotypes[index]} for index, value in macs.items()]
    strategy = Enas(EnasConfig(**{**QUICK, "num_trained": 2}), setup)

    def tell_a_leg() -> Proposal:
        (leg,) = strategy.ask(1)
        epoch = leg.payload["until_epoch"]
        data = {"probabilities": [], "controller": [[epoch, 0.5, 0.5, 1.0]], "samples": samples}
        facts = {"epoch": epoch, "metrics": {"shared_accuracy": 0.5}, "data": data, "genotype": None}
        strategy.tell(leg.id, Result(leg.id, ResultStatus.COMPLETED, payload=facts))
        return leg

    tell_a_leg()
    strategy.intervene(ChangeConstraints((Constraint.from_text(f"macs<={limit}"),)))
    strategy.intervene(ForbidOperations(("none",)))
    leg = tell_a_leg()
    ruled = SupernetTask.from_json(leg.payload).ruled(setup)
    assert (ruled.constraints, ruled.forbidden) == (strategy.setup.constraints, {"none"})
    strategy.intervene(ForbidOperations(()))
    assert "samples" not in strategy.history.epochs[0]["data"]  # architectures of the past would fill its memory
    found = [proposal.genotype for proposal in strategy.ask(2)]
    allowed = sorted((value for value in macs.values() if value <= limit), reverse=True)
    assert [setup.cost(genotype).macs for genotype in found if genotype] == allowed[:2]


def test_a_limit_that_comes_too_late_for_all_that_was_drawn_is_named() -> None:
    setup = digits_setup("nasbench201")
    strategy = Enas(EnasConfig(**{**QUICK, "epochs": 1}), setup)
    (leg,) = strategy.ask(1)
    samples = [{"accuracy": 0.5, "genotype": {"edges": ["nor_conv_3x3"] * 6}}]
    data = {"probabilities": [], "controller": [], "samples": samples}
    facts = {"epoch": 1, "metrics": {}, "data": data, "genotype": None}
    strategy.tell(leg.id, Result(leg.id, ResultStatus.COMPLETED, payload=facts))
    strategy.intervene(ForbidOperations(("nor_conv_3x3",)))
    with pytest.raises(ConstraintLeavesNothing, match="nor_conv_3x3"):
        strategy.ask(1)


def test_a_leg_keeps_the_rules_of_its_task(tmp_path: Path) -> None:
    setup = digits_setup("nasbench201")
    rule = Constraint.from_text("macs<=70000")
    task = SupernetTask("enas", {**QUICK, "epochs": 1}, 0, 1, constraints=[rule.as_json()], forbidden=["nor_conv_3x3"])
    proposal = Proposal(0, kind="train_supernet", began_as=0, payload=task.as_json())
    context = LocalContext("train_supernet", setup, [proposal], folder=tmp_path)
    TrainSupernet().run(context)
    drawn = [sample["genotype"] for sample in context.results[0].payload["data"]["samples"]]
    assert drawn
    assert all(setup.cost(genotype).macs <= 70_000 and "nor_conv_3x3" not in genotype["edges"] for genotype in drawn)


def test_of_many_updates_some_are_told_with_their_numbers() -> None:
    setup = digits_setup("nasbench201")
    splits = setup.problem.splits()
    cpu = torch.device("cpu")
    at = Surroundings(place(splits.train, cpu), place(splits.validation, cpu), cpu, seed=3)
    settings = {**QUICK, "controller_updates": 230, "samples_per_update": 1}
    training = EnasTraining(EnasRecipe(**settings), setup, at)
    training.epoch = 2
    told = training.end_epoch().data["controller"]
    assert [row[0] for row in told] == list(range(230 + 2, 2 * 230 + 1, 3))
    assert {len(row) for row in told} == {4}
