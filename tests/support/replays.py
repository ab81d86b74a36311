"""Outcomes of a replay, made by hand."""

from dupfind.evaluation.figures import LEGS
from dupfind.results import ReplayResult


def duplicate(
    *ranks: int,
    precision: float = 0.5,
    best: float | None = None,
    score: float | None = None,
    own: bool | None = None,
) -> ReplayResult:
    """An issue with an older member of its cluster, by the rank that each leg gave it, or one for all."""
    by_leg = dict(zip(LEGS, ranks if len(ranks) == len(LEGS) else ranks * len(LEGS), strict=True))
    return ReplayResult(
        row_id=1,
        created=None,
        is_duplicate=True,
        ranks=by_leg,
        precision=dict.fromkeys(LEGS, precision),
        best=best,
        best_score=best if score is None else score,
        best_is_own=by_leg["dupfind"] == 1 if own is None else own,
        is_judged=True,
    )


def other(best: float | None = None, score: float | None = None, *, is_judged: bool = True) -> ReplayResult:
    """An issue that is no duplicate."""
    return ReplayResult(1, None, False, {}, {}, best, best if score is None else score, False, is_judged)
