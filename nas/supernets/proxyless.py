"""ProxylessNAS: weights and choices are trained in turns, each with one path in memory. Cai, Zhu and Han 2019, arXiv 1812.00332."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from nas.core.proposal import Genotype
from nas.supernets.architectures import calibration_batches, shared_score
from nas.supernets.expected_cost import ExpectedCost, penalised
from nas.supernets.gates import AllGates, TwoPaths
from nas.supernets.network import Mixture, SinglePath, Supernet
from nas.supernets.option_logits import OptionLogits
from nas.supernets.path_memory import path_memory
from nas.supernets.penalty_prices import cost_facts, prices_of
from nas.supernets.proxyless_recipe import ProxylessRecipe
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.statistics_at_rest import statistics_at_rest
from nas.supernets.training import EpochFacts, Forward, SupernetTraining
from nas.training.checkpoint import prefixed, with_prefix

_MEASURED_EXAMPLES = 4


class ProxylessTraining(SupernetTraining):
    """A step trains the weights of one drawn path; after the warm-up one of the choices follows, on examples of their own.

    Facts of an epoch: "probabilities", "counts" (how often each option was trained so far), "expected" and "chosen_cost",
    "pruned", "phase"; with REINFORCE "baseline"; after the first leg "memory" (what a step keeps for its backward pass).
    """

    name: ClassVar[str] = "proxyless"
    Config: ClassVar[type[SupernetRecipe]] = ProxylessRecipe
    train_share: ClassVar[float] = 0.8
    config: ProxylessRecipe
    network: Supernet

    def build(self) -> nn.Module:
        space: Any = self.setup.space  # the strategy requires Shareable
        problem = self.setup.problem
        sizes = [len(row.options) for row in space.rows()]
        self.choices = OptionLogits(sizes, self.config.architecture_rate, self.stream("logits"), self.device)
        self._prices = prices_of(self.config, self.setup)
        self._expected: ExpectedCost | None = None
        if self.config.has_penalty:
            self._expected = ExpectedCost(self._prices[self.config.penalised_cost], self.device)
        self._counts = torch.zeros(len(sizes), max(sizes), dtype=torch.int64)
        self._baseline: float | None = None  # of rewards
        return Supernet(space.supernet(problem.input_shape, problem.num_classes))

    def weights(self) -> list[nn.Parameter]:
        return self._all_weights

    @cached_property
    def _all_weights(self) -> list[nn.Parameter]:
        """Listed once: there are hundreds of modules, and every step asks."""
        return super().weights()

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        if not self.choices.is_finite():
            raise self._diverged("choices", math.nan, rate)
        path = self.choices.draw(self.stream("gates"))
        self._counts.scatter_add_(1, path[:, None], torch.ones_like(path)[:, None])
        with self.autocast():
            loss = self.loss_of(self.network(inputs, SinglePath(path.tolist())), targets)
        self.clear_gradients()
        self.backward(loss)
        self.update_weights(rate)
        if self.epoch >= self.config.warmup_epochs and (self.steps_done + 1) % self.config.architecture_every == 0:
            self.architecture_step(*self.decision_batch())
        return loss.detach()

    def architecture_step(self, inputs: Tensor, targets: Tensor) -> None:
        """Move the choices; weights, their gradients and the statistics of batch norm stay as they are, bit for bit."""
        if self.choices.are_decided:  # all others were pruned
            return
        kind = self.config.architecture_step
        step = {"two": self._two_paths, "full": self._all_gates, "reinforce": self._reinforce}[kind]
        self.network.train()
        with statistics_at_rest(self.network):
            step(inputs, targets)

    def forward_of(self, genotype: Genotype) -> Forward:
        space: Any = self.setup.space
        path = SinglePath(space.path_of(genotype))
        return lambda inputs: self.network(inputs, path)

    def end_epoch(self) -> EpochFacts:
        space: Any = self.setup.space
        is_warmup = self.epoch <= self.config.warmup_epochs
        pruned = [] if is_warmup or not self.config.prune_below else self.choices.prune(self.config.prune_below)
        probabilities = self.choices.as_lists()
        genotype = space.derived(probabilities)
        batches = calibration_batches(
            self.at.train, self.config.batch_size, self.config.calibration_batches, self.stream("calibration")
        )
        found = shared_score(self, self.forward_of(genotype), batches)
        data: dict[str, Any] = {
            "probabilities": [[round(share, 5) for share in row] for row in probabilities],
            "counts": [row[:size] for row, size in zip(self._counts.tolist(), self.choices.sizes, strict=True)],
            "phase": "warm-up" if is_warmup else "search",
            "pruned": pruned,
            **cost_facts(self._prices, probabilities, space.path_of(genotype)),
        }
        if self._baseline is not None:
            data["baseline"] = self._baseline
        if self.epoch == min(self.config.epochs_per_leg, self.config.total_epochs):  # the first facts that leave a leg
            data["memory"] = self._memory()
        return EpochFacts(self.epoch, {"shared_accuracy": found.accuracy, "shared_loss": found.loss}, data, genotype)

    def own_tensors(self) -> dict[str, Tensor]:
        own = {"counts": self._counts} | prefixed("choices", self.choices.tensors())
        if self._baseline is not None:
            own["baseline"] = torch.tensor(self._baseline, dtype=torch.float64)
        return own

    def load_own_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self.choices.load_tensors(with_prefix("choices", tensors))
        self._counts = tensors["counts"].clone()
        self._baseline = float(tensors["baseline"]) if "baseline" in tensors else None

    def _memory(self) -> dict[str, int]:
        """Of steps with a batch as configured, bytes: measured on a few examples."""
        num_examples = min(_MEASURED_EXAMPLES, self.config.batch_size, len(self.at.train))
        inputs, _ = self.at.train.batch(torch.arange(num_examples))
        found = path_memory(self.network, self.choices.sizes, inputs, self.autocast)
        return {step: round(size * self.config.batch_size / num_examples) for step, size in found.items()}

    # The three kinds of steps --------------------------------------------------------------------------------------------

    def _two_paths(self, inputs: Tensor, targets: Tensor) -> None:
        """Two options of each row compete for the probability that they have together (section 3.2.1)."""
        generator = self.stream("architecture")
        drawn = self.choices.draw_pairs(generator)
        shares = self.choices.logits.detach().cpu().gather(1, drawn).double().softmax(dim=1)
        first = torch.multinomial(shares, 1, generator=generator)
        pairs = torch.cat((drawn.gather(1, first), drawn.gather(1, 1 - first)), dim=1)  # the active one in front
        active, other = pairs.unbind(dim=1)
        pairs = pairs.to(self.device)
        shares = self.choices.logits.gather(1, pairs).softmax(dim=1)
        mixture = TwoPaths(active.tolist(), other.tolist(), shares)
        # Where one option is left it is in the pair twice: its shares add up.
        expected = torch.zeros_like(self.choices.logits).scatter_add(1, pairs, shares)
        self.choices.update_pairs(self._gradient(inputs, targets, mixture, expected), pairs)

    def _all_gates(self, inputs: Tensor, targets: Tensor) -> None:
        active = self.choices.draw(self.stream("architecture"))
        shares = self.choices.probabilities()
        mixture = AllGates(active.tolist(), self.choices.by_row(shares), self.choices.alive_options(), self.autocast)
        self.choices.update(self._gradient(inputs, targets, mixture, shares))

    def _gradient(self, inputs: Tensor, targets: Tensor, mixture: Mixture, shares: Tensor) -> Tensor:
        """Of the loss and its price with respect to the logits; nothing else gets one."""
        with self.autocast():
            loss = self.loss_of(self.network(inputs, mixture), targets)
        if self._expected is not None:
            loss = penalised(loss, self._expected(self.choices.by_row(shares)), self.config)
        return self.gradient_of_choices(loss, self.choices.logits)

    def _reinforce(self, inputs: Tensor, targets: Tensor) -> None:
        """Williams 1992 on drawn networks, scored on one batch (arXiv 1812.00332, section 3.3.2 and published code)."""
        generator = self.stream("architecture")
        paths = torch.stack([self.choices.draw(generator) for _ in range(self.config.num_samples)])
        rewards = torch.tensor([self._reward(path.tolist(), inputs, targets) for path in paths], dtype=torch.float64)
        mean = float(rewards.mean())
        before = mean if self._baseline is None else self._baseline
        self._baseline = before + self.config.baseline_rate * (mean - before)
        logs = self.choices.log_probabilities().expand(len(paths), -1, -1)
        chosen = logs.gather(2, paths[:, :, None].to(self.device)).sum(dim=(1, 2))
        gains = (rewards - self._baseline).to(self.device, chosen.dtype)
        (gradient,) = torch.autograd.grad(-(gains * chosen).mean(), self.choices.logits)
        self.choices.update(gradient)

    def _reward(self, path: list[int], inputs: Tensor, targets: Tensor) -> float:
        """Accuracy on the batch, in [0, 1], times (cost / target)^w where a cost is charged."""
        with torch.no_grad(), self.autocast():
            logits = self.network(inputs, SinglePath(path))
        accuracy = float((logits.argmax(dim=1) == targets).double().mean())
        config = self.config
        if not config.has_penalty or config.penalty_target is None:
            return accuracy
        cost = self._prices[config.penalised_cost].of_path(path)
        return float(accuracy * (cost / config.penalty_target) ** config.reward_exponent)
