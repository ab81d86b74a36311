"""Features: what tells one candidate for a text from the others, as numbers that a ranker can weigh (pure).

Everything that depends on the company a candidate is in (how rare a word is, which embedding is the middle) is
taken from the candidates alone. So the features of a query need no figure of the whole collection, are the same
in a small replay and in a large index, and know nothing of what came later.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking.overlaps import overlaps
from dupfind.text.terms import TermLists, Terms

Vectors = NDArray[np.float32]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Query:
    """The text that is asked for.

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
    """What either leg of a search proposes for a query; all arrays are in the same order.

    Attributes:
        titles: (n, dim) float32, rows of unit length.
        wholes: (n, dim) float32, rows of unit length.
        lexical: (n,) BM25 of the word search, 0 where no word is shared.
        terms: Words and names of each.
        age: (n,) days between it and the query; NaN where either date is unknown.
        cluster: (n,) int64: candidates of one cluster, as marked by then, have one number.
        n_members: (n,) int64, how many records that cluster had by then, 1 for a record that stands alone.
    """

    titles: Vectors
    wholes: Vectors
    lexical: Values
    terms: TermLists
    age: Values
    cluster: NDArray[np.int64]
    n_members: NDArray[np.int64]


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
    "bm25 word pairs",
    "cover word pairs",
)
"""Features that count as they are, as a share of the best candidate's, and in standard deviations from the mean."""

ABSOLUTE = (
    "rank among its neighbours",
    "length",
    "difference of lengths",
    "age",
    "age squared",
    "age up to a week",
    "members of its cluster",
    "best other member",
    "sum of other members",
)
"""Features that count as they are."""

NAMES = (*(f"{name}, {scale}" for name in RELATIVE for scale in ("as is", "share", "deviation")), *ABSOLUTE)


def features(query: Query, candidates: Candidates) -> Values:
    """Compare a query with each of its candidates.

    Centred cosines leave out what all candidates have in common (their mean embedding). BM25 and coverage
    (the share of the query's informative words that are there) take how rare a word is from the candidates.

    Args:
        query: The text.
        candidates: At least one.

    Returns:
        (n, len(NAMES)) float64, finite.
    """
    lexical = np.asarray(candidates.lexical, dtype=np.float64)
    cosines = _cosines(query, candidates)
    strength = cosines[_CENTRED_TITLES] + cosines[_CENTRED_WHOLES] + 0.5 * _share(lexical[None])[0]
    neighbourhood, rank = _neighbours(query, candidates, strength)
    relative = np.stack([*cosines, *neighbourhood, lexical, *overlaps(query.terms, candidates.terms)])
    absolute = [rank, *_lengths(query, candidates), *_ages(candidates), *_company(candidates, strength)]
    scales = (relative, _share(relative), _deviation(relative))
    table = np.empty((len(lexical), len(NAMES)))
    for place, rows in enumerate(scales):
        table[:, place : len(scales) * len(RELATIVE) : len(scales)] = rows.T
    table[:, len(scales) * len(RELATIVE) :] = np.stack(absolute).T
    return table


_CENTRED_TITLES = RELATIVE.index("centred title x title")
_CENTRED_WHOLES = RELATIVE.index("centred whole x whole")


def _share(rows: Values) -> Values:
    best = rows.max(axis=1, keepdims=True)
    return np.where(best > 0, rows / np.where(best > 0, best, 1), 0)


def _deviation(rows: Values) -> Values:
    """Standard deviations from the mean; a constant row says nothing, and its rounding is not blown up."""
    deviation = rows.std(axis=1, keepdims=True)
    return np.asarray(
        (rows - rows.mean(axis=1, keepdims=True)) / np.where(deviation > 1e-9, deviation, np.inf)
    )


def _cosines(query: Query, candidates: Candidates) -> list[Values]:
    sides = [_Side.of(vectors, query) for vectors in (candidates.titles, candidates.wholes)]
    asked = (0, 1)  # the query's title, and its whole text
    return [
        *(side.plain[:, part] for part in asked for side in sides),
        *(side.centred[:, part] for part in asked for side in sides),
    ]


class _Side(NamedTuple):
    """Cosines of the candidates' titles, or of their whole texts, with the query's title and whole text, (n, 2)."""

    plain: Values
    centred: Values

    @classmethod
    def of(cls, vectors: Vectors, query: Query) -> Self:
        """Compare; centred is (v - m) . (q - m) over both lengths, multiplied out."""
        middle = vectors.mean(axis=0)
        asked = np.stack([query.title, query.whole, middle])
        products = np.round((vectors @ asked.T).astype(np.float64), 6)  # so that most copies tie
        with_middle, own = products[:, 2:], (asked @ middle).astype(np.float64)
        plain = products[:, :2]
        shift = own[2]
        # Lengths are 1, or 0 for a row without a vector.
        lengths = (
            np.einsum("ij,ij->i", vectors, vectors).astype(np.float64)[:, None] - 2 * with_middle + shift
        )
        asked_lengths = 1 - 2 * own[:2] + shift
        return cls(
            plain, (plain - with_middle - own[:2] + shift) * _inverse(lengths) * _inverse(asked_lengths)
        )


def _inverse(squares: Values) -> Values:
    """One over the root; 0 where it is as good as 0, and its direction is rounding alone."""
    return np.where(squares > _NOTHING, 1 / np.sqrt(np.maximum(squares, _NOTHING)), 0)


_NOTHING = 1e-5
_NEAREST = 10
_FEW = 3
_STEPS = np.float32(1e5)  # of a cosine, from 0 to 1


def _neighbours(query: Query, candidates: Candidates, strength: Values) -> tuple[list[Values], Values]:
    """How a candidate stands among the others: one that is near to everything says little.

    After local scaling in cross-lingual retrieval (Conneau et al. 2018, CSLS) and reciprocal neighbours in image
    retrieval (Qin et al. 2011).

    Returns:
        The score, the mean score with the ten candidates that are nearest to it, the mean score and strength
        of the three nearest with the query; and the logarithm of its query's rank among its own neighbours.
    """
    weight = np.float32(query.title_weight)
    scores, among = (
        _steps(weight, titles @ candidates.titles.T, wholes @ candidates.wholes.T)
        for titles, wholes in ((query.title[None], query.whole[None]), (candidates.titles, candidates.wholes))
    )
    np.fill_diagonal(among, -np.inf)
    score = scores[0].astype(np.float64) / _STEPS
    n, n_others = len(among), len(among) - 1
    rank = np.log1p((among > scores.T).sum(axis=1))
    if n_others == 0:
        nothing = np.zeros(1)
        return [score, nothing, nothing, nothing], rank
    nearest = np.sort(among, axis=1)[:, -min(_NEAREST, n_others) :]
    hub = nearest.mean(axis=1, dtype=np.float64) / _STEPS
    # Those that tie for third place count all, so that the order of candidates is of no account.
    asking, few = np.divmod(np.flatnonzero(among >= nearest[:, -min(_FEW, n_others)][:, None]), n)
    n_few = np.bincount(asking, minlength=n)
    return [
        score,
        hub,
        *(np.bincount(asking, weights=values[few], minlength=n) / n_few for values in (score, strength)),
    ], rank


def _steps(weight: np.float32, titles: Vectors, wholes: Vectors) -> Vectors:
    """Scores in whole steps, so that copies tie whatever product they come from, on however many threads.

    In place: of matrices as large as these a new one costs as much as what is done with it.
    """
    titles *= _STEPS * weight
    wholes *= _STEPS * (1 - weight)
    titles += wholes
    return np.rint(titles, out=titles)


def _lengths(query: Query, candidates: Candidates) -> list[Values]:
    own = np.log1p(len(query.terms.title) + len(query.terms.body))
    terms = candidates.terms
    lengths = np.log1p((terms.title.lengths + terms.body.lengths).astype(np.float64))
    return [lengths, np.abs(lengths - own)]


_UNKNOWN_AGE = 365.0  # days
_WEEK = np.log1p(7.0)


def _ages(candidates: Candidates) -> list[Values]:
    days = np.where(np.isnan(candidates.age), _UNKNOWN_AGE, np.maximum(candidates.age, 0))
    age = np.log1p(days)
    return [age, age**2, np.minimum(age, _WEEK)]


def _company(candidates: Candidates, strength: Values) -> list[Values]:
    """How many members a candidate's cluster has, and how strong the others among the candidates are."""
    best, total = np.zeros(len(strength)), np.zeros(len(strength))
    order = np.argsort(candidates.cluster, kind="stable")
    _, starts, sizes = np.unique(candidates.cluster[order], return_index=True, return_counts=True)
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        places = order[start : start + size]
        for place in places:
            others = strength[places[places != place]]
            best[place], total[place] = others.max(), others.sum()
    return [np.log(candidates.n_members), best, total]
