"""What decides a result: the key by which one stands for another differs as soon as any of it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import nas
from apps.runs.services.reuse import reuse_group, reuse_key
from nas.core.proposal import Proposal as Wish
from nas.core.setup import SearchSetup
from tests.contracts.toys import BitsConfig, BitStrings, Blobs, BlobsConfig, NoData, Ones, OnesConfig, toy_setup

WISH = Wish(0, {"bits": "0110"})


def key_of(setup: SearchSetup, wish: Wish = WISH) -> str:
    return reuse_key(reuse_group(setup), setup, wish)


def setup_with(**replaced: Any) -> SearchSetup:
    return toy_setup(**{"num_bits": 4, **replaced})


class Renamed(Blobs):
    name = "drops"


class Reworked(Blobs):
    version = 2


class OtherData(Blobs):
    """The settings are the same, what they refer to was uploaded anew."""

    def fingerprint(self) -> str:
        return "another"


class SameData(Blobs):
    """Other settings of the same data, for networks of the same size."""

    @property
    def num_classes(self) -> int:
        return 3

    def fingerprint(self) -> str:
        return "the same"


class RenamedOnes(Ones):
    name = "units"


class ReworkedOnes(Ones):
    version = 2


class Measuring(Ones):
    is_simulated = False


class OneNetwork(BitStrings):
    """All strings are one network."""

    def canonical(self, genotype: Any) -> str:
        return "1"


class OneCost(OneNetwork):
    """And cost the same."""

    def cost(self, genotype: Any, *given: Any) -> Any:
        return super().cost({"bits": "0000"}, *given)


BITS = BitsConfig(num_bits=4)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"problem": Renamed(BlobsConfig(), NoData())}),
        ({}, {"problem": Reworked(BlobsConfig(), NoData())}),
        ({}, {"problem": OtherData(BlobsConfig(), NoData())}),
        (
            {"problem": SameData(BlobsConfig(), NoData())},
            {"problem": SameData(BlobsConfig(num_classes=4), NoData())},
        ),
        ({}, {"estimator": RenamedOnes(OnesConfig())}),
        ({}, {"estimator": ReworkedOnes(OnesConfig())}),
        ({}, {"estimator": Ones(OnesConfig(noise=0.02))}),
        ({}, {"seed": 1}),
        ({}, {"replica": 1}),
    ],
    ids=["problem", "its version", "data", "settings", "estimator", "its version", "its settings", "seed", "replica"],
)
def test_another_way_to_the_result_is_another_key(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert key_of(setup_with(**one)) == key_of(setup_with(**one))
    assert key_of(setup_with(**one)) != key_of(setup_with(**other))


def test_another_version_of_the_engine_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of(setup_with())
    monkeypatch.setattr(nas, "__version__", "0.0.1")
    assert key_of(setup_with()) != before


@pytest.mark.parametrize(
    "other",
    [
        replace(WISH, genotype={"bits": "0111"}),
        replace(WISH, fidelity={"epochs": 3}),
        replace(WISH, payload={"steps": 3}),
    ],
    ids=["architecture", "fidelity", "payload"],
)
def test_another_wish_is_another_key(other: Wish) -> None:
    assert key_of(setup_with(), other) != key_of(setup_with())


def test_who_wished_it_and_why_does_not_matter() -> None:
    assert key_of(setup_with(), Wish(7, WISH.genotype, parents=(3,), operator="flip", meta={"a": 1})) == key_of(
        setup_with()
    )


@pytest.mark.parametrize(
    ("space", "estimator", "is_same"),
    [
        (OneCost(BITS), Measuring(OnesConfig()), True),
        (OneNetwork(BITS), Measuring(OnesConfig()), False),
        (OneCost(BITS), Ones(OnesConfig()), False),
    ],
    ids=["equal networks", "at other costs", "in a table"],
)
def test_equal_networks_share_a_key_unless_costs_differ_or_a_table_lists_both(
    space: BitStrings, estimator: Ones, is_same: bool
) -> None:
    setup = setup_with(space=space, estimator=estimator)
    assert (key_of(setup) == key_of(setup, replace(WISH, genotype={"bits": "1111"}))) is is_same


@pytest.mark.parametrize(
    "made",
    [
        lambda: Wish(1, WISH.genotype, continues=0),
        lambda: Wish(1, WISH.genotype, inherits=0),
        lambda: Wish(1, WISH.genotype, keeps_network=True),
        lambda: Wish(1, WISH.genotype, kind="train_supernet"),
        lambda: Wish(1, kind="train_supernet"),
    ],
    ids=["goes on", "inherits", "leaves a network", "another job", "no architecture"],
)
def test_what_must_be_done_itself_has_no_key(made: Callable[[], Wish]) -> None:
    assert key_of(setup_with(), made()) == ""
