"""Every use of random numbers has its own stream: none repeats another's draws."""

from __future__ import annotations

from itertools import product

from nas.core.randomness import generator_for, training_seed, work_generator


def test_proposals_replicas_and_runs_draw_differently() -> None:
    places = list(product(range(3), range(3), range(3)))
    assert len({int(generator_for(*place).integers(2**63)) for place in places}) == len(places)
    assert len({int(work_generator(*place).integers(2**63)) for place in places}) == len(places)
    assert len({training_seed(*place) for place in places}) == len(places)


def test_the_work_on_a_proposal_does_not_repeat_the_draws_that_made_it() -> None:
    draws = [int(make(3, 0, 7).integers(2**63)) for make in (generator_for, work_generator)]
    assert draws[0] != draws[1]


def test_the_same_place_draws_the_same() -> None:
    assert training_seed(3, 0, 7) == training_seed(3, 0, 7) < 2**63
    assert work_generator(3, 0, 7).integers(2**63) == work_generator(3, 0, 7).integers(2**63)
