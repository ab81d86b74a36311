"""A collection in a PostgreSQL database, which many machines share."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self

from dupfind.collection.collection import N_THREADS, Collection
from dupfind.collection.index_info import index_summary
from dupfind.collection.writable import WritableCollection
from dupfind.collection.writer_model import WriterModel, check_choice
from dupfind.encoders.load import Encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.model_store import cache_folder
from dupfind.postgresql import compaction, model_files, publish
from dupfind.postgresql.half_vectors import HalfVectors
from dupfind.postgresql.open_store import local_folder
from dupfind.postgresql.writer import PostgresStore, PostgresWriter, size_of
from dupfind.search import bm25
from dupfind.search.bm25 import WordHits
from dupfind.search.lexicon import Lexicon
from dupfind.search.pipeline import Searcher
from dupfind.search.query_model import FixedModel, QueryModel, QuickModel
from dupfind.search.record_facts import StoredFacts, begin_reading
from dupfind.search.retrieval import Retrieval
from dupfind.storage.compaction import Freed
from dupfind.storage.database_url import DatabaseUrl
from dupfind.storage.encoding import Encoding
from dupfind.storage.model_copy import check_model
from dupfind.storage.store import Store
from dupfind.text.indexed_words import IndexedWords


class SharedModel(QuickModel):
    """The index's own model, which the database or the user's cache has."""

    def __init__(self, store: Store, threads: ThreadPoolExecutor) -> None:
        """Name the database and the threads that hash; nothing is loaded yet."""
        super().__init__(cache_folder(), threads)
        self._store = store

    def _find(self, encoding: Encoding) -> ModelFolder:
        return model_files.shared_model(self._store, encoding)


@dataclass(frozen=True, slots=True)
class DatabaseModels:
    """The models of an index in a database, which has their files."""

    writer: PostgresWriter

    def find(self, encoding: Encoding) -> ModelFolder:
        """As `ModelFiles.find`; the files are copied into the user's cache where they are missing."""
        return model_files.shared_model(self.writer, encoding)

    def put(self, model: ModelFolder, *, is_copied: bool) -> str:
        """As `ModelFiles.put`; the database holds a copy in any case."""
        return model_files.put_model(self.writer, model)

    def drop(self, keep: Encoding) -> None:
        """As `ModelFiles.drop`."""
        model_files.drop_models(self.writer, keep)


class SharedCollection(Collection):
    """An index in a database that is open for reading."""

    store: PostgresStore

    @classmethod
    def connect(cls, url: DatabaseUrl, encoder: Encoder | None = None) -> Self:
        """Open an index for reading; as `Collection.open`."""
        store = PostgresStore.connect(url)
        try:
            if encoder is not None:
                with store.reading():
                    check_model(store.encoding(), encoder.name, encoder.fingerprint, url)
        except BaseException:
            store.close()
            raise
        threads = ThreadPoolExecutor(N_THREADS, "search")
        collection = cls(local_folder(url), store, database_searcher(url, store, encoder, threads), threads)
        collection.place = url
        return collection

    def _n_bytes(self) -> int:
        return self.store.n_bytes()

    def summary(self) -> dict[str, Any]:
        """As `Collection.summary`."""
        with self.store.reading():
            summary = self.store.cached(
                "summary", partial(index_summary, self.store, StoredFacts(self.store))
            )
        return dict(summary)

    def model(self) -> ModelFolder:
        """As `Collection.model`; it is copied into the user's cache first where it is missing."""
        with self.store.reading():
            return model_files.shared_model(self.store, self.store.encoding())


class SharedWritableCollection(WritableCollection):
    """An index in a database that may be written; one process at a time may write to each source."""

    store: PostgresWriter

    @classmethod
    def connect_to_write(
        cls, url: DatabaseUrl, model: str | None, encoder: Encoder | None, *, rebuild: bool
    ) -> Self:
        """Open an index for writing, and create its tables if they are missing; as `WritableCollection.create`."""
        writer = PostgresWriter.connect(url)
        try:
            if not rebuild:
                check_choice(writer, url, model, encoder)
        except BaseException:
            writer.close()
            raise
        threads = ThreadPoolExecutor(N_THREADS, "search")
        searcher = database_searcher(url, writer, encoder, threads)
        model_of_writer = WriterModel(
            writer, url, DatabaseModels(writer), searcher.retrieval.model, name=model, encoder=encoder
        )
        collection = cls(local_folder(url), writer, searcher, threads, model_of_writer)
        collection.place = url
        return collection

    def compact(self, *, clock: object = None) -> Freed:
        """As `WritableCollection.compact`, while no other process writes to any source.

        Raises:
            StoreLocked: Another process writes to the index.
            StoreError: The index is empty, or cannot be written.
        """
        self.store.encoding()
        return compaction.compact(self.store)

    def _n_bytes(self) -> int:
        return size_of(self.store.connection)

    def _publish(self, encoding: Encoding, now: datetime, tail_limit: int | None) -> None:
        publish.refresh(self.store, encoding, now, tail_limit=tail_limit)


def database_searcher(
    url: DatabaseUrl,
    store: Store,
    encoder: Encoder | None,
    threads: ThreadPoolExecutor,
    model: QueryModel | None = None,
) -> Searcher:
    """Compose the parts that read everything from a database.

    Args:
        url: The index, for messages.
        store: Its connection.
        encoder: Encodes queries; None for the index's own model.
        threads: Run the word search and hash files while the caller's thread encodes; at least two.
        model: Encodes queries where `encoder` is None; None for a model of this searcher alone.
    """
    return Searcher(
        url,
        store,
        partial(begin_reading, store),
        Retrieval(
            FixedModel(encoder) if encoder is not None else model or SharedModel(store, threads),
            HalfVectors(),
            partial(start_in_database, threads),
        ),
    )


def start_in_database(
    threads: ThreadPoolExecutor, lexicon: Lexicon, texts: Sequence[IndexedWords]
) -> Callable[[], list[WordHits]]:
    """Search the words of a database in another thread, while the caller's encodes."""
    return threads.submit(bm25.search, lexicon, texts).result
