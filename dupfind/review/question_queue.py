"""The open questions of a review, the most informative one first (pure)."""

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
        probability: Calibrated probability that they are duplicates; None without a calibration.
        verdict: "likely", "possible" or None.
        kind: As `Judgement.kind`; None where it is not known.
    """

    first: int
    second: int
    score: float
    margin: float
    probability: float | None = None
    verdict: str | None = None
    kind: str | None = None

    @property
    def rows(self) -> RowPair:
        """The row ids, the smaller first."""
        return self.first, self.second


class QuestionQueue:
    """Pairs with their answers. It leaves out pairs that other answers already settle.

    Duplicates of one record are duplicates of each other. A record that differs from one of them differs from all (Wang
    et al. 2013, "Leveraging transitive relations for crowdsourced joins"). So an answer holds for the groups of both
    records, and two groups need one question.
    """

    def __init__(
        self,
        candidates: Iterable[PairCandidate],
        *,
        groups: Mapping[int, int],
        answers: Mapping[RowPair, str],
        threshold: float,
    ) -> None:
        """Start a queue.

        Args:
            candidates: In any order, each pair once.
            groups: The canonical's row id for each row that a tracker joins with others.
            answers: Earlier answers by row ids, the smaller first, also for pairs that are not candidates.
            threshold: The score at or above which two rows are a candidate.
        """
        self.candidates = {candidate.rows: candidate for candidate in candidates}
        self._groups = groups
        self._threshold = threshold
        self.answers = dict(answers)
        self._order: list[PairCandidate] | None = None

    def answer(self, rows: RowPair, answer: str | None) -> None:
        """Record an answer about a pair, or delete it with None."""
        self.answers.pop(rows, None)
        if answer is not None:
            self.answers[rows] = answer
        self._order = None

    def drop(self, rows: RowPair) -> None:
        """Remove a candidate."""
        del self.candidates[rows]
        self._order = None

    def pending(self) -> list[PairCandidate]:
        """Return the open questions, the most informative first.

        The value of a question is its uncertainty (Lewis and Gale 1994, "A sequential algorithm for training text
        classifiers") times the number of open pairs that its answer is expected to settle. These are all pairs between
        the two groups. If the groups are the same, one of the two questions about each group near both is settled, too.
        A pair is uncertain if its probability is near one half; without a probability, if its score is near the
        threshold.
        """
        if self._order is None:
            self._order = self._ordered()
        return self._order

    def _ordered(self) -> list[PairCandidate]:
        same, different = self._settled()
        questions: dict[RowPair, list[PairCandidate]] = {}
        near: dict[int, set[int]] = {}
        for candidate in self.candidates.values():
            ends = _groups_of(same, candidate.rows)
            if ends[0] == ends[1] or ends in different or candidate.rows in self.answers:
                continue
            questions.setdefault(ends, []).append(candidate)
            for one, other in (ends, ends[::-1]):
                near.setdefault(one, set()).add(other)

        def best_with_value(ends: RowPair, pairs: Sequence[PairCandidate]) -> tuple[PairCandidate, float]:
            best = max(pairs, key=lambda pair: (pair.score, pair.margin, -pair.first, -pair.second))
            probability = 0.5 if best.probability is None else best.probability
            n_settled = len(pairs) + probability * len(near[ends[0]] & near[ends[1]])
            return best, self._uncertainty(best) * n_settled

        valued = [best_with_value(ends, pairs) for ends, pairs in questions.items()]
        valued.sort(key=lambda each: (-each[1], -each[0].score, each[0].rows))
        return [candidate for candidate, _ in valued]

    def _uncertainty(self, candidate: PairCandidate) -> float:
        """Return a number from 0 (certain) to 1 (no information)."""
        if candidate.probability is not None:
            return 1 - abs(2 * candidate.probability - 1)
        span = 1 - self._threshold
        return (1 - candidate.score) / span if span > 0 else 0.0

    def _settled(self) -> tuple[UnionFind, set[RowPair]]:
        """Return the groups of the same records, and the pairs of groups that differ."""
        same = UnionFind()
        for row, canonical in self._groups.items():
            if row != canonical:
                same.add(row, [canonical])
        for pair, answer in self.answers.items():
            if answer == SAME:
                same.add(pair[0], [pair[1]])
        # Only now: representatives are valid until the next `add`.
        different = {_groups_of(same, pair) for pair, answer in self.answers.items() if answer == DIFFERENT}
        return same, different


def _groups_of(same: UnionFind, pair: RowPair) -> RowPair:
    """Return the representatives of both rows' groups, the smaller first."""
    one, other = (same.find(row) for row in pair)
    assert isinstance(one, int)
    assert isinstance(other, int)
    return (one, other) if one < other else (other, one)
