"""Review: a person goes through the pairs of a collection, and each word is kept as it is said."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np

from dupfind.collection.collection import Collection
from dupfind.decisions import Decision
from dupfind.dedup.defaults import MAX_PAIRS
from dupfind.dedup.gathered_pairs import gather
from dupfind.dedup.probabilities import Probabilities
from dupfind.dedup.report import Parameters
from dupfind.records import Record
from dupfind.review.question_queue import PairCandidate, QuestionQueue, RowPair
from dupfind.storage import decisions
from dupfind.storage.database import DATABASE
from dupfind.storage.writer import Writer
from dupfind.text.explanations import Reasons, compare, rarities


@dataclass(frozen=True, slots=True)
class ReviewQuestion:
    """Two records, and whether they say the same.

    Attributes:
        candidate: The pair.
        first: The older record, as the person sees it.
        second: The newer one.
        reasons: What they have in common.
        answer: What was said of them before, or None.
    """

    candidate: PairCandidate
    first: Record
    second: Record
    reasons: Reasons
    answer: str | None


class Review:
    """The questions to one person; the collection is only read, but for the moment of each answer."""

    def __init__(
        self, collection: Collection, agenda: QuestionQueue, who: str, clock: Callable[[], datetime]
    ) -> None:
        """Use `Review.begin`."""
        self._collection = collection
        self._agenda = agenda
        self._who = who
        self._clock = clock
        self._rarity: Mapping[str, float] | None = None

    @classmethod
    def begin(
        cls,
        collection: Collection,
        asked: Parameters,
        who: str,
        *,
        probabilities: Probabilities | None = None,
        max_pairs: int = MAX_PAIRS,
        progress: Callable[[int], None] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """Gather the pairs that a report of these parameters shows as new.

        Args:
            collection: Open.
            asked: Which pairs.
            who: Whoever answers.
            probabilities: The collection's calibration; None where it has none.
            max_pairs: Pairs at or above the threshold that are taken in.
            progress: Called with the number of records that were compared since the last call.
            clock: Gives the time of each answer, UTC.

        Raises:
            DupfindError: There are too many pairs.
            StoreError: The index cannot be read.
        """
        store = collection.store
        with store.reading():
            gathered = gather(collection, asked, max_pairs=max_pairs, progress=progress)
            table = gathered.table(asked)
            mask = table.stands_out & ~table.is_known
            pairs = table.pairs(mask)
            chances = [None] * len(pairs) if probabilities is None else probabilities(pairs)
        candidates = [
            PairCandidate(*pair, float(margin), chance)
            for pair, margin, chance in zip(pairs, table.margins[mask], chances, strict=True)
        ]
        agenda = QuestionQueue(
            candidates,
            groups=gathered.links.canonical_of,
            answers=gathered.answers,
            threshold=asked.min_score,
        )
        return cls(collection, agenda, who, clock)

    @property
    def n_open(self) -> int:
        """How many questions there are, should no answer settle another."""
        return len(self._agenda.pending())

    @property
    def can_take_back(self) -> bool:
        """Whether this person has decided anything yet, be it in an earlier review."""
        with self._collection.store.reading():
            return decisions.latest(self._collection.store, self._who) is not None

    def next(self) -> ReviewQuestion | None:
        """The most informative question that is open, or None."""
        for candidate in list(self._agenda.pending()):
            question = self.question(candidate.rows)
            if question is not None:
                return question
        return None

    def question(self, rows: RowPair) -> ReviewQuestion | None:
        """The question about two rows; None where it is none of this review, or a record has changed or gone since."""
        candidate = self._agenda.candidates.get(rows)
        if candidate is None:
            return None
        store = self._collection.store
        with store.reading():
            if np.isin(rows, store.deleted_rows(max(rows))).any():
                self._agenda.drop(rows)
                return None
            records = store.records(rows)
            texts = {row: store.text(row) for row in rows}
            rarity = self._rarities()
        older, newer = sorted(rows, key=lambda row: _age(records[row]))
        return ReviewQuestion(
            candidate,
            records[older],
            records[newer],
            compare(texts[older], texts[newer], rarity),
            self._agenda.answers.get(rows),
        )

    def decide(self, question: ReviewQuestion, answer: str, why: str = "") -> Decision:
        """Keep an answer, on the texts as the question shows them.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was kept.
            StoreError: It cannot be written.
        """
        made = Decision.of(
            question.first, question.second, answer, decided=self._clock(), who=self._who, why=why
        )
        write(self._collection, lambda writer: decisions.keep(writer, [made]))
        self._agenda.answer(question.candidate.rows, answer)
        return made

    def take_back(self) -> tuple[Decision, RowPair | None] | None:
        """Undo this person's last decision, be it of an earlier review.

        Returns:
            It, and its rows where it holds for two that are there; None where there is none.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was undone.
            StoreError: It cannot be written.
        """
        store = self._collection.store
        with store.reading():
            last = decisions.latest(store, self._who)
            rows = None if last is None else decisions.rows(store, last)
        if last is None:
            return None
        write(self._collection, lambda writer: decisions.take_back(writer, [last]))
        if rows is not None:
            self._agenda.answer(rows, None)
        return last, rows

    def _rarities(self) -> Mapping[str, float]:
        if self._rarity is None:
            rows = sorted({row for pair in self._agenda.candidates for row in pair})
            self._rarity = rarities(self._collection.store.text(row) for row in rows)
        return self._rarity


def _age(record: Record) -> tuple[bool, datetime, str]:
    created = record.created
    return created is None, created or datetime.max.replace(tzinfo=UTC), record.id


def write(collection: Collection, change: Callable[[Writer], None]) -> None:
    """Change a collection that is open for reading, holding its lock no longer than that takes."""
    with closing(Writer.open(collection.folder / DATABASE)) as writer:
        change(writer)
