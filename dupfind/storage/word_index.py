"""The interface of a word index: the words of every live record by field, as SQLite's FTS5 stems and counts them."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from dupfind.storage.connection import Connection
from dupfind.storage.fts_words import FtsWords, WordCounts
from dupfind.text.indexed_words import IndexedWords
from dupfind.vectors.base import RowIds


class WordIndex(Protocol):
    """Postings, lengths and words of comments; both stores have one, and give the same numbers."""

    def add(self, row_id: int, words: IndexedWords) -> None:
        """Insert the words of a row; inside a transaction of the writer."""
        ...

    def delete(self, row_ids: Sequence[int]) -> None:
        """Remove the words of rows; inside a transaction of the writer."""
        ...

    def clear(self) -> None:
        """Remove the words of all rows, but not those of their comments; inside a transaction of the writer."""
        ...

    def erase_deleted(self) -> None:
        """Overwrite what is left of deleted words; inside a transaction of the writer."""
        ...

    def add_comments(self, row_id: int, text: str) -> None:
        """Insert the words of the comments on a row, separated by spaces; inside a transaction of the writer."""
        ...

    def move_comments(self, old_id: int, row_id: int) -> None:
        """Give the words of the comments on a row to another row; inside a transaction of the writer."""
        ...

    def delete_comments(self, row_ids: Sequence[int]) -> None:
        """Remove the words of the comments on rows; inside a transaction of the writer."""
        ...

    def rows_with_comments(self, tokens: Sequence[str]) -> RowIds:
        """Return the rows with text on which the comments have all of some tokens, in order."""
        ...

    def titles_with(
        self, match: str, alternatives: Sequence[Sequence[str]], limit: int | None = None
    ) -> RowIds:
        """Return the rows whose titles match, in order.

        Args:
            match: A query of FTS5.
            alternatives: Lists of tokens; a title that matches has all tokens of one of them.
            limit: Rows that are returned, at most: the newest.
        """
        ...

    def stems(self, words: Sequence[str]) -> list[str | None]:
        """Return the stem of each token; None where FTS5 makes no word or several words of it."""
        ...

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """Return the number of rows with each stem, 0 for none."""
        ...

    def alike(self, stem: str) -> list[str]:
        """Return the stems that begin with the same letter and are at most two letters longer or shorter."""
        ...

    def occurrences(self, stems: Iterable[str] | None) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Yield stems, each once, with 8 * row id + column of their occurrences, in order of rows.

        Args:
            stems: Stems that records have; None for all.

        Raises:
            sqlite3.DatabaseError: The index is damaged.
        """
        ...

    def lengths(self) -> WordCounts:
        """Return the number of words of every row by column.

        Raises:
            sqlite3.DatabaseError: The index is damaged.
        """
        ...

    def totals(self) -> list[int]:
        """Return the number of rows, and the number of words in each of `fts_words.COLUMNS`."""
        ...

    def n_rows(self) -> int:
        """Return the number of rows."""
        ...

    def state(self) -> bytes:
        """Return a value that differs as soon as the words of any record differ."""
        ...


class _HasWords(Protocol):
    @property
    def words(self) -> WordIndex: ...


def word_index(connection: Connection) -> WordIndex:
    """Return the word index of a connection: FTS5 of SQLite's, or its own of another."""
    if isinstance(connection, sqlite3.Connection):
        return FtsWords(connection)
    return cast("_HasWords", connection).words
