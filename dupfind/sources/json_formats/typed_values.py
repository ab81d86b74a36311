"""Take the values out of the types that databases write around them in JSON: MongoDB, DynamoDB and Firestore."""

import re
from typing import Any

_TYPES = frozenset(
    (
        *("$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$uuid"),
        *("S", "N", "BOOL", "NULL", "SS"),
        *("stringValue", "integerValue", "doubleValue", "booleanValue", "timestampValue", "nullValue"),
    )
)
_EMPTY = ("NULL", "nullValue")
_DOCUMENTS = re.compile(r"projects/[^/]+/databases/[^/]+/documents/")  # before a collection of Firestore
_TIMES = ("createTime", "updateTime")
_DEPTH = 3  # types around a value


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its values alone, as {"title": "a"} of {"title": {"S": "a"}}; any other as it is."""
    fields, name = value.get("fields"), value.get("name")
    if isinstance(fields, dict) and isinstance(name, str) and _DOCUMENTS.match(name) is not None:
        times = {key: value[key] for key in _TIMES if key in value}
        value = {"id": name.rpartition("/")[2], **times, **fields}
    if not any(type(inner) is dict and len(inner) == 1 and _TYPES & inner.keys() for inner in value.values()):
        return value
    return {key: _bare(inner) for key, inner in value.items()}


def _bare(value: Any) -> Any:
    for _ in range(_DEPTH):
        if not isinstance(value, dict) or len(value) != 1:
            return value
        [(kind, inner)] = value.items()
        if kind not in _TYPES:
            return value
        value = None if kind in _EMPTY else inner
    return value
