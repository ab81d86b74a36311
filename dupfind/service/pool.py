"""The desk: the index held open by a few threads, and asked from the event loop, several questions at a time."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dupfind.collection.collection import Collection
from dupfind.encoders.load import Encoder
from dupfind.errors import ModelError, StoreError, TextError
from dupfind.service.discovery import identity
from dupfind.service.responses import Refusal
from dupfind.service.shared_index import SearchRequest, SearchResponse, SharedCollection, SharedIndex
from dupfind.workspace.trust import require_self_contained

T = TypeVar("T")

N_THREADS = 2
"""While one thread orders hits in Python, another encodes or multiplies outside of it."""

TOGETHER = 16
"""Questions that are answered in one pass over the vectors."""


@dataclass(frozen=True, slots=True)
class _Index:
    """The index that is there, and the Collections of it that no thread uses just now."""

    identity: str | None
    warmth: SharedIndex
    free: list[SharedCollection] = field(default_factory=list)


Tell = Callable[[SearchRequest, Collection, dict[str, Any], SearchResponse], T]
"""What makes a document: of the question, the Collection, its summary and the answer."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question that nobody has taken yet."""

    wanted: SearchRequest
    tell: Tell[Any]
    answer: Future[Any]


class SearchPool:
    """What routes ask; a writer may change the index, or put another in its place, at any moment."""

    def __init__(
        self,
        folder: Path,
        encoder: Encoder | None = None,
        *,
        n_threads: int = N_THREADS,
        is_named: bool = True,
    ) -> None:
        """Open an index.

        Args:
            folder: The index.
            encoder: What encodes queries; None for the model that the index carries.
            n_threads: How many questions or passes are answered beside each other.
            is_named: Whether a person has named it; else nothing that takes its place may lead out of the folder.

        Raises:
            StoreError: There is none, or it cannot be read.
        """
        self.folder = folder
        self._encoder = encoder
        self._n_threads = n_threads
        self._is_named = is_named
        self._lock = threading.Lock()
        self._index = self._open()
        self._waiting: deque[_Waiting] = deque()
        self._threads = ThreadPoolExecutor(n_threads, "desk")

    def warm(self) -> None:
        """Read what the first question would wait for.

        Raises:
            ModelError: The index's model is gone.
        """
        self._ask(SharedCollection.warm, None)

    async def run(self, ask: Callable[[Collection], T], index: str | None = None) -> T:
        """Ask a Collection, in a thread that has it for itself.

        Args:
            ask: The question.
            index: The `resident.identity` of the database that is meant; None for the one that there is.

        Raises:
            Refusal: Another one is meant.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, ask, index)

    async def search(self, wanted: SearchRequest, tell: "Tell[T]") -> T:
        """Answer a question together with what else is waiting.

        Args:
            wanted: The question.
            tell: Makes the answer of it, in the thread that has the Collection.

        Raises:
            TextError: The question has no word in it.
        """
        answer: Future[T] = Future()
        self._waiting.append(_Waiting(wanted, tell, answer))
        self._threads.submit(self._answer_some)
        return await asyncio.wrap_future(answer)

    def close(self) -> None:
        """Wait for what is being asked, and close the index."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        _close(self._index)
        self._index.warmth.close()

    def _answer_some(self) -> None:
        taken: list[_Waiting] = []
        with suppress(IndexError):
            while len(taken) < TOGETHER:
                waiting = self._waiting.popleft()
                if waiting.answer.set_running_or_notify_cancel():
                    taken.append(waiting)
        if not taken:
            return  # another thread took them along
        try:
            self._ask(lambda collection: _answer(collection, taken), None)
        except BaseException as error:  # it belongs to those who wait
            for waiting in taken:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)

    def _ask(self, ask: Callable[[SharedCollection], T], index: str | None) -> T:
        held = self._current()
        if index not in (None, held.identity):
            raise Refusal(421, f"{self.folder} is another index than the one that is meant")
        with self._lock:
            collection = held.free.pop() if held.free else None
        collection = SharedCollection.of(held.warmth) if collection is None else collection
        try:
            try:
                return ask(collection)
            except ModelError:  # a rebuild takes the old model away as soon as the new one is in its place
                return ask(collection)
        finally:
            with self._lock:
                is_current = held is self._index
                if is_current:
                    held.free.append(collection)
            if not is_current:
                collection.close()

    def _current(self) -> _Index:
        """The index; where another has taken its place, that one, as soon as it can be read."""
        with self._lock:
            before = self._index
            if identity(self.folder) in (None, before.identity):
                return before
            try:
                self._index = self._open()
            except StoreError:
                return before
        _close(before)
        return self._index

    def _open(self) -> _Index:
        now = identity(self.folder)  # before it is opened: what takes its place meanwhile is noticed
        if not self._is_named:
            require_self_contained(self.folder)
        warmth = SharedIndex(self.folder, self._encoder)
        try:
            return _Index(now, warmth, [SharedCollection.of(warmth) for _ in range(self._n_threads)])
        except BaseException:
            warmth.close()
            raise


def _answer(collection: SharedCollection, taken: list[_Waiting]) -> None:
    found = collection.search_each([waiting.wanted for waiting in taken])
    summary = collection.summary()
    for waiting, answered in zip(taken, found, strict=True):
        if isinstance(answered, TextError):
            waiting.answer.set_exception(answered)
        else:
            waiting.answer.set_result(waiting.tell(waiting.wanted, collection, summary, answered))


def _close(index: _Index) -> None:
    """Close what no thread uses; a thread that uses one closes it, and the last one lets go of what they share."""
    while index.free:
        index.free.pop().close()
