"""The one training loop. Every estimator that trains uses it; it reads from top to bottom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.core.errors import Interrupted, StateMismatch, TrialFailed
from nas.core.problem import OutputScored
from nas.core.result import ResultStatus
from nas.hardware.devices import half_precision
from nas.modules.blueprint_network import BlueprintNetwork
from nas.modules.drop_path import DropPath
from nas.training.augment import augment
from nas.training.checkpoint import load_network, pack, prefixed, unpack, with_prefix
from nas.training.data import Examples, batch_bounds, batches_per_epoch
from nas.training.environment import stream
from nas.training.optimizer import Optimizer
from nas.training.recipe import Recipe
from nas.training.schedule import rate_factor
from nas.training.score import Scores, score

_GPU_LOSS_CHECK_EVERY = 20  # reading the loss waits for the GPU
_ORDER, _AUGMENTATION = 1, 2  # words of the seed's streams


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One epoch that ended. `epoch` counts from 1; `train_loss` is the mean over its batches, as trained on."""

    epoch: int
    epochs: int
    learning_rate: float
    train_loss: float
    validation: Scores
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a training.

    `seconds` adds up all attempts, validation after each epoch included, and the shorter training this one goes on from;
    `own_seconds` leaves that one out.
    """

    validation: Scores
    epochs: int
    steps: int
    seconds: float
    own_seconds: float


@dataclass(frozen=True, slots=True)
class Hooks:
    """How a training is connected with the place it runs in.

    Attributes:
      on_epoch: called after each epoch.
      should_stop: asked before each batch; when True the state is saved and Interrupted raised.
      save: stores a checkpoint.
      checkpoint_seconds: time between two checkpoints; None for none but on a stop.
      timeout_seconds: longest training time over all attempts; None for no limit.
      clock: seconds from any zero, never running backwards.
    """

    on_epoch: Sequence[Callable[[EpochReport], None]] = ()
    should_stop: Callable[[], bool] = lambda: False
    save: Callable[[bytes], None] = lambda checkpoint: None
    checkpoint_seconds: float | None = None
    timeout_seconds: float | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class _Position:
    """Where a training stands: what a checkpoint holds beside weights and generators."""

    epoch: int = 0  # epochs completed
    batch: int = 0  # batches done in the current one
    loss_sum: float = 0.0  # over the examples of the current epoch
    seconds: float = 0.0  # spent before this attempt
    inherited_seconds: float = 0.0  # of those, spent on the shorter training that this one goes on from
    epochs: int = 0  # where the training ends

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Trainer:
    """One training of one network, possibly continued from a checkpoint.

    Create it inside `reproducible`, with a freshly built network. Interrupted at any batch and continued from the
    checkpoint, it gives the same weights bit for bit on a CPU as without the interruption. So does a training for more
    epochs that goes on from the end of a shorter one, when both follow the schedule of the same `schedule_epochs`.

    `schedule_epochs`: the epochs that schedules of learning rate and drop path are laid over; None for `epochs`. With
    more than `epochs` the training is the beginning of a longer one.

    `inherited_share`: of the network's weights, what another network gave; kept in checkpoints, None for a plain start.

    `judge`: the problem, where it judges outputs itself.
    """

    network: nn.Module
    train: Examples
    validation: Examples
    recipe: Recipe
    epochs: int
    seed: int
    device: torch.device
    hooks: Hooks = field(default_factory=Hooks)
    schedule_epochs: int | None = None
    inherited_share: float | None = None
    judge: OutputScored | None = None
    _drop_paths: list[DropPath] = field(init=False)
    _optimizer: Optimizer = field(init=False)
    _scaler: torch.amp.GradScaler = field(init=False)
    _half: torch.dtype | None = field(init=False)
    _order: torch.Generator = field(init=False)
    _order_at_epoch: Tensor = field(init=False)  # the state the current epoch's permutation was drawn from
    _augmentation: torch.Generator = field(init=False)
    _position: _Position = field(init=False)
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        on_cuda = self.device.type == "cuda"
        self.network.to(self.device)
        if on_cuda:
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        self._drop_paths = [module for module in self.network.modules() if isinstance(module, DropPath)]
        self._optimizer = Optimizer(self.network.parameters(), self.recipe)
        self._half = half_precision(self.recipe.precision, self.device)
        self._scaler = torch.amp.GradScaler("cuda", enabled=on_cuda and self._half is torch.float16)
        self._order = stream(self.seed, _ORDER)
        self._order_at_epoch = self._order.get_state()
        self._augmentation = stream(self.seed, _AUGMENTATION)
        self._position = _Position(epochs=self.epochs)
        self._started = self.hooks.clock()

    @property
    def seconds(self) -> float:
        """Spent so far, over all attempts."""
        return self._position.seconds + self.hooks.clock() - self._started

    def run(self) -> Outcome:
        """Train to the end. Raises TrialFailed (diverged, timed out) or Interrupted."""
        position, hooks = self._position, self.hooks
        num_batches = batches_per_epoch(len(self.train), self.recipe.batch_size)
        schedule_epochs = self.schedule_epochs or self.epochs
        total_steps = schedule_epochs * num_batches
        warmup_steps = round(self.recipe.warmup_epochs * num_batches)
        saved_at = hooks.clock()
        rate = 0.0
        scores: Scores | None = None
        while position.epoch < self.epochs:
            self._order_at_epoch = self._order.get_state()
            order = torch.randperm(len(self.train), generator=self._order)
            loss_sum = torch.tensor(position.loss_sum, dtype=torch.float64, device=self.device)
            self.network.train()
            while position.batch < num_batches:
                if hooks.should_stop():
                    position.loss_sum = float(loss_sum)
                    hooks.save(self.checkpoint())
                    raise Interrupted(f"stopped in epoch {position.epoch + 1} of {self.epochs}; the state is saved")
                if hooks.timeout_seconds is not None and self.seconds > hooks.timeout_seconds:
                    raise self._timed_out()
                if hooks.checkpoint_seconds is not None and hooks.clock() - saved_at >= hooks.checkpoint_seconds:
                    position.loss_sum = float(loss_sum)
                    hooks.save(self.checkpoint())
                    saved_at = hooks.clock()
                step = position.epoch * num_batches + position.batch
                rate = self.recipe.base_rate * rate_factor(self.recipe.schedule, step, total_steps, warmup_steps)
                for module in self._drop_paths:
                    module.advance(position.epoch / schedule_epochs, step / total_steps)
                chosen = order[slice(*batch_bounds(position.batch, len(self.train), self.recipe.batch_size))]
                loss_sum += self._step(chosen, rate) * len(chosen)
                position.batch += 1
                # NaN and infinity stay in the sum, so a GPU need not be asked after each batch.
                is_due = position.batch % _GPU_LOSS_CHECK_EVERY == 0 or position.batch == num_batches
                if (self.device.type != "cuda" or is_due) and not math.isfinite(value := float(loss_sum)):
                    raise self._diverged("training", value, rate)
            train_loss = float(loss_sum) / batch_bounds(num_batches - 1, len(self.train), self.recipe.batch_size)[1]
            scores = score(self.network, self.validation, self.judge)
            if not math.isfinite(scores.loss):
                raise self._diverged("validation", scores.loss, rate)
            position.epoch, position.batch, position.loss_sum = position.epoch + 1, 0, 0.0
            self._order_at_epoch = self._order.get_state()
            report = EpochReport(position.epoch, self.epochs, rate, train_loss, scores, self.seconds)
            for observer in hooks.on_epoch:
                observer(report)
        if scores is None:  # the checkpoint was already at the end
            scores = score(self.network, self.validation, self.judge)
        seconds = self.seconds
        own_seconds = seconds - position.inherited_seconds
        return Outcome(scores, position.epoch, position.epoch * num_batches, seconds, own_seconds)

    def _step(self, indices: Tensor, rate: float) -> Tensor:
        """One step of gradient descent; returns the batch's mean loss, still on the device."""
        inputs, targets = self.train.batch(indices)
        inputs = augment(inputs, self.recipe, self._augmentation)
        with torch.autocast(self.device.type, dtype=self._half, enabled=self._half is not None):
            loss = self._loss(inputs, targets)
        self._optimizer.zero_grad()
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch's own annotations end here
        if self.recipe.gradient_clip is not None:
            self._scaler.unscale_(self._optimizer)  # type: ignore[arg-type]
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_clip)
        self._optimizer.rate = rate
        self._scaler.step(self._optimizer)  # type: ignore[arg-type]  # it uses `param_groups` and `step` only
        self._scaler.update()
        return loss.detach().double()

    def _loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy; with an auxiliary head, the weighted one of its logits added (Szegedy et al. 2015).

        Where inputs are learnt, the mean squared error of what is given back.
        """
        if self.judge is not None and self.judge.learns_inputs:
            return functional.mse_loss(self.network(inputs), inputs.flatten(1))
        smoothing, weight = self.recipe.label_smoothing, self.recipe.auxiliary_weight
        if weight and isinstance(self.network, BlueprintNetwork) and self.network.has_auxiliary_head:
            logits, auxiliary = self.network.forward_with_auxiliary(inputs)  # (N, num_classes) each
            extra = functional.cross_entropy(auxiliary, targets, label_smoothing=smoothing)
            return functional.cross_entropy(logits, targets, label_smoothing=smoothing) + weight * extra
        return functional.cross_entropy(self.network(inputs), targets, label_smoothing=smoothing)

    def checkpoint(self) -> bytes:
        """Everything needed to go on: weights, optimiser, generators, position in the data."""
        tensors = prefixed("network", self.network.state_dict()) | prefixed("optimizer", self._optimizer.tensors())
        tensors["random.order"] = self._order_at_epoch
        tensors["random.augmentation"] = self._augmentation.get_state()
        tensors["random.default"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.device)
        position = self._position.as_json() | {"seconds": self.seconds}
        meta = {"position": position, "scaler": self._scaler.state_dict(), "trained_as": self._identity()}
        return pack(tensors, {**meta, "inherited_share": self.inherited_share})

    def restore(self, checkpoint: bytes) -> None:
        """Go on from `checkpoint`. Raises StateMismatch when it was trained in another way; epochs may differ."""
        tensors, meta = unpack(checkpoint)
        if meta["trained_as"] != self._identity():
            raise StateMismatch("the checkpoint was trained with other settings or on another number of examples")
        load_network(self.network, with_prefix("network", tensors))
        self._optimizer.load_tensors(with_prefix("optimizer", tensors))
        if meta["scaler"]:
            self._scaler.load_state_dict(meta["scaler"])
        self._order.set_state(tensors["random.order"])
        self._order_at_epoch = tensors["random.order"]
        self._augmentation.set_state(tensors["random.augmentation"])
        torch.set_rng_state(tensors["random.default"])
        if self.device.type == "cuda" and "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"], self.device)
        self._position = _Position(**meta["position"])
        if self._position.epochs != self.epochs:  # another, shorter training wrote it
            self._position = replace(self._position, inherited_seconds=self._position.seconds, epochs=self.epochs)
        self.inherited_share = meta.get("inherited_share")  # absent from older checkpoints
        self._started = self.hooks.clock()

    def _identity(self) -> dict[str, Any]:
        settings = self.recipe.model_dump(mode="json", include=set(Recipe.model_fields), exclude={"epochs"})
        return settings | {"num_examples": len(self.train)}

    def _timed_out(self) -> TrialFailed:
        return TrialFailed(
            ResultStatus.TIMED_OUT,
            f"The training took longer than the {self.hooks.timeout_seconds:g} s allowed; it had finished "
            f"{self._position.epoch} of {self.epochs} epochs. Allow more time, use fewer epochs, or constrain macs.",
        )

    def _diverged(self, part: str, value: float, rate: float) -> TrialFailed:
        position = self._position
        what = "not a number" if math.isnan(value) else "infinite"
        if part == "training" and position.epoch == 0 and position.batch <= 1:
            cause = "That was the first batch, before any step: the network's outputs overflow"
            advice = "use full precision, or check the data for extreme values"
        else:
            cause = f"Most likely the learning rate ({self.recipe.base_rate:g}, at that moment {rate:.2g}) is too high"
            advice = "try a tenth of it, a warm-up, or gradient clipping"
        return TrialFailed(
            ResultStatus.DIVERGED,
            f"The {part} loss became {what} in epoch {position.epoch + 1} of {self.epochs}. {cause}; {advice}.",
        )
