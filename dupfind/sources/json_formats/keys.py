"""Keys: what stands inside of an object of JSON, of which any part may be missing or of another type."""

from typing import Any
from urllib.parse import urlsplit

from dupfind.sources.coerce import text


def inside(value: Any, *keys: str) -> Any:
    """What stands under the keys, one inside of the other; None where one of them is not there."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def name(value: Any) -> Any:
    """The name of a thing that some versions write as an object, and some as its name alone."""
    return value.get("name") if isinstance(value, dict) else value


def path_of(address: Any) -> str:
    """The path in an address; "" where it is none, such as one with half an IPv6 address."""
    try:
        return urlsplit(text(address)).path
    except ValueError:
        return ""


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, or of the list `nodes` into which GraphQL puts them."""
    value = inside(value, "nodes") if isinstance(value, dict) else value
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []
