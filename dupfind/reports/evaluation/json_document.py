"""Convert an evaluation to the JSON of `dupfind evaluate`."""

from typing import Any

from dupfind.evaluation.figures import Evaluation, Figures, Verdict
from dupfind.evaluation.metrics import Interval
from dupfind.reports.evaluation.text import PRECISIONS


def document(evaluation: Evaluation) -> dict[str, Any]:
    """Return the figures of an evaluation, rounded to six places."""
    return {
        "issues": evaluation.n_issues,
        "judged": evaluation.n_judged,
        "duplicates": evaluation.n_duplicates,
        "silent": evaluation.n_silent,
        "legs": {ranking: _figures(figures) for ranking, figures in evaluation.figures.items()},
        "ahead_of": {ranking: _figures(figures) for ranking, figures in evaluation.ahead.items()},
        "verdict": {
            "at_precision": {
                str(precision): _verdict(verdict)
                if (verdict := evaluation.curve.reaching(precision))
                else None
                for precision in PRECISIONS
            },
            "curve": [_verdict(corner) for corner in evaluation.curve.corners()],
        },
        "scores": {
            "edges": list(evaluation.scores.edges),
            "duplicates": list(evaluation.scores.duplicates),
            "others": list(evaluation.scores.others),
        },
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {name: _interval(interval) for name, interval in figures}


def _interval(interval: Interval) -> dict[str, float]:
    return {"mean": round(interval.mean, 6), "low": round(interval.low, 6), "high": round(interval.high, 6)}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "threshold": verdict.threshold,
        "flagged": verdict.n_flagged,
        "right": verdict.n_right,
        "precision": _interval(verdict.precision),
        "recall": _interval(verdict.recall),
    }
