"""Compares what an index in PostgreSQL derives from its records with these records: words, vectors, model files."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.received_model import write_files
from dupfind.errors import DupfindError, StoreError
from dupfind.postgresql import model_files
from dupfind.postgresql.posting_words import BLOCK_BITS, TABLE, unpacked, unpacked_lengths
from dupfind.postgresql.writer import PostgresStore
from dupfind.records import Record
from dupfind.storage.encoding import Encoding
from dupfind.storage.fts_words import FtsWords
from dupfind.storage.stored_vectors import read_vectors
from dupfind.text.composition import ComposedText, compose, embedding_key
from dupfind.text.indexed_words import indexed_words
from dupfind.text.terms import terms

_ROWS = 2_000
_TEXTS = (
    "SELECT r.row_id, r.title, r.body, c.title, c.body, t.title, t.body, t.names, s.stems"
    " FROM record r LEFT JOIN composed c ON c.row_id = r.row_id LEFT JOIN terms t ON t.row_id = r.row_id"
    " LEFT JOIN row_stems s ON s.row_id = r.row_id"
    " WHERE c.row_id IS NOT NULL OR t.row_id IS NOT NULL OR s.row_id IS NOT NULL ORDER BY r.row_id"
)


def unread_tables(store: PostgresStore) -> Iterator[str]:
    """Read every value of every table, outside of a transaction, and yield the faults that the server reports.

    The server compares each page that it reads with its checksum, where it has checksums.
    """
    query = (
        "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(%s)"
    )
    for (table,) in store.connection.run(
        f"{query} ORDER BY relname", (store.connection.url.schema,)
    ).fetchall():
        try:
            store.connection.run(f"SELECT sum(octet_length(each::text)) FROM {table} AS each")  # noqa: S608
        except StoreError as error:
            if store.connection.is_lost:
                raise
            yield f"the table {table} cannot be read ({error.__cause__ or error})".splitlines()[0]


def has_page_checksums(store: PostgresStore) -> bool:
    """Return whether the server has checksums of its pages."""
    return bool(store.connection.run("SHOW data_checksums").fetchone() == ("on",))


def wrong_words(store: PostgresStore) -> set[int]:
    """Return the rows whose words, lengths, terms or stems are not those of their texts; in a read transaction."""
    wrong: set[int] = set()
    postings = groupby(
        store.stream("SELECT block, stem, n_rows, occurrences FROM posting ORDER BY block, stem", ()),
        key=itemgetter(0),
    )
    lengths = dict(store.connection.run("SELECT block, lengths FROM word_length").fetchall())
    texts = groupby(store.stream(_TEXTS, ()), key=lambda row: row[0] >> BLOCK_BITS)
    stored = next(postings, None)
    n_rows = 0
    for block, rows in texts:
        while stored is not None and stored[0] < block:
            wrong |= _rows_of(list(stored[1]))
            stored = next(postings, None)
        own: list[tuple[Any, ...]] = []
        if stored is not None and stored[0] == block:
            own = list(stored[1])
            stored = next(postings, None)
        with closing(sqlite3.connect(":memory:")) as memory:
            memory.execute(f"CREATE VIRTUAL TABLE words {TABLE}")
            words = FtsWords(memory)
            listed = list(rows)
            wrong |= _wrong_texts(words, listed)
            wrong |= _wrong_block(words, listed, block, own, lengths.pop(block, b""))
            n_rows += words.n_rows()
    while stored is not None:
        wrong |= _rows_of(list(stored[1]))
        stored = next(postings, None)
    wrong |= {block << BLOCK_BITS for block, packed in lengths.items() if packed}
    wrong |= _wrong_comments(store)
    if not wrong:
        store.connection.words.lengths()  # whose sums are compared with the totals
    return wrong


def _wrong_texts(words: FtsWords, rows: list[tuple[Any, ...]]) -> set[int]:
    """Add the words of rows to an empty index; return the rows that lack a part, or have other terms."""
    wrong = set()
    for row_id, title, body, composed_title, composed_body, *numbers, stems in rows:
        if composed_title is None or stems is None or None in numbers:
            wrong.add(row_id)
        if composed_title is None:
            continue
        record = Record(id="", title=title, body=body)
        text = replace(compose(record), title=composed_title, body=composed_body)
        words.add(row_id, indexed_words(record, text))
        own = terms(text)
        if numbers != [part.astype("<u4").tobytes() for part in (own.title, own.body, own.names)]:
            wrong.add(row_id)
    return wrong


def _wrong_block(
    words: FtsWords, rows: list[tuple[Any, ...]], block: int, postings: list[tuple[Any, ...]], lengths: bytes
) -> set[int]:
    """Compare the words of the rows of a block with its postings, stems and lengths."""
    expected = dict(words.occurrences(None))
    wrong: set[int] = set()
    stems_of: dict[int, list[str]] = {}
    for stem, occurrences in expected.items():
        for row in np.unique(occurrences >> 3).tolist():
            stems_of.setdefault(row, []).append(stem)
    try:
        for _, stem, n_rows, packed in postings:
            right = expected.pop(stem, np.empty(0, dtype=np.int64))
            found = unpacked(block, packed)
            if not np.array_equal(found, np.sort(right)) or n_rows != len(np.unique(right >> 3)):
                either = np.setxor1d(found, right)
                wrong |= set(((either if len(either) else right) >> 3).tolist())
        counts = unpacked_lengths(block, lengths)
    except sqlite3.DatabaseError:
        return {row[0] for row in rows} or {block << BLOCK_BITS}
    for occurrences in expected.values():
        wrong |= set((occurrences >> 3).tolist())
    wrong |= {row[0] for row in rows if row[-1] is not None and sorted(row[-1]) != stems_of.get(row[0], [])}
    right_counts = words.lengths()
    right_rows = dict(zip(right_counts.row_ids.tolist(), right_counts.counts.tolist(), strict=True))
    found_rows = {row[0]: row[1:] for row in counts.tolist()}
    wrong |= {
        row for row in right_rows.keys() | found_rows.keys() if right_rows.get(row) != found_rows.get(row)
    }
    return wrong


def _rows_of(postings: list[tuple[Any, ...]]) -> set[int]:
    """Return the rows of postings in a block without texts."""
    wrong: set[int] = set()
    for block, _, _, packed in postings:
        try:
            wrong |= set((unpacked(block, packed) >> 3).tolist())
        except sqlite3.DatabaseError:
            wrong.add(block << BLOCK_BITS)
    return wrong


def _wrong_comments(store: PostgresStore) -> set[int]:
    """Return the rows whose comments have other stems than their words."""
    wrong = set()
    for row_id, text, stems in store.stream("SELECT row_id, text, stems FROM comment_words", ()):
        found = {stem for each in store.connection.words.all_stems(text.split(" ")) for stem in each}
        if sorted(found) != stems:
            wrong.add(row_id)
    return wrong


def wrong_vectors(store: PostgresStore, encoding: Encoding) -> set[int]:
    """Return the live rows whose vectors are not those of their texts; in a read transaction."""
    rows = store.stream(
        "SELECT r.row_id, c.title, c.body, t.fingerprint, w.fingerprint FROM record r"
        " LEFT JOIN composed c ON c.row_id = r.row_id"
        " LEFT JOIN vector v ON v.row_id = r.row_id AND v.encoding_id = ?"
        " LEFT JOIN embedding t ON t.id = v.title_embedding LEFT JOIN embedding w ON w.id = v.whole_embedding"
        " WHERE died IS NULL",
        (encoding.id,),
    )
    wrong = set()
    for row_id, title, body, *keys in rows:
        text = ComposedText(title or "", body or "")
        right = [embedding_key(text.title), embedding_key(text.whole)] if text.title else [None, None]
        if keys != right:
            wrong.add(row_id)
    return wrong


def wrong_halves(store: PostgresStore, encoding: Encoding) -> set[int]:
    """Return the rows whose vectors in half precision are missing, too many or others; in a read transaction."""
    wanted = set(
        store.ids(
            "SELECT v.row_id FROM vector v JOIN record r ON r.row_id = v.row_id"
            " WHERE v.encoding_id = ? AND died IS NULL",
            (encoding.id,),
        ).tolist()
    )
    wrong = set()
    rows = store.stream(
        "SELECT row_id, vector::text FROM half_vector WHERE encoding_id = ? ORDER BY row_id", (encoding.id,)
    )
    while part := rows.fetchmany(_ROWS):
        present = [(row, text) for row, text in part if row in wanted]
        wrong |= {row for row, _ in part if row not in wanted}
        wanted -= {row for row, _ in part}
        row_ids = np.array([row for row, _ in present], dtype=np.int64)
        vectors = read_vectors(store, encoding, True, row_ids).astype(np.float16)
        for (row, text), vector in zip(present, vectors, strict=True):
            half = np.fromstring(text[1:-1], dtype=np.float32, sep=",").astype(np.float16)
            if not np.array_equal(half, vector):
                wrong.add(row)
    return wrong | wanted


def wrong_models(store: PostgresStore) -> Iterator[str]:
    """Yield a fault for each model in the database whose files do not have its hash."""
    for (fingerprint,) in store.connection.run("SELECT DISTINCT fingerprint FROM model_file").fetchall():
        with tempfile.TemporaryDirectory(prefix="dupfind-model-") as name:
            try:
                write_files(Path(name), model_files.stored_pieces(store, fingerprint))
                if ModelFolder(Path(name)).fingerprint != fingerprint:
                    yield f"the files of the model {fingerprint[:12]} do not have its hash"
            except DupfindError as error:
                yield f"the files of the model {fingerprint[:12]} are damaged ({error})"
