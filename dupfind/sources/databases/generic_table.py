"""Read a table of no known tracker by likely column names, or by those that the user names."""

from collections.abc import Iterator
from typing import Any

from dupfind.errors import SourceError
from dupfind.sources import other_rows, restricted, state_flags
from dupfind.sources.column_names import normalize
from dupfind.sources.column_profile import N_SAMPLED, Sample, cut
from dupfind.sources.databases.connection import Database
from dupfind.sources.dates import dates_of, order_notes
from dupfind.sources.entries import Entry
from dupfind.sources.generic_row import holds_html, records
from dupfind.sources.mapping import (
    FIELDS,
    OVERRIDES,
    Mapping,
    choose,
    describe,
    join_names,
    match_name,
)
from dupfind.sources.reading_counts import Expectations
from dupfind.sources.unread_columns import doubts

_EVIDENCE = {"title": 4, "body": 3, "duplicate_of": 3, "state": 2}
_TELLING_NAMES = (
    "issue",
    "ticket",
    "bug",
    "post",
    "question",
    "task",
    "report",
    "record",
    "story",
    "card",
    "request",
)


def choose_table(database: Database, mapping: Mapping) -> tuple[str, dict[str, str]]:
    """Choose the table with the most columns of likely names; among equals, the one with the most rows.

    Returns:
        The table, and a column for each field; without "id" if SQLite's row id is used.

    Raises:
        SourceError: No table is suitable, or one that the user named is missing.
    """
    if mapping.table is not None:
        table = _named_table(database, mapping.table)
        return table, _usable(database, table, mapping)
    named_columns = [column for column in map(mapping.column, FIELDS) if column is not None]
    best: list[tuple[int, str]] = []
    for table, columns in database.tables.items():
        if all(_has_column(column, columns) for column in named_columns):
            weight = _weight(table, choose(columns, mapping, where=table), mapping)
            if weight is not None:
                best.append((weight, table))
    if not best:
        requirement = (
            f"the columns {join_names(named_columns)}" if named_columns else "a column like title or body"
        )
        raise SourceError(
            f"{database.source} has no table with {requirement}; its tables: {join_names(database.tables)};"
            f" name one with --table and its columns with {OVERRIDES}, or write a --sql"
        )
    most, _ = max(best)
    equal = [table for weight, table in best if weight == most]
    table = equal[0] if len(equal) == 1 else max(equal, key=lambda table: count(database, table))
    return table, _usable(database, table, mapping)


def count(database: Database, table: str) -> int:
    """Count the rows of a table."""
    from sqlalchemy import func, select

    [(number,)] = database.rows(select(func.count()).select_from(_selectable(table)))
    return int(number)


def note(table: str, chosen: dict[str, str]) -> str:
    """Describe the chosen table and columns for the user."""
    rowid = "" if "id" in chosen else "id=rowid, "
    return f'table "{table}": {rowid}{describe(chosen)} (change with --table {OVERRIDES})'


def order(database: Database, table: str, chosen: dict[str, str]) -> tuple[str, ...]:
    """Return what the user should know of the order of day and month in a table's dates."""
    return order_notes(dates_of(chosen, sample(database, table)))


def expected(database: Database, table: str, chosen: dict[str, str]) -> Expectations:
    """Return what is known of the records of a table, for the judgement on them."""
    with_ids = {"id": "", **chosen}  # the row id serves well
    return Expectations(
        doubts(database.tables[table], with_ids, sample(database, table)),
        has_title="title" in chosen,
        title_option="--title-column",
    )


def read(database: Database, table: str, chosen: dict[str, str], *, has_kinds: bool) -> Iterator[Entry]:
    """Read a table in its own order; rows without an id, those that are no issues and restricted ones are left out.

    Args:
        database: It is open.
        table: Its name.
        chosen: The column for each field.
        has_kinds: Whether answers and notices are left out, too.
    """
    from sqlalchemy import literal_column, null, select

    columns = {field: _column(column) for field, column in chosen.items()}
    if "id" not in columns:
        columns["id"] = literal_column(_rowid(database.tables[table]))
    cells = [columns[field] if field in columns else null() for field in FIELDS]
    all_columns = database.tables[table]
    marks = [*dict.fromkeys((*restricted.columns_of(all_columns), *other_rows.columns_of(all_columns)))]
    named_cells = [cell.label(f"c{at}") for at, cell in enumerate([*cells, *map(_column, marks)])]
    rows = database.rows(select(*named_cells).select_from(_selectable(table)))
    first = sample(database, table)
    yield from records(
        database.source,
        f'table "{table}"',
        rows,
        restricted.restricted_rows(marks, others=all_columns),
        other_rows.left_out_rows(marks, first, has_kinds=has_kinds),
        state_flags.reader(chosen.get("state"), first),
        has_closed="closed" in chosen,
        dates=dates_of(chosen, first),
        is_html=holds_html(chosen.get("body"), first),
    )


def sample(database: Database, table: str) -> Sample:
    """Return the first values of each column."""
    from sqlalchemy import select

    columns = database.tables[table]
    named = [_column(column).label(f"c{at}") for at, column in enumerate(columns)]
    rows = database.rows(select(*named).select_from(_selectable(table)).limit(N_SAMPLED))
    first = [tuple(map(cut, row)) for row in rows]
    return {column: [row[at] for row in first] for at, column in enumerate(columns)}


def _named_table(database: Database, name: str) -> str:
    kind = database.unreadable.get(name)
    if kind is not None:
        raise SourceError(
            f'{database.source}: "{name}" is a {kind}, and only tables are read: {join_names(database.tables)}'
        )
    return match_name(name, database.tables, what=f'table "{name}"', where=database.source, kind="tables")


def _usable(database: Database, table: str, mapping: Mapping) -> dict[str, str]:
    """Return the columns of a table, with a reliable id."""
    columns = database.tables[table]
    where = f'{database.source}, table "{table}"'
    chosen = choose(columns, mapping, where=where, sample=sample(database, table))
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{where} has no column like title or body; its columns: {join_names(columns)};"
            " name one with --title-column or --body-column"
        )
    if "id" not in chosen:
        key = database.key(table)
        if len(key) == 1 and key[0] not in chosen.values():
            chosen["id"] = key[0]
        elif not database.has_rowid or not _has_rowid(database, table):
            raise SourceError(
                f"{where} has no column like id; name one with --id-column: {join_names(columns)}"
            )
    return chosen


def _weight(table: str, chosen: dict[str, str], mapping: Mapping) -> int | None:
    # A column "name" is often that of a person or a label.
    is_weak = mapping.title_column is None and normalize(chosen.get("title", "name")) == "name"
    if is_weak and "body" not in chosen:
        return None
    weight = sum(_EVIDENCE.get(field, 1) for field in chosen) - (2 if "title" in chosen and is_weak else 0)
    return weight + (2 if normalize(table).removesuffix("s") in _TELLING_NAMES else 0)


def _has_column(name: str, columns: tuple[str, ...]) -> bool:
    return name.lower() in (column.lower() for column in columns)


def _has_rowid(database: Database, table: str) -> bool:
    from sqlalchemy import ColumnElement, literal_column, select
    from sqlalchemy.exc import DBAPIError

    rowid: ColumnElement[object] = literal_column(_rowid(database.tables[table]))
    try:
        next(database.rows(select(rowid).select_from(_selectable(table)).limit(1)), None)
    except DBAPIError:  # the table was made WITHOUT ROWID
        return False
    return True


def _rowid(columns: tuple[str, ...]) -> str:
    """Return a name of SQLite's row id that no column of the table uses."""
    taken = {column.lower() for column in columns}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), "rowid")


def _column(name: str) -> Any:
    from sqlalchemy import column
    from sqlalchemy.sql import quoted_name

    return column(quoted_name(name, quote=True))


def _selectable(table: str) -> Any:
    import sqlalchemy
    from sqlalchemy.sql import quoted_name

    return sqlalchemy.table(quoted_name(table, quote=True))
