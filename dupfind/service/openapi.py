"""The service in OpenAPI 3.1; the tests hold every route and every answer to it."""

from typing import Any

from dupfind.service.request_models import MAX_CHECKED, MAX_K
from dupfind.version import __version__

Schema = dict[str, Any]


def _string(about: str, **more: Any) -> Schema:
    return {"type": "string", "description": about, **more}


def _or_null(schema: Schema) -> Schema:
    words = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | words


def _object(fields: dict[str, Schema], optional: tuple[str, ...] = (), **more: Any) -> Schema:
    """An object of just these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
        **more,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_VERSION: Schema = {"const": 1}
_TIME = _string("UTC, ISO 8601", format="date-time")
_ANY_TEXT = _string("Any text")
_VERDICT: Schema = {"enum": ["likely", "possible", None]}
_FLAG: Schema = {"type": "boolean", "default": False}

_INDEX = _object(
    {
        "records": {"type": "integer", "minimum": 0},
        "model": {"type": "string"},
        "generation": {"type": "integer", "minimum": 0},
    }
)

_QUESTION_FIELDS: dict[str, Schema] = {
    "text": _string("A title line, and a body after it"),
    "title": _string("The title of a new issue"),
    "body": _string("Its body"),
    "id": _string("An indexed issue, by its tracker's id"),
    "k": {"type": "integer", "minimum": 1, "maximum": MAX_K, "default": 10, "description": "Hits wanted"},
    "min_score": {"type": "number", "minimum": -1, "maximum": 1, "description": "Cosine similarity"},
    "state": {"enum": ["open", "closed", None]},
    "project": _string("Only issues of this project; with id, which issue is meant"),
    "source": _string("Only issues of this source; with id, which issue is meant"),
    "before": _string("Only issues created before this moment", format="date-time"),
    "fold": _FLAG | {"description": "One hit a cluster of duplicates that the tracker marks"},
    "why": _FLAG | {"description": "Tell what each hit and the question have in common"},
    "exact": _FLAG | {"description": "The answer of `dupfind query` to the last bit, by the slower engine"},
}

_HIT_FIELDS: dict[str, Schema] = {
    "rank": {"type": "integer", "minimum": 1},
    "id": {"type": "string"},
    "source": {"type": "string"},
    "project": {"type": ["string", "null"]},
    "title": {"type": "string"},
    "state": {"type": ["string", "null"]},
    "url": {"type": ["string", "null"]},
    "created_at": _or_null(_TIME),
    "score": {"type": "number", "minimum": -1, "maximum": 1, "description": "Cosine similarity"},
    "lexical": {"type": "number", "minimum": 0, "description": "BM25 of the shared words"},
    "probability": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "verdict": _VERDICT,
    "duplicate_of": {"type": ["string", "null"]},
    "folded": _list({"type": "string"}),
    "why": _ref("Why"),
}

_PIECES = _list(_object({"text": {"type": "string"}, "shared": {"type": "boolean"}}))
_STRINGS = _list({"type": "string"})

_NEW_FIELDS: dict[str, Schema] = {
    "title": _string("Its title"),
    "body": _string("Its text"),
    "id": _string("Its id in the tracker, where it has one: it is then not its own duplicate"),
    "source": _string("The source in the index that it belongs to"),
    "project": _string("The project that it belongs to"),
    "created_at": _string("When it was filed", format="date-time"),
    "state": _string("Told where a later one of the same request is near", enum=["open", "closed"]),
    "url": _string("Told with it"),
}
_NULLABLE = {name: _or_null(schema) for name, schema in _NEW_FIELDS.items()}
_K: Schema = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_K,
    "default": 3,
    "description": "Originals of each",
}
_OPTIONAL = tuple(_NEW_FIELDS.keys() - {"title"})

SCHEMAS: dict[str, Schema] = {
    "Error": _object({"schema_version": _VERSION, "error": _string("One line: what, and the way out")}),
    "Question": _object(
        {name: _or_null(schema) if "type" in schema else schema for name, schema in _QUESTION_FIELDS.items()},
        optional=tuple(_QUESTION_FIELDS),
        description="One of text, title (with body) or id",
    ),
    "Why": _object(
        {
            "sentences": _list(_object({"asked": _PIECES, "found": _PIECES})),
            "words": _STRINGS,
            "facts": _list(
                _object(
                    {
                        "kind": {"enum": ["code", "version", "platform"]},
                        "both": _STRINGS,
                        "asked": _STRINGS,
                        "found": _STRINGS,
                    }
                )
            ),
        }
    ),
    "Hit": _object(_HIT_FIELDS, optional=("folded", "why")),
    "Answer": _object(
        {
            "schema_version": _VERSION,
            "query": {"type": "string"},
            "judged": {
                "type": "boolean",
                "description": "Whether the question has words enough for a verdict",
            },
            "index": _INDEX,
            "hits": _list(_ref("Hit")),
        }
    ),
    "Draft": {
        "anyOf": [
            _object(_NULLABLE | {"k": _K}, (*_OPTIONAL, "k"), title="One new issue"),
            _object(
                {
                    "issues": _list(_object(_NULLABLE, _OPTIONAL)) | {"minItems": 1, "maxItems": MAX_CHECKED},
                    "k": _K,
                },
                ("k",),
                title="Several new issues",
            ),
            {"type": "object", "required": ["object_attributes"], "title": "A webhook of GitLab"},
            {"type": "object", "required": ["issue"], "title": "A webhook of Gitea, Forgejo, GitHub or Jira"},
        ]
    },
    "Findings": _object(
        {
            "schema_version": _VERSION,
            "verdict": _VERDICT | {"description": "The surest of all"},
            "index": _INDEX,
            "calibration": {"enum": ["own", "shipped", None], "description": "Where verdicts come from"},
            "findings": _list(
                _object(
                    {
                        "id": {"type": "string"},
                        "source": {"type": "string"},
                        "project": {"type": ["string", "null"]},
                        "title": {"type": "string"},
                        "judged": {"type": "boolean"},
                        "verdict": _VERDICT,
                        "originals": _list(
                            _object(
                                {
                                    **_HIT_FIELDS,
                                    "new": {
                                        "type": "boolean",
                                        "description": "Whether it came with the request",
                                    },
                                    "why": _string("What both say, in a few words"),
                                }
                            )
                        ),
                    }
                )
            ),
        }
    ),
    "Issue": _object(
        {
            "id": {"type": "string"},
            "source": {"type": "string"},
            "project": {"type": ["string", "null"]},
            "title": {"type": "string"},
            "body": {"type": "string"},
            "state": {"type": ["string", "null"]},
            "resolution": {"type": ["string", "null"]},
            "url": {"type": ["string", "null"]},
            "created_at": _or_null(_TIME),
            "updated_at": _or_null(_TIME),
            "duplicate_of": _list(
                _object({"project": {"type": ["string", "null"]}, "id": {"type": "string"}})
            ),
        }
    ),
}


def _json(schema: Schema, about: str) -> Schema:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _responses(schema: Schema, about: str, *errors: int) -> Schema:
    lines = {
        400: "The request says nothing that can be answered",
        401: "The token is missing or wrong",
        403: "The Host or Origin header is not this service's",
        404: "There is no such issue",
        408: "The body came too slowly",
        409: "Several issues have this id",
        413: "The body is too large",
        415: "The body is not JSON",
        429: "Too many requests are waiting",
        503: "The index cannot be read, or the answer took too long",
    }
    always = (400, 401, 403, 408, 413, 429, 503)
    return {"200": _json(schema, about)} | {
        str(status): _json(_ref("Error"), lines[status]) for status in sorted({*always, *errors})
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
                "summary": "The nearest duplicates of a text or of an indexed issue",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": _ref("Question")}},
                },
                "responses": _responses(_ref("Answer"), "Hits, best first", 404, 409, 415),
            }
        },
        "/check": {
            "post": {
                "operationId": "check",
                "summary": "Whether issues that are about to be filed are there already",
                "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("Draft")}}},
                "responses": _responses(_ref("Findings"), "One finding an issue", 415),
            }
        },
        "/issues/{id}": {
            "get": {
                "operationId": "issue",
                "summary": "One issue as the index has it",
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
                "responses": _responses(
                    _object({"schema_version": _VERSION, "issue": _ref("Issue")}), "The issue", 404, 409
                ),
            }
        },
        "/names": {
            "get": {
                "operationId": "names",
                "summary": "The sources and projects that a question can ask for",
                "responses": _responses(
                    _object({"schema_version": _VERSION, "sources": _STRINGS, "projects": _STRINGS}),
                    "Their names",
                ),
            }
        },
        "/health": {
            "get": {
                "operationId": "health",
                "summary": "That the service answers, and from which index",
                "responses": _responses(
                    _object(
                        {
                            "schema_version": _VERSION,
                            "status": {"const": "ok"},
                            "version": {"type": "string"},
                            "index": _INDEX,
                        }
                    ),
                    "It does",
                ),
            }
        },
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}
"""What `GET /openapi.json` gives."""
