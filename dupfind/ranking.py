"""Candidates to an order: how the two legs of a search are joined (pure)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DEPTH = 200
"""Candidates that each leg proposes; fixed, so that the order does not depend on k."""

LEXICAL_WEIGHT = 0.5


def fuse(
    scores: NDArray[np.floating], lexical: NDArray[np.floating], names: Sequence[tuple[str, ...]]
) -> list[int]:
    """Order candidates by cosine plus half of BM25 as a share of the best BM25.

    This plain sum finds more than either leg alone (`python benchmarks/quality.py`); the half was chosen on the
    train parts of two trackers, where reciprocal ranks and z-scores did worse.

    Args:
        scores: (n,) cosine similarities.
        lexical: (n,) BM25, 0 where no word is shared.
        names: What tells two candidates apart whatever row they stand in; settles ties.

    Returns:
        Places of the candidates, best first; ties by score, then by name.
    """
    best = lexical.max(initial=0)
    fused = np.round(scores + LEXICAL_WEIGHT * lexical / best, 9) if best > 0 else np.asarray(scores)
    return sorted(range(len(names)), key=lambda place: (-fused[place], -scores[place], names[place]))
