"""Reading a genotype that came from outside: every fault is noted with its field, in words, and nothing large is ever copied."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from nas.core.errors import FieldError, InvalidGenotype
from nas.core.shown import shown

_MANY_ERRORS = 20


class GenotypeReader:
    """Collects field errors; `finish` raises them all at once.

    Each reading method returns the value when it is right and None when not; the caller goes on, so that a person
    sees all faults at once. At most 20 are kept.
    """

    def __init__(self) -> None:
        self._errors: list[FieldError] = []

    @property
    def is_clean(self) -> bool:
        return not self._errors

    def error(self, field: str, message: str) -> None:
        if len(self._errors) < _MANY_ERRORS:
            self._errors.append(FieldError(field, message))

    def fields(
        self, field: str, value: object, names: Collection[str], *, optional: Collection[str] = ()
    ) -> dict[str, Any] | None:
        """An object with exactly these fields; `optional` ones may be missing."""
        if not isinstance(value, Mapping):
            self.error(field, f"expected an object with {', '.join(names)}, got {shown(value)}")
            return None
        missing = [name for name in names if name not in value and name not in optional]
        for name in missing:
            self.error(_join(field, name), "is required")
        # no more than the errors that are kept are looked for
        unknown = [name for name in islice(value, len(names) + _MANY_ERRORS) if name not in names]
        for name in unknown:
            self.error(_join(field, f"{name!s:.40}"), f"there is no such field; there are {', '.join(names)}")
        return None if missing or unknown else dict(value)

    def items(self, field: str, value: object, *, at_least: int, at_most: int, of: str) -> list[Any] | None:
        """A list of `at_least` to `at_most` items; `of` says what they are ("layers")."""
        if not isinstance(value, (list, tuple)):
            self.error(field, f"expected a list of {of}, got {shown(value)}")
            return None
        if not at_least <= len(value) <= at_most:
            number = str(at_least) if at_least == at_most else f"{at_least} to {at_most}"
            self.error(field, f"expected {number} {of}, got {len(value):,}")
            return None
        return list(value)

    def choice(self, field: str, value: object, options: Sequence[Any]) -> Any:
        """One of `options`, in type as well: true is not 1, "3" is not 3; but 1 is 1.0, which browsers write so."""
        for option in options:
            kinds = (float, int) if isinstance(option, float) else (type(option),)
            if type(value) in kinds and value == option:
                return option
        said = ", ".join(map(str, options[:_MANY_ERRORS])) + (", …" if len(options) > _MANY_ERRORS else "")
        self.error(field, f"{shown(value)} is not among {said}")
        return None

    def integer(self, field: str, value: object, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        if isinstance(value, bool) or not isinstance(value, int):
            self.error(field, f"expected a whole number from {low} to {high}, got {shown(value)}")
            return None
        if not low <= value <= high:
            self.error(field, f"must be from {low} to {high}, got {shown(value)}")
            return None
        return value

    def number(self, field: str, value: object, low: float, high: float, *, decimals: int) -> float | None:
        """A number from `low` to `high`, rounded to `decimals`; one with more decimals is refused."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.error(field, f"expected a number from {low:g} to {high:g}, got {shown(value)}")
            return None
        if not low <= value <= high:
            self.error(field, f"must be from {low:g} to {high:g}, got {shown(value)}")
            return None
        rounded = round(float(value), decimals)
        if abs(rounded - value) > 1e-9:
            self.error(field, f"may have {decimals} decimals, got {shown(value)}")
            return None
        return rounded

    def finish(self) -> None:
        """Raises InvalidGenotype when anything was wrong."""
        if self._errors:
            raise InvalidGenotype(self._errors)


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
