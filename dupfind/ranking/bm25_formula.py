"""The BM25 formula (Robertson & Zaragoza, 2009) with the constants of SQLite's FTS5.

The score of a text for a query is the sum over the query's words of `gain(weight, damping, rarity)`.
"""

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
"""How soon a further occurrence of a word adds little."""

B = 0.75
"""How much longer texts are held to need more occurrences, 0 to 1."""

Values = NDArray[np.float64]
Counts = NDArray[np.int64] | NDArray[np.float64]


@overload
def rarity(n_texts: int, n_with: int) -> float: ...


@overload
def rarity(n_texts: int, n_with: NDArray[np.int64]) -> Values: ...


def rarity(n_texts: int, n_with: int | NDArray[np.int64]) -> float | Values:
    """Return the inverse document frequency of words as FTS5 has it: natural logarithm, at least 1e-6.

    Args:
        n_texts: Number of texts.
        n_with: Number of texts that contain each word; a number or an array.
    """
    # Negative where over half of the texts have the word; FTS5 sets 1e-6 there.
    return np.maximum(np.log((n_texts - n_with + 0.5) / (n_with + 0.5)), 1e-6)


def smooth_rarity(n_texts: int, n_with: NDArray[np.int64]) -> Values:
    """Return the inverse document frequency that is above 0 even for a word of all texts (as in Lucene)."""
    return np.asarray(np.log(1 + (n_texts - n_with + 0.5) / (n_with + 0.5)))


@overload
def damping(length: float, mean_length: float, b: float = B) -> float: ...


@overload
def damping(length: Counts, mean_length: float, b: float = B) -> Values: ...


def damping(length: Any, mean_length: float, b: float = B) -> Any:
    """Return the term that divides a word's weight in texts of these lengths.

    Args:
        length: Number of words; a number or an array.
        mean_length: Mean over all texts, above 0.
        b: Influence of the length, 0 to 1.
    """
    return K1 * (1 - b + b * length / mean_length)


@overload
def gain(weight: float, damping: float, rarity: float = 1.0) -> float: ...


@overload
def gain(weight: Counts, damping: Values, rarity: float | Values = 1.0) -> Values: ...


def gain(weight: Any, damping: Any, rarity: Any = 1.0) -> Any:
    """Return the BM25 that a word adds to a text.

    Args:
        weight: Occurrences of the word in the text, each counted by its field's weight.
        damping: As `damping` returns it for the text.
        rarity: As `rarity` returns it for the word.
    """
    return rarity * weight * (K1 + 1) / (weight + damping)
