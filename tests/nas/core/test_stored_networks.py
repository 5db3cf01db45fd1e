"""Which networks later trainings begin with."""

from __future__ import annotations

from nas.core.objective import Objective
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.stored_networks import MOST_NETWORKS, StoredNetworks

ACCURACY = Objective.from_text("accuracy")


def proposed(number: int, **more: object) -> Proposal:
    return Proposal(number, genotype={"bits": "1"}, **more)  # type: ignore[arg-type]


def learned(*accuracies: float) -> StoredNetworks:
    networks = StoredNetworks()
    for number, accuracy in enumerate(accuracies):
        networks.learn(proposed(number), Result(number, ResultStatus.COMPLETED, {"accuracy": accuracy}), ACCURACY)
    return networks


def test_a_child_begins_with_its_parent_and_an_orphan_with_the_best() -> None:
    networks = learned(0.5, 0.9, 0.7)
    assert networks.begin(proposed(3, parents=(2,))).inherits == 2
    assert networks.begin(proposed(3)).inherits == 1
    assert networks.begin(proposed(3, parents=(99,))).inherits == 1
    assert networks.begin(proposed(3)).keeps_network
    assert StoredNetworks().begin(proposed(0)).inherits is None


def test_a_continued_training_goes_on_with_its_own() -> None:
    assert learned(0.5).begin(proposed(3, continues=2, began_as=2)).inherits is None


def test_the_latest_are_kept_and_the_best() -> None:
    networks = learned(0.1, 0.9, *[0.5] * (2 * MOST_NETWORKS))
    assert len(networks.ids) == MOST_NETWORKS
    assert networks.ids == {1, *range(MOST_NETWORKS + 3, 2 * MOST_NETWORKS + 2)}


def test_what_failed_is_no_start() -> None:
    networks = StoredNetworks()
    networks.learn(proposed(0), Result(0, ResultStatus.CRASHED, reason="made to fail"), ACCURACY)
    assert not networks.ids


def test_it_survives_storage() -> None:
    networks = learned(0.5, 0.9, 0.7)
    assert StoredNetworks.from_json(networks.as_json()).as_json() == networks.as_json()
