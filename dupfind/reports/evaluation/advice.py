"""What to do after an evaluation or a calibration, in one sentence with its figures (pure)."""

from dupfind.evaluation.figures import Curve, Verdict

ENOUGH = 5
"""Flagged issues below which a precision is chance."""

STOPS, SHOWS = 0.9, 0.5
"""Precision by marks from which a check may stop a commit, and from which a list of findings is worth reading."""


def of_curve(curve: Curve) -> str:
    """Return the advice of an evaluation: from which probability on a check may fail, or a report is worth reading."""
    for precision, deed in (
        (STOPS, "let checks fail at `likely`"),
        (SHOWS, "read findings, and let no check fail: `dupfind check --advise`"),
    ):
        verdict = curve.reaching(precision)
        if verdict is not None and verdict.n_flagged >= ENOUGH:
            report = f"`dupfind report --min-probability {_floor(verdict.threshold)}` lists such pairs"
            return f"Advice: {deed}; from a probability of {verdict.threshold:.3f} on, {_proof(verdict)}; {report}."
    return (
        f"Advice: let no check fail, and decide on pairs with `dupfind review`: no threshold that flags {ENOUGH} issues"
        f" or more is right {SHOWS:.0%} of the time by marks, which leave out duplicates."
    )


def of_verdicts(likely: Verdict | None, possible: Verdict | None) -> str:
    """Return the advice of a calibration: at which verdict a check may fail.

    Args:
        likely: The proof of this verdict on the latest issues; None where no issue has it.
        possible: The same of the lower one, which includes the surer.
    """
    if possible is not None and possible.n_flagged >= ENOUGH and possible.precision.mean >= STOPS:
        return f'Advice: set `fail-on = "possible"`: {_proof(possible)}.'
    if likely is not None and likely.n_flagged >= ENOUGH and likely.precision.mean >= STOPS:
        return f'Advice: keep `fail-on = "likely"`: {_proof(likely)}.'
    if possible is not None and possible.n_flagged >= ENOUGH and possible.precision.mean >= SHOWS:
        return f"Advice: read possible findings and let no check fail, `dupfind check --advise`: {_proof(possible)}."
    # Without an issue that is likely, only copies are, and they are right.
    deed = "keep `dupfind check`, which fails at copies" if likely is None else "use `dupfind check --advise`"
    n_flagged = 0 if possible is None else possible.n_flagged
    if possible is None or n_flagged < ENOUGH:
        are = "is" if n_flagged == 1 else "are"
        seen = f"without copies, {n_flagged} of the latest issues {are} flagged as possible, and {ENOUGH} are needed"
    else:
        seen = f"{_proof(possible)}, and {SHOWS:.0%} right are needed"
    return f"Advice: {deed}, mark more duplicates with `dupfind review`, and calibrate again: {seen}."


def _proof(verdict: Verdict) -> str:
    return (
        f"{verdict.n_right:,} of {verdict.n_flagged:,} flagged issues are right by marks"
        f" ({verdict.precision.mean:.0%}), and {verdict.recall.mean:.0%} of the duplicates are flagged"
    )


def _floor(threshold: float) -> str:
    """Return a threshold with three digits, so that no issue at it is left out."""
    return f"{int(threshold * 1000) / 1000:.3f}"
