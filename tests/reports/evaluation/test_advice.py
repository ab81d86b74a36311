"""The advice after a measurement names the deed, the threshold and the figures that speak for it."""

import re

from dupfind.evaluation.figures import Curve, Verdict, curve
from dupfind.evaluation.metrics import wilson
from dupfind.reports.evaluation.advice import of_curve, of_verdicts
from tests.support.replays import duplicate, other


def verdict(n_right: int, n_flagged: int, n_duplicates: int = 100) -> Verdict:
    return Verdict(0.5, n_flagged, n_right, wilson(n_right, n_flagged), wilson(n_right, n_duplicates))


def points(n_right: int, n_wrong: int, best: float = 0.8767) -> Curve:
    return curve([*[duplicate(1, best=best)] * n_right, *[other(best=best)] * n_wrong])


def test_a_curve_that_is_right_nine_times_of_ten_lets_checks_fail() -> None:
    advice = of_curve(points(9, 1))
    assert advice.startswith(
        "Advice: let checks fail at `likely`; from a probability of 0.877 on, 9 of 10 flagged"
    )
    assert "`dupfind report --min-probability 0.876`" in advice
    assert "100% of the duplicates" in advice


def test_a_curve_that_is_right_half_of_the_time_is_to_be_read() -> None:
    assert "`dupfind check --advise`; from a probability of 0.877 on, 6 of 10 flagged" in of_curve(
        points(6, 4)
    )


def test_too_few_and_too_wrong_flags_advise_to_review() -> None:
    for curve_ in (points(2, 0), points(2, 8)):
        assert "`dupfind review`" in of_curve(curve_)
        assert "min-probability" not in of_curve(curve_)


def test_the_advice_of_a_calibration_names_the_lowest_verdict_that_may_fail() -> None:
    assert of_verdicts(verdict(5, 5), verdict(19, 20)) == (
        'Advice: set `fail-on = "possible"`: 19 of 20 flagged issues are right by marks (95%), and 19% of the'
        " duplicates are flagged."
    )
    assert 'keep `fail-on = "likely"`: 9 of 10 ' in of_verdicts(verdict(9, 10), verdict(30, 46))
    assert "`dupfind check --advise`: 30 of 46 " in of_verdicts(None, verdict(30, 46))
    assert of_verdicts(None, None) == (
        "Advice: keep `dupfind check`, which fails at copies, mark more duplicates with `dupfind review`, and calibrate"
        " again: without copies, 0 of the latest issues are flagged as possible, and 5 are needed."
    )
    assert "again: without copies, 1 of the latest issues is flagged as possible" in of_verdicts(
        None, verdict(1, 1)
    )
    assert of_verdicts(verdict(1, 1), verdict(2, 30)) == (
        "Advice: use `dupfind check --advise`, mark more duplicates with `dupfind review`, and calibrate again: 2 of 30"
        " flagged issues are right by marks (7%), and 2% of the duplicates are flagged, and 50% right are needed."
    )
    for seen in (verdict(5, 5), verdict(9, 10), verdict(30, 46), verdict(2, 30), verdict(2, 2), None):
        for likely in (None, seen):  # one sentence, with figures, whatever was measured
            advice = of_verdicts(likely, seen)
            assert len(re.findall(r"\d+", advice)) >= 2
            assert advice.count(".") == 1
            assert len(advice.split()) <= 45
