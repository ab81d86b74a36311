"""Compare the words and names of a query with those of each candidate (pure)."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking import bm25_formula
from dupfind.text.comment_terms import CommentLists
from dupfind.text.terms import Lists, Numbers, TermLists, Terms
from dupfind.vectors.sets import distinct, is_met

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

_B_NAMES = 0.3  # a long list of names makes each of them little less important


def overlaps(query: Terms, candidates: TermLists, comments: CommentLists) -> list[Values]:
    """Return BM25 and coverage of a query's words and names in each candidate.

    The rarity of words is counted over the candidates. A name that stands in a comment on a candidate is its name, too.

    Args:
        query: The terms of the query.
        candidates: The terms of n candidates, at least one.
        comments: On the n candidates.

    Returns:
        (n,) each, in the order of `features.RELATIVE` from "bm25 title in title" on.
    """
    titles, bodies = candidates.title, candidates.body
    n = len(candidates)
    vocabulary, in_title, in_body = _vocabulary(query.title, query.body)  # (m,) each
    m = len(vocabulary)
    in_titles, in_bodies = counts(titles, vocabulary), counts(bodies, vocabulary)
    fields = {
        "title": _Weighed.of(in_titles, titles.lengths, m),
        "body": _Weighed.of(in_bodies, bodies.lengths, m),
        "all": _Weighed.of(in_titles + in_bodies, titles.lengths + bodies.lengths, m),
    }
    columns: list[Values] = []
    for mask, names in (
        (in_title, ("title", "body", "all")),
        (in_body, ("title", "body")),
        (in_title | in_body, ("title", "all")),
    ):
        for name in names:
            columns += fields[name].sums(mask, n)
    columns += _overlap(titles, distinct(query.title))
    named = _Weighed.of(
        counts(candidates.names, query.names) | _named_in(comments, query.names),
        candidates.names.lengths,
        len(query.names),
        _B_NAMES,
    )
    columns += named.sums(np.ones(len(query.names), dtype=bool), n)
    return columns


def _named_in(comments: CommentLists, names: Numbers) -> NDArray[np.int64]:
    """Return 1 for each of l names that the comments on each of n candidates have, else 0; (n * l,)."""
    # All comments on a record are one list.
    ends = comments.words.ends[np.searchsorted(comments.owners, np.arange(comments.n_records + 1))]
    return np.minimum(counts(Lists(comments.words.numbers, ends), names), 1)


def _vocabulary(title: Numbers, body: Numbers) -> tuple[Numbers, Mask, Mask]:
    """Return the distinct words of a query, and which of them are in its title and in its body."""
    words = distinct(title, body)
    return words, is_met(words, title), is_met(words, body)


def counts(lists: Lists, words: Numbers) -> NDArray[np.int64]:
    """Count each of m words in each of n lists, (n * m,); `words` are distinct and rising."""
    n, m = len(lists), len(words)
    if m == 0:
        return np.zeros(0, dtype=np.int64)
    # Few numbers match, so a table of the last 16 bits removes most of them before the slower search.
    may_match = np.zeros(1 << 16, dtype=np.bool_)
    may_match[words.astype(np.uint16)] = True
    at = np.flatnonzero(may_match.take(lists.numbers.astype(np.uint16)))
    numbers = lists.numbers[at]
    places = np.minimum(np.searchsorted(words, numbers), m - 1)  # in bounds past the last word
    matches = words[places] == numbers
    owners = lists.owners[at[matches]]
    return np.bincount(owners * m + places[matches], minlength=n * m)  # cell: list * m + word


class _Weighed(NamedTuple):
    """The two factors of BM25, for each list and each word in it.

    Attributes:
        owner: (k,) the list.
        word: (k,) the word.
        gain: (k,) the factor of the word's count.
        rarity: (m,) the factor of each word's rarity.
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

    def sums(self, mask: Mask, n: int) -> list[Values]:
        """Return BM25 of the words in a mask, (m,), and the share of their rarity in each list, (n,) each."""
        rarity = self.rarity * mask  # (m,) 0 outside of the mask
        present = rarity[self.word]  # (k,)
        bm25, covered = (
            np.bincount(self.owner, weights=weights, minlength=n)
            for weights in (self.gain * present, present)
        )
        return [bm25, covered / max(rarity.sum(), 1e-9)]


def _overlap(lists: Lists, words: Numbers) -> list[Values]:
    """Return the share of each candidate's rarity that the query has too, and their tf-idf cosine with tf 1, (n,)."""
    n = len(lists)
    vocabulary, places = np.unique(lists.numbers, return_inverse=True)  # (v,), and a place for each number
    if len(vocabulary) == 0:
        return [np.zeros(n), np.zeros(n)]
    cells = distinct(lists.owners * len(vocabulary) + places)  # (k,) a word counts once a list: tf is 1
    owner, word = cells // len(vocabulary), cells % len(vocabulary)
    rarity = bm25_formula.smooth_rarity(n, np.bincount(word, minlength=len(vocabulary)))
    in_query = is_met(vocabulary, words)  # (v,)
    shared = in_query[word]
    weight, square = rarity[word], rarity[word] ** 2

    def total(values: Values) -> Values:
        return np.asarray(np.bincount(owner, weights=values, minlength=n))

    # Query words that no candidate has lengthen the query's vector too.
    [rarity_of_unseen] = bm25_formula.smooth_rarity(n, np.zeros(1, dtype=np.int64))
    unseen = (len(words) - in_query.sum()) * rarity_of_unseen**2
    norm = np.sqrt((rarity[in_query] ** 2).sum() + unseen)
    cosine = total(square * shared) / np.maximum(norm * np.sqrt(total(square)), 1e-9)
    return [total(weight * shared) / np.maximum(total(weight), 1e-9), cosine]
