"""Compare the words of a query with the comments on each candidate (pure).

Others describe the same fault in other words there. `python benchmarks/comments.py` measures what it adds.
"""

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking import bm25_formula
from dupfind.ranking.overlaps import counts
from dupfind.text.comment_terms import CommentLists
from dupfind.text.terms import TermLists, Terms
from dupfind.vectors.sets import distinct, is_met

Values = NDArray[np.float64]


def comment_overlaps(query: Terms, candidates: TermLists, comments: CommentLists) -> list[Values]:
    """Return how well the comments on each candidate fit the words of a query; 0 where it has no comment.

    The rarity of words is counted over the candidates with their comments.

    Args:
        query: The terms of the query.
        candidates: The terms of n candidates, at least one.
        comments: On the n candidates.

    Returns:
        (n,) each, in the order of `features.RELATIVE` from "bm25 all in comments" on.
    """
    n = len(candidates)
    words = distinct(query.title, query.body)  # (m,)
    m = len(words)
    comments = comments.with_words()
    if m == 0 or not len(comments.owners):
        return [np.zeros(n)] * N_OVERLAPS
    in_comment = counts(comments.words, words).reshape(-1, m)  # (k, m)
    in_comments = np.zeros((n, m), dtype=np.int64)
    np.add.at(in_comments, comments.owners, in_comment)
    in_text = (counts(candidates.title, words) + counts(candidates.body, words)).reshape(n, m)
    rarity = bm25_formula.smooth_rarity(n, ((in_text + in_comments) > 0).sum(axis=0))  # (m,)
    text_lengths = candidates.title.lengths + candidates.body.lengths  # (n,)
    comment_lengths = comments.words.lengths  # (k,)
    lengths = np.bincount(comments.owners, weights=comment_lengths, minlength=n)  # (n,)
    # The mean of those that have comments: the others must not make each of these look long.
    damped = bm25_formula.damping(
        lengths, max(float(lengths[lengths > 0].mean()) if lengths.any() else 1.0, 1.0)
    )
    together = bm25_formula.damping(text_lengths + lengths, max((text_lengths + lengths).mean(), 1.0))
    alone = bm25_formula.damping(text_lengths, max(text_lengths.mean(), 1.0))
    each = bm25_formula.damping(comment_lengths, max(comment_lengths.mean(), 1.0))
    gains = bm25_formula.gain(in_comments, damped[:, None])  # (n, m)
    best = np.zeros(n)
    np.maximum.at(best, comments.owners, bm25_formula.gain(in_comment, each[:, None]) @ rarity)
    with_comments = bm25_formula.gain(in_text + in_comments, together[:, None]) @ rarity
    without = bm25_formula.gain(in_text, alone[:, None]) @ rarity
    has_comment = lengths > 0
    total = max(rarity.sum(), 1e-9)
    return [
        gains @ rarity,
        gains @ (rarity * is_met(words, query.title)),
        best,
        np.where(has_comment, with_comments - without, 0.0),
        (in_comments > 0) @ rarity / total,
        ((in_comments > 0) & (in_text == 0)) @ rarity / total,
    ]


N_OVERLAPS = 6
"""Values that `comment_overlaps` returns for each candidate."""


def activity(comments: CommentLists, quiet: Values) -> list[Values]:
    """Return the log number of comments on each candidate, whether it has none, and its log days of quiet, (n,) each.

    All are 0 where no candidate has a comment, so that a tracker without comments is not judged by them.

    Args:
        comments: On the n candidates.
        quiet: (n,) days since the last comment; NaN without one, or without its time.
    """
    number = np.bincount(comments.owners, minlength=comments.n_records)
    if not number.any():
        return [np.zeros(comments.n_records)] * 3
    days = np.where(np.isnan(quiet), 0.0, np.maximum(quiet, 0.0))
    return [np.log1p(number), (number == 0).astype(np.float64), np.log1p(days)]
