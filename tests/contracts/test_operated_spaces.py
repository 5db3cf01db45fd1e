"""Every registered space that names its operations: what it says of an architecture is true, and draws do without."""

from __future__ import annotations

import pytest
from numpy.random import PCG64, Generator, SeedSequence

from nas.core.errors import ConstraintLeavesNothing
from nas.core.space import Operated, Sequential, Space
from nas.registry import spaces

OPERATED = [name for name in spaces if isinstance(spaces.get(name)(spaces.get(name).Config.parse(None)), Operated)]


def space_of(name: str) -> Space:
    kind = spaces.get(name)
    made: Space = kind(kind.Config.parse(None))
    return made


def test_the_spaces_of_cells_layers_and_blocks_name_their_operations() -> None:
    assert {"nasbench201", "darts", "nasnet", "amoebanet", "pnas", "enas_micro", "enas_macro", "mnasnet"} <= set(
        OPERATED
    )
    assert "regnet" not in OPERATED


@pytest.mark.parametrize("name", OPERATED)
def test_draws_do_without_what_is_forbidden_however_much_that_is(name: str) -> None:
    """All but one or a few are forbidden: drawing until chance does without them would take for ever."""
    space = space_of(name)
    assert isinstance(space, Operated)
    rng = Generator(PCG64(SeedSequence(5)))
    every = space.operations()
    used = set()
    for _ in range(30):
        of_one = space.operations_of(space.sample(rng))
        assert of_one <= set(every)
        used |= of_one
    assert len(used) > 1
    for _ in range(20):
        forbidden = frozenset(every[int(i)] for i in rng.choice(len(every), size=len(every) - 1, replace=False))
        try:
            drawn = space.sample_without(forbidden, rng)
        except ConstraintLeavesNothing:
            continue  # a place whose only choices are forbidden: truly nothing is left
        assert space.validate(drawn) == drawn
        assert not space.operations_of(drawn) & forbidden


@pytest.mark.parametrize("name", OPERATED)
def test_without_anything_forbidden_nothing_is_left_out(name: str) -> None:
    space = space_of(name)
    assert isinstance(space, Operated)
    rng = Generator(PCG64(SeedSequence(6)))
    drawn = [space.operations_of(space.sample_without(frozenset(), rng)) for _ in range(200)]
    assert frozenset.union(*drawn) == set(space.operations())


SEQUENTIAL = [name for name in OPERATED if isinstance(space_of(name), Sequential)]


def test_most_of_them_are_written_decision_by_decision() -> None:
    assert {"nasbench201", "darts", "nasnet", "amoebanet", "enas_micro", "enas_macro", "mnasnet"} <= set(SEQUENTIAL)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_who_takes_no_option_that_uses_an_operation_writes_an_architecture_without_it(name: str) -> None:
    space = space_of(name)
    assert isinstance(space, Sequential)
    assert isinstance(space, Operated)
    rng = Generator(PCG64(SeedSequence(7)))
    for _ in range(30):
        genotype = space.sample(rng)
        actions = space.encode(genotype)
        decisions = [space.next_decision(actions[:number]) for number in range(len(actions))]
        used = {
            decision.uses[action]
            for decision, action in zip(decisions, actions, strict=True)
            if decision is not None and decision.uses
        }
        assert space.operations_of(genotype) <= used
        assert all(len(decision.uses) in (0, decision.size) for decision in decisions if decision is not None)
