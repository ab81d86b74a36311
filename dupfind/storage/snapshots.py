"""Searches the live vectors of a collection through its snapshot files; the database alone is the truth."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from dupfind.errors import SnapshotDamaged, StoreError
from dupfind.storage.encoding import Encoding
from dupfind.storage.row_filter import Filter
from dupfind.storage.scan_files import ScanFiles
from dupfind.storage.snapshot_rows import Snapshot, vector_files, wrong_generations
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import iter_vectors, read_vectors
from dupfind.storage.vector_view import Hits, VectorView, View
from dupfind.vectors import flat
from dupfind.vectors.base import Mask, RowIds, VectorIndex, Vectors
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.scan import RescoredIndex, ScanIndex
from dupfind.vectors.scan_file import ScanFile
from dupfind.vectors.sets import is_met
from dupfind.vectors.snapshot_file import check_inside, is_intact

_NOT_USED = (
    "snapshot %s is not used (%s); results stay correct but slower until `dupfind index` writes a new one"
)

_log = logging.getLogger("dupfind")


@dataclass(slots=True)
class OpenSnapshot:
    """An open snapshot, or open segments, whose checksums are computed in another thread.

    Attributes:
        snapshots: The files, in the order of their rows.
        indexes: What is searched; of disjoint rows.
        wrong: The files whose checksums are wrong.
        files: The segments, as `snapshots`; () for a snapshot of all vectors.
    """

    snapshots: tuple[Snapshot, ...]
    indexes: tuple[VectorIndex | ScanIndex, ...]
    wrong: Future[list[Snapshot]]
    files: tuple[ScanFile, ...] = ()

    @property
    def max_row_id(self) -> int:
        """The highest row id that it covers."""
        return self.snapshots[-1].max_row_id

    def damaged(self) -> list[Snapshot]:
        """Return the files that are damaged; waits for their checksums."""
        of_codes = zip(self.snapshots, self.files, strict=False)
        return [*self.wrong.result(), *(snapshot for snapshot, file in of_codes if file.is_damaged)]


class OpenedVectors(Protocol):
    """The live vectors of a read transaction, for its first search."""

    @property
    def view(self) -> VectorView:
        """For more searches."""
        ...

    def begin(self, queries: Vectors, k: int, allowed: RowIds | None) -> Callable[[], list[Hits] | None]:
        """As `Opened.begin`."""
        ...


class VectorStore(Protocol):
    """The vectors of an index: snapshot files, or a table of a database."""

    def opened(self, store: Store, encoding: Encoding, row_filter: Filter | None = None) -> OpenedVectors:
        """As `Snapshots.opened`."""
        ...

    def nearest(
        self, store: Store, encoding: Encoding, queries: Vectors, k: int, allowed: RowIds | None = None
    ) -> tuple[VectorView, list[Hits]]:
        """As `Snapshots.nearest`."""
        ...


class Opened(NamedTuple):
    """A view that may use a snapshot whose checksum is not verified yet."""

    part: OpenSnapshot | None
    view: View

    def begin(self, queries: Vectors, k: int, allowed: RowIds | None) -> Callable[[], list[Hits] | None]:
        """Search without the database; the result reads from it what is left.

        Returns:
            Returns the hits, or None if the snapshot is damaged, since they are then worthless. It raises
            `StoreError` if a vector is damaged in the database.
        """
        is_found = True
        finish_search: Callable[[], list[Hits]] = list
        # A damaged file may make the search fail; its checksum decides whether that error counts.
        try:
            finish_search = self.view.begin(queries, k, allowed)
        except SnapshotDamaged:
            is_found = False
        except StoreError:
            if self._is_intact():
                raise

        def finish() -> list[Hits] | None:
            hits: list[Hits] = []
            try:
                if is_found and self._is_intact():
                    hits = finish_search()
            except StoreError:
                if self._is_intact():
                    raise
            return hits if is_found and self._is_intact() else None

        return finish

    def _is_intact(self) -> bool:
        return self.part is None or not self.part.damaged()


class Snapshots:
    """The folder of snapshots for one reader; the newest stays open between searches."""

    def __init__(self, folder: Path, pool: ThreadPoolExecutor) -> None:
        """Set the folder, and the threads that verify its files; nothing is opened yet."""
        self.folder = folder
        self._pool = pool
        self._open: OpenSnapshot | None = None
        self._rejected: set[str] = set()
        self._wrong: set[int] = set()
        self._files = ScanFiles(folder)

    def start(self, store: Store, encoding: Encoding) -> OpenSnapshot | None:
        """Open the newest snapshot that was not rejected, and start to verify its checksum in another thread.

        What a segment has that is missing or damaged is read from the database, once for all searches.
        """
        whole, segments = vector_files(store, encoding.id)
        named = tuple(segments)
        if named and (not whole or whole[0].max_row_id <= named[-1].max_row_id):
            if (
                self._open is None
                or self._open.snapshots != named
                or any(file.is_damaged for file in self._open.files)
            ):
                self._log_wrong_rows(store)
                files = self._files.opened(store, encoding, named, self._rejected, self.reject)
                indexes = [ScanIndex(list(group)) for _, group in groupby(files, lambda file: file.dim)]
                self._open = OpenSnapshot(
                    named, tuple(indexes), self._pool.submit(self._files.wrong, named), files
                )
            return self._open
        self._log_wrong_rows(store)
        for snapshot in whole:
            if snapshot.file.name in self._rejected:
                continue
            if self._open is not None and self._open.snapshots == (snapshot,):
                return self._open
            path = self.folder / snapshot.file.name
            try:
                check_inside(self.folder, snapshot.file.name)
                if path.stat().st_size != snapshot.file.bytes:
                    raise StoreError(f"{path} does not have the size it was written with")
                if snapshot.file.kind != flat.KIND:
                    raise StoreError(f"{path} is of another version of dupfind")
                index = FlatIndex.load(path)
                if len(index.row_ids) != snapshot.n_rows or index.dim != snapshot.dim:
                    raise StoreError(f"{path} does not have the shape that the database names")
            except (OSError, StoreError) as error:
                self.reject(snapshot, error)
                continue
            check = partial(_wrong, path, snapshot)
            self._open = OpenSnapshot((snapshot,), (index,), self._pool.submit(check))
            return self._open
        return None

    def nearest(
        self, store: Store, encoding: Encoding, queries: Vectors, k: int, allowed: RowIds | None = None
    ) -> tuple[View, list[Hits]]:
        """Return the live vectors of this read transaction, and the k nearest of them to each query.

        A snapshot is searched while its checksum is computed. If the checksum is wrong, the search runs again
        without that snapshot: damage costs time and changes no result.

        Args:
            store: In a read transaction.
            encoding: The current one.
            queries: (n, 2 * dim) float32 from `title_body.concat`.
            k: Number of neighbours.
            allowed: The rows that may be returned, in order; None for all.

        Returns:
            The view, for more searches, and for each query its hits, as `View.nearest`.
        """
        while True:  # ends, because every round rejects a snapshot
            opened = self.opened(store, encoding)
            hits = opened.begin(queries, k, allowed)()
            if hits is not None:
                return opened.view, hits
            assert opened.part is not None
            self._open = None
            for snapshot in opened.part.damaged():
                self.reject(snapshot, "its checksum is wrong")

    def opened(self, store: Store, encoding: Encoding, row_filter: Filter | None = None) -> "Opened":
        """Return the live vectors of this read transaction, for a first search that needs no database.

        Args:
            store: In a read transaction.
            encoding: The current one.
            row_filter: The filter of the searches, for vectors that lie in a database; here rows filter.
        """
        part = self.start(store, encoding)
        return Opened(part, _view(store, encoding, part))

    def reject(self, snapshot: Snapshot, why: object) -> None:
        """Stop using a snapshot, and log the reason."""
        self._rejected.add(snapshot.file.name)
        _log.warning(_NOT_USED, snapshot.generation, why)

    def _log_wrong_rows(self, store: Store) -> None:
        """Log the snapshots whose rows in the database are wrong, each once."""
        for generation in wrong_generations(store):
            if generation not in self._wrong:
                self._wrong.add(generation)
                _log.warning(_NOT_USED, generation, "its row in the database is damaged")


def _wrong(path: Path, snapshot: Snapshot) -> list[Snapshot]:
    return [] if is_intact(path, snapshot.file, quick=True) else [snapshot]


def _view(store: Store, encoding: Encoding, part: OpenSnapshot | None) -> View:
    parts: list[tuple[VectorIndex, Mask | None]] = []
    covered = 0
    if part is not None:
        covered = part.max_row_id
        deleted = store.deleted_rows(covered)
        for index in part.indexes:
            if isinstance(index, ScanIndex):
                index = RescoredIndex(
                    index, partial(read_vectors, store, encoding, index.dim != encoding.dim)
                )
            parts.append((index, _live(index, deleted)))
    tail = list(iter_vectors(store, encoding, after=covered))
    if tail:
        row_ids = np.concatenate([block[0] for block in tail])
        parts.append((FlatIndex(row_ids, np.concatenate([block[1] for block in tail])), None))
    return View(encoding, parts)


def _live(index: VectorIndex, deleted: RowIds) -> Mask | None:
    """(n,) bool, which rows of an index are live; None for all."""
    is_deleted = is_met(index.row_ids, deleted)
    return ~is_deleted if is_deleted.any() else None
