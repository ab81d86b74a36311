"""The snapshots that a collection's database names; the files themselves are caches.

A row whose values do not fit its checksum names nothing: which file has its rows is unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dupfind.storage.row_checksums import COLUMN, row_checksum, values_in_sql
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.vectors import scan_file
from dupfind.vectors.snapshot_file import WORDS, SnapshotFile

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer


_COLUMNS = {
    "generation": "INTEGER",
    "encoding_id": "INTEGER",
    "file": "TEXT",
    "kind": "TEXT",
    "bytes": "INTEGER",
    "crc32": "INTEGER",
    "sha256": "TEXT",
    "dim": "INTEGER",
    "n_rows": "INTEGER",
    "max_row_id": "INTEGER",
    "recall": "REAL",
    "created": "TEXT",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published index file and the rows that it covers.

    Attributes:
        generation: Number of the snapshot; it increases with every publication.
        file: Name, kind, size and checksums of the file.
        dim: Width of its vectors.
        n_rows: Number of its rows.
        max_row_id: Highest row id that had a vector when it was published.
        recall: Recall at 200 against exact search; 1 for an exact index.
    """

    generation: int
    file: SnapshotFile
    dim: int
    n_rows: int
    max_row_id: int
    recall: float


@dataclass(frozen=True, slots=True)
class WordFile:
    """A segment of the word search, and the range of rows that it covers.

    Attributes:
        generation: Number of the snapshot.
        file: Name, kind, size and checksums of the file.
        first: First row id of the range; it need not exist.
        last: Last row id of the range.
        n_rows: Number of its rows.
    """

    generation: int
    file: SnapshotFile
    first: int
    last: int
    n_rows: int


class VectorFiles(NamedTuple):
    """The snapshots of an encoding's vectors.

    Attributes:
        whole: Those that hold all vectors, newest first.
        segments: Those that hold the codes of a range of rows, in order: each begins where the one before ends.
    """

    whole: list[Snapshot]
    segments: list[Snapshot]


def vector_files(store: Store, encoding_id: int) -> VectorFiles:
    """Return the snapshots of an encoding's vectors."""
    found = VectorFiles([], [])
    for row in _rows(store):
        if row.encoding_id == encoding_id and row.snapshot.file.kind != WORDS:
            is_segment = row.snapshot.file.kind == scan_file.KIND
            (found.segments if is_segment else found.whole).append(row.snapshot)
    found.segments.sort(key=lambda segment: (segment.max_row_id, segment.generation))
    return found


def snapshots(store: Store, encoding_id: int) -> list[Snapshot]:
    """Return `VectorFiles.whole`."""
    return vector_files(store, encoding_id).whole


def segments(store: Store, encoding_id: int) -> list[Snapshot]:
    """Return `VectorFiles.segments`."""
    return vector_files(store, encoding_id).segments


def word_files(store: Store, encoding_id: int) -> list[WordFile]:
    """Return the segments of the word search, in order of their rows."""
    named = [
        row.snapshot
        for row in _rows(store)
        if row.encoding_id == encoding_id and row.snapshot.file.kind == WORDS
    ]
    found = [
        # The column `dim` has the first row of the range: a segment of words has no width.
        WordFile(words.generation, words.file, words.dim, words.max_row_id, words.n_rows)
        for words in named
    ]
    return sorted(found, key=lambda words: words.last)


def wrong_generations(store: Store) -> list[int]:
    """Return the generations of the rows that do not fit their checksums, of all encodings and kinds."""
    return [row.generation for row in _all_rows(store) if not row.is_right]


def _rows(store: Store) -> Iterator["_EncodedSnapshot"]:
    """Yield the rows that fit their checksums, newest first."""
    for row in _all_rows(store):
        if row.is_right:
            _, encoding_id, file, kind, size, crc32, sha256, dim, n_rows, max_row_id, recall, _ = row.values
            named = SnapshotFile(file.decode(), kind.decode(), size, crc32, sha256.decode())
            yield _EncodedSnapshot(
                encoding_id, Snapshot(row.generation, named, dim, n_rows, max_row_id, recall)
            )


class _EncodedSnapshot(NamedTuple):
    encoding_id: int
    snapshot: Snapshot


class _Row(NamedTuple):
    generation: int
    values: tuple[Any, ...]
    is_right: bool


def _all_rows(store: Store) -> Iterator[_Row]:
    # There are some dozens of rows, of which each reading computes the checksums.
    for *values, checksum in store.connection.execute(
        f"SELECT {values_in_sql(_COLUMNS)}, {COLUMN} FROM snapshot ORDER BY generation DESC"  # noqa: S608
    ).fetchall():
        yield _Row(values[0], tuple(values), row_checksum(*values) == checksum and _is_text(values))


def _is_text(values: Sequence[Any]) -> bool:
    """Return whether each column of text has one: a checksum may fit what is no UTF-8."""
    try:
        for value, kind in zip(values, _COLUMNS.values(), strict=True):
            if kind == "TEXT":
                value.decode()
    except (AttributeError, UnicodeDecodeError):
        return False
    return True


def newest_generation(store: Store, encoding_id: int) -> int:
    """Return the number of an encoding's newest snapshot, 0 for none."""
    return store.one(
        "SELECT coalesce(max(generation), 0) FROM snapshot WHERE encoding_id = ?", (encoding_id,)
    )


def next_generation(store: Store) -> int:
    """Return the number that the next snapshot will have."""
    # AUTOINCREMENT's counter: the numbers of deleted snapshots are never used again.
    row = store.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'snapshot'").fetchone()
    number: int = (row[0] if row else 0) + 1
    # Damage may have given a row a number that is still free.
    while store.one("SELECT count(*) FROM snapshot WHERE generation = ?", (number,)):
        number += 1
    return number


def file_names(store: Store) -> set[str]:
    """Return the names of all snapshot files in the database."""
    return {row[0] for row in store.connection.execute("SELECT file FROM snapshot")}


def add_snapshot(writer: "Writer", encoding_id: int, snapshot: Snapshot, now: datetime, *, keep: int) -> None:
    """Name a durable file as the newest snapshot, and forget all but the newest `keep`, and all segments."""
    with writer.changing():
        _insert(writer, encoding_id, snapshot, now)
        writer.connection.execute("DELETE FROM snapshot WHERE kind = ?", (scan_file.KIND,))
        writer.connection.execute(
            "DELETE FROM snapshot WHERE kind <> ?1 AND generation NOT IN"
            " (SELECT generation FROM snapshot WHERE kind <> ?1 ORDER BY generation DESC LIMIT ?2)",
            (WORDS, keep),
        )


def replace_segments(
    writer: "Writer", encoding_id: int, segment: Snapshot, replaced: Sequence[Snapshot], now: datetime
) -> None:
    """Name a durable file as a segment of vectors, in place of others, in one transaction."""
    with writer.changing():
        _forget(writer, replaced)
        _insert(writer, encoding_id, segment, now)


def forget_segments(writer: "Writer", segments: Sequence[Snapshot]) -> None:
    """Remove segments of vectors from the database, whose rows are all dead."""
    with writer.changing():
        _forget(writer, segments)


def forget_whole(writer: "Writer") -> None:
    """Remove the snapshots of all vectors from the database: segments have these vectors."""
    with writer.changing():
        writer.connection.execute(
            "DELETE FROM snapshot WHERE kind <> ? AND kind <> ?", (WORDS, scan_file.KIND)
        )


def replace_words(
    writer: "Writer", encoding_id: int, words: WordFile, replaced: Sequence[WordFile], now: datetime
) -> None:
    """Name a durable file as a segment of the word search, in place of others, in one transaction."""
    row = Snapshot(words.generation, words.file, words.first, words.n_rows, words.last, 1.0)
    with writer.changing():
        _forget(writer, replaced)
        _insert(writer, encoding_id, row, now)


def forget_words_of(store: Store, row_id: int) -> None:
    """Remove the segment that may have a row whose words change, in the transaction that changes them."""
    named = _word_generations(store, from_row=row_id)
    store.connection.executemany(
        "DELETE FROM snapshot WHERE generation = ?", ((generation,) for generation in named[:1])
    )


def forget_words(store: Store) -> None:
    """Remove all segments of the word search from the database: they hold the words of dead rows, too."""
    store.connection.executemany(
        "DELETE FROM snapshot WHERE generation = ?",
        ((generation,) for generation in _word_generations(store)),
    )


def _word_generations(store: Store, from_row: int = 0) -> list[int]:
    """Return the segments of words that end at a row or after it, in order.

    A wrong row is none, whatever its kind: it may have named a segment of vectors.
    """
    named = store.connection.execute(
        "SELECT generation FROM snapshot WHERE kind = ? AND max_row_id >= ? ORDER BY max_row_id",
        (WORDS, from_row),
    ).fetchall()
    wrong = wrong_generations(store) if named else []  # in PostgreSQL no segment is named
    return [generation for (generation,) in named if generation not in wrong]


def forget_wrong(writer: "Writer") -> None:
    """Delete the rows that do not fit their checksums, once other rows name the files of all vectors."""
    if wrong := wrong_generations(writer):
        with writer.changing():
            writer.connection.executemany(
                "DELETE FROM snapshot WHERE generation = ?", ((generation,) for generation in wrong)
            )


def forget_words_with_wrong(writer: "Writer") -> None:
    """Remove all segments of words if a row is wrong: `forget_words_of` might choose another one than the right one.

    The wrong rows stay until other segments of vectors are there.
    """
    if wrong_generations(writer):
        with writer.changing():
            forget_words(writer)


def _forget(writer: "Writer", replaced: Sequence[Snapshot | WordFile]) -> None:
    writer.connection.executemany(
        "DELETE FROM snapshot WHERE generation = ?", ((old.generation,) for old in replaced)
    )


def _insert(writer: "Writer", encoding_id: int, snapshot: Snapshot, now: datetime) -> None:
    file = snapshot.file
    writer.connection.execute(
        "INSERT INTO snapshot (generation, encoding_id, file, kind, bytes, crc32, sha256, dim, n_rows,"
        " max_row_id, recall, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            snapshot.generation,
            encoding_id,
            file.name,
            file.kind,
            file.bytes,
            file.crc32,
            file.sha256,
            snapshot.dim,
            snapshot.n_rows,
            snapshot.max_row_id,
            snapshot.recall,
            timestamp(now),
        ),
    )
