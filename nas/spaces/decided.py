"""Spaces whose decisions are always the same list, whatever is chosen: they follow from the list alone, and so do their axes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from nas.core.errors import InvalidGenotype
from nas.core.parameter import Parameter, Value, Values, read_values
from nas.core.proposal import Genotype
from nas.core.space import Decision


class Decided(ABC):
    """A subclass says what its `decisions` are, and how to `decode` and `encode`."""

    @property
    @abstractmethod
    def decisions(self) -> tuple[Decision, ...]: ...

    @abstractmethod
    def decode(self, actions: Sequence[int]) -> Genotype: ...

    @abstractmethod
    def encode(self, genotype: Genotype) -> list[int]: ...

    def next_decision(self, actions: Sequence[int]) -> Decision | None:
        return self.decisions[len(actions)] if len(actions) < len(self.decisions) else None

    def decision_groups(self) -> Mapping[str, int]:
        return self._decision_groups

    @cached_property
    def _decision_groups(self) -> Mapping[str, int]:
        groups: dict[str, int] = {}
        for decision in self.decisions:
            groups[decision.group] = max(decision.size, groups.get(decision.group, 0))
        return groups

    def parameters(self) -> tuple[Parameter, ...]:
        """A decision is an axis; its values are its options."""
        return self._parameters

    def with_values(self, values: Values) -> Genotype:
        """Raises InvalidGenotype, fields named after decisions."""
        read = read_values(self._parameters, values)
        actions = [parameter.values.index(read[parameter.name]) for parameter in self._parameters]
        try:
            return self.decode(actions)
        except ValueError as error:
            raise InvalidGenotype.at("", str(error)) from None

    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        """Leaves out what no decision can express. An architecture with fewer parts (a cell of fewer blocks) has fewer values."""
        actions = self.encode(genotype)
        return {p.name: p.values[action] for p, action in zip(self._parameters, actions, strict=False)}

    @cached_property
    def _parameters(self) -> tuple[Parameter, ...]:
        return tuple(
            Parameter(name=decision.name, kind="categorical", values=tuple(options))
            for decision, options in zip(self.decisions, self._option_values, strict=True)
        )

    @property
    def _option_values(self) -> Iterable[Sequence[Value]]:
        """What each decision's options are; where there is nothing better, their words."""
        return (decision.options for decision in self.decisions)

    def _check_actions(self, actions: Sequence[int]) -> None:
        """Raises ValueError when it is no complete sequence of options that are there."""
        if len(actions) != len(self.decisions):
            raise ValueError(f"expected {len(self.decisions)} actions, got {len(actions)}")
        for decision, action in zip(self.decisions, actions, strict=True):
            if not 0 <= action < decision.size:
                raise ValueError(f"{decision.name} has the options 0 to {decision.size - 1}, got {action}")
