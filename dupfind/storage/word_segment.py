"""A segment of the word search: the postings of a range of rows, in a file that is mapped and never changed.

The truth is the table `words`. A segment holds what the word search reads of it, so that a query reads some kilobytes a
word: FTS5 reads a list of all positions instead, and the lengths of all rows.
"""

import sqlite3
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import SnapshotDamaged, StoreError
from dupfind.ranking.bm25_formula import TITLE_WEIGHT
from dupfind.storage.fts5_terms import terms_of
from dupfind.vectors.base import RowIds
from dupfind.vectors.mapped_file import MappedFile
from dupfind.vectors.scan_file import Put

MOST_ROWS = 1 << 16
"""Rows of a segment: the place of a row in it is a uint16."""

IN_REST, IN_TITLE, IN_NAMES, IS_WORD = 1, 2, 4, 8
"""Flags of a posting; without `IS_WORD` only a stack trace has the word."""

# The file: header; what each search reads, of which readers verify a CRC-32: row ids, lengths, and of each stem the
# end of its postings, the end of its letters, a CRC-32 of its postings, and its letters; then the postings by stem.
_HEADER = struct.Struct("<8sQQQQQ")  # magic, rows, stems, bytes of letters, first and last row of the range
_MAGIC = b"dupfword"
_POSTING_BYTES = 5  # place of the row as uint16, weight as uint16, flags
_N_COLUMNS = 5
_TITLE, _BODY, _REST, _NAMES, _TRACE = range(_N_COLUMNS)
_BATCH = 20_000  # tokens that FTS5 stems together


class StemPostings(NamedTuple):
    """The rows of a segment that have a stem.

    Attributes:
        places: (m,) uint16, increasing.
        weights: (m,) uint16, occurrences in the composed text; one in a title counts `TITLE_WEIGHT` times.
        flags: (m,) uint8 of `IN_REST`, `IN_TITLE`, `IN_NAMES`, `IS_WORD`.
    """

    places: NDArray[np.uint16]
    weights: NDArray[np.uint16]
    flags: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class WordSegment:
    """The postings of the rows from one row id to another.

    Attributes:
        name: For messages.
        first: First row id of the range; it need not exist.
        last: Last row id of the range.
        row_ids: (n,) int64, increasing: the rows that had words.
        composed: (n,) uint32, number of words of the composed text.
        rest: (n,) uint32, number of words of the rest.
        ends: (stems + 1,) uint32, where the postings of each stem end; the first is 0.
        letter_ends: (stems + 1,) uint32, where the letters of each stem end; the first is 0.
        checksums: (stems,) uint32, CRC-32 of the postings of each stem.
        letters: The stems in UTF-8, in order of their bytes, without separators.
        postings: All postings.
        pages: The file behind all these arrays, or None.
    """

    name: str
    first: int
    last: int
    row_ids: RowIds
    composed: NDArray[np.uint32]
    rest: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    letter_ends: NDArray[np.uint32]
    checksums: NDArray[np.uint32]
    letters: NDArray[np.uint8]
    postings: NDArray[np.uint8]
    pages: MappedFile | None = None

    @classmethod
    def of_rows(cls, connection: sqlite3.Connection, first: int, last: int) -> Self:
        """Read the rows of a range from the database, in a read transaction; some 30 microseconds a row.

        Raises:
            StoreError: There are more than `MOST_ROWS`, or a text is longer than dupfind stores.
        """
        numbers = _Numbers()
        row_ids: list[int] = []
        tokens: list[int] = []
        counts: list[int] = []  # of the tokens of each column of each row
        for row_id, *columns in connection.execute(
            "SELECT id, c0, c1, c2, c3, c4 FROM words_content WHERE id BETWEEN ? AND ? ORDER BY id",
            (first, last),
        ):
            row_ids.append(row_id)
            for column in columns:
                before = len(tokens)
                tokens.extend(map(numbers.__getitem__, column.split(" ")))
                counts.append(len(tokens) - before)
        if len(row_ids) > MOST_ROWS:
            raise StoreError(f"{len(row_ids):,} rows are more than a segment of the word search holds")
        owners = np.repeat(np.arange(len(counts), dtype=np.int64), counts)  # (i,) 5 * place + column
        names, stem_of, n_stems = _stems(connection, list(numbers))
        # Most tokens have one term; FTS5 makes several of some, and none of signs.
        of_token = np.array(tokens, dtype=np.int64)
        n_terms = n_stems[of_token]
        owners = np.repeat(owners, n_terms)
        starts = np.cumsum(n_stems) - n_stems
        within = np.arange(len(owners)) - np.repeat(np.cumsum(n_terms) - n_terms, n_terms)
        stems = stem_of[np.repeat(starts[of_token], n_terms) + within]
        lengths = np.bincount(owners, minlength=_N_COLUMNS * len(row_ids)).reshape(-1, _N_COLUMNS)
        postings, ends = _packed(stems, owners, len(names))
        encoded = [name.encode() for name in names]
        return cls(
            "",
            first,
            last,
            np.array(row_ids, dtype=np.int64),
            (lengths[:, _TITLE] + lengths[:, _BODY]).astype(np.uint32),
            lengths[:, _REST].astype(np.uint32),
            ends,
            np.cumsum([0, *map(len, encoded)]).astype(np.uint32),
            np.array(
                [
                    crc32(postings[_POSTING_BYTES * start : _POSTING_BYTES * end].data)
                    for start, end in pairwise(ends.tolist())
                ],
                dtype=np.uint32,
            ),
            np.frombuffer(b"".join(encoded), dtype=np.uint8),
            postings,
        )

    @classmethod
    def load(cls, path: Path, checksum: int) -> Self:
        """Map a file, and verify all of it but the postings, each of which is verified when it is read.

        Args:
            path: The file.
            checksum: CRC-32 of all but the postings.

        Raises:
            OSError: The file cannot be read.
            StoreError: It is damaged, or another file.
        """
        with path.open("rb") as file:
            pages = MappedFile(file)
        mapped = pages.content
        if len(mapped) < _HEADER.size:
            raise StoreError(f"{path} is too short for a segment of words")
        magic, n_rows, n_stems, n_letters, first, last = _HEADER.unpack(mapped[: _HEADER.size].tobytes())
        sizes = (8 * n_rows, 4 * n_rows, 4 * n_rows, 4 * n_stems + 4, 4 * n_stems + 4, 4 * n_stems, n_letters)
        checked = _HEADER.size + sum(sizes)
        if magic != _MAGIC or checked > len(mapped) or n_rows > MOST_ROWS:
            raise StoreError(f"{path} is no segment of words")
        if crc32(mapped[:checked].data) != checksum:
            raise StoreError(f"the checksum of {path} is wrong")
        at = np.cumsum([_HEADER.size, *sizes]).tolist()
        row_ids, composed, rest, ends, letter_ends, checksums, letters = (
            mapped[start:end].view(kind)
            for (start, end), kind in zip(
                pairwise(at), ("<i8", "<u4", "<u4", "<u4", "<u4", "<u4", "u1"), strict=True
            )
        )
        segment = cls(
            path.name,
            first,
            last,
            row_ids,
            composed,
            rest,
            ends,
            letter_ends,
            checksums,
            letters,
            mapped[checked:],
            pages,
        )
        # Who wrote a hostile file has also written its checksum.
        if not segment._is_sound():
            raise StoreError(f"{path} contradicts itself")
        segment.release()
        return segment

    def release(self) -> None:
        """Give back the pages of the file that were read; the next search maps those that it reads."""
        if self.pages is not None:
            self.pages.release()

    def _is_sound(self) -> bool:
        """Return whether all but the postings fits together; in linear time."""
        n_postings, remainder = divmod(len(self.postings), _POSTING_BYTES)
        if remainder or not (
            _divides(self.ends, n_postings) and _divides(self.letter_ends, len(self.letters))
        ):
            return False
        rows = self.row_ids
        if len(rows) and not (self.first <= rows[0] and rows[-1] <= self.last and _rise(rows)):
            return False
        try:
            self.letters.tobytes().decode()
        except UnicodeDecodeError:
            return False
        starts = self.letter_ends[self.letter_ends < len(self.letters)]
        return bool((self.letters[starts] & 0xC0 != 0x80).all())  # none is inside of a character

    def write(self, put: Put) -> None:
        """Write the file.

        Args:
            put: Called with the bytes, piece by piece.
        """
        put(
            _HEADER.pack(
                _MAGIC, len(self.row_ids), len(self.checksums), len(self.letters), self.first, self.last
            )
        )
        for values, kind in (
            (self.row_ids, "<i8"),
            (self.composed, "<u4"),
            (self.rest, "<u4"),
            (self.ends, "<u4"),
            (self.letter_ends, "<u4"),
            (self.checksums, "<u4"),
            (self.letters, "u1"),
        ):
            put(values.astype(kind).tobytes())
        put(self.postings.tobytes(), is_checked=False)

    def stem(self, place: int) -> bytes:
        """Return the stem at a place, in UTF-8."""
        return self.letters[int(self.letter_ends[place]) : int(self.letter_ends[place + 1])].tobytes()

    def n_letters(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the number of letters of each stem from one place to another, (stop - start,)."""
        ends = self.letter_ends[start : stop + 1].astype(np.int64)
        letters = self.letters[ends[0] : ends[-1]]
        # A letter of several bytes in UTF-8 has one that does not continue it.
        n_before = np.concatenate([[0], np.cumsum(letters & 0xC0 != 0x80)])
        at = n_before[ends - ends[0]]
        lengths: NDArray[np.int64] = at[1:] - at[:-1]
        return lengths

    def find(self, stem: str) -> int | None:
        """Return the place of a stem, or None."""
        wanted = stem.encode()
        place = self.at_or_after(wanted)
        return place if place < len(self.checksums) and self.stem(place) == wanted else None

    def at_or_after(self, stem: bytes) -> int:
        """Return the place of the first stem that is not before one in UTF-8."""
        # An item of a memoryview takes a tenth of the time of one of an array.
        ends = self.letter_ends.astype(np.uint32, copy=False).data
        letters = self.letters.data
        low, high = 0, len(self.checksums)
        while low < high:
            middle = (low + high) // 2
            if letters[ends[middle] : ends[middle + 1]].tobytes() < stem:
                low = middle + 1
            else:
                high = middle
        return low

    def count(self, place: int) -> int:
        """Return the number of rows that have the stem at a place."""
        return int(self.ends[place + 1]) - int(self.ends[place])

    def read(self, place: int, *, is_verified: bool = False) -> StemPostings:
        """Return the postings of the stem at a place; `is_verified` says that they were read before.

        Raises:
            SnapshotDamaged: They do not match their checksum, or name rows that the segment does not have.
        """
        start, end = int(self.ends[place]), int(self.ends[place + 1])
        block = self.postings[_POSTING_BYTES * start : _POSTING_BYTES * end]
        n = end - start
        if len(block) != _POSTING_BYTES * n or (
            not is_verified and crc32(block.data) != self.checksums[place]
        ):
            raise SnapshotDamaged(f"{self.name} is damaged")
        places = block[: 2 * n].view("<u2")
        # The checksum of a hostile file fits.
        if not is_verified and n and not (places[-1] < len(self.row_ids) and _rise(places)):
            raise SnapshotDamaged(f"{self.name} is damaged")
        return StemPostings(places, block[2 * n : 4 * n].view("<u2"), block[4 * n :].view(np.uint8))


def _divides(ends: NDArray[np.uint32], n: int) -> bool:
    """Return whether ends divide `n` things: they begin with 0, never fall, and end with all of them."""
    return bool(ends[0] == 0 and ends[-1] == n and (ends[1:] >= ends[:-1]).all())


def _rise(values: NDArray[np.int64] | NDArray[np.uint16]) -> bool:
    """Return whether each value is larger than the one before it."""
    return bool((values[1:] > values[:-1]).all())


class _Numbers(dict[str, int]):
    """Numbers of tokens in order of their first use."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number


def _stems(
    connection: sqlite3.Connection, tokens: Sequence[str]
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the stems of tokens in order of their bytes, the place of each token's stems there, and their number."""
    terms: list[list[str]] = []
    for start in range(0, len(tokens), _BATCH):
        terms += terms_of(connection, tokens[start : start + _BATCH])
    names = sorted({term for each in terms for term in each}, key=str.encode)
    place = {name: number for number, name in enumerate(names)}
    return (
        names,
        np.array([place[term] for each in terms for term in each], dtype=np.int64),
        np.array([len(each) for each in terms], dtype=np.int64),
    )


def _packed(
    stems: NDArray[np.int64], owners: NDArray[np.int64], n_stems: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return the bytes of the postings by stem, and where the postings of each stem end.

    Args:
        stems: (i,) stem of each occurrence.
        owners: (i,) 5 * place of the row + column of each occurrence.
        n_stems: Number of stems; each has an occurrence.
    """
    keys = stems * (_N_COLUMNS * MOST_ROWS) + owners
    keys.sort()  # by stem, then row, then column
    is_first = np.ones(len(keys), dtype=np.bool_)
    is_first[1:] = np.diff(keys // _N_COLUMNS) != 0
    starts = np.flatnonzero(is_first)  # (m,) first occurrence of each posting
    columns = keys % _N_COLUMNS
    n_of = [np.add.reduceat(columns == column, starts) if len(starts) else starts for column in range(5)]
    weights = int(TITLE_WEIGHT) * n_of[_TITLE] + n_of[_BODY]
    if weights.max(initial=0) >= 1 << 16:
        raise StoreError("a text is longer than the word search can count")
    flags = IN_REST * (n_of[_REST] > 0) + IN_TITLE * (n_of[_TITLE] > 0) + IN_NAMES * (n_of[_NAMES] > 0)
    flags += IS_WORD * (n_of[_TITLE] + n_of[_BODY] + n_of[_REST] + n_of[_NAMES] > 0)
    of_stem = keys[starts] // (_N_COLUMNS * MOST_ROWS)
    places = (keys[starts] // _N_COLUMNS % MOST_ROWS).astype("<u2").view(np.uint8).reshape(-1, 2)
    heavy = weights.astype("<u2").view(np.uint8).reshape(-1, 2)
    ends = np.searchsorted(of_stem, np.arange(n_stems + 1))  # (stems + 1,)
    packed = np.empty(_POSTING_BYTES * len(starts), dtype=np.uint8)
    # Of each stem first all places, then all weights, then all flags.
    base, n = _POSTING_BYTES * ends[of_stem], np.diff(ends)[of_stem]
    nth = np.arange(len(starts)) - ends[of_stem]
    for byte in range(2):
        packed[base + 2 * nth + byte] = places[:, byte]
        packed[base + 2 * n + 2 * nth + byte] = heavy[:, byte]
    packed[base + 4 * n + nth] = flags
    return packed, ends.astype(np.uint32)
