"""Read JSON that a program wrote as a text into other JSON."""

import json
from collections.abc import Iterator
from typing import Any

from dupfind.sources.files.json_stream import Value, paired

_OF_ANSWERS = frozenset(("statusCode", "status", "headers", "body", "isBase64Encoded", "multiValueHeaders"))
"""Keys of what stands around the answer of a service in the logs and tests of programs."""


def decoded(all_values: Iterator[Value]) -> Iterator[Value]:
    """Yield the values of JSON that stands in a text, as in {"statusCode": 200, "body": "[...]"}, and all others."""
    for each in all_values:
        inner = _json_in(each.value)
        if inner is None:
            yield each
        elif isinstance(inner, list):
            yield from (Value(each.line, element, True) for element in inner)
        else:
            yield Value(each.line, inner, each.is_inner)


def _json_in(value: Any) -> Any:
    """Return the array or object in a text, or in the body of an answer without anything else; None without any."""
    if isinstance(value, dict) and "statusCode" in value and value.keys() <= _OF_ANSWERS:
        value = value.get("body")
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        inner = paired(json.loads(value))
    except (ValueError, RecursionError):
        return None
    return inner if isinstance(inner, list | dict) else None
