"""The torch network of a blueprint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

from torch import Tensor, nn

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.primitive import ModuleCall


class BlueprintNetwork(nn.Module):
    """Runs a blueprint's layers in their order: inputs (N, …) → outputs (N, …), a single one not as a tuple.

    A layer's weights are found under its path: `network.get_submodule("stage1.cell2.conv")`. Tensors are let go after
    their last reader, so evaluation needs no more memory than the closed form says.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__()
        self._num_inputs = len(blueprint.inputs)
        self._outputs = blueprint.outputs
        self._auxiliary = blueprint.auxiliary
        modules = []
        for layer in blueprint.layers:
            module = module_of(layer.primitive.call(layer.inputs))
            put_module(self, layer.path, module)
            modules.append(module)
        main = [i for i, layer in enumerate(blueprint.layers) if not layer.is_auxiliary]
        self._main = plan_of(blueprint, modules, main, blueprint.outputs)
        everything = range(len(modules))
        wanted = blueprint.outputs if self._auxiliary is None else (*blueprint.outputs, self._auxiliary)
        self._all = plan_of(blueprint, modules, list(everything), wanted)

    @property
    def calls(self) -> tuple[Call[nn.Module], ...]:
        """What runs when the network answers, in its order."""
        return tuple(self._main)

    @property
    def outputs(self) -> tuple[int, ...]:
        """The values that leave, by the numbers that `calls` write."""
        return self._outputs

    @property
    def has_auxiliary_head(self) -> bool:
        return self._auxiliary is not None

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The outputs, without the auxiliary head."""
        values = run_calls(self._main, inputs)
        outputs = tuple(values[number] for number in self._outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def forward_with_auxiliary(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and the auxiliary head's logits, (N, num_classes) each, for training."""
        if self._auxiliary is None:
            raise ValueError("the network has no auxiliary head")
        values = run_calls(self._all, (x,))
        return values[self._outputs[0]], values[self._auxiliary]


def module_of(call: ModuleCall) -> nn.Module:
    """The module of a constructor call. Raises AttributeError when there is no such class."""
    file, _, name = call.name.rpartition(":")
    module: nn.Module = getattr(import_module(f"nas.modules.{file}") if file else nn, name)(
        *call.positional, **call.named
    )
    return module


Does = TypeVar("Does", bound=Callable[..., Any])

Call = tuple[int, Does, tuple[int, ...], tuple[int, ...]]
"""The number it writes, the module, the numbers it reads, the numbers nobody reads afterwards."""


def plan_of(
    blueprint: Blueprint, modules: Sequence[Does], chosen: list[int], wanted: tuple[int, ...]
) -> list[Call[Does]]:
    """The calls of the `chosen` layers in their order; `wanted` are numbers that stay to the end."""
    first = len(blueprint.inputs)
    last_reader = {number: place for place in chosen for number in blueprint.layers[place].reads}
    calls = []
    for place in chosen:
        layer = blueprint.layers[place]
        done = [n for n in dict.fromkeys(layer.reads) if last_reader[n] == place and n not in wanted]
        if first + place not in last_reader and first + place not in wanted:  # computed, read by nobody
            done.append(first + place)
        calls.append((first + place, modules[place], layer.reads, tuple(done)))
    return calls


def run_calls(calls: Sequence[Call[Callable[..., Any]]], inputs: tuple[Tensor, ...]) -> dict[int, Tensor]:
    """All values that are still there at the end, by number."""
    values: dict[int, Tensor] = dict(enumerate(inputs))
    for number, module, reads, done in calls:
        values[number] = module(*[values[read] for read in reads])
        for gone in done:
            del values[gone]
    return values


def put_module(root: nn.Module, path: tuple[str, ...], module: nn.Module) -> None:
    """Make `module` the submodule of that path, with empty modules on the way."""
    for name in path[:-1]:
        if name not in root._modules:
            root.add_module(name, nn.Module())
        root = root.get_submodule(name)
    root.add_module(path[-1], module)
