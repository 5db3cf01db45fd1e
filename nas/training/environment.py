"""The surroundings of one training: its own random numbers, a fixed number of threads, failures with names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from numpy.random import SeedSequence

from nas.core.errors import TrialFailed
from nas.core.result import ResultStatus

CPU_THREADS = 1
"""On a CPU each worker computes with one thread: the sums of a convolution depend on how it is shared out."""

_ALLOCATION_SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")


def stream(seed: int, word: int) -> torch.Generator:
    """A CPU generator of its own for one use (order of examples, augmentation) of a training with this seed."""
    state = SeedSequence([seed, word]).generate_state(2)
    generator = torch.Generator()
    generator.manual_seed((int(state[0]) << 32 | int(state[1])) & (2**63 - 1))
    return generator


@contextmanager
def reproducible(device: torch.device, seed: int) -> Iterator[None]:
    """Inside, torch's default generators start from `seed`; afterwards they, and the threads, are as before.

    Layers draw their initial weights and dropout from the default generators, which is why these have to be seeded at
    all; everything else draws from `stream`. The generators belong to the process: one training at a time.
    """
    is_cuda = device.type == "cuda"
    index = (device.index or 0) if is_cuda else 0
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[index] if is_cuda else []):
        torch.default_generator.manual_seed(seed)
        if is_cuda:
            torch.cuda.default_generators[index].manual_seed(seed)
        else:
            torch.set_num_threads(CPU_THREADS)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


@contextmanager
def named_failures(device: torch.device, batch_size: int) -> Iterator[None]:
    """Turn every way in which memory can run out into TrialFailed(OUT_OF_MEMORY) that says what to do."""
    try:
        yield
    except MemoryError:
        _raise_out_of_memory(device, batch_size)
    except RuntimeError as error:  # torch.OutOfMemoryError is one; the CPU allocator raises a plain one
        text = str(error).lower()
        if isinstance(error, torch.OutOfMemoryError) or any(sign in text for sign in _ALLOCATION_SIGNS):
            if device.type == "cuda":
                torch.cuda.empty_cache()
            _raise_out_of_memory(device, batch_size)
        raise


def _raise_out_of_memory(device: torch.device, batch_size: int) -> None:
    raise TrialFailed(
        ResultStatus.OUT_OF_MEMORY,
        f"The network and its activations did not fit into the memory of {device} with a batch size of {batch_size}. "
        "Use a smaller batch size, or add a constraint on peak_memory_bytes or params.",
    ) from None
