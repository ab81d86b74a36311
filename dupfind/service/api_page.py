"""The page `/docs`: the OpenAPI document for people, as HTML without a script."""

import json
import shlex
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any
from xml.etree import ElementTree

from dupfind.service.openapi import DOCUMENT

Node = ElementTree.Element
Schema = dict[str, Any]

EXAMPLES: dict[str, Any] = {
    "query": {"title": "pictures only upload while the app is open", "k": 5},
    "check": {"title": "App crashes at start", "body": "Since the update it closes at once."},
}
"""The body of an example of each route that takes one, by its operation id."""

_ADDRESS = "ADDRESS-OF-THE-SERVICE"
_STYLES = ("/style.css", "/common.css", "/docs.css")
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "minItems": "{} or more",
    "maxItems": "{} at most",
    "default": "default {}",
}


def api_page(address: str) -> str:
    """Draw the page.

    Args:
        address: Of the service, for the examples, such as "http://127.0.0.1:8477"; it may hold any characters.
    """
    return _page().replace(_ADDRESS, escape(shlex.quote(address)))


@cache
def _page() -> str:
    info = DOCUMENT["info"]
    root = Node("html", lang="en")
    head = _add(root, "head")
    _add(head, "meta", charset="utf-8")
    _add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "meta", name="color-scheme", content="light dark")
    _add(head, "title", "dupfind: the API")
    for path in _STYLES:
        _add(head, "link", rel="stylesheet", href=path)
    _add(head, "link", rel="icon", href="data:,")
    body = _add(root, "body")
    top = _add(body, "header", class_="top")
    _add(top, "h1", "The API")
    about = _add(top, "p", f"dupfind {info['version']}. {info['description']} ", class_="about")
    _add(about, "a", "openapi.json", href="/openapi.json").tail = ", "
    _add(about, "a", "search page", href="/")
    main = _add(body, "main")
    _contents(main)
    for path, method, operation in _operations():
        _operation(main, path, method, operation)
    _add(main, "h2", "Objects", id="objects")
    for name, schema in sorted(DOCUMENT["components"]["schemas"].items()):
        section = _add(main, "section", id=f"object-{name}", class_="object")
        _add(section, "h3", name)
        _described(section, schema)
        _schema(section, schema)
    return "<!doctype html>\n" + ElementTree.tostring(root, encoding="unicode", method="html") + "\n"


def _operations() -> list[tuple[str, str, Schema]]:
    return [
        (path, method, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def _contents(main: Node) -> None:
    access = _add(main, "p", "Where the service has a token, send it: ")
    _add(access, "code", "Authorization: Bearer TOKEN").tail = ". A body is JSON, with "
    _add(access, "code", "Content-Type: application/json").tail = "."
    routes = _add(_add(main, "nav", aria_label="Routes"), "ul")
    for path, method, operation in _operations():
        row = _add(routes, "li")
        _add(row, "a", f"{method.upper()} {path}", href=f"#{operation['operationId']}")
        _add(row, "span", operation["summary"])


def _operation(main: Node, path: str, method: str, operation: Schema) -> None:
    section = _add(main, "section", id=operation["operationId"])
    _add(section, "h2", f"{method.upper()} {path}")
    _add(section, "p", f"{operation['summary']}.")
    _described(section, operation)
    if parameters := operation.get("parameters"):
        _add(section, "h3", "Parameters")
        required = [each["name"] for each in parameters if each.get("required")]
        _fields(section, {each["name"]: each["schema"] for each in parameters}, required)
    if body := operation.get("requestBody"):
        _add(section, "h3", "Body")
        _content(_add(section, "p"), body["content"])
        example = json.dumps(EXAMPLES[operation["operationId"]])
        command = f"curl -s {_ADDRESS}{path} -H 'Content-Type: application/json' \\\n    -d '{example}'"
        _add(section, "pre", command, tabindex="0", aria_label=f"Example of {path}")
    _add(section, "h3", "Answers")
    rows = _table(section, "status", "meaning", "body")
    for status, answer in operation["responses"].items():
        row = _add(rows, "tr")
        _add(row, "th", status, scope="row")
        _add(row, "td", answer["description"])
        _content(_add(row, "td"), answer["content"])


def _content(parent: Node, content: Schema) -> None:
    """Name the media type of a body, or its object."""
    for media_type, each in content.items():
        if media_type == "application/json":
            _type(parent, each["schema"])
        else:
            _add(parent, "code", media_type)


def _schema(section: Node, schema: Schema) -> None:
    """Draw an object's fields; the fields of each alternative that has a name."""
    if "properties" in schema:
        _fields(section, schema["properties"], schema.get("required", []))
    for choice in schema.get("anyOf", []):
        if "title" in choice:
            _add(section, "h4", choice["title"])
            _schema(section, choice)


def _fields(section: Node, fields: dict[str, Schema], required: Sequence[str]) -> None:
    rows = _table(section, "field", "type", "meaning")
    for name, schema in fields.items():
        row = _add(rows, "tr")
        _add(_add(row, "th", scope="row"), "code", name)
        _type(_add(row, "td"), schema)
        limits = [text.format(json.dumps(schema[key])) for key, text in _LIMITS.items() if key in schema]
        parts = [*(["required"] if name in required else []), *limits]
        meaning = [*([schema["description"]] if "description" in schema else []), ", ".join(parts)]
        _add(row, "td", "; ".join(part for part in meaning if part))


def _type(parent: Node, schema: Schema) -> None:
    """Name a type; an object of the document is a link to its fields."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        _add(parent, "a", name, href=f"#object-{name}")
    elif "items" in schema:
        _add(parent, "span", "list of ")
        _type(parent, schema["items"])
    elif "anyOf" in schema:
        for place, choice in enumerate(schema["anyOf"]):
            if place:
                _add(parent, "span", " or ")
            _type(parent, choice)
    else:
        values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
        types = schema.get("type", "any")
        words = [json.dumps(each) for each in values] or ([types] if isinstance(types, str) else types)
        _add(parent, "span", schema.get("format") or " or ".join(words))
        if "format" in schema and "null" in types:
            _add(parent, "span", " or null")


def _described(section: Node, schema: Schema) -> None:
    if "description" in schema:
        _add(section, "p", schema["description"])


def _table(parent: Node, *heads: str) -> Node:
    """Add a table that a keyboard can scroll, and return its body."""
    table = _add(_add(parent, "div", class_="table"), "table")
    row = _add(_add(table, "thead"), "tr")
    for head in heads:
        _add(row, "th", head, scope="col")
    return _add(table, "tbody")


def _add(parent: Node, tag: str, text: str | None = None, **attributes: str) -> Node:
    """Append an element; its text and attributes are escaped."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    child = ElementTree.SubElement(parent, tag, named)
    child.text = text
    return child
