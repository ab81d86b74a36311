"""The known CSV exports of trackers: one module a format, code or a table, detected by its header."""

from collections.abc import Mapping
from typing import Protocol

from dupfind.records import Record
from dupfind.sources.csv_formats import (
    asana,
    azure,
    clickup,
    freshdesk,
    gitlab,
    itop,
    jira,
    linear,
    mantisbt,
    monday,
    notion,
    pivotal,
    redmine,
    roundup,
    servicenow,
    shortcut,
    taiga,
    trello,
    zendesk,
)
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates

__all__ = ["CSV_FORMATS", "Columns", "CsvFormat", "CsvRow", "detect"]


class CsvFormat(Protocol):
    """The interface of a module in this package."""

    def recognises(self, columns: Columns) -> bool:
        """Return whether this is the header of the module's tracker."""

    def record(self, row: CsvRow, dates: Dates, *, source: str) -> Record | None:
        """Return the record of a row; None to leave it out. Restricted rows are known by `restricted_rows`."""

    def date_columns(self, columns: Columns) -> tuple[str, ...]:
        """Return the columns with dates that this header has."""


CSV_FORMATS: Mapping[str, CsvFormat] = {
    "jira-csv": jira,
    "gitlab-csv": gitlab,
    "linear-csv": linear,
    "mantisbt-csv": mantisbt,
    "redmine-csv": redmine,
    "azure-csv": azure.SHEET,
    "clickup-csv": clickup.SHEET,
    "asana-csv": asana.SHEET,
    "monday-csv": monday.SHEET,
    "notion-csv": notion.SHEET,
    "pivotal-csv": pivotal.SHEET,
    "shortcut-csv": shortcut.SHEET,
    "taiga-csv": taiga.SHEET,
    "trello-csv": trello.SHEET,
    "servicenow-csv": servicenow.SHEET,
    "freshdesk-csv": freshdesk.SHEET,
    "zendesk-csv": zendesk.SHEET,
    "itop-csv": itop.SHEET,
    "roundup-csv": roundup.SHEET,
}
"""The formats by kind, in the order of detection."""


def detect(columns: Columns) -> str | None:
    """Return the kind of export with this header, or None."""
    return next((kind for kind, sheet in CSV_FORMATS.items() if sheet.recognises(columns)), None)
