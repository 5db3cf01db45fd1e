"""Wrong genotypes are refused in words, whatever is wrong with them; what is accepted really is an architecture.

Over all spaces at least 20,000 are tried, in a process that may not use more than 200 MB beyond what it starts with.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nas.registry import spaces

NUM_PER_SPACE = max(1_600, -(-20_000 // len(spaces.names())))

_TRY_THEM = """
import json, resource, sys
import numpy as np
from nas.core.errors import InvalidGenotype
from nas.registry import spaces
from tests.contracts.broken_genotypes import broken

name, num = sys.argv[1], int(sys.argv[2])
kind = spaces.get(name)
space = kind(kind.Config.parse({}))
rng = np.random.default_rng(7)
samples = [space.sample(rng) for _ in range(8)]
space.cost(samples[0], (1, 8, 8), 10)
in_use = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (in_use + 200_000_000, in_use + 200_000_000))
refused, accepted, longest = 0, 0, 0
for sample in samples:
    for genotype in broken(sample, rng, -(-num // len(samples))):
        try:
            read = space.validate(genotype)
        except InvalidGenotype as error:
            refused += 1
            assert error.errors
            assert all(len(e.message) > 10 for e in error.errors), error.errors
            longest = max(longest, len(str(error)))
        else:
            accepted += 1
            json.dumps(read, allow_nan=False)
            assert space.validate(read) == read
            space.canonical(read)
            space.cost(read, (1, 8, 8), 10)
print(json.dumps([refused, accepted, longest]))
"""


@pytest.mark.parametrize("name", spaces.names())
def test_broken_genotypes_are_refused_in_words(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TRY_THEM, name, str(NUM_PER_SPACE)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    refused, accepted, longest = json.loads(done.stdout)
    assert refused + accepted >= NUM_PER_SPACE
    assert refused > accepted, "most changes must make a genotype wrong, else nothing was tried"
    assert longest < 20_000, "a message must not repeat what was sent"
