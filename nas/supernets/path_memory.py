"""What the kinds of steps through a supernet keep in memory for their backward pass: one path, two, or all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import torch
from torch import Tensor

from nas.supernets.gates import AllGates, Precision, TwoPaths
from nas.supernets.network import Mixture, SinglePath, Supernet, WeightedSum
from nas.supernets.saved_memory import saved_bytes
from nas.supernets.statistics_at_rest import statistics_at_rest

_NUM_PATHS = 8


def path_memory(
    network: Supernet, sizes: Sequence[int], inputs: Tensor, precision: Precision, num_paths: int = _NUM_PATHS
) -> dict[str, int]:
    """Bytes by the kind of step, for the batch `inputs`; of one and of two paths the mean over evenly drawn ones.

    "one_path" a step of the weights, "two_paths" and "all_gates" the architecture steps, "all_paths" the weighted sum of all
    options that a search without gates computes. Leaves everything as it was, random numbers too. `sizes`: options of each row.
    """
    generator = torch.Generator().manual_seed(0)
    rows = [torch.full((size,), 1 / size, device=inputs.device, requires_grad=True) for size in sizes]
    pair = torch.full((len(sizes), 2), 0.5, device=inputs.device, requires_grad=True)
    every = [range(size) for size in sizes]

    def measure(mixture: Mixture) -> int:
        def run() -> Tensor:
            with precision():
                logits: Tensor = network(inputs, mixture)
            return logits

        return saved_bytes(network, run)

    def drawn(make: Callable[[list[int], list[int]], Mixture]) -> int:
        found = []
        for _ in range(num_paths):
            orders = [torch.randperm(size, generator=generator).tolist() for size in sizes]
            found.append(measure(make([order[0] for order in orders], [order[-1] for order in orders])))
        return round(fmean(found))

    network.train()
    cuda = [inputs.device] if inputs.device.type == "cuda" else []
    with statistics_at_rest(network), torch.random.fork_rng(devices=cuda):
        return {
            "one_path": drawn(lambda path, other: SinglePath(path)),
            "two_paths": drawn(lambda path, other: TwoPaths(path, other, pair)),
            "all_gates": drawn(lambda path, other: AllGates(path, rows, every, precision)),
            "all_paths": measure(WeightedSum(rows)),
        }
