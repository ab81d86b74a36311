"""Texts with their vectors as rows of fixed size, as a part holds them."""

from collections.abc import Mapping

import numpy as np

from dupfind.vectors.base import Vectors


def row_type(dim: int) -> np.dtype[np.void]:
    """Return the layout of a row: the fingerprint of a text, and its vector as little-endian float32."""
    return np.dtype([("key", "S16"), ("vector", "<f4", (dim,))])


def packed(vectors: Mapping[str, Vectors], dim: int) -> bytes:
    """Return rows as bytes.

    Args:
        vectors: (dim,) float32 by the fingerprint of their texts, 32 hexadecimal digits.
        dim: Width of a vector.
    """
    rows = np.empty(len(vectors), dtype=row_type(dim))
    rows["key"] = [bytes.fromhex(key) for key in vectors]
    rows["vector"] = np.stack(list(vectors.values())) if vectors else np.empty((0, dim))
    return rows.tobytes()
