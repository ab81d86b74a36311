"""Read a CSV export that a table of column names describes."""

from collections.abc import Callable
from dataclasses import dataclass

from dupfind.records import Record
from dupfind.sources.column_names import normalize
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.tracker_table import Lookup, TrackerTable

_TIMES = ("created", "updated", "closed")


def _as_it_is(record: Record, lookup: Lookup) -> Record:
    return record


@dataclass(frozen=True)
class Sheet:
    """A CSV format; see `csv_formats.registry.CsvFormat`.

    Attributes:
        table: The columns of its fields.
        completed: Returns a record with what its row says in the tracker's own way.
    """

    table: TrackerTable
    completed: Callable[[Record, Lookup], Record] = _as_it_is

    def recognises(self, columns: Columns) -> bool:
        """Return whether the header has all columns that the table is known by."""
        return self.table.is_known(_by_name(columns).__contains__)

    def columns_of(self, columns: Columns) -> dict[str, list[str]]:
        """Return the columns of each field that has some, in lower case and likeliest first."""
        by_name = _by_name(columns)
        named = {field: names.split(" | ") for field, names in self.table.fields.items()}
        found = {
            field: [by_name[name] for name in names if name in by_name] for field, names in named.items()
        }
        return {field: names for field, names in found.items() if names}

    def further_columns(self, columns: Columns) -> list[str]:
        """Return the columns whose texts belong to the body, in lower case."""
        by_name = _by_name(columns)
        names = (name for names in self.table.more_body for name in names.split(" | "))
        return [by_name[name] for name in names if name in by_name]

    def date_columns(self, columns: Columns) -> tuple[str, ...]:
        """Return the columns that hold dates."""
        by_name = _by_name(columns)
        names = [name for field in _TIMES for name in self.table.fields.get(field, "").split(" | ")]
        return tuple(by_name[name] for name in names if name in by_name)

    def record(self, row: CsvRow, dates: Dates, *, source: str) -> Record:
        """Return the record of a row."""
        by_name = _by_name(row.columns)

        def lookup(name: str) -> str:
            return row.text(by_name[name]) if name in by_name else ""

        record = self.table.record(lookup, source=source, dates=dates, fallback_id=str(row.line))
        return self.completed(record, lookup)


def _by_name(columns: Columns) -> dict[str, str]:
    """Return the columns by their normalized names."""
    return columns.by_name(normalize)
