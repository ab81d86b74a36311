"""The rule by which a check fails: a verdict that is sure enough, or a score that is high enough."""

from dataclasses import dataclass

from dupfind.check.results import CheckMatch, CheckResult
from dupfind.verdict.bands import VERDICTS


@dataclass(frozen=True, slots=True)
class FailRule:
    """The matches that fail a check.

    Attributes:
        fail_on: The weakest verdict that fails, "likely" or "possible".
        min_score: The cosine similarity at or above which a match fails too; None for verdicts alone.
    """

    fail_on: str = VERDICTS[0]
    min_score: float | None = None

    def fails(self, original: CheckMatch) -> bool:
        """Return whether one original fails the check."""
        verdicts = VERDICTS[: VERDICTS.index(self.fail_on) + 1]
        hit = original.hit
        return hit.verdict in verdicts or (self.min_score is not None and hit.score >= self.min_score)

    def is_failed(self, result: CheckResult) -> bool:
        """Return whether any original of a new issue fails the check."""
        return any(map(self.fails, result.originals))

    def shown(self, result: CheckResult) -> CheckMatch | None:
        """Return the original to name to a person: the first that fails, else the first with a verdict, or None."""
        failing = (original for original in result.originals if self.fails(original))
        with_verdict = (original for original in result.originals if original.hit.verdict)
        return next(failing, None) or next(with_verdict, None)
