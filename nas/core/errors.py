"""The errors of the engine: one small tree, each class one way in which a caller can be wrong or unlucky."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

    from nas.core.result import ResultStatus


class NasError(Exception):
    """Base of everything the engine raises on purpose. `str(error)` is fit to be shown to a person."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field.

    `field` is a dotted path inside the input ("edges.3"), "" for the input as a whole; `message` says what is wrong
    and what would be right.
    """

    field: str
    message: str


class _FieldErrors(NasError):
    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in self.errors))

    @classmethod
    def at(cls, field: str, message: str) -> _FieldErrors:
        return cls([FieldError(field, message)])


_IN_WORDS = {
    "missing": "is required",
    "extra_forbidden": "there is no such setting",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be an object of names and values",
    "model_type": "must be an object of names and values",
    "model_attributes_type": "must be an object of names and values",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "choose at least {min_length}",
    "too_long": "choose at most {max_length}",
}
"""pydantic's kinds of errors, as a person would say them; others keep pydantic's words."""


class InvalidConfig(_FieldErrors):
    """A configuration that a person supplied is wrong."""

    @classmethod
    def from_pydantic(cls, error: ValidationError, *, prefix: str = "") -> InvalidConfig:
        """The same errors as field paths and plain sentences."""
        found = []
        for item in error.errors(include_url=False):
            path = ".".join(str(part) for part in item["loc"])
            kind, given = item["type"], item.get("input")
            message = item["msg"].removeprefix("Value error, ")
            if kind in _IN_WORDS:
                message = _IN_WORDS[kind].format_map(item.get("ctx", {}))
            if given == "" and kind in ("int_parsing", "float_parsing"):  # a field of a form that nobody filled in
                message = _IN_WORDS["missing"]
            elif kind not in ("value_error", "extra_forbidden") and isinstance(given, (int, float, str, bool)):
                message = f"{message}, got {given!r:.60}"
            found.append(FieldError(f"{prefix}{path}".rstrip("."), message))
        return cls(found)


class InvalidGenotype(_FieldErrors):
    """A genotype does not describe an architecture of its space."""


class InvalidData(NasError):
    """A data file cannot be used; the message names the file's fault and what would be right."""


class ConstraintLeavesNothing(NasError):
    """No architecture that meets the constraints was found in the number of tries allowed."""


class UnknownName(NasError):
    """A registry has no entry of that name; the message lists the names there are."""


class ProtocolError(NasError):
    """A caller broke a contract: told an unknown proposal, told twice, asked after the end."""


class StateMismatch(NasError):
    """A stored state cannot be restored: other version, other configuration, or damaged."""


class LeaseLost(NasError):
    """The job is no longer this worker's; whatever it still wanted to commit is refused."""


class Interrupted(NasError):
    """The work was asked to stop (pause, cancel, shutdown) and did so at a safe point, its checkpoint committed."""


class TrialFailed(NasError):
    """One evaluation ended in a named failure. `status` says which; the message is the reason in plain words."""

    def __init__(self, status: ResultStatus, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)
