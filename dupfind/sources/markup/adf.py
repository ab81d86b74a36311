"""Convert the Atlassian Document Format, the JSON of Jira's newer API, to Markdown.

Node types: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from typing import Any

from dupfind.sources.coerce import moment, text

MAX_DEPTH = 60
"""Nodes inside of each other that are read; editors make ten."""

_BLOCKS = {
    "doc",
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "decisionList",
    "listItem",
    "taskItem",
    "decisionItem",
    "codeBlock",
    "blockquote",
    "panel",
    "expand",
    "nestedExpand",
    "table",
    "tableRow",
    "layoutSection",
    "layoutColumn",
    "mediaSingle",
    "mediaGroup",
    "bodiedExtension",
    "rule",
    "blockCard",
}
_LISTS = {"bulletList", "orderedList", "taskList", "decisionList"}


def as_text(value: object) -> str:
    """Convert a document to Markdown, its code in fences; other values, such as wiki markup, are returned as text."""
    if not isinstance(value, dict) or "content" not in value:
        return text(value)
    return _block(value, 0)


def _block(node: dict[str, Any], depth: int) -> str:
    """Convert a block node."""
    kind = _kind(node)
    if depth > MAX_DEPTH or kind == "rule":
        return ""
    if kind == "codeBlock":
        return f"```{_attribute(node, 'language')}\n{_inline(node, depth)}\n```"
    if kind == "heading":
        level = _attribute(node, "level")
        return f"{'#' * (int(level) if level in set('123456') else 1)} {_inline(node, depth)}"
    if kind == "blockCard":
        return _attribute(node, "url")
    if kind == "tableRow":
        cells = (" ".join(_block(cell, depth + 1).split()) for cell in _content(node))
        return f"| {' | '.join(cells)} |"
    if kind in _LISTS:
        return _list(node, depth)
    inner = _children(node, depth)
    return "\n".join(f"> {line}" for line in inner.split("\n")) if kind == "blockquote" else inner


def _children(node: dict[str, Any], depth: int) -> str:
    """Convert the children of a node: blocks apart from each other, inline nodes joined."""
    tight = _kind(node) in ("table", "listItem")
    parts: list[str] = []
    run = ""
    for child in _content(node):
        if _kind(child) in _BLOCKS:
            parts += [run, _block(child, depth + 1)]
            run = ""
        else:
            run += _span(child, depth + 1)
    return ("\n" if tight else "\n\n").join(part for part in (*parts, run) if part)


def _list(node: dict[str, Any], depth: int) -> str:
    lines = []
    for number, item in enumerate(_content(node), 1):
        mark = f"{number}." if node["type"] == "orderedList" else "-"
        inner = _block(item, depth + 1) if _kind(item) in _LISTS else _children(item, depth + 1)
        lines.append(f"{mark} {inner}".replace("\n", "\n  "))
    return "\n".join(lines)


def _inline(node: dict[str, Any], depth: int) -> str:
    return "".join(_span(child, depth + 1) for child in _content(node))


def _span(node: dict[str, Any], depth: int) -> str:
    """Convert an inline node."""
    if depth > MAX_DEPTH:
        return ""
    kind = _kind(node)
    if kind == "text":
        content = text(node.get("text"))
        marks = node.get("marks")
        marks = [mark for mark in marks if isinstance(mark, dict)] if isinstance(marks, list) else []
        kinds = {_kind(mark) for mark in marks}
        return f"`{content}`" if "code" in kinds else _linked(content, marks) if "link" in kinds else content
    if kind == "hardBreak":
        return "\n"
    if kind == "date":
        time = moment(_attribute(node, "timestamp"))
        return "" if time is None else time.date().isoformat()
    if kind in ("mention", "emoji", "status", "placeholder"):
        return _attribute(node, "text") or _attribute(node, "shortName")
    if kind in ("inlineCard", "embedCard"):
        return _attribute(node, "url")
    return _attribute(node, "alt") if kind == "media" else _children(node, depth)


def _linked(label: str, marks: list[dict[str, Any]]) -> str:
    """Convert a text with a link; the address is added unless the text is the address."""
    addresses = (_attribute(mark, "href") for mark in marks)
    address = next((url for url in addresses if url.startswith(("http://", "https://"))), label)
    return label if address.rstrip("/") == label.rstrip("/") else f"[{label}]({address})"


def _content(node: dict[str, Any]) -> list[dict[str, Any]]:
    content = node.get("content")
    return [child for child in content if isinstance(child, dict)] if isinstance(content, list) else []


def _kind(node: dict[str, Any]) -> str:
    """Return the type of a node or mark as text: a list or an object there cannot be looked up in a set."""
    return text(node.get("type"))


def _attribute(node: dict[str, Any], name: str) -> str:
    attributes = node.get("attrs")
    return text(attributes.get(name)) if isinstance(attributes, dict) else ""
