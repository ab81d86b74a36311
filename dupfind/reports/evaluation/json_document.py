"""Document: an evaluation as what JSON can hold."""

from typing import Any

from dupfind.evaluation.figures import Evaluation, Figures, Verdict
from dupfind.evaluation.metrics import Interval
from dupfind.reports.evaluation.text import PRECISIONS


def document(found: Evaluation) -> dict[str, Any]:
    """The facts of an evaluation, rounded to six places."""
    return {
        "issues": found.n_issues,
        "judged": found.n_judged,
        "duplicates": found.n_duplicates,
        "silent": found.n_silent,
        "legs": {leg: _figures(figures) for leg, figures in found.legs.items()},
        "ahead_of": {leg: _figures(figures) for leg, figures in found.ahead.items()},
        "verdict": {
            "at_precision": {
                str(precision): _verdict(verdict) if (verdict := found.curve.reaching(precision)) else None
                for precision in PRECISIONS
            },
            "curve": [_verdict(corner) for corner in found.curve.corners()],
        },
        "scores": {
            "edges": list(found.scores.edges),
            "duplicates": list(found.scores.duplicates),
            "others": list(found.scores.others),
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
