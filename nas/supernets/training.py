"""The one loop that trains shared weights. Every method writes its own step; order, schedule, checkpoints, stops are here."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.core.errors import Interrupted, ProtocolError, StateMismatch, TrialFailed
from nas.core.proposal import Genotype
from nas.core.result import ResultStatus
from nas.core.setup import SearchSetup
from nas.core.space import space_fingerprint
from nas.hardware.devices import half_precision
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.shuffled import Shuffled
from nas.training.augment import augment
from nas.training.checkpoint import load_network, pack, prefixed, unpack, with_prefix
from nas.training.data import Examples, batch_bounds, batches_per_epoch
from nas.training.environment import stream
from nas.training.optimizer import Optimizer
from nas.training.schedule import rate_factor
from nas.training.score import Scores

_GPU_LOSS_CHECK_EVERY = 20  # reading the loss waits for the GPU
_SCORED_AT_ONCE = 512
_REPORT_SECONDS = 2.0  # between points of the live curve inside an epoch

Forward = Callable[[Tensor], Tensor]
"""(N, *input_shape) → (N, num_classes) logits."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a training of shared weights gets from the place it runs in.

    Attributes:
      seed: of initial weights, orders, and every draw of the method; the same in all legs of one training.
      should_stop: asked before each step; when True the state is saved and Interrupted raised.
      save: stores a checkpoint.
      report: (steps done in all, metrics): a point of the live curve.
      clock: seconds from any zero, never running backwards.
    """

    train: Examples
    validation: Examples
    device: torch.device
    seed: int
    should_stop: Callable[[], bool] = lambda: False
    save: Callable[[bytes], None] = lambda checkpoint: None
    report: Callable[[int, Mapping[str, float]], None] = lambda step, metrics: None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class EpochFacts:
    """What one epoch of shared training came to.

    Attributes:
      metrics: finite numbers by name; "train_loss" and "learning_rate" always.
      data: what the strategy learns and pictures show, as JSON (probabilities per row, counts per option, …).
      genotype: the architecture that the search would choose now; None where training chooses none.
    """

    epoch: int
    metrics: Mapping[str, float]
    data: Mapping[str, Any] = field(default_factory=dict)
    genotype: Genotype | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "metrics": dict(self.metrics),
            "data": dict(self.data),
            "genotype": self.genotype,
        }


class SupernetTraining(ABC):
    """A training of shared weights, carried on from leg to leg.

    Create it inside `reproducible`; the first one draws the initial weights there. Interrupted at any step and continued from
    the checkpoint, it gives the same numbers bit for bit on a CPU as without the interruption. A subclass writes `build`,
    `step`, and where it has them `own_tensors`, `load_own_tensors`, `begin_epoch`, `end_epoch`, `forward_of`.
    """

    name: ClassVar[str]
    Config: ClassVar[type[SupernetRecipe]]
    train_share: ClassVar[float] = 1.0
    """Of the training examples, those the weights learn from; the others are for the method's own decisions."""

    def __init__(self, config: Any, setup: SearchSetup, at: Surroundings) -> None:
        self.config = config
        self.setup = setup
        self.at = at
        self.device = at.device
        self._streams: dict[str, torch.Generator] = {}
        self.network = self.build().to(at.device)
        if at.device.type == "cuda":
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        self._optimizer = Optimizer(self.weights(), config, undecayed=self.undecayed_weights())
        self.half = half_precision(config.precision, at.device)
        self._scaler = torch.amp.GradScaler("cuda", enabled=at.device.type == "cuda" and self.half is torch.float16)
        order = torch.randperm(len(at.train), generator=stream(at.seed, crc32(b"halves")))
        num_train = max(2, round(self.train_share * len(at.train)))
        self._batches = Shuffled(order[:num_train], config.batch_size, stream(at.seed, crc32(b"train order")))
        kept = order[num_train:] if num_train < len(at.train) else order
        self._decision_batches = Shuffled(kept, config.batch_size, stream(at.seed, crc32(b"decision order")))
        self.epoch = 0  # completed
        self._batch = 0  # steps done in the present one
        self._loss_sum = 0.0  # over its steps
        self._seconds = 0.0  # spent by earlier attempts and legs
        self._seconds_before = 0.0  # of those, by earlier legs
        self._started = at.clock()

    @abstractmethod
    def build(self) -> nn.Module:
        """The network with all shared weights, not yet on the device."""

    @abstractmethod
    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        """Train on one batch, `update_weights` included; returns the mean loss (a scalar on the device, no graph)."""

    def weights(self) -> list[nn.Parameter]:
        """What the weights' optimiser moves."""
        return list(self.network.parameters())

    def undecayed_weights(self) -> list[nn.Parameter]:
        """Those that weight decay leaves alone."""
        return []

    def own_tensors(self) -> dict[str, Tensor]:
        """What a checkpoint holds of the method beside weights, optimiser and streams (alphas and their optimiser)."""
        return {}

    def load_own_tensors(self, tensors: Mapping[str, Tensor]) -> None:  # noqa: B027  # nothing to do where there are none
        """The reverse of `own_tensors`."""

    def begin_epoch(self) -> None:  # noqa: B027  # most methods have nothing to do then
        """Called before the first step of an epoch, also of one that is taken up in the middle; changes no state that is stored."""

    def end_epoch(self) -> EpochFacts:
        """What the epoch that just ended came to, beside the loss; the network may be left in evaluation mode."""
        return EpochFacts(self.epoch, {})

    @abstractmethod
    def forward_of(self, genotype: Genotype) -> Forward:
        """The architecture inside the network, computed by itself."""

    # What subclasses use ------------------------------------------------------------------------------------------------

    def stream(self, name: str) -> torch.Generator:
        """A generator of its own for one purpose ("gates"); checkpoints hold it."""
        if name not in self._streams:
            self._streams[name] = stream(self.at.seed, crc32(name.encode()))
        return self._streams[name]

    @property
    def steps_per_epoch(self) -> int:
        return self._batches.batches_per_round

    @property
    def steps_done(self) -> int:
        return self.epoch * self.steps_per_epoch + self._batch

    @property
    def seconds(self) -> float:
        """Spent so far, over all attempts and legs."""
        return self._seconds + self.at.clock() - self._started

    def decision_batch(self) -> tuple[Tensor, Tensor]:
        """The next batch of the examples that the weights do not learn from (of all, where they learn from all)."""
        return self.at.train.batch(self._decision_batches.next())

    def loss_of(self, logits: Tensor, targets: Tensor) -> Tensor:
        return functional.cross_entropy(logits, targets, label_smoothing=self.config.label_smoothing)

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=self.half, enabled=self.half is not None)

    def backward(self, loss: Tensor) -> None:
        """Add the loss's gradients to the weights'; several may be added before one `update_weights`."""
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch's own annotations end here

    def gradient_of_choices(self, loss: Tensor, choices: Tensor) -> Tensor:
        """∂loss/∂choices, and nobody else's gradient. Where half precision overflowed it is 0: they rest, as the weights do then."""
        (gradient,) = torch.autograd.grad(self._scaler.scale(loss), choices)
        gradient = gradient / self._scaler.get_scale()
        return torch.nan_to_num(gradient, 0.0, 0.0, 0.0) if self._scaler.is_enabled() else gradient

    def forget_momentum(self) -> None:
        """Let the optimiser begin anew."""
        self._optimizer = Optimizer(self.weights(), self.config, undecayed=self.undecayed_weights())

    def clear_gradients(self) -> None:
        self._optimizer.zero_grad()

    def update_weights(self, rate: float) -> None:
        """One step of the optimiser along the gradients that are there; weights without one do not move."""
        if self.config.gradient_clip is not None:
            self._scaler.unscale_(self._optimizer)  # type: ignore[arg-type]
            nn.utils.clip_grad_norm_(self.weights(), self.config.gradient_clip)
        self._optimizer.rate = rate
        self._scaler.step(self._optimizer)  # type: ignore[arg-type]  # it uses `param_groups` and `step` only
        self._scaler.update()

    def score(self, forward: Forward, examples: Examples | None = None) -> Scores:
        """Quality of `forward` on `examples` (all for validation when None), in full precision; no gradients. Modes are the
        caller's matter."""
        examples = self.at.validation if examples is None else examples
        correct = torch.zeros((), dtype=torch.int64, device=self.device)
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        with torch.no_grad():
            # Never a single example at the end: some methods score with statistics of the batch.
            for batch in range(batches_per_epoch(len(examples), _SCORED_AT_ONCE)):
                indices = torch.arange(*batch_bounds(batch, len(examples), _SCORED_AT_ONCE))
                inputs, targets = examples.batch(indices)
                logits = forward(inputs)
                correct += (logits.argmax(dim=1) == targets).sum()
                loss += functional.cross_entropy(logits, targets, reduction="sum").double()
        return Scores(accuracy=int(correct) / len(examples), loss=float(loss) / len(examples))

    # The loop -----------------------------------------------------------------------------------------------------------

    def begin_leg(self, from_epoch: int) -> None:
        """Called before `run`: what was spent on earlier legs is not counted to this one, which begins at that epoch."""
        if self.steps_done == from_epoch * self.steps_per_epoch:
            self._seconds_before = self.seconds

    @property
    def leg_seconds(self) -> float:
        """Spent on the present leg, over all attempts."""
        return self.seconds - self._seconds_before

    def try_step(self) -> None:
        """A step of the first epoch and one of the last, where no warm-up leaves anything out, to see whether they can be made; the
        training is of no further use."""
        self.network.train()
        for epoch in (0, self.config.total_epochs - 1):
            self.epoch = epoch
            self.begin_epoch()
            self.step(*self.at.train.batch(self._batches.next()), self.config.learning_rate)

    def run(self, until_epoch: int) -> EpochFacts:
        """Train to the end of that epoch. Raises TrialFailed (diverged), Interrupted, and ProtocolError where it has come so far
        already: what an epoch came to is told once, as telling it may teach a controller."""
        if self.epoch >= until_epoch:
            raise ProtocolError(
                f"the supernet is trained up to epoch {self.epoch} already, asked was for {until_epoch}"
            )
        saved_at = reported_at = self.at.clock()
        rate = self.config.learning_rate
        while self.epoch < until_epoch:
            self.begin_epoch()
            loss_sum = torch.tensor(self._loss_sum, dtype=torch.float64, device=self.device)
            self.network.train()
            while self._batch < self.steps_per_epoch:
                due = self.at.clock() - saved_at >= self.config.checkpoint_seconds
                stops = self.at.should_stop()
                if due or stops:
                    self._loss_sum = float(loss_sum)
                    self.at.save(self.checkpoint())
                    saved_at = self.at.clock()
                if stops:
                    raise Interrupted(
                        f"stopped in epoch {self.epoch + 1} of the supernet's training; the state is saved"
                    )
                rate = self._rate()
                inputs, targets = self.at.train.batch(self._batches.next())
                inputs = augment(inputs, self.config, self.stream("augmentation"))
                loss_sum += self.step(inputs, targets, rate).double()
                self._batch += 1
                # NaN and infinity stay in the sum, so a GPU need not be asked after each batch.
                is_due = self._batch % _GPU_LOSS_CHECK_EVERY == 0 or self._batch == self.steps_per_epoch
                looks = self.device.type != "cuda" or is_due
                if looks and not math.isfinite(value := float(loss_sum)):
                    raise self._diverged("training loss", value, rate)
                if looks and self.at.clock() - reported_at >= _REPORT_SECONDS:
                    reported_at = self.at.clock()
                    self._report({"train_loss": float(loss_sum) / self._batch})
            train_loss = float(loss_sum) / self.steps_per_epoch
            self.epoch, self._batch, self._loss_sum = self.epoch + 1, 0, 0.0
            facts = self._facts(train_loss, rate)
            self._report(facts.metrics)
        return facts

    def _report(self, metrics: Mapping[str, float]) -> None:
        """A point of the live curve; "done" of "total" are epochs."""
        done = self.steps_done / self.steps_per_epoch
        where = {"done": done, "total": float(self.config.total_epochs), "seconds": self.seconds}
        self.at.report(self.steps_done, {**metrics, **where})

    def _facts(self, train_loss: float, rate: float) -> EpochFacts:
        own = self.end_epoch()
        metrics = {**own.metrics, "train_loss": train_loss, "learning_rate": rate}
        if bad := [name for name, value in metrics.items() if not math.isfinite(value)]:
            what = " and ".join(bad).replace("_", " ")
            raise self._diverged(what, metrics[bad[0]], rate, epoch=self.epoch)
        return EpochFacts(self.epoch, metrics, own.data, own.genotype)

    def _rate(self) -> float:
        """The learning rate of the present step (Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts; or a line)."""
        first, last = self.config.learning_rate, self.config.last_learning_rate
        total = self.config.total_epochs * self.steps_per_epoch
        cosine = rate_factor("cosine", self.steps_done, total, 0)
        factor = 1 - self.steps_done / total if self.config.schedule == "linear" else cosine
        return float(last + (first - last) * factor)

    def _diverged(self, what: str, value: float, rate: float, *, epoch: int | None = None) -> TrialFailed:
        """`epoch`: counted from 1, in which it happened; None for the present one."""
        became = "not a number" if math.isnan(value) else "infinite"
        return TrialFailed(
            ResultStatus.DIVERGED,
            f"The {what} of the supernet became {became} in epoch {epoch or self.epoch + 1} of {self.config.total_epochs}. "
            f"Most likely the learning rate ({self.config.learning_rate:g}, at that moment {rate:.2g}) is too high; try a tenth of it, "
            "or gradient clipping.",
        )

    # Checkpoints --------------------------------------------------------------------------------------------------------

    def checkpoint(self) -> bytes:
        """Everything needed to go on, on any device."""
        tensors = prefixed("network", self.network.state_dict()) | prefixed("optimizer", self._optimizer.tensors())
        tensors |= prefixed("own", self.own_tensors())
        tensors |= prefixed("train", self._batches.tensors()) | prefixed("decision", self._decision_batches.tensors())
        tensors |= prefixed("stream", {name: generator.get_state() for name, generator in self._streams.items()})
        tensors["random.default"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.device)
        position = {
            "epoch": self.epoch,
            "batch": self._batch,
            "loss_sum": self._loss_sum if math.isfinite(self._loss_sum) else 0.0,
            "seconds": self.seconds,
            "seconds_before": self._seconds_before,
        }
        return pack(
            tensors,
            {
                "supernet": self.name,
                "position": position,
                "scaler": self._scaler.state_dict(),
                "identity": self._identity(),
                "made_for": {  # nas/supernets/stored.py reads it
                    "space": space_fingerprint(self.setup.space),
                    "problem": self.setup.problem.fingerprint(),
                    "settings": self.config.as_json(),
                },
            },
        )

    def restore(self, checkpoint: bytes) -> None:
        """Go on from `checkpoint`. Raises StateMismatch when it belongs to another training."""
        tensors, meta = unpack(checkpoint)
        if meta.get("supernet") != self.name or meta["identity"] != self._identity():
            raise StateMismatch(
                "the checkpoint belongs to a supernet that was trained in another way, or on other examples"
            )
        load_network(self.network, with_prefix("network", tensors))
        self._optimizer.load_tensors(with_prefix("optimizer", tensors))
        self.load_own_tensors(with_prefix("own", tensors))
        self._batches.load_tensors(with_prefix("train", tensors))
        self._decision_batches.load_tensors(with_prefix("decision", tensors))
        for name, state in with_prefix("stream", tensors).items():
            self.stream(name).set_state(state)
        if meta["scaler"]:
            self._scaler.load_state_dict(meta["scaler"])
        torch.set_rng_state(tensors["random.default"])
        if self.device.type == "cuda" and "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"], self.device)
        position = meta["position"]
        self.epoch, self._batch = int(position["epoch"]), int(position["batch"])
        self._loss_sum, self._seconds = float(position["loss_sum"]), float(position["seconds"])
        self._seconds_before = float(position["seconds_before"])
        self._started = self.at.clock()

    def load_weights(self, checkpoint: bytes) -> None:
        """The shared weights alone, to score architectures with them. Raises StateMismatch."""
        tensors, _ = unpack(checkpoint)
        load_network(self.network, with_prefix("network", tensors))
        self.load_own_tensors(with_prefix("own", tensors))

    def _identity(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.config.model_dump(mode="json", include=set(SupernetRecipe.model_fields))
        return settings | {"num_examples": len(self.at.train)}
