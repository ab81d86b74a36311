"""A pool of threads that keep the index open and answer the routes, several queries in one pass."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from dupfind import interruption
from dupfind.collection.collection import Collection
from dupfind.encoders.load import Encoder
from dupfind.errors import ModelError, StoreError, TextError
from dupfind.search.match import SearchRequest, SearchResponse
from dupfind.search.pipeline import Searcher
from dupfind.service.database_index import DatabaseIndex
from dupfind.service.discovery import identity
from dupfind.service.responses import Refusal
from dupfind.service.shared_index import SharedIndex
from dupfind.storage.database_url import DatabaseUrl, IndexPlace
from dupfind.workspace.trust import require_self_contained

T = TypeVar("T")

N_THREADS = 2
"""While one thread ranks hits in Python, another encodes or multiplies outside of Python's lock."""

TOGETHER = 16
"""Queries that are answered in one pass over the vectors, at most."""


class _Reader(Protocol):
    """An open index, for one thread at a time: `SharedReader` or `DatabaseReader`."""

    @property
    def collection(self) -> Collection: ...

    @property
    def bulk(self) -> Searcher: ...

    @property
    def is_lost(self) -> bool: ...

    def warm_up(self) -> None: ...

    def close(self) -> None: ...


class _Shared(Protocol):
    """What the readers of an index share: `SharedIndex` or `DatabaseIndex`."""

    def open_reader(self) -> _Reader: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _OpenIndex:
    """The index in the folder, and its readers that no thread uses at the moment."""

    identity: str | None
    shared: _Shared
    free: list[_Reader] = field(default_factory=list)


Document = Callable[[SearchRequest, dict[str, Any], SearchResponse], T]
"""Makes the answer's document from the request, the index's summary, and the response."""


@dataclass(frozen=True, slots=True)
class _QueuedQuery:
    """A query that no thread has taken yet."""

    request: SearchRequest
    document: Document[Any]
    answer: Future[Any]
    is_given_up: threading.Event = field(default_factory=threading.Event)


class SearchPool:
    """Threads that read one index for the routes; a writer may change or replace the index at any moment."""

    def __init__(
        self,
        folder: IndexPlace,
        encoder: Encoder | None = None,
        *,
        n_threads: int = N_THREADS,
        is_named: bool = True,
    ) -> None:
        """Open an index.

        Args:
            folder: The index, or the URL of its database.
            encoder: Encodes queries; None for the index's own copy of its model.
            n_threads: Number of calls or passes that run at the same time.
            is_named: Whether a person named the folder; else an index that replaces it must be self-contained.

        Raises:
            StoreError: There is no index, or it cannot be read.
        """
        self.folder = folder
        self._encoder = encoder
        self._n_threads = n_threads
        self._is_named = is_named
        self._lock = threading.Lock()
        self._index = self._open()
        self._queue: deque[_QueuedQuery] = deque()
        self._threads = ThreadPoolExecutor(n_threads, "pool")
        self._health = ThreadPoolExecutor(1, "health")  # it answers while all other threads are busy
        self._is_closing = False

    def warm(self) -> None:
        """Read the parts that the first query would wait for.

        Raises:
            ModelError: The index's model is gone.
        """
        self._with_reader(lambda reader: reader.warm_up(), None, lambda: False)

    async def run(self, call: Callable[[Collection], T], index: str | None = None) -> T:
        """Call a function with a Collection, in a thread that has the Collection to itself.

        If this coroutine is cancelled, as at the time limit of a request, the call ends at its next stage.

        Args:
            call: The function.
            index: The `discovery.identity` of the database that the client means; None for the current one.

        Raises:
            Refusal: The current index is another one.
        """
        return await self._run(self._threads, lambda reader: call(reader.collection), index)

    async def summary(self) -> dict[str, Any]:
        """Return `Collection.summary`, without waiting for the other calls."""
        return await self._run(self._health, lambda reader: reader.collection.summary(), None)

    async def search(self, request: SearchRequest, document: "Document[T]") -> T:
        """Answer a query together with others that are in the queue.

        Args:
            request: The query.
            document: Makes the result; called in a thread of the pool.

        Raises:
            TextError: The query has no word.
        """
        answer: Future[T] = Future()
        query = _QueuedQuery(request, document, answer)
        self._queue.append(query)
        # One task for each query: a pass takes at most TOGETHER of them.
        self._threads.submit(self._answer_some)
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            query.is_given_up.set()
            raise

    def close(self) -> None:
        """Give the calls up that have begun, wait until each comes to its next stage, and close the index."""
        self._is_closing = True
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._health.shutdown(wait=True, cancel_futures=True)
        _close_free(self._index)
        self._index.shared.close()

    def _answer_some(self) -> None:
        queries: list[_QueuedQuery] = []
        with suppress(IndexError):
            while len(queries) < TOGETHER:
                query = self._queue.popleft()
                if query.answer.set_running_or_notify_cancel():  # False: cancelled, as at its time limit
                    queries.append(query)
        if not queries:
            return  # another thread has taken them with its own
        try:
            self._with_reader(
                lambda reader: _answer(reader, queries),
                None,
                lambda: all(query.is_given_up.is_set() for query in queries),
            )
        except BaseException as error:  # raised again in the coroutines that wait for the answers
            for query in queries:
                if not query.answer.done():
                    query.answer.set_exception(error)

    async def _run(self, threads: ThreadPoolExecutor, call: Callable[[_Reader], T], index: str | None) -> T:
        is_given_up = threading.Event()
        running = asyncio.get_running_loop().run_in_executor(
            threads, self._with_reader, call, index, is_given_up.is_set
        )
        try:
            return await running
        except asyncio.CancelledError:
            is_given_up.set()
            raise

    def _with_reader(
        self, call: Callable[[_Reader], T], index: str | None, is_given_up: Callable[[], bool]
    ) -> T:
        current = self._current()
        if index not in (None, current.identity):
            # Misdirected Request: the command then opens its index itself.
            raise Refusal(421, f"{self.folder} is another index than the one that is meant")
        with self._lock:
            reader = current.free.pop() if current.free else None
        reader = current.shared.open_reader() if reader is None else reader
        try:
            connection = reader.collection.store.connection
            with interruption.working(connection, lambda: self._is_closing or is_given_up()):
                try:
                    return call(reader)
                except ModelError:  # a rebuild deletes the old model as soon as the new one is in use
                    return call(reader)
                except StoreError:
                    if not reader.is_lost:
                        raise
            # The database was restarted, or another server has taken over: all that was read is read again.
            reader.close()
            reader = current.shared.open_reader()
            with interruption.working(
                reader.collection.store.connection, lambda: self._is_closing or is_given_up()
            ):
                return call(reader)
        finally:
            with self._lock:
                is_current = current is self._index and not reader.is_lost
                if is_current:
                    current.free.append(reader)
            if not is_current:
                reader.close()

    def _current(self) -> _OpenIndex:
        """Return the open index; opens the index that has replaced it, as soon as that can be read."""
        with self._lock:
            before = self._index
            # None: no database there now, so the open one stays in use
            if isinstance(self.folder, DatabaseUrl) or identity(self.folder) in (None, before.identity):
                return before
            try:
                self._index = self._open()
            except StoreError:
                return before
        _close_free(before)
        return self._index

    def _open(self) -> _OpenIndex:
        shared: _Shared
        if isinstance(self.folder, DatabaseUrl):
            now, shared = None, DatabaseIndex(self.folder, self._encoder)
        else:
            # Read first, so that an index that replaces this one meanwhile is noticed.
            now = identity(self.folder)
            if not self._is_named:
                require_self_contained(self.folder)
            shared = SharedIndex(self.folder, self._encoder)
        try:
            return _OpenIndex(now, shared, [shared.open_reader() for _ in range(self._n_threads)])
        except BaseException:
            shared.close()
            raise


def _answer(reader: _Reader, queries: list[_QueuedQuery]) -> None:
    responses = reader.bulk.search_each([query.request for query in queries])
    summary = reader.collection.summary()
    for query, response in zip(queries, responses, strict=True):
        if isinstance(response, TextError):
            query.answer.set_exception(response)
        else:
            query.answer.set_result(query.document(query.request, summary, response))


def _close_free(index: _OpenIndex) -> None:
    """Close the readers that no thread uses; a thread that uses one closes it afterwards."""
    with suppress(IndexError):  # another thread may take the last reader at any moment
        while True:
            index.free.pop().close()
