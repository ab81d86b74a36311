"""The results of a check are the same values after they went through JSON, and the first sure verdict is theirs."""

import json
from datetime import UTC, datetime

import pytest

from dupfind.check.results import CheckAnswer, CheckMatch, CheckResult, fields
from dupfind.json_output import hit_fields
from dupfind.results import Hit
from tests.support.samples import record

CREATED = datetime(2024, 1, 3, 9, 12, 0, 250_000, tzinfo=UTC)
SURE = Hit(
    1,
    "7",
    "hub",
    "web",
    "Crash",
    "open",
    "https://x/7",
    CREATED,
    0.912345,
    3.25,
    0.87,
    "likely",
    "3",
    ("8", "9"),
    "not_planned",
    CREATED.replace(day=4),
)
UNSURE = Hit(2, "12", "hub", None, "Boom", None, None, None, 0.1 + 0.2, 0.0)
ISSUE = record("1", "Crash at start", "percent sign")


def answer(*hits: Hit) -> CheckAnswer:
    originals = tuple(CheckMatch(hit, hit.id == "12", f"both say {hit.title}") for hit in hits)
    return CheckAnswer({"records": 3, "model": "tiny"}, "own", [CheckResult(ISSUE, True, originals)])


@pytest.mark.parametrize("hits", [(), (SURE,), (UNSURE, SURE)])
def test_an_answer_is_the_same_after_it_went_through_json(hits: tuple[Hit, ...]) -> None:
    document = json.loads(json.dumps(answer(*hits).document()))
    again = CheckAnswer.from_document(document, [ISSUE])
    assert again == answer(*hits)
    assert json.dumps(again.document()) == json.dumps(answer(*hits).document())


def test_a_document_names_the_index_the_issue_and_its_originals() -> None:
    document = answer(SURE, UNSURE).document()
    assert list(document) == ["schema_version", "index", "calibration", "findings"]
    [finding] = document["findings"]
    assert (finding["id"], finding["title"], finding["judged"], finding["verdict"]) == (
        "1",
        "Crash at start",
        True,
        "likely",
    )
    sure, unsure = finding["originals"]
    assert unsure == {
        **hit_fields(UNSURE, True),
        "new": True,
        "indexed": False,
        "file": None,
        "why": "both say Boom",
    }
    assert (sure["new"], sure["indexed"]) == (False, True)


def test_an_issue_of_the_repository_that_is_not_indexed_is_named_by_its_file() -> None:
    match = CheckMatch(SURE, False, "both say Crash", "issues/7.md")
    given = CheckAnswer({"records": 3, "model": "tiny"}, "own", [CheckResult(ISSUE, True, (match,))])
    document = json.loads(json.dumps(given.document()))
    [original] = document["findings"][0]["originals"]
    assert (original["new"], original["indexed"], original["file"]) == (False, False, "issues/7.md")
    assert CheckAnswer.from_document(document, [ISSUE]) == given


def test_other_issues_than_those_of_the_document_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        CheckAnswer.from_document(answer(SURE).document(), [ISSUE, ISSUE])


def test_the_verdict_is_the_surest_of_the_originals() -> None:
    possible = CheckMatch(UNSURE, False, "")
    assert CheckResult(ISSUE, True, (possible,)).verdict is None
    assert CheckResult(ISSUE, True, (possible, CheckMatch(SURE, False, ""))).verdict == "likely"
    assert fields(CheckResult(ISSUE, False, ()))["verdict"] is None
