"""How good searches with shared weights are: from nothing to a network trained from scratch, beside random search of the same cost.

`make bench-shared`, or `python -m tests.bench.shared digits --seeds 3`. One thread; cost is processor time of everything a search
does: shared training, scores, trainings from scratch.
"""
