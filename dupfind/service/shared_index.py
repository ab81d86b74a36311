"""One index in the memory of a server: readers on several threads share its model, vectors, words and record facts."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from dupfind.collection.collection import N_THREADS, Collection
from dupfind.encoders.load import Encoder, load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import DupfindError, StoreError
from dupfind.search.bm25 import Postings, WordHits, look_up, state
from dupfind.search.lexicon import Lexicon
from dupfind.search.lookup import Lookup
from dupfind.search.lookup_hits import LookupHits
from dupfind.search.match import SearchRequest
from dupfind.search.pipeline import Searcher
from dupfind.search.query_model import FixedModel, QueryModel, QuickModel
from dupfind.search.retrieval import Retrieval, StartWordSearch, start_on_disk
from dupfind.search.segmented_postings import SegmentedWordSearch
from dupfind.service.record_cache import CachedReader, RecordCache
from dupfind.storage.database import DATABASE
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import index_model, verify_model
from dupfind.storage.snapshot_rows import Snapshot, word_files
from dupfind.storage.snapshots import OpenSnapshot, Snapshots
from dupfind.storage.store import Store
from dupfind.storage.word_index import word_index
from dupfind.storage.word_segments import WordSegments
from dupfind.text.indexed_words import IndexedWords
from dupfind.vectors.bf16 import Bf16Index
from dupfind.vectors.flat import FlatIndex

MOST_IN_MEMORY = 200_000
"""Records whose postings are in the memory of a server, some 2 kB each; those of more are read from their files."""

_log = logging.getLogger("dupfind")


class SharedIndex:
    """The parts of one index that its readers share, each in memory once."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        """Name the index; nothing is read yet.

        Args:
            folder: The index.
            encoder: Encodes queries; None for the index's own copy of its model.
        """
        self.folder = folder
        self._encoder = encoder
        # One thread each for postings, record facts and checksums.
        self._threads = ThreadPoolExecutor(3, "shared")
        self.record_cache = RecordCache(folder / DATABASE, self._threads)
        self.postings = SharedPostings(folder / DATABASE, self._threads)
        self._word_search = SegmentedWordSearch(WordSegments(folder / "snapshots"))
        self._snapshots = _SharedSnapshots(folder / "snapshots", self._threads)
        self._bulk_snapshots: Snapshots = (
            _Bf16Snapshots(self._snapshots, self._threads) if _has_fast_bf16() else self._snapshots
        )
        self._bulk_model: QueryModel = (
            BulkModel(partial(index_model, folder)) if encoder is None else FixedModel(encoder)
        )

    def open_reader(self) -> "SharedReader":
        """Open the index for one more thread.

        Raises:
            StoreError: There is no index, or it cannot be read.
        """
        store = Store.open(self.folder / DATABASE)
        try:
            reader = CachedReader(store, self.record_cache)
        except BaseException:
            store.close()
            raise
        threads = ThreadPoolExecutor(N_THREADS, "search")
        exact = Searcher(
            self.folder,
            store,
            reader.begin,
            Retrieval(
                QuickModel(self.folder, threads) if self._encoder is None else FixedModel(self._encoder),
                self._snapshots,
                partial(self.postings.start, partial(start_on_disk, threads, self._word_search, store)),
                self.postings.look_up,
            ),
        )
        in_bulk = replace(exact.retrieval, model=self._bulk_model, snapshots=self._bulk_snapshots)
        bulk = replace(exact, retrieval=in_bulk)
        return SharedReader(self, Collection(self.folder, store, exact, threads), bulk)

    def close(self) -> None:
        """Wait for the reads that have begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class SharedReader:
    """An open shared index, for one thread at a time.

    Attributes:
        index: The shared parts.
        collection: Gives the same answers as a `Collection` in another process, to the last bit.
        bulk: Answers several queries at once, by the bulk engine and, on processors with bfloat16, by an index
            in that format; scores may differ from the collection's by .004.
    """

    index: SharedIndex
    collection: Collection
    bulk: Searcher

    @property
    def is_lost(self) -> bool:
        """Whether its database can be read no more; a file can."""
        return False

    def warm_up(self) -> None:
        """Read the parts that the first query would wait for; does nothing for an index without records.

        Raises:
            ModelError: The index's model is gone.
        """
        with suppress(StoreError):
            self.bulk.search_each([SearchRequest("warm")])
            is_cached = self.index.record_cache.request()  # runs while the postings are read
            with self.collection.store.reading():
                self.index.postings.read(self.collection.store)
            is_cached.result()

    def close(self) -> None:
        """Close the collection; the shared parts stay."""
        self.collection.close()


class BulkModel:
    """The index's model in the bulk engine, on one thread a call: several threads encode at the same time."""

    def __init__(self, find: Callable[[Encoding], ModelFolder]) -> None:
        """Set how the model of an encoding is found; nothing is loaded yet."""
        self._find = find
        self._lock = threading.Lock()
        self._loaded: tuple[Encoding, Encoder] | None = None

    def encoder(self, encoding: Encoding) -> Encoder:
        """As `QueryModel.encoder`; the files are verified before they are loaded.

        Raises:
            ModelError: The index's model is gone, or its files are not those that made the index.
        """
        with self._lock:
            if self._loaded is None or self._loaded[0] != encoding:
                model = self._find(encoding)
                verify_model(encoding, model)
                self._loaded = encoding, load_encoder(model, threads=1)
            return self._loaded[1]

    def verify(self, encoding: Encoding) -> None:
        """As `QueryModel.verify`; `encoder` has done so."""


class SharedPostings:
    """The postings of all words in memory; where they are out of date, words are searched on disk meanwhile."""

    def __init__(self, database: Path, threads: ThreadPoolExecutor) -> None:
        """Name the database and the threads that read postings; nothing is read yet."""
        self._database = database
        self._threads = threads
        self._lock = threading.Lock()
        self._postings: Postings | None = None
        self._is_reading = False

    def start(
        self, on_disk: StartWordSearch, lexicon: Lexicon, texts: Sequence[IndexedWords]
    ) -> Callable[[], list[WordHits]]:
        """Start a word search in memory, or on disk where memory has no postings of this moment.

        Args:
            on_disk: Starts a search on disk.
            lexicon: Of the present transaction.
            texts: The queries.
        """
        connection = lexicon.connection
        postings = self._current(state(connection))
        if postings is None:
            return on_disk(lexicon, texts)
        # A thread of its own would wait longer for Python's lock than this takes.
        return lambda: [postings.search(connection, text) for text in texts]

    def look_up(self, lexicon: Lexicon, looked_up: Lookup, is_exact: bool) -> LookupHits:
        """As the function `look_up`, from memory where it has the postings of this moment."""
        postings = self._current(state(lexicon.connection))
        if postings is None:
            return look_up(lexicon, looked_up, is_exact)
        return postings.look_up(lexicon.connection, looked_up, is_exact)

    def read(self, store: Store) -> None:
        """Read the postings of a store, inside a read transaction; those of a large index are left in its files."""
        n_rows, *_ = word_index(store.connection).totals()
        is_large = n_rows > MOST_IN_MEMORY and word_files(store, store.encoding().id)
        self._postings = None if is_large else Postings.read(store.connection)

    def _current(self, now: bytes) -> Postings | None:
        """Return the postings if they are of this state; else None, and postings that are older are read again."""
        with self._lock:
            if self._postings is not None and self._postings.state == now:
                return self._postings
            # `warm_up` reads the first postings.
            if self._postings is not None and not self._is_reading:
                self._is_reading = True
                self._threads.submit(self._read_again)
            return None

    def _read_again(self) -> None:
        try:
            store = Store.open(self._database)
            try:
                with store.reading():
                    self.read(store)
            finally:
                store.close()
        except DupfindError as error:
            _log.warning("the word search stays on disk: %s", error)
        finally:
            self._is_reading = False


class _SharedSnapshots(Snapshots):
    """Snapshots for several threads; the vectors are in memory once."""

    def __init__(self, folder: Path, threads: ThreadPoolExecutor) -> None:
        super().__init__(folder, threads)
        self._lock = threading.Lock()

    def start(self, store: Store, encoding: Encoding) -> OpenSnapshot | None:
        with self._lock:
            return super().start(store, encoding)


class _Bf16Snapshots(Snapshots):
    """The same snapshots, searched through a copy in bfloat16."""

    def __init__(self, whole: _SharedSnapshots, threads: ThreadPoolExecutor) -> None:
        super().__init__(whole.folder, threads)
        self._whole = whole
        self._lock = threading.Lock()
        self._converted: tuple[OpenSnapshot, OpenSnapshot] | None = None  # a part, and the same in bfloat16

    def start(self, store: Store, encoding: Encoding) -> OpenSnapshot | None:
        part = self._whole.start(store, encoding)
        if part is None or not isinstance(part.indexes[0], FlatIndex):
            return part
        with self._lock:
            if self._converted is None or self._converted[0] is not part:
                self._converted = part, replace(part, indexes=(Bf16Index(part.indexes[0]),))
            return self._converted[1]

    def reject(self, snapshot: Snapshot, why: object) -> None:
        self._whole.reject(snapshot, why)


def _has_fast_bf16() -> bool:
    """Return whether this processor searches a copy in bfloat16 faster."""
    if find_spec("torch") is None:
        return False
    from dupfind.encoders.devices import has_fast_bf16

    return has_fast_bf16()
