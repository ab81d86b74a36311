"""Open a foreign SQLite file in one snapshot and leave it and its folder unchanged."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from dupfind import interruption
from dupfind.errors import SourceError
from dupfind.sources.databases.connection import Database
from dupfind.sources.temporary_folder import temporary_folder

MAGIC = b"SQLite format 3\0"
MAX_VALUE = 64 * 1024 * 1024
"""Bytes of the longest text."""
MAX_COPIED = 2 * 1024 * 1024 * 1024
"""Bytes up to which a database without WAL is copied first, since a reader blocks the tracker's writes."""

# With mmap, a file that another program truncates would end the process (SIGBUS).
_PRAGMAS = ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0")
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_TRANSACTION}
# endings of the shadow tables of FTS3, FTS4, FTS5 and R*Tree
_SHADOWS = (
    "data",
    "idx",
    "content",
    "docsize",
    "config",
    "segments",
    "segdir",
    "stat",
    "node",
    "rowid",
    "parent",
)
_TIMEOUT_S = 5.0


@contextmanager
def open_database(path: Path, source: str) -> Iterator[Database]:
    """Open a SQLite file for reading in one transaction.

    A database in WAL mode is read together with its log: through the shared memory of the process that has it
    open or, if that process died, from a private copy. With an empty log it is read as immutable, and must be
    unchanged at the end. A database without WAL mode of up to `MAX_COPIED` bytes is copied first, so that its
    tracker can continue to write. Nothing is created in its folder.

    Args:
        path: A file that begins with `MAGIC`.
        source: The name of the records' source.

    Raises:
        SourceError: It cannot be read, or changed during the reading.
    """
    path = path.resolve()
    try:
        _check_size(path)
        with _readable(path) as (uri, check), closing(_connected(uri)) as connection:
            yield from _reading(connection, path, source)
            check()
    # SQLite's message may quote a damaged name.
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise SourceError(_reason(path, error)) from error


def _reading(connection: sqlite3.Connection, path: Path, source: str) -> Iterator[Database]:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=NullPool)
    try:
        with engine.connect() as wrapped:
            connection.execute("BEGIN")
            names = connection.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view')"
            )
            kinds = _kinds(names.fetchall())
            tables = {name: _columns(connection, name) for name, kind in kinds.items() if kind == "table"}
            unreadable = {name: kind for name, kind in kinds.items() if kind != "table"}
            connection.set_authorizer(_allowing(unreadable))
            with closing(
                Database(wrapped, tables, unreadable, source=source, folder=path.parent)
            ) as database:
                yield database
    except DBAPIError as error:
        raise SourceError(_reason(path, error.orig)) from error
    finally:
        engine.dispose()


def _connected(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=_TIMEOUT_S, isolation_level=None)
    interruption.watch(connection)
    # One text of broken UTF-8 must not end the reading.
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    connection.create_collation("bugzilla", _by_lower_case)  # Bugzilla's columns name it
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()
        raise
    return connection


def _by_lower_case(a: str, b: str) -> int:
    """Compare texts as Bugzilla's own collation does."""
    a, b = a.lower(), b.lower()
    return (a > b) - (a < b)


@contextmanager
def _readable(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield a URI that reads the file without a trace, and a check to call after the reading."""
    uri = f"file:{quote(str(path))}"
    log, memory = Path(f"{path}-wal"), Path(f"{path}-shm")
    if not _is_wal(path) and _size(path) <= MAX_COPIED:
        with temporary_folder() as folder:
            copy = folder / "copy.db"
            with closing(_connected(f"{uri}?mode=ro")) as original, closing(sqlite3.connect(copy)) as target:
                original.execute("BEGIN")
                original.execute(
                    "SELECT 1 FROM sqlite_master"
                ).fetchall()  # takes the lock here; backup would wait for it without end
                original.backup(target)
            yield f"file:{quote(str(copy))}?mode=ro", lambda: None
    elif not _is_wal(path) or (memory.exists() and log.exists()):
        yield f"{uri}?mode=ro", lambda: None
    elif _size(log):
        with temporary_folder() as folder:
            check = _unchanged(path, log, memory)
            copy = folder / "copy.db"
            shutil.copyfile(path, copy)
            shutil.copyfile(log, f"{copy}-wal")
            check()
            yield f"file:{quote(str(copy))}?mode=ro", lambda: None
    else:
        yield f"{uri}?mode=ro&immutable=1", _unchanged(path, log)


def _check_size(path: Path) -> None:
    """Refuse a file that a broken download or copy cut short.

    Raises:
        SourceError: It ends within a page, or before the pages that its header counts.
    """
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100:
        raise SourceError(f"{path} is cut short: it ends within its header; get it again")
    page_size = int.from_bytes(header[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size  # so the format writes it
    # The count holds if the change counter next to it is that of the last change.
    n_pages = int.from_bytes(header[28:32], "big") if header[24:28] == header[92:96] else 0
    size = path.stat().st_size
    is_log_apart = Path(f"{path}-wal").exists() or Path(f"{path}-journal").exists()
    is_size = 512 <= page_size <= 65_536 and page_size.bit_count() == 1  # else it is encrypted or damaged
    if is_size and not is_log_apart and (size % page_size or size < n_pages * page_size):
        raise SourceError(
            f"{path} is cut short: it has {size:,} bytes, and its header counts {n_pages:,} pages of {page_size:,};"
            " get it again"
        )


def _is_wal(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\2\2"  # the header's write and read versions; 2 is WAL


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _unchanged(*paths: Path) -> Callable[[], None]:
    """Return a check that the files have not changed since now."""

    def state() -> list[tuple[int, int] | None]:
        return [(path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else None for path in paths]

    before = state()

    def check() -> None:
        if state() != before:
            raise SourceError(f"{paths[0]} was changed while it was read: run this again")

    return check


def _kinds(names: list[tuple[str, str, str | None]]) -> dict[str, str]:
    """Return the kind of each name in a schema: "table", "view", or part of a virtual table."""
    kinds = {}
    for kind, name, sql in names:
        if kind == "table" and re.match(r"\s*CREATE\s+VIRTUAL\b", sql or "", re.IGNORECASE):
            kind = "virtual table"
        kinds[name] = kind
    for name, kind in list(kinds.items()):
        shadows = [f"{name}_{part}" for part in _SHADOWS] if kind == "virtual table" else []
        kinds.update((shadow, "virtual table's own table") for shadow in shadows if shadow in kinds)
    return {name: kind for name, kind in kinds.items() if not name.lower().startswith("sqlite_")}


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    doubled = table.replace('"', '""')
    return tuple(row[1] for row in connection.execute(f'PRAGMA table_info("{doubled}")'))


def _allowing(unreadable: dict[str, str]) -> Callable[..., int]:
    """Return an authorizer that allows only reading of real tables."""
    refused = {name.lower() for name in unreadable}

    def authorize(
        action: int, first: str | None, second: str | None, _: str | None, inside_of: str | None
    ) -> int:
        if (inside_of or "").lower() in refused:  # a view without any column read
            allowed = False
        elif action == sqlite3.SQLITE_READ:
            allowed = (first or "").lower() not in refused
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = second not in ("load_extension", "fts3_tokenizer")  # both can run native code
        elif action == sqlite3.SQLITE_PRAGMA:
            allowed = first in ("table_info", "table_xinfo")
        else:
            allowed = action in _READING
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize


def _reason(path: Path, error: BaseException | None) -> str:
    """Return one line for an error of SQLite or the system."""
    told = error.object.decode("utf-8", "replace") if isinstance(error, UnicodeDecodeError) else str(error)
    reason = " ".join(told.split())
    if isinstance(error, PermissionError):
        return f"{path} cannot be read: permission denied"
    if Path(f"{path}-journal").exists() and ("readonly" in reason or "unable to open" in reason):
        return (
            f"{path} was left in the middle of a change, its journal is next to it:"
            " open it once with the program it belongs to, then read it"
        )
    if "locked" in reason or "busy" in reason:
        return f"{path} is locked by a program that writes to it: try again, or read a copy"
    if "prohibited" in reason or "not authorized" in reason:
        return (
            f"{path}: {reason}: only its tables are read, not views or virtual tables, and nothing is changed"
        )
    if "too big" in reason:
        return f"{path} holds a text of more than {MAX_VALUE // 1024**2} MiB, which is not read"
    if "not a database" in reason:
        return f"{path} is not a database, or is an encrypted one"
    if "malformed" in reason or "corrupt" in reason or "disk image" in reason:
        return f"{path} is damaged ({reason}): try its backup, or a copy that `sqlite3 FILE .recover` makes"
    return f"{path} cannot be read: {reason}"
