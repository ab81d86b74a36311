"""Draw an evaluation as one SVG picture, readable on light and on dark backgrounds."""

import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

from dupfind.evaluation.figures import Curve, Evaluation, Figures, Histogram
from dupfind.evaluation.metrics import Interval
from dupfind.reports.evaluation.text import NAMES, chosen, label

WIDTH, HEIGHT = 960, 880

# The hues keep their order of lightness in grey and for the colour-blind (after Okabe and Ito 2008). The shapes of
# the marks distinguish the rankings without colour.
_STYLE = """
svg { --ground: #ffffff; --ink: #1c2024; --muted: #60646c; --grid: #e4e4e9; --axis: #9a9ca5;
      --bm25: #80838d; --vectors: #c2650a; --dupfind: #0b62c4;
      font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", sans-serif; font-size: 13px; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #16181b; --ink: #edeef0; --muted: #a9adb5; --grid: #2c2f34; --axis: #6a6e77;
        --bm25: #8f929c; --vectors: #f2a65a; --dupfind: #70b0ff; } }
text { fill: var(--ink); font-variant-numeric: tabular-nums; }
.title { font-size: 22px; font-weight: 650; }
.head { font-size: 15px; font-weight: 600; }
.muted { fill: var(--muted); }
.tick { fill: var(--muted); font-size: 12px; }
.strong { font-weight: 650; fill: var(--dupfind); }
.ground { fill: var(--ground); }
.grid { stroke: var(--grid); }
.axis { stroke: var(--axis); }
.band { fill: var(--dupfind); opacity: .14; }
.line { fill: none; stroke: var(--dupfind); stroke-width: 2; stroke-linejoin: round; }
.bm25 { fill: var(--bm25); stroke: var(--bm25); }
.vectors { fill: var(--vectors); stroke: var(--vectors); }
.dupfind { fill: var(--dupfind); stroke: var(--dupfind); }
.whisker { stroke-width: 2; stroke-linecap: round; opacity: .55; }
.bar { stroke: none; }
"""

_UNFIT = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # characters that XML 1.0 forbids

Node = ElementTree.Element


def draw(evaluation: Evaluation, *, title: str, about: Sequence[str]) -> str:
    """Draw an evaluation.

    Args:
        evaluation: The figures.
        title: The headline, such as the index's name; any text.
        about: One or two lines under it, such as the issues that were counted; any text.
    """
    root = Node(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "role": "img",
            "aria-labelledby": "title about",
        },
    )
    _add(root, "title", title, id="title")
    _add(root, "desc", "; ".join(about), id="about")
    _add(root, "style", _STYLE)
    _add(root, "rect", width=WIDTH, height=HEIGHT, class_="ground")
    _add(root, "text", title, x=40, y=50, class_="title")
    for place, line in enumerate(about):
        _add(root, "text", line, x=40, y=76 + 18 * place, class_="muted")
    _legend(root, 40, 126)
    rankings = _panel(root, 40, 164, "Rank of the duplicate", "95 % bootstrap intervals")
    _figures(rankings, evaluation.figures, Scale(0, 1, 84, 350), "{:.3f}")
    ahead = _panel(root, 520, 164, "dupfind's lead", "paired by issue")
    widest = max(
        abs(bound) for figures in evaluation.ahead.values() for _, interval in figures for bound in interval
    )
    edge = next(edge for edge in (0.1, 0.2, 0.4, 1.0) if widest <= edge or edge == 1.0)
    _figures(ahead, evaluation.ahead, Scale(-edge, edge, 84, 380), "{:+.3f}")
    _curve(
        _panel(
            root, 40, 548, "Precision and recall", f"of flags among {evaluation.n_judged:,} judged issues"
        ),
        evaluation.curve,
    )
    _histogram(
        _panel(root, 520, 548, "Score of the first candidate", "share of each group"), evaluation.scores
    )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


class Scale:
    """Maps values to coordinates."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        """Map low to start and high to end."""
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value; values beyond an end are clamped to it."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, n: int) -> list[float]:
        """Return n + 1 values at equal distances, from end to end."""
        return [self.low + (self.high - self.low) * i / n for i in range(n + 1)]


def _legend(parent: Node, x: float, y: float) -> None:
    for ranking, name in NAMES.items():
        _mark(parent, ranking, x + 5, y - 4)
        _add(parent, "text", name, x=x + 18, y=y)
        x += 48 + 7 * len(name)


def _panel(root: Node, x: float, y: float, head: str, note: str) -> Node:
    panel = _add(root, "g", transform=f"translate({x} {y})")
    _add(panel, "text", head, x=0, y=14, class_="head")
    _add(panel, "text", note, x=400, y=14, class_="tick", text_anchor="end")
    return panel


def _figures(panel: Node, rankings: Mapping[str, Figures], scale: Scale, number_format: str) -> None:
    """Draw a row for each figure, with a mark and its interval for each ranking, and dupfind's number at the end."""
    rows = list(zip(*rankings.values(), strict=True))
    step = 290 / len(rows)
    bottom = 40 + 290
    for value in scale.ticks(4):
        x = scale(value)
        is_zero = scale.low < 0 and abs(value) < 1e-9
        _add(panel, "line", x1=x, x2=x, y1=36, y2=bottom, class_="axis" if is_zero else "grid")
        _add(panel, "text", f"{value:.4g}", x=x, y=bottom + 18, class_="tick", text_anchor="middle")
    for place, row in enumerate(rows):
        middle_y = 40 + step * (place + 0.5)
        _add(panel, "text", label(row[0][0]), x=0, y=middle_y + 4)
        for lane, (ranking, (name, interval)) in enumerate(zip(rankings, row, strict=True)):
            y = middle_y + min(11, step / 4) * (lane - (len(rankings) - 1) / 2)
            group = _add(panel, "g", class_=ranking)
            _add(group, "title", f"{NAMES[ranking]}, {label(name)}: {_interval(interval, number_format)}")
            _add(group, "line", x1=scale(interval.low), x2=scale(interval.high), y1=y, y2=y, class_="whisker")
            _mark(group, ranking, scale(interval.mean), y)
            if ranking == "dupfind":
                number = number_format.format(interval.mean)
                _add(panel, "text", number, x=400, y=middle_y + 4, class_="strong", text_anchor="end")


def _interval(interval: Interval, number_format: str) -> str:
    mean, low, high = (number_format.format(value) for value in interval)
    return f"{mean} ({low} to {high})"


def _mark(parent: Node, ranking: str, x: float, y: float) -> None:
    if ranking == "bm25":
        _add(parent, "rect", x=x - 4, y=y - 4, width=8, height=8, class_=ranking)
    elif ranking == "vectors":
        _add(parent, "path", d=f"M{x:.1f} {y - 5.5:.1f}l5 9.5h-10z", class_=ranking)
    else:
        _add(parent, "circle", cx=x, cy=y, r=5, class_=ranking)


def _curve(panel: Node, curve: Curve) -> None:
    """Draw precision over recall with Wilson's band, and the thresholds of round precisions."""
    x, y = Scale(0, 1, 40, 390), Scale(0, 1, 270, 60)
    for value in x.ticks(5):
        _add(panel, "line", x1=x(value), x2=x(value), y1=60, y2=270, class_="grid")
        _add(panel, "line", x1=40, x2=390, y1=y(value), y2=y(value), class_="grid")
        _add(panel, "text", f"{value:.1f}", x=x(value), y=288, class_="tick", text_anchor="middle")
        _add(panel, "text", f"{value:.1f}", x=32, y=y(value) + 4, class_="tick", text_anchor="end")
    _add(panel, "text", "recall", x=390, y=306, class_="tick", text_anchor="end")
    _add(panel, "text", "precision", x=0, y=42, class_="tick")
    corners = curve.corners()
    if not corners:
        _add(
            panel,
            "text",
            "no threshold flags a right duplicate",
            x=215,
            y=165,
            class_="muted",
            text_anchor="middle",
        )
        return
    upper = [(x(corner.recall.mean), y(corner.precision.high)) for corner in corners]
    lower = [(x(corner.recall.mean), y(corner.precision.low)) for corner in corners]
    _add(panel, "polygon", points=_points([*upper, *reversed(lower)]), class_="band")
    line = [(x(corner.recall.mean), y(corner.precision.mean)) for corner in corners]
    _add(panel, "polyline", points=_points(line), class_="line")
    last_label = -100.0  # x of the last number, so that numbers do not overlap
    for _, verdict in chosen(curve):
        at_x, at_y = x(verdict.recall.mean), y(verdict.precision.mean)
        mark = _add(panel, "circle", cx=at_x, cy=at_y, r=4, class_="dupfind")
        _add(
            mark,
            "title",
            f"threshold {verdict.threshold:.3f}: precision {_interval(verdict.precision, '{:.3f}')}, recall"
            f" {verdict.recall.mean:.3f}; {verdict.n_flagged:,} flagged, {verdict.n_right:,} of them right",
        )
        if at_x - last_label < 32:
            continue
        last_label = at_x
        anchor, shift = ("end", -8) if at_x > 330 else ("start", 8)
        _add(
            panel,
            "text",
            f"{verdict.threshold:.2f}",
            x=at_x + shift,
            y=at_y - 7,
            class_="tick",
            text_anchor=anchor,
        )
    _add(panel, "text", "marks: thresholds", x=40, y=306, class_="tick")


def _histogram(panel: Node, scores: Histogram) -> None:
    """Draw the shares of duplicates above a line and those of the others below it."""
    x = Scale(scores.edges[0], scores.edges[-1], 0, 400)
    groups = (("dupfind", "duplicates", scores.duplicates, -1), ("bm25", "others", scores.others, 1))
    full = max(n / max(1, sum(counts)) for _, _, counts, _ in groups for n in counts) or 1.0
    for style, name, counts, direction in groups:
        total = sum(counts)
        for place, n in enumerate(counts):
            left, right = x(scores.edges[place]), x(scores.edges[place + 1])
            height = 108 * n / max(1, total) / full
            bar = _add(
                panel,
                "rect",
                x=left + 1,
                y=155 - height if direction < 0 else 155,
                width=right - left - 2,
                height=height,
                class_=f"{style} bar",
            )
            _add(bar, "title", f"{name}, {scores.edges[place]:.2f} to {scores.edges[place + 1]:.2f}: {n:,}")
        _add(panel, "text", f"{name} ({total:,})", x=0, y=155 + direction * 96, class_="tick")
    _add(panel, "line", x1=0, x2=400, y1=155, y2=155, class_="axis")
    for value in x.ticks(5):
        anchor = "start" if value == x.low else "end" if value == x.high else "middle"
        _add(panel, "text", f"{value:.1f}", x=x(value), y=288, class_="tick", text_anchor=anchor)
    _add(panel, "text", "cosine similarity", x=400, y=306, class_="tick", text_anchor="end")


def _points(places: Iterable[Sequence[float]]) -> str:
    """Return the points attribute, to a tenth of a pixel, without repetitions."""
    return " ".join(dict.fromkeys(f"{x:.1f},{y:.1f}" for x, y in places))


def _add(parent: Node, tag: str, text: str | None = None, **attributes: str | float) -> Node:
    """Append an element; text is escaped, and characters that XML forbids become question marks."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    child = ElementTree.SubElement(
        parent, tag, {k: f"{v:.1f}" if isinstance(v, float) else str(v) for k, v in named.items()}
    )
    if text is not None:
        child.text = _UNFIT.sub("?", text)
    return child
