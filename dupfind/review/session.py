"""A review of a collection: it shows pairs to one person, and saves each answer at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np

from dupfind.decisions import Decision
from dupfind.dedup.defaults import MAX_PAIRS
from dupfind.dedup.gathered_pairs import gather
from dupfind.dedup.pair_judge import PairJudge
from dupfind.dedup.report import Parameters
from dupfind.progress import StartTask
from dupfind.records import Record
from dupfind.review.question_queue import PairCandidate, QuestionQueue, RowPair
from dupfind.review.reviewer import Reviewer
from dupfind.text.explanations import Reasons, compare, rarities
from dupfind.verdict.judgement import APART, Judgement


@dataclass(frozen=True, slots=True)
class ReviewQuestion:
    """Two records that may be duplicates.

    Attributes:
        candidate: The pair.
        first: The older record, unchanged from the tracker.
        second: The newer record.
        reasons: Arguments for and against a duplicate, from their texts.
        answer: The earlier answer, or None.
    """

    candidate: PairCandidate
    first: Record
    second: Record
    reasons: Reasons
    answer: str | None


class Review:
    """The open questions for one person. The collection is written only for a moment after each answer."""

    def __init__(self, reviewer: Reviewer, queue: QuestionQueue) -> None:
        """Use `Review.begin`."""
        self._reviewer = reviewer
        self._queue = queue
        self._store = reviewer.collection.store
        self._rarity: Mapping[str, float] | None = None

    @classmethod
    def begin(
        cls,
        reviewer: Reviewer,
        parameters: Parameters,
        *,
        max_pairs: int = MAX_PAIRS,
        progress: Callable[[int], None] = lambda _: None,
        start_task: StartTask = lambda *_: lambda _: None,
    ) -> Self:
        """Gather the pairs that a report with these parameters shows as new.

        Args:
            reviewer: The person who answers, and the collection.
            parameters: Which pairs.
            max_pairs: The largest number of pairs at or above the threshold that is accepted.
            progress: Called with the number of records compared since the last call.
            start_task: Shows the comparison of whole texts.

        Raises:
            DupfindError: There are too many pairs.
            StoreError: The index cannot be read.
        """
        collection = reviewer.collection
        with collection.store.reading():
            gathered = gather(collection, parameters, max_pairs=max_pairs, progress=progress)
            judge = PairJudge(collection.store, start_task)
            table = gathered.table(parameters)
            # Rejected pairs stay in: the reviewer can go back to them and change the answer.
            mask = table.stands_out & ~table.is_known
            pairs = table.pairs(mask)
            judgements = judge.judgements([pair[:2] for pair in pairs], table.scores[mask].tolist())
            estimates = [_estimate(judgement, judge) for judgement in judgements]
        candidates = [
            PairCandidate(*pair, float(margin), *estimate)
            for pair, margin, estimate in zip(pairs, table.margins[mask], estimates, strict=True)
        ]
        queue = QuestionQueue(
            candidates,
            groups=gathered.links.canonical_of,
            answers=gathered.answers,
            threshold=parameters.min_score,
        )
        return cls(reviewer, queue)

    @property
    def n_open(self) -> int:
        """The number of open questions; an answer may settle more than one."""
        return len(self._queue.pending())

    @property
    def can_take_back(self) -> bool:
        """Whether this person has made a decision, in this or an earlier review."""
        return self._reviewer.latest() is not None

    def next(self) -> ReviewQuestion | None:
        """Return the most informative open question, or None."""
        for candidate in list(self._queue.pending()):
            question = self.question(candidate.rows)
            if question is not None:
                return question
        return None

    def question(self, rows: RowPair) -> ReviewQuestion | None:
        """Return the question about two rows, the smaller first.

        None if the pair is not part of this review, or if one of its records has changed or is gone.
        """
        candidate = self._queue.candidates.get(rows)
        if candidate is None:
            return None
        with self._store.reading():
            if np.isin(rows, self._store.deleted_rows(max(rows))).any():
                self._queue.drop(rows)
                return None
            records = self._store.records(rows)
            texts = {row: self._store.text(row) for row in rows}
            rarity = self._rarities()
        older, newer = sorted(rows, key=lambda row: _by_age(records[row]))
        return ReviewQuestion(
            candidate,
            records[older],
            records[newer],
            compare(texts[older], texts[newer], rarity),
            self._queue.answers.get(rows),
        )

    def decide(self, question: ReviewQuestion, answer: str, why: str = "") -> Decision:
        """Save an answer about the texts that the question shows.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was saved.
            StoreError: The collection cannot be written.
        """
        decision = self._reviewer.decision(question.first, question.second, answer, why)
        self._reviewer.keep([decision])
        self._queue.answer(question.candidate.rows, answer)
        return decision

    def take_back(self) -> tuple[Decision, RowPair | None] | None:
        """Undo this person's last decision, in this or an earlier review.

        Returns:
            The decision, and its rows if both records still have the same text; None if there is no decision.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was undone.
            StoreError: The collection cannot be written.
        """
        last = self._reviewer.latest()
        if last is None:
            return None
        decision, rows = last
        self._reviewer.take_back([decision])
        if rows is not None:
            self._queue.answer(rows, None)
        return decision, rows

    def _rarities(self) -> Mapping[str, float]:
        if self._rarity is None:
            rows = sorted({row for pair in self._queue.candidates for row in pair})
            self._rarity = rarities(self._store.text(row) for row in rows)
        return self._rarity


def _by_age(record: Record) -> tuple[bool, datetime, str]:
    """Sort key: oldest first, unknown dates last."""
    created = record.created
    return created is None, created or datetime.max.replace(tzinfo=UTC), record.id


def _estimate(judgement: Judgement | None, judge: PairJudge) -> tuple[float | None, str | None, str | None]:
    """Return probability, verdict and kind of a pair; None where they are not known."""
    if judgement is None or not judge.choice.fits:
        return None, None, None
    verdict = None if judgement.kind in APART else judge.model.verdict(judgement.probability)
    return judgement.probability, verdict, judgement.kind
