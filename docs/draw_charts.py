"""Draw the charts of docs/figures.md from the JSON lines of the benchmarks: docs/images/chart-*.svg.

    python -m docs.draw_charts

`benchmarks/lines.jsonl` has the lines. To add a new run, append its line: the last line of a benchmark counts.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
LINES = ROOT / "benchmarks/lines.jsonl"
IMAGES = ROOT / "docs/images"

WIDTH = 720
_LEFT, _RIGHT, _BAR, _GAP, _HEAD = 250, 90, 18, 14, 64

# The hues of the pictures of `dupfind evaluate`; they keep their order of lightness in grey.
_STYLE = """
svg { --ground: #ffffff; --ink: #1c2024; --muted: #60646c; --grid: #e4e4e9; --other: #80838d; --own: #0b62c4;
      font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", sans-serif; font-size: 13px; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #16181b; --ink: #edeef0; --muted: #a9adb5; --grid: #2c2f34; --other: #8f929c; --own: #70b0ff; } }
text { fill: var(--ink); font-variant-numeric: tabular-nums; }
.title { font-size: 16px; font-weight: 650; }
.muted { fill: var(--muted); }
.ground { fill: var(--ground); }
.group { font-weight: 600; }
.own { fill: var(--own); }
.other { fill: var(--other); }
.axis { stroke: var(--grid); }
"""


class Bar(NamedTuple):
    """One bar: its name, its value, and the value as text."""

    name: str
    value: float
    shown: str


class Chart(NamedTuple):
    """A chart of horizontal bars.

    Attributes:
        name: Of its file.
        title: What is shown.
        note: The unit, and whether more or less is better.
        groups: A heading and its bars, longest scale for all; a heading may be "".
    """

    name: str
    title: str
    note: str
    groups: Sequence[tuple[str, Sequence[Bar]]]


def read_lines(path: Path = LINES) -> dict[tuple[str, int | None], dict[str, Any]]:
    """Return the last line of each benchmark, by its name and its number of rows if it has one."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(row["benchmark"], row.get("rows")): row for row in rows}


def charts(lines: dict[tuple[str, int | None], dict[str, Any]]) -> list[Chart]:
    """Return the charts of the page.

    Args:
        lines: As `read_lines` returns them.

    Raises:
        KeyError: The line of a benchmark is missing.
    """
    quality = lines["fit_ranker", None]
    rankings = {"bm25": "BM25", "vectors": "vectors alone", "dupfind": "dupfind"}
    recall = [
        (
            f"{tracker} ({values['queries']} duplicates)",
            [
                Bar(shown, values[ranking]["recall@10"][0], f"{values[ranking]['recall@10'][0]:.3f}")
                for ranking, shown in rankings.items()
            ],
        )
        for tracker, values in quality.items()
        if isinstance(values, dict) and "queries" in values
    ]
    query = lines["cold_query", 100_000]["median_s"]
    search = lines["batch_search", 100_000]["queries_per_s"]
    load = {name: max(run["per_s"] for run in runs) for name, runs in lines["load", 100_000]["most"].items()}
    peers = {
        "dupfind": "dupfind",
        "sentence_transformers": "paraphrase_mining",
        "semhash": "semhash",
        "numpy": "numpy",
        "faiss_default": "FAISS at its defaults",
    }
    pairs = [
        (
            f"{rows:,} vectors",
            [
                Bar(peers[name], times[0], f"{times[0]:,} s")
                for name, times in lines["all_pairs", rows]["seconds"].items()
            ],
        )
        for rows in (20_000, 100_000)
    ]
    return [
        Chart("recall", "Recall at 10 of marked duplicates", "more is better", recall),
        Chart(
            "cold-query",
            "A cold query on 100,000 issues",
            "seconds; less is better",
            [
                (
                    "",
                    [
                        Bar("dupfind", query["dupfind"], f"{query['dupfind']} s"),
                        Bar("sentence-transformers + FAISS", query["peer"], f"{query['peer']} s"),
                    ],
                )
            ],
        ),
        Chart("all-pairs", "All pairs at a cosine of 0.7 or more", "seconds; less is better", pairs),
        Chart(
            "search",
            "128 exact searches of 100,000 vectors",
            "searches a second; more is better",
            [("", [Bar(peers[name], rate, f"{rate:,}/s") for name, rate in search.items()])],
        ),
        Chart(
            "load",
            "The service, with 16 clients on 100,000 issues",
            "answers a second; more is better",
            [
                (
                    "",
                    [
                        Bar("dupfind serve", load["dupfind"], f"{load['dupfind']}/s"),
                        Bar("FastAPI and the same libraries", load["peer"], f"{load['peer']}/s"),
                    ],
                )
            ],
        ),
    ]


def draw(chart: Chart) -> str:
    """Draw a chart as SVG, readable on light and on dark pages."""
    n_bars = sum(len(bars) for _, bars in chart.groups)
    n_headings = sum(bool(heading) for heading, _ in chart.groups)
    height = _HEAD + n_bars * (_BAR + 6) + n_headings * 24 + len(chart.groups) * _GAP
    label = "; ".join(
        f"{heading + ': ' if heading else ''}" + ", ".join(f"{bar.name} {bar.shown}" for bar in bars)
        for heading, bars in chart.groups
    )
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "role": "img",
            "aria-label": f"{chart.title}. {label}",
        },
    )
    _add(root, "style", _STYLE)
    _add(root, "rect", width=WIDTH, height=height, rx=8, class_="ground")
    _add(root, "text", chart.title, x=20, y=28, class_="title")
    _add(root, "text", chart.note, x=20, y=47, class_="muted")
    most = max(bar.value for _, bars in chart.groups for bar in bars)
    y = _HEAD
    for heading, bars in chart.groups:
        if heading:
            _add(root, "text", heading, x=20, y=y + 14, class_="group")
            y += 24
        for bar in bars:
            width = max(1.0, bar.value / most * (WIDTH - _LEFT - _RIGHT))
            css = "own" if bar.name.startswith("dupfind") else "other"
            _add(root, "text", bar.name, x=_LEFT - 10, y=y + 13, text_anchor="end")
            _add(root, "rect", x=_LEFT, y=y, width=f"{width:.1f}", height=_BAR, rx=2, class_=css)
            _add(root, "text", bar.shown, x=f"{_LEFT + width + 8:.1f}", y=y + 13)
            y += _BAR + 6
        y += _GAP
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: Any) -> None:
    values = {key.rstrip("_").replace("_", "-"): str(value) for key, value in attributes.items()}
    ElementTree.SubElement(parent, name, values).text = text


def pictures() -> dict[Path, str]:
    """Return the text of each picture by its file."""
    return {IMAGES / f"chart-{chart.name}.svg": draw(chart) for chart in charts(read_lines())}


if __name__ == "__main__":
    for path, text in pictures().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
