"""The vectors that a collection's database holds."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from dupfind.errors import StoreError
from dupfind.storage.encoding import Encoding
from dupfind.storage.store import Store
from dupfind.vectors.base import Block, RowIds, Vectors
from dupfind.vectors.title_body import concat

_BLOCK_ROWS = 4096


LAST_ROW = 2**63 - 1
"""The highest row id that there can be."""


def n_vectors(store: Store, encoding_id: int, after: int = 0, up_to: int = LAST_ROW) -> int:
    """Return the number of live records beyond a row id, and up to another, that have a vector."""
    # The live rows would be read with their texts; of dead rows there is an index.
    return store.one(
        "SELECT (SELECT count(*) FROM vector WHERE encoding_id = ?1 AND row_id > ?2 AND row_id <= ?3)"
        " - (SELECT count(*) FROM record JOIN vector USING (row_id)"
        " WHERE died IS NOT NULL AND encoding_id = ?1 AND row_id > ?2 AND row_id <= ?3)",
        (encoding_id, after, up_to),
    )


def encoded_rows(store: Store, encoding_id: int) -> RowIds:
    """Return the rows that have a vector, live or dead, in order."""
    return store.ids("SELECT row_id FROM vector WHERE encoding_id = ? ORDER BY row_id", (encoding_id,))


def has_bodies(store: Store, encoding_id: int) -> bool:
    """Return whether any vector's whole text differs from its title."""
    return bool(
        store.one(
            "SELECT EXISTS (SELECT 1 FROM vector JOIN record USING (row_id)"
            " WHERE encoding_id = ? AND died IS NULL AND title_embedding <> whole_embedding)",
            (encoding_id,),
        )
    )


def iter_vectors(
    store: Store, encoding: Encoding, *, after: int = 0, up_to: int = LAST_ROW, joint: bool = True
) -> Iterator[Block]:
    """Stream the vectors of live records in the order of their row ids.

    Args:
        store: In a read transaction.
        encoding: The encoding of the vectors.
        after: Only rows beyond this row id.
        up_to: Only rows up to this row id.
        joint: Title and whole text concatenated, (rows, 2 * dim); else the title's alone, (rows, dim).

    Raises:
        StoreError: A vector does not match its checksum.
    """
    cursor = store.stream(
        "SELECT v.row_id, t.vector, t.crc32, w.vector, w.crc32 FROM vector v"
        " JOIN record r ON r.row_id = v.row_id"
        " JOIN embedding t ON t.id = v.title_embedding JOIN embedding w ON w.id = v.whole_embedding"
        " WHERE v.encoding_id = ? AND v.row_id > ? AND v.row_id <= ? AND r.died IS NULL ORDER BY v.row_id",
        (encoding.id, after, up_to),
    )
    while rows := cursor.fetchmany(_BLOCK_ROWS):
        row_ids = np.array([row[0] for row in rows], dtype=np.int64)
        titles = _decode(store, [(row[1], row[2]) for row in rows], encoding.dim)  # (rows, dim)
        if not joint:
            yield row_ids, titles
            continue
        wholes = _decode(store, [(row[3], row[4]) for row in rows], encoding.dim)
        yield row_ids, concat(titles, wholes, encoding.title_weight)


def read_vectors(store: Store, encoding: Encoding, joint: bool, row_ids: RowIds) -> Vectors:
    """Return the vectors of some rows, live or dead, in the order of their ids.

    Args:
        store: In a read transaction.
        encoding: The encoding of the vectors.
        joint: As for `iter_vectors`.
        row_ids: (n,) distinct rows, each with a vector.

    Returns:
        (n, dim) float32, or (n, 2 * dim) where they are joint.

    Raises:
        StoreError: A row has no vector, or one that does not match its checksum.
    """
    titles = np.empty((len(row_ids), encoding.dim), dtype=np.float32)
    wholes = np.empty_like(titles) if joint else titles
    for start in range(0, len(row_ids), _BLOCK_ROWS):
        part = row_ids[start : start + _BLOCK_ROWS].tolist()
        found = _cells(store, encoding, part)
        if len(found) != len(part):
            raise _damaged(store)
        stop = start + len(part)
        titles[start:stop] = _decode(store, [found[row][0] for row in part], encoding.dim)
        if joint:
            wholes[start:stop] = _decode(store, [found[row][1] for row in part], encoding.dim)
    return concat(titles, wholes, encoding.title_weight) if joint else titles


def present_vectors(
    store: Store, encoding: Encoding, joint: bool, row_ids: Sequence[int]
) -> tuple[list[int], Vectors]:
    """Return those of some rows that have a vector, in no order, and their vectors as `read_vectors`."""
    found = _cells(store, encoding, row_ids)
    titles = _decode(store, [title for title, _ in found.values()], encoding.dim)
    if not joint:
        return [*found], titles
    wholes = _decode(store, [whole for _, whole in found.values()], encoding.dim)
    return [*found], concat(titles, wholes, encoding.title_weight)


def embeddings(store: Store, encoding: Encoding, keys: Iterable[str]) -> dict[str, Vectors]:
    """Return the vectors of those texts that have one, each (dim,) float32, by `composition.embedding_key`.

    A damaged vector is left out, so that its text is encoded again.

    Args:
        store: In a read transaction.
        encoding: The encoding of the vectors.
        keys: Of the texts, in any order.
    """
    rows = store.connection.execute(
        "SELECT fingerprint, vector, crc32 FROM embedding WHERE encoding_id = ?"
        " AND fingerprint IN (SELECT value FROM json_each(?) AS texts)",
        (encoding.id, json.dumps(list(keys))),
    )
    return {
        key: np.frombuffer(cell, dtype="<f4").astype(np.float32, copy=False)
        for key, cell, crc32 in rows
        if len(cell) == 4 * encoding.dim and zlib.crc32(cell) == crc32
    }


def damaged_embeddings(store: Store) -> Iterator[int]:
    """Yield the ids of the embeddings that do not match their checksum; in a read transaction, reads all of them."""
    for embedding_id, vector, crc32 in store.stream("SELECT id, vector, crc32 FROM embedding", ()):
        if zlib.crc32(vector) != crc32:
            yield embedding_id


def last_encoded_row(store: Store, encoding_id: int) -> int:
    """Return the highest row id that has a vector under an encoding, 0 for none."""
    return store.one("SELECT coalesce(max(row_id), 0) FROM vector WHERE encoding_id = ?", (encoding_id,))


def _cells(
    store: Store, encoding: Encoding, row_ids: Sequence[int]
) -> dict[int, tuple[tuple[bytes, int], tuple[bytes, int]]]:
    """Return the stored vectors of titles and of whole texts with their checksums, of the rows that have them."""
    return {
        row_id: ((title, title_crc32), (whole, whole_crc32))
        for row_id, title, title_crc32, whole, whole_crc32 in store.connection.execute(
            "SELECT v.row_id, t.vector, t.crc32, w.vector, w.crc32 FROM vector v"
            " JOIN embedding t ON t.id = v.title_embedding JOIN embedding w ON w.id = v.whole_embedding"
            " WHERE v.encoding_id = ? AND v.row_id IN (SELECT value FROM json_each(?))",
            (encoding.id, json.dumps(row_ids)),
        )
    }


def _decode(store: Store, cells: Sequence[tuple[bytes, int]], dim: int) -> Vectors:
    """Turn n pairs of vector and CRC-32 into (n, dim) float32."""
    for vector, crc32 in cells:
        if len(vector) != 4 * dim or zlib.crc32(vector) != crc32:
            raise _damaged(store)
    flat = np.frombuffer(b"".join(vector for vector, _ in cells), dtype="<f4")
    # astype copies only on a big-endian machine.
    return flat.reshape(len(cells), dim).astype(np.float32, copy=False)


def _damaged(store: Store) -> StoreError:
    return StoreError(
        f"{store.path} holds a damaged vector: `dupfind index --rebuild` encodes the records again"
    )
