"""The network that holds all architectures of a space, and what can be computed in it: one path, or a mixture of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.choice import Choice
from nas.modules.blueprint_network import BlueprintNetwork, module_of, plan_of, put_module


class Candidates(nn.Module):
    """The candidates of one place. `reads[k]`: which of the place's inputs candidate k takes; `is_zero[k]`: it gives zeros."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.row = choice.row
        self.reads = tuple(option.reads for option in choice.options)
        self.is_zero = tuple(option.is_zero for option in choice.options)
        self.options = nn.ModuleList(BlueprintNetwork(option.blueprint) for option in choice.options)

    def __len__(self) -> int:
        return len(self.reads)

    def apply_option(self, option: int, inputs: Sequence[Tensor]) -> Tensor:
        """What candidate number `option` makes of the place's inputs, (N, C, H, W)."""
        made: Tensor = self.options[option](inputs[self.reads[option]])
        return made


class Mixture(Protocol):
    """What an open place gives: the rule by which candidates are chosen or mixed."""

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor: ...


class Supernet(nn.Module):
    """Runs a blueprint with open places: (N, *input_shape) → (N, num_classes) logits.

    The weights of candidate k of a place stand under "<path of the place>.options.<k>.<path in the candidate>"; all others
    under the names they have in a stand-alone network.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__()
        modules: list[nn.Module] = []
        for layer in blueprint.layers:
            primitive = layer.primitive
            module = Candidates(primitive) if isinstance(primitive, Choice) else module_of(primitive.call(layer.inputs))
            put_module(self, layer.path, module)
            modules.append(module)
        self._output = blueprint.outputs[0]
        everything = [i for i, layer in enumerate(blueprint.layers) if not layer.is_auxiliary]
        self._calls = plan_of(blueprint, modules, everything, blueprint.outputs)
        self.places = tuple(module for module in modules if isinstance(module, Candidates))

    def forward(self, x: Tensor, mixture: Mixture) -> Tensor:
        values: dict[int, Tensor] = {0: x}
        for number, module, reads, done in self._calls:
            inputs = [values[read] for read in reads]
            values[number] = mixture(module, inputs) if isinstance(module, Candidates) else module(*inputs)
            for gone in done:
                del values[gone]
        return values[self._output]


class SinglePath:
    """One architecture: the option of each row. Nothing else is computed."""

    def __init__(self, path: Sequence[int]) -> None:
        self.path = tuple(path)

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
        return place.apply_option(self.path[place.row], inputs)


class WeightedSum:
    """Σ over options of weight · candidate (Liu et al. 2019, arXiv 1806.09055, equation 2).

    `weights[row]`: (options,). Candidates that give zeros are not computed, whatever their weight.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self.weights = weights

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
        weights = self.weights[place.row].unbind()
        total: Tensor | None = None
        for option, weight in enumerate(weights):
            if not place.is_zero[option]:
                made = place.apply_option(option, inputs) * weight
                total = made if total is None else total + made
        return place.apply_option(0, inputs) if total is None else total


def sum_of_all(place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
    """Every candidate with weight one (Bender et al. 2018, one-shot models)."""
    made = [place.apply_option(option, inputs) for option in range(len(place)) if not place.is_zero[option]]
    return torch.stack(made).sum(dim=0) if made else place.apply_option(0, inputs)
