"""Write rows of Python values as Arrow data, for every library that reads the Arrow C stream interface."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from dupfind.records import storable

TEXT, WHOLE, NUMBER, FLAG, TIME, TEXTS = "text", "whole", "number", "flag", "time", "texts"
"""The types of a column: str, int, float, bool, datetime in UTC, list of str."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ArrowTable:
    """A table that pandas, polars, pyarrow, DuckDB and datasets can read: `polars.DataFrame(table)`.

    Attributes:
        names: Of its columns.
    """

    def __init__(self, kinds: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Copy the rows.

        Args:
            kinds: The type of each column, in their order.
            rows: With a value of that type, or None, for each column.
        """
        import nanoarrow

        self.names = list(kinds)
        self._n_rows = len(rows)
        columns = {name: _WRITERS[kind]([row[name] for row in rows]) for name, kind in kinds.items()}
        schema = nanoarrow.struct({name: column.schema for name, column in columns.items()})
        self._data = nanoarrow.c_array_from_buffers(
            schema, self._n_rows, [None], children=list(columns.values())
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._n_rows

    def __repr__(self) -> str:
        """Name the columns."""
        return f"<ArrowTable: {self._n_rows:,} rows; {', '.join(self.names)}>"

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Return the table as a PyCapsule; see the Arrow PyCapsule interface."""
        import nanoarrow

        return nanoarrow.c_array_stream(self._data).__arrow_c_stream__(requested_schema)


def _texts(values: Sequence[str | None]) -> Any:
    import nanoarrow

    # large_string has offsets of 64 bits: a column of 2 GiB fits.
    texts = [None if value is None else storable(value) for value in values]
    return nanoarrow.c_array(texts, nanoarrow.large_string())


def _lists(values: Sequence[Sequence[str] | None]) -> Any:
    import nanoarrow

    lists = [value or () for value in values]
    offsets = nanoarrow.c_buffer([0, *accumulate(map(len, lists))], nanoarrow.int64())
    inner = _texts([text for texts in lists for text in texts])
    return nanoarrow.c_array_from_buffers(
        nanoarrow.large_list(nanoarrow.large_string()), len(lists), [None, offsets], children=[inner]
    )


def _times(values: Sequence[datetime | None]) -> Any:
    import nanoarrow

    def microseconds(time: datetime) -> int:
        since = (time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)) - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    numbers = [None if value is None else microseconds(value) for value in values]
    return nanoarrow.c_array(numbers, nanoarrow.timestamp("us", "UTC"))


def _plain(kind: str) -> Callable[[Sequence[Any]], Any]:
    def write(values: Sequence[Any]) -> Any:
        import nanoarrow

        return nanoarrow.c_array(list(values), getattr(nanoarrow, kind)())

    return write


_WRITERS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    TEXT: _texts,
    WHOLE: _plain("int64"),
    NUMBER: _plain("float64"),
    FLAG: _plain("bool_"),
    TIME: _times,
    TEXTS: _lists,
}
