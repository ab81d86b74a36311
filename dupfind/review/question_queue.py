"""Agenda: the pairs that people are asked about, the most informative one first (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dupfind.clustering.union_find import UnionFind
from dupfind.decisions import DIFFERENT, SAME

RowPair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PairCandidate:
    """Two rows that may be duplicates.

    Attributes:
        first: The smaller row id.
        second: The larger one.
        score: Cosine similarity.
        margin: How far the score lies above the neighbourhoods of both.
        probability: Calibrated chance that they are duplicates; None without a calibration.
    """

    first: int
    second: int
    score: float
    margin: float
    probability: float | None = None

    @property
    def rows(self) -> RowPair:
        """Both rows, the smaller first."""
        return self.first, self.second


class QuestionQueue:
    """The candidates and what was answered; what an answer settles is not asked any more.

    Duplicates of one record are duplicates of each other, and what is different from one of them is different from
    all (Wang et al. 2013, "Leveraging transitive relations for crowdsourced joins"). So an answer holds for the groups
    of both records, and two groups are asked about once.
    """

    def __init__(
        self,
        candidates: Iterable[PairCandidate],
        *,
        groups: Mapping[int, int],
        answers: Mapping[RowPair, str],
        threshold: float,
    ) -> None:
        """Take what may be asked.

        Args:
            candidates: In any order, each pair once.
            groups: For each row that a tracker has joined with others the one that they are named after.
            answers: What was said of pairs already, also of such as are no candidates.
            threshold: Score from which two rows are a candidate at all.
        """
        self.candidates = {candidate.rows: candidate for candidate in candidates}
        self._groups = groups
        self._threshold = threshold
        self.answers = dict(answers)
        self._order: list[PairCandidate] | None = None

    def answer(self, rows: RowPair, answer: str | None) -> None:
        """Note what was said of a pair, or with None that it was taken back."""
        self.answers.pop(rows, None)
        if answer is not None:
            self.answers[rows] = answer
        self._order = None

    def drop(self, rows: RowPair) -> None:
        """Ask about a pair no more."""
        del self.candidates[rows]
        self._order = None

    def pending(self) -> list[PairCandidate]:
        """What is still to be asked, most informative first.

        How much an answer tells is how unsure it is (Lewis and Gale 1994, "A sequential algorithm for training text
        classifiers"), times how many open pairs it is expected to settle: all between the two groups, and, should they
        be the same, one of the two questions about each group that is near both. Unsure is a probability near one
        half; without one, a score near the threshold.
        """
        if self._order is None:
            self._order = self._ordered()
        return self._order

    def _ordered(self) -> list[PairCandidate]:
        joined, apart = self._settled()
        questions: dict[RowPair, list[PairCandidate]] = {}
        near: dict[int, set[int]] = {}
        for candidate in self.candidates.values():
            ends = _ends(joined, candidate.rows)
            if ends[0] == ends[1] or ends in apart or candidate.rows in self.answers:
                continue
            questions.setdefault(ends, []).append(candidate)
            for one, other in (ends, ends[::-1]):
                near.setdefault(one, set()).add(other)

        def worth(ends: RowPair, pairs: Sequence[PairCandidate]) -> tuple[PairCandidate, float]:
            best = max(pairs, key=lambda pair: (pair.score, pair.margin, -pair.first, -pair.second))
            chance = 0.5 if best.probability is None else best.probability
            n_settled = len(pairs) + chance * len(near[ends[0]] & near[ends[1]])
            return best, self._unsureness(best) * n_settled

        weighed = [worth(ends, pairs) for ends, pairs in questions.items()]
        weighed.sort(key=lambda each: (-each[1], -each[0].score, each[0].rows))
        return [candidate for candidate, _ in weighed]

    def _unsureness(self, candidate: PairCandidate) -> float:
        """1 where nothing is known, 0 where everything is."""
        if candidate.probability is not None:
            return 1 - abs(2 * candidate.probability - 1)
        span = 1 - self._threshold
        return (1 - candidate.score) / span if span > 0 else 0.0

    def _settled(self) -> tuple[UnionFind, set[RowPair]]:
        joined = UnionFind()
        for row, canonical in self._groups.items():
            if row != canonical:
                joined.add(row, [canonical])
        for pair, answer in self.answers.items():
            if answer == SAME:
                joined.add(pair[0], [pair[1]])
        return joined, {_ends(joined, pair) for pair, answer in self.answers.items() if answer == DIFFERENT}


def _ends(joined: UnionFind, pair: RowPair) -> RowPair:
    one, other = (joined.find(row) for row in pair)
    assert isinstance(one, int)
    assert isinstance(other, int)
    return (one, other) if one < other else (other, one)
