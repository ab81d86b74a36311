"""Charts of a report as inline SVG; the page that contains them sets the colours."""

from collections.abc import Sequence

from dupfind.dedup.report import Bin, CurvePoint

_WIDTH, _HEIGHT = 520, 194
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 12, 44
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM


def histogram(bins: Sequence[Bin]) -> str:
    """Draw the number of pairs by score, marked pairs below the others. Empty without bins."""
    if not bins:
        return ""
    top = _round_up(max(bin.n_known + bin.n_new for bin in bins))
    step = _PLOT_WIDTH / len(bins)
    marks = [_grid(value / 4 * top, top) for value in range(5)]
    for place, bin in enumerate(bins):
        x = _LEFT + place * step
        bottom = float(_TOP + _PLOT_HEIGHT)  # in SVG, y grows downwards
        for n, css in ((bin.n_known, "known"), (bin.n_new, "new")):
            height = n / top * _PLOT_HEIGHT
            bottom -= height
            if n:
                marks.append(
                    f'<rect class="{css}" x="{x + 0.5:.1f}" y="{bottom:.1f}" width="{max(step - 1, 0.5):.1f}"'
                    f' height="{height:.1f}"><title>{bin.low:.2f}: {n:,} {css}</title></rect>'
                )
        if place % max(1, len(bins) // 8) == 0:
            marks.append(_label(x, f"{bin.low:.2f}"))
    return _svg("Pairs by score", [*marks, *_titles("score", "pairs")])


def precision_recall(points: Sequence[CurvePoint]) -> str:
    """Draw precision over recall of the tracker's own marks. Empty without points."""
    if not points:
        return ""
    max_recall = max(point.recall for point in points) or 1
    max_precision = max(point.precision for point in points) or 1

    def at(point: CurvePoint) -> str:
        x = _LEFT + point.recall / max_recall * _PLOT_WIDTH
        return f"{x:.1f},{_TOP + (1 - point.precision / max_precision) * _PLOT_HEIGHT:.1f}"

    marks = [_grid(value / 4 * max_precision, max_precision, share=True) for value in range(5)]
    marks += [_label(_LEFT + value / 4 * _PLOT_WIDTH, f"{value / 4 * max_recall:.0%}") for value in range(5)]
    marks.append(f'<polyline class="curve" points="{" ".join(map(at, points))}"/>')
    for point in points[:: max(1, len(points) // 12)]:
        x, y = at(point).split(",")
        marks.append(
            f'<circle class="dot" cx="{x}" cy="{y}" r="3"><title>score {point.score:.2f}: precision'
            f" {point.precision:.1%}, recall {point.recall:.1%}</title></circle>"
        )
    return _svg("Precision over recall", [*marks, *_titles("recall", "precision")])


def _svg(label: str, marks: Sequence[str]) -> str:
    return f'<svg class="chart" role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(marks)}</svg>'


def _grid(value: float, top: float, share: bool = False) -> str:
    y = _TOP + (1 - value / top) * _PLOT_HEIGHT
    text = f"{value:.{0 if top > 0.1 else 1}%}" if share else f"{value:,.0f}"
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{text}</text>'
    )


def _label(x: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{_HEIGHT - 24}" text-anchor="middle">{text}</text>'


def _titles(across: str, up: str) -> tuple[str, str]:
    """Return the names of both axes, the vertical one turned."""
    middle = _TOP + _PLOT_HEIGHT / 2
    return (
        f'<text x="{_LEFT + _PLOT_WIDTH / 2:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{across}</text>',
        f'<text transform="translate(12 {middle:.1f}) rotate(-90)" text-anchor="middle">{up}</text>',
    )


def _round_up(number: int) -> int:
    """Return the next number that four grid lines divide evenly."""
    size = 4
    while size < number:
        for factor in (1, 2, 2.5, 5, 10):
            if size * factor >= number:
                return int(size * factor)
        size *= 10
    return size
