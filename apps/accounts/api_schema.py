"""The OpenAPI description of the API, at /api/v1/schema/. Made from the code: nothing is declared a second time."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api_errors import CONTENT_TYPE
from apps.accounts.api_view import ApiView
from nas import registry
from nas.core.registry import Registry

REF = "#/components/schemas/{model}"
PLACES: dict[str, Registry[Any]] = {
    "problem": registry.problems,
    "space": registry.spaces,
    "strategy": registry.strategies,
    "estimator": registry.estimators,
}


class SchemaView(ApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """This description (OpenAPI 3.1)."""
        return Response(api_schema())


@cache
def api_schema() -> dict[str, Any]:
    """The whole description. It does not change while the process lives."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    _add_problems(schema)
    _add_choices(schema["components"]["schemas"])
    return schema


class PydanticSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # the base registers subclasses
    """Pydantic classes as they declare themselves. What is asked for and what is answered may differ (defaults)."""

    target_class = "pydantic.BaseModel"
    match_subclasses = True
    priority = 1  # before the one that comes with drf-spectacular, which knows answers only

    def get_name(self, auto_schema: Any, direction: str) -> str:
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        mode = "validation" if direction == "request" else "serialization"
        schema: dict[str, Any] = self.target.model_json_schema(ref_template=REF, mode=mode)
        for name, inner in schema.pop("$defs", {}).items():
            component = ResolvedComponent(  # type: ignore[no-untyped-call]
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=inner
            )
            auto_schema.registry.register_on_missing(component)
        return schema


def _add_problems(schema: dict[str, Any]) -> None:
    """Every operation may answer with a problem."""
    text = {"type": "string"}
    item = {"type": "object", "required": ["field", "message"], "properties": {"field": text, "message": text}}
    schema["components"]["schemas"]["Problem"] = {
        "type": "object",
        "description": "RFC 9457. `errors` is there when single fields are at fault; `field` is a dotted path.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "errors": {"type": "array", "items": item},
        },
    }
    content = {CONTENT_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {"description": "What went wrong.", "content": content}


def _add_choices(components: dict[str, Any]) -> None:
    """What each part of a run may be, with its settings: from the registries and the Config classes they name."""
    for place, registered in PLACES.items():
        options = []
        for name in registered:
            component = f"{place}.{name}"
            config = registered.get(name).Config.model_json_schema(ref_template=REF)
            components.update(config.pop("$defs", {}))
            components[component] = config
            settings = {"$ref": REF.format(model=component)}
            options.append(
                {
                    "type": "object",
                    "required": ["name"],
                    "additionalProperties": False,
                    "properties": {"name": {"const": name}, "config": settings},
                }
            )
        components[f"{place}Choice"] = {"oneOf": options}
        for component in components.values():
            if place in component.get("properties", {}) and component["properties"][place].get("$ref") == REF.format(
                model="Choice"
            ):
                component["properties"][place] = {"$ref": REF.format(model=f"{place}Choice")}
