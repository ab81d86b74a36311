"""BM25 word search over the segments of an index: exact as `bm25.search`, and faster in a large index."""

import threading
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import SnapshotDamaged
from dupfind.ranking.bm25_formula import (
    Values,
    composed_part,
    damping,
    gain,
    joined_gain,
    rarity,
    rest_part,
    smooth_rarity,
)
from dupfind.search import bm25
from dupfind.search.bm25 import WordHits
from dupfind.search.lexicon import (
    COMPOSED,
    N_SCORES,
    TRACE,
    WHOLE,
    Lexicon,
    QueryWords,
    Word,
    trace_rarity,
)
from dupfind.storage.snapshot_rows import newest_generation
from dupfind.storage.store import Store
from dupfind.storage.word_index import word_index
from dupfind.storage.word_segment import IN_NAMES, IN_REST, IN_TITLE, IS_WORD, StemPostings, WordSegment
from dupfind.storage.word_segments import LiveSegment, WordSegments
from dupfind.text.indexed_words import IndexedWords
from dupfind.vectors.base import RowIds

_N_PLACES = 1 << 18  # stems whose places are kept

_END = b"\xff"  # after every stem in UTF-8


class _RowGains(NamedTuple):
    """What the lengths of the rows of a segment make of a word's weight; the same for each word.

    Attributes:
        damped: (n,) what divides a word's weight in the composed text.
        composed: (n,) what an occurrence in the composed text adds to the weight in the whole text.
        rest: (n,) what an occurrence in the rest adds to it.
    """

    damped: Values
    composed: Values
    rest: Values

    @classmethod
    def of(cls, segment: WordSegment, mean_composed: float, mean_rest: float) -> Self:
        """Compute them from the lengths of rows, and their means over all segments."""
        damped = damping(segment.composed.astype(np.int64), mean_composed)
        return cls(damped, composed_part(damped), rest_part(segment.rest.astype(np.int64), mean_rest))

    def whole(self, at: NDArray[np.intp], weights: Values, flags: NDArray[np.uint8]) -> Values:
        """Return what postings add to the score of all words at rarity 1, (m,), as `whole_gain`."""
        return joined_gain(
            weights, self.composed[at], flags & IN_REST > 0, self.rest[at], flags & IN_NAMES > 0
        )


class _JoinedPostings(NamedTuple):
    """The postings of several words in one segment, one word after the other.

    Attributes:
        places: (m,) place of the row of each posting.
        weights: (m,) as `StemPostings.weights`.
        flags: (m,) as `StemPostings.flags`.
        frequencies: (w,) of each word.
        lengths: (w,) number of postings of each word.
    """

    places: NDArray[np.intp]
    weights: NDArray[np.uint16]
    flags: NDArray[np.uint8]
    frequencies: list[int]
    lengths: list[int]

    @classmethod
    def of(cls, parts: Sequence[Self]) -> Self:
        """Join those of several lists of words."""
        return cls(
            np.concatenate([part.places for part in parts]),
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.flags for part in parts]),
            [frequency for part in parts for frequency in part.frequencies],
            [length for part in parts for length in part.lengths],
        )

    def of_posting(self, of_word: Sequence[float]) -> Values:
        """Return the number of each posting's word, (m,)."""
        return np.repeat(np.array(of_word, dtype=np.float64), self.lengths)


class SegmentedPostings:
    """The words of all live records at one moment; several threads may search them."""

    def __init__(
        self, files: WordSegments, segments: Sequence[LiveSegment], n_rows: int, means: tuple[float, float]
    ) -> None:
        """Use `SegmentedPostings.of`.

        Args:
            files: Gets the name of a file that is damaged.
            segments: Together all rows, in order of them.
            n_rows: Number of live rows.
            means: Mean number of words of a composed text, and of a rest; at least 1.
        """
        self._files = files
        self._segments = segments
        self._n_rows = n_rows
        self._places: dict[tuple[int, str], int | None] = {}
        self._verified: set[tuple[int, int]] = set()
        self._row_gains = [_RowGains.of(each.segment, *means) for each in segments]
        self._n_searches = 0

    @classmethod
    def open(cls, store: Store, files: WordSegments) -> "SegmentedPostings | None":
        """Return the words of this read transaction, or None where no files have them."""
        segments = files.live(store)
        if segments is None:
            return None
        # FTS5 counts the same; else the rows of the files are not those of the database.
        rows, title, body, rest, *_ = word_index(store.connection).totals()
        return cls.of(files, segments) if _counted(segments) == (rows, title + body, rest) else None

    @classmethod
    def of(cls, files: WordSegments, segments: Sequence[LiveSegment]) -> Self:
        """Return the words of segments that are together all rows, in order of them."""
        n_rows, n_composed, n_rest = _counted(segments)
        divisor = max(n_rows, 1)
        return cls(files, segments, n_rows, (max(n_composed / divisor, 1.0), max(n_rest / divisor, 1.0)))

    def __len__(self) -> int:
        """Return the number of live rows."""
        return self._n_rows

    def frequency(self, stem: str) -> int:
        """Return the number of live rows with a stem.

        Raises:
            SnapshotDamaged: The list of rows with it is damaged.
        """
        n_with = 0
        for number, (segment, live) in enumerate(self._segments):
            if (place := self._find(number, stem)) is None:
                continue
            if live is None:
                n_with += segment.count(place)
            else:
                n_with += int(np.count_nonzero(live[self._read(number, place).places]))
        return n_with

    def scores(self, words: QueryWords, all_traces: float) -> WordHits:
        """Return the rows that contain any of some words, in order, and their scores, as `bm25.Postings.scores`.

        Args:
            words: To search for, each in a record.
            all_traces: Summed rarity of the query's stack traces.

        Raises:
            SnapshotDamaged: The list of rows with a word is damaged.
        """
        self._n_searches += 1
        found = [np.empty(0, dtype=np.int64)]
        scores = [np.empty((0, N_SCORES), dtype=np.float32)]
        for number, (segment, live) in enumerate(self._segments):
            own = self._scores(number, words, all_traces)  # (3, n)
            if live is not None:
                own[:, ~live] = 0
            # What a word adds to the score of composed texts, it also adds to that of all words.
            places = np.flatnonzero((own[WHOLE] > 0) | (own[TRACE] > 0))
            found.append(segment.row_ids[places])
            scores.append(own[:, places].T.astype(np.float32))
            if self._n_searches == 1:  # a process of one query needs no segment again, a service needs all
                segment.release()
        return WordHits(np.concatenate(found), np.concatenate(scores))

    def _scores(self, number: int, words: QueryWords, all_traces: float) -> NDArray[np.float64]:
        """Return the scores of all rows of a segment, (3, n), those of dead rows, too."""
        row_gains, n_rows = self._row_gains[number], self._n_rows
        scores = np.zeros((N_SCORES, len(row_gains.damped)))  # float32 only at the end
        composed, rest = (self._joined(number, field) for field in (words.composed, words.rest))
        # All words at once: calls of numpy for each word and segment took most of the time.
        joined = _JoinedPostings.of([composed, rest])
        at, n_composed = joined.places, len(composed.places)
        weights = joined.weights.astype(np.float64)
        if n_composed:
            first, own = at[:n_composed], weights[:n_composed]
            rare = composed.of_posting([rarity(n_rows, frequency) for frequency in composed.frequencies])
            scores[COMPOSED] = _sums(first, rare * gain(own, row_gains.damped[first]), scores.shape[1])
        if len(at):
            whole = row_gains.whole(at, weights, joined.flags)
            rare = joined.of_posting([smooth_rarity(n_rows, frequency) for frequency in joined.frequencies])
            scores[WHOLE] = _sums(at, rare * whole, scores.shape[1])
        for frequency, stem in words.trace:
            if (place := self._find(number, stem)) is not None:
                rarest = smooth_rarity(n_rows, frequency) / max(all_traces, 1e-9)
                # Places are distinct within a stem; `+=` would add once for equal ones.
                scores[TRACE, self._read(number, place).places] += rarest
        return scores

    def _joined(self, number: int, words: Sequence[Word]) -> "_JoinedPostings":
        """Return the postings of words in a segment, one word after the other."""
        found = [
            (frequency, self._read(number, place))
            for frequency, stem in words
            if (place := self._find(number, stem)) is not None
        ]
        none = StemPostings(np.empty(0, np.uint16), np.empty(0, np.uint16), np.empty(0, np.uint8))
        places, weights, flags = map(
            np.concatenate, zip(none, *(postings for _, postings in found), strict=True)
        )
        return _JoinedPostings(
            places.astype(np.intp),
            weights,
            flags,
            [frequency for frequency, _ in found],
            [len(postings.places) for _, postings in found],
        )

    def rows_of(self, stem: str) -> tuple[RowIds, RowIds]:
        """Return the live rows with a stem outside stack traces, and those with it in the title, each in order.

        Raises:
            SnapshotDamaged: The list of rows with it is damaged.
        """
        of_word, of_title = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for number, (segment, live) in enumerate(self._segments):
            if (place := self._find(number, stem)) is None:
                continue
            at, _, flags = self._read(number, place)
            if live is not None:
                at, flags = at[live[at]], flags[live[at]]
            rows = segment.row_ids[at]
            of_word.append(rows[flags & IS_WORD > 0])
            of_title.append(rows[flags & IN_TITLE > 0])
        return np.concatenate(of_word), np.concatenate(of_title)

    def alike(self, stem: str) -> list[str]:
        """Return the stems that begin as a stem does, as `Lexicon.alike`; some may be in no live row."""
        first, alike = stem[0].encode(), set[bytes]()
        shortest, longest = len(stem) - 2, len(stem) + 2  # in letters
        for segment, _ in self._segments:
            start, stop = segment.at_or_after(first), segment.at_or_after(first + _END)
            n_letters = segment.n_letters(start, stop)
            near = np.flatnonzero((n_letters >= shortest) & (n_letters <= longest))
            alike.update(map(segment.stem, (start + near).tolist()))
        return [other.decode() for other in sorted(alike)]

    def _find(self, number: int, stem: str) -> int | None:
        found = self._places  # another thread may put an empty one in its place at any moment
        if len(found) > _N_PLACES:
            found = self._places = {}
        if (number, stem) not in found:
            found[number, stem] = self._segments[number].segment.find(stem)
        return found[number, stem]

    def _read(self, number: int, place: int) -> StemPostings:
        segment = self._segments[number].segment
        try:
            postings = segment.read(place, is_verified=(number, place) in self._verified)
        except SnapshotDamaged as error:
            self._files.reject(segment.name, error)
            raise
        self._verified.add((number, place))
        return postings


def _sums(places: NDArray[np.intp], values: Values, n: int) -> Values:
    """Add up values by their places, (n,), in their order, so that the last digits are those of single additions."""
    return np.asarray(np.bincount(places, values, minlength=n), dtype=np.float64)


def _counted(segments: Sequence[LiveSegment]) -> tuple[int, int, int]:
    """Return the number of live rows, and of the words of their composed texts and rests."""
    n_rows = n_composed = n_rest = 0
    for segment, live in segments:
        n_rows += len(segment.row_ids) if live is None else int(np.count_nonzero(live))
        n_composed += int((segment.composed if live is None else segment.composed[live]).sum(dtype=np.int64))
        n_rest += int((segment.rest if live is None else segment.rest[live]).sum(dtype=np.int64))
    return n_rows, n_composed, n_rest


class SegmentedWordSearch:
    """The word search of an index from its segments, which stay open between searches; several threads may use it."""

    def __init__(self, files: WordSegments) -> None:
        """Take the files; nothing is opened yet."""
        self._files = files
        self._lock = threading.Lock()
        self._current: tuple[tuple[bytes, int], SegmentedPostings | None] | None = None

    def current(self, store: Store) -> SegmentedPostings | None:
        """Return the words of this read transaction, or None where no files have them."""
        with self._lock:
            now = bm25.state(store.connection), newest_generation(store, store.encoding().id)
            if self._current is None or self._current[0] != now:
                self._current = now, SegmentedPostings.open(store, self._files)
            return self._current[1]

    def search(self, store: Store, lexicon: Lexicon, texts: Sequence[IndexedWords]) -> list[WordHits]:
        """As `bm25.search`, from the segments where they have all words of this read transaction.

        Raises:
            sqlite3.DatabaseError: The words in the database are damaged.
        """
        lexicon.segments = segments = self.current(store)
        if segments is None:
            return bm25.search(lexicon, texts)
        try:
            chosen = [lexicon.informative(text) for text in texts]
            n_rows = len(segments)
            return [
                segments.scores(words, trace_rarity(lexicon.words(text), n_rows))
                for words, text in zip(chosen, texts, strict=True)
            ]
        except SnapshotDamaged:  # it is logged, and the file is not used again
            with self._lock:
                self._current = None
            lexicon.segments = None
            return bm25.search(lexicon, texts)
