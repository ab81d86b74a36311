"""Opens a collection's database and checks its revision."""

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path, PurePath

from dupfind import interruption
from dupfind.errors import StoreError, StoreTooNew, StoreTooOld
from dupfind.storage import network_folder, schema

DATABASE = "dupfind.db"
"""Name of the database in the folder of an index."""

APPLICATION_ID = 0x44555046  # "DUPF"
REVISION = 9
"""The newest revision in `migrations/`; a database carries its own as `user_version`."""

BUSY_TIMEOUT_MS = 5_000

LOG_PAGES = 8_192
"""Pages of SQLite's log, 64 MiB, from which on a commit moves them into the database.

Each batch of a large index changes some thousand pages, many of them those of the batch before. SQLite moves them from
1,000 pages on, and so writes most of them with each batch.
"""

_opened: dict[Path, None] = {}  # in the order of their first opening

MAX_VALUE = 1 << 28
"""Bytes of the largest value that is read or written."""


def _is_odd(path: Path) -> bool:
    """Return whether there is something else than a file; another process may remove a file at any moment."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def connect(path: Path, *, write: bool = False, create: bool = False) -> sqlite3.Connection:
    """Open a collection's database with the driver's own transactions off.

    Every transaction is explicit (`BEGIN`, or `BEGIN IMMEDIATE` to write). A reader opens the file read-only
    and never waits for the writer. A file in a folder without write permission is read as it is.

    Args:
        path: The database file.
        write: Whether the connection may write.
        create: Whether a missing file is created; only an upgrade does so.

    Raises:
        StoreError: The file is missing, cannot be opened, or is no database.
    """
    try:
        is_there = path.is_file()  # may raise without permission to enter the folder
        sides = (path.with_name(path.name + end) for end in ("", "-journal", "-wal", "-shm"))
        odd = next(filter(_is_odd, sides), None)  # SQLite waits for the writer of a pipe, for ever
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened ({error}): check the permissions of {path.parent}"
        ) from error
    if odd is not None:
        raise StoreError(
            f"{odd} is no file: move it away, or the whole folder {path.parent}, and index again"
        )
    if not create and not is_there:
        inner = path.parent / ".dupfind"  # of the project's folder, which is easily named in its place
        way_out = (
            f"the folder's index is {inner}"
            if (inner / path.name).is_file()
            else "make one with `dupfind index SOURCE`"
        )
        raise StoreError(f"no index at {path.parent}: {way_out}")
    if create and not is_there:
        # SQLite would make a file that everybody reads; its log gets the permissions of this file. If this fails,
        # SQLite fails next and says why.
        with suppress(OSError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    mode = "rwc" if create else "rw" if write else "ro"
    uri = f"{file_uri(path.resolve())}?mode={mode}"
    try:
        try:
            connection = _open(uri, write)
        except sqlite3.OperationalError:
            # Without write permission SQLite cannot create the WAL's shared memory. If there is no WAL, or it is
            # empty, the database file is complete by itself.
            wal = path.with_name(path.name + "-wal")
            if write or (wal.exists() and wal.stat().st_size):
                raise
            connection = _open(f"{file_uri(path.resolve())}?mode=ro&immutable=1", write)
    except sqlite3.OperationalError as error:
        way_out = f"check the permissions of {path.parent}"
        if network_folder.is_lock_error(error):
            way_out = network_folder.WAY_OUT
        raise StoreError(f"{path} cannot be opened ({error}): {way_out}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} is not a dupfind index ({error}): move it away, then `dupfind index`"
        ) from error
    _opened[path] = None
    return connection


def fault() -> tuple[Path, str] | None:
    """Return the first damaged database of those that this process opened, and its fault; None if none is damaged.

    For a bug that may be none: a value of another type than its column's, which only an edit of the file can bring
    there, surprises any code. Reads every page.

    Raises:
        KeyboardInterrupt: The user does not wait for it.
    """
    for path in reversed(list(_opened)):
        try:
            with closing(connect(path)) as connection:
                (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:  # locked or without memory, which says nothing of the file
            raise_interruption(error)
            continue
        except sqlite3.DatabaseError as error:
            found = str(error)
        except StoreError:  # it is gone by now
            continue
        if found != "ok":
            return path, str(found)
    return None


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse another program's database, one that is newer or older than this dupfind, and one with other tables.

    Raises:
        StoreError: The database is another program's or empty, or somebody changed its tables.
        StoreTooNew: A newer dupfind wrote it.
        StoreTooOld: It needs an upgrade.
    """
    application_id, revision = index_header(connection)
    if application_id != APPLICATION_ID:
        if is_blank(connection):  # a first run was killed before it created the tables
            raise StoreError(f"{path.parent} is empty: fill it with `dupfind index SOURCE`")
        raise StoreError(f"{path} is not a dupfind index: name its folder with --index, or DUPFIND_INDEX")
    if revision > REVISION:
        raise StoreTooNew(
            f"{path} has revision {revision}, this dupfind has {REVISION}: upgrade dupfind, or name another --index"
        )
    if revision < REVISION:
        raise StoreTooOld(f"{path} has revision {revision}, not {REVISION}: `dupfind index` upgrades it")
    check_schema(connection, path, revision)


def check_schema(connection: sqlite3.Connection, path: Path, revision: int) -> None:
    """Refuse a database whose tables, indexes, views and triggers are not those of its revision.

    A view that never ends could stand in the place of a table, and a trigger would run with each change.

    Raises:
        StoreError: One is missing, other, or of somebody else; or none can be read now.
    """
    try:
        difference = schema.difference(connection, revision)
    except sqlite3.OperationalError as error:
        raise_interruption(error)
        raise StoreError(f"{path} cannot be read ({error}): run the same command again") from error
    except sqlite3.DatabaseError as error:
        difference = str(error)
    if difference is not None:
        raise StoreError(
            f"{path} is damaged or was changed ({difference}): move {path.parent} away and run `dupfind index` again"
        )


def raise_interruption(error: sqlite3.Error) -> None:
    """Return if an error of SQLite has another cause than an interruption of its statement.

    Python raises KeyboardInterrupt inside of the callback that SQLite runs meanwhile, and SQLite drops it.

    Raises:
        KeyboardInterrupt: The user interrupted the main thread.
        GivenUp: Nobody waits for the work of this thread.
    """
    # A function of Python in a statement fails for no other reason: `row_checksum` takes any value, and gets no text.
    was_in_function = str(error) == "user-defined function raised exception"
    if was_in_function or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        raise interruption.reason() from error


def index_header(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the database's application id and revision; (0, 0) for a new file."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (revision,) = connection.execute("PRAGMA user_version").fetchone()
    return application_id, revision


def is_blank(connection: sqlite3.Connection) -> bool:
    """Return whether the database has no table yet."""
    (n_objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return bool(n_objects == 0)


def file_uri(path: PurePath) -> str:
    """Return the URI by which SQLite opens an absolute path."""
    uri = path.as_uri()  # escapes "?", "#" and "%", which have a meaning in a URI
    # SQLite takes no host in a URI: the path of a Windows share follows an empty one.
    return uri if uri.startswith("file:///") else uri.replace("file://", "file:////", 1)


def _open(uri: str, write: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False
    )
    interruption.watch(connection)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    try:
        # The next three are SQLite's advice for files that others may have written.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA foreign_keys = ON")  # SQLite's default is off, per connection
        connection.execute("PRAGMA temp_store = MEMORY")
        if write:
            connection.execute("PRAGMA synchronous = FULL")  # in WAL mode, NORMAL may lose the last commits
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the first read opens the file
    except UnicodeDecodeError as error:  # SQLite's message quotes the damaged name of a table
        connection.close()
        raise sqlite3.DatabaseError("malformed database schema") from error
    except BaseException:
        connection.close()
        raise
    return connection
