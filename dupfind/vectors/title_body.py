"""Concatenates the embeddings of a title and of a whole text into one joint vector.

With weight w the joint vector is [sqrt(w) title, sqrt(1 - w) whole]. The dot product of two joint vectors is
w * cos(titles) + (1 - w) * cos(whole texts): one cosine, in one index. If no record has a body, both embeddings are
equal, and an index of titles alone, half as wide, gives the same scores for a folded query.
"""

import numpy as np

from dupfind.vectors.base import Vectors


def concat(titles: Vectors, wholes: Vectors, weight: float) -> Vectors:
    """Concatenate embeddings.

    Args:
        titles: (n, dim) float32, rows of unit length.
        wholes: (n, dim) float32, rows of unit length.
        weight: Share of the titles in a score, 0 to 1.

    Returns:
        (n, 2 * dim) float32, rows of unit length.
    """
    dim = titles.shape[1]
    joint = np.empty((len(titles), 2 * dim), dtype=np.float32)
    np.multiply(titles, np.float32(weight**0.5), out=joint[:, :dim])
    np.multiply(wholes, np.float32((1 - weight) ** 0.5), out=joint[:, dim:])
    return joint


def split(joint: Vectors, weight: float) -> tuple[Vectors, Vectors]:
    """Split joint vectors into their two embeddings.

    Args:
        joint: (n, 2 * dim) float32 from `concat`.
        weight: The weight of `concat`, neither 0 nor 1.

    Returns:
        The titles' and the whole texts' embeddings, each (n, dim) float32 of unit length.
    """
    dim = joint.shape[1] // 2
    return joint[:, :dim] / np.float32(weight**0.5), joint[:, dim:] / np.float32((1 - weight) ** 0.5)


def fold(queries: Vectors, weight: float) -> Vectors:
    """Fold joint query vectors for an index of titles alone; every dot product stays the same.

    Args:
        queries: (n, 2 * dim) float32 from `concat`.
        weight: The weight of `concat`.

    Returns:
        (n, dim) float32; shorter than unit length if title and whole text differ.
    """
    dim = queries.shape[1] // 2
    return queries[:, :dim] * np.float32(weight**0.5) + queries[:, dim:] * np.float32((1 - weight) ** 0.5)
