"""The vectors that a collection's database holds."""

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from dupfind.errors import StoreError
from dupfind.storage.store import Encoding, Store
from dupfind.vectors.base import Block, Vectors
from dupfind.vectors.title_body import concat

_BLOCK_ROWS = 4096


def n_vectors(store: Store, encoding_id: int, after: int = 0) -> int:
    """Return the number of live records beyond a row id that have a vector."""
    return store.one(
        "SELECT count(*) FROM vector JOIN record USING (row_id)"
        " WHERE encoding_id = ? AND row_id > ? AND died IS NULL",
        (encoding_id, after),
    )


def has_bodies(store: Store, encoding_id: int) -> bool:
    """Return whether any vector's whole text differs from its title."""
    return bool(
        store.one(
            "SELECT EXISTS (SELECT 1 FROM vector JOIN record USING (row_id)"
            " WHERE encoding_id = ? AND died IS NULL AND title_embedding <> whole_embedding)",
            (encoding_id,),
        )
    )


def iter_vectors(store: Store, encoding: Encoding, *, after: int = 0, joint: bool = True) -> Iterator[Block]:
    """Stream the vectors of live records in the order of their row ids.

    Args:
        store: In a read transaction.
        encoding: The encoding of the vectors.
        after: Only rows beyond this row id.
        joint: Title and whole text concatenated, (rows, 2 * dim); else the title's alone, (rows, dim).

    Raises:
        StoreError: A vector does not match its checksum.
    """
    cursor = store.connection.execute(
        "SELECT v.row_id, t.vector, t.crc32, w.vector, w.crc32 FROM vector v"
        " JOIN record r ON r.row_id = v.row_id"
        " JOIN embedding t ON t.id = v.title_embedding JOIN embedding w ON w.id = v.whole_embedding"
        " WHERE v.encoding_id = ? AND v.row_id > ? AND r.died IS NULL ORDER BY v.row_id",
        (encoding.id, after),
    )
    while rows := cursor.fetchmany(_BLOCK_ROWS):
        row_ids = np.array([row[0] for row in rows], dtype=np.int64)
        titles = _decode(store, [(row[1], row[2]) for row in rows], encoding.dim)  # (rows, dim)
        if not joint:
            yield row_ids, titles
            continue
        wholes = _decode(store, [(row[3], row[4]) for row in rows], encoding.dim)
        yield row_ids, concat(titles, wholes, encoding.title_weight)


def damaged_embeddings(store: Store) -> Iterator[int]:
    """Yield the ids of the embeddings that do not match their checksum; reads all of them."""
    for embedding_id, vector, crc32 in store.connection.execute("SELECT id, vector, crc32 FROM embedding"):
        if zlib.crc32(vector) != crc32:
            yield embedding_id


def last_encoded_row(store: Store, encoding_id: int) -> int:
    """Return the highest row id that has a vector under an encoding, 0 for none."""
    return store.one("SELECT coalesce(max(row_id), 0) FROM vector WHERE encoding_id = ?", (encoding_id,))


def _decode(store: Store, cells: Sequence[tuple[bytes, int]], dim: int) -> Vectors:
    """Turn n pairs of vector and CRC-32 into (n, dim) float32."""
    for vector, crc32 in cells:
        if len(vector) != 4 * dim or zlib.crc32(vector) != crc32:
            raise StoreError(
                f"{store.path} holds a damaged vector: `dupfind index --rebuild` encodes the records again"
            )
    flat = np.frombuffer(b"".join(vector for vector, _ in cells), dtype="<f4")
    # astype copies only on a big-endian machine.
    return flat.reshape(len(cells), dim).astype(np.float32, copy=False)
