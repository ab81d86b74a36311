"""Text: an evaluation as tables and charts of characters."""

from collections.abc import Iterator, Sequence

from dupfind.evaluation.figures import LEGS, Curve, Evaluation, Figures, Histogram, Verdict
from dupfind.evaluation.metrics import Interval

PRECISIONS = (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Precisions whose thresholds are shown, as far as they are reached."""

NAMES = {"bm25": "BM25", "vectors": "vectors", "dupfind": "dupfind"}

_COLUMNS, _ROWS = 61, 11  # of the curve
_BAR = 28
_EIGHTHS = " ▏▎▍▌▋▊▉"


def lines(found: Evaluation) -> Iterator[str]:
    """All figures, line by line."""
    yield "where the duplicate stands in the ranked list (95 % interval)"
    yield from rankings(found)
    yield ""
    yield "how far dupfind is ahead (* the interval leaves out 0)"
    yield from differences(found)
    yield ""
    yield f"the verdict over all {found.n_judged:,} judged issues: flag those that are at least so sure"
    yield from verdicts(found.curve)
    yield ""
    yield from curve(found.curve)
    yield ""
    yield from histogram(found.scores)


def rankings(found: Evaluation) -> Iterator[str]:
    """A row a figure, a column a leg."""
    yield f"{'':<10}" + "".join(f"  {NAMES[leg]:<20}" for leg in LEGS).rstrip()
    yield from _rows([found.legs[leg] for leg in LEGS], "")


def differences(found: Evaluation) -> Iterator[str]:
    """A row a figure, a column a leg that dupfind is compared with."""
    yield f"{'':<10}" + "".join(f"  {'of ' + NAMES[leg]:<25}" for leg in found.ahead).rstrip()
    yield from _rows(list(found.ahead.values()), "+")


def _rows(columns: Sequence[Figures], sign: str) -> Iterator[str]:
    for cells in zip(*columns, strict=True):
        shown = (_interval(interval, sign) for _, interval in cells)
        yield f"{label(cells[0][0]):<10}" + "".join(f"  {text}" for text in shown).rstrip()


def label(figure: str) -> str:
    """A figure's name as people write it."""
    return figure if "@" in figure else figure.upper()


def _interval(interval: Interval, sign: str) -> str:
    mean, low, high = interval
    text = f"{mean:{sign}.3f} ({low:{sign}.2f} to {high:{sign}.2f})"
    if not sign:
        return f"{text:<20}"
    return f"{text + (' *' if low > 0 or high < 0 else ''):<25}"


def chosen(found: Curve) -> list[tuple[float, Verdict]]:
    """The verdict of the lowest threshold with each of `PRECISIONS`, without repetitions."""
    at: dict[float, tuple[float, Verdict]] = {}
    for precision in PRECISIONS:
        verdict = found.reaching(precision)
        if verdict is not None:
            at.setdefault(verdict.threshold, (precision, verdict))
    return list(at.values())


def verdicts(found: Curve) -> Iterator[str]:
    """A row a precision: which threshold reaches it, and what that finds."""
    rows = chosen(found)
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


def curve(found: Curve) -> Iterator[str]:
    """Precision over recall; a column without a mark is a recall that no threshold reaches."""
    corners = [(corner.recall.mean, corner.precision.mean) for corner in found.corners()]
    heights = []
    for column in range(_COLUMNS):
        # A recall is had at the first corner that reaches it.
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


def histogram(found: Histogram) -> Iterator[str]:
    """The scores of first candidates, as shares of the duplicates and of the others."""
    groups = (found.duplicates, found.others)
    totals = [max(1, sum(counts)) for counts in groups]
    full = max(n / total for counts, total in zip(groups, totals, strict=True) for n in counts) or 1.0
    filled = [place for place, counts in enumerate(zip(*groups, strict=True)) if any(counts)]
    heads = [f"duplicates ({sum(found.duplicates):,})", f"others ({sum(found.others):,})"]
    yield f"{'score':<15}{heads[0]:<{_BAR + 9}}{heads[1]}"
    for place in range(filled[-1], filled[0] - 1, -1) if filled else ():
        name = f"{found.edges[place]:.2f} to {found.edges[place + 1]:.2f}"
        cells = [
            f"{_bar(counts[place] / total / full)} {counts[place]:,}".strip()
            for counts, total in zip(groups, totals, strict=True)
        ]
        yield f"{name:<15}{cells[0]:<{_BAR + 9}}{cells[1]}"


def _bar(share: float) -> str:
    whole, part = divmod(round(share * _BAR * 8), 8)
    return "█" * whole + _EIGHTHS[part].strip()
