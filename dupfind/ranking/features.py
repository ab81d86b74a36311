"""Compare a query with its candidates, as features that a ranker weighs (pure).

Statistics, such as how rare a word is or the mean embedding, are taken from the candidates alone. So the features
need no figure of the whole collection, are the same in a small replay and in a large index, and do not depend on
later records.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking.comment_overlaps import activity, comment_overlaps
from dupfind.ranking.overlaps import overlaps
from dupfind.text.comment_terms import CommentLists
from dupfind.text.terms import TermLists, Terms
from dupfind.vectors.base import Vectors

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Query:
    """The text to search for.

    Attributes:
        title: (dim,) float32, of unit length.
        whole: (dim,) float32, of unit length.
        terms: Its words and names.
        title_weight: Share of the title in a score, 0 to 1.
    """

    title: Vectors
    whole: Vectors
    terms: Terms
    title_weight: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of a query, from word search and from vector search; all arrays are in the same order.

    Attributes:
        titles: (n, dim) float32, rows of unit length.
        wholes: (n, dim) float32, rows of unit length.
        words: (n, 3) of the word search: BM25 of the composed texts, BM25 of all words, and the share of the query's
            stack traces that it has, 0 to 1 by rarity.
        terms: Words and names of each.
        age: (n,) days between it and the query; NaN where either date is unknown.
        cluster: (n,) int64: candidates of one cluster, as marked by then, have one number.
        n_members: (n,) int64, members of that cluster by then, 1 for a single record.
        comments: On each, as far as they were there by then.
        quiet: (n,) days between the last of these comments and the query; NaN without one, or without its time.
    """

    titles: Vectors
    wholes: Vectors
    words: Values
    terms: TermLists
    age: Values
    cluster: NDArray[np.int64]
    n_members: NDArray[np.int64]
    comments: CommentLists
    quiet: Values


RELATIVE = (
    "title x title",
    "title x whole",
    "whole x title",
    "whole x whole",
    "centred title x title",
    "centred title x whole",
    "centred whole x title",
    "centred whole x whole",
    "score",
    "mean score with its neighbours",
    "scores of its neighbours",
    "strength of its neighbours",
    "word search",
    "search of all words",
    "stack traces",
    *(
        f"{kind} {query} in {field}"
        for query, field in (
            ("title", "title"),
            ("title", "body"),
            ("title", "all"),
            ("body", "title"),
            ("body", "body"),
            ("all", "title"),
            ("all", "all"),
        )
        for kind in ("bm25", "cover")
    ),
    "cover of title",
    "tf-idf cosine of titles",
    "bm25 names",
    "cover names",
    "bm25 all in comments",
    "bm25 title in comments",
    "bm25 all in best comment",
    "bm25 gained by comments",
    "cover all in comments",
    "cover of words in comments alone",
)
"""Features in two scales: as they are, and as a share of the best."""

ABSOLUTE = (
    "rank among its neighbours",
    "age",
    "age squared",
    "age up to a week",
    "members of its cluster",
    "best other member",
    "sum of other members",
    "comments",
    "no comments",
    "days since the last of its comments",
)
"""Features that are used as they are."""

SCALES = ("as is", "share")

NAMES = (*(f"{name}, {scale}" for name in RELATIVE for scale in SCALES), *ABSOLUTE)


def features(query: Query, candidates: Candidates) -> Values:
    """Compare a query with each of its candidates.

    Centred cosines leave out the common part of all candidates, their mean embedding. BM25 and coverage take
    the rarity of words from the candidates; coverage is the share of the query's rarity that a candidate has.

    Args:
        query: The text and its vectors.
        candidates: At least one.

    Returns:
        (n, len(NAMES)) float64, finite.
    """
    words = np.asarray(candidates.words, dtype=np.float64).T  # (3, n)
    cosines = _cosines(query, candidates)
    # (n,) a first estimate of how well each matches, by which neighbours and cluster members count
    match = cosines[_CENTRED_TITLES] + cosines[_CENTRED_WHOLES] + 0.5 * _share(words[:1])[0]
    neighbours, rank = _neighbours(query, candidates, match)
    # (len(RELATIVE), n)
    relative = np.stack(
        [
            *cosines,
            *neighbours,
            *words,
            *overlaps(query.terms, candidates.terms, candidates.comments),
            *comment_overlaps(query.terms, candidates.terms, candidates.comments),
        ]
    )
    absolute = [
        rank,
        *_ages(candidates),
        *_cluster_members(candidates, match),
        *activity(candidates.comments, candidates.quiet),
    ]
    scales = (relative, _share(relative))  # (len(RELATIVE), n) each, in the order of SCALES
    table = np.empty((words.shape[1], len(NAMES)))
    # The scales of one feature are neighbouring columns, as in NAMES.
    for scale, rows in enumerate(scales):
        table[:, scale : len(scales) * len(RELATIVE) : len(scales)] = rows.T
    table[:, len(scales) * len(RELATIVE) :] = np.stack(absolute).T
    return table


_CENTRED_TITLES = RELATIVE.index("centred title x title")
_CENTRED_WHOLES = RELATIVE.index("centred whole x whole")


def _share(rows: Values) -> Values:
    best = rows.max(axis=1, keepdims=True)  # (features, 1)
    return np.where(best > 0, rows / np.where(best > 0, best, 1), 0)


def _cosines(query: Query, candidates: Candidates) -> list[Values]:
    sides = [_Side.of(vectors, query) for vectors in (candidates.titles, candidates.wholes)]
    query_sides = (0, 1)  # the query's title, and its whole text
    return [
        *(side.plain[:, part] for part in query_sides for side in sides),
        *(side.centred[:, part] for part in query_sides for side in sides),
    ]


class _Side(NamedTuple):
    """Cosines of the candidates' titles, or of their whole texts, with the query's title and whole text, (n, 2)."""

    plain: Values
    centred: Values

    @classmethod
    def of(cls, vectors: Vectors, query: Query) -> Self:
        """Compare; the centred cosine is (v - m) . (q - m) over both lengths, multiplied out.

        Args:
            vectors: (n, dim) of the candidates.
            query: With two vectors of (dim,).
        """
        mean = vectors.mean(axis=0)  # (dim,)
        directions = np.stack([query.title, query.whole, mean])  # (3, dim)
        products = np.round(
            (vectors @ directions.T).astype(np.float64), 6
        )  # (n, 3), rounded so that copies tie
        with_mean = products[:, 2:]  # (n, 1) v . m
        query_with_mean = (directions @ mean).astype(np.float64)  # (3,) q . m, the last one m . m
        plain = products[:, :2]  # (n, 2)
        shift = query_with_mean[2]
        # Squared lengths of v are 1, or 0 for a row without a vector.
        squares = np.einsum("ij,ij->i", vectors, vectors).astype(np.float64)[:, None]
        lengths = squares - 2 * with_mean + shift  # (n, 1) |v - m| squared
        query_lengths = 1 - 2 * query_with_mean[:2] + shift  # (2,) |q - m| squared
        centred = plain - with_mean - query_with_mean[:2] + shift  # (n, 2)
        return cls(plain, centred * _inverse_root(lengths) * _inverse_root(query_lengths))


def _inverse_root(squares: Values) -> Values:
    """Return 1 / sqrt of each; 0 for tiny ones, whose direction is only rounding."""
    return np.where(squares > _TINY, 1 / np.sqrt(np.maximum(squares, _TINY)), 0)


_TINY = 1e-5
_N_NEAREST = 10
_N_FEW = 3
_STEPS = np.float32(1e5)  # of a cosine, from 0 to 1


def _neighbours(query: Query, candidates: Candidates, match: Values) -> tuple[list[Values], Values]:
    """Compare a candidate with the others: one that is near to everything is little evidence.

    After local scaling in cross-lingual retrieval (Conneau et al. 2018, CSLS) and reciprocal neighbours in image
    retrieval (Qin et al. 2011).

    Returns:
        Four features of (n,): the score; the mean score with the ten candidates nearest to it; for the three nearest,
        their mean score with the query and their mean `match`. Then the logarithm of the query's rank among the
        candidate's own neighbours, (n,).
    """
    weight = np.float32(query.title_weight)
    # (1, n) and (n, n) float32, in steps
    scores, among = (
        _steps(weight, titles @ candidates.titles.T, wholes @ candidates.wholes.T)
        for titles, wholes in ((query.title[None], query.whole[None]), (candidates.titles, candidates.wholes))
    )
    np.fill_diagonal(among, -np.inf)  # no candidate is its own neighbour
    score = scores[0].astype(np.float64) / _STEPS
    n, n_others = len(among), len(among) - 1
    rank = np.log1p((among > scores.T).sum(axis=1))  # (n,) 0 where the query is the nearest
    if n_others == 0:
        zero = np.zeros(1)
        return [score, zero, zero, zero], rank
    nearest = np.sort(among, axis=1)[:, -min(_N_NEAREST, n_others) :]  # (n, up to 10), rising
    density = nearest.mean(axis=1, dtype=np.float64) / _STEPS
    # All ties for third place count, so that the order of the candidates does not matter.
    candidate, few = np.divmod(np.flatnonzero(among >= nearest[:, -min(_N_FEW, n_others)][:, None]), n)
    n_few = np.bincount(candidate, minlength=n)  # (n,) more than `_N_FEW` where ties count
    return [
        score,
        density,
        *(np.bincount(candidate, weights=values[few], minlength=n) / n_few for values in (score, match)),
    ], rank


def _steps(weight: np.float32, titles: Vectors, wholes: Vectors) -> Vectors:
    """Return scores in whole steps, so that copies tie on any number of threads; overwrites both products.

    Matrices are large here: a new one would cost as much as the arithmetic on it.
    """
    titles *= _STEPS * weight
    wholes *= _STEPS * (1 - weight)
    titles += wholes
    return np.rint(titles, out=titles)


_UNKNOWN_AGE = 365.0  # days
_WEEK = np.log1p(7.0)


def _ages(candidates: Candidates) -> list[Values]:
    days = np.where(np.isnan(candidates.age), _UNKNOWN_AGE, np.maximum(candidates.age, 0))
    age = np.log1p(days)
    return [age, age**2, np.minimum(age, _WEEK)]


def _cluster_members(candidates: Candidates, match: Values) -> list[Values]:
    """Return the log size of each candidate's cluster, and the best and summed `match` of its other members, (n,)."""
    best, total = np.zeros(len(match)), np.zeros(len(match))
    order = np.argsort(candidates.cluster, kind="stable")  # members of a cluster become adjacent
    _, starts, sizes = np.unique(candidates.cluster[order], return_index=True, return_counts=True)
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        places = order[start : start + size]
        for place in places:
            others = match[places[places != place]]
            best[place], total[place] = others.max(), others.sum()
    return [np.log(candidates.n_members), best, total]
