"""SGD with Nesterov momentum, Adam, AdamW on torch's functional interface.

`torch.optim.SGD` and its siblings import torch's compiler when they are created: 2 to 5 s and 80 MB in every worker, for
nothing here. The functions they call do not, and give the same bits; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from nas.core.errors import StateMismatch

_MOMENTUM = "momentum"
_FIRST, _SECOND, _STEP = "first_moment", "second_moment", "step"


class OptimizerSettings(Protocol):
    """What an optimiser reads of a recipe."""

    @property
    def optimizer(self) -> Literal["sgd", "adam", "adamw"]: ...

    @property
    def base_rate(self) -> float: ...

    @property
    def momentum(self) -> float: ...

    @property
    def nesterov(self) -> bool: ...

    @property
    def weight_decay(self) -> float: ...


@dataclass(frozen=True, slots=True)
class AdamSettings:
    """Adam alone, for what has no recipe."""

    base_rate: float
    weight_decay: float = 0.0
    optimizer: Literal["adam"] = "adam"
    momentum: float = 0.0
    nesterov: bool = False


class Optimizer:
    """Updates parameters in place, all in one fused pass: the fastest way on CPU and GPU alike.

    `param_groups` and `step` have the form `torch.amp.GradScaler` expects.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        recipe: OptimizerSettings,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        undecayed: Iterable[Tensor] = (),
    ) -> None:
        """`betas`: decay of Adam's two moments. `undecayed`: those of the parameters that weight decay leaves alone."""
        self._parameters = [parameter for parameter in parameters if parameter.requires_grad]
        spared = {id(parameter) for parameter in undecayed}
        self._undecayed = {n for n, parameter in enumerate(self._parameters) if id(parameter) in spared}
        self._recipe = recipe
        self._betas = betas
        self._state: dict[int, dict[str, Tensor]] = {}  # number of the parameter → what is remembered about it
        self.rate = recipe.base_rate
        self.param_groups: list[dict[str, Any]] = [{"params": self._parameters}]

    def zero_grad(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None

    def step(self) -> None:
        """One update with the rate `self.rate`; parameters without a gradient stay as they are."""
        used = [number for number, parameter in enumerate(self._parameters) if parameter.grad is not None]
        self._update([number for number in used if number not in self._undecayed], self._recipe.weight_decay)
        self._update([number for number in used if number in self._undecayed], 0.0)

    def _update(self, used: list[int], weight_decay: float) -> None:
        if not used:
            return
        parameters = [self._parameters[number] for number in used]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        update = self._sgd if self._recipe.optimizer == "sgd" else self._adam
        with torch.no_grad():
            update(used, parameters, gradients, weight_decay)

    def _sgd(self, used: list[int], parameters: list[Tensor], gradients: list[Tensor], weight_decay: float) -> None:
        """Sutskever et al. 2013, in torch's form: the first step takes the gradient as momentum."""
        momentum = self._recipe.momentum
        fresh = [at for at, number in enumerate(used) if number not in self._state]
        # The fused kernel takes one flag for "first step" per call, so newcomers go in a call of their own.
        for chosen in (fresh, [at for at in range(len(used)) if at not in set(fresh)]):
            if not chosen:
                continue
            buffers = [self._state.get(used[at], {}).get(_MOMENTUM) for at in chosen]
            sgd(
                [parameters[at] for at in chosen],
                [gradients[at] for at in chosen],
                buffers,
                fused=True,
                weight_decay=weight_decay,
                momentum=momentum,
                lr=self.rate,
                dampening=0.0,
                nesterov=momentum > 0 and self._recipe.nesterov,
                maximize=False,
            )
            for at, buffer in zip(chosen, buffers, strict=True):
                if buffer is not None:  # None without momentum
                    self._state[used[at]] = {_MOMENTUM: buffer}

    def _adam(self, used: list[int], parameters: list[Tensor], gradients: list[Tensor], weight_decay: float) -> None:
        """Kingma and Ba 2015, arXiv 1412.6980; AdamW: Loshchilov and Hutter 2019, arXiv 1711.05101."""
        for number, parameter in zip(used, parameters, strict=True):
            if number not in self._state:
                self._state[number] = {
                    _FIRST: torch.zeros_like(parameter),
                    _SECOND: torch.zeros_like(parameter),
                    _STEP: torch.zeros((), device=parameter.device),
                }
        update = adam if self._recipe.optimizer == "adam" else adamw
        update(
            parameters,
            gradients,
            [self._state[number][_FIRST] for number in used],
            [self._state[number][_SECOND] for number in used],
            [],
            [self._state[number][_STEP] for number in used],
            fused=True,
            amsgrad=False,
            beta1=self._betas[0],
            beta2=self._betas[1],
            lr=self.rate,
            weight_decay=weight_decay,
            eps=1e-8,
            maximize=False,
        )

    def tensors(self) -> dict[str, Tensor]:
        """What is remembered, by "<number of the parameter>.<name>"."""
        return {f"{number}.{name}": value for number, kept in self._state.items() for name, value in kept.items()}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """The reverse of `tensors`. Raises StateMismatch when they belong to other parameters."""
        state: dict[int, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            number, _, name = key.partition(".")
            at = int(number)
            if at >= len(self._parameters) or (name != _STEP and tensor.shape != self._parameters[at].shape):
                raise StateMismatch("the checkpoint's optimiser belongs to another network")
            place = (
                torch.empty_like(self._parameters[at])
                if name != _STEP
                else torch.empty((), device=self._parameters[at].device)
            )
            state.setdefault(at, {})[name] = place.detach().copy_(tensor)
        self._state = state
