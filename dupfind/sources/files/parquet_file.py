"""Read Parquet tables with likely column names, one batch of rows at a time."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from dupfind.errors import SourceError
from dupfind.sources import other_rows, restricted, state_flags
from dupfind.sources.column_profile import N_SAMPLED, Sample, cut
from dupfind.sources.dates import dates_of, order_notes
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.generic_row import holds_html, record, shown, with_state
from dupfind.sources.mapping import FIELDS, OVERRIDES, Mapping, choose, describe, join_names
from dupfind.sources.reading_counts import Expectations
from dupfind.sources.source import Source
from dupfind.sources.unread_columns import doubts

MAGIC = b"PAR1"
BATCH = 1_000
"""Rows in memory at a time, in addition to the compressed pages that they come from."""


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Open a file and choose its columns.

    Raises:
        SourceError: pyarrow is not installed, the file is damaged, or no column is like title or body.
    """
    with _opened(path) as file:
        columns = _names(file, path)
        total = file.metadata.num_rows
    first = [row for _, row in islice(rows(path), N_SAMPLED)]
    sample = {column: [cut(_flat(row.get(column))) for row in first] for column in columns}
    chosen = choose(columns, mapping, where=str(path), is_file=True, sample=sample)
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{path} has no column like title or body; its columns: {join_names(columns)};"
            " name one with --title-column or --body-column"
        )
    by_row = "" if "id" in chosen else "id=row number, "
    return Source(
        name=name,
        kind="parquet",
        location=location,
        notes=(
            f"columns: {by_row}{describe(chosen)} (change with {OVERRIDES})",
            *order_notes(dates_of(chosen, sample)),
        ),
        total=total,
        read=partial(_read, path, chosen, name, sample, has_kinds=not mapping.is_given),
        expected=Expectations(
            doubts(columns, chosen, sample),
            has_title="title" in chosen,
            title_option="--title-column",
            has_line_ids="id" not in chosen,
        ),
    )


def rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield every row of a file with any columns, and its number.

    Raises:
        SourceError: pyarrow is not installed, or the file is damaged.
    """
    number = 0
    with _opened(path) as file:
        from pyarrow import ArrowException

        try:
            for batch in file.iter_batches(BATCH, use_threads=False):
                columns = [_values(column) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, dict(zip(batch.schema.names, cells, strict=True))
        except (ArrowException, OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path}, after row {number}: damaged: {_line(error)}") from error


def _read(
    path: Path, chosen: dict[str, str], name: str, sample: Sample, *, has_kinds: bool
) -> Iterator[Entry]:
    from pyarrow import ArrowException

    n_read = 0
    all_columns = tuple(sample)
    state_of = state_flags.reader(chosen.get("state"), sample)
    marked = [*dict.fromkeys((*restricted.columns_of(all_columns), *other_rows.columns_of(all_columns)))]
    is_restricted = restricted.restricted_rows(marked, others=all_columns)
    dates = dates_of(chosen, sample)
    is_html = holds_html(chosen.get("body"), sample)
    left_out = other_rows.left_out_rows(marked, sample, has_kinds=has_kinds)
    columns = list(dict.fromkeys([*chosen.values(), *marked]))
    with _opened(path) as file:
        try:
            for batch in file.iter_batches(BATCH, columns=columns, use_threads=False):
                marks = [_cells(batch, column) for column in marked]
                for at, cells in enumerate(
                    zip(*(_cells(batch, chosen.get(field)) for field in FIELDS), strict=True)
                ):
                    n_read += 1
                    mark_cells = [column[at] for column in marks]
                    if (other := left_out(mark_cells)) is not None:
                        yield other
                        continue
                    # FIELDS begins with the id.
                    own = cells if "id" in chosen else (n_read, *cells[1:])
                    fields = with_state(own, state_of, has_closed="closed" in chosen)
                    try:
                        label = partial(_row_label, path, n_read)
                        issue = record(name, fields, label, dates, is_html=is_html)
                    except SourceError as error:
                        yield LeftOut("broken", str(error))
                        continue
                    yield LeftOut("restricted", record=issue) if is_restricted(mark_cells) else issue
        except (ArrowException, OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path}, after row {n_read}: damaged: {_line(error)}") from error


def _cells(batch: Any, column: str | None) -> list[object]:
    """Return the values of a column, or None for each row."""
    return [None] * batch.num_rows if column is None else _values(batch.column(column))


def _values(column: Any) -> list[object]:
    """Return the values of an Arrow array; times are cut to microseconds, and those after the year 9999 are None."""
    from pyarrow import timestamp, types

    if types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(timestamp("us", column.type.tz), safe=False)
    try:
        return (
            list(map(_flat, column.to_pylist())) if types.is_struct(column.type) else list(column.to_pylist())
        )
    except OverflowError:
        return [_value(scalar) for scalar in column]


def _flat(value: object) -> object:
    """Return what a struct in the place of a text shows, such as its name; any other value as it is."""
    return shown(value) if isinstance(value, dict) else value


def _value(scalar: Any) -> object:
    try:
        return scalar.as_py()
    except OverflowError:
        return None


def _names(file: Any, path: Path) -> tuple[str, ...]:
    try:
        return tuple(file.schema_arrow.names)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not readable Parquet: {_line(error)}") from error


def _opened(path: Path) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SourceError(f"{path} is a Parquet file, which needs: pip install 'dupfind[parquet]'") from error
    try:
        return ParquetFile(path, pre_buffer=False)
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} is not readable Parquet: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _row_label(path: Path, number: int) -> str:
    return f"{path}, row {number}"
