"""A connection to PostgreSQL with the methods of `storage.connection.Connection`."""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dupfind import interruption
from dupfind.errors import StoreError
from dupfind.postgresql.posting_words import PostingWords
from dupfind.postgresql.sql import named, translated
from dupfind.storage.database_url import DatabaseUrl

if TYPE_CHECKING:
    import psycopg2.extensions

T = TypeVar("T")

LOCKS = 0x44555046  # "DUPF": the first key of dupfind's advisory locks
CONNECT_S = 10
_LOCK_S = 0.05
_AT_ONCE = 200  # statements in one message
_MAX_QUEUED = 1 << 22  # bytes of the statements that wait
_CHANGES = ("INSERT", "UPDATE", "DELETE")


class PostgresConnection:
    """Runs the statements of `storage`; every error is a StoreError of one line.

    A write transaction holds a lock of the whole index until its end, as BEGIN IMMEDIATE does in SQLite. So row ids
    are committed in their order.
    """

    def __init__(self, url: DatabaseUrl, raw: "psycopg2.extensions.connection") -> None:
        """Wrap a connection of the driver; use `connect`."""
        self.url = url
        self.raw = raw
        self.extension = ""  # the schema of pgvector, as a statement names it
        self.words = PostingWords(self)
        self._is_writing = False
        self._version: tuple[int, int] | None = None  # the index's table and number, in a read transaction
        self._cached_version: tuple[int, int] | None = None
        self._cached: dict[object, Any] = {}
        self._queued: list[bytes] = []  # statements of the present transaction that are not sent yet
        self._n_queued_bytes = 0

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; False after the connection was lost."""
        return not self.raw.closed and self.raw.info.transaction_status != 0

    @property
    def is_lost(self) -> bool:
        """Whether the connection was closed or lost."""
        return bool(self.raw.closed)

    @property
    def version(self) -> tuple[int, int] | None:
        """The version of the index that the present read transaction sees; None outside of one."""
        return self._version

    def trust(self, extension: str, settings: str = "") -> None:
        """Let statements find the tables of the URL's schema, whose objects are dupfind's own.

        PostgreSQL's own objects are found before them, and those of no other schema: pgvector's are named with theirs.

        Args:
            extension: The schema of pgvector, as a statement names it.
            settings: Statements that are sent with it.
        """
        self.extension = extension
        self.run(f"SET search_path = {self.url.schema};{settings}")  # a name of letters: `DatabaseUrl.parse`

    def execute(self, sql: str, parameters: Any = (), /) -> "psycopg2.extensions.cursor":
        """As `Connection.execute`."""
        if sql == "BEGIN":
            return self._begin_reading()
        if sql == "BEGIN IMMEDIATE":
            self.words.forget()
            lock = f"SELECT pg_try_advisory_xact_lock({LOCKS}, hashtext(current_schema()))"
            # A later statement sees what was committed while this one waited.
            cursor = self.run(f"BEGIN ISOLATION LEVEL READ COMMITTED; {lock}")
            try:
                while cursor.fetchone() != (True,):
                    self.wait_for_writer()
                    cursor = self.run(lock)
            except BaseException:
                if not self.is_lost:
                    self.run("ROLLBACK")
                raise
            self._is_writing = True
            return cursor
        if sql == "COMMIT" and self._is_writing:
            self.words.flush()
            self._queue("UPDATE word_total SET version = version + 1", None)
        if sql == "ROLLBACK":
            self._queued.clear()
        if sql in ("COMMIT", "ROLLBACK"):
            self._is_writing = False
            self._version = None
        if self._is_writing and sql.startswith(_CHANGES):
            self._queue(translated(sql), named(parameters))
            return self.raw.cursor()
        return self.run(translated(sql), named(parameters))

    def cached(self, name: object, load: Callable[[], T]) -> T:
        """Return what a function reads of the whole index; in a read transaction it is cached for later ones.

        It is read again as soon as a writer has committed anything.
        """
        if self._version is None:
            return load()
        if self._cached_version != self._version:
            self._cached.clear()
            self._cached_version = self._version
        if name not in self._cached:
            self._cached[name] = load()
        value: T = self._cached[name]
        return value

    def _begin_reading(self) -> "psycopg2.extensions.cursor":
        """Begin a read transaction, and read the version of the index: its first statement fixes the moment."""
        # The numbers of an index that was dropped and made anew begin anew, but its table is another one.
        begin = (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
            " SELECT tableoid::int8, version FROM word_total LIMIT 1"
        )
        try:
            cursor = self.run(begin)
        except BaseException:
            if self.in_transaction:
                self.run("ROLLBACK")
            raise
        row = cursor.fetchone()
        self._version = None if row is None else (int(row[0]), int(row[1]))
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> "psycopg2.extensions.cursor":
        """As `Connection.executemany`; many rows are one message."""
        from psycopg2.extras import execute_batch

        if self._is_writing:
            for each in parameters:
                self._queue(translated(sql), named(each))
            return self.raw.cursor()
        with failing_as_one_line(self):
            cursor = self.raw.cursor()
            execute_batch(cursor, translated(sql), [named(each) for each in parameters], page_size=_AT_ONCE)
            return cursor

    def run(self, sql: str, parameters: Any = None) -> "psycopg2.extensions.cursor":
        """Run a statement of PostgreSQL, with parameters as the driver takes them, after those that wait."""
        with failing_as_one_line(self):
            cursor = self.raw.cursor()
            if self._queued:
                self._queue(sql, parameters)
                statements = b";".join(self._queued)
                self._queued.clear()
                self._n_queued_bytes = 0
                cursor.execute(statements)
            else:
                cursor.execute(sql, parameters)
            return cursor

    def wait_for_writer(self) -> None:
        """Wait a moment for the end of another writer's work; Ctrl-C and a request that is given up end it."""
        time.sleep(_LOCK_S)
        try:
            interruption.check()
        except interruption.GivenUp as error:
            raise interruption.reason() from error

    def _queue(self, sql: str, parameters: Any) -> None:
        """Keep a statement until the next one with a result, or the end: both are one message to the server."""
        with failing_as_one_line(self):
            self._queued.append(self.raw.cursor().mogrify(sql, parameters))
        self._n_queued_bytes += len(self._queued[-1])
        if self._n_queued_bytes > _MAX_QUEUED:
            self._n_queued_bytes = 0
            self.run("SELECT 1")

    def insert_many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run `INSERT ... VALUES %s ...` for many rows, hundreds in a statement."""
        from psycopg2.extras import execute_values

        if self._queued:
            self.run("SELECT 1")
        with failing_as_one_line(self):
            execute_values(self.raw.cursor(), sql, rows, page_size=500)

    def stream(self, sql: str, parameters: Any, n_rows: int) -> "StreamedRows":
        """Run a SELECT of SQLite's SQL inside a transaction; the server keeps all but some rows at a time."""
        name = f"stream_{os.urandom(4).hex()}"
        self.run(f"DECLARE {name} NO SCROLL CURSOR FOR {translated(sql)}", named(parameters))
        return StreamedRows(self, name, n_rows)

    def set_progress_handler(self, handler: object, steps: int) -> None:
        """Do nothing: no statement of a search takes long, and the server ends none before its time."""

    def close(self) -> None:
        """As `Connection.close`."""
        self.words.close()
        self.raw.close()


class StreamedRows:
    """The rows of a cursor of the server, which ends with its transaction."""

    def __init__(self, connection: PostgresConnection, name: str, n_rows: int) -> None:
        """Name the cursor, and the number of rows that are read at a time."""
        self._connection = connection
        self._name = name
        self._n_rows = n_rows

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return at most so many rows; none at the end."""
        rows: list[tuple[Any, ...]] = self._connection.run(f"FETCH {size:d} FROM {self._name}").fetchall()
        return rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield all rows."""
        while rows := self.fetchmany(self._n_rows):
            yield from rows


class failing_as_one_line:
    """Turn an error of the driver into a StoreError that says what to do."""

    def __init__(self, connection: PostgresConnection) -> None:
        """Set the connection of the block."""
        self._url = connection.url
        self._connection = connection

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Raise the StoreError.

        Raises:
            StoreError: The block failed with an error of the driver.
        """
        if error is None or isinstance(error, StoreError) or not isinstance(error, Exception):
            return
        import psycopg2
        import psycopg2.errors

        if not isinstance(error, psycopg2.Error):
            return
        what = first_line(error)
        if self._connection.is_lost or (error.pgcode or "").startswith(("08", "57P")):
            raise StoreError(
                f"the connection to {self._url} was lost ({what}): what was committed is safe; run the same command"
                " again"
            ) from error
        if isinstance(error, psycopg2.errors.InsufficientPrivilege):
            raise StoreError(
                f"{self._url} refuses this ({what}): let its owner grant the right, or name another user"
            ) from error
        # A check of another name is that of a partition.
        is_size = isinstance(error, psycopg2.errors.CheckViolation) and (
            error.diag.constraint_name or ""
        ).endswith("_sizes")
        if is_size or isinstance(error, psycopg2.errors.ProgramLimitExceeded):
            raise StoreError(
                f"{self._url} cannot hold this ({what}): shorten the name or the text, or name a folder with --index"
            ) from error
        if isinstance(error, psycopg2.errors.ReadOnlySqlTransaction):
            raise StoreError(
                f"{self._url} cannot be written ({what}): name its primary server, not a replica"
            ) from error
        raise StoreError(
            f"{self._url} cannot be used ({what}): earlier commits are safe; see the server's log"
        ) from error


def first_line(error: Exception) -> str:
    """Return the first line of an error of the driver; the rest quotes statements and hints."""
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def connect(url: DatabaseUrl) -> PostgresConnection:
    """Connect to a database; statements see no tables before `PostgresConnection.trust`.

    Raises:
        StoreError: The driver is missing, or the server cannot be reached or refuses.
    """
    try:
        import psycopg2
    except ImportError:
        raise StoreError(
            "an index in PostgreSQL needs its driver: install it with `pip install 'dupfind[postgres]'`"
        ) from None
    name = f"dupfind {os.getpid()}@{socket.gethostname()} {_command()}"[:63]
    try:
        raw = psycopg2.connect(
            url.dsn,
            connect_timeout=CONNECT_S,
            application_name=name,
            client_encoding="UTF8",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )
    except psycopg2.Error as error:
        raise StoreError(
            f"{url} cannot be reached ({first_line(error)}): check host, port, name, user and password of the URL"
        ) from error
    raw.autocommit = True
    connection = PostgresConnection(url, raw)
    try:
        _register_bytes(raw)
        # Until somebody has looked at the schema (`trust`), nothing but PostgreSQL's own is found by its name.
        connection.run(
            "SET search_path = ''; SET row_security = off;"
            # A machine that lost its power holds its lock no longer than this.
            " SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
            # A server that has this setting refuses a view that takes the place of a table later.
            " SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings"
            " WHERE name = 'restrict_nonsystem_relation_kind'"
        )
    except BaseException:
        connection.close()
        raise
    return connection


def _command() -> str:
    """Return the name of the running command without its arguments, which may hold a password."""
    program = Path(sys.argv[0]).name if sys.argv else ""
    is_ours = program in ("dupfind", "dupfind.exe", "__main__.py")
    return " ".join([program, *(word for word in sys.argv[1:2] if is_ours and word.isalpha())])


def _register_bytes(raw: "psycopg2.extensions.connection") -> None:
    """Let this connection return bytea as bytes, as SQLite returns a BLOB."""
    import psycopg2
    import psycopg2.extensions

    def as_bytes(value: Any, cursor: Any) -> bytes | None:
        view = psycopg2.BINARY(value, cursor)
        return None if view is None else bytes(view)

    psycopg2.extensions.register_type(
        psycopg2.extensions.new_type(psycopg2.BINARY.values, "BYTES", as_bytes), raw
    )
