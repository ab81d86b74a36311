"""The facts about records that the ranking needs, and where they come from: the database, or memory in a server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from dupfind.records import RecordHead, RecordName
from dupfind.storage import duplicate_links
from dupfind.storage.store import Store
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.comment_terms import CommentLists
from dupfind.text.terms import TermLists
from dupfind.vectors.base import RowIds

DuplicateLink = tuple[RecordHead, RecordName, RecordHead | None]
"""The record that bears a link, its target's name, and the target where it is indexed."""


class RecordFacts(Protocol):
    """Facts about the live records at one moment; valid inside the read transaction that gave them."""

    def heads(self, row_ids: RowIds) -> list[RecordHead]:
        """Return name, state and creation time of each row, in the order of the rows.

        Raises:
            StoreError: A row does not exist.
        """
        ...

    def names(self, row_ids: RowIds) -> list[RecordName]:
        """Return source, project and id of each row, in the order of the rows.

        Raises:
            StoreError: A row does not exist.
        """
        ...

    def terms(self, row_ids: RowIds) -> TermLists:
        """Return words and names of each row's text, in the order of the rows.

        Raises:
            StoreError: A row has no text, or its words are damaged.
        """
        ...

    def comments(self, row_ids: RowIds) -> CommentLists:
        """Return words and times of the comments on each row, in the order of the rows.

        Raises:
            StoreError: The comments on a row are damaged.
        """
        ...

    def links(self, row_ids: Sequence[int]) -> list[DuplicateLink]:
        """Return the duplicate links that join these rows to clusters, as `duplicate_links.around`."""
        ...

    def canonicals(self) -> Mapping[int, int]:
        """Return the canonical row of each row that a tracker's duplicate links put into a cluster."""
        ...

    def boilerplate(self) -> Boilerplate:
        """Return the boilerplate of all sources."""
        ...

    def n_records(self) -> int:
        """Return the number of live records."""
        ...


BeginReading = Callable[[], AbstractContextManager[RecordFacts]]
"""Begin a read transaction, and give the facts of its moment."""


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """Record facts that are read from the database."""

    store: Store

    def heads(self, row_ids: RowIds) -> list[RecordHead]:
        """As `RecordFacts.heads`."""
        return self.store.heads(row_ids)

    def names(self, row_ids: RowIds) -> list[RecordName]:
        """As `RecordFacts.names`."""
        return self.store.names(row_ids)

    def terms(self, row_ids: RowIds) -> TermLists:
        """As `RecordFacts.terms`."""
        return self.store.terms(row_ids)

    def comments(self, row_ids: RowIds) -> CommentLists:
        """As `RecordFacts.comments`."""
        return self.store.comments(row_ids)

    def links(self, row_ids: Sequence[int]) -> list[DuplicateLink]:
        """As `RecordFacts.links`."""
        return duplicate_links.around(self.store, row_ids)

    def canonicals(self) -> Mapping[int, int]:
        """As `RecordFacts.canonicals`."""
        return duplicate_links.links(self.store).canonical_of

    def boilerplate(self) -> Boilerplate:
        """As `RecordFacts.boilerplate`."""
        return self.store.boilerplate()

    def n_records(self) -> int:
        """As `RecordFacts.n_records`."""
        return self.store.n_records()


@contextmanager
def begin_reading(store: Store) -> Iterator[RecordFacts]:
    """Begin a read transaction whose facts come from the database."""
    with store.reading():
        yield StoredFacts(store)
