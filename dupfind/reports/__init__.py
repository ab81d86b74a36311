"""Reports: one frozen Report, and a file for each form that it is drawn in."""

from importlib import import_module
from typing import cast

from dupfind.reports.report import Report

FORMS = {
    "table": "table.table",
    "json": "document.json_document",
    "jsonl": "document.json_lines",
    "csv": "sheet.csv_table",
    "markdown": "checklist.markdown",
    "html": "page.page",
}
"""The forms, each with the function that draws it; imported when it is asked for."""

SUFFIXES = {
    ".txt": "table",
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}
"""The form that a file's name asks for."""


def draw(report: Report, form: str) -> str:
    """Draw a report in one of `FORMS`."""
    module, function = FORMS[form].split(".")
    return cast("str", getattr(import_module(f"dupfind.reports.{module}"), function)(report))
