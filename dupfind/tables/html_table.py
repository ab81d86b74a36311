"""Draw rows as an HTML table for a notebook; every text is escaped, so that none becomes markup or a link."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from itertools import islice
from typing import Any

MAX_ROWS = 50
"""Rows that are drawn; the others are counted."""

_MAX_TEXT = 120


def html_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table as HTML without scripts and styles.

    Args:
        caption: Stands above it.
        rows: All with the same keys, which are the heads of the columns.
    """
    # MathJax of Jupyter would draw "$5 or $6" as a formula, and make a link of \href.
    parts = [f'<div class="tex2jax_ignore mathjax_ignore"><p>{escape(caption)}</p>']
    if rows:
        heads = "".join(f"<th>{escape(_cell(name))}</th>" for name in rows[0])
        parts.append(f"<table><thead><tr>{heads}</tr></thead><tbody>")
        for row in islice(rows, MAX_ROWS):
            cells = "".join(f"<td>{escape(_cell(value))}</td>" for value in row.values())
            parts.append(f"<tr>{cells}</tr>")
        parts.append("</tbody></table>")
    if len(rows) > MAX_ROWS:
        parts.append(f"<p>and {len(rows) - MAX_ROWS:,} more rows</p>")
    return "".join([*parts, "</div>"])


def _cell(value: Any) -> str:
    """Return a value on one line; without control characters, and without marks that turn the direction of text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value[:20]))
    text = " ".join(str(value)[: 4 * _MAX_TEXT].split())
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
