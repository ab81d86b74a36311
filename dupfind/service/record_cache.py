"""The roster: what a ranking wants to know of all live records, in the memory of a process that is asked often."""

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from dupfind.errors import StoreError
from dupfind.records import RecordHead
from dupfind.storage.store import Store, moment
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.terms import TermLists
from dupfind.vectors.base import RowIds

_log = logging.getLogger("dupfind")
_BLOCK_ROWS = 4096


class RecordTable:
    """Nodes, terms and marks of the live records, as one state of a collection has them.

    Attributes:
        boilerplate: What was learned from all sources together.
    """

    def __init__(
        self,
        boilerplate: Boilerplate,
        nodes: dict[int, RecordHead],
        linked: set[int],
        rows: RowIds,
        terms: TermLists,
    ) -> None:
        """Use `RecordTable.read`.

        Args:
            boilerplate: As the attribute.
            heads: Of each live row.
            linked: The rows that a mark joins to another record.
            rows: (n,) that have terms, in order.
            terms: Of these rows.
        """
        self.boilerplate = boilerplate
        self._nodes = nodes
        self._linked = linked
        self._rows = rows
        self._terms = terms

    @classmethod
    def read(cls, store: Store) -> Self:
        """Read it from the database, inside a read transaction; a second or two for 100,000 records."""
        connection = store.connection
        nodes = {
            row: RecordHead(row, (name, project, id), state, moment(created))
            for row, name, project, id, state, created in connection.execute(
                "SELECT row_id, name, project, r.id, state, created FROM record r JOIN source s ON s.id = source_id"
                " WHERE died IS NULL"
            )
        }
        return cls(store.boilerplate(), nodes, _linked(connection), *_terms(connection))

    def __len__(self) -> int:
        """How many live records there are."""
        return len(self._nodes)

    def heads(self, rows: Sequence[int]) -> list[RecordHead]:
        """As `Store.nodes`.

        Raises:
            KeyError: A row is not live.
        """
        return [self._nodes[row] for row in rows]

    def terms(self, rows: RowIds) -> TermLists:
        """As `Store.terms`.

        Raises:
            KeyError: A row has no text.
        """
        places = np.searchsorted(self._rows, rows)
        if not len(self._rows) or not np.array_equal(self._rows.take(places, mode="clip"), rows):
            raise KeyError
        return self._terms.take(places)

    def linked(self, rows: Iterable[int]) -> list[int]:
        """As `Store.linked`."""
        return [row for row in rows if row in self._linked]


@dataclass(frozen=True, eq=False, slots=True)
class _State:
    """A state of the database that a reader has seen, with its roster where that has been read."""

    roster: RecordTable | None = None


class RecordCache:
    """The newest state of a database that any of its readers has seen; several threads share it."""

    def __init__(self, database: Path, beside: ThreadPoolExecutor) -> None:
        """Name the database, and the threads that read rosters; nothing is read yet."""
        self._database = database
        self._beside = beside
        self._lock = threading.Lock()
        self._reading: Future[None] | None = None
        self._failed: _State | None = None
        self.newest = _State()

    def renew(self, before: _State, after: _State) -> bool:
        """Put a state in another's place, unless a third has taken it meanwhile."""
        with self._lock:
            is_first = self.newest is before
            if is_first:
                self.newest = after
            return is_first

    def want(self) -> Future[None]:
        """See to it that the roster of a state from now on is read, and say when."""
        with self._lock:
            if self._reading is None or (self._reading.done() and self._failed is not self.newest):
                self._reading = self._beside.submit(self._read)
            return self._reading

    def _read(self) -> None:
        before = self.newest
        try:
            store = Store.open(self._database)
            try:
                with store.reading():
                    roster = RecordTable.read(store)
                self.renew(before, _State(roster))  # one that others have left behind is dropped
            finally:
                store.close()
        except (StoreError, ValueError) as error:
            self._failed = before
            _log.warning("what the ranking wants to know stays on disk: %s", error)


class CachedStore(Store):
    """A Store that answers from the roster in each transaction whose state is the roster's.

    A transaction takes the newest state before it begins. If nothing was committed since the transaction that put
    a state of its own there, nothing was committed before the newest one was put there either: both see the same.
    """

    record_cache: RecordCache
    _version: int | None = None
    _roster: RecordTable | None = None

    def follow(self, rosters: RecordCache) -> None:
        """Share rosters; to be called once, before anything is read."""
        self.record_cache = rosters
        with self.reading():  # the first of a connection is a new state to it, whatever others have seen
            pass

    @contextmanager
    def reading(self) -> Iterator[None]:
        """As `Store.reading`."""
        before = self.record_cache.newest
        with super().reading():
            (version,) = self.connection.execute("PRAGMA data_version").fetchone()
            if version == self._version:
                self._roster = before.roster
                if self._roster is None:
                    self.record_cache.want()
            elif self.record_cache.renew(before, _State()):
                self._version = version
            try:
                yield
            finally:
                self._roster = None

    @property
    def is_in_memory(self) -> bool:
        """Whether this transaction answers from a roster."""
        return self._roster is not None

    def heads(self, row_ids: Iterable[int]) -> list[RecordHead]:
        """As `Store.nodes`."""
        rows = [int(row_id) for row_id in row_ids]
        if self._roster is not None:
            with suppress(KeyError):
                return self._roster.heads(rows)
        return super().heads(rows)

    def terms(self, row_ids: Iterable[int]) -> TermLists:
        """As `Store.terms`."""
        rows = np.fromiter(row_ids, dtype=np.int64)
        if self._roster is not None:
            with suppress(KeyError):
                return self._roster.terms(rows)
        return super().terms(rows)

    def linked(self, row_ids: Iterable[int]) -> list[int]:
        """As `Store.linked`."""
        rows = super().linked(row_ids)
        return rows if self._roster is None else self._roster.linked(rows)

    def n_records(self) -> int:
        """As `Store.n_records`."""
        return super().n_records() if self._roster is None else len(self._roster)

    def boilerplate(self, source_id: int | None = None) -> Boilerplate:
        """As `Store.boilerplate`."""
        if self._roster is None or source_id is not None:
            return super().boilerplate(source_id)
        return self._roster.boilerplate


def _linked(connection: sqlite3.Connection) -> set[int]:
    rows = connection.execute(
        "SELECT a.row_id, b.row_id FROM mark m"
        " CROSS JOIN record a ON a.row_id = m.row_id AND a.died IS NULL"
        " LEFT JOIN record b"
        " ON b.source_id = a.source_id AND b.project = m.project AND b.id = m.id AND b.died IS NULL"
    )
    return {row for pair in rows for row in pair if row is not None}


def _terms(connection: sqlite3.Connection) -> tuple[RowIds, TermLists]:
    cursor = connection.execute("SELECT row_id, title, body, names FROM terms ORDER BY row_id")
    rows: list[int] = []
    blocks = [TermLists.of([])]
    while found := cursor.fetchmany(_BLOCK_ROWS):
        rows += [row for row, *_ in found]
        blocks.append(TermLists.of_bytes([parts for _, *parts in found]))
    return np.array(rows, dtype=np.int64), TermLists.joined(blocks)
