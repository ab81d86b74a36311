"""The word index in PostgreSQL: postings and lengths as blocks of bytes, with the words and numbers of SQLite's FTS5.

A database in memory stems and counts the words of a transaction by FTS5 itself. Its occurrences are added to the blocks
when the transaction is committed, so that words and records are written together.
"""

import sqlite3
import sys
import threading
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dupfind.records import Record
from dupfind.storage.fts5_terms import terms_of
from dupfind.storage.fts_words import COLUMNS, DAMAGED, FtsWords, WordCounts
from dupfind.text.composition import ComposedText
from dupfind.text.indexed_words import IndexedWords, indexed_words
from dupfind.vectors.base import RowIds

if TYPE_CHECKING:
    from dupfind.postgresql.connection import PostgresConnection

BLOCK_BITS = 10
"""A block has the words of 2 ** 10 row ids."""

_PLACES = (1 << BLOCK_BITS) - 1
_MOST_BLOCKS = 1 << 49  # so that 8 * row id fits into an int64
_COLUMN_BITS = 3
_OCCURRENCE = (_PLACES << _COLUMN_BITS) | 7
_LENGTH = 1 + len(COLUMNS)  # numbers of a row in `word_length`
TABLE = "USING fts5 (title, body, rest, names, trace, tokenize = 'porter unicode61')"
"""The end of the statement that makes an empty word index of SQLite."""


class PostingWords:
    """The tables `posting`, `word_length`, `row_stems`, `word_total` and `comment_words` of a schema."""

    def __init__(self, connection: "PostgresConnection") -> None:
        """Use a connection."""
        self._connection = connection
        # Words that are not committed yet, and a stemmer. A search may run in a second thread.
        self._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._memory.execute(f"CREATE VIRTUAL TABLE words {TABLE}")
        self._fts = FtsWords(self._memory)
        self._lock = threading.Lock()
        self._has_new = False

    def close(self) -> None:
        """Free the memory."""
        self._memory.close()

    def add(self, row_id: int, words: IndexedWords) -> None:
        """As `WordIndex.add`."""
        self._fts.add(row_id, words)
        self._has_new = True

    def delete(self, row_ids: Sequence[int]) -> None:
        """As `WordIndex.delete`."""
        self._fts.delete(row_ids)
        if not row_ids:
            return
        stems_of = dict(
            self._connection.run(
                "DELETE FROM row_stems WHERE row_id = ANY(%s) RETURNING row_id, stems", (list(row_ids),)
            ).fetchall()
        )
        for block, rows in groupby(sorted(stems_of), key=lambda row: row >> BLOCK_BITS):
            places = np.array([row & _PLACES for row in rows], dtype=np.int64)
            of_block = {stem for row in places for stem in stems_of[(block << BLOCK_BITS) | int(row)]}
            self._remove_postings(block, places, sorted(of_block))
            self._remove_lengths(block, places)

    def clear(self) -> None:
        """As `WordIndex.clear`."""
        self.forget()
        self._connection.run("DELETE FROM posting; DELETE FROM word_length; DELETE FROM row_stems")
        self._connection.run("UPDATE word_total SET n_rows=0, title=0, body=0, rest=0, names=0, trace=0")

    def erase_deleted(self) -> None:
        """As `WordIndex.erase_deleted`: the server's VACUUM frees the space, which `Writer.empty_log` runs."""

    def add_comments(self, row_id: int, text: str) -> None:
        """As `WordIndex.add_comments`."""
        found = {stem for stems in self.all_stems(text.split(" ")) for stem in stems}
        self._connection.run(
            "INSERT INTO comment_words (row_id, text, stems) VALUES (%s, %s, %s)",
            (row_id, text, sorted(found)),
        )

    def move_comments(self, old_id: int, row_id: int) -> None:
        """As `WordIndex.move_comments`."""
        self._connection.run("UPDATE comment_words SET row_id = %s WHERE row_id = %s", (row_id, old_id))

    def delete_comments(self, row_ids: Sequence[int]) -> None:
        """As `WordIndex.delete_comments`."""
        self._connection.run("DELETE FROM comment_words WHERE row_id = ANY(%s)", (list(row_ids),))

    def rows_with_comments(self, tokens: Sequence[str]) -> RowIds:
        """As `WordIndex.rows_with_comments`."""
        stems = self.all_stems(tokens)
        needed = sorted({stem for each in stems for stem in each})
        rows = self._connection.run(
            "SELECT row_id, CASE WHEN %s THEN NULL ELSE text END FROM comment_words"
            " WHERE stems @> %s::text[] AND EXISTS (SELECT 1 FROM terms t WHERE t.row_id = comment_words.row_id)"
            " ORDER BY row_id",
            (is_plain := all(len(each) == 1 for each in stems), needed),
        ).fetchall()
        found = np.array([row for row, _ in rows], dtype=np.int64)
        if is_plain or not rows:
            return found
        # A token of several words is a phrase, or one without any: FTS5 itself decides on these few comments.
        with sqlite3.connect(":memory:") as memory:
            memory.execute(
                "CREATE VIRTUAL TABLE comment_words USING fts5 (text, tokenize = 'porter unicode61')"
            )
            memory.execute("CREATE TABLE terms (row_id INTEGER PRIMARY KEY)")
            memory.executemany("INSERT INTO comment_words (rowid, text) VALUES (?, ?)", rows)
            memory.executemany("INSERT INTO terms VALUES (?)", ((row,) for row, _ in rows))
            found = FtsWords(memory).rows_with_comments(tokens)
        memory.close()
        return found

    def titles_with(
        self, match: str, alternatives: Sequence[Sequence[str]], limit: int | None = None
    ) -> RowIds:
        """As `WordIndex.titles_with`: FTS5 in memory decides on the titles that have all stems."""
        rows = np.empty(0, dtype=np.int64)
        for tokens in alternatives:
            needed = {stem for stems in self.all_stems(tokens) for stem in stems}
            titled = [
                np.unique(instances[instances & 7 == 0] >> _COLUMN_BITS)
                for _, instances in self.occurrences(needed)
            ]
            if needed and len(titled) == len(needed):
                rows = np.union1d(rows, reduce(np.intersect1d, titled))
        found = self._connection.run(
            "SELECT r.row_id, r.title, r.body, c.title, c.body FROM record r JOIN composed c ON c.row_id = r.row_id"
            " WHERE r.row_id = ANY(%s)",
            (rows.tolist(),),
        ).fetchall()
        with closing(sqlite3.connect(":memory:")) as memory:
            memory.execute(f"CREATE VIRTUAL TABLE words {TABLE}")
            titles = FtsWords(memory)
            for row, title, body, *text in found:
                titles.add(row, indexed_words(Record(id="", title=title, body=body), ComposedText(*text)))
            return titles.titles_with(match, alternatives, limit)

    def stems(self, words: Sequence[str]) -> list[str | None]:
        """As `WordIndex.stems`, by FTS5 in memory."""
        with self._lock:
            return self._fts.stems(words)

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """As `WordIndex.frequencies`, in one statement."""
        found = dict.fromkeys(stems, 0)
        if found:
            rows = self._connection.run(
                "SELECT stem, sum(n_rows)::bigint FROM posting WHERE stem = ANY(%s) GROUP BY stem",
                (list(found),),
            )
            found.update(rows.fetchall())
            if not 0 <= min(found.values()) <= max(found.values()) <= max(self.n_rows(), 0):
                raise sqlite3.DatabaseError(DAMAGED)
        return found

    def alike(self, stem: str) -> list[str]:
        """As `WordIndex.alike`."""
        rows = self._connection.run(
            "SELECT DISTINCT stem FROM posting WHERE stem >= %s AND stem < %s AND length(stem) BETWEEN %s AND %s"
            " ORDER BY stem",
            (stem[0], f"{stem[0]}\U0010ffff", len(stem) - 2, len(stem) + 2),
        )
        return [term for (term,) in rows]

    def occurrences(self, stems: Iterable[str] | None) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """As `WordIndex.occurrences`."""
        if stems is None:
            rows: Iterable[tuple[str, int, bytes]] = self._connection.stream(
                "SELECT stem, block, occurrences FROM posting ORDER BY stem, block", (), 20_000
            )
        else:
            rows = self._connection.run(
                "SELECT stem, block, occurrences FROM posting WHERE stem = ANY(%s) ORDER BY stem, block",
                (list(stems),),
            ).fetchall()
        for stem, blocks in groupby(rows, key=itemgetter(0)):
            yield stem, np.concatenate([unpacked(block, packed) for _, block, packed in blocks])

    def lengths(self) -> WordCounts:
        """As `WordIndex.lengths`; the numbers must add up to the totals."""
        return self._connection.cached("lengths", self._read_lengths)

    def _read_lengths(self) -> WordCounts:
        parts = [np.empty((0, _LENGTH), dtype=np.int64)]
        for block, packed in self._connection.run("SELECT block, lengths FROM word_length ORDER BY block"):
            parts.append(unpacked_lengths(block, packed))
        table = np.concatenate(parts)
        counts = WordCounts(np.ascontiguousarray(table[:, 0]), table[:, 1:])
        if self.totals() != [len(table), *counts.counts.sum(axis=0).tolist()]:
            raise sqlite3.DatabaseError(DAMAGED)
        return counts

    def totals(self) -> list[int]:
        """As `WordIndex.totals`."""
        return self._connection.cached("totals", self._read_totals)

    def _read_totals(self) -> list[int]:
        row = self._connection.run(
            "SELECT n_rows, title, body, rest, names, trace FROM word_total LIMIT 1"
        ).fetchone()
        return list(row) if row is not None else [0] * _LENGTH

    def n_rows(self) -> int:
        """As `WordIndex.n_rows`."""
        return int(self.totals()[0])

    def state(self) -> bytes:
        """As `WordIndex.state`: a number that each transaction increases."""
        return self._connection.cached("state", self._read_state)

    def _read_state(self) -> bytes:
        row = self._connection.run("SELECT version FROM word_total LIMIT 1").fetchone()
        return b"" if row is None else str(row[0]).encode()

    def forget(self) -> None:
        """Forget the words of a transaction that is not committed."""
        if self._has_new:
            self._memory.execute("DELETE FROM words")
        self._has_new = False

    def flush(self) -> None:
        """Write the words of a transaction, inside it."""
        if self._has_new:
            self._write_new()
        self.forget()

    def _write_new(self) -> None:
        lengths = self._fts.lengths()
        if not len(lengths.row_ids):
            return
        stems_of: dict[int, list[str]] = defaultdict(list)
        postings: list[tuple[str, int, int, bytes]] = []
        for stem, instances in self._fts.occurrences(None):
            # Of a batch: mostly one row, in one block; plain Python is faster than numpy for so few.
            by_block: dict[int, list[int]] = {}
            for instance in instances.tolist():
                by_block.setdefault(instance >> (BLOCK_BITS + _COLUMN_BITS), []).append(instance)
            for block, own in by_block.items():
                own_rows = {instance >> _COLUMN_BITS for instance in own}
                for row in own_rows:
                    stems_of[row].append(stem)
                packed = array("H", [instance & _OCCURRENCE for instance in own])
                if sys.byteorder == "big":
                    packed.byteswap()
                postings.append((stem, block, len(own_rows), packed.tobytes()))
        connection = self._connection
        connection.insert_many(
            "INSERT INTO posting (stem, block, n_rows, occurrences) VALUES %s ON CONFLICT (stem, block) DO UPDATE"
            " SET n_rows = posting.n_rows + excluded.n_rows, occurrences = posting.occurrences || excluded.occurrences",
            postings,
        )
        connection.insert_many(
            "INSERT INTO row_stems (row_id, stems) VALUES %s",
            [(row, stems_of[row]) for row in lengths.row_ids.tolist()],
        )
        table = np.column_stack([lengths.row_ids & _PLACES, lengths.counts]).astype("<u4")
        blocks = lengths.row_ids >> BLOCK_BITS
        connection.insert_many(
            "INSERT INTO word_length (block, lengths) VALUES %s ON CONFLICT (block) DO UPDATE"
            " SET lengths = word_length.lengths || excluded.lengths",
            [(block, table[blocks == block].tobytes()) for block in np.unique(blocks).tolist()],
        )
        self._add_totals([len(lengths.row_ids), *lengths.counts.sum(axis=0).tolist()], 1)

    def _remove_postings(self, block: int, places: NDArray[np.int64], stems: list[str]) -> None:
        rows = self._connection.run(
            "SELECT stem, occurrences FROM posting WHERE block = %s AND stem = ANY(%s)", (block, stems)
        ).fetchall()
        changed: list[tuple[Any, ...]] = []
        for stem, packed in rows:
            occurrences = _numbers(packed, "<u2")
            left = occurrences[~np.isin(occurrences >> _COLUMN_BITS, places)]
            changed.append((stem, block, len(np.unique(left >> _COLUMN_BITS)), left.tobytes()))
        self._connection.insert_many(
            "INSERT INTO posting (stem, block, n_rows, occurrences) VALUES %s ON CONFLICT (stem, block) DO UPDATE"
            " SET n_rows = excluded.n_rows, occurrences = excluded.occurrences",
            [row for row in changed if row[2]],
        )
        self._connection.run(
            "DELETE FROM posting WHERE block = %s AND stem = ANY(%s)",
            (block, [row[0] for row in changed if not row[2]]),
        )

    def _remove_lengths(self, block: int, places: NDArray[np.int64]) -> None:
        row = self._connection.run("SELECT lengths FROM word_length WHERE block = %s", (block,)).fetchone()
        if row is None:
            raise sqlite3.DatabaseError(DAMAGED)
        table = _numbers(row[0], "<u4", _LENGTH).reshape(-1, _LENGTH)
        is_gone = np.isin(table[:, 0], places)
        gone = table[is_gone, 1:].astype(np.int64)
        self._connection.run(
            "UPDATE word_length SET lengths = %s WHERE block = %s", (table[~is_gone].tobytes(), block)
        )
        self._add_totals([len(gone), *gone.sum(axis=0).tolist()], -1)

    def _add_totals(self, numbers: Sequence[int], sign: int) -> None:
        columns = ("n_rows", *COLUMNS)
        self._connection.run(
            f"UPDATE word_total SET {', '.join(f'{name} = {name} + %s' for name in columns)}",  # noqa: S608
            [sign * number for number in numbers],
        )

    def all_stems(self, words: Sequence[str]) -> list[list[str]]:
        """Return all stems of each token, as many as FTS5 makes of it."""
        with self._lock:
            return terms_of(self._memory, words)


def unpacked(block: int, packed: bytes) -> NDArray[np.int64]:
    """Return 8 * row id + column of the occurrences in a block, in order of rows.

    Raises:
        sqlite3.DatabaseError: The block is damaged.
    """
    occurrences = np.sort(_numbers(packed, "<u2").astype(np.int64))
    if not 0 <= block < _MOST_BLOCKS or (occurrences & ((1 << _COLUMN_BITS) - 1) >= len(COLUMNS)).any():
        raise sqlite3.DatabaseError(DAMAGED)
    return occurrences | (block << (BLOCK_BITS + _COLUMN_BITS))


def unpacked_lengths(block: int, packed: bytes) -> NDArray[np.int64]:
    """Return row id and words by column of the rows in a block, (n, 6), in order of rows.

    Raises:
        sqlite3.DatabaseError: The block is damaged.
    """
    rows = _numbers(packed, "<u4", _LENGTH).reshape(-1, _LENGTH).astype(np.int64)
    rows[:, 0] |= block << BLOCK_BITS
    return rows[np.argsort(rows[:, 0])]


def _numbers(packed: bytes, form: str, width: int = 1) -> NDArray[Any]:
    """Return the numbers of a value of the database.

    Args:
        packed: Their bytes.
        form: Of one number, as numpy names it.
        width: Numbers that belong together.

    Raises:
        sqlite3.DatabaseError: The bytes are no whole number of them.
    """
    if len(packed) % (np.dtype(form).itemsize * width):
        raise sqlite3.DatabaseError(DAMAGED)
    return np.frombuffer(packed, dtype=form)
