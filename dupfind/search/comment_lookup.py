"""Finds the records whose comments hold what is looked up."""

from datetime import datetime

import numpy as np

from dupfind.ranking.overlaps import counts
from dupfind.search.lookup import Lookup
from dupfind.storage.store import Store
from dupfind.storage.word_index import word_index
from dupfind.text.language import FUNCTION_WORDS
from dupfind.text.search_tokens import words
from dupfind.text.terms import numbered_words
from dupfind.vectors.base import RowIds
from dupfind.vectors.sets import distinct


def rows_with_comments(store: Store, looked_up: Lookup, before: datetime | None) -> RowIds:
    """Return the rows on which the comments hold all words of a lookup, in order.

    Args:
        store: In a read transaction.
        looked_up: The words.
        before: Only comments before this time count; None for all. On a record with later ones, words must be the same
            without stemming.
    """
    if not looked_up.tokens:
        return np.empty(0, dtype=np.int64)
    rows = word_index(store.connection).rows_with_comments(looked_up.tokens)
    if before is None or not len(rows):
        return rows
    everything = store.comments(rows)
    comments = everything.before(before.timestamp())
    is_whole = np.bincount(everything.owners, minlength=len(rows)) == np.bincount(
        comments.owners, minlength=len(rows)
    )
    telling = [word for word in words(looked_up.text) if word not in FUNCTION_WORDS]
    numbers = distinct(numbered_words(" ".join(telling) or looked_up.text))
    found = np.zeros((len(rows), len(numbers)), dtype=np.int64)
    np.add.at(found, comments.owners, counts(comments.words, numbers).reshape(-1, len(numbers)))
    return np.asarray(rows[is_whole | (found > 0).all(axis=1)])
