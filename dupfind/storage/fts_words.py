"""The word index in SQLite: two tables of FTS5 in the collection's database.

FTS5 gives its postings by tables of the module fts5vocab, and the lengths of rows by its own tables, whose form is
documented. Postings of a word are read as one value, so that Python sees few of them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.storage.fts5_terms import terms_of
from dupfind.text.indexed_words import IndexedWords
from dupfind.vectors.base import RowIds

COLUMNS = ("title", "body", "rest", "names", "trace")
"""The columns of the table `words`."""

DAMAGED = "the lists of words are damaged"
CODED = (
    "group_concat(8 * doc + CASE col WHEN 'title' THEN 0 WHEN 'body' THEN 1 WHEN 'rest' THEN 2 WHEN 'names' THEN 3"
    " ELSE 4 END)"
)
"""All occurrences of a stem in a table `instance` of fts5vocab: 8 * row id + place in `COLUMNS`."""

_MAX_BYTES = 4  # of the varint of a number of words
_AVERAGES = 1  # id of the block in which FTS5 counts its rows and the words of each column
_STATE = (1, 10)  # ids of the blocks in which FTS5 keeps its totals and the list of its segments


class WordCounts(NamedTuple):
    """The rows of a word index in order, (n,), and their number of words in each of `COLUMNS`, (n, 5)."""

    row_ids: RowIds
    counts: NDArray[np.int64]


class FtsWords:
    """The tables `words` and `comment_words` of a database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use a connection."""
        self._connection = connection

    def add(self, row_id: int, words: IndexedWords) -> None:
        """As `WordIndex.add`."""
        self._connection.execute(
            "INSERT INTO words (rowid, title, body, rest, names, trace) VALUES (?, ?, ?, ?, ?, ?)",
            (row_id, words.title, words.body, words.rest, words.names, words.trace),
        )

    def delete(self, row_ids: Sequence[int]) -> None:
        """As `WordIndex.delete`."""
        self._connection.executemany("DELETE FROM words WHERE rowid = ?", ((row,) for row in row_ids))

    def clear(self) -> None:
        """As `WordIndex.clear`."""
        self._connection.execute("DELETE FROM words")

    def erase_deleted(self) -> None:
        """As `WordIndex.erase_deleted`: deleted words stay until the parts of the index are joined."""
        for table in ("words", "comment_words"):
            self._connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608

    def add_comments(self, row_id: int, text: str) -> None:
        """As `WordIndex.add_comments`."""
        self._connection.execute("INSERT INTO comment_words (rowid, text) VALUES (?, ?)", (row_id, text))

    def move_comments(self, old_id: int, row_id: int) -> None:
        """As `WordIndex.move_comments`."""
        self._connection.execute(
            "INSERT INTO comment_words (rowid, text) SELECT ?, text FROM comment_words WHERE rowid = ?",
            (row_id, old_id),
        )
        self.delete_comments([old_id])

    def delete_comments(self, row_ids: Sequence[int]) -> None:
        """As `WordIndex.delete_comments`."""
        self._connection.executemany("DELETE FROM comment_words WHERE rowid = ?", ((row,) for row in row_ids))

    def rows_with_comments(self, tokens: Sequence[str]) -> RowIds:
        """As `WordIndex.rows_with_comments`."""
        # Tokens are letters and digits, so that none ends its quotation marks.
        query = " ".join(f'"{token}"' for token in tokens)
        rows = self._connection.execute(
            "SELECT rowid FROM comment_words WHERE comment_words MATCH ?"
            # A record without a word in its text is no hit.
            " AND EXISTS (SELECT 1 FROM terms WHERE row_id = comment_words.rowid) ORDER BY rowid",
            (query,),
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def titles_with(
        self, match: str, alternatives: Sequence[Sequence[str]], limit: int | None = None
    ) -> RowIds:
        """As `WordIndex.titles_with`."""
        rows = self._connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?",
            (f"title : ({match})", -1 if limit is None else limit),
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)[::-1]

    def stems(self, words: Sequence[str]) -> list[str | None]:
        """As `WordIndex.stems`."""
        return [each[0] if len(each) == 1 else None for each in terms_of(self._connection, words)]

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """As `WordIndex.frequencies`."""
        self._create_frequency()
        found = {}
        for stem in stems:
            # In fts5vocab's `row` type, doc is the number of rows with the term.
            row = self._connection.execute(
                "SELECT doc FROM temp.frequency WHERE term = ?", (stem,)
            ).fetchone()
            found[stem] = 0 if row is None else row[0]
        return found

    def alike(self, stem: str) -> list[str]:
        """As `WordIndex.alike`."""
        self._create_frequency()
        rows = self._connection.execute(
            "SELECT term FROM temp.frequency WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?",
            (stem[0], f"{stem[0]}\U0010ffff", len(stem) - 2, len(stem) + 2),
        )
        return [term for (term,) in rows]

    def occurrences(self, stems: Iterable[str] | None) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """As `WordIndex.occurrences`."""
        self._connection.execute(
            # Only in temp may fts5vocab name another database: `main` holds `words`.
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab (main, words, instance)"
        )
        if stems is None:
            # One text a stem, so that Python sees two hundred thousand values and not ten million.
            rows: Iterable[tuple[str | None, str]] = self._connection.execute(
                f"SELECT term, {CODED} FROM temp.instances GROUP BY term"  # noqa: S608
            )
        else:
            one = f"SELECT term, {CODED} FROM temp.instances WHERE term = ?"  # noqa: S608
            rows = (self._connection.execute(one, (stem,)).fetchone() for stem in stems)
        for stem, text in rows:
            if stem is None:  # no occurrence, although FTS5 counts records that contain it
                raise sqlite3.DatabaseError(DAMAGED)
            yield stem, np.fromstring(text, dtype=np.int64, sep=",")

    def lengths(self) -> WordCounts:
        """As `WordIndex.lengths`; the numbers must add up to the totals that FTS5 keeps."""
        ids, sizes = self._connection.execute(
            "SELECT group_concat(id), group_concat(hex(sz), '') FROM (SELECT id, sz FROM words_docsize ORDER BY id)"
        ).fetchone()
        row_ids = np.fromstring(ids or "", dtype=np.int64, sep=",")  # group_concat of no row is NULL
        # FTS5 stores one varint a column: 7 bits a byte, the highest first; the last byte is below 128.
        varints = np.frombuffer(bytes.fromhex(sizes or ""), dtype=np.uint8)
        ends = np.flatnonzero(varints < 0x80)  # (5 * n,) last byte of each number
        starts = np.append(0, ends + 1)[: len(ends)]
        n_bytes = int((ends - starts).max(initial=-1)) + 1
        if len(ends) != len(COLUMNS) * len(row_ids) or n_bytes > _MAX_BYTES:
            raise sqlite3.DatabaseError(DAMAGED)
        numbers = np.zeros(len(ends), dtype=np.int64)
        for step in range(n_bytes):
            at = starts + step
            goes_on = at <= ends
            numbers[goes_on] = numbers[goes_on] << 7 | varints[at[goes_on]] & 0x7F
        counts = numbers.reshape(-1, len(COLUMNS))
        if self.totals() != [len(row_ids), *counts.sum(axis=0).tolist()]:
            raise sqlite3.DatabaseError(DAMAGED)
        return WordCounts(row_ids, counts)

    def totals(self) -> list[int]:
        """As `WordIndex.totals`, from FTS5's own counts, one varint each."""
        row = self._connection.execute("SELECT block FROM words_data WHERE id = ?", (_AVERAGES,)).fetchone()
        numbers, number = [], 0
        for byte in b"" if row is None else row[0]:
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                numbers.append(number)
                number = 0
        return numbers or [0] * (1 + len(COLUMNS))

    def n_rows(self) -> int:
        """As `WordIndex.n_rows`."""
        (n_rows,) = self._connection.execute("SELECT count(*) FROM words_docsize").fetchone()
        return int(n_rows)

    def state(self) -> bytes:
        """As `WordIndex.state`."""
        rows = self._connection.execute("SELECT block FROM words_data WHERE id IN (?, ?) ORDER BY id", _STATE)
        return b"|".join(block for (block,) in rows)

    def _create_frequency(self) -> None:
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.frequency USING fts5vocab (main, words, row)"
        )
