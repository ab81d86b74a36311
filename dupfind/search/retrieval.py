"""Retrieval: queries are encoded, and both legs of the search, vectors and words, bring their candidates."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dupfind import interruption
from dupfind.ranking.features import Query
from dupfind.records import Record
from dupfind.search import bm25
from dupfind.search.best_rows import SPARE, Nearest
from dupfind.search.bm25 import WordHits
from dupfind.search.comment_lookup import rows_with_comments
from dupfind.search.hybrid import Retrieved, UnindexedCandidate
from dupfind.search.index_state import IndexState
from dupfind.search.lexicon import Lexicon
from dupfind.search.lookup import PHRASE, Lookup
from dupfind.search.lookup_hits import NO_LOOKUP_HITS, LookupHits
from dupfind.search.phrases import rows_with_part, rows_with_phrase
from dupfind.search.query_model import QueryModel
from dupfind.search.segmented_postings import SegmentedWordSearch
from dupfind.storage import stored_vectors
from dupfind.storage.encoding import Encoding
from dupfind.storage.row_filter import Filter
from dupfind.storage.snapshots import VectorStore
from dupfind.storage.store import Store
from dupfind.text.composition import ComposedText, compose, embedding_key
from dupfind.text.indexed_words import IndexedWords, indexed_words
from dupfind.text.terms import terms
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.title_body import concat

StartWordSearch = Callable[[Lexicon, Sequence[IndexedWords]], Callable[[], list[WordHits]]]
"""Start the word search for some texts; the result waits for it and returns the hits of each text."""


LookUp = Callable[[Lexicon, Lookup, bool], LookupHits]
"""Returns the rows whose texts hold a lookup; the last argument is whether no word is taken for a misspelt one."""


def start_on_disk(
    threads: ThreadPoolExecutor,
    files: SegmentedWordSearch,
    store: Store,
    lexicon: Lexicon,
    texts: Sequence[IndexedWords],
) -> Callable[[], list[WordHits]]:
    """Search the words of the index in another thread, which has the connection until it is done."""
    return threads.submit(files.search, store, lexicon, texts).result


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Brings the candidates of queries; composed of replaceable parts.

    Attributes:
        model: Encodes the queries.
        snapshots: The vectors.
        start_words: Starts the word search.
        look_up: Finds the rows that hold a lookup.
    """

    model: QueryModel
    snapshots: VectorStore
    start_words: StartWordSearch
    look_up: LookUp = bm25.look_up

    def retrieve(
        self,
        state: IndexState,
        queries: Sequence[tuple[ComposedText, IndexedWords]],
        excluded: Sequence[RowIds],
        n_nearest: int,
        allowed: RowIds | None,
        lookups: Sequence[Lookup | None] = (),
        row_filter: Filter | None = None,
    ) -> list[tuple[Query, Retrieved]]:
        """Encode texts and run both searches for each of them.

        Args:
            state: The present transaction's.
            queries: n composed texts, each with a word, and their words by field.
            excluded: Rows that must not be hits, of each text.
            n_nearest: Rows that the vector search returns for each text, and some more for ties at the end.
            allowed: The rows that pass the filter, in order; None for all.
            lookups: What each query looks up; () for nothing.
            row_filter: The filter that gave `allowed`; None for none.
        """
        if not queries:
            return []
        interruption.check()
        texts = [text for text, _ in queries]
        store, encoding = state.store, state.encoding
        n_nearest += SPARE
        opened = self.snapshots.opened(store, encoding, row_filter)
        stored = _stored(store, encoding, texts)
        # The connection may belong to another thread from here on, until the word search is done.
        finish_words = self.start_words(state.lexicon, [words for _, words in queries])
        try:
            pairs = self._encoded(encoding, texts, stored)
            vectors = concat(pairs[:, 0], pairs[:, 1], encoding.title_weight)  # (n, 2 * dim)
            finish_vectors = opened.begin(vectors, n_nearest, allowed)
        finally:
            word_hits = finish_words()
        view, nearest = opened.view, finish_vectors()
        if nearest is None:  # the snapshot is damaged: search again without it, which needs the connection
            view, nearest = self.snapshots.nearest(store, encoding, vectors, n_nearest, allowed)
        self.model.verify(encoding)
        lookup_hits = [
            self._lookup_hits(state, looked_up, None if row_filter is None else row_filter.before)
            for looked_up in lookups or [None] * len(queries)
        ]
        return [
            (
                Query(pairs[place, 0], pairs[place, 1], terms(text), encoding.title_weight),
                Retrieved(
                    view,
                    vectors[place : place + 1],
                    allowed,
                    excluded[place],
                    Nearest.of(*nearest[place], n_nearest),
                    word_hits[place],
                    lookup_hits[place].among(allowed, excluded[place]),
                ),
            )
            for place, text in enumerate(texts)
        ]

    def _lookup_hits(
        self, state: IndexState, looked_up: Lookup | None, before: datetime | None
    ) -> LookupHits:
        """Return the rows that hold a lookup in their text, or in comments that were there at a time."""
        if looked_up is None:
            return NO_LOOKUP_HITS
        if looked_up.is_part:
            rows = rows_with_part(state.store, looked_up)
            return LookupHits(rows, np.full(len(rows), PHRASE))
        in_comments = rows_with_comments(state.store, looked_up, before)
        # What a comment has is not misspelt.
        in_texts = self.look_up(state.lexicon, looked_up, bool(len(in_comments)))
        in_titles = rows_with_phrase(state.store, looked_up.readings(in_texts.spellings))
        found = in_texts.with_phrases(in_titles)
        if (joined := looked_up.joined) is not None:
            found = found.with_joined(self.look_up(state.lexicon, joined, True))
        return found.with_comments(in_comments)

    def unindexed(
        self, state: IndexState, records: Sequence[Record], *, first_place: int
    ) -> list[UnindexedCandidate]:
        """Encode records that are candidates only; those without a word are left out."""
        texts = {
            place: compose(record, state.boilerplate) for place, record in enumerate(records, first_place)
        }
        texts = {place: text for place, text in texts.items() if text.title}
        composed = list(texts.values())
        stored = _stored(state.store, state.encoding, composed)
        pairs = self._encoded(state.encoding, composed, stored)
        weight = state.encoding.title_weight
        return [
            UnindexedCandidate(
                place,
                records[place - first_place],
                text,
                indexed_words(records[place - first_place], text),
                Query(title, whole, terms(text), weight),
            )
            for (place, text), (title, whole) in zip(texts.items(), pairs, strict=True)
        ]

    def _encoded(
        self, encoding: Encoding, texts: Sequence[ComposedText], stored: Mapping[str, Vectors]
    ) -> Vectors:
        """Return the vectors of titles and whole texts, (n, 2, dim); those of `stored` are not encoded again."""
        if not texts:
            return np.empty((0, 2, encoding.dim), dtype=np.float32)
        vectors = dict(stored)
        # Without a body, title and whole text are equal: each is encoded once.
        parts = [part for text in texts for part in (text.title, text.whole) if part not in stored]
        if missing := list(dict.fromkeys(parts)):
            vectors |= zip(missing, self.model.encoder(encoding).encode(missing), strict=True)
        return np.stack([[vectors[text.title], vectors[text.whole]] for text in texts])


def _stored(store: Store, encoding: Encoding, texts: Sequence[ComposedText]) -> dict[str, Vectors]:
    """Return the vectors that the index has of titles and whole texts, each (dim,), by text."""
    keys = {embedding_key(part): part for text in texts for part in (text.title, text.whole)}
    vectors = stored_vectors.embeddings(store, encoding, keys)
    return {keys[key]: vector for key, vector in vectors.items()}
