"""Read the rows of a SELECT that the user wrote."""

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from dupfind.errors import SourceError
from dupfind.sources import state_flags
from dupfind.sources.column_names import normalize
from dupfind.sources.column_profile import N_SAMPLED, cut
from dupfind.sources.databases.connection import Database
from dupfind.sources.dates import dates_of
from dupfind.sources.entries import Entry
from dupfind.sources.generic_row import records
from dupfind.sources.mapping import FIELDS, UNMAPPED, choose, join_names

# Literals, names and comments, in which a semicolon does not end the statement.
_UNSPLIT = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


def validate(sql: str) -> str:
    """Return the user's SELECT without its last semicolon.

    Raises:
        SourceError: It is not a single SELECT.
    """
    sql = sql.strip().rstrip(";").rstrip()
    if not re.match(r"(?:SELECT|WITH)\b", sql, re.IGNORECASE) or ";" in _UNSPLIT.sub("", sql):
        raise SourceError(
            "--sql must be a single SELECT, such as: SELECT nr AS id, subject AS title FROM posts"
        )
    return sql


def try_query(database: Database, sql: str) -> None:
    """Run a SELECT once to check it.

    Raises:
        SourceError: It cannot be run, or its columns have other names than the fields.
    """
    names, rows = _run(database, sql)
    rows.close()
    _fields(names)


def read(database: Database, sql: str) -> Iterator[Entry]:
    """Read the rows of a SELECT, in its order."""
    names, rows = _run(database, sql)
    fields = _fields(names)
    rows = iter(rows)
    first = list(islice(rows, N_SAMPLED))
    sample = {field: [cut(row[at]) for row in first] for at, field in enumerate(fields)}
    chosen = choose(fields, UNMAPPED, where="--sql", sample=sample)
    positions = {field: at for at, field in enumerate(fields)}
    state = chosen.get("state")
    if state == "closed":  # answers, or times
        positions["state"] = positions["closed"]
    has_closed = chosen.get("closed") == "closed"
    cells = (
        [row[positions[field]] if field in positions else None for field in FIELDS]
        for row in chain(first, rows)
    )
    dates = dates_of({field: field for field in fields}, sample)
    state_of = state_flags.reader(state, sample) if state in ("state", "closed") else None
    yield from records(database.source, "--sql", cells, state_of=state_of, has_closed=has_closed, dates=dates)


def _fields(names: tuple[str, ...]) -> list[str]:
    aliases = f"name its columns {', '.join(FIELDS)} (id, and title or body, must be there)"
    fields = [normalize(name) for name in names]
    unknown = [name for name, field in zip(names, fields, strict=True) if field not in FIELDS]
    if unknown:
        raise SourceError(f"--sql gives a column {unknown[0]!r} that is unknown: {aliases} with AS")
    if len(set(fields)) < len(fields):
        raise SourceError(f"--sql gives a column twice: {aliases}, each once")
    if "id" not in fields or not {"title", "body"} & set(fields):
        raise SourceError(f"--sql gives {join_names(names)}: {aliases} with AS")
    return fields


def _run(database: Database, sql: str) -> tuple[tuple[str, ...], Any]:
    from sqlalchemy.exc import DBAPIError, ResourceClosedError

    try:
        return database.raw(sql)
    except (DBAPIError, ResourceClosedError) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        for name, kind in database.unreadable.items():
            if re.search(rf"\b{re.escape(name)}\b", sql, re.IGNORECASE):
                reason += f' ("{name}" is a {kind}, and only tables are read)'
        raise SourceError(
            f"--sql cannot be run on {database.source}: {reason}; tables: {join_names(database.tables)}"
        ) from error
