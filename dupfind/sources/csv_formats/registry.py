"""Sheets: what trackers export as CSV, one module a layout, known by its header."""

from collections.abc import Mapping
from typing import Protocol

from dupfind.records import Record
from dupfind.sources.csv_formats import gitlab, jira, linear, mantisbt, redmine
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates

__all__ = ["CSV_FORMATS", "Columns", "CsvFormat", "CsvRow", "detect"]


class CsvFormat(Protocol):
    """What a module of this folder offers."""

    def recognises(self, columns: Columns) -> bool:
        """Whether this is the header of its tracker."""

    def record(self, row: CsvRow, dates: Dates, *, source: str) -> Record | None:
        """The record of a row; None of a private issue."""

    def date_columns(self, columns: Columns) -> tuple[str, ...]:
        """The columns that hold dates, as far as they are there."""


CSV_FORMATS: Mapping[str, CsvFormat] = {
    "jira-csv": jira,
    "gitlab-csv": gitlab,
    "linear-csv": linear,
    "mantisbt-csv": mantisbt,
    "redmine-csv": redmine,
}
"""Sheets by kind, in the order in which they are asked."""


def detect(columns: Columns) -> str | None:
    """The kind of sheet that has this header, or None."""
    return next((kind for kind, sheet in CSV_FORMATS.items() if sheet.recognises(columns)), None)
