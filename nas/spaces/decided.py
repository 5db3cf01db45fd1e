"""Spaces whose decisions are always the same list, whatever is chosen: they follow from the list alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from nas.core.space import Decision


class Decided:
    """A subclass says what its `decisions` are, and how to `decode` and `encode`."""

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        raise NotImplementedError

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

    def _check_actions(self, actions: Sequence[int]) -> None:
        """Raises ValueError when it is no complete sequence of options that are there."""
        if len(actions) != len(self.decisions):
            raise ValueError(f"expected {len(self.decisions)} actions, got {len(actions)}")
        for decision, action in zip(self.decisions, actions, strict=True):
            if not 0 <= action < decision.size:
                raise ValueError(f"{decision.name} has the options 0 to {decision.size - 1}, got {action}")
