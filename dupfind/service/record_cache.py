"""An in-memory cache of the record facts that the ranking needs, shared by the threads of a server."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from dupfind.errors import StoreError
from dupfind.records import RecordHead, RecordName
from dupfind.search.record_facts import DuplicateLink, RecordFacts, StoredFacts
from dupfind.storage import duplicate_links
from dupfind.storage.connection import Connection
from dupfind.storage.record_head import HEAD_COLUMNS, record_head
from dupfind.storage.store import Store
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.comment_terms import CommentLists
from dupfind.text.terms import TermLists
from dupfind.vectors.base import RowIds

_log = logging.getLogger("dupfind")
_BLOCK_ROWS = 4096


class RecordTable:
    """Heads, terms and linked rows of the live records, at one state of the database.

    Attributes:
        boilerplate: The boilerplate of all sources.
        linked: Rows that a duplicate link joins to another record.
        has_comments: Whether there is a comment on any record.
    """

    def __init__(
        self,
        boilerplate: Boilerplate,
        heads: dict[int, RecordHead],
        linked: set[int],
        has_comments: bool,
        rows: RowIds,
        terms: TermLists,
    ) -> None:
        """Use `RecordTable.read`.

        Args:
            boilerplate: As the attribute.
            heads: The head of each live row.
            linked: As the attribute.
            has_comments: As the attribute.
            rows: (n,) rows that have terms, in order.
            terms: Terms of these rows, in the same order.
        """
        self.boilerplate = boilerplate
        self.linked = linked
        self.has_comments = has_comments
        self._heads = heads
        self._rows = rows
        self._terms = terms

    @classmethod
    def read(cls, store: Store) -> Self:
        """Read the table inside a read transaction; a second or two for 100,000 records.

        Raises:
            ValueError: The words of a text are damaged.
        """
        connection = store.connection
        heads = {
            row: record_head(row, (name, project, id), *cells)
            for row, name, project, id, *cells in connection.execute(
                f"SELECT row_id, name, project, r.id, {HEAD_COLUMNS} FROM record r"  # noqa: S608
                " JOIN source s ON s.id = source_id WHERE died IS NULL"
            )
        }
        has_comments = bool(store.one("SELECT EXISTS (SELECT 1 FROM comment_terms)"))
        return cls(store.boilerplate(), heads, _linked_rows(store), has_comments, *_terms(connection))

    def __len__(self) -> int:
        """Return the number of live records."""
        return len(self._heads)

    def heads(self, rows: Sequence[int]) -> list[RecordHead]:
        """Return the head of each row, in the order of the rows.

        Raises:
            KeyError: A row is not live.
        """
        return [self._heads[row] for row in rows]

    def terms(self, rows: RowIds) -> TermLists:
        """Return the terms of each row, in the order of the rows.

        Raises:
            KeyError: A row has no text.
        """
        places = np.searchsorted(self._rows, rows)  # (k,) int64
        # A row beyond the last has the place len(self._rows), which is none.
        if (places == len(self._rows)).any() or (self._rows[places] != rows).any():
            raise KeyError
        return self._terms.take(places)


@dataclass(frozen=True, slots=True)
class CachedFacts:
    """Record facts out of a table, in a transaction that sees the table's state of the database."""

    store: Store
    table: RecordTable

    def heads(self, row_ids: RowIds) -> list[RecordHead]:
        """As `RecordFacts.heads`."""
        return self._heads(row_ids.tolist())

    def names(self, row_ids: RowIds) -> list[RecordName]:
        """As `RecordFacts.names`."""
        return [head.name for head in self.heads(row_ids)]

    def terms(self, row_ids: RowIds) -> TermLists:
        """As `RecordFacts.terms`."""
        try:
            return self.table.terms(row_ids)
        except KeyError:
            raise StoreError(self._lost) from None

    def comments(self, row_ids: RowIds) -> CommentLists:
        """As `RecordFacts.comments`; the database is queried only where any record has a comment."""
        return self.store.comments(row_ids) if self.table.has_comments else CommentLists.none(len(row_ids))

    def links(self, row_ids: Sequence[int]) -> list[DuplicateLink]:
        """As `RecordFacts.links`; the database is queried for linked rows only."""
        return duplicate_links.around(self.store, [row for row in row_ids if row in self.table.linked])

    def canonicals(self) -> Mapping[int, int]:
        """As `RecordFacts.canonicals`."""
        return duplicate_links.links(self.store, lambda rows: self._heads(list(rows))).canonical_of

    def boilerplate(self) -> Boilerplate:
        """As `RecordFacts.boilerplate`."""
        return self.table.boilerplate

    def n_records(self) -> int:
        """As `RecordFacts.n_records`."""
        return len(self.table)

    def _heads(self, rows: Sequence[int]) -> list[RecordHead]:
        try:
            return self.table.heads(rows)
        except KeyError:
            raise StoreError(self._lost) from None

    @property
    def _lost(self) -> str:
        return (
            f"{self.store.path} has lost a record: see `dupfind doctor --read-data`, or move the folder away and"
            " index again"
        )


@dataclass(frozen=True, eq=False, slots=True)
class _State:
    """A state of the database that a reader has seen, with its table if that has been read."""

    table: RecordTable | None = None


class RecordCache:
    """The newest state of a database that any of its readers has seen; several threads share it."""

    def __init__(self, database: Path, threads: ThreadPoolExecutor) -> None:
        """Name the database and the threads that read tables; nothing is read yet."""
        self._database = database
        self._threads = threads
        self._lock = threading.Lock()
        self._reading: Future[None] | None = None
        self._failed: _State | None = None
        self.newest = _State()

    def renew(self, before: _State, after: _State) -> bool:
        """Replace a state by a newer one, unless another thread has replaced it; return whether it was replaced."""
        with self._lock:
            is_first = self.newest is before
            if is_first:
                self.newest = after
            return is_first

    def request(self) -> Future[None]:
        """Read the table in the background, unless that is under way; the future is done when the read is."""
        with self._lock:
            if self._reading is None or (self._reading.done() and self._failed is not self.newest):
                self._reading = self._threads.submit(self._read)
            return self._reading

    def _read(self) -> None:
        before = self.newest
        try:
            store = Store.open(self._database)
            try:
                with store.reading():
                    table = RecordTable.read(store)
                self.renew(before, _State(table))  # dropped if readers have seen a newer state meanwhile
            finally:
                store.close()
        except (StoreError, ValueError) as error:
            self._failed = before
            _log.warning("the facts for the ranking stay on disk: %s", error)


class CachedReader:
    """Begins the read transactions of one connection, with cached facts where the cache is of the same state.

    A transaction takes the newest state before it begins. If nothing was committed since the transaction that put
    a state of its own there, nothing was committed before the newest one was put there either: both see the same.
    """

    def __init__(self, store: Store, cache: RecordCache) -> None:
        """Share a cache; nothing may have been read through the store yet."""
        self.store = store
        self.cache = cache
        self._version: int | None = None
        # To a new connection its first transaction is a new state, even if other connections have seen it.
        with self.begin():
            pass

    @contextmanager
    def begin(self) -> Iterator[RecordFacts]:
        """Begin a read transaction, and give the facts of its moment."""
        before = self.cache.newest
        with self.store.reading():
            # SQLite changes it when another connection has committed, not after own commits.
            (version,) = self.store.connection.execute("PRAGMA data_version").fetchone()
            table: RecordTable | None = None
            if version == self._version:
                table = before.table
                if table is None:
                    self.cache.request()
            elif self.cache.renew(before, _State()):
                self._version = version
            yield StoredFacts(self.store) if table is None else CachedFacts(self.store, table)


def _linked_rows(store: Store) -> set[int]:
    pairs = store.connection.execute(
        "SELECT a.row_id, b.row_id FROM mark m"
        # SQLite never reorders a CROSS JOIN: the marks stay the outer loop.
        " CROSS JOIN record a ON a.row_id = m.row_id AND a.died IS NULL"
        " LEFT JOIN record b"
        " ON b.source_id = a.source_id AND b.project = m.project AND b.id = m.id AND b.died IS NULL"
    )
    linked = {row for pair in pairs for row in pair if row is not None}
    return linked | {row for pair in duplicate_links.pairs(store) for row in pair}


def _terms(connection: Connection) -> tuple[RowIds, TermLists]:
    """Read the rows that have terms, (n,) int64 in order, and their terms in the same order."""
    cursor = connection.execute("SELECT row_id, title, body, names FROM terms ORDER BY row_id")
    row_ids: list[int] = []
    blocks = [TermLists.of([])]  # `joined` needs at least one
    while rows := cursor.fetchmany(_BLOCK_ROWS):
        row_ids += [row_id for row_id, *_ in rows]
        blocks.append(TermLists.of_bytes([parts for _, *parts in rows]))
    return np.array(row_ids, dtype=np.int64), TermLists.joined(blocks)
