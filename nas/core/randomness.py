"""Where every random number of a run comes from: the run's seed, the replica and the proposal, nothing global."""

from __future__ import annotations

from numpy.random import PCG64, Generator, SeedSequence

STRATEGY_STREAM = 2**31
"""Spawn word of draws that belong to a replica as a whole (before proposal 0), outside the range of proposal ids."""


def generator_for(run_seed: int, replica: int, proposal_id: int) -> Generator:
    """The generator of one proposal: everything the strategy draws to make it comes from here."""
    return Generator(PCG64(SeedSequence([run_seed, replica, proposal_id])))


def training_seed(run_seed: int, replica: int, proposal_id: int) -> int:
    """A 63-bit seed for the torch generator that trains one proposal; independent of the draws that made it."""
    words = SeedSequence([run_seed, replica, proposal_id, 1]).generate_state(2)
    return (int(words[0]) << 32 | int(words[1])) & (2**63 - 1)


def work_generator(run_seed: int, replica: int, proposal_id: int) -> Generator:
    """The generator of the work on one proposal, the same on every attempt; independent of the two above."""
    return Generator(PCG64(SeedSequence([run_seed, replica, proposal_id, 2])))
