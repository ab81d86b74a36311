"""The rows that a record has in each table: its columns, vector, words, terms, lines and comments.

The functions run inside a transaction of the index's only writer, `Writer.changing`.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dupfind.errors import StoreError
from dupfind.records import Comment, Record
from dupfind.storage import comment_rows, line_rows
from dupfind.storage.snapshot_rows import forget_words_of
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.storage.word_index import word_index
from dupfind.text.composition import ComposedText, embedding_key
from dupfind.text.indexed_words import IndexedWords, indexed_words
from dupfind.text.line_keys import LineKeys
from dupfind.text.terms import terms
from dupfind.vectors.base import Vectors

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer

_NORM_TOLERANCE = 1e-3


class Details(NamedTuple):
    """Columns that follow the source without the record counting as changed.

    Attributes:
        text_fingerprint: `text_fingerprint` of title and body before they were cut.
        closed: Time of closing as `timestamp` writes it, or None.
        n_children: As `Record.n_children`.
        n_responses: As `Record.n_responses`.
        comments: Fingerprint of the comments that are kept; "" without any.
    """

    text_fingerprint: str
    closed: str | None
    n_children: int
    n_responses: int
    comments: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A record ready to be written.

    Attributes:
        record: The record itself.
        fingerprint: Hash of all its stored fields but the details.
        details: The other columns.
        text: The text for the model and the word search; None if title and body are unchanged.
        lines: The keys of the record's lines; None if title and body are unchanged.
    """

    record: Record
    fingerprint: str
    details: Details
    text: ComposedText | None
    lines: LineKeys | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """The live row under a record's name, before the record is written.

    Attributes:
        row_id: Its row.
        fingerprint: Hash of all its stored fields but the details.
        details: The other columns.
        title: As the tracker has it.
        body: As the tracker has it.
        was_seen: Whether the present run has read a record of this name.
        updated: Time of the last change as `timestamp` writes it, or None.
    """

    row_id: int
    fingerprint: str
    details: Details
    title: str
    body: str
    was_seen: bool
    updated: str | None = None


COLUMNS = ", ".join(
    (
        *("source_id", "project", "id", "title", "body", "state", "resolution", "created", "updated", "url"),
        "fingerprint",
        *Details._fields,
    )
)
"""The columns of a record's row, but for its row id and its time of deletion."""


def insert(store: Store, statement: str, values: Sequence[Any]) -> int:
    """Insert a row and return its id; a RETURNING clause would stay open after Ctrl-C."""
    store.connection.execute(statement, values)
    return store.one("SELECT last_insert_rowid()")


def add_embeddings(store: Store, encoding_id: int, vectors: Mapping[str, Vectors]) -> None:
    """Store embeddings, each (dim,) float32, by the fingerprint of their text; present ones stay.

    Raises:
        StoreError: A vector is not of unit length, or not as wide as the encoding.
    """
    dim = store.one("SELECT dim FROM encoding WHERE id = ?", (encoding_id,))
    for fingerprint, vector in vectors.items():
        if not abs(float(np.linalg.norm(vector)) - 1) < _NORM_TOLERANCE:  # NaN fails too
            raise StoreError(
                "the model gave a vector that is not of unit length: check it with `dupfind doctor`"
            )
        if vector.shape != (dim,):
            raise StoreError(
                f"the model gave a vector of shape {vector.shape}, not ({dim},): check it with `dupfind doctor`"
            )
        cell = np.ascontiguousarray(vector, dtype="<f4").tobytes()
        store.connection.execute(
            "INSERT OR IGNORE INTO embedding (encoding_id, fingerprint, vector, crc32) VALUES (?, ?, ?, ?)",
            (encoding_id, fingerprint, cell, zlib.crc32(cell)),
        )


Words = list[tuple[int, IndexedWords]]
"""Words of rows that the word search does not have yet.

FTS5 writes out what it holds before each statement on a table with triggers. So all rows of a transaction come first,
and then all words.
"""


def add_record(store: "Writer", source_id: int, encoding_id: int, entry: Entry, waiting: Words) -> int:
    """Insert a record with its vector, terms, lines and comments, and return its new row id.

    Its words are added to `waiting`; the caller passes all of them to `index_words` at the end of the transaction.
    """
    record = entry.record
    row_id = insert(
        store,
        f"INSERT INTO record ({COLUMNS}) VALUES ({', '.join('?' * len(COLUMNS.split()))})",  # noqa: S608
        (
            source_id,
            record.project or "",
            record.id,
            record.title,
            record.body,
            *metadata(record),
            entry.fingerprint,
            *entry.details,
        ),
    )
    if entry.text is not None:
        add_text(store, encoding_id, row_id, record, entry.text, waiting)
    if entry.lines is not None:
        line_rows.put(store, row_id, entry.lines)
    if record.comments:  # a new row has none to replace
        comment_rows.put(store, row_id, record.comments)
    return row_id


def index_words(store: Store, waiting: Words) -> None:
    """Insert words into the word search."""
    index = word_index(store.connection)
    for row_id, words in waiting:
        index.add(row_id, words)


def set_details(store: Store, row_id: int, details: Details, comments: Sequence[Comment]) -> None:
    """Replace the details of a row, and its comments where their fingerprint differs."""
    (before,) = store.connection.execute("SELECT comments FROM record WHERE row_id = ?", (row_id,)).fetchone()
    if before != details.comments:
        comment_rows.put(store, row_id, comments)
    store.connection.execute(
        f"UPDATE record SET {', '.join(f'{name} = ?' for name in Details._fields)} WHERE row_id = ?",  # noqa: S608
        (*details, row_id),
    )


def add_text(
    store: "Writer", encoding_id: int, row_id: int, record: Record, text: ComposedText, waiting: Words
) -> None:
    """Insert a row's composed text, vector and terms, and add its words to `waiting`; an empty text has none."""
    if text.title:
        add_vector(store, encoding_id, row_id, text)
        add_words(store, row_id, record, text, waiting)


def add_vector(store: "Writer", encoding_id: int, row_id: int, text: ComposedText) -> None:
    """Link a row to the embeddings of its title and of its whole text, which are stored already."""
    store.connection.execute(
        "INSERT INTO vector (encoding_id, row_id, title_embedding, whole_embedding)"
        " SELECT ?1, ?2, t.id, w.id FROM embedding t, embedding w"
        " WHERE t.encoding_id = ?1 AND t.fingerprint = ?3 AND w.encoding_id = ?1 AND w.fingerprint = ?4"
        " ON CONFLICT (encoding_id, row_id) DO UPDATE"
        " SET title_embedding = excluded.title_embedding, whole_embedding = excluded.whole_embedding",
        (encoding_id, row_id, *map(embedding_key, (text.title, text.whole))),
    )
    store.vector_added(encoding_id, row_id)


def has_vector(store: Store, encoding_id: int, row_id: int, text: ComposedText) -> bool:
    """Return whether a row's vector is that of a text as it is encoded now; an empty text has none."""
    found = store.connection.execute(
        "SELECT 1 FROM vector v JOIN embedding t ON t.id = title_embedding JOIN embedding w ON w.id = whole_embedding"
        " WHERE v.encoding_id = ? AND row_id = ? AND t.fingerprint = ? AND w.fingerprint = ?",
        (encoding_id, row_id, *map(embedding_key, (text.title, text.whole))),
    ).fetchone()
    return (found is not None) == bool(text.title)


def add_words(store: Store, row_id: int, record: Record, text: ComposedText, waiting: Words) -> None:
    """Insert a row's composed text, and its terms as little-endian uint32; add its words to `waiting`."""
    store.connection.execute(
        "INSERT INTO composed (row_id, title, body) VALUES (?, ?, ?)", (row_id, text.title, text.body)
    )
    waiting.append((row_id, indexed_words(record, text)))
    numbers = terms(text)
    store.connection.execute(
        "INSERT INTO terms (row_id, title, body, names) VALUES (?, ?, ?, ?)",
        (row_id, *(part.astype("<u4").tobytes() for part in (numbers.title, numbers.body, numbers.names))),
    )


def renew_words(store: Store, row_id: int, record: Record, text: ComposedText) -> None:
    """Insert a row's words and terms anew, which an older dupfind has taken from less of the record."""
    forget_words_of(store, row_id)
    _delete_text(store, ("composed", "terms"), [row_id])
    if text.title:
        words: Words = []
        add_words(store, row_id, record, text, words)
        index_words(store, words)


def mark_deleted(store: "Writer", row_ids: Sequence[int], now: datetime) -> None:
    """Mark rows as deleted, and remove their texts, lines and comments; their vectors stay for the snapshots."""
    mark_replaced(store, row_ids, now)
    comment_rows.delete(store, row_ids)


def mark_replaced(store: "Writer", row_ids: Sequence[int], now: datetime) -> None:
    """Mark rows as deleted, and remove their texts and lines; their comments stay for the rows that replace them."""
    when = timestamp(now)
    store.connection.executemany(
        "UPDATE record SET died = ? WHERE row_id = ?", ((when, row) for row in row_ids)
    )
    _delete_text(store, ("composed", "terms", "lines"), row_ids)
    store.rows_deleted(row_ids)


def _delete_text(store: Store, tables: Sequence[str], row_ids: Sequence[int]) -> None:
    """Delete rows from some tables and from the word index."""
    for table in tables:
        store.connection.executemany(f"DELETE FROM {table} WHERE row_id = ?", ((row,) for row in row_ids))  # noqa: S608
    word_index(store.connection).delete(row_ids)


def metadata(record: Record) -> tuple[str | None, ...]:
    """Return the columns that do not change a record's text: state, resolution, created, updated, url."""
    return (
        record.state,
        record.resolution,
        None if record.created is None else timestamp(record.created),
        None if record.updated is None else timestamp(record.updated),
        record.url,
    )
