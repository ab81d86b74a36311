"""Results of a replay, made by hand."""

from dupfind.evaluation.figures import RANKINGS
from dupfind.results import ReplayResult


def duplicate(
    *ranks: int,
    precision: float = 0.5,
    best: float | None = None,
    score: float | None = None,
    own: bool | None = None,
) -> ReplayResult:
    """An issue with an older member of its cluster, with its rank in each ranking, or one rank for all."""
    ranks_by_name = dict(
        zip(RANKINGS, ranks if len(ranks) == len(RANKINGS) else ranks * len(RANKINGS), strict=True)
    )
    return ReplayResult(
        row_id=1,
        created=None,
        is_duplicate=True,
        ranks=ranks_by_name,
        precision=dict.fromkeys(RANKINGS, precision),
        best=best,
        best_score=best if score is None else score,
        best_is_own=ranks_by_name["dupfind"] == 1 if own is None else own,
        is_judged=True,
    )


def other(best: float | None = None, score: float | None = None, *, is_judged: bool = True) -> ReplayResult:
    """An issue that is no duplicate."""
    return ReplayResult(1, None, False, {}, {}, best, best if score is None else score, False, is_judged)
