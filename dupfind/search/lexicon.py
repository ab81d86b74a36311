"""The words of texts as the word index of an index stems and counts them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import SnapshotDamaged
from dupfind.ranking import bm25_formula
from dupfind.ranking.bm25_formula import TITLE_WEIGHT
from dupfind.storage.connection import Connection
from dupfind.storage.fts_words import COLUMNS
from dupfind.storage.word_index import WordIndex, word_index
from dupfind.text.indexed_words import IndexedWords
from dupfind.text.language import FUNCTION_WORDS
from dupfind.vectors.base import RowIds

MIN_TERMS = 8
"""Words of a field that are searched for however common they are."""

FEWEST_POSTINGS = 2_000
"""Postings of a field that are read in any case: a small index can afford every word."""

POSTINGS_SHARES = (1.0, 0.25, 0.25)
"""Postings that are read for the composed text, the rest and the traces of a query, as shares of the records.

For composed texts recall at 10 is that of all words, in a quarter of the time.
"""

_MAX_TOKENS = 30_000  # of a field of a query

WordScores = NDArray[np.float32]
"""(n, 3) of n texts: BM25 of the composed texts, BM25 of all words, and the share of the query's stack traces, by
rarity, that a text has, 0 to 1."""

N_SCORES = 3
"""Columns of `WordScores`."""

COMPOSED, WHOLE, TRACE = range(N_SCORES)
"""Places of the columns of `WordScores`."""


class Word(NamedTuple):
    """A word of a text: the number of records that contain it, and its stem by FTS5."""

    frequency: int
    stem: str


class IndexWords(Protocol):
    """The words of an index, other than in FTS5; each method raises SnapshotDamaged where a list of rows is damaged."""

    def frequency(self, stem: str) -> int:
        """Return the number of records with a stem."""
        ...

    def alike(self, stem: str) -> list[str]:
        """As `Lexicon.alike`; some stems may be in no record any more."""
        ...

    def rows_of(self, stem: str) -> tuple[RowIds, RowIds]:
        """Return the rows with a stem outside stack traces, and those with it in the title, each in order."""
        ...


class QueryWords(NamedTuple):
    """The words of a query by field.

    Attributes:
        composed: Of its composed title and body.
        rest: Its other words, and its names.
        trace: Of its stack traces; some may be in no record.
    """

    composed: list[Word]
    rest: list[Word]
    trace: list[Word]


class Lexicon:
    """The words of texts with their frequencies, each looked up once; valid for one read transaction."""

    def __init__(self, connection: Connection, segments: IndexWords | None = None) -> None:
        """Use a connection; nothing is looked up yet.

        Args:
            connection: Inside a read transaction.
            segments: All words of this transaction; None to look words up in the database.
        """
        self.connection = connection
        self.index = word_index(connection)
        self.segments = segments
        self._words: dict[IndexedWords, QueryWords] = {}
        self._frequencies: dict[str, int] = {}
        self._counted: dict[IndexedWords, _Counted] = {}

    def words(self, text: IndexedWords) -> QueryWords:
        """Return the words of a text, one a stem, in order of their stems; some may be in no record."""
        if text not in self._words:
            tokens = fields(text)
            together = [*FUNCTION_WORDS, *(token for field in tokens for token in field)]
            of_token = dict(zip(together, self.index.stems(together), strict=True))
            # Function words are left out of a search, and are in the longest lists.
            left_out = {None, *(of_token[word] for word in FUNCTION_WORDS)}
            self.count(stem for stem in of_token.values() if stem is not None and stem not in left_out)
            self._words[text] = by_field(tokens, of_token, self.frequency)
        return self._words[text]

    def informative(self, text: IndexedWords, n_rows: int | None = None) -> QueryWords:
        """Return the words of a text to search for, rarest first; `n_rows` stands in for the records of the index.

        Words of a field are taken until their postings add up to its share of the records, so the cost is bounded by
        the index and not by the length of the text. The words that are left out are in so many records that they add
        next to nothing to BM25 (Robertson & Zaragoza, 2009).
        """
        return choose(self.words(text), self.index.totals()[0] if n_rows is None else n_rows)

    def counted(self, text: IndexedWords) -> "_Counted":
        """Return the stems of a text that is not in the database."""
        if text not in self._counted:
            self._counted[text] = _Counted.of(self.index, text)
        return self._counted[text]

    def frequency(self, stem: str) -> int:
        """Return the number of records with a stem."""
        if stem not in self._frequencies and self.segments is not None:
            try:
                self._frequencies[stem] = self.segments.frequency(stem)
            except SnapshotDamaged:  # the damage is logged, and the database has the same
                self.segments = None
        self.count([stem])
        return self._frequencies[stem]

    def alike(self, stem: str) -> list[str]:
        """Return the stems of records that begin with the same letter and are at most two letters longer or shorter."""
        if self.segments is not None:
            try:
                return self.segments.alike(stem)
            except SnapshotDamaged:
                self.segments = None
        return self.index.alike(stem)

    def count(self, stems: Iterable[str]) -> None:
        """Look up the frequencies of stems that are not known yet, all at once, for `frequency`."""
        if self.segments is None and (unknown := {*stems} - self._frequencies.keys()):
            self._frequencies |= self.index.frequencies(unknown)


def fields(text: IndexedWords) -> tuple[list[str], list[str], list[str]]:
    """Return the distinct tokens of a text in order: of the composed text, of the rest, of the traces."""
    return (
        _distinct(f"{text.title} {text.body}"),
        _distinct(f"{text.rest} {text.names}"),
        _distinct(text.trace),
    )


def _distinct(field: str) -> list[str]:
    return sorted(set(field.split(" ")) - {""})[:_MAX_TOKENS]


def by_field(
    tokens: Sequence[Sequence[str]], stem_of: Mapping[str, str | None], frequency: Callable[[str], int]
) -> QueryWords:
    """Return the words of a query, one a stem, in order of their stems; a stem belongs to the first of its fields.

    Function words such as "the" and "if" are left out where a field has others.
    """
    seen: set[str] = set()
    left_out = {stem_of[word] for word in FUNCTION_WORDS}
    found: list[list[Word]] = []
    for field in tokens:
        own = {stem for token in field if (stem := stem_of[token]) is not None} - seen
        own = own - left_out or own
        seen |= own
        found.append([Word(frequency(stem), stem) for stem in sorted(own)])
    return QueryWords(*found)


def choose(words: QueryWords, n_rows: int) -> QueryWords:
    """Return the words to search for in `n_rows` records, rarest first, equal ones by their stems."""
    return QueryWords(
        *(_choose(field, share * n_rows) for field, share in zip(words, POSTINGS_SHARES, strict=True))
    )


def _choose(words: Sequence[Word], n_postings: float) -> list[Word]:
    chosen: list[Word] = []
    budget = max(n_postings, FEWEST_POSTINGS)
    for word in sorted(word for word in words if word.frequency):
        budget -= word.frequency
        if budget < 0 and len(chosen) >= MIN_TERMS:
            break
        chosen.append(word)
    return chosen


def trace_rarity(words: QueryWords, n_rows: int) -> float:
    """Return the summed rarity of the stack traces of a query, all words of `Lexicon.words`."""
    return float(sum(bm25_formula.smooth_rarity(n_rows, word.frequency) for word in words.trace))


def score(lexicon: Lexicon, text: IndexedWords, others: Sequence[IndexedWords]) -> WordScores:
    """Score texts that are not in the database, as `bm25.search` would if they were.

    Args:
        lexicon: Of the present transaction.
        text: The query.
        others: The n texts.

    Returns:
        (n, 3), 0 where no word is shared.
    """
    texts = [lexicon.counted(other) for other in others]
    n_rows, n_title, n_body, n_rest, *_ = lexicon.index.totals()
    n_all = n_rows + len(texts)
    mean_length = max((n_title + n_body + sum(each.length for each in texts)) / max(n_all, 1), 1)
    mean_rest = max((n_rest + sum(each.rest_length for each in texts)) / max(n_all, 1), 1)
    words = lexicon.words(text)
    asked = lexicon.informative(text)
    # `choose` leaves out stems of no record
    composed, rest, trace = (
        {word.stem: word.frequency for word in (*chosen, *(word for word in field if not word.frequency))}
        for field, chosen in zip(words, asked, strict=True)
    )
    every = {**composed, **rest, **{word.stem: word.frequency for word in words.trace}}
    # Each text is met by the query's stems alone, so the cost follows what they share.
    n_with = Counter(stem for counted in texts for stem in every.keys() & counted.all_stems)
    smooth = {stem: float(bm25_formula.smooth_rarity(n_all, n + n_with[stem])) for stem, n in every.items()}
    rarities = {stem: float(bm25_formula.rarity(n_all, n + n_with[stem])) for stem, n in composed.items()}
    all_traces = sum(smooth[word.stem] for word in words.trace)
    scores = np.zeros((len(texts), N_SCORES), dtype=np.float32)
    whole = composed.keys() | rest.keys()
    met: list[tuple[int, str]] = []  # text and stem
    for place, counted in enumerate(texts):
        damping = bm25_formula.damping(counted.length, mean_length)
        # Sorted, because the last digits of a sum depend on its order.
        scores[place, COMPOSED] = sum(
            bm25_formula.gain(counted.weights[stem], damping, rarities[stem])
            for stem in sorted(composed.keys() & counted.weights.keys())
        )
        met += ((place, stem) for stem in sorted(whole & counted.words))
        if all_traces > 0:
            scores[place, TRACE] = (
                sum(smooth[stem] for stem in sorted(trace.keys() & counted.trace)) / all_traces
            )
    if met:
        of_met = np.array([place for place, _ in met])  # (m,)
        lengths, rest_lengths = np.array([(each.length, each.rest_length) for each in texts]).T
        gains = bm25_formula.whole_gain(
            np.array([float(texts[place].weights[stem]) for place, stem in met]),
            bm25_formula.damping(lengths, mean_length)[of_met],
            np.array([stem in texts[place].rest for place, stem in met], dtype=np.bool_),
            np.array([stem in texts[place].names for place, stem in met], dtype=np.bool_),
            rest_lengths[of_met],
            mean_rest,
        )
        gains = gains * np.array([smooth[stem] for _, stem in met])
        scores[:, WHOLE] = np.bincount(of_met, gains, minlength=len(texts))
    return scores


class _Counted(NamedTuple):
    """The stems of a text: their weights in the composed text, those of the rest, names and traces; and lengths.

    `words` are all but those of the traces, `all_stems` all of them.
    """

    weights: Counter[str]
    length: int
    rest: set[str]
    rest_length: int
    names: set[str]
    trace: set[str]
    words: set[str]
    all_stems: set[str]

    @classmethod
    def of(cls, index: WordIndex, text: IndexedWords) -> "_Counted":
        columns = [getattr(text, column).split() for column in COLUMNS]
        tokens = sorted({token for column in columns for token in column})
        of_token = dict(zip(tokens, index.stems(tokens), strict=True))
        title, body, rest, names, trace = (
            [stem for token in column if (stem := of_token[token]) is not None] for column in columns
        )
        weights = Counter(body)
        for stem in title:
            weights[stem] += TITLE_WEIGHT  # type: ignore[assignment]
        length, whole = len(title) + len(body), {*weights, *rest, *names}
        return cls(weights, length, set(rest), len(rest), set(names), set(trace), whole, whole.union(trace))


def stems(connection: Connection, words: Sequence[str]) -> list[str | None]:
    """Return the stem of each token, as `WordIndex.stems`."""
    return word_index(connection).stems(words)
