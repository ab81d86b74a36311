"""Reads and writes an index in PostgreSQL by the statements of `storage`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar

from dupfind.errors import StoreError, StoreLocked
from dupfind.postgresql import schema
from dupfind.postgresql.connection import PostgresConnection
from dupfind.postgresql.publish import graph_name, half_text
from dupfind.records import Ref
from dupfind.storage import hidden_rows
from dupfind.storage.database_url import DatabaseUrl
from dupfind.storage.encoding import Encoding
from dupfind.storage.hidden_rows import Aliases
from dupfind.storage.record_rows import Entry, StoredRecord
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import read_vectors
from dupfind.storage.writer import Writer
from dupfind.text.boilerplate import Boilerplate
from dupfind.vectors.base import RowIds, Vectors

T = TypeVar("T")

_BLOCK_ROWS = 2_048
MAX_NAME = 1_000
"""Bytes of project and id of a record together; the server's indexes take 2,704 for the names of a pair."""

_NAMED = 60  # characters of a name in a message
_INDEX = 0
"""The key of the lock that a rebuild has for itself, and every run shares; those of sources are their ids."""
_SHOWN = -1
"""The key of the lock of the one who shows and hides rows of several sources; who begins a run waits for its end."""


class CachingStore(Store):
    """A Store that caches what each query needs, until a writer has committed anything."""

    connection: PostgresConnection

    def cached(self, name: object, load: Callable[[], T]) -> T:
        """As `Store.cached`."""
        return self.connection.cached(name, load)

    def version(self) -> object:
        """As `Store.version`."""
        return self.connection.version

    def encoding(self) -> Encoding:
        """As `Store.encoding`."""
        return self.cached("encoding", super().encoding)

    def boilerplate(self, source_id: int | None = None) -> Boilerplate:
        """As `Store.boilerplate`."""
        return self.cached(("boilerplate", source_id), partial(super().boilerplate, source_id))

    def aliases(self) -> Aliases:
        """As `Store.aliases`."""
        return self.cached("aliases", partial(hidden_rows.aliases, self))


class PostgresStore(CachingStore):
    """Read access to an index in PostgreSQL."""

    @classmethod
    def connect(cls, url: DatabaseUrl) -> Self:
        """Open an index for reading.

        Raises:
            StoreError: The server cannot be reached, or has no index of this revision there.
        """
        return cls(url, schema.open_schema(url))

    def stream(self, statement: str, values: Sequence[Any]) -> Any:
        """As `Store.stream`."""
        return self.connection.stream(statement, values, _BLOCK_ROWS)

    def open_writer(self) -> Writer:
        """As `Store.open_writer`."""
        assert isinstance(self.path, DatabaseUrl)
        return PostgresWriter.connect(self.path)

    def n_bytes(self) -> int:
        """Return the size of the tables with their indexes."""
        return size_of(self.connection)


class PostgresWriter(CachingStore, Writer):
    """Write access to an index in PostgreSQL; several may exist, each for other sources."""

    is_alone = False

    def __init__(
        self, path: DatabaseUrl, connection: PostgresConnection, unlock: Callable[[], None] = lambda: None
    ) -> None:
        """Wrap a connection; the server releases its locks when it is closed."""
        super().__init__(path, connection, unlock)
        self._new_vectors: dict[int, list[int]] = {}  # rows by encoding, in the present transaction
        self._held: set[int] = set()  # sources

    @classmethod
    def connect(cls, url: DatabaseUrl) -> Self:
        """Create or upgrade the tables, and open the index for writing.

        Raises:
            StoreLocked: Another process encodes all of it again.
            StoreError: The server cannot be reached, or refuses.
        """
        schema.upgrade(url)
        connection = schema.open_schema(url)
        try:
            writer = cls(url, connection)
            writer._lock(_INDEX, "shared")
        except BaseException:
            connection.close()
            raise
        return writer

    @contextmanager
    def changing(self) -> Iterator[None]:
        """As `Writer.changing`; the half vectors of new rows are written at its end."""
        self._new_vectors.clear()
        with super().changing():
            yield
            for encoding_id, rows in self._new_vectors.items():
                self.add_halves(encoding_id, self._with_vectors(encoding_id, rows))
        self._new_vectors.clear()

    def missing_embeddings(self, encoding_id: int, fingerprints: Iterable[str]) -> list[str]:
        """As `Writer.missing_embeddings`, in one statement."""
        wanted = list(fingerprints)
        rows = self.connection.execute(
            "SELECT fingerprint FROM embedding WHERE encoding_id = ? AND fingerprint = ANY(?)",
            (encoding_id, wanted),
        ).fetchall()
        present = {fingerprint for (fingerprint,) in rows}
        return [fingerprint for fingerprint in wanted if fingerprint not in present]

    def write(
        self,
        source_id: int,
        encoding_id: int,
        entries: Sequence[tuple[Entry, StoredRecord | None]],
        vectors: Mapping[str, Vectors],
        now: datetime,
    ) -> None:
        """As `Writer.write`.

        Raises:
            StoreError: As there; or a name is longer than an index of the server takes. Nothing was written.
        """
        for entry, _ in entries:
            self._check_length(entry.record.id, entry.record.ref)
            for ref in entry.record.duplicate_of:
                self._check_length(entry.record.id, ref)
        super().write(source_id, encoding_id, entries, vectors, now)

    def lock_source(self, source_id: int) -> None:
        """As `Writer.lock_source`.

        Raises:
            StoreLocked: Another process writes to the source.
        """
        if source_id in self._held:
            return
        with self._waiting_for(_SHOWN, is_shared=True):  # its holder has each source for a moment
            self._lock(source_id, "source")
        self._held.add(source_id)

    @contextmanager
    def releasing(self) -> Iterator[None]:
        """As `Writer.releasing`."""
        try:
            yield
        finally:
            self._release()

    @contextmanager
    def showing(self) -> Iterator[Set[int]]:
        """As `Writer.showing`.

        This writer first releases its own sources: of two that end at once, the second one has those of both. So
        rows of a source change only by a writer that holds its lock.
        """
        self._release()
        with self._waiting_for(_SHOWN), self.releasing():
            schema, _ = self._key(_SHOWN)
            rows = self.connection.run(
                "SELECT id, pg_try_advisory_lock(%s, id::integer) FROM source", (schema,)
            ).fetchall()
            self._held |= {source_id for source_id, is_held in rows if is_held}
            yield frozenset(self._held)

    def lock_all_sources(self) -> None:
        """As `Writer.lock_all_sources`.

        Raises:
            StoreLocked: Another process writes to the index.
        """
        self.connection.run("SELECT pg_advisory_unlock_shared(%s, %s)", self._key(_INDEX))
        self._lock(_INDEX, "all")

    def vector_added(self, encoding_id: int, row_id: int) -> None:
        """As `Writer.vector_added`."""
        self._new_vectors.setdefault(encoding_id, []).append(row_id)

    def rows_deleted(self, row_ids: Sequence[int]) -> None:
        """As `Writer.rows_deleted`."""
        self.connection.run("DELETE FROM half_vector WHERE row_id = ANY(%s)", (list(row_ids),))

    def add_halves(self, encoding_id: int, row_ids: RowIds) -> None:
        """Store the half vectors of live rows; inside a transaction."""
        encoding = self.encoding_by_id(encoding_id)
        for start in range(0, len(row_ids), _BLOCK_ROWS):
            part = row_ids[start : start + _BLOCK_ROWS]
            vectors = read_vectors(self, encoding, True, part)
            self.connection.insert_many(
                "INSERT INTO half_vector (encoding_id, row_id, vector) VALUES %s"
                " ON CONFLICT (encoding_id, row_id) DO UPDATE SET vector = excluded.vector",
                (
                    (encoding_id, row, half_text(vector))
                    for row, vector in zip(part.tolist(), vectors, strict=True)
                ),
            )

    def overwrite_deleted(self) -> None:
        """Do nothing: `empty_log` lets the server reuse the space of deleted texts."""

    def empty_log(self) -> None:
        """Free the space of deleted texts and words; the server's log and backups are its owner's matter."""
        self.connection.run(
            "VACUUM record, composed, terms, lines, posting, row_stems, word_length, comment_words, comment_terms,"
            " half_vector, boilerplate"
        )

    def analyze(self) -> None:
        """Let the server count rows, so that it plans its searches well."""
        self.connection.run("ANALYZE record, vector, half_vector, posting, embedding")

    def stream(self, statement: str, values: Sequence[Any]) -> Any:
        """As `Store.stream`."""
        if not self.connection.in_transaction:
            return self.connection.execute(statement, values)
        return self.connection.stream(statement, values, _BLOCK_ROWS)

    def _drop_encoding(self, encoding_id: int) -> None:
        self.connection.run(f"DROP INDEX IF EXISTS {graph_name(encoding_id)}")
        self.connection.run("DELETE FROM half_vector WHERE encoding_id = %s", (encoding_id,))
        super()._drop_encoding(encoding_id)

    def _with_vectors(self, encoding_id: int, rows: Sequence[int]) -> RowIds:
        return self.ids(
            "SELECT v.row_id FROM vector v JOIN record r ON r.row_id = v.row_id"
            " WHERE encoding_id = ? AND v.row_id = ANY(?) AND died IS NULL",
            (encoding_id, list(rows)),
        )

    def _check_length(self, id: str, ref: Ref) -> None:
        n_bytes = len((ref.project or "").encode()) + len(ref.id.encode())
        if n_bytes > MAX_NAME:
            what = (
                "its project and id have" if ref.id == id else f"a mark on it names {ref.id[:_NAMED]!r} with"
            )
            raise StoreError(
                f"{self.path} cannot hold the record {id[:_NAMED]!r}: {what} {n_bytes:,} bytes, and at most"
                f" {MAX_NAME:,} go into a database: shorten them, or name a folder with --index"
            )

    def _key(self, key: int) -> tuple[int, int]:
        """Return the two keys of an advisory lock: one of the schema, and one in it."""
        row = self.connection.run("SELECT hashtext('dupfind ' || current_schema())").fetchone()
        assert row is not None
        return int(row[0]), key

    def _release(self) -> None:
        """Release the locks of sources; a lost connection has none."""
        if self._held and not self.connection.is_lost:
            schema, _ = self._key(_INDEX)
            self.connection.run(
                "SELECT pg_advisory_unlock(%s, id) FROM unnest(%s) AS held (id)", (schema, sorted(self._held))
            )
        self._held.clear()

    @contextmanager
    def _waiting_for(self, key: int, *, is_shared: bool = False) -> Iterator[None]:
        """Wait for a lock, and hold it in a block."""
        kind = "_shared" if is_shared else ""
        keys = self._key(key)
        while self.connection.run(f"SELECT pg_try_advisory_lock{kind}(%s, %s)", keys).fetchone() != (True,):
            self.connection.wait_for_writer()
        try:
            yield
        finally:
            if not self.connection.is_lost:
                self.connection.run(f"SELECT pg_advisory_unlock{kind}(%s, %s)", keys)

    def _lock(self, key: int, kind: str) -> None:
        function = "pg_try_advisory_lock_shared" if kind == "shared" else "pg_try_advisory_lock"
        keys = self._key(key)
        row = self.connection.run(f"SELECT {function}(%s, %s)", keys).fetchone()
        if row != (True,):
            what = "a source of " if kind == "source" else ""
            raise StoreLocked(
                f"{what}{self.path} is being written by {self._holder(keys)}: wait for it to end, or stop it"
            )

    def _holder(self, keys: tuple[int, int]) -> str:
        row = self.connection.run(
            "SELECT application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND l.objsubid = 2 AND a.pid <> pg_backend_pid()"
            " AND l.classid::bigint = %s::bigint & 4294967295 AND l.objid::bigint = %s::bigint & 4294967295 LIMIT 1",
            keys,
        ).fetchone()
        return "another process" if row is None or not row[0] else str(row[0])


def size_of(connection: PostgresConnection) -> int:
    """Return the size of the tables of an index with their indexes, in bytes."""
    row = connection.run(
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema()::text)"
    ).fetchone()
    return 0 if row is None else int(row[0])
