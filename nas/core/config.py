"""One declaration, many faces: a pydantic class makes the form, the API schema, the CLI options, the checks, the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from nas.core.errors import InvalidConfig


class Config(BaseModel):
    """Base of every configuration a person supplies: immutable, unknown settings refused, numbers finite.

    `presets` names well-known settings ("paper") and says which fields they change.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        """pydantic would read true as 1: `"trials": true` is a slip, not a wish for one trial."""
        if isinstance(value, bool) and info.field_name is not None:
            annotation = cls.model_fields[info.field_name].annotation
            kinds = {annotation, *get_args(annotation)}
            if kinds & {int, float} and bool not in kinds:
                raise ValueError(f"must be a number, got {str(value).lower()}")
        return value

    @classmethod
    def parse(cls, values: object, *, prefix: str = "") -> Self:
        """`values` (a mapping, None for all defaults) checked. Raises InvalidConfig with one error per wrong field."""
        try:
            return cls.model_validate({} if values is None else values)
        except ValidationError as error:
            raise InvalidConfig.from_pydantic(error, prefix=prefix) from None

    @property
    def without_effect(self) -> frozenset[str]:
        """Settings that change nothing with the others as they are."""
        return frozenset()

    def as_json(self) -> dict[str, Any]:
        """The configuration as JSON values, every default written out, for the record of a run."""
        return self.model_dump(mode="json")


def setting(
    default: Any = ...,
    *,
    title: str,
    description: str,
    unit: str = "",
    advanced: bool = False,
    refers_to: str = "",
    **bounds: Any,
) -> Any:
    """Declare one setting of a Config.

    Args:
      default: the value when nothing is given; leave out for a required setting.
      title: the label of the form field, sentence case.
      description: one sentence of help.
      unit: shown behind the field ("epochs", "ms").
      advanced: True puts the field behind "More settings" in forms.
      refers_to: the value names something ("dataset", "table", "supernet", "metric", "parameter" of the space); a form
        offers those there are.
      bounds: pydantic's `ge`, `gt`, `le`, `lt`, `min_length`, `max_length`, `pattern`.
    """
    return Field(
        default,
        title=title,
        description=description,
        json_schema_extra={"unit": unit, "advanced": advanced, "refers_to": refers_to},
        **bounds,
    )
