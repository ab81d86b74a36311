"""The parts of an open index that checks and reports read; `Collection` has them."""

from collections.abc import Mapping
from typing import Any, Protocol

from dupfind.search.pipeline import Searcher
from dupfind.storage.database_url import IndexPlace
from dupfind.storage.store import Store


class OpenIndex(Protocol):
    """An index that is open for reading."""

    @property
    def place(self) -> IndexPlace:
        """Its folder or URL, as messages name it."""
        ...

    @property
    def store(self) -> Store:
        """Its database."""
        ...

    @property
    def searcher(self) -> Searcher:
        """Searches it."""
        ...

    def summary(self) -> Mapping[str, Any]:
        """As `Collection.summary`."""
        ...

    def calibration(self) -> str | None:
        """As `Collection.calibration`."""
        ...
