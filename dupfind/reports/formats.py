"""The output formats of a report, by name and by file suffix."""

from importlib import import_module
from typing import cast

from dupfind.dedup.report import Report

FORMS = {
    "table": "text_table.table",
    "json": "json_document.json_document",
    "jsonl": "json_document.json_lines",
    "csv": "csv_table.csv_table",
    "markdown": "markdown_checklist.markdown",
    "html": "html_page.page",
    "github": "workflow_commands.report_commands",
}
"""Each format with the function that draws it, which is imported when it is needed."""

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
"""The format of each file suffix."""


def draw(report: Report, form: str) -> str:
    """Draw a report in one of `FORMS`."""
    module, function = FORMS[form].split(".")
    return cast("str", getattr(import_module(f"dupfind.reports.{module}"), function)(report))
