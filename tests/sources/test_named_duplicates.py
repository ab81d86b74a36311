"""Issues that are called duplicates on their original."""

import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.records import Record, Ref
from dupfind.sources import held_duplicates
from dupfind.sources.held_duplicates import with_named_originals
from dupfind.sources.named_duplicates import named_duplicates
from dupfind.sources.open import open_source


@pytest.mark.parametrize(
    "comment",
    [
        "#7 is a duplicate of this one.",
        "#7 was marked as a duplicate of this issue",
        "The oven again: #7 is a dup of this, and has a log.",
        "#7 is a duplicate of this feature request.",
        "#7 is a dup of this but has a log",
        "#7 is a duplicate of this",
        "#7 is a duplicate of this\n\nThe oven is cold.",
        "https://github.com/o/oven/issues/7 has been closed as a duplicate of this bug.",
        "#7 ist ein Duplikat von diesem hier.",
        "#7 est un doublon de celui-ci.",
        "#7 es un duplicado de este.",
        "#7 é uma duplicata desta.",
        "#7 è un duplicato di questo.",
        "#7 является дубликатом этой задачи",
        "#7 是本问题的重复",
        "#7はこのチケットの重複です",
        "#7는 이 이슈의 중복입니다",
    ],
)
def test_a_comment_names_a_duplicate_of_its_own_issue(comment: str) -> None:
    assert [mention.id for mention in named_duplicates(comment)] == ["7"]


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "This is a duplicate of #7",
        "#7 is not a duplicate of this one.",
        "Is #7 a duplicate of this one?",
        "Maybe #7 is a duplicate of this one.",
        "#7 is a duplicate of this one?",
        "#7 is a duplicate of #8",
        "See #7. The lamp is a duplicate of this one.",
        "> #7 is a duplicate of this one.",
        "#7 ist kein Duplikat von diesem",
        "#7 is a duplicate of this knob on the older oven.",
        "#7 is a dup of this in the manual of the oven.",
        "#7 is a duplicate of this issue in another tracker.",
        "#7 was closed as a dup of this one by mistake.",
        "#7 was marked as a duplicate of this, so I reopened it.",
        "#7 is a duplicate of this one? No, it isn't.",
        "#7はこのチケットの重複ではない",
        "#7는 이 이슈의 중복이 아닙니다",
    ],
)
def test_other_words_name_no_duplicate(comment: str) -> None:
    assert named_duplicates(comment) == []


def issue(number: int, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"The oven stays cold, {number}",
        "body": "It shows 20 degrees.",
        "state": "closed",
        "html_url": f"https://github.com/o/oven/issues/{number}",
        "created_at": "2025-03-01T00:00:00Z",
        "closed_at": "2025-03-02T00:00:00Z",
        **more,
    }


def originals(path: Path, issues: list[dict[str, Any]]) -> dict[str, list[str]]:
    path.write_text(json.dumps(issues))
    return {one.id: [ref.id for ref in one.duplicate_of] for one in open_source(str(path))}


@pytest.mark.parametrize("is_first", [True, False])
def test_the_issue_that_is_closed_as_a_duplicate_gets_the_original_that_names_it(
    is_first: bool, tmp_path: Path
) -> None:
    said = [{"body": "#77 is a duplicate of this one.", "created_at": "2025-03-02T00:00:00Z"}]
    original = issue(5, state="open", closed_at=None, comments=said)
    duplicate = issue(77, state_reason="duplicate")
    issues = [original, duplicate] if is_first else [duplicate, original]
    assert originals(tmp_path / "issues.json", issues) == {"5": [], "77": ["5"]}
    fixed = issue(77, state_reason="completed")
    assert originals(tmp_path / "issues.json", [original, fixed]) == {"5": [], "77": []}


def test_a_closing_that_a_list_of_guesses_announced_confirms_nobodys_word(tmp_path: Path) -> None:
    at = "2025-03-02T00:00:00Z"
    original = issue(5, comments=[{"body": "Fixed. #77 is a duplicate of this one.", "created_at": at}])
    listed = "Found 2 possible duplicate issues:\n\n1. #8\n2. #9\n\nThis issue will be closed as a duplicate."
    guessed = issue(77, state_reason="duplicate", comments=[{"body": listed, "created_at": at}])
    assert originals(tmp_path / "issues.json", [original, guessed]) == {"5": [], "77": []}


def test_two_that_name_one_duplicate_mark_nothing_and_its_own_mark_stays() -> None:
    first, second = (Record(id, "", duplicates=(Ref(None, "7"),)) for id in "12")
    open_one = Record("7", "", resolution="duplicate")
    assert [one.duplicate_of for one in with_named_originals(iter([open_one, first, second]))] == [(), (), ()]
    own = Record("7", "", resolution="duplicate", duplicate_of=(Ref(None, "9"),))
    assert [one.duplicate_of for one in with_named_originals(iter([own, first]))] == [(Ref(None, "9"),), ()]


def test_only_so_many_duplicates_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_duplicates, "MAX_HELD", 1)
    records = [Record(id, "", resolution="duplicate") for id in "123"]
    assert [one.id for one in with_named_originals(iter(records))] == ["2", "3", "1"]
