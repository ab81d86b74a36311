"""Margins: how far a pair's score lies above what its two records score with their other neighbours (pure).

A cosine says how near two records are, not whether that is near for them: in a tracker whose template fills half of
each body every record is near to hundreds. So a pair is measured against the neighbourhoods of its records (Artetxe &
Schwenk 2019, after Conneau et al. 2018). On titanium's dev part the hundred best pairs by score hold no marked
duplicate, and the hundred best by margin thirteen (`python benchmarks/clusters.py`).
"""

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Scores = NDArray[np.float64]

NEAREST = 5
"""Neighbours that make a neighbourhood; two to ten order the marked pairs of three trackers about as well."""


def neighbourhoods(first: Places, second: Places, scores: Scores, threshold: float, n: int) -> Scores:
    """The mean score of each record's five nearest.

    Args:
        first: (m,) one end of each pair, a place below n.
        second: (m,) the other end.
        scores: (m,) cosine similarities, all of them that are at or above the threshold.
        threshold: Stands in for each neighbour that a record lacks.
        n: How many records there are.

    Returns:
        (n,) float64. The margin of a pair is its score less the mean of both its ends' neighbourhoods: about 0 where
        nothing singles it out.
    """
    ends, near = np.concatenate([first, second]), np.concatenate([scores, scores])
    order = np.lexsort((-near, ends))
    ends, near = ends[order], near[order]
    is_nearest = np.arange(len(ends)) - np.searchsorted(ends, ends) < NEAREST
    above = np.bincount(ends[is_nearest], near[is_nearest] - threshold, minlength=n)
    return np.asarray(threshold + above / NEAREST)
