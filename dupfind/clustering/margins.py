"""Neighbourhoods of records, from which a pair's margin is measured (pure).

A margin is how far the score of a pair lies above the scores of its two records with their other neighbours. A cosine
alone is not enough: if a template fills half of each body, every record is near to hundreds of others. The method is
that of Artetxe & Schwenk 2019, after Conneau et al. 2018. On titanium's dev part, the hundred best pairs by score hold
no marked duplicate; the hundred best by margin hold thirteen (`python benchmarks/clusters.py`).
"""

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Scores = NDArray[np.float64]

NEAREST = 5
"""Neighbours in a neighbourhood. Values from two to ten rank the marked pairs of three trackers about equally well."""


def neighbourhoods(first: Places, second: Places, scores: Scores, threshold: float, n: int) -> Scores:
    """Return the mean score of each record's five nearest neighbours.

    Args:
        first: (m,) one end of each pair, places from 0 to n - 1.
        second: (m,) the other end.
        scores: (m,) cosine similarities. No pair at or above the threshold may be missing.
        threshold: The score of each neighbour that a record lacks.
        n: The number of records.

    Returns:
        (n,) float64. The margin of a pair is its score minus the mean of both neighbourhoods. It is about 0 for a pair
        that does not stand out.
    """
    # Both directions of each pair, (2m,), sorted by record, highest score first.
    ends, near = np.concatenate([first, second]), np.concatenate([scores, scores])
    order = np.lexsort((-near, ends))
    ends, near = ends[order], near[order]
    # The rank of each score among those of its record: position minus the position of the record's first.
    is_nearest = np.arange(len(ends)) - np.searchsorted(ends, ends) < NEAREST
    # (n,) sums above the threshold; a missing neighbour adds 0.
    above = np.bincount(ends[is_nearest], near[is_nearest] - threshold, minlength=n)
    return np.asarray(threshold + above / NEAREST)
