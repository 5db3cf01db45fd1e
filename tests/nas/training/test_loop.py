"""The training loop: it learns, gives the same bits again, can be cut anywhere, and its failures have names."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from nas.core.errors import Interrupted, StateMismatch, TrialFailed
from nas.core.result import ResultStatus
from nas.training.checkpoint import unpack, with_prefix
from nas.training.data import batch_bounds, batches_per_epoch
from nas.training.environment import named_failures
from nas.training.loop import EpochReport, Hooks
from nas.training.score import score
from tests.nas.training.tiny import CPU, examples, recipe, same_bits, tiny_network, train_tiny


class Saving(Hooks):
    """Hooks that keep every checkpoint."""

    __slots__ = ("saved",)

    def __init__(self, **given: object) -> None:
        object.__setattr__(self, "saved", [])
        super().__init__(save=self.saved.append, **given)  # type: ignore[attr-defined, arg-type]


def stop_after(batches: int, **given: object) -> Saving:
    """Asks to stop before the batch of that number (counted from 0); keeps what is saved."""
    asked = iter([False] * batches)
    return Saving(should_stop=lambda: next(asked, True), **given)


def test_it_learns() -> None:
    reports: list[EpochReport] = []
    outcome, _ = train_tiny(
        how=recipe(crop_padding=0, horizontal_flip=False), epochs=12, hooks=Hooks(on_epoch=(reports.append,))
    )
    assert outcome.validation.accuracy > 0.9
    assert [report.epoch for report in reports] == list(range(1, 13))
    assert reports[-1].train_loss < 0.5 * reports[0].train_loss
    assert reports[-1].validation == outcome.validation
    assert (outcome.epochs, outcome.steps) == (12, 60)


def test_same_seed_same_bits_another_seed_others() -> None:
    _, first = train_tiny(seed=5)
    _, again = train_tiny(seed=5)
    _, other = train_tiny(seed=6)
    assert same_bits(first, again)
    assert not same_bits(first, other)


def weights_digest() -> str:
    _, weights = train_tiny()
    return hashlib.sha256(b"".join(weights[name].numpy().tobytes() for name in sorted(weights))).hexdigest()


def test_same_bits_in_another_process_with_other_threads_and_used_generators() -> None:
    script = (
        "import torch\ntorch.set_num_threads(2)\ntorch.rand(7)\n"
        "from tests.nas.training.test_loop import weights_digest\nprint(weights_digest())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == weights_digest()


def test_generators_and_threads_of_the_process_are_left_as_they_were() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    train_tiny()
    assert torch.equal(torch.rand(4), expected)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("cut", [0, 1, 4, 5, 7, 14])
def test_cut_at_any_batch_and_continued_gives_the_same_bits(cut: int, optimizer: str) -> None:
    """Five batches an epoch: before the first, inside an epoch, at its end, before the last."""
    how = recipe(optimizer=optimizer, learning_rate=0.01, gradient_clip=1.0, warmup_epochs=1, label_smoothing=0.1)
    whole_reports: list[EpochReport] = []
    whole, weights = train_tiny(how=how, hooks=Hooks(on_epoch=(whole_reports.append,)))
    head: list[EpochReport] = []
    hooks = stop_after(cut, on_epoch=(head.append,))
    with pytest.raises(Interrupted, match=f"stopped in epoch {cut // 5 + 1} of 3"):
        train_tiny(how=how, hooks=hooks)
    torch.rand(11)  # whatever else the process drew in between
    tail: list[EpochReport] = []
    outcome, continued = train_tiny(how=how, checkpoint=hooks.saved[-1], hooks=Hooks(on_epoch=(tail.append,)))
    assert same_bits(weights, continued)
    assert outcome.validation == whole.validation
    assert [(r.epoch, r.train_loss, r.validation) for r in (*head, *tail)] == [
        (r.epoch, r.train_loss, r.validation) for r in whole_reports
    ]


def test_cut_twice() -> None:
    _, weights = train_tiny()
    first, second = stop_after(3), stop_after(6)
    with pytest.raises(Interrupted):
        train_tiny(hooks=first)
    with pytest.raises(Interrupted):
        train_tiny(hooks=second, checkpoint=first.saved[-1])
    _, continued = train_tiny(checkpoint=second.saved[-1])
    assert same_bits(weights, continued)


def ticking(step: float = 1.0) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += step


def test_checkpoints_come_by_the_clock_and_do_not_change_the_training() -> None:
    _, weights = train_tiny()
    clock = ticking()
    hooks = Saving(checkpoint_seconds=4.0, clock=lambda: next(clock))
    _, watched = train_tiny(hooks=hooks)
    assert same_bits(weights, watched)
    assert len(hooks.saved) >= 3
    for checkpoint in hooks.saved:
        assert same_bits(weights, train_tiny(checkpoint=checkpoint)[1])


def test_time_limit_counts_all_attempts() -> None:
    clock = ticking()
    hooks = Saving(timeout_seconds=1000.0, clock=lambda: next(clock), should_stop=iter([False] * 5 + [True]).__next__)
    with pytest.raises(Interrupted):
        train_tiny(hooks=hooks)
    spent = next(clock)
    assert 0 < spent < 30
    limited = Hooks(timeout_seconds=spent, clock=ticking().__next__)
    with pytest.raises(TrialFailed, match=r"longer than the \d+ s allowed; it had finished 1 of 3 epochs") as caught:
        train_tiny(checkpoint=hooks.saved[-1], hooks=limited)
    assert caught.value.status is ResultStatus.TIMED_OUT
    train_tiny(hooks=Hooks(timeout_seconds=1e6, clock=ticking().__next__))


def test_more_epochs_continue_a_finished_training() -> None:
    """What a promotion does: the weights go on, only the schedule is that of the longer training."""
    hooks = Saving(checkpoint_seconds=0.0)
    train_tiny(hooks=hooks, epochs=2)
    reports: list[EpochReport] = []
    outcome, _ = train_tiny(checkpoint=hooks.saved[-1], epochs=4, hooks=Hooks(on_epoch=(reports.append,)))
    assert [report.epoch for report in reports] == [2, 3, 4]
    assert outcome.epochs == 4


def test_a_checkpoint_at_the_end_only_scores() -> None:
    hooks = Saving(checkpoint_seconds=0.0)
    train_tiny(hooks=hooks, epochs=4)
    after_three = hooks.saved[15]  # taken before batch 15: three epochs of five batches
    reports: list[EpochReport] = []
    outcome, weights = train_tiny(checkpoint=after_three, epochs=3, hooks=Hooks(on_epoch=(reports.append,)))
    stored, _ = unpack(after_three)
    assert same_bits(weights, with_prefix("network", stored))
    assert outcome.epochs == 3
    assert reports == []
    assert 0 < outcome.validation.loss < 10


def test_a_checkpoint_of_another_training_is_refused() -> None:
    hooks = stop_after(2)
    with pytest.raises(Interrupted):
        train_tiny(hooks=hooks)
    checkpoint = hooks.saved[-1]
    with pytest.raises(StateMismatch, match="other settings"):
        train_tiny(checkpoint=checkpoint, how=recipe(batch_size=8))
    with pytest.raises(StateMismatch, match="another number of examples"):
        train_tiny(checkpoint=checkpoint, num=60)
    with pytest.raises(StateMismatch, match="belongs to another network"):
        train_tiny(checkpoint=checkpoint, make=lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))
    with pytest.raises(StateMismatch, match="cannot be read"):
        train_tiny(checkpoint=checkpoint[:-10])


def test_divergence_is_named_with_epoch_and_cause() -> None:
    with pytest.raises(TrialFailed) as caught:
        train_tiny(how=recipe(learning_rate=100, cutout=0), epochs=20, make=unstable)
    assert caught.value.status is ResultStatus.DIVERGED
    assert "of 20. Most likely the learning rate (100, at that moment" in caught.value.reason
    assert "try a tenth of it" in caught.value.reason


def unstable() -> nn.Module:
    """Without normalisation, three linear layers multiply each other's growth."""
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 3))


def test_overflow_before_the_first_step_does_not_blame_the_learning_rate() -> None:
    class Overflowing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(64, 3)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.layer(images.flatten(1)) * torch.inf
            return logits

    with pytest.raises(TrialFailed) as caught:
        train_tiny(make=Overflowing)
    assert caught.value.status is ResultStatus.DIVERGED
    assert "in epoch 1 of 3. That was the first batch, before any step" in caught.value.reason


def test_divergence_seen_in_validation_only() -> None:
    """Running statistics can explode while the batch's own keep training finite."""

    class ExplodesInEvaluation(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(64, 3)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.layer(images.flatten(1))
            return logits if self.training else logits * torch.nan

    with pytest.raises(TrialFailed, match="validation loss became not a number in epoch 1 of 3"):
        train_tiny(make=ExplodesInEvaluation)


def test_running_out_of_memory_is_named() -> None:
    with pytest.raises(TrialFailed) as caught, named_failures(CPU, 64):
        torch.empty(2**60)
    assert caught.value.status is ResultStatus.OUT_OF_MEMORY
    assert "cpu with a batch size of 64. Use a smaller batch size" in caught.value.reason
    for error in (MemoryError(), torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")):
        with pytest.raises(TrialFailed), named_failures(CPU, 64):
            raise error


def test_other_errors_keep_their_face() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), named_failures(CPU, 64):
        torch.ones(2, 3) @ torch.ones(2, 3)


@pytest.mark.parametrize(
    ("num", "size", "batches", "last"),
    [(70, 16, 5, 6), (65, 16, 4, 17), (64, 16, 4, 16), (10, 64, 1, 10), (3, 2, 1, 3)],
)
def test_batches_cover_every_example_and_never_hold_a_single_one(num: int, size: int, batches: int, last: int) -> None:
    assert batches_per_epoch(num, size) == batches
    bounds = [batch_bounds(batch, num, size) for batch in range(batches)]
    assert [start for start, _ in bounds[1:]] == [end for _, end in bounds[:-1]]
    assert (bounds[0][0], bounds[-1][1], bounds[-1][1] - bounds[-1][0]) == (0, num, last)


def test_score_counts_every_example_once() -> None:
    class FirstPixel(nn.Module):
        """Answers class 1 with certainty e : 1 : 1."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            assert not self.training
            return torch.tensor([0.0, 1.0, 0.0]).expand(len(images), 3)

    found = score(FirstPixel(), examples(1200))
    log_sum = torch.logsumexp(torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64), 0).item()
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.loss == pytest.approx(log_sum - 1 / 3)


def test_half_precision_on_a_cpu_trains_and_keeps_full_precision_weights() -> None:
    outcome, weights = train_tiny(how=recipe(precision="bfloat16"), epochs=6, make=lambda: tiny_network(dropout=0))
    assert outcome.validation.accuracy > 0.5
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32, torch.int64}
