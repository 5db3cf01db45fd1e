"""How good the strategies are, measured: `make bench-search`, or `python -m tests.bench.search table --seeds 100`."""
