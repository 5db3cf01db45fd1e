"""The OpenAPI description: valid, complete, true; and no generated request breaks the server."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from apps.accounts.api_schema import PLACES, api_schema
from apps.runs.specification import RunSpecification
from nas import registry
from tests.apps.api.conftest import Call
from tests.apps.world import World


@cache
def schema() -> dict[str, Any]:
    api_schema.cache_clear()  # a test with toys may have made it
    return api_schema()


def resolved(part: Any) -> Any:
    """The schema that a $ref names."""
    return schema()["components"]["schemas"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part


def operations() -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, found in schema()["paths"].items() for method in found]


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(inner) for inner in part.values()))
    return set().union(*(references(inner) for inner in part)) if isinstance(part, list) else set()


def test_it_is_made_without_a_warning() -> None:
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        schema()
        assert not GENERATOR_STATS, (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache)


def test_every_component_is_valid_json_schema_and_every_reference_leads_somewhere() -> None:
    components = schema()["components"]["schemas"]
    assert schema()["openapi"] == "3.1.0"
    for component in components.values():
        Draft202012Validator.check_schema(component)
    assert {reference.rpartition("/")[2] for reference in references(schema())} <= set(components)


def test_operations_have_a_name_of_their_own_a_description_and_problems() -> None:
    found = [schema()["paths"][path][method.lower()] for method, path in operations()]
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    assert all(operation["description"] for operation in found)
    assert all("application/problem+json" in operation["responses"]["default"]["content"] for operation in found)


def test_a_specification_is_described_by_its_declaration() -> None:
    described = schema()["components"]["schemas"]["RunSpecification"]["properties"]
    declared = RunSpecification.model_json_schema()["properties"]
    assert described["seed"] == declared["seed"]
    for place, of in PLACES.items():
        options = resolved(described[place])["oneOf"]
        assert [option["properties"]["name"]["const"] for option in options] == list(of)
    width = schema()["components"]["schemas"]["space.nasbench201"]["properties"]["width"]
    assert width == registry.spaces.get("nasbench201").Config.model_json_schema()["properties"]["width"]


READS = [
    "/me/", "/teams/", "/teams/{team_id}/", "/teams/{team_id}/members/", "/tokens/", "/runs/", "/runs/{run_id}/",
    "/runs/{run_id}/front/", "/runs/{run_id}/events/", "/runs/{run_id}/snapshot/", "/runs/{run_id}/trials/",
    "/runs/{run_id}/trials/{replica}/{number}/", "/runs/{run_id}/trials/{replica}/{number}/curve/",
    "/datasets/", "/datasets/{dataset_id}/", "/tables/", "/tables/{table_id}/", "/saved-spaces/",
    "/saved-spaces/{space_id}/", "/workers/", "/architectures/{key}/", "/architectures/{key}/graph/",
    "/architectures/{key}/trials/", "/catalogue/",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_answers_are_as_described(path: str, call: Call, world: World) -> None:
    answer = call("admin", "GET", path.format(**world.kwargs))
    assert answer.status_code == 200
    content = schema()["paths"][f"/api/v1{path}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**content, "components": schema()["components"]}
    assert best_match(Draft202012Validator(whole).iter_errors(json.loads(answer.content))) is None


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def bodies(part: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Bodies that look like the schema, with a wrong value here and there."""
    part = resolved(part)
    if depth > 6:
        return JSON_VALUES
    options = part.get("oneOf") or part.get("anyOf")
    if options:
        like = st.one_of([bodies(option, depth + 1) for option in options])
    elif "const" in part or "enum" in part:
        like = st.sampled_from([part["const"]] if "const" in part else part["enum"])
    elif part.get("type") == "array":
        like = st.lists(bodies(part.get("items", {}), depth + 1), max_size=4)
    elif "properties" in part:
        fields = {name: bodies(inner, depth + 1) for name, inner in part["properties"].items()}
        like = st.fixed_dictionaries({}, optional=fields)
    else:
        plain = {"integer": st.integers(-(2**70), 2**70), "number": st.floats(-1e300, 1e300), "string": st.text()}
        like = plain.get(part.get("type", ""), JSON_VALUES)
    return st.one_of(like, like, like, JSON_VALUES)


WRITES = [
    (method, path)
    for method, path in operations()
    if "application/json" in schema()["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_no_body_breaks_the_server(method: str, path: str, call: Call, world: World) -> None:
    content = schema()["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    kwargs = {**world.kwargs, "id": world.run.pk}

    @settings(max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(body=bodies(content))
    def check(body: Any) -> None:
        response = call("admin", method, path.removeprefix("/api/v1").format(**kwargs), body)
        assert response.status_code < 500
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"

    check()


@pytest.mark.parametrize("path", [path for method, path in operations() if method == "GET"])
def test_no_query_breaks_the_server(path: str, call: Call, world: World) -> None:
    parameters = schema()["paths"][path]["get"].get("parameters", [])
    kwargs = {**world.kwargs, "id": world.run.pk}
    odd = ["", "0", "-1", "9" * 40, "x", "%00", "%ff", "é", "🙂" * 100, "null", "1e400"]
    for name in [parameter["name"] for parameter in parameters if parameter["in"] == "query"]:
        for value in odd:
            response = call("admin", "GET", f"{path.removeprefix('/api/v1').format(**kwargs)}?{name}={value}")
            assert response.status_code in (200, 400, 404), (name, value)
