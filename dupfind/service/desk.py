"""The desk: the index held open by a few threads, each with a Collection of its own, and asked from the event loop."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from dupfind.collection import DATABASE, Collection
from dupfind.encoders import Encoder
from dupfind.errors import StoreError

T = TypeVar("T")

N_THREADS = 2


class Desk:
    """What routes ask; a writer may change the index, or put another in its place, at any moment."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        """Open an index.

        Args:
            folder: The index.
            encoder: What encodes queries; None for the model that the index carries.

        Raises:
            StoreError: There is none, or it cannot be read.
        """
        self.folder = folder
        self._encoder = encoder
        self._lock = threading.Lock()
        self._free: list[tuple[Collection, _Identity]] = [self._open()]
        self._threads = ThreadPoolExecutor(N_THREADS, "desk")

    async def run(self, ask: Callable[[Collection], T]) -> T:
        """Ask a Collection, in a thread that has it for itself."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, ask)

    def close(self) -> None:
        """Wait for what is being asked, and close the index."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for collection, _ in self._free:
            collection.close()

    def _ask(self, ask: Callable[[Collection], T]) -> T:
        with self._lock:
            held = self._free.pop() if self._free else None
        held = self._open() if held is None else self._current(held)
        try:
            return ask(held[0])
        finally:
            with self._lock:
                self._free.append(held)

    def _current(self, held: "tuple[Collection, _Identity]") -> "tuple[Collection, _Identity]":
        """The same, or the index that has taken its place; while that is no index yet, the old one still answers."""
        if _identity(self.folder) in (None, held[1]):
            return held
        with suppress(StoreError):
            fresh = self._open()
            held[0].close()
            return fresh
        return held

    def _open(self) -> "tuple[Collection, _Identity]":
        identity = _identity(self.folder)
        collection = Collection.open(self.folder, encoder=self._encoder)
        return collection, identity


_Identity = tuple[int, int] | None
"""Which file the database is: its device and inode."""


def _identity(folder: Path) -> _Identity:
    try:
        found = os.stat(folder / DATABASE)
    except OSError:
        return None
    return found.st_dev, found.st_ino
