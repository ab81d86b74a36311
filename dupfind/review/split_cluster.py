"""Split one cluster: a person decides which of its members belong to the canonical."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Self

from dupfind.collection.collection import Collection
from dupfind.decisions import DIFFERENT, SAME, UNSURE, Decision
from dupfind.dedup.defaults import MAX_PAIRS
from dupfind.dedup.report import DuplicateCluster, Member, Parameters
from dupfind.dedup.report_builder import build_report
from dupfind.errors import DupfindError
from dupfind.records import Record
from dupfind.review.question_queue import PairCandidate, RowPair
from dupfind.review.reviewer import Reviewer
from dupfind.review.session import ReviewQuestion
from dupfind.storage import duplicate_links

Group = Sequence[tuple[int, Record]]
"""Rows that the tracker joins. A cluster keeps or loses a group as a whole."""


class Split:
    """One question for each group of a cluster, except the canonical's own.

    In a cluster every two records are a pair. So a group leaves the cluster when all its pairs with the remaining
    groups are called different. One answer leads to all these decisions.
    """

    def __init__(
        self, reviewer: Reviewer, groups: Sequence[Group], questions: Sequence[ReviewQuestion]
    ) -> None:
        """Use `Split.begin`."""
        self._reviewer = reviewer
        self._groups = {
            question.candidate.rows: group for question, group in zip(questions, groups[1:], strict=True)
        }
        self._questions = {question.candidate.rows: question for question in questions}
        self._canonical = groups[0]
        self._answers: dict[RowPair, str] = {}
        self._history: list[
            tuple[Decision, RowPair, list[Decision]]
        ] = []  # each with the decisions that followed from it

    @classmethod
    def begin(
        cls,
        reviewer: Reviewer,
        parameters: Parameters,
        id: str,
        *,
        max_pairs: int = MAX_PAIRS,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Self:
        """Find the cluster that a report with these parameters shows for a record.

        Args:
            reviewer: The person who answers, and the collection.
            parameters: Of the report.
            id: Id of any member of the cluster.
            max_pairs: The largest number of pairs at or above the threshold that is accepted.
            progress: Called with the number of records compared since the last call.

        Raises:
            DupfindError: No cluster has a record with this id, several have one, or only the tracker's marks hold the
                cluster together.
        """
        collection = reviewer.collection
        # With known clusters, so that the error can name the tracker's marks.
        report, _ = build_report(
            collection, replace(parameters, include_known=True), max_pairs=max_pairs, progress=progress
        )
        clusters = [cluster for cluster in report.clusters if id in [member.id for member in cluster.members]]
        if not clusters and _is_marked(collection, id):
            raise DupfindError(f"the tracker itself marks the cluster of {id!r}: remove the marks there")
        if not clusters:
            raise DupfindError(f"{id!r} is in no cluster: see `dupfind report`, or pass a lower --min-score")
        if len(clusters) > 1:
            raise DupfindError(f"{id!r} is in {len(clusters)} clusters: pass its --project or --source")
        [cluster] = clusters
        groups = _groups(collection, cluster)
        if len(groups) == 1:
            raise DupfindError(f"the tracker itself marks the cluster of {id!r}: remove the marks there")
        questions = [_question(cluster, groups[0], group) for group in groups[1:]]
        return cls(reviewer, groups, questions)

    @property
    def n_open(self) -> int:
        """The number of groups without an answer."""
        return len(self._questions) - len(self._answers)

    @property
    def can_take_back(self) -> bool:
        """Whether this split has an answer."""
        return bool(self._history)

    def next(self) -> ReviewQuestion | None:
        """Return the question about the next group, or None."""
        return next(
            (question for rows, question in self._questions.items() if rows not in self._answers), None
        )

    def question(self, rows: RowPair) -> ReviewQuestion | None:
        """Return the question about two rows, with its answer; None if this split has no such question."""
        question = self._questions.get(rows)
        return None if question is None else replace(question, answer=self._answers.get(rows))

    def decide(self, question: ReviewQuestion, answer: str, why: str = "") -> Decision:
        """Save an answer and the decisions that follow from it, in one transaction.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was saved.
            StoreError: The collection cannot be written.
        """
        rows, now = question.candidate.rows, self._reviewer.clock()
        own = self._reviewer.decision(question.first, question.second, answer, why, now)
        # The same: the group differs from all groups that left. Different: from all groups that stay.
        others = {
            SAME: self._groups_with(DIFFERENT),
            DIFFERENT: [self._canonical, *self._groups_with(SAME)],
            UNSURE: [],
        }[answer]
        implied = [
            self._reviewer.decision(one, other, DIFFERENT, why, now)
            for group in others
            for (_, one), (_, other) in product(self._groups[rows], group)
        ]
        # The person's own answer is last and replaces an implied one.
        batch = list({decision.names: decision for decision in [*implied, own]}.values())
        self._reviewer.keep(batch)
        self._answers[rows] = answer
        self._history.append((own, rows, batch))
        return own

    def take_back(self) -> tuple[Decision, RowPair | None] | None:
        """Undo the last answer of this split, with the decisions that followed from it.

        Returns:
            The decision and its rows; None if there is no answer.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was undone.
            StoreError: The collection cannot be written.
        """
        if not self._history:
            return None
        own, rows, batch = self._history[-1]
        self._reviewer.take_back(batch)
        self._history.pop()  # only after the write, which may fail
        self._answers.pop(rows, None)
        return own, rows

    def _groups_with(self, answer: str) -> list[Group]:
        return [self._groups[rows] for rows, own_answer in self._answers.items() if own_answer == answer]


def _groups(collection: Collection, cluster: DuplicateCluster) -> list[Group]:
    """Group the members that the tracker joins, the canonical's group first."""
    store = collection.store
    groups: dict[int, list[tuple[int, Record]]] = {}
    with store.reading():
        canonical_of = duplicate_links.links(store).canonical_of
        for member in cluster.members:
            [(row, record)] = [
                (row, record)
                for row, record in store.find(member.id, source=member.source)
                if record.project == member.project
            ]
            groups.setdefault(canonical_of.get(row, row), []).append((row, record))
    return list(groups.values())


def _question(cluster: DuplicateCluster, canonical: Group, group: Group) -> ReviewQuestion:
    """Return the question whether a group belongs to the canonical's group, by the best pair between them."""
    position = {_name(member): at for at, member in enumerate(cluster.members)}
    rows = {position[_name(record)]: (row, record) for row, record in (*canonical, *group)}
    ours, theirs = ({position[_name(record)] for _, record in side} for side in (canonical, group))
    best = next(
        pair
        for pair in cluster.pairs  # highest score first
        if {pair.first, pair.second} & ours and {pair.first, pair.second} & theirs
    )
    (one, first), (other, second) = rows[best.first], rows[best.second]
    candidate = PairCandidate(min(one, other), max(one, other), best.score, best.margin, best.probability)
    return ReviewQuestion(candidate, first, second, best.reasons, None)


def _name(record: Record | Member) -> tuple[str, str | None, str]:
    return record.source, record.project, record.id


def _is_marked(collection: Collection, id: str) -> bool:
    """Return whether a record with this id is in a cluster that the tracker marks, near its other members or not."""
    with collection.store.reading():
        links = duplicate_links.links(collection.store)
    return any(links.names[row][2] == id for row in links.canonical_of)
