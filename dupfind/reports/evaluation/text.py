"""Draw an evaluation as text: tables, and charts made of characters."""

from collections.abc import Iterator, Sequence

from dupfind.evaluation.figures import RANKINGS, Curve, Evaluation, Figures, Histogram, Verdict
from dupfind.evaluation.metrics import Interval

PRECISIONS = (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Precisions whose thresholds are shown, if a threshold reaches them."""

NAMES = {"bm25": "BM25", "vectors": "vectors", "dupfind": "dupfind"}

_COLUMNS, _ROWS = 61, 11  # of the curve
_BAR = 28
_EIGHTHS = " ▏▎▍▌▋▊▉"


def lines(evaluation: Evaluation) -> Iterator[str]:
    """Yield all figures, line by line."""
    yield "rank of the duplicate (95 % interval)"
    yield from rankings(evaluation)
    yield ""
    yield "dupfind's lead (* the interval excludes 0)"
    yield from differences(evaluation)
    yield ""
    yield f"precision and recall when every issue above a threshold is flagged ({evaluation.n_judged:,} judged issues)"
    yield from verdicts(evaluation.curve)
    yield ""
    yield from curve(evaluation.curve)
    yield ""
    yield from histogram(evaluation.scores)


def rankings(evaluation: Evaluation) -> Iterator[str]:
    """Yield a table with a row a figure and a column a ranking."""
    yield f"{'':<10}" + "".join(f"  {NAMES[ranking]:<20}" for ranking in RANKINGS).rstrip()
    yield from _rows([evaluation.figures[ranking] for ranking in RANKINGS], "")


def differences(evaluation: Evaluation) -> Iterator[str]:
    """Yield a table with a row a figure and a column for each ranking that dupfind is compared with."""
    yield f"{'':<10}" + "".join(f"  {'over ' + NAMES[ranking]:<25}" for ranking in evaluation.ahead).rstrip()
    yield from _rows(list(evaluation.ahead.values()), "+")


def _rows(columns: Sequence[Figures], sign: str) -> Iterator[str]:
    for cells in zip(*columns, strict=True):
        shown = (_interval(interval, sign) for _, interval in cells)
        yield f"{label(cells[0][0]):<10}" + "".join(f"  {text}" for text in shown).rstrip()


def label(figure: str) -> str:
    """Return a figure's name for people."""
    return figure if "@" in figure else figure.upper()


def _interval(interval: Interval, sign: str) -> str:
    mean, low, high = interval
    text = f"{mean:{sign}.3f} ({low:{sign}.2f} to {high:{sign}.2f})"
    if not sign:
        return f"{text:<20}"
    return f"{text + (' *' if low > 0 or high < 0 else ''):<25}"


def chosen(curve: Curve) -> list[tuple[float, Verdict]]:
    """Return each of `PRECISIONS` and the verdict of the lowest threshold that reaches it, without repetitions."""
    at: dict[float, tuple[float, Verdict]] = {}
    for precision in PRECISIONS:
        verdict = curve.reaching(precision)
        if verdict is not None:
            at.setdefault(verdict.threshold, (precision, verdict))
    return list(at.values())


def verdicts(curve: Curve) -> Iterator[str]:
    """Yield a table with a row a precision: the threshold that reaches it, and the figures there."""
    rows = chosen(curve)
    if not rows:
        yield f"no threshold has a precision of {PRECISIONS[-1]:.2f}"
        return
    if place := PRECISIONS.index(rows[0][0]):
        yield f"no threshold has a precision of {PRECISIONS[place - 1]:.2f}"
    yield "precision (95 % interval)   recall   flagged   right   threshold"
    for _, verdict in rows:
        precision, low, high = verdict.precision
        yield (
            f"    {precision:.3f} ({low:.2f} to {high:.2f})    {verdict.recall.mean:.3f}   {verdict.n_flagged:>7,}"
            f"   {verdict.n_right:>5,}   {verdict.threshold:>9.3f}"
        )


def curve(points: Curve) -> Iterator[str]:
    """Draw precision over recall; a column without a mark is a recall that no threshold reaches."""
    corners = [(corner.recall.mean, corner.precision.mean) for corner in points.corners()]
    heights = []
    for column in range(_COLUMNS):
        # The precision at a recall is that of the first corner that reaches it.
        recall = column / (_COLUMNS - 1)
        reached = next((precision for at, precision in corners if at >= recall - 1e-9), None)
        heights.append(None if reached is None else round(reached * (_ROWS - 1)))
    yield "precision"
    for row in range(_ROWS - 1, -1, -1):
        axis = f"{row / (_ROWS - 1):.1f}" if row % 2 == 0 else ""
        marks = "".join("●" if height == row else " " for height in heights)
        yield f"{axis:>4} ┤{marks}".rstrip()
    ticks = "".join("┴" if column % 12 == 0 else "─" for column in range(_COLUMNS))
    yield f"     └{ticks}"
    numbers = "".join(f"{column / (_COLUMNS - 1):<12.1f}" for column in range(0, _COLUMNS, 12))
    yield f"      {numbers.rstrip()} recall"


def histogram(scores: Histogram) -> Iterator[str]:
    """Draw the scores of first candidates, as shares of the duplicates and of the others."""
    groups = (scores.duplicates, scores.others)
    totals = [max(1, sum(counts)) for counts in groups]
    full = max(n / total for counts, total in zip(groups, totals, strict=True) for n in counts) or 1.0
    filled = [place for place, counts in enumerate(zip(*groups, strict=True)) if any(counts)]
    heads = [f"duplicates ({sum(scores.duplicates):,})", f"others ({sum(scores.others):,})"]
    yield f"{'score':<15}{heads[0]:<{_BAR + 9}}{heads[1]}"
    for place in range(filled[-1], filled[0] - 1, -1) if filled else ():
        name = f"{scores.edges[place]:.2f} to {scores.edges[place + 1]:.2f}"
        cells = [
            f"{_bar(counts[place] / total / full)} {counts[place]:,}".strip()
            for counts, total in zip(groups, totals, strict=True)
        ]
        yield f"{name:<15}{cells[0]:<{_BAR + 9}}{cells[1]}"


def _bar(share: float) -> str:
    whole, part = divmod(round(share * _BAR * 8), 8)
    return "█" * whole + _EIGHTHS[part].strip()
