"""Judge the candidates of a query by their whole texts, and put them into the order of their probability."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dupfind.records import Record
from dupfind.search.hybrid import RankedRow, Retrieved, SearchedRecord, UnindexedCandidate, by_probability
from dupfind.storage.same_texts import times_of_texts
from dupfind.storage.store import Store
from dupfind.storage.vector_view import Scores
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import NO_TEXT, ComposedText, compose
from dupfind.text.fingerprint import text_fingerprint
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.title_body import concat
from dupfind.verdict import outstanding
from dupfind.verdict.judgement import LEAST_SCORE, MAX_COMPARED, MAX_COMPARED_TRACES, ComparedRecord, judge
from dupfind.verdict.model import VerdictModel

_SPARE = 2  # of the nearest rows: the pair itself
_MAX_OUTSTANDING = 3  # pairs of a query that may stand out; more of them are a crowd


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges pairs of a query and its candidates; valid for one read transaction.

    Attributes:
        store: In the transaction.
        boilerplate: Of all sources at this moment.
        model: Of the verdict.
        knows_only_english: Whether the model of the vectors does.
    """

    store: Store
    boilerplate: Boilerplate
    model: VerdictModel
    knows_only_english: bool

    def judged(
        self, searched: SearchedRecord, retrieved: Retrieved, rows: Sequence[RankedRow]
    ) -> list[RankedRow]:
        """Return the candidates of a query with their judgements, likeliest first.

        Args:
            searched: The query.
            retrieved: The results of both searches.
            rows: All its candidates, from `hybrid.ranked`.
        """
        record, text, own = searched.record, searched.text, searched.own
        rows = by_probability(self._with_outstanding(searched, retrieved, rows))
        traced = [place for place, row in enumerate(rows) if row.traces > 0]
        # A report of the same crash may look like all others of its kind: those with most of its trace are compared.
        nearest = set(sorted(traced, key=lambda place: -rows[place].traces)[:MAX_COMPARED])
        # In a tracker of crashes hundreds of reports have one title, and only their traces set them apart.
        n_compared = MAX_COMPARED_TRACES if traced else MAX_COMPARED
        chosen = [
            place
            for place, row in enumerate(rows)
            if row.probability > self.model.lowest or row.score >= LEAST_SCORE or place in nearest
        ]
        fingerprint = text_fingerprint(record.title, record.body) if chosen else ""
        sides = dict(
            self._sides(text, fingerprint, [(place, rows[place]) for place in chosen], nearest, n_compared)
        )
        times = self._times(fingerprint, list(sides.values()), own)
        judgements = judge(
            record,
            text,
            fingerprint,
            list(sides.values()),
            self.model,
            times,
            knows_only_english=self.knows_only_english,
        )
        of_place = dict(zip(sides, judgements, strict=True))
        return by_probability(
            row._replace(judgement=of_place[place], probability=of_place[place].probability)
            if place in of_place
            else row
            for place, row in enumerate(rows)
        )

    def _times(
        self, fingerprint: str, sides: Sequence[ComparedRecord], own: RowIds
    ) -> list[datetime | None] | None:
        """Return the times of all other records with the query's text, whatever the filter; None where none has it."""
        if not any(side.fingerprint == fingerprint for side in sides) or not fingerprint:
            return None
        indexed = times_of_texts(self.store, [fingerprint]).get(fingerprint, [])
        found = [time for row, time in indexed if row not in own]
        names = {side.record.created for side in sides if side.fingerprint == fingerprint}
        return [*found, *(time for time in names if time not in found)]  # of records that are not indexed

    def _sides(
        self,
        text: ComposedText,
        own_fingerprint: str,
        rows: Sequence[tuple[int, RankedRow]],
        always: Collection[int],
        n_compared: int,
    ) -> Iterator[tuple[int, ComparedRecord]]:
        """Yield what the judge needs of the copies, of the places `always`, and of the first others, by their place."""
        indexed = [row.row for _, row in rows if isinstance(row.row, int)]
        fingerprints = self.store.text_fingerprints(indexed)
        compared: list[tuple[int, RankedRow, str]] = []
        n_others = 0
        for place, row in rows:
            fingerprint = (
                fingerprints[row.row]
                if isinstance(row.row, int)
                else text_fingerprint(row.row.record.title, row.row.record.body)
            )
            is_copy = fingerprint != "" and fingerprint == own_fingerprint
            is_sure = is_copy or place in always
            if is_sure or n_others < n_compared:
                n_others += not is_sure
                compared.append((place, row, fingerprint))
        shown = [row.row for _, row, _ in compared if isinstance(row.row, int)]
        records, texts = self.store.records(shown), self.store.composed(shown)
        for place, row, fingerprint in compared:
            if isinstance(row.row, UnindexedCandidate):
                other, other_text = row.row.record, row.row.text
            else:
                other, other_text = records[row.row], texts.get(row.row, NO_TEXT)
                # The stored text lacks the boilerplate of its own source alone, the query's that of all sources.
                if other_text != text and other_text.title == text.title:
                    other_text = compose(other, self.boilerplate)
            yield place, ComparedRecord(other, other_text, fingerprint, row.score, row.probability)

    def _with_outstanding(
        self, searched: SearchedRecord, retrieved: Retrieved, rows: Sequence[RankedRow]
    ) -> list[RankedRow]:
        """Raise the probability of pairs that stand out from the crowds of both records."""
        level = self.model.outstanding
        near = [
            place
            for place, row in enumerate(rows)
            if row.score >= outstanding.LEAST_SCORE and row.probability < level
        ]
        if level <= self.model.lowest or not near:
            return list(rows)
        query, own = searched.query, searched.own
        n_records = self.store.n_first_records(outstanding.MANY)
        least = outstanding.least_margin(n_records)
        crowd, scores = self._nearest(retrieved, retrieved.vector, len(own))
        raised = list(rows)
        for place in sorted(near, key=lambda place: -rows[place].score)[:_MAX_OUTSTANDING]:
            row = rows[place]
            others = scores[~np.isin(crowd, [*own, *_row_ids(row)])]
            margin = outstanding.margin(row.score, others)
            if margin < least:
                continue
            theirs = self._nearest(retrieved, self._vector(retrieved, row, query.title_weight), len(own))
            others = theirs[1][~np.isin(theirs[0], [*own, *_row_ids(row)])]
            margin = min(margin, outstanding.margin(row.score, others))
            titles = searched.record.title, self._record(row).title
            if margin >= outstanding.least_margin(n_records, titles):
                raised[place] = row._replace(probability=level)
        return raised

    def _record(self, row: RankedRow) -> Record:
        if isinstance(row.row, UnindexedCandidate):
            return row.row.record
        return self.store.records([row.row])[row.row]

    def _nearest(self, retrieved: Retrieved, vector: Vectors, n_own: int) -> tuple[RowIds, Scores]:
        """Return the rows nearest to a vector among all, whatever the filter, and their scores."""
        n = outstanding.CROWD + _SPARE + n_own
        is_known = vector is retrieved.vector and retrieved.allowed is None
        rows = retrieved.nearest.row_ids[:n] if is_known else retrieved.view.nearest(vector, n)[1]
        return rows, retrieved.view.scores(vector, rows)

    def _vector(self, retrieved: Retrieved, row: RankedRow, title_weight: float) -> Vectors:
        """Return the joint vector of a candidate, (1, 2 * dim)."""
        if isinstance(row.row, UnindexedCandidate):
            own = row.row.query
            return concat(own.title[None], own.whole[None], title_weight)
        scored = retrieved.view.scored(retrieved.vector, np.array([row.row], dtype=np.int64))
        return concat(scored.titles, scored.wholes, title_weight)


def _row_ids(row: RankedRow) -> list[int]:
    return [row.row] if isinstance(row.row, int) else []
