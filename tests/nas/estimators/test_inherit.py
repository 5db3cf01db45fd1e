"""Architectures scored with the weights of a stored supernet; what is refused, and what a hostile file can do: nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nas.core.errors import InvalidConfig, InvalidData, TrialFailed
from nas.core.estimator import EvaluationRequest
from nas.core.proposal import Proposal
from nas.core.result import ResultStatus
from nas.estimators.inherit import Inherit, InheritConfig
from nas.estimators.tables import FolderTableLibrary
from nas.jobs.local import LocalContext
from nas.jobs.score_shared import ScoreShared
from nas.registry import spaces
from nas.supernets.stored import stored_supernet
from nas.supernets.task import SupernetTask
from nas.training.checkpoint import pack, unpack
from tests.nas.estimators.place import CELLS, Place, digits, small_space
from tests.support.supernets import digits_setup, trained_supernet

SMALL: dict[str, Any] = {"calibration_batches": 2, "batch_size": 32}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_supernet(small_space(), digits(max_examples=300), tmp_path_factory.mktemp("supernet"))


@pytest.fixture
def request_() -> EvaluationRequest:
    return EvaluationRequest(small_space(), digits(max_examples=300), {"edges": list(CELLS["good"])}, seed=1)


def inherit(file: Path | str, **config: Any) -> Inherit:
    return Inherit(InheritConfig.parse({"supernet": str(file), **SMALL, **config}), FolderTableLibrary())


def test_a_score_is_the_architectures_own_whatever_was_scored_before_and_whatever_the_seed(
    file: Path, request_: EvaluationRequest
) -> None:
    estimator, place = inherit(file), Place()
    light = EvaluationRequest(request_.space, request_.problem, {"edges": list(CELLS["light"])}, seed=1)
    alone = estimator.evaluate(request_, place).metrics
    other = estimator.evaluate(light, place).metrics
    again = estimator.evaluate(
        EvaluationRequest(request_.space, request_.problem, request_.genotype, seed=99), place
    ).metrics
    assert alone == again == inherit(file).evaluate(request_, Place()).metrics
    assert other["loss"] != alone["loss"]
    more = inherit(file, calibration_batches=3).evaluate(request_, place).metrics
    assert more["loss"] != alone["loss"]


def test_it_says_what_a_job_that_scores_says(file: Path, request_: EvaluationRequest, tmp_path: Path) -> None:
    """Over all training examples the statistics do not depend on who draws the batches."""
    setup = digits_setup()
    stored = stored_supernet(file)
    (tmp_path / "0.checkpoint").write_bytes(stored.checkpoint())
    task = SupernetTask(stored.training, {**stored.settings, "batch_size": 300}, 0, 2)
    payload = {"task": task.as_json(), "genotypes": [request_.genotype], "batches": 1}
    proposal = Proposal(1, kind="score_shared", inherits=0, payload=payload)
    context = LocalContext("score_shared", replace(setup, problem=request_.problem), [proposal], folder=tmp_path)
    ScoreShared().run(context)
    (said,) = context.results[0].payload["scores"]
    ours = inherit(file, calibration_batches=1, batch_size=300).evaluate(request_, Place()).metrics
    assert ours["accuracy"] == pytest.approx(said)
    assert ours["loss"] == pytest.approx(context.results[0].payload["losses"][0], rel=1e-4)


def test_another_space_or_problem_is_refused_where_it_was_chosen(file: Path) -> None:
    estimator = inherit(file)
    estimator.check(small_space(), digits(max_examples=300))
    wider = spaces.get("nasbench201")
    for space, problem, says in (
        (wider(wider.Config.parse({"width": 8, "cells_per_stage": 1})), digits(max_examples=300), "another space"),
        (spaces.get("regnet")(spaces.get("regnet").Config()), digits(max_examples=300), "another space"),
        (small_space(), digits(max_examples=299), "other data"),
    ):
        with pytest.raises(InvalidConfig, match=says) as caught:
            estimator.check(space, problem)
        assert [error.field for error in caught.value.errors] == ["estimator.supernet"]


def test_without_a_supernet_it_says_how_to_get_one() -> None:
    for library in (None, FolderTableLibrary()):
        with pytest.raises(InvalidConfig, match="single-path one-shot") as caught:
            Inherit(InheritConfig(), library)
        assert [error.field for error in caught.value.errors] == ["supernet"]


@pytest.mark.parametrize("fidelity", [{"epochs": 1}, {"batches": 0}, {"batches": True}, {"batches": "2"}])
def test_other_fidelities_are_refused(file: Path, fidelity: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig, match="fidelity"):
        inherit(file).check_fidelity(fidelity)


def changed(file: Path, target: Path, **meta: Any) -> Path:
    tensors, head = unpack(file.read_bytes())
    target.write_bytes(pack(tensors, {**head, **meta}))
    return target


@pytest.mark.parametrize(
    ("training", "settings"),
    [("none of ours", {}), ("single_path", {"epochs": -1}), ("one_shot", {"nonsense": 1})],
)
def test_weights_that_cannot_be_used_end_the_trial_with_a_reason(
    file: Path, request_: EvaluationRequest, tmp_path: Path, training: str, settings: dict[str, Any]
) -> None:
    made_for = {**unpack(file.read_bytes())[1]["made_for"], "settings": settings}
    estimator = inherit(changed(file, tmp_path / "x", supernet=training, made_for=made_for))
    with pytest.raises(TrialFailed, match="cannot be used any more") as caught:
        estimator.evaluate(request_, Place())
    assert caught.value.status is ResultStatus.CRASHED


def head_of(text: bytes) -> bytes:
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        b"\xff" * 8 + b"{}",
        (2**40).to_bytes(8, "little") + b"{",
        head_of(b"not json"),
        head_of(b"[" * 100_000),
        head_of(b"{}"),
        head_of(json.dumps({"__metadata__": {"nas": "[]"}}).encode()),
        head_of(json.dumps({"__metadata__": {"nas": json.dumps({"supernet": "single_path", "made_for": 3})}}).encode()),
        head_of(b"\xff\xfe\xff"),
    ],
)
def test_files_that_hold_no_supernet_are_refused_fast(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InvalidData, match="not the checkpoint of a supernet"):
        stored_supernet(tmp_path / "x")
