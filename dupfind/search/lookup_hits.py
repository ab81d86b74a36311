"""The rows that hold all words of a lookup, and in which part of the record."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import islice, product
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.search.lookup import COMMENTS, PHRASE, TEXT, TEXT_PHRASE, TITLE
from dupfind.search.spelling import Spelling
from dupfind.vectors.base import RowIds

_MAX_SPELLINGS = 16  # of a lookup with misspelt words


class LookupHits(NamedTuple):
    """The rows that hold a lookup.

    Attributes:
        rows: (n,) int64, in order.
        where: (n,) int64, what each holds, as `lookup.TITLE`.
        spellings: The words that each misspelt one may stand for.
    """

    rows: RowIds
    where: NDArray[np.int64]
    spellings: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def among(self, allowed: RowIds | None, excluded: RowIds) -> "LookupHits":
        """Return those that pass a filter and are not excluded; None allows all."""
        passing = ~np.isin(self.rows, excluded)
        if allowed is not None:
            passing &= np.isin(self.rows, allowed)
        return self._replace(rows=self.rows[passing], where=self.where[passing])

    def with_comments(self, rows: RowIds) -> "LookupHits":
        """Return these and the rows whose comments hold the lookup, (m,) int64; what these hold stays."""
        more = np.setdiff1d(rows, self.rows)
        together = np.concatenate([self.rows, more])
        where = np.concatenate([self.where, np.full(len(more), COMMENTS)])
        order = np.argsort(together)
        return self._replace(rows=together[order], where=where[order])

    def with_joined(self, joined: "LookupHits") -> "LookupHits":
        """Return these and the rows that have the words as one, which counts as having them in their order."""
        together = np.union1d(self.rows, joined.rows)
        where = np.zeros(len(together), dtype=np.int64)
        where[np.searchsorted(together, self.rows)] = self.where
        at = np.searchsorted(together, joined.rows)
        where[at] = np.maximum(where[at], np.where(joined.where == TITLE, PHRASE, TEXT_PHRASE))
        return self._replace(rows=together, where=where)

    def with_phrases(self, rows: RowIds) -> "LookupHits":
        """Return these, with the phrase in their titles where they hold all words there and are among some rows.

        Args:
            rows: (m,) int64, the rows whose titles have the words of the lookup in their order.
        """
        has_phrase = (self.where == TITLE) & np.isin(self.rows, rows)
        return self._replace(where=np.where(has_phrase, PHRASE, self.where))


NO_LOOKUP_HITS = LookupHits(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


def hits_of_stems(
    stem_of: Mapping[str, str | None],
    frequency: Callable[[str], int],
    spellings_of: Callable[[str], list[Spelling]],
    rows_of: Callable[[Sequence[str]], Mapping[str, tuple[RowIds, RowIds]]],
) -> LookupHits:
    """Return the rows that hold all of some stems.

    Args:
        stem_of: The stem of each token; None where it has none.
        frequency: The number of records with a stem.
        spellings_of: The stems that a misspelt token may stand for.
        rows_of: For each of some distinct stems the rows with it, and those with it in the title, each in order.
    """
    corrected: dict[str, tuple[str, ...]] = {}
    stems_of: list[list[str]] = []
    for token, stem in stem_of.items():
        if stem is not None and frequency(stem):
            stems_of.append([stem])
        elif stem is not None:
            spellings = spellings_of(token)
            corrected[token] = tuple(word for spelling in spellings for word in spelling.words)
            stems_of.append([spelling.stem for spelling in spellings])
    if not stems_of or not all(stems_of):
        return NO_LOOKUP_HITS
    rows = rows_of(list(dict.fromkeys(stem for each in stems_of for stem in each)))
    in_texts, in_titles = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for chosen in islice(product(*stems_of), _MAX_SPELLINGS):
        in_texts = np.union1d(in_texts, reduce(np.intersect1d, (rows[stem][0] for stem in chosen)))
        in_titles = np.union1d(in_titles, reduce(np.intersect1d, (rows[stem][1] for stem in chosen)))
    return LookupHits(in_texts, np.where(np.isin(in_texts, in_titles), TITLE, TEXT), corrected)
