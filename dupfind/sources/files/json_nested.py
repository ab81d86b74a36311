"""What stands deep inside a JSON value: lists of issues, values under a path, and texts in pieces."""

from typing import Any

_DEPTH = 6
"""Nested objects and lists that are searched."""


def lists_under(value: Any, path: str) -> list[Any]:
    """Return the elements of all lists under a key, at the least depth that has some, or under a path.

    Args:
        value: An element of a list, or a whole document.
        path: The key; with points a path such as "items.items", of which each key may lead to a list.

    Returns:
        The elements in their order; none if no list has that key.
    """
    *outer, last = path.split(".")
    level = [value]
    for key in outer:
        level = [element for it in level if isinstance(it, dict) for element in _elements(it.get(key))]
    for _ in range(1 if outer else _DEPTH):
        objects = [it for it in level if isinstance(it, dict)]
        lists = [it[last] for it in objects if isinstance(it.get(last), list)]
        if lists:
            return [element for inner in lists for element in inner]
        level = [element for it in objects for inner in it.values() for element in _elements(inner)]
    return []


def value_at(value: Any, path: str, missing: Any = None) -> Any:
    """Return the value under a key, or under a path of keys such as "fields.summary" or "posts.0.text"."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for key in path.split("."):
        if isinstance(value, list) and key.isdecimal() and len(key) < 9 and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return missing
    return value


def joined(parts: list[Any]) -> Any:
    """Return a text that is a list of its lines, or of its pieces and objects with a text; any other list as it is."""
    pieces = (part.get("text") if isinstance(part, dict) else part for part in parts)
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) < len(parts):
        return parts
    return ("" if any(isinstance(part, dict) for part in parts) else "\n").join(texts)


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
