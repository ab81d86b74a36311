"""An evaluation as a page with a plot of precision and recall, whose threshold a person drags."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from dupfind.evaluation.figures import Curve, Evaluation
from dupfind.reports.evaluation.text import lines
from dupfind.reports.inline_page import inline_page

MAX_POINTS = 1_000
"""Thresholds that the page knows; of more, an even choice."""

LISTING = ("dupfind report --min-probability", 0.0, 1.0)
"""The command that every page shows: it lists the pairs from a threshold on."""


def page(
    evaluation: Evaluation,
    *,
    title: str,
    about: Sequence[str],
    advice: str,
    levels: Mapping[str, float] | None = None,
    commands: Sequence[tuple[str, float, float]] = (),
) -> str:
    """Draw the page.

    Args:
        evaluation: The figures.
        title: The headline; any text.
        about: Lines under it, such as the issues that were counted; any texts.
        advice: One sentence: what to do. What stands between backticks is drawn as code.
        levels: Thresholds to mark in the plot, by name. The page starts at the lowest of them; without any, at the
            lowest threshold with a precision of 90 %.
        commands: Further commands that end in a threshold, with the lowest and the highest that each takes. The page
            shows them with the one that was chosen.
    """
    curve = evaluation.curve
    return inline_page(
        Path(__file__).parent,
        "threshold",
        title=title,
        about=about,
        advice=advice,
        levels=json.dumps({name: round(level, 6) for name, level in (levels or {}).items()}),
        commands=json.dumps([LISTING, *commands]),
        points=json.dumps(_points(curve)),
        n_duplicates=curve.n_duplicates,
        figures="\n".join(lines(evaluation)),
    )


def _points(curve: Curve) -> list[tuple[float, int, int]]:
    """Return threshold, flagged and right issues, highest threshold first, with the first and the last one."""
    n = len(curve.thresholds)
    step = max(1, -(-n // MAX_POINTS))
    places = sorted({*range(0, n, step), n - 1}) if n else []
    return [
        (
            round(float(curve.thresholds[place]), 6),
            round(float(curve.flagged[place])),
            int(curve.right[place]),
        )
        for place in places
    ]
