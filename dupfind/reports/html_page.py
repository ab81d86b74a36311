"""A report as one self-contained HTML page: no network, no other file, no script but its own."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from dupfind.dedup.report import Report
from dupfind.reports import charts, deeds, display

_HERE = Path(__file__).parent


def page(report: Report) -> str:
    """Draw the page. All text from a tracker is escaped, and only http and https URLs become links."""
    style, script = _read("page.css"), _read("page.js")
    sources = f"style-src {_hash(style)}; script-src {_hash(script)}"
    return _template().render(
        report=report,
        parameters=report.parameters,
        several=display.has_several_sources(report),
        histogram=Markup(charts.histogram(report.histogram)),  # safe: drawn from numbers only
        curve=Markup(charts.precision_recall(report.curve)),
        policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # safe: a file of this package
        script=Markup(script),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"shown": display, "deeds": deeds}
    return environment.get_template("page.html")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression that allows an inline text in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
