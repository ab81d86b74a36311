"""Overlaps: what words and names a query and each of its candidates have in common (pure)."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking import bm25_formula
from dupfind.text.terms import Lists, Numbers, TermLists, Terms
from dupfind.vectors.sets import distinct, is_met

Values = NDArray[np.float64]
Wanted = NDArray[np.bool_]

_B_NAMES = 0.3  # a long list of names is no reason to count each of them less


def overlaps(asked: Terms, found: TermLists) -> list[Values]:
    """BM25 and coverage of a query's words, names and word pairs in each candidate.

    How rare a word is, is taken from the candidates.

    Args:
        asked: The query's.
        found: Those of n candidates, at least one.

    Returns:
        (n,) each, in the order of `features.RELATIVE` from "bm25 title in title" on.
    """
    titles, bodies = found.title, found.body
    n = len(found)
    vocabulary, in_title, in_body = _vocabulary(asked.title, asked.body)
    m = len(vocabulary)
    in_titles, in_bodies = _counts(titles, vocabulary), _counts(bodies, vocabulary)
    fields = {
        "title": _Weighed.of(in_titles, titles.lengths, m),
        "body": _Weighed.of(in_bodies, bodies.lengths, m),
        "all": _Weighed.of(in_titles + in_bodies, titles.lengths + bodies.lengths, m),
    }
    columns: list[Values] = []
    for wanted, names in (
        (in_title, ("title", "body", "all")),
        (in_body, ("title", "body")),
        (in_title | in_body, ("title", "all")),
    ):
        for name in names:
            columns += fields[name].sums(wanted, n)
    columns += _overlap(titles, distinct(asked.title))
    pairs = distinct(_pairs(asked.title), _pairs(asked.body))
    of_pairs = _counts(_paired(titles), pairs) + _counts(_paired(bodies), pairs)
    lengths = np.maximum(titles.lengths - 1, 0) + np.maximum(bodies.lengths - 1, 0)
    for counts, all_lengths, numbers, b in (
        (_counts(found.names, asked.names), found.names.lengths, asked.names, _B_NAMES),
        (of_pairs, lengths, pairs, bm25_formula.B),
    ):
        weighed = _Weighed.of(counts, all_lengths, len(numbers), b)
        columns += weighed.sums(np.ones(len(numbers), dtype=bool), n)
    return columns


def _vocabulary(title: Numbers, body: Numbers) -> tuple[Numbers, Wanted, Wanted]:
    """The words of a query, each once, and which of them are in its title and in its body."""
    asked = distinct(title, body)
    return asked, is_met(asked, title), is_met(asked, body)


def _pairs(words: Numbers) -> Numbers:
    """A number for each two words in a row."""
    return (words[:-1] * np.uint32(0x9E3779B1)) ^ words[1:]


def _paired(lists: Lists) -> Lists:
    """The pairs of each list."""
    ends = lists.ends
    is_within = np.ones(max(len(lists.numbers) - 1, 0), dtype=bool)
    is_within[ends[(ends > 0) & (ends < len(lists.numbers))] - 1] = False
    return Lists(_pairs(lists.numbers)[is_within], np.append(0, np.cumsum(np.maximum(lists.lengths - 1, 0))))


def _counts(lists: Lists, asked: Numbers) -> NDArray[np.int64]:
    """How often each list has each number that is asked for, (n * m,); `asked` is in order, each once."""
    n, m = len(lists), len(asked)
    if m == 0:
        return np.zeros(0, dtype=np.int64)
    # Few are: what shares its last 16 bits with none is left out before the search.
    may_be = np.zeros(1 << 16, dtype=np.bool_)
    may_be[asked.astype(np.uint16)] = True
    at = np.flatnonzero(may_be.take(lists.numbers.astype(np.uint16)))
    numbers = lists.numbers[at]
    places = np.minimum(np.searchsorted(asked, numbers), m - 1)
    is_there = asked[places] == numbers
    owners = lists.owners[at[is_there]]
    return np.bincount(owners * m + places[is_there], minlength=n * m)


class _Weighed(NamedTuple):
    """BM25's two factors, for each list and each word that is in it.

    Attributes:
        owner: (k,) the list.
        word: (k,) the word.
        gain: (k,) how much its count says.
        rarity: (m,) how rare each word is.
    """

    owner: NDArray[np.int64]
    word: NDArray[np.int64]
    gain: Values
    rarity: Values

    @classmethod
    def of(
        cls, counts: NDArray[np.int64], lengths: NDArray[np.int64], m: int, b: float = bm25_formula.B
    ) -> Self:
        """Weigh the counts of m words, (n * m,), in lists of these lengths, (n,)."""
        cells = np.flatnonzero(counts)
        owner, word = np.divmod(cells, max(m, 1))
        damping = bm25_formula.damping(lengths, max(lengths.mean(), 1), b)
        gain = bm25_formula.gain(counts[cells], damping[owner])
        rarity = bm25_formula.smooth_rarity(len(lengths), np.bincount(word, minlength=m))
        return cls(owner, word, gain, rarity)

    def sums(self, wanted: Wanted, n: int) -> list[Values]:
        """BM25 of the wanted words, and the share of their rarity that is there, (n,) each."""
        rarity = self.rarity * wanted
        there = rarity[self.word]
        bm25, covered = (
            np.bincount(self.owner, weights=weights, minlength=n) for weights in (self.gain * there, there)
        )
        return [bm25, covered / max(rarity.sum(), 1e-9)]


def _overlap(lists: Lists, asked: Numbers) -> list[Values]:
    """The share of a candidate's rarity that the query has too, and the cosine of both as tf-idf with tf 1."""
    n = len(lists)
    known, places = np.unique(lists.numbers, return_inverse=True)
    if len(known) == 0:
        return [np.zeros(n), np.zeros(n)]
    cells = distinct(lists.owners * len(known) + places)
    owner, word = cells // len(known), cells % len(known)
    rarity = bm25_formula.smooth_rarity(n, np.bincount(word, minlength=len(known)))
    is_asked = is_met(known, asked)
    shared = is_asked[word]
    weight, square = rarity[word], rarity[word] ** 2

    def total(values: Values) -> Values:
        return np.asarray(np.bincount(owner, weights=values, minlength=n))

    unseen = (len(asked) - is_asked.sum()) * bm25_formula.smooth_rarity(n, np.zeros(1, dtype=np.int64))[
        0
    ] ** 2
    norm = np.sqrt((rarity[is_asked] ** 2).sum() + unseen)
    cosine = total(square * shared) / np.maximum(norm * np.sqrt(total(square)), 1e-9)
    return [total(weight * shared) / np.maximum(total(weight), 1e-9), cosine]
