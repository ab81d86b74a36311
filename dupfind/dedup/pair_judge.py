"""The verdict on pairs of indexed records: the same decision as a search gives, for many pairs at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dupfind.progress import StartTask
from dupfind.ranking.ranker import can_judge
from dupfind.records import Record
from dupfind.search.ranker_choice import RankerChoice
from dupfind.storage.same_texts import times_of_texts
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import iter_vectors, present_vectors
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText, compose
from dupfind.text.fingerprint import text_fingerprint
from dupfind.text.language import knows_only_english
from dupfind.vectors.base import Vectors
from dupfind.vectors.title_body import split
from dupfind.verdict import outstanding
from dupfind.verdict.bands import BALANCED
from dupfind.verdict.evidence import Embedded, evidence
from dupfind.verdict.judgement import LEAST_SCORE, ComparedRecord, Judgement, judge
from dupfind.verdict.model import VerdictModel

RowPair = tuple[int, int]

MAX_FOR_CROWD = 50_000
"""Records up to which all vectors are held, 3 KB each, to see which pairs stand out from the crowd."""

_BLOCK = 2_000  # pairs whose records are in memory
_FEW = 4_000  # rows whose vectors are looked up, and not found by reading all
_TILE = 256  # rows of a product with all vectors
_NOW = datetime.max.replace(tzinfo=UTC)  # of a record without a time


class PairJudge:
    """Judges pairs of rows; valid in one read transaction. Each pair is judged once."""

    def __init__(
        self,
        store: Store,
        progress: StartTask = lambda *_: lambda _: None,
        *,
        verdicts: str = BALANCED,
        model: VerdictModel | None = None,
    ) -> None:
        """Read what holds for all pairs.

        Args:
            store: In a read transaction.
            verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.
            progress: Shows the work on pairs whose whole texts are compared.
            model: Of the verdict, in place of the index's.
        """
        self._store = store
        self._progress = progress
        self._encoding = store.encoding()
        self._verdicts = verdicts
        self._model = model
        self._boilerplate: Boilerplate = store.boilerplate()
        self._judgements: dict[RowPair, Judgement | None] = {}
        self._outstanding: set[RowPair] = set()

    @cached_property
    def choice(self) -> RankerChoice:
        """What the index uses.

        Raises:
            RankerError: The calibration is of another dupfind version, or damaged.
        """
        return RankerChoice.of(self._store, self._encoding).in_mode(self._verdicts)

    @property
    def model(self) -> VerdictModel:
        """The verdict's model that judges."""
        return self._model or self.choice.verdicts

    def judgements(self, pairs: Sequence[RowPair], scores: Sequence[float]) -> list[Judgement | None]:
        """Return the judgement of each pair; None where its newer text has too few words.

        Args:
            pairs: Row ids.
            scores: The cosine similarity of each pair.
        """
        missing = [
            (pair, score) for pair, score in zip(pairs, scores, strict=True) if pair not in self._judgements
        ]
        if missing:
            self._judge(*(list(column) for column in zip(*missing, strict=True)))
        return [self._judgements[pair] for pair in pairs]

    def outstanding(self) -> list[tuple[RowPair, float]]:
        """Return the pairs that stand out from the crowds of both records, with their scores.

        None for an index of more than `MAX_FOR_CROWD` records, or where the evidence does not fit its model.
        """
        if not self.choice.fits or self._store.n_records() > MAX_FOR_CROWD:
            return []
        rows, vectors = self._everything()
        n_near = min(outstanding.CROWD + 1, len(rows) - 1)
        if n_near < 1:
            return []
        best, crowds = np.zeros(len(rows), dtype=np.int64), np.zeros((len(rows), n_near))
        for start in range(0, len(rows), _TILE):
            scores = vectors[start : start + _TILE] @ vectors.T  # (tile, n)
            own = np.arange(len(scores))
            scores[own, own + start] = -1
            near = np.argpartition(-scores, n_near - 1, axis=1)[:, :n_near]
            crowds[start : start + _TILE] = -np.sort(-np.take_along_axis(scores, near, axis=1), axis=1)
            best[start : start + _TILE] = scores.argmax(axis=1)
        found = []
        for place, other in enumerate(best.tolist()):
            score = float(crowds[place, 0])
            if best[other] == place < other and score >= outstanding.LEAST_SCORE:
                # Each is the nearest of the other, so both crowds begin behind the first place.
                margins = [outstanding.margin(score, crowds[side, 1:]) for side in (place, other)]
                first, second = sorted((int(rows[place]), int(rows[other])))
                if self._are_outstanding(first, second, min(margins), len(rows)):
                    found.append(((first, second), round(score, 6)))
                    self._outstanding.add((first, second))
        return found

    def _are_outstanding(self, first: int, second: int, margin: float, n_records: int) -> bool:
        if margin < outstanding.least_margin(n_records):
            return False
        records = self._store.records([first, second])
        return margin >= outstanding.least_margin(n_records, (records[first].title, records[second].title))

    def _judge(self, pairs: list[RowPair], scores: list[float]) -> None:
        rows = sorted({row for pair in pairs for row in pair})
        place = {row: at for at, row in enumerate(rows)}
        age = {head.row_id: (head.created or _NOW, head.name) for head in self._store.heads(rows)}
        # The newer record is the query, as when it was filed.
        ordered = [(one, other) if age[one] > age[other] else (other, one) for one, other in pairs]
        probabilities, is_judged = self._by_evidence(ordered, rows, place)
        for at, pair in enumerate(pairs):
            if pair in self._outstanding:
                probabilities[at] = max(probabilities[at], self.model.outstanding)
        near = [
            at
            for at, probability in enumerate(probabilities)
            if is_judged[at] and (probability > self.model.lowest or scores[at] >= LEAST_SCORE)
        ]
        chosen = set(near)
        for at, pair in enumerate(pairs):
            if at not in chosen:
                self._judgements[pair] = (
                    Judgement(float(probabilities[at]), "duplicate") if is_judged[at] else None
                )
        advance = self._progress("comparing texts", len(near))
        near.sort(key=lambda at: ordered[at])
        for start in range(0, len(near), _BLOCK):
            self._compare(near[start : start + _BLOCK], pairs, ordered, scores, probabilities)
            advance(len(near[start : start + _BLOCK]))

    def _compare(
        self,
        places: Sequence[int],
        pairs: Sequence[RowPair],
        ordered: Sequence[RowPair],
        scores: Sequence[float],
        probabilities: NDArray[np.float64],
    ) -> None:
        """Judge some pairs by their whole texts; those of one newer record stand next to each other."""
        rows = {row for at in places for row in ordered[at]}
        records, fingerprints = self._store.records(rows), self._store.text_fingerprints(rows)
        texts = {row: self._store.text(row) for row in rows}
        same = times_of_texts(
            self._store, {fingerprint for fingerprint in fingerprints.values() if fingerprint}
        )
        by_newer: dict[int, list[int]] = {}
        for at in places:
            by_newer.setdefault(ordered[at][0], []).append(at)
        for newer, own in by_newer.items():
            sides = [
                ComparedRecord(
                    records[ordered[at][1]],
                    self._text(texts[ordered[at][1]], records[ordered[at][1]], texts[newer]),
                    fingerprints[ordered[at][1]],
                    scores[at],
                    float(probabilities[at]),
                )
                for at in own
            ]
            fingerprint = fingerprints[newer] or text_fingerprint(records[newer].title, records[newer].body)
            times = [time for row, time in same.get(fingerprint, ()) if row != newer]
            judgements = judge(
                records[newer],
                texts[newer],
                fingerprint,
                sides,
                self.model,
                times,
                knows_only_english=knows_only_english(self._encoding.model),
            )
            for at, judgement in zip(own, judgements, strict=True):
                self._judgements[pairs[at]] = judgement

    def _by_evidence(
        self,
        ordered: Sequence[RowPair],
        rows: Sequence[int],
        place: Mapping[int, int],
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the level of each pair by its evidence, (n,), and whether its newer text has enough words, (n,)."""
        titles, wholes = self._embeddings(rows)
        terms = self._store.terms(rows)
        by_newer: dict[int, list[int]] = {}
        for at, (newer, _) in enumerate(ordered):
            by_newer.setdefault(newer, []).append(at)
        probabilities = np.full(len(ordered), self.model.lowest)
        is_judged = np.zeros(len(ordered), dtype=np.bool_)
        for newer, own in by_newer.items():
            at_newer = place[newer]
            is_judged[own] = can_judge(terms[at_newer])
            olders = np.array([place[ordered[at][1]] for at in own])
            query = Embedded(titles[at_newer], wholes[at_newer], terms[at_newer])
            found = evidence(query, titles[olders], wholes[olders], terms.take(olders))
            probabilities[own] = self.model.probabilities(found)
        return probabilities, is_judged

    def _embeddings(self, rows: Sequence[int]) -> tuple[Vectors, Vectors]:
        """Return the titles' and the whole texts' embeddings of some rows in order, (n, dim) each."""
        wanted = np.array(rows, dtype=np.int64)
        vectors: Vectors = np.zeros((len(rows), 2 * self._encoding.dim), dtype=np.float32)
        if len(rows) <= _FEW:
            found, of_found = present_vectors(self._store, self._encoding, True, rows)
            vectors[np.searchsorted(wanted, found)] = of_found
        else:
            for row_ids, block in iter_vectors(self._store, self._encoding):
                is_wanted = np.isin(row_ids, wanted)
                vectors[np.searchsorted(wanted, row_ids[is_wanted])] = block[is_wanted]
        return split(vectors, self._encoding.title_weight)

    def _everything(self) -> tuple[NDArray[np.int64], Vectors]:
        """Return all rows with a vector, and their joint vectors."""
        blocks = list(iter_vectors(self._store, self._encoding))
        if not blocks:
            return np.empty(0, dtype=np.int64), np.empty((0, 2 * self._encoding.dim), dtype=np.float32)
        return np.concatenate([rows for rows, _ in blocks]), np.concatenate([block for _, block in blocks])

    def _text(self, text: ComposedText, record: Record, other: ComposedText) -> ComposedText:
        return compose(record, self._boilerplate) if text != other and text.title == other.title else text
