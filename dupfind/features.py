"""Features: what tells one candidate for a text from the others, as numbers that a ranker can weigh (pure).

Everything that depends on the company a candidate is in (how rare a word is, which embedding is the middle) is
taken from the candidates alone. So the features of a query need no figure of the whole collection, are the same
in a small replay and in a large index, and know nothing of what came later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.terms import Numbers, Terms

Vectors = NDArray[np.float32]
Values = NDArray[np.float64]

_K1, _B = 1.2, 0.75  # of BM25, as in FTS5
_B_NAMES = 0.3  # a long list of names is no reason to count each of them less


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
    terms: Sequence[Terms]
    age: Values
    cluster: NDArray[np.int64]
    n_members: NDArray[np.int64]


class _Lists(NamedTuple):
    """Lists of numbers one after the other: all numbers, which list each is of, and how long each list is."""

    numbers: Numbers
    owner: NDArray[np.intp]
    length: NDArray[np.intp]


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
    strength = cosines[_CENTRED_TITLES] + cosines[_CENTRED_WHOLES] + 0.5 * _share(lexical[:, None])[:, 0]
    neighbourhood, rank = _neighbours(query, candidates, strength)
    relative = np.column_stack([*cosines, *neighbourhood, lexical, *_words(query, candidates)])
    scales = np.stack([relative, _share(relative), _deviation(relative)], axis=2)
    return np.column_stack(
        [
            scales.reshape(len(relative), -1),
            rank,
            *_lengths(query, candidates),
            *_ages(candidates),
            *_company(candidates, strength),
        ]
    )


_CENTRED_TITLES = RELATIVE.index("centred title x title")
_CENTRED_WHOLES = RELATIVE.index("centred whole x whole")


def _share(columns: Values) -> Values:
    best = columns.max(axis=0)
    return np.where(best > 0, columns / np.where(best > 0, best, 1), 0)


def _deviation(columns: Values) -> Values:
    """Standard deviations from the mean; a constant column says nothing, and its rounding is not blown up."""
    deviation = columns.std(axis=0)
    return np.asarray((columns - columns.mean(axis=0)) / np.where(deviation > 1e-9, deviation, np.inf))


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
    titles, wholes = candidates.titles, candidates.wholes
    # In whole steps, so that copies tie whatever product they come from, on however many threads.
    scores = np.rint(_STEPS * (weight * (titles @ query.title) + (1 - weight) * (wholes @ query.whole)))
    among = np.rint(_STEPS * (weight * (titles @ titles.T) + (1 - weight) * (wholes @ wholes.T)))
    np.fill_diagonal(among, -np.inf)
    score = scores.astype(np.float64) / _STEPS
    n_others = len(among) - 1
    rank = np.log1p(np.count_nonzero(among > scores[:, None], axis=1))
    if n_others == 0:
        nothing = np.zeros(1)
        return [score, nothing, nothing, nothing], rank
    nearest = np.sort(among, axis=1)[:, -min(_NEAREST, n_others) :]
    hub = nearest.mean(axis=1, dtype=np.float64) / _STEPS
    # Those that tie for third place count all, so that the order of candidates is of no account.
    few = (among >= nearest[:, -min(_FEW, n_others)][:, None]).astype(np.float64)
    sums = few @ np.column_stack([score, strength, np.ones(len(few))])
    return [score, hub, sums[:, 0] / sums[:, 2], sums[:, 1] / sums[:, 2]], rank


def _words(query: Query, candidates: Candidates) -> list[Values]:
    titles = _lists(terms.title for terms in candidates.terms)
    bodies = _lists(terms.body for terms in candidates.terms)
    asked, in_title, in_body = _vocabulary(query.terms.title, query.terms.body)
    counts = {"title": _counts(titles, asked), "body": _counts(bodies, asked)}
    counts["all"] = counts["title"] + counts["body"]
    lengths = {"title": titles.length, "body": bodies.length, "all": titles.length + bodies.length}
    weighed = {field: _weigh(counts[field], lengths[field]) for field in counts}
    columns: list[Values] = []
    for wanted, fields in (
        (in_title, ("title", "body", "all")),
        (in_body, ("title", "body")),
        (in_title | in_body, ("title", "all")),
    ):
        for field in fields:
            columns += _sums(*weighed[field], wanted)
    columns += _overlap(titles, np.unique(query.terms.title))
    names = _lists(terms.names for terms in candidates.terms)
    asked_pairs = _paired(_lists([query.terms.title])).numbers, _paired(_lists([query.terms.body])).numbers
    for lists, numbers, b in (
        (names, query.terms.names, _B_NAMES),
        (_joined(_paired(titles), _paired(bodies)), np.unique(np.concatenate(asked_pairs)), _B),
    ):
        columns += _sums(*_weigh(_counts(lists, numbers), lists.length, b), np.ones(len(numbers), dtype=bool))
    return columns


def _lists(arrays: Iterable[Numbers]) -> _Lists:
    arrays = list(arrays)
    length = np.fromiter(map(len, arrays), dtype=np.intp, count=len(arrays))
    return _Lists(np.concatenate(arrays), np.repeat(np.arange(len(arrays)), length), length)


def _vocabulary(title: Numbers, body: Numbers) -> tuple[Numbers, NDArray[np.bool_], NDArray[np.bool_]]:
    """The words of a query, each once, and which of them are in its title and in its body."""
    asked = np.unique(np.concatenate([title, body]))
    return asked, np.isin(asked, title), np.isin(asked, body)


def _paired(lists: _Lists) -> _Lists:
    """A number for each two words in a row."""
    is_pair = lists.owner[:-1] == lists.owner[1:]
    numbers = (lists.numbers[:-1] * np.uint32(0x9E3779B1)) ^ lists.numbers[1:]
    return _Lists(numbers[is_pair], lists.owner[:-1][is_pair], np.maximum(lists.length - 1, 0))


def _joined(first: _Lists, second: _Lists) -> _Lists:
    """Each list of the first with that of the second."""
    return _Lists(
        np.concatenate([first.numbers, second.numbers]),
        np.concatenate([first.owner, second.owner]),
        first.length + second.length,
    )


def _counts(lists: _Lists, asked: Numbers) -> Values:
    """How often each list has each number that is asked for, (n, m); `asked` is in order, each once."""
    n, m = len(lists.length), len(asked)
    if m == 0:
        return np.zeros((n, 0))
    # Few are: what shares its last 16 bits with none is left out before the search.
    may_be = np.zeros(1 << 16, dtype=np.bool_)
    may_be[asked.astype(np.uint16)] = True
    at = np.flatnonzero(may_be.take(lists.numbers.astype(np.uint16)))
    numbers = lists.numbers[at]
    places = np.minimum(np.searchsorted(asked, numbers), m - 1)
    is_there = asked[places] == numbers
    cells = lists.owner[at[is_there]] * m + places[is_there]
    return np.bincount(cells, minlength=n * m).reshape(n, m).astype(np.float64)


def _weigh(counts: Values, lengths: NDArray[np.intp], b: float = _B) -> tuple[Values, Values]:
    """BM25's two factors: how much each count says, (n, m), and how rare each word is, (m,)."""
    middle = max(lengths.mean(), 1)
    damping = _K1 * (1 - b + b * lengths[:, None] / middle)
    return counts * (_K1 + 1) / (counts + damping), _rarity((counts > 0).sum(axis=0), len(counts))


def _rarity(frequency: NDArray[np.intp], n: int) -> Values:
    return np.asarray(np.log(1 + (n - frequency + 0.5) / (frequency + 0.5)))


def _sums(saturated: Values, rarity: Values, wanted: NDArray[np.bool_]) -> list[Values]:
    """BM25 of the wanted words, and the share of their rarity that is there."""
    rarity = rarity * wanted
    covered = (saturated > 0) @ rarity
    return [saturated @ rarity, covered / max(rarity.sum(), 1e-9)]


def _overlap(lists: _Lists, asked: Numbers) -> list[Values]:
    """The share of a candidate's rarity that the query has too, and the cosine of both as tf-idf with tf 1."""
    n = len(lists.length)
    known, places = np.unique(lists.numbers, return_inverse=True)
    if len(known) == 0:
        return [np.zeros(n), np.zeros(n)]
    cells = np.sort(lists.owner * len(known) + places)
    cells = cells[np.append(True, cells[1:] != cells[:-1])]  # numpy's unique takes ten times as long
    owner, word = cells // len(known), cells % len(known)
    rarity = _rarity(np.bincount(word, minlength=len(known)), n)
    is_asked = np.isin(known, asked)
    shared = is_asked[word]
    weight, square = rarity[word], rarity[word] ** 2

    def total(values: Values) -> Values:
        return np.asarray(np.bincount(owner, weights=values, minlength=n))

    unseen = (len(asked) - is_asked.sum()) * _rarity(np.zeros(1, dtype=np.intp), n)[0] ** 2
    norm = np.sqrt((rarity[is_asked] ** 2).sum() + unseen)
    cosine = total(square * shared) / np.maximum(norm * np.sqrt(total(square)), 1e-9)
    return [total(weight * shared) / np.maximum(total(weight), 1e-9), cosine]


def _lengths(query: Query, candidates: Candidates) -> list[Values]:
    own = np.log1p(len(query.terms.title) + len(query.terms.body))
    lengths = np.log1p([float(len(terms.title) + len(terms.body)) for terms in candidates.terms])
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
