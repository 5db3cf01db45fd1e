"""A space seen as named choices, one after the other: what samplers of hyper-parameters draw and learn from.

A space of named values offers its parameters, a space of decisions each of them as a categorical parameter. Which choices
there are may depend on those before them ("define by run").
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.parameter import Parameter, Parametrised, Value, Values
from nas.core.proposal import Genotype
from nas.core.space import Decision, Sequential, Space

Choose = Callable[[Parameter], Value]


class NamedChoices(ABC):
    """Between genotypes and values by name. Names are unique and mean the same in all of the space."""

    @property
    @abstractmethod
    def has_conditions(self) -> bool:
        """Whether some choices exist only beside certain others, as far as that is known beforehand."""

    @abstractmethod
    def decide(self, choose: Choose) -> Genotype | None:
        """The architecture of what `choose` answers for each parameter in turn; None where the space refuses it."""

    @abstractmethod
    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        """The inverse: every choice that was made."""

    @abstractmethod
    def parameter(self, name: str) -> Parameter:
        """Raises KeyError for a name that never occurred."""

    @abstractmethod
    def title(self, name: str) -> str:
        """The name for people."""

    @abstractmethod
    def in_words(self, values: Values) -> dict[str, Value]:
        """The same values for people: by title, options in words."""


def named_choices(space: Space) -> NamedChoices:
    """Raises InvalidConfig when the architectures of `space` are neither named values nor sequences of decisions."""
    if isinstance(space, Parametrised):
        return _ByParameters(space)
    if isinstance(space, Sequential):
        return _ByDecisions(space)
    raise InvalidConfig.at(
        "",
        f"this strategy needs a space of named values or of decisions, one after the other; {space.title} is neither",
    )


class _ByParameters(NamedChoices):
    def __init__(self, space: Parametrised) -> None:
        self._space = space
        self._parameters = {parameter.name: parameter for parameter in space.parameters()}

    @property
    def has_conditions(self) -> bool:
        return any(parameter.active_if is not None for parameter in self._parameters.values())

    def decide(self, choose: Choose) -> Genotype | None:
        values: dict[str, Value] = {}
        for parameter in self._parameters.values():
            if parameter.is_active(values):
                values[parameter.name] = choose(parameter)
        try:
            return self._space.with_values(values)
        except InvalidGenotype:
            return None

    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        return self._space.values_of(genotype)

    def parameter(self, name: str) -> Parameter:
        return self._parameters[name]

    def title(self, name: str) -> str:
        return name

    def in_words(self, values: Values) -> dict[str, Value]:
        return dict(values)


class _ByDecisions(NamedChoices):
    """A decision's value is the number of its option. One that offers another number of options is another parameter."""

    has_conditions = False  # not known beforehand: all the decisions that there are so far were always there

    def __init__(self, space: Any) -> None:
        self._space: Sequential = space
        self._parameters: dict[str, Parameter] = {}

    def decide(self, choose: Choose) -> Genotype | None:
        actions: list[int] = []
        while (decision := self._space.next_decision(actions)) is not None:
            actions.append(int(choose(self.parameter(_name(decision)))))
        try:
            return self._space.decode(actions)
        except InvalidGenotype:
            return None

    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        values: dict[str, Value] = {}
        actions = self._space.encode(genotype)
        for place, action in enumerate(actions):
            decision = self._space.next_decision(actions[:place])
            assert decision is not None  # `encode` gives a complete sequence
            values[_name(decision)] = action
        return values

    def parameter(self, name: str) -> Parameter:
        """From the name alone: it ends in the number of options."""
        if name not in self._parameters:
            size = int(name.rpartition("/")[2])
            self._parameters[name] = Parameter(name=name, kind="categorical", values=tuple(range(size)))
        return self._parameters[name]

    def title(self, name: str) -> str:
        return name.rpartition("/")[0]

    def in_words(self, values: Values) -> dict[str, Value]:
        words: dict[str, Value] = {}
        actions: list[int] = []
        while (decision := self._space.next_decision(actions)) is not None:
            action = values.get(_name(decision))
            if not isinstance(action, int):
                break  # what is known ends here
            words[decision.name] = decision.options[action]
            actions.append(action)
        return words


def _name(decision: Decision) -> str:
    return f"{decision.name}/{decision.size}"
