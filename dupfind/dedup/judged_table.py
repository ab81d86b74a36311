"""The pair table of a report with the verdict on each pair that may be new."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dupfind.clustering.canonical_rank import Rank
from dupfind.dedup.defaults import MIN_SCORE
from dupfind.dedup.gathered_pairs import GatheredPairs
from dupfind.dedup.pair_judge import PairJudge, RowPair
from dupfind.dedup.pair_table import PairTable
from dupfind.dedup.report import Parameters
from dupfind.vectors.base import Mask
from dupfind.verdict.judgement import APART, Judgement


@dataclass(frozen=True, slots=True)
class JudgedTable:
    """A pair table, and the judgements that decided it.

    Attributes:
        table: With the verdicts filled in.
        judgements: By the place of each judged pair in the table.
        minimum: The probability from which on a pair is shown; 0 where the margin decides.
    """

    table: PairTable
    judgements: Mapping[int, Judgement]
    minimum: float

    @property
    def probabilities(self) -> dict[int, float]:
        """The probability of each judged pair, by its place in the table."""
        return {place: judgement.probability for place, judgement in self.judgements.items()}

    def apart(self, kind: str, ranks: Mapping[int, Rank]) -> list[int]:
        """Return the places of pairs that would be shown if they were not siblings, or a series; most alike first.

        Args:
            kind: Of the judgement.
            ranks: The rank of every row of the table; it settles ties.
        """
        places = [
            place
            for place, judgement in self.judgements.items()
            if judgement.kind == kind and (judgement.is_exact or judgement.evidence >= self.minimum)
        ]

        def order(place: int) -> tuple[float, float, list[Rank]]:
            ends = int(self.table.first[place]), int(self.table.second[place])
            likeness = -self.judgements[place].evidence, -float(self.table.scores[place])
            return *likeness, sorted(ranks[row] for row in ends)

        return sorted(places, key=order)

    def n_reached(self, judge: PairJudge) -> int:
        """Return how many of the marked pairs would be shown if nobody had marked them."""
        known = self.table.is_known & self.table.stands_out & ~self.table.is_rejected
        return sum(_is_likely(found, self.minimum) for found in _judged(self.table, known, judge).values())


def judged_table(gathered: GatheredPairs, parameters: Parameters, judge: PairJudge) -> JudgedTable:
    """Judge the pairs of a report that nobody knows and nobody has rejected.

    Where the evidence fits the index's model, the verdict decides which pairs are shown; a margin counts only where
    somebody asks for one. For another model the margin decides, and the judge only sets siblings and series apart.

    Args:
        gathered: All pairs.
        parameters: Of the report.
        judge: Of the same read transaction.
    """
    table = gathered.table(parameters)
    if not judge.choice.fits:
        minimum = 0.0
    elif parameters.min_probability is None:
        minimum = judge.model.possible[parameters.shown or parameters.verdicts]
    else:
        minimum = parameters.min_probability
    if judge.choice.fits and parameters.min_margin is None:
        table = _with_outstanding(table, gathered, parameters, judge)
        table = replace(table, stands_out=np.ones(len(table), dtype=np.bool_))
    mask = table.stands_out & ~table.is_known & ~table.is_rejected
    judgements = _judged(table, mask, judge)
    is_likely = [
        _is_likely(judgements[place], minimum) if place in judgements else minimum == 0
        for place in np.flatnonzero(mask).tolist()
    ]
    return JudgedTable(table.decided(mask, is_likely), judgements, minimum)


def _judged(table: PairTable, mask: Mask, judge: PairJudge) -> dict[int, Judgement]:
    """Return the judgement of each masked pair by its place; without those of too few words."""
    places = np.flatnonzero(mask).tolist()
    pairs: list[RowPair] = [(int(table.first[place]), int(table.second[place])) for place in places]
    found = judge.judgements(pairs, table.scores[places].tolist())
    return {place: one for place, one in zip(places, found, strict=True) if one is not None}


def _is_likely(judgement: Judgement, minimum: float) -> bool:
    return judgement.kind not in APART and judgement.probability >= minimum


def _with_outstanding(
    table: PairTable, gathered: GatheredPairs, parameters: Parameters, judge: PairJudge
) -> PairTable:
    """Add the pairs that stand out although they score less than the threshold of the default."""
    in_table = set(zip(table.first.tolist(), table.second.tolist(), strict=True))
    # Below the default threshold an explicit one is kept.
    least = parameters.min_score if parameters.min_score < MIN_SCORE else -1.0
    extra = [(pair, score) for pair, score in judge.outstanding() if pair not in in_table and score >= least]
    if parameters.min_score > parameters.lowest_score or not extra:
        return table
    first, second = np.array([pair for pair, _ in extra], dtype=np.int64).T
    scores = np.array([score for _, score in extra])
    is_chosen = gathered.scope.contains(first, second)
    more = gathered.table_of(first[is_chosen], second[is_chosen], scores[is_chosen], parameters)
    return table.joined(more)
