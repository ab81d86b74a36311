"""The BM25 formula (Robertson & Zaragoza, 2009) with the constants of SQLite's FTS5.

The score of a text for a query is the sum over the query's words of `gain(weight, damping, rarity)`.
"""

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

TITLE_WEIGHT = 4.0
"""A word of the title counts as much as four of the composed body (chosen on the train parts of two trackers)."""

REST_WEIGHT = 0.25
"""A word that the composed text left out counts as much as a quarter of a word of it."""

NAME_WEIGHT = 0.5
"""A name counts this much beside its words, however long the text is."""

B_REST = 0.5
"""As `B`, for the words that the composed text left out."""

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


@overload
def smooth_rarity(n_texts: int, n_with: int) -> float: ...


@overload
def smooth_rarity(n_texts: int, n_with: NDArray[np.int64]) -> Values: ...


def smooth_rarity(n_texts: int, n_with: int | NDArray[np.int64]) -> float | Values:
    """Return the inverse document frequency that is above 0 even for a word of all texts (as in Lucene).

    On trackers of a few dozen records many a telling word is in a quarter of them.
    """
    return np.log(1 + (n_texts - n_with + 0.5) / (n_with + 0.5))


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


def whole_gain(
    weight: Counts,
    damping: Values,
    in_rest: NDArray[np.bool_],
    in_names: NDArray[np.bool_],
    rest_length: Counts,
    mean_rest_length: float,
) -> Values:
    """Return the BM25 that a word of rarity 1 adds to whole texts (BM25F, Robertson, Zaragoza & Taylor 2004).

    Each field is damped by its own length before the fields are added up.

    Args:
        weight: (n,) occurrences in the composed text, each counted by its field's weight.
        damping: (n,) of the composed text, as `damping` returns it.
        in_rest: (n,) whether the rest has the word.
        in_names: (n,) whether it is one of the names.
        rest_length: (n,) number of words of the rest.
        mean_rest_length: Mean over all texts, above 0.
    """
    return joined_gain(
        weight, composed_part(damping), in_rest, rest_part(rest_length, mean_rest_length), in_names
    )


def composed_part(damping: Values) -> Values:
    """Return what an occurrence in composed texts adds to the weights of whole texts, (n,), by their `damping`."""
    return K1 / damping


def rest_part(rest_length: Counts, mean_rest_length: float) -> Values:
    """Return what an occurrence in the rest adds to the weights of whole texts, (n,); see `whole_gain`."""
    return np.asarray(REST_WEIGHT / (1 - B_REST + B_REST * rest_length / mean_rest_length))


def joined_gain(
    weight: Counts,
    composed: Values,
    in_rest: NDArray[np.bool_],
    rest: Values,
    in_names: NDArray[np.bool_],
) -> Values:
    """Return `whole_gain` from the parts that follow from the lengths of the texts, (n,).

    Args:
        weight: As in `whole_gain`.
        composed: From `composed_part`.
        in_rest: As in `whole_gain`.
        rest: From `rest_part`.
        in_names: As in `whole_gain`.
    """
    total = weight * composed + in_rest * rest + NAME_WEIGHT * in_names
    return np.asarray(total * (K1 + 1) / (total + K1))
