"""What a space holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from numpy.random import Generator

from apps.spaces.selectors.preview import space_preview
from apps.spaces.selectors.sample import drawn_at, sampled
from nas import registry
from nas.core.cost import Cost
from nas.core.errors import ConstraintLeavesNothing, InvalidGenotype
from nas.core.graph import Shape
from nas.core.objective import Constraint
from nas.core.proposal import Genotype
from nas.core.space import Space
from tests.contracts.toys import BitStrings
from tests.support.toy_registry import registered

SHAPE, CLASSES = (1, 8, 8), 10


def small(**config: object) -> Space:
    kind = registry.spaces.get("nasbench201")
    return kind(kind.Config.parse({"width": 8, "cells_per_stage": 1, **config}))


def test_the_same_seed_gives_the_same_preview_and_another_does_not() -> None:
    assert space_preview(small(), SHAPE, CLASSES, seed=3) == space_preview(small(), SHAPE, CLASSES, seed=3)
    assert space_preview(small(), SHAPE, CLASSES, seed=3) != space_preview(small(), SHAPE, CLASSES, seed=4)


def test_histograms_count_the_whole_sample() -> None:
    found = space_preview(small(), SHAPE, CLASSES, num_samples=123)
    assert [one.metric for one in found.histograms] == ["params", "macs", "activations", "peak_memory_bytes"]
    assert {sum(bar.count for bar in one.bars) for one in found.histograms} == {123}


def test_constraints_are_counted_alone_and_together() -> None:
    params = Constraint(metric="params", operator="<=", limit=40_000)
    macs = Constraint(metric="macs", operator=">=", limit=200_000)
    both = space_preview(small(), SHAPE, CLASSES, [params, macs])
    alone = [share.num_met for share in both.shares]
    assert None not in alone
    assert 0 < both.num_met <= min(count for count in alone if count is not None) < both.num_samples


def test_only_architectures_that_keep_the_limits_are_drawn() -> None:
    limit = Constraint(metric="params", operator="<=", limit=30_000)
    drawn = space_preview(small(), SHAPE, CLASSES, [limit]).drawn
    assert len({one.key for one in drawn}) == 3
    assert all(one.cost.params <= 30_000 and one.svg.startswith("<svg") for one in drawn)


def test_nothing_is_drawn_when_nothing_is_left() -> None:
    found = space_preview(small(), SHAPE, CLASSES, [Constraint(metric="params", operator="<=", limit=1)])
    assert (found.num_met, found.drawn) == (0, ())


def test_a_constraint_on_quality_is_not_judged() -> None:
    found = space_preview(small(), SHAPE, CLASSES, [Constraint(metric="accuracy", operator=">=", limit=0.9)])
    assert found.shares[0].num_met is None
    assert found.num_met == found.num_samples


def test_a_space_of_one_architecture_has_a_preview() -> None:
    found = space_preview(small(operations=["skip_connect"]), SHAPE, CLASSES, num_samples=10)
    assert (found.size, len(found.drawn)) == ("1", 1)


def test_a_larger_sample_goes_on_where_a_smaller_one_ended() -> None:
    few, many = (sampled(small(), SHAPE, CLASSES, num=num, seed=3) for num in (300, 600))
    assert [one.genotype for one in many.built[:300]] == [one.genotype for one in few.built]
    assert list(many.costs["macs"][:300]) == list(few.costs["macs"])


@pytest.mark.parametrize("number", [0, 7, 249, 250, 613])
def test_an_architecture_of_the_sample_is_found_again_by_its_number(number: int) -> None:
    (one,) = [one for one in sampled(small(), SHAPE, CLASSES, num=700, seed=5).built if one.number == number]
    assert drawn_at(small(), seed=5, number=number) == one.genotype
    assert one.cost == small().cost(one.genotype, SHAPE, CLASSES)


class Picky(BitStrings):
    """Takes 8×8 only where there are at least ten ones, and cannot always draw one."""

    name = "picky"

    def sample(self, rng: Generator) -> Genotype:
        genotype = super().sample(rng)
        if genotype["bits"].startswith("000"):
            raise ConstraintLeavesNothing("none was found in time")
        return genotype

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        if input_shape[1] == 8 and genotype["bits"].count("1") < 10:
            raise InvalidGenotype.at("bits", "leaves nothing of an image of 8×8")
        return super().cost(genotype, input_shape, num_classes)


def picky_of(num_bits: int) -> Space:
    kind = registry.spaces.get("picky")
    return kind(kind.Config.parse({"num_bits": num_bits}))


@pytest.fixture
def picky() -> Iterator[Space]:
    with registered((registry.spaces, "picky", f"{__name__}:Picky")):
        yield picky_of(20)


def test_samples_that_cannot_be_built_are_counted_with_their_reasons(picky: Space) -> None:
    found = space_preview(picky, SHAPE, CLASSES, num_samples=1000)
    reasons = dict(found.refusals)
    assert reasons.keys() == {"leaves nothing of an image of 8×8", "none was found in time"}
    assert 0 < found.num_refused == sum(reasons.values()) < 1000
    assert {sum(bar.count for bar in one.bars) for one in found.histograms} == {1000 - found.num_refused}
    larger = space_preview(picky, (3, 32, 32), CLASSES, num_samples=1000)
    assert larger.refusals == (("none was found in time", reasons["none was found in time"]),)


def test_a_space_of_which_nothing_can_be_built_has_a_preview(picky: Space) -> None:
    found = space_preview(
        picky_of(5), SHAPE, CLASSES, [Constraint(metric="params", operator="<=", limit=1e9)], num_samples=50
    )
    assert (found.num_refused, found.num_met, found.histograms, found.drawn) == (50, 0, (), ())
    assert found.shares[0].num_met == 0


@pytest.mark.parametrize("name", registry.spaces.names())
def test_every_registered_space_can_be_previewed(name: str) -> None:
    kind = registry.spaces.get(name)
    assert space_preview(kind(kind.Config()), (3, 32, 32), 10, num_samples=20).num_samples == 20
