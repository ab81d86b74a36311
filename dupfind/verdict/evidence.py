"""The evidence that two records are duplicates, as three numbers a pair (pure).

Every number is the same whichever of the two records is the query, and none depends on the other candidates.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.text.terms import Lists, Numbers, TermLists, Terms
from dupfind.vectors.base import Vectors
from dupfind.vectors.sets import distinct

Values = NDArray[np.float64]

NAMES = ("title x title", "whole x whole", "shared words")
"""Cosine of the titles' embeddings, cosine of the whole texts', log of 1 + the number of distinct words that both have.

Marked duplicates are no evidence: on three trackers the size of a marked cluster flagged more issues, and found no more
duplicates at the same share.
"""


class Embedded(NamedTuple):
    """The embeddings and the words of one record.

    Attributes:
        title: (dim,) float32, of unit length.
        whole: (dim,) float32, of unit length.
        terms: Its words.
    """

    title: Vectors
    whole: Vectors
    terms: Terms


def evidence(record: Embedded, titles: Vectors, wholes: Vectors, terms: TermLists) -> Values:
    """Return the evidence that a record and each of n others are duplicates, (n, len(NAMES)).

    Args:
        record: One side of each pair.
        titles: (n, dim) float32, rows of unit length, of the others.
        wholes: (n, dim) float32, rows of unit length.
        terms: Of the n others.
    """
    return np.column_stack(
        [
            _cosines(titles, record.title),
            _cosines(wholes, record.whole),
            np.log1p(n_shared(record.terms, terms)),
        ]
    )


def n_shared(one: Terms, others: TermLists) -> NDArray[np.int64]:
    """Return the number of distinct words that a text and each of n others both have, (n,)."""
    words = distinct(one.title, one.body)
    met = np.zeros((len(others.title), len(words)), dtype=np.bool_)
    for lists in (others.title, others.body):
        _mark(met, words, lists)
    return np.asarray(met.sum(axis=1))


def _mark(met: NDArray[np.bool_], words: Numbers, lists: Lists) -> None:
    """Set `met[i, j]` where list i has word j."""
    if not len(words):
        return
    places = np.minimum(np.searchsorted(words, lists.numbers), len(words) - 1)  # in bounds
    is_shared = words[places] == lists.numbers
    met[lists.owners[is_shared], places[is_shared]] = True


def _cosines(vectors: Vectors, vector: Vectors) -> Values:
    # Not by BLAS, whose order of summation depends on the other rows; rounded so that both directions agree.
    products = np.einsum("ij,j->i", vectors, vector, dtype=np.float64)
    return np.asarray(np.round(np.clip(products, -1, 1), 6) + 0.0)
