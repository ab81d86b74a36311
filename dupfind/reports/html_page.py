"""A report as one self-contained HTML page: no network, no other file, no script but its own."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from dupfind.dedup.report import Report
from dupfind.reports import charts, display, duplicate_comment, issue_text

_HERE = Path(__file__).parent


def page(report: Report) -> str:
    """Draw the page. All text from a tracker is escaped, or rendered without raw HTML; a URL becomes a link if it is
    http, https or, in a body, mailto."""
    style, script = _read("style.css") + _read("page.css"), _read("page.js")
    sources = f"style-src {_hash(style)}; script-src {_hash(script)}"
    return _template().render(
        report=report,
        parameters=report.parameters,
        several=display.has_several_sources(report),
        n_open=sum(bool(display.open_duplicates(cluster)) for cluster in report.clusters),
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
    environment.globals |= {
        "shown": display,
        "comment": duplicate_comment.comment,
        "rendered": issue_text.render,
    }
    return environment.get_template("page.html")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression that allows an inline text in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
