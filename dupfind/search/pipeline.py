"""The search pipeline: compose the queries, retrieve by vectors and by words, rank, fold, and return matches."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Self

import numpy as np

from dupfind import interruption
from dupfind.encoders.load import Encoder
from dupfind.errors import TextError
from dupfind.ranking.features import Query
from dupfind.ranking.ranker import DEPTH, can_judge
from dupfind.records import Record
from dupfind.results import Hit
from dupfind.search import bm25, hybrid
from dupfind.search.best_rows import SPARE, Nearest
from dupfind.search.bm25 import HELD_BY_NONE, Held, WordHits
from dupfind.search.comment_lookup import rows_with_comments
from dupfind.search.hybrid import RankedRow, Retrieved, UnindexedCandidate
from dupfind.search.judging import Judge
from dupfind.search.lexicon import Lexicon
from dupfind.search.lookup import PHRASE, SAME_PHRASE, TEXT, TEXT_PHRASE, TITLE, Lookup
from dupfind.search.match import Match, SearchRequest, SearchResponse
from dupfind.search.phrases import rows_with_part, rows_with_phrase, rows_with_phrase_in_body
from dupfind.search.query_model import FixedModel, QueryModel, QuickModel
from dupfind.search.ranker_choice import RankerChoice
from dupfind.search.record_facts import BeginReading, RecordFacts, begin_reading
from dupfind.search.segmented_postings import WordFiles
from dupfind.storage import decisions, stored_vectors
from dupfind.storage.database_url import IndexPlace
from dupfind.storage.model_copy import check_text_version
from dupfind.storage.same_issue import Origin, is_same_issue
from dupfind.storage.snapshots import Snapshots, VectorStore
from dupfind.storage.store import Encoding, Filter, Store
from dupfind.storage.word_segments import WordSegments
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import NO_TEXT, ComposedText, compose, compose_query, embedding_key
from dupfind.text.fingerprint import text_fingerprint
from dupfind.text.indexed_words import IndexedWords, indexed_words
from dupfind.text.search_tokens import normalised
from dupfind.text.terms import terms
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.sets import distinct
from dupfind.vectors.title_body import concat
from dupfind.verdict.bands import BALANCED
from dupfind.verdict.judgement import APART

StartWordSearch = Callable[[Lexicon, Sequence[IndexedWords]], Callable[[], list[WordHits]]]
"""Start the word search for some texts; the result waits for it and returns the hits of each text."""


FindHeld = Callable[[Lexicon, Lookup, bool], Held]
"""Returns the rows whose texts hold a lookup; the last argument is whether no word is taken for a misspelt one."""


def start_on_disk(
    threads: ThreadPoolExecutor,
    files: WordFiles,
    store: Store,
    lexicon: Lexicon,
    texts: Sequence[IndexedWords],
) -> Callable[[], list[WordHits]]:
    """Search the words of the index in another thread, which has the connection until it is done."""
    return threads.submit(files.search, store, lexicon, texts).result


@dataclass(frozen=True, slots=True)
class _Moment:
    """The state of an index in one read transaction."""

    facts: RecordFacts
    encoding: Encoding
    boilerplate: Boilerplate
    choice: RankerChoice
    lexicon: Lexicon
    judge: Judge

    def in_mode(self, mode: str) -> Self:
        """Return the state with the verdict's model of a mode, one of `verdict.bands.MODES`."""
        choice = self.choice.in_mode(mode)
        return replace(self, choice=choice, judge=replace(self.judge, model=choice.verdicts))


@dataclass(frozen=True, slots=True)
class Searcher:
    """Find the records of an index that match a text; composed of replaceable parts.

    One thread may use it at a time. Several searchers may share snapshots and model where those allow it.

    Attributes:
        folder: The index, for messages: its folder or URL.
        store: The database.
        begin: Begins a read transaction and gives its record facts.
        model: Encodes the queries.
        snapshots: The vectors.
        start_words: Starts the word search.
        find_held: Finds the rows that hold a lookup.
    """

    folder: IndexPlace
    store: Store
    begin: BeginReading
    model: QueryModel
    snapshots: VectorStore
    start_words: StartWordSearch
    find_held: FindHeld = bm25.held

    @classmethod
    def on_disk(
        cls, folder: Path, store: Store, encoder: Encoder | None, threads: ThreadPoolExecutor
    ) -> Self:
        """Compose the parts that read everything from an index's folder.

        Args:
            folder: The index.
            store: Its database.
            encoder: Encodes queries; None for the index's own model.
            threads: Run the word search and hash files while the caller's thread encodes; at least two.
        """
        return cls(
            folder,
            store,
            partial(begin_reading, store),
            QuickModel(folder, threads) if encoder is None else FixedModel(encoder),
            Snapshots(folder / "snapshots", threads),
            partial(start_on_disk, threads, WordFiles(WordSegments(folder / "snapshots")), store),
        )

    def search(self, request: SearchRequest) -> SearchResponse:
        """Return the records that match one query; see `Collection.search`.

        Raises:
            TextError: The query has no word.
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        [response] = self.search_each([request])
        if isinstance(response, TextError):
            raise response
        return response

    def search_each(self, requests: Sequence[SearchRequest]) -> list[SearchResponse | TextError]:
        """Answer several independent queries in one read transaction and one pass over the vectors.

        Returns:
            One response a request, in their order; a `TextError` for a query without a word.

        Raises:
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        records = [request.record for request in requests]
        responses: dict[int, SearchResponse] = {}
        with self.begin() as facts:
            boilerplate = facts.boilerplate()
            texts = [compose_query(record, boilerplate) for record in records]
            by_filter: dict[Filter, list[int]] = {}
            for place, request in enumerate(requests):
                if texts[place].title:
                    by_filter.setdefault(request.filter, []).append(place)  # one vector search a filter
            moment = self._moment(facts, boilerplate) if by_filter else None
            for row_filter, places in by_filter.items():
                assert moment is not None
                own = [self._own_rows(records[place]) for place in places]
                excluded = [
                    distinct(rows, self._rejected_rows(records[place]))
                    for rows, place in zip(own, places, strict=True)
                ]
                retrieved = self._retrieve(
                    moment,
                    [(texts[place], indexed_words(records[place], texts[place])) for place in places],
                    excluded,
                    DEPTH + max(len(rows) for rows in excluded),  # DEPTH are left without the excluded rows
                    None if row_filter.is_open else self.store.allowed(row_filter),
                    [requests[place].lookup for place in places],
                    row_filter,
                )
                for place, rows, (query, results) in zip(places, own, retrieved, strict=True):
                    interruption.check()
                    request = requests[place]
                    in_mode = moment.in_mode(request.verdicts)
                    groups, is_lookup = self._best_groups(
                        in_mode, request, texts[place], query, results, rows
                    )
                    # Who looks up a word wants what has it, and not to know whether it was reported before.
                    is_judged = can_judge(query.terms) and not is_lookup
                    matches = self._matches(groups, in_mode, request.verdicts, is_judged)
                    responses[place] = SearchResponse(texts[place], matches, is_judged)
        no_word = TextError("the query has no word in it: give a title or a text")
        return [responses.get(place, no_word) for place in range(len(requests))]

    def search_together(
        self,
        records: Sequence[Record],
        k: int = 10,
        *,
        fold: bool = False,
        candidates: Sequence[Record] = (),
        outdated: Sequence[int] = (),
        verdicts: str = BALANCED,
    ) -> list[SearchResponse]:
        """Search for each record in the index and among the records before it in the list.

        See `Collection.search_together`. The whole list is answered in one read transaction.

        Args:
            records: Older ones first.
            k: Matches of each record, at least 1.
            fold: Whether only the best match of each cluster is returned.
            candidates: Further candidates, which are not searched for; in `Match.place` they follow the records.
            outdated: Rows that must not be hits.
            verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.

        Returns:
            One response a record, in their order; without matches where the record has no word.

        Raises:
            StoreError: The index cannot be read.
            ModelError: The index's model is gone.
        """
        with self.begin() as facts:
            boilerplate = facts.boilerplate()
            texts = [compose(record, boilerplate) for record in records]
            moment = self._moment(facts, boilerplate).in_mode(verdicts)
            decided = decisions.all_decisions(self.store)
            canonicals = facts.canonicals() if fold else {}
            own = np.array([row for record in records for row in self._own_rows(record)], dtype=np.int64)
            places = [place for place, text in enumerate(texts) if text.title]
            hidden = distinct(own, np.array(outdated, dtype=np.int64))
            words = {place: indexed_words(records[place], texts[place]) for place in places}
            retrieved = self._retrieve(
                moment,
                [(texts[place], words[place]) for place in places],
                [hidden] * len(places),
                DEPTH + len(hidden),
                None,
            )
            responses: dict[int, SearchResponse] = {}
            earlier = self._unindexed(moment, candidates, first_place=len(records)) if places else []
            for place, (query, results) in zip(places, retrieved, strict=True):
                interruption.check()
                record = records[place]
                excluded = distinct(results.excluded, self._rejected_rows(record))
                results = replace(results, excluded=excluded)
                draft = UnindexedCandidate(place, record, texts[place], words[place], query)
                # Without a source an id is no name: `1` of one folder is another issue than `1` of the next.
                others = [
                    other
                    for other in earlier
                    if (not record.source or other.name != draft.name)
                    and not decided.rejects(record, other.record)
                ]
                unindexed = hybrid.unindexed_features(moment.lexicon, draft, others) if others else None
                rows = hybrid.ranked(facts, results, query, moment.choice, own, record.created, unindexed)
                rows = moment.judge.judged(record, texts[place], query, results, rows, own)
                groups = hybrid.grouped(rows, (), canonicals, k)
                matches = self._matches(groups, moment, verdicts, can_judge(query.terms))
                accepted = [match for match in matches if not decided.rejects(record, match.record)]
                responses[place] = SearchResponse(texts[place], accepted, can_judge(query.terms))
                earlier.append(draft)
        return [
            responses.get(place, SearchResponse(text, [], can_judge=False))
            for place, text in enumerate(texts)
        ]

    def _moment(self, facts: RecordFacts, boilerplate: Boilerplate) -> _Moment:
        encoding = self.store.encoding()
        check_text_version(encoding, self.folder)
        choice = RankerChoice.of(self.store, encoding)
        judge = Judge(self.store, boilerplate, choice.verdicts)
        return _Moment(facts, encoding, boilerplate, choice, Lexicon(self.store.connection), judge)

    def _own_rows(self, record: Record) -> RowIds:
        """Return the rows of the issue of a record: it is not its own duplicate, from whatever source it comes."""
        if not record.source:
            return np.empty(0, dtype=np.int64)
        own = [
            row for row, other in self.store.find(record.id, source=record.source) if other.ref == record.ref
        ]
        if not own:
            origin = Origin(record.project or "", record.id, record.url)
            own = [
                row
                for row, other in self.store.find(record.id)
                if is_same_issue(origin, Origin(other.project or "", other.id, other.url))
            ]
        return np.array(own, dtype=np.int64)

    def _rejected_rows(self, record: Record) -> RowIds:
        """Return the rows that a person called different from a record; none for a record without a source."""
        return decisions.rejected_by(self.store, record) if record.source else np.empty(0, dtype=np.int64)

    def _retrieve(
        self,
        moment: _Moment,
        queries: Sequence[tuple[ComposedText, IndexedWords]],
        excluded: Sequence[RowIds],
        n_nearest: int,
        allowed: RowIds | None,
        lookups: Sequence[Lookup | None] = (),
        row_filter: Filter | None = None,
    ) -> list[tuple[Query, Retrieved]]:
        """Encode texts and run both searches for each of them.

        Args:
            moment: The present transaction's.
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
        encoding = moment.encoding
        n_nearest += SPARE
        opened = self.snapshots.opened(self.store, encoding, row_filter)
        stored = self._stored(encoding, texts)
        # The connection may belong to another thread from here on, until the word search is done.
        finish_words = self.start_words(moment.lexicon, [words for _, words in queries])
        try:
            pairs = self._encoded(encoding, texts, stored)
            vectors = concat(pairs[:, 0], pairs[:, 1], encoding.title_weight)  # (n, 2 * dim)
            finish_vectors = opened.begin(vectors, n_nearest, allowed)
        finally:
            word_hits = finish_words()
        view, nearest = opened.view, finish_vectors()
        if nearest is None:  # the snapshot is damaged: search again without it, which needs the connection
            view, nearest = self.snapshots.nearest(self.store, encoding, vectors, n_nearest, allowed)
        self.model.verify(encoding)
        helds = [
            self._held(moment.lexicon, looked_up, None if row_filter is None else row_filter.before)
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
                    helds[place].among(allowed, excluded[place]),
                ),
            )
            for place, text in enumerate(texts)
        ]

    def _held(self, lexicon: Lexicon, looked_up: Lookup | None, before: datetime | None) -> Held:
        """Return the rows that hold a lookup in their text, or in comments that were there at a time."""
        if looked_up is None:
            return HELD_BY_NONE
        if looked_up.is_part:
            rows = rows_with_part(self.store, looked_up)
            return Held(rows, np.full(len(rows), PHRASE))
        in_comments = rows_with_comments(self.store, looked_up, before)
        # What a comment has is not misspelt.
        in_texts = self.find_held(lexicon, looked_up, bool(len(in_comments)))
        in_titles = rows_with_phrase(self.store, looked_up.readings(in_texts.spellings))
        return in_texts.with_phrases(in_titles).with_comments(in_comments)

    def _unindexed(
        self, moment: _Moment, records: Sequence[Record], *, first_place: int
    ) -> list[UnindexedCandidate]:
        """Encode records that are candidates only; those without a word are left out."""
        texts = {
            place: compose(record, moment.boilerplate) for place, record in enumerate(records, first_place)
        }
        texts = {place: text for place, text in texts.items() if text.title}
        composed = list(texts.values())
        pairs = self._encoded(moment.encoding, composed, self._stored(moment.encoding, composed))
        weight = moment.encoding.title_weight
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

    def _stored(self, encoding: Encoding, texts: Sequence[ComposedText]) -> dict[str, Vectors]:
        """Return the vectors that the index has of titles and whole texts, each (dim,), by text."""
        keys = {embedding_key(part): part for text in texts for part in (text.title, text.whole)}
        vectors = stored_vectors.embeddings(self.store, encoding, keys)
        return {keys[key]: vector for key, vector in vectors.items()}

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

    def _best_groups(
        self,
        moment: _Moment,
        request: SearchRequest,
        text: ComposedText,
        query: Query,
        retrieved: Retrieved,
        own: RowIds,
    ) -> tuple[list[list[RankedRow]], bool]:
        """Return the first k groups of rows: the candidates by probability and rank, then the rest by score.

        With them, whether they are those of a lookup: the rows that hold it are first. The text of an issue that is
        indexed is none.
        """
        record = request.record
        created = min((time for time in (record.created, request.before) if time is not None), default=None)
        candidates = hybrid.ranked(moment.facts, retrieved, query, moment.choice, own, created)
        candidates = moment.judge.judged(record, text, query, retrieved, candidates, own)
        has_copy = any(row.judgement is not None and row.judgement.is_exact for row in candidates)
        is_lookup = bool(len(retrieved.held.rows)) and not has_copy
        if is_lookup and (words := request.lookup) is not None:
            candidates = hybrid.by_held(self._with_phrases(candidates, words, retrieved.held))
            # A part of a title may be all that someone writes about an issue.
            is_lookup = not words.is_part
        threshold = -1 if request.min_score is None else request.min_score
        canonicals: Mapping[int, int] = moment.facts.canonicals() if request.fold else {}
        rest = retrieved.rest(request.k, moment.choice.verdicts.lowest, moment.facts.names)
        groups = hybrid.grouped(
            (row for row in candidates if row.score >= threshold),
            takewhile(lambda row: row.score >= threshold, rest),
            canonicals,
            request.k,
        )
        return groups, is_lookup

    def _with_phrases(self, rows: Sequence[RankedRow], words: Lookup, held: Held) -> list[RankedRow]:
        """Return rows, marked by where they have the words of a lookup in their order.

        Rows whose titles have the other words of the query, too, are first.
        """
        readings = words.readings(held.spellings)
        patterns = [reading.pattern for reading in readings]
        titles = self.store.titles(row.row for row in rows if row.held >= TITLE and isinstance(row.row, int))

        def in_title(row: RankedRow) -> RankedRow:
            if isinstance(row.row, int) and row.held >= TITLE:
                title = normalised(titles[row.row])
                if any(pattern.search(title) for pattern in patterns):
                    is_same = held.spellings or words.is_as_typed_in(title)
                    return row._replace(held=SAME_PHRASE if is_same else PHRASE)
            # Who quotes a phrase does not mean its words apart.
            return row._replace(held=TEXT) if words.is_quoted and row.held == TITLE else row

        has_beside = {row for row, title in titles.items() if words.has_beside(normalised(title))}
        marked = [in_title(row) for row in sorted(rows, key=lambda row: row.row not in has_beside)]
        if len(words.tokens) < 2:
            return marked
        in_texts = [row.row for row in marked if row.held == TEXT and isinstance(row.row, int)]
        with_phrase = rows_with_phrase_in_body(self.store, readings, in_texts)
        return [row._replace(held=TEXT_PHRASE) if row.row in with_phrase else row for row in marked]

    def _matches(
        self, groups: Sequence[Sequence[RankedRow]], moment: _Moment, verdicts: str, is_judged: bool
    ) -> list[Match]:
        """Return one match a group: its best row, with the ids of the others as folded."""
        row_ids = [row.row for group in groups for row in group if isinstance(row.row, int)]
        records, fingerprints = self.store.records(row_ids), self.store.text_fingerprints(row_ids)
        texts = self.store.composed(best.row for best, *_ in groups if isinstance(best.row, int))
        matches = []
        for rank, (best, *others) in enumerate(groups, start=1):
            folded = tuple(
                records[other.row].id if isinstance(other.row, int) else other.row.record.id
                for other in others
            )
            if isinstance(best.row, int):
                record, row_id, place = records[best.row], best.row, None
                text, fingerprint = texts.get(best.row, NO_TEXT), fingerprints[best.row]
            else:
                record, row_id, place = best.row.record, None, best.row.place
                text, fingerprint = best.row.text, text_fingerprint(record.title, record.body)
            hit = _hit(rank, record, best, folded)
            if is_judged:
                hit = _with_verdict(hit, best, moment.choice, verdicts)
            matches.append(
                Match(
                    hit,
                    record,
                    text,
                    moment.boilerplate,
                    fingerprint,
                    best.held,
                    best.order,
                    row_id,
                    place,
                )
            )
        return matches


def _hit(rank: int, record: Record, row: RankedRow, folded: tuple[str, ...]) -> Hit:
    return Hit(
        rank=rank,
        id=record.id,
        source=record.source,
        project=record.project,
        title=record.title,
        state=record.state,
        url=record.url,
        created=record.created,
        score=row.score,
        lexical=round(row.lexical, 6),
        duplicate_of=record.duplicate_of[0].id if record.duplicate_of else None,
        folded=folded,
        resolution=record.resolution,
        closed=record.closed,
    )


def _with_verdict(hit: Hit, row: RankedRow, choice: RankerChoice, verdicts: str) -> Hit:
    """Return a hit with the probability of its pair, and with verdict and kind where they follow from it."""
    judgement = row.judgement
    is_known = choice.fits or (judgement is not None and judgement.kind == "copy")
    verdict = choice.verdicts.verdict(row.probability, verdicts) if is_known else None
    hit = replace(hit, probability=round(row.probability, 6) if is_known else None, verdict=verdict)
    if judgement is None or (verdict is None and judgement.kind not in APART):
        return hit
    return replace(hit, kind=judgement.kind, is_exact=judgement.is_exact, difference=judgement.difference)
