"""The search pipeline: compose the queries, retrieve candidates, rank, judge, fold, and return matches."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Self

import numpy as np

from dupfind import interruption
from dupfind.encoders.load import Encoder
from dupfind.errors import TextError
from dupfind.ranking.ranker import DEPTH, can_judge
from dupfind.records import Record
from dupfind.search import hybrid
from dupfind.search.answer import matches_of
from dupfind.search.hybrid import RankedRow, Retrieved, SearchedRecord, UnindexedCandidate
from dupfind.search.index_state import IndexState
from dupfind.search.lookup_order import by_lookup
from dupfind.search.match import SearchRequest, SearchResponse
from dupfind.search.query_model import FixedModel, QuickModel
from dupfind.search.record_facts import BeginReading, begin_reading
from dupfind.search.retrieval import Retrieval, start_on_disk
from dupfind.search.segmented_postings import SegmentedWordSearch
from dupfind.storage import decisions
from dupfind.storage.database_url import IndexPlace
from dupfind.storage.row_filter import Filter
from dupfind.storage.same_issue import Origin, is_same_issue
from dupfind.storage.snapshots import Snapshots
from dupfind.storage.store import Store
from dupfind.storage.word_segments import WordSegments
from dupfind.text.composition import compose, compose_query
from dupfind.text.indexed_words import indexed_words
from dupfind.vectors.base import RowIds
from dupfind.vectors.sets import distinct
from dupfind.verdict.bands import BALANCED


@dataclass(frozen=True, slots=True)
class Searcher:
    """Find the records of an index that match a text; composed of replaceable parts.

    One thread may use it at a time. Several searchers may share snapshots and model where those allow it.

    Attributes:
        folder: The index, for messages: its folder or URL.
        store: The database.
        begin: Begins a read transaction and gives its record facts.
        retrieval: Brings the candidates, by vectors and by words.
    """

    folder: IndexPlace
    store: Store
    begin: BeginReading
    retrieval: Retrieval

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
            Retrieval(
                QuickModel(folder, threads) if encoder is None else FixedModel(encoder),
                Snapshots(folder / "snapshots", threads),
                partial(
                    start_on_disk, threads, SegmentedWordSearch(WordSegments(folder / "snapshots")), store
                ),
            ),
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
            state = IndexState.of(self.store, self.folder, facts, boilerplate) if by_filter else None
            for row_filter, places in by_filter.items():
                assert state is not None
                own = [self._own_rows(records[place]) for place in places]
                excluded = [
                    distinct(rows, self._rejected_rows(records[place]))
                    for rows, place in zip(own, places, strict=True)
                ]
                retrieved = self.retrieval.retrieve(
                    state,
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
                    in_mode = state.in_mode(request.verdicts)
                    searched = SearchedRecord(records[place], texts[place], query, rows)
                    groups, is_lookup = self._best_groups(in_mode, request, searched, results)
                    # Who looks up a word wants what has it, and not to know whether it was reported before.
                    is_judged = can_judge(query.terms) and not is_lookup
                    matches = matches_of(in_mode, groups, request.verdicts, is_judged=is_judged)
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
            state = IndexState.of(self.store, self.folder, facts, boilerplate).in_mode(verdicts)
            decided = decisions.all_decisions(self.store)
            canonicals = facts.canonicals() if fold else {}
            own = np.array([row for record in records for row in self._own_rows(record)], dtype=np.int64)
            places = [place for place, text in enumerate(texts) if text.title]
            hidden = distinct(own, np.array(outdated, dtype=np.int64))
            words = {place: indexed_words(records[place], texts[place]) for place in places}
            retrieved = self.retrieval.retrieve(
                state,
                [(texts[place], words[place]) for place in places],
                [hidden] * len(places),
                DEPTH + len(hidden),
                None,
            )
            responses: dict[int, SearchResponse] = {}
            earlier = self.retrieval.unindexed(state, candidates, first_place=len(records)) if places else []
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
                unindexed = hybrid.unindexed_features(state.lexicon, draft, others) if others else None
                searched = SearchedRecord(record, texts[place], query, own)
                rows = hybrid.ranked(facts, results, searched, state.choice, record.created, unindexed)
                rows = state.judge.judged(searched, results, rows)
                groups = hybrid.grouped(rows, (), canonicals, k)
                matches = matches_of(state, groups, verdicts, is_judged=can_judge(query.terms))
                accepted = [match for match in matches if not decided.rejects(record, match.record)]
                responses[place] = SearchResponse(texts[place], accepted, can_judge(query.terms))
                earlier.append(draft)
        return [
            responses.get(place, SearchResponse(text, [], can_judge=False))
            for place, text in enumerate(texts)
        ]

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

    def _best_groups(
        self,
        state: IndexState,
        request: SearchRequest,
        searched: SearchedRecord,
        retrieved: Retrieved,
    ) -> tuple[list[list[RankedRow]], bool]:
        """Return the first k groups of rows: the candidates by probability and rank, then the rest by score.

        With them, whether they are those of a lookup: the rows that hold it are first. The text of an issue that is
        indexed is none.
        """
        times = (searched.record.created, request.before)
        moment = min((time for time in times if time is not None), default=None)
        candidates = hybrid.ranked(state.facts, retrieved, searched, state.choice, moment)
        candidates = state.judge.judged(searched, retrieved, candidates)
        has_copy = any(row.judgement is not None and row.judgement.is_exact for row in candidates)
        is_lookup = bool(len(retrieved.lookup_hits.rows)) and not has_copy
        if is_lookup and (words := request.lookup) is not None:
            candidates = by_lookup(self.store, candidates, words, retrieved.lookup_hits)
            # A part of a title may be all that someone writes about an issue.
            is_lookup = not words.is_part
        threshold = -1 if request.min_score is None else request.min_score
        canonicals: Mapping[int, int] = state.facts.canonicals() if request.fold else {}
        rest = retrieved.rest(request.k, state.choice.verdicts.lowest, state.facts.names)
        groups = hybrid.grouped(
            (row for row in candidates if row.score >= threshold),
            takewhile(lambda row: row.score >= threshold, rest),
            canonicals,
            request.k,
        )
        return groups, is_lookup
