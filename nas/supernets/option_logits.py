"""How likely each option of each row is: the architecture parameters of a search by gradient, and the draws from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor

from nas.training.optimizer import AdamSettings, Optimizer

_INITIAL_SPREAD = 1e-3
_LEAST = 1e-30  # an option that can be drawn at all, however unlikely
_EPOCHS_BELOW = 3


class OptionLogits:
    """One logit per option, in a matrix as wide as the longest row: nothing here loops over rows.

    Adam forgets its first moment at once (β₁ = 0), so an option without a gradient does not move (Cai, Zhu and Han 2019,
    arXiv 1812.00332, appendix B).
    """

    def __init__(self, sizes: Sequence[int], rate: float, generator: Generator, device: torch.device) -> None:
        """`sizes`: options of each row; `rate`: of Adam."""
        self.sizes = tuple(sizes)
        drawn = torch.randn(len(self.sizes), max(self.sizes), generator=generator) * _INITIAL_SPREAD
        self.logits = torch.nn.Parameter(drawn.to(device))
        self._exists = torch.arange(max(self.sizes)).expand_as(drawn) < torch.tensor(self.sizes)[:, None]
        self.alive = self._exists.clone()
        self._epochs_below = torch.zeros_like(self.alive, dtype=torch.int64)
        self._places = self._exists.reshape(-1).nonzero()[:, 0].to(device)
        self._dead = ~self.alive.to(device)
        self._optimizer = Optimizer([self.logits], AdamSettings(rate), betas=(0.0, 0.999))

    def probabilities(self) -> Tensor:
        """(rows, options): a softmax over each row's options that are left, 0 elsewhere; with a graph."""
        return self.logits.masked_fill(self._dead, -torch.inf).softmax(dim=1)

    def log_probabilities(self) -> Tensor:
        """(rows, options): their logarithms, −∞ for options that are gone; with a graph."""
        return self.logits.masked_fill(self._dead, -torch.inf).log_softmax(dim=1)

    def by_row(self, matrix: Tensor) -> tuple[Tensor, ...]:
        """The entries of a (rows, options) matrix that exist: per row (options of that row,)."""
        return torch.split(matrix.reshape(-1)[self._places], list(self.sizes))

    def as_lists(self) -> list[list[float]]:
        """The probabilities of each row."""
        return [row.tolist() for row in self.by_row(self.probabilities().detach())]

    def alive_options(self) -> list[list[int]]:
        return [row.nonzero().flatten().tolist() for row in self.alive]

    @property
    def are_decided(self) -> bool:
        """Whether every row has one option left."""
        return bool((self.alive.sum(dim=1) == 1).all())

    def is_finite(self) -> bool:
        return bool(torch.isfinite(self.logits).all())

    def draw(self, generator: Generator) -> Tensor:
        """An option of each row, (rows,) int64 on the CPU."""
        return torch.multinomial(self._weights(), 1, generator=generator)[:, 0]

    def draw_pairs(self, generator: Generator) -> Tensor:
        """Two different options of each row, drawn without replacement, (rows, 2) int64 on the CPU.

        Where one option only is left it is there twice.
        """
        weights = self._weights()
        num_alive = self.alive.sum(dim=1)
        only = self.alive.int().argmax(dim=1)
        weights[num_alive == 1] = 1.0  # whatever is drawn there is not used
        pairs = (
            torch.multinomial(weights, 2, generator=generator) if weights.shape[1] > 1 else only[:, None].expand(-1, 2)
        )
        return torch.where((num_alive == 1)[:, None], only[:, None], pairs)

    def update(self, gradient: Tensor) -> None:
        """One step of Adam; `gradient` (rows, options)."""
        self.logits.grad = gradient
        self._optimizer.step()
        self.logits.grad = None

    def update_pairs(self, gradient: Tensor, pairs: Tensor) -> None:
        """As `update`, then the two logits of each row are shifted together so that all other options keep their probability.

        `pairs`: (rows, 2) on the device (arXiv 1812.00332, section 3.2.1, and published code).
        """
        before = self.logits.detach().gather(1, pairs).logsumexp(dim=1)
        self.update(gradient)
        with torch.no_grad():
            moved = self.logits.gather(1, pairs)
            shift = moved.logsumexp(dim=1) - before
            self.logits.scatter_(1, pairs, moved - shift[:, None])

    def prune(self, below: float) -> list[list[int]]:
        """To be called once an epoch: options whose probability was lower than `below` for three epochs in a row go for good.

        The likeliest one of a row stays. Returns all that are gone, [row, option].
        """
        shares = self.probabilities().detach().cpu()
        low = self.alive & (shares < below)
        low[torch.arange(len(self.sizes)), shares.argmax(dim=1)] = False
        self._epochs_below = torch.where(low, self._epochs_below + 1, 0)
        self.alive &= self._epochs_below < _EPOCHS_BELOW
        self._dead = ~self.alive.to(self.logits.device)
        return (self._exists & ~self.alive).nonzero().tolist()

    def tensors(self) -> dict[str, Tensor]:
        """The state, for a checkpoint."""
        own = {"logits": self.logits.detach(), "alive": self.alive, "epochs_below": self._epochs_below}
        return own | {f"adam.{name}": value for name, value in self._optimizer.tensors().items()}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """The reverse of `tensors`."""
        with torch.no_grad():
            self.logits.copy_(tensors["logits"])
        self.alive, self._epochs_below = tensors["alive"].clone(), tensors["epochs_below"].clone()
        moments = {name.removeprefix("adam."): value for name, value in tensors.items() if name.startswith("adam.")}
        self._optimizer.load_tensors(moments)
        self._dead = ~self.alive.to(self.logits.device)

    def _weights(self) -> Tensor:
        shares = self.probabilities().detach().double().cpu()
        return torch.where(self.alive, shares.clamp_min(_LEAST), 0.0)
