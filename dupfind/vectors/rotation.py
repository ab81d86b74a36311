"""A fixed rotation that spreads a vector's length over all coordinates: their signs and short codes then say enough.

It changes random signs and multiplies blocks of coordinates by a Hadamard matrix (Ailon & Chazelle, 2006). It depends
on nothing but the width, so the codes of a vector are the same in every index.
"""

from functools import cache
from hashlib import shake_256

import numpy as np

from dupfind.vectors.base import Vectors

_MULTIPLE = 64  # of a rotated width: the signs of a vector fill whole uint64
_LARGEST = 256  # width of the Hadamard matrix


def rotated_width(dim: int) -> int:
    """Return the width of a rotated vector: the next multiple of 64."""
    return -(-dim // _MULTIPLE) * _MULTIPLE


def rotated(vectors: Vectors) -> Vectors:
    """Rotate vectors; every dot product of two stays the same but for rounding.

    Args:
        vectors: (n, dim) float32.

    Returns:
        (n, rotated_width(dim)) float32.
    """
    n_rows, dim = vectors.shape
    width = rotated_width(dim)
    turned = np.zeros((n_rows, width), dtype=np.float32)
    np.multiply(vectors, _signs(width)[:dim], out=turned[:, :dim])
    size = min(width & -width, _LARGEST)  # the largest power of two that divides the width
    # A block takes every so many coordinates, so that titles and whole texts mix.
    blocks = turned.reshape(n_rows, size, width // size).transpose(0, 2, 1)  # (n, width / size, size)
    return np.ascontiguousarray(blocks @ _hadamard(size)).reshape(n_rows, width)


@cache
def _signs(width: int) -> Vectors:
    """(width,) -1 or 1, the same on every machine."""
    bits = np.frombuffer(shake_256(b"dupfind").digest(width // 8), dtype=np.uint8)
    return np.unpackbits(bits).astype(np.float32) * 2 - 1


@cache
def _hadamard(size: int) -> Vectors:
    """(size, size) orthogonal; size is a power of two."""
    matrix = np.ones((1, 1), dtype=np.float32)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix / np.float32(np.sqrt(size))
