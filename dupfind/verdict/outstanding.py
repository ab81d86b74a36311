"""Pairs that stand out: two records far nearer to each other than to any other record of the tracker (pure).

On a tracker of a few dozen records hardly any pair has the score that a duplicate has on a large one, and no two
records of different things are near. The margin is that of Artetxe & Schwenk 2019, with the larger of both crowds.
"""

from dupfind.verdict.evidence import Values

LEAST_SCORE = 0.5
"""Cosine similarity that a pair needs to stand out."""

LEAST_MARGIN = 0.3
"""Score minus the crowd's on both sides. On four large trackers one issue in a hundred has such a candidate, and four
of ten such pairs are duplicates by reading."""

CROWD = 10
"""Other records whose mean score is the crowd's."""

_FEWEST = 5  # with fewer other records nothing is known about the crowd


def margin(score: float, others: Values) -> float:
    """Return how far a score lies above the mean of the nearest others; 0 where there are too few of them.

    Args:
        score: Cosine similarity of a pair.
        others: Scores of one of the two with all other records, highest first; the first `CROWD` count.
    """
    nearest = others[:CROWD]
    return float(score - nearest.mean()) if len(nearest) >= _FEWEST else 0.0
