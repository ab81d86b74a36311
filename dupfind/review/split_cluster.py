"""Splitting: a person goes through the members of one cluster, and says which belong to its canonical."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Self

from dupfind.collection.collection import Collection
from dupfind.decisions import DIFFERENT, SAME, UNSURE, Decision
from dupfind.dedup import report_builder
from dupfind.dedup.defaults import MAX_PAIRS
from dupfind.dedup.report import DuplicateCluster, Member, Parameters
from dupfind.errors import DupfindError
from dupfind.records import Record
from dupfind.review.question_queue import PairCandidate, RowPair
from dupfind.review.session import ReviewQuestion, write
from dupfind.storage import decisions, duplicate_links

Group = Sequence[tuple[int, Record]]
"""Rows that the tracker has joined, and which a cluster keeps or loses together."""


class Split:
    """One question for each group of a cluster beside that of its canonical.

    A cluster holds together where every two of its records are a pair. So a group leaves it when all its pairs with
    the groups that stay are called different, and these decisions follow from one answer.
    """

    def __init__(
        self,
        collection: Collection,
        groups: Sequence[Group],
        questions: Sequence[ReviewQuestion],
        who: str,
        clock: Callable[[], datetime],
    ) -> None:
        """Use `Split.begin`."""
        self._collection = collection
        self._groups = {
            question.candidate.rows: group for question, group in zip(questions, groups[1:], strict=True)
        }
        self._questions = {question.candidate.rows: question for question in questions}
        self._canonical = groups[0]
        self._answers: dict[RowPair, str] = {}
        self._made: list[tuple[Decision, RowPair, list[Decision]]] = []
        self._who = who
        self._clock = clock

    @classmethod
    def begin(
        cls,
        collection: Collection,
        asked: Parameters,
        who: str,
        id: str,
        *,
        max_pairs: int = MAX_PAIRS,
        progress: Callable[[int], None] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """Find the cluster that a report of these parameters shows for a record.

        Args:
            collection: Open.
            asked: Of the report.
            who: Whoever answers.
            id: Of any member.
            max_pairs: Pairs at or above the threshold that are taken in.
            progress: Called with the number of records that were compared since the last call.
            clock: Gives the time of each answer, UTC.

        Raises:
            DupfindError: The record is in no cluster, in several because its id is no name, or in one of marks alone.
        """
        asked = replace(asked, include_known=True)
        report, _ = report_builder.build_report(collection, asked, max_pairs=max_pairs, progress=progress)
        found = [cluster for cluster in report.clusters if id in [member.id for member in cluster.members]]
        if not found:
            raise DupfindError(f"{id!r} is in no cluster: see `dupfind report`, and its --min-score")
        if len(found) > 1:
            raise DupfindError(f"{id!r} is in {len(found)} clusters: name its --project or --source")
        [cluster] = found
        groups = _groups(collection, cluster)
        if len(groups) == 1:
            raise DupfindError(f"the tracker itself marks the cluster of {id!r}: take the marks back there")
        questions = [_question(collection, cluster, groups[0], group) for group in groups[1:]]
        return cls(collection, groups, questions, who, clock)

    @property
    def n_open(self) -> int:
        """How many groups are not asked about yet."""
        return len(self._questions) - len(self._answers)

    @property
    def can_take_back(self) -> bool:
        """Whether anything was answered in this split."""
        return bool(self._made)

    def next(self) -> ReviewQuestion | None:
        """The next group's question, or None."""
        return next((asked for rows, asked in self._questions.items() if rows not in self._answers), None)

    def question(self, rows: RowPair) -> ReviewQuestion | None:
        """The question about two rows, with its answer; None where it is none of this cluster."""
        found = self._questions.get(rows)
        return None if found is None else replace(found, answer=self._answers.get(rows))

    def decide(self, question: ReviewQuestion, answer: str, why: str = "") -> Decision:
        """Keep an answer, and what follows from it, in one transaction.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was kept.
            StoreError: It cannot be written.
        """
        rows, now = question.candidate.rows, self._clock()

        def made(first: Record, second: Record, answer: str) -> Decision:
            return Decision.of(first, second, answer, decided=now, who=self._who, why=why)

        own = made(question.first, question.second, answer)
        others = {SAME: self._with(DIFFERENT), DIFFERENT: [self._canonical, *self._with(SAME)], UNSURE: []}[
            answer
        ]
        following = {
            decision.names: decision
            for group in others
            for (_, one), (_, other) in product(self._groups[rows], group)
            for decision in [made(one, other, DIFFERENT)]
        }
        following_decisions = list({**following, own.names: own}.values())
        write(self._collection, lambda writer: decisions.keep(writer, following_decisions))
        self._answers[rows] = answer
        self._made.append((own, rows, following_decisions))
        return own

    def take_back(self) -> tuple[Decision, RowPair | None] | None:
        """Undo the last answer of this split, with all that followed from it; None where there is none.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was undone.
            StoreError: It cannot be written.
        """
        if not self._made:
            return None
        own, rows, following_decisions = self._made[-1]
        write(self._collection, lambda writer: decisions.take_back(writer, following_decisions))
        self._made.pop()
        self._answers.pop(rows, None)
        return own, rows

    def _with(self, answer: str) -> list[Group]:
        return [self._groups[rows] for rows, said in self._answers.items() if said == answer]


def _groups(collection: Collection, cluster: DuplicateCluster) -> list[Group]:
    """The members by what the tracker has joined, the canonical's group first."""
    store = collection.store
    found: dict[int, list[tuple[int, Record]]] = {}
    with store.reading():
        root = duplicate_links.links(store).canonical_of
        for member in cluster.members:
            [(row, record)] = [
                each
                for each in store.find(member.id, source=member.source)
                if each[1].project == member.project
            ]
            found.setdefault(root.get(row, row), []).append((row, record))
    return list(found.values())


def _question(
    collection: Collection, cluster: DuplicateCluster, canonical: Group, group: Group
) -> ReviewQuestion:
    """Whether a group belongs to the canonical's, by its best pair with that."""
    places = {_name(member): place for place, member in enumerate(cluster.members)}
    rows = {places[_name(record)]: (row, record) for row, record in (*canonical, *group)}
    ours, theirs = ({places[_name(record)] for _, record in side} for side in (canonical, group))
    best = next(
        pair
        for pair in cluster.pairs
        if {pair.first, pair.second} & ours and {pair.first, pair.second} & theirs
    )
    (one, first), (other, second) = rows[best.first], rows[best.second]
    candidate = PairCandidate(min(one, other), max(one, other), best.score, best.margin, best.probability)
    return ReviewQuestion(candidate, first, second, best.reasons, None)


def _name(record: Record | Member) -> tuple[str, str | None, str]:
    return record.source, record.project, record.id
