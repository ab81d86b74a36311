"""One self-contained HTML page from a template, a style and a script: no network, no other file."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def inline_page(folder: Path, name: str, *, common_style: Path | None = None, **values: Any) -> str:
    """Draw a template with its style and script inside, and a policy that allows no others.

    Args:
        folder: Holds the three files.
        name: Their name without suffix.
        common_style: A style that comes before the page's own.
        values: Variables of the template; their texts are escaped.
    """
    style, script = ((folder / f"{name}.{suffix}").read_text(encoding="utf-8") for suffix in ("css", "js"))
    if common_style is not None:
        style = common_style.read_text(encoding="utf-8") + style
    sources = f"style-src {_hash(style)}; script-src {_hash(script)}"
    return (
        _environment(folder)
        .get_template(f"{name}.html")
        .render(
            policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # safe: files of this package
            script=Markup(script),
            **values,
        )
    )


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    """Return the source expression that allows an inline text in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
