"""The service's OpenAPI 3.1 document, with schemas generated from the types of requests and answers."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from dupfind import json_types
from dupfind.service import webhooks
from dupfind.service.request_models import MAX_CHECKED, NEW_ISSUE, ORIGINALS, QUERY, Count, Mode
from dupfind.sources.json_formats import github
from dupfind.verdict.bands import BALANCED
from dupfind.version import __version__

Schema = dict[str, Any]

_PREFIX = "#/components/schemas/"
_ANSWERS = (
    json_types.AnswerJson,
    json_types.FindingsJson,
    json_types.IssueAnswerJson,
    json_types.NamesJson,
    json_types.HealthJson,
    json_types.ErrorJson,
)


class _Generator(GenerateJsonSchema):
    """Generate schemas without titles, in which an object has no field but its own."""

    def normalize_name(self, name: str) -> str:
        """Name `HitJson` simply `Hit`."""
        return super().normalize_name(name).removesuffix("Json")

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: Any) -> Schema:
        return _or_null(self.generate_inner(schema["schema"]))

    def typed_dict_schema(self, schema: Any) -> Schema:
        return _closed(super().typed_dict_schema(schema))

    def dataclass_schema(self, schema: Any) -> Schema:
        return _closed(super().dataclass_schema(schema))


def _closed(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "title"} | {"additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    """Return a schema of the same values and null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "null" in schema["type"]:
        return schema
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return schema | {"type": [*types, "null"]} | values


def _generated(adapter: TypeAdapter[Any]) -> Schema:
    """Return the schema of a request, whose fields may be null or absent alike."""
    schema = adapter.json_schema(schema_generator=_Generator)
    for name, field in schema["properties"].items():
        if field.get("default") in (None, ""):  # this default means the same as an absent field
            field.pop("default", None)
        schema["properties"][name] = _or_null(field)
    return schema


def _question() -> Schema:
    """Return the schema of `POST /query`: the fields of one query, with those of another kind null or absent."""
    groups: tuple[tuple[str, ...], ...] = (("text",), ("title", "body"), ("id",))
    kinds = [
        {
            "required": [name],
            "properties": {name: {"not": {"type": "null"}}} | {other: {"type": "null"} for other in others},
        }
        for group in groups
        for name in group
        for others in [[other for names in groups if names != group for other in names]]
    ]
    return _generated(QUERY) | {"anyOf": kinds}


def _webhooks() -> list[Schema]:
    """Return the schemas of the events of trackers; the issue's keys are those by which a format is recognised."""
    no_object: Schema = {"not": {"type": "object"}}
    issue_kind: Schema = {"enum": sorted(webhooks.ISSUE_KINDS)}

    def event(name: str, /, **properties: Schema) -> Schema:
        required = [name for name, schema in properties.items() if schema.get("type") == "object"]
        return {"type": "object", "title": name, "required": required, "properties": properties}

    def issue(*keys: str, **properties: Schema) -> Schema:
        return {"type": "object", "required": list(keys), "properties": properties}

    in_gitlab = issue("iid", "title", source_branch={"not": {}})
    in_jira = issue("key", "fields", fields=issue("summary"))
    in_github = issue(*sorted(github.KEYS))
    return [
        event("GitLab: an issue", object_kind=issue_kind, object_attributes=in_gitlab)
        | {"required": ["object_kind", "object_attributes"]},
        event("GitLab: another event", object_kind={"not": issue_kind}, object_attributes=issue()),
        event("Jira: an issue", object_attributes=no_object, issue=in_jira),
        event("Gitea, Forgejo or GitHub: an issue", object_attributes=no_object, issue=in_github),
        event(
            "Another event",
            title={"not": {}},
            issues={"not": {}},
            object_attributes=no_object,
            issue=no_object,
        )
        | {"anyOf": [{"required": [key]} for key in sorted(webhooks.EVENT_KEYS)]},
    ]


def _draft() -> Schema:
    """Return the schema of `POST /check`."""
    issue = _generated(NEW_ISSUE)
    k = TypeAdapter(Count).json_schema() | {"default": ORIGINALS, "description": "Originals of each issue"}
    verdicts = TypeAdapter(Mode).json_schema() | {
        "default": BALANCED,
        "description": "How readily an original is called possible",
    }
    options = {"k": k, "verdicts": verdicts}
    issues = {"type": "array", "items": issue, "minItems": 1, "maxItems": MAX_CHECKED}
    several = {"type": "object", "properties": {"issues": issues} | options, "required": ["issues"]}
    return {
        "anyOf": [
            issue | {"properties": issue["properties"] | options, "title": "One new issue"},
            several | {"additionalProperties": False, "title": "Several new issues"},
            *_webhooks(),
        ]
    }


def _schemas() -> dict[str, Schema]:
    """Return the schema of every answer and request by name."""
    _, answers = TypeAdapter.json_schemas(
        [(answer, "serialization", TypeAdapter(answer)) for answer in _ANSWERS],
        schema_generator=_Generator,
        ref_template=_PREFIX + "{model}",
    )
    return {**answers["$defs"], "Question": _question(), "Draft": _draft()}


def _json(schema: str) -> Schema:
    return {"application/json": {"schema": {"$ref": _PREFIX + schema}}}


def _body(schema: str) -> Schema:
    return {"required": True, "content": _json(schema)}


def _responses(schema: str, description: str, *errors: int) -> Schema:
    reasons = {
        400: "The request is not valid",
        401: "The token, or the signature of a webhook, is missing or wrong",
        403: "The Host or Origin header is not this service's",
        404: "No issue has this id",
        408: "The body came too slowly",
        409: "Several issues have this id",
        413: "The body is too large",
        415: "The body is not JSON",
        429: "Too many requests are waiting",
        503: "The index cannot be read, or the answer took too long",
    }
    statuses = sorted({400, 401, 403, 408, 413, 429, 503, *errors})
    return {"200": {"description": description, "content": _json(schema)}} | {
        str(status): {"description": reasons[status], "content": _json("Error")} for status in statuses
    }


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "dupfind",
        "version": __version__,
        "description": "Finds issues that say the same thing in other words.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "security": [{}, {"token": []}],
    "paths": {
        "/query": {
            "post": {
                "operationId": "query",
                "summary": "Find the nearest duplicates of a text or of an indexed issue",
                "requestBody": _body("Question"),
                "responses": _responses("Answer", "Hits, best first", 404, 409, 415),
            }
        },
        "/check": {
            "post": {
                "operationId": "check",
                "summary": "Check whether new issues are already in the tracker",
                "description": (
                    "A webhook may bear, in place of the token, a signature by the service's secret:"
                    " X-Hub-Signature-256 (GitHub), X-Hub-Signature (Jira), X-Gitea-Signature or X-Gitlab-Token."
                ),
                "requestBody": _body("Draft"),
                "responses": _responses("Findings", "One finding for each issue", 415),
            }
        },
        "/issues/{id}": {
            "get": {
                "operationId": "issue",
                "summary": "Show one indexed issue",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "minLength": 1},
                    },
                    {"name": "project", "in": "query", "schema": {"type": "string"}},
                    {"name": "source", "in": "query", "schema": {"type": "string"}},
                ],
                "responses": _responses("IssueAnswer", "The issue", 404, 409),
            }
        },
        "/names": {
            "get": {
                "operationId": "names",
                "summary": "List the sources and projects that a query can filter by",
                "responses": _responses("Names", "Their names"),
            }
        },
        "/health": {
            "get": {
                "operationId": "health",
                "summary": "Report that the service answers, and from which index",
                "responses": _responses("Health", "The service answers"),
            }
        },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "Count requests and show the state of the index, in Prometheus' text format",
                "responses": _responses("Health", "The metrics")
                | {
                    "200": {
                        "description": "The metrics",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    }
                },
            }
        },
    },
    "components": {
        "schemas": _schemas(),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}
"""The answer of `GET /openapi.json`."""
