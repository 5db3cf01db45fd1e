"""The operations that are left when some are forbidden."""

from __future__ import annotations

from collections.abc import Iterable

from nas.core.errors import ConstraintLeavesNothing


def allowed_operations(operations: Iterable[str], forbidden: frozenset[str]) -> tuple[str, ...]:
    """In their order. Raises ConstraintLeavesNothing when there is none."""
    every = tuple(operations)
    left = tuple(operation for operation in every if operation not in forbidden)
    if not left:
        raise ConstraintLeavesNothing(
            f"a place of every architecture of this space is one of {', '.join(every)}; forbid at most all but one of them"
        )
    return left
