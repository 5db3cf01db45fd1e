"""DARTS: weights learn on one half of the examples, alphas on the other, in turns. Liu et al. 2019, arXiv 1806.09055."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar
from zlib import crc32

import torch
from torch import Tensor, nn

from nas.core.proposal import Genotype
from nas.core.space import Row, Shareable
from nas.supernets import hypergradient
from nas.supernets.alphas import Alphas
from nas.supernets.architectures import calibration_batches, shared_score
from nas.supernets.darts_recipe import DartsRecipe
from nas.supernets.expected_cost import ExpectedCost, penalised
from nas.supernets.network import SinglePath, Supernet, WeightedSum
from nas.supernets.penalty_prices import cost_facts, prices_of
from nas.supernets.quick_sum import QuickSum, programs_of
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.search_size import searched_space
from nas.supernets.statistics_at_rest import statistics_at_rest
from nas.supernets.training import EpochFacts, Forward, SupernetTraining
from nas.training.checkpoint import prefixed, with_prefix
from nas.training.environment import stream

SKIP = "skip_connect"

Batch = tuple[Tensor, Tensor]


class DartsTraining(SupernetTraining):
    """A step moves the alphas on a batch of the one half, then the weights on a batch of the other (algorithm 1).

    Facts of an epoch: the mixture's validation loss and accuracy, and the accuracy of the derived architecture with shared
    weights; "probabilities", "skips" (in the first kind of cell that would be derived), "expected" and "chosen_cost",
    "gradient_norms" of the last step, and where it is computed the "eigenvalue".
    """

    name: ClassVar[str] = "darts"
    Config: ClassVar[type[SupernetRecipe]] = DartsRecipe
    train_share: ClassVar[float] = 0.5
    config: DartsRecipe
    network: Supernet

    def build(self) -> nn.Module:
        config, problem = self.config, self.setup.problem
        space: Any = searched_space(self.setup.space, config.search_filters, config.search_cells)
        self._space: Shareable = space
        rows: tuple[Row, ...] = space.rows()
        self.alphas = Alphas([len(row.options) for row in rows], config, self.stream("alphas"), self.device)
        self._skips = [row.options.index(SKIP) if SKIP in row.options else None for row in rows]
        self._first_group = [row.group == rows[0].group for row in rows]
        self._prices = prices_of(config, self.setup)
        self._expected: ExpectedCost | None = None
        if config.has_penalty:
            self._expected = ExpectedCost(self._prices[config.penalised_cost], self.device)
        self._norms = torch.zeros(2)  # of the gradients of weights and alphas, in the last step of an epoch
        supernet = Supernet(space.supernet(problem.input_shape, problem.num_classes))
        self._programs = programs_of(supernet)
        return supernet

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        is_last = self._batch == self.steps_per_epoch - 1
        if self.epoch >= self.config.warmup_epochs:
            gradient = self.architecture_step((inputs, targets), self.decision_batch(), rate)
            if is_last:
                self._norms[1] = gradient.norm()
        return self.weight_step(inputs, targets, rate, notes_norm=is_last)

    def weight_step(self, inputs: Tensor, targets: Tensor, rate: float, *, notes_norm: bool = False) -> Tensor:
        """One step of the weights; alphas stay as they are, bit for bit."""
        with self.autocast():
            loss = self.loss_of(self._mixed(inputs, [row.detach() for row in self._weights()]), targets)
        self.clear_gradients()
        self.backward(loss)
        if notes_norm:
            norms = torch._foreach_norm([weight.grad for weight in self.weights() if weight.grad is not None])
            self._norms[0] = torch.stack(norms).norm() / self._scaler.get_scale()
        self.update_weights(rate)
        return loss.detach()

    def architecture_step(self, train: Batch, decision: Batch, rate: float) -> Tensor:
        """One step of the alphas; weights and the statistics of batch norm stay as they are, bit for bit."""
        with statistics_at_rest(self.network):
            gradient = self._gradient(train, decision, rate)
        self.alphas.update(gradient)
        return gradient

    def forward_of(self, genotype: Genotype) -> Forward:
        path = SinglePath(self._space.path_of(genotype))
        return lambda inputs: self.network(inputs, path)

    def end_epoch(self) -> EpochFacts:
        probabilities = self.alphas.as_lists()
        genotype = self._space.derived(probabilities)
        path = self._space.path_of(genotype)
        with self._statistics_kept():
            batches = self._calibration()
            mixture = shared_score(self, lambda inputs: self._mixed(inputs, self._weights()), batches)
            derived = shared_score(self, self.forward_of(genotype), batches)
        taken = zip(path, self._skips, self._first_group, strict=True)
        data: dict[str, Any] = {
            "probabilities": [[round(share, 5) for share in row] for row in probabilities],
            "skips": sum(is_first and option == skip for option, skip, is_first in taken),
            "phase": "warm-up" if self.epoch <= self.config.warmup_epochs else "search",
            "gradient_norms": dict(zip(("weights", "alphas"), self._norms.tolist(), strict=True)),
            **cost_facts(self._prices, probabilities, path),
        }
        if self.config.needs_eigenvalue and self.epoch % self.config.eigenvalue_every == 0:
            data["eigenvalue"] = self.eigenvalue()
        metrics = {
            "validation_loss": mixture.loss,
            "validation_accuracy": mixture.accuracy,
            "shared_accuracy": derived.accuracy,
        }
        return EpochFacts(self.epoch, metrics, data, genotype)

    def eigenvalue(self) -> float:
        """The largest one of ∂²L_val/∂α² on the next batch of the alphas' half (Zela et al. 2020, arXiv 1909.09656, section 4)."""
        position = self._decision_batches.tensors()
        inputs, targets = self.decision_batch()
        self._decision_batches.load_tensors(position)  # looking takes no batch from the training
        alphas = self.alphas.values
        self.network.train()
        with statistics_at_rest(self.network), self._weights_fixed():
            loss = self.loss_of(self.network(inputs, WeightedSum(self._weights())), targets)
            (gradient,) = torch.autograd.grad(loss, alphas, create_graph=True)
            start = torch.randn(alphas.shape, generator=stream(self.at.seed, crc32(b"eigenvalue")))
            return hypergradient.largest_eigenvalue(gradient, alphas, start.to(self.device))

    def own_tensors(self) -> dict[str, Tensor]:
        return {"norms": self._norms} | prefixed("alphas", self.alphas.tensors())

    def load_own_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self._norms = tensors["norms"].clone()
        self.alphas.load_tensors(with_prefix("alphas", tensors))

    # Parts of a step ----------------------------------------------------------------------------------------------------

    def _weights(self) -> list[Tensor]:
        """What the options are weighed with, per row, with a graph to the alphas."""
        weights = list(self.alphas.weights())
        if not self.config.auxiliary_skip:
            return weights
        # The skip connection beside the mixture is the one inside it: identities add up, reductions share their weights.
        share = max(0.0, 1 - self.steps_done / (self.config.epochs * self.steps_per_epoch))
        for row, skip in enumerate(self._skips):
            if skip is not None:
                beside = torch.zeros_like(weights[row])
                beside[skip] = share
                weights[row] = weights[row] + beside
        return weights

    def _mixed(self, inputs: Tensor, weights: list[Tensor]) -> Tensor:
        return self.network(inputs, QuickSum(self._programs, weights))  # type: ignore[no-any-return]

    def _decision_loss(self, loss: Tensor) -> Tensor:
        """What alphas descend, from the validation loss."""
        shares = self.alphas.weights()
        if self._expected is not None:
            loss = penalised(loss, self._expected(shares), self.config)
        if self.config.relaxation == "sigmoid":
            loss = loss - self.config.zero_one_weight * ((torch.cat(shares) - 0.5) ** 2).mean()
        return loss

    def _gradient(self, train: Batch, decision: Batch, rate: float) -> Tensor:
        """Of the alphas."""
        alphas = self.alphas.values
        if self.config.order == "first":
            with self._weights_fixed(), self.autocast():
                loss = self._decision_loss(self.loss_of(self._mixed(decision[0], self._weights()), decision[1]))
                return self.gradient_of_choices(loss, alphas)
        method = hypergradient.exact if self.config.second_derivative == "exact" else hypergradient.finite_difference
        train_loss = self._loss_by_weights(*train)
        decision_loss = self._loss_by_weights(*decision)
        return method(
            train_loss,
            lambda weights: self._decision_loss(decision_loss(weights)),
            self.weights(),
            alphas,
            self._descent(rate),
        )

    def _loss_by_weights(self, inputs: Tensor, targets: Tensor) -> hypergradient.Loss:
        """In full precision: the finite difference is of small differences."""
        names = [name for name, _ in self.network.named_parameters()]
        is_exact = self.config.second_derivative == "exact"

        def loss(weights: Any) -> Tensor:
            shares = self._weights()
            mixture = WeightedSum(shares) if is_exact else QuickSum(self._programs, shares)
            own = dict(zip(names, weights, strict=True))
            logits = torch.func.functional_call(self.network, own, (inputs, mixture))
            return self.loss_of(logits, targets)

        return loss

    def _descent(self, rate: float) -> hypergradient.Descent:
        config, state = self.config, self._optimizer.tensors()
        buffers = [state[f"{number}.momentum"] for number in range(len(self.weights()))] if state else None
        return hypergradient.Descent(rate, config.momentum, config.weight_decay, config.nesterov, buffers)

    @contextmanager
    def _weights_fixed(self) -> Iterator[None]:
        """Inside, gradients of the weights are not computed."""
        weights = self.weights()
        for weight in weights:
            weight.requires_grad_(False)
        try:
            yield
        finally:
            for weight in weights:
                weight.requires_grad_(True)

    @contextmanager
    def _statistics_kept(self) -> Iterator[None]:
        kept = [buffer.clone() for buffer in self.network.buffers()]
        try:
            yield
        finally:
            for buffer, before in zip(self.network.buffers(), kept, strict=True):
                buffer.copy_(before)

    def _calibration(self) -> list[Tensor]:
        """The same batches each time, so that scores of epochs can be compared."""
        config = self.config
        generator = stream(self.at.seed, crc32(b"calibration"))
        return calibration_batches(self.at.train, config.batch_size, config.calibration_batches, generator)
