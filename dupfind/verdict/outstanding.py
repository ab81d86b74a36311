"""Pairs that stand out: two records far nearer to each other than to any other record of the tracker (pure).

On a tracker of a few dozen records hardly any pair has the score that a duplicate has on a large one, and no two
records of different things are near. The margin is that of Artetxe & Schwenk 2019, with the larger of both crowds.
"""

import math

from dupfind.text.composition import clean_title
from dupfind.verdict.evidence import Values
from dupfind.verdict.words import Words, dice

LEAST_SCORE = 0.5
"""Cosine similarity that a pair needs to stand out."""

MANY = 400
"""Records from which on no smaller margin than `_OF_MANY` is enough."""

_OTHER_WORDS = 0.3  # Dice coefficient of two titles in other words
_OF_MANY = 0.3
# Score minus the crowd's on both sides. On four large trackers one issue in a hundred has such a candidate, and four of
# ten such pairs are duplicates by reading.
_FEW, _OF_FEW = 100, 0.22
# Of 971 marked duplicates each was put into a tracker of 90 other issues of its own: 46 in 100 stand out by .22, and 29
# by .3. Where the original is not among them 3.5 and 1.5 in 100 have a candidate.

CROWD = 10
"""Other records whose mean score is the crowd's."""

_FEWEST = 5  # with fewer other records nothing is known about the crowd


def least_margin(n_records: int, titles: tuple[str, str] | None = None) -> float:
    """Return the margin from which a pair stands out; the more records a tracker has, the more look alike by chance.

    Two faults of one part of the product share words of their titles, and so do two reports "Printer offline". They
    need more than one fault in other words.

    Args:
        n_records: Of the tracker; more than `MANY` are as `MANY`.
        titles: Of the two records; None for the least that any two titles need.
    """
    if (
        titles is not None
        and dice(*(Words.of(clean_title(each)).content() for each in titles)) > _OTHER_WORDS
    ):
        return _OF_MANY
    share = math.log(min(max(n_records, _FEW), MANY) / _FEW) / math.log(MANY / _FEW)
    return _OF_FEW + share * (_OF_MANY - _OF_FEW)


def margin(score: float, others: Values) -> float:
    """Return how far a score lies above the mean of the nearest others; 0 where there are too few of them.

    Args:
        score: Cosine similarity of a pair.
        others: Scores of one of the two with all other records, highest first; the first `CROWD` count.
    """
    nearest = others[:CROWD]
    return float(score - nearest.mean()) if len(nearest) >= _FEWEST else 0.0
