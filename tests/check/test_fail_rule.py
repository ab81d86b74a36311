"""A check fails by a verdict that is sure enough, or by a score at or above a limit."""

from dupfind.check.fail_rule import FailRule
from dupfind.check.results import CheckMatch, CheckResult
from dupfind.results import Hit
from tests.support.samples import record


def original(id: str, verdict: str | None, score: float) -> CheckMatch:
    hit = Hit(1, id, "s", None, "t", None, None, None, score, 0.0, verdict=verdict)
    return CheckMatch(hit, False, "")


def result(*originals: CheckMatch) -> CheckResult:
    return CheckResult(record("1", "a"), True, originals)


LIKELY, POSSIBLE, NEAR = (
    original("1", "likely", 0.5),
    original("2", "possible", 0.6),
    original("3", None, 0.7),
)


def test_a_verdict_fails_where_it_is_as_sure_as_the_rule_wants() -> None:
    assert [FailRule("likely").fails(one) for one in (LIKELY, POSSIBLE, NEAR)] == [True, False, False]
    assert [FailRule("possible").fails(one) for one in (LIKELY, POSSIBLE, NEAR)] == [True, True, False]


def test_a_score_exactly_at_the_limit_fails_whatever_the_verdict() -> None:
    assert [FailRule("likely", 0.7).fails(one) for one in (LIKELY, POSSIBLE, NEAR)] == [True, False, True]


def test_an_issue_fails_by_any_of_its_originals() -> None:
    assert FailRule("likely").is_failed(result(NEAR, LIKELY))
    assert not FailRule("likely").is_failed(result(NEAR, POSSIBLE))
    assert not FailRule("likely").is_failed(result())


def test_a_person_is_shown_what_fails_before_what_has_a_verdict() -> None:
    assert FailRule("likely").shown(result(POSSIBLE, LIKELY)) == LIKELY
    assert FailRule("likely").shown(result(NEAR, POSSIBLE)) == POSSIBLE
    assert FailRule("likely").shown(result(NEAR)) is None
