"""An evaluation as text shows its figures."""

from dupfind.evaluation.figures import Curve, Histogram, curve, evaluate
from dupfind.reports.evaluation import text
from tests.support.replays import duplicate, other


def test_rankings_and_differences_are_tables_of_means_and_intervals() -> None:
    evaluation = evaluate([duplicate(2, 1, 1, precision=0.25)] * 3, ks=[1])
    assert list(text.rankings(evaluation)) == [
        "            BM25                  vectors               dupfind",
        "recall@1    0.000 (0.00 to 0.00)  1.000 (1.00 to 1.00)  1.000 (1.00 to 1.00)",
        "MRR         0.500 (0.50 to 0.50)  1.000 (1.00 to 1.00)  1.000 (1.00 to 1.00)",
        "MAP         0.250 (0.25 to 0.25)  0.250 (0.25 to 0.25)  0.250 (0.25 to 0.25)",
    ]
    assert list(text.differences(evaluation)) == [
        "            over BM25                  over vectors",
        "recall@1    +1.000 (+1.00 to +1.00) *  +0.000 (+0.00 to +0.00)",
        "MRR         +0.500 (+0.50 to +0.50) *  +0.000 (+0.00 to +0.00)",
        "MAP         +0.000 (+0.00 to +0.00)    +0.000 (+0.00 to +0.00)",
    ]


def test_verdicts_show_each_threshold_once_and_say_what_is_not_reached() -> None:
    points = curve([other(best=0.9), *[duplicate(1, best=0.8)] * 4, duplicate(2, best=0.4)])
    assert list(text.verdicts(points)) == [
        "no threshold has a precision of 0.90",
        "precision (95 % interval)   recall   flagged   right   threshold",
        "    0.800 (0.38 to 0.96)    0.800         5       4       0.800",
        "    0.667 (0.30 to 0.90)    0.800         6       4       0.400",
    ]
    assert list(text.verdicts(curve([other(best=0.9), duplicate(2)]))) == [
        "no threshold has a precision of 0.10"
    ]


def drawn(points: Curve) -> dict[float, str]:
    """The marks of each row of the plot, by its precision."""
    _, *rows, _, _ = text.curve(points)
    return {1 - place / 10: row[6:] for place, row in enumerate(rows)}


def test_the_curve_has_a_mark_at_the_precision_of_each_recall() -> None:
    # Half of the duplicates rightly at precision 1, all of them at 0.5.
    half = [duplicate(1, best=0.9), other(best=0.5), other(best=0.5), duplicate(1, best=0.4)]
    rows = drawn(curve(half))
    assert rows.pop(1.0) == "●" * 31
    assert rows.pop(0.5) == " " * 31 + "●" * 30
    assert set(rows.values()) == {""}


def test_recalls_that_no_threshold_reaches_have_no_mark() -> None:
    rows = drawn(curve([duplicate(1, best=0.9), duplicate(0), duplicate(0), duplicate(0)]))
    assert rows.pop(1.0) == "●" * 16
    assert set(rows.values()) == {""}
    assert set(drawn(curve([duplicate(0)])).values()) == {""}


def test_the_axes_of_the_curve_are_named() -> None:
    head, top, *_, ticks, numbers = text.curve(curve([duplicate(1, best=0.9)]))
    assert (head, top[:6]) == ("precision", " 1.0 ┤")
    assert [place for place, mark in enumerate(ticks[6:]) if mark == "┴"] == [0, 12, 24, 36, 48, 60]
    assert numbers.split() == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "recall"]


def test_bars_are_shares_of_their_group_and_numbers_are_counts() -> None:
    scores = Histogram(edges=(0, 0.25, 0.5, 0.75, 1), duplicates=(0, 1, 3, 0), others=(0, 100, 0, 0))
    head, *rows = text.histogram(scores)
    assert head.split() == ["score", "duplicates", "(4)", "others", "(100)"]
    assert [row.split() for row in rows] == [
        ["0.50", "to", "0.75", "█" * 21, "3", "0"],
        ["0.25", "to", "0.50", "█" * 7, "1", "█" * 28, "100"],
    ]


def test_a_replay_without_candidates_is_drawn_as_well() -> None:
    lines = list(text.lines(evaluate([duplicate(0), other()])))
    assert lines[0] == "rank of the duplicate (95 % interval)"
    assert lines[-1].split() == ["score", "duplicates", "(0)", "others", "(0)"]
