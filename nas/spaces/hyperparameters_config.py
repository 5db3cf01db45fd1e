"""What can be chosen about the space of hyper-parameters: the network that stays as it is, and what of its training is searched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from nas import registry
from nas.core.config import Config, setting
from nas.core.errors import FieldError, InvalidConfig, InvalidGenotype, NasError
from nas.core.genotype_text import genotype_from_text
from nas.core.parameter import Parameter, Value
from nas.core.proposal import Genotype
from nas.core.space import Blueprinted, Space, Tuning
from nas.training.recipe import Recipe

LONGEST_SETTINGS = 20_000


class RecipeParameter(Parameter):
    """A parameter whose name is a setting of the training recipe."""

    name: str = setting(title="Setting", description="Of the training.", max_length=60, refers_to="recipe_setting")
    values: tuple[Value, ...] = setting(
        (), title="Values", description="What it may be; for categorical parameters.", max_length=1_000
    )


class HyperparametersConfig(Config):
    """Defaults: a small residual cell trained by SGD, which learns the bundled digits in a second."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "sgd": {},
        "adamw": {
            "parameters": [
                {"name": "optimizer", "kind": "categorical", "values": ["adamw"]},
                {"name": "learning_rate", "low": 1e-4, "high": 1e-1, "log": True},
                {"name": "weight_decay", "low": 1e-4, "high": 1.0, "log": True},
                {"name": "batch_size", "kind": "categorical", "values": [32, 64, 128]},
                {"name": "label_smoothing", "low": 0.0, "high": 0.2},
            ]
        },
        "which_optimizer": {
            "parameters": [
                {"name": "optimizer", "kind": "categorical", "values": ["sgd", "adam", "adamw"]},
                {"name": "learning_rate", "low": 1e-4, "high": 1.0, "log": True},
                {
                    "name": "momentum",
                    "low": 0.5,
                    "high": 0.99,
                    "active_if": {"parameter": "optimizer", "values": ["sgd"]},
                },
                {"name": "weight_decay", "low": 1e-6, "high": 1e-2, "log": True},
                {"name": "schedule", "kind": "categorical", "values": ["cosine", "constant", "step"]},
            ]
        },
    }

    space: str = setting(
        "nasbench201",
        title="Space of the network",
        description="Where the network comes from that is trained again and again, with its defaults or well-known settings.",
        refers_to="inner_space",
        max_length=100,
    )
    settings: str = setting(
        '{"width": 8, "cells_per_stage": 1}',
        title="Settings of that space",
        description='As JSON, on top of the above: {"width": 8}. Empty for none.',
        max_length=LONGEST_SETTINGS,
        advanced=True,
    )
    architecture: str = setting(
        "resnet",
        title="Network",
        description="Its genotype as JSON, in the notation of the space, or the name of a published one.",
        max_length=LONGEST_SETTINGS,
    )
    parameters: tuple[RecipeParameter, ...] = setting(
        (
            {"name": "learning_rate", "low": 1e-3, "high": 1.0, "log": True},
            {"name": "weight_decay", "low": 1e-6, "high": 1e-2, "log": True},
            {"name": "momentum", "low": 0.5, "high": 0.99},
            {"name": "batch_size", "kind": "categorical", "values": (32, 64, 128)},
            {"name": "label_smoothing", "low": 0.0, "high": 0.2},
        ),
        title="Parameters",
        description=(
            "Settings of the training that are searched; all others stay as the estimator has them. "
            "A learning rate wants a logarithmic scale: on a linear one nearly all draws are large."
        ),
        min_length=1,
        max_length=len(Recipe.model_fields),
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> HyperparametersConfig:
        """The network exists, and the recipe allows what the parameters may be. Errors are told at their fields."""
        faults = list(_parameter_faults(self.parameters))
        try:
            fixed_network(self.space, self.settings, self.architecture)
        except InvalidConfig as error:
            faults += [((e.field,), e.message) for e in error.errors]
        if faults:
            lines = [
                InitErrorDetails(type=PydanticCustomError("value_error", "{said}", {"said": said}), loc=loc, input=None)
                for loc, said in faults
            ]
            raise ValidationError.from_exception_data(type(self).__name__, lines)
        return self


def inner_spaces() -> tuple[tuple[str, str], ...]:
    """(value, label) of every space whose networks can be trained with other recipes, then with each of its presets."""
    found = []
    for name in registry.spaces:
        kind: Any = registry.spaces.get(name)
        if issubclass(kind, Blueprinted) and not issubclass(kind, Tuning):
            found.append((name, kind.title))
            found += [(f"{name}:{preset}", f"{kind.title}: {preset}") for preset in kind.Config.presets]
    return tuple(found)


@lru_cache(maxsize=64)
def fixed_network(text: str, settings: str, architecture: str) -> tuple[Space, Genotype]:
    """The space and the genotype that three settings name. Raises InvalidConfig at "space", "settings" or "architecture"."""
    there = [value for value, _label in inner_spaces()]
    if text not in there:
        raise InvalidConfig.at("space", f"there is no space {text!r:.60} here; there are {', '.join(there)}")
    name, _, preset = text.partition(":")
    kind: Any = registry.spaces.get(name)
    try:
        more = json.loads(settings) if settings.strip() else {}
    except (ValueError, RecursionError):
        more = None
    if not isinstance(more, dict):
        raise InvalidConfig.at("settings", 'expected a JSON object like {"width": 8}')
    try:
        space: Space = kind(kind.Config.parse({**(kind.Config.presets[preset] if preset else {}), **more}))
    except InvalidConfig as error:
        raise InvalidConfig(FieldError("settings", f"{e.field}: {e.message}") for e in error.errors) from None
    except NasError as error:
        raise InvalidConfig.at("settings", str(error)) from None
    try:
        return space, genotype_from_text(space, architecture)
    except InvalidGenotype as error:
        said = (f"{e.field}: {e.message}" if e.field else e.message for e in error.errors)
        raise InvalidConfig(FieldError("architecture", message) for message in said) from None


def _parameter_faults(parameters: tuple[RecipeParameter, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(place, what is wrong) of every parameter that the recipe or the ones before it do not allow."""
    before: dict[str, Parameter] = {}
    for number, parameter in enumerate(parameters):
        here = ("parameters", number)
        name = parameter.name
        if name not in Recipe.model_fields:
            yield (*here, "name"), f"the recipe has no setting {name!r}; there are {', '.join(Recipe.model_fields)}"
            continue
        if name in before:
            yield (*here, "name"), f"{name} stands above already"
        if parameter.kind == "float" and Recipe.model_fields[name].annotation is int:
            yield (*here, "kind"), f"{name} is a whole number"
        else:
            for field, value in _limits(parameter):
                if said := _refused(name, value):
                    yield (*here, field), f"{name}: {said}"
        condition = parameter.active_if
        if condition is not None:
            other = before.get(condition.parameter)
            if other is None:
                yield (*here, "active_if", "parameter"), "name a parameter that stands above"
            elif not any(other.problem_with(value) == "" for value in condition.values):
                yield (*here, "active_if", "values"), f"{condition.parameter} never is one of these"
        before[name] = parameter


def _limits(parameter: Parameter) -> Iterator[tuple[str, Value]]:
    """(field, value) of the values to be checked: if these may be, all may."""
    if parameter.kind == "categorical":
        yield from (("values", value) for value in parameter.values)
        return
    yield "low", parameter.at(0)
    yield "high", parameter.at(1)


def _refused(name: str, value: Value) -> str:
    """Why the recipe does not take the value of one setting; "" when it does. What depends on others is not asked here."""
    try:
        Recipe.parse({name: value})
    except InvalidConfig as error:
        return "; ".join(e.message for e in error.errors if e.field == name)
    return ""
