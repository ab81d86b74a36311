"""Who names another issue as another matter knew it, and filed a new one."""

import pytest

from dupfind.records import Record
from dupfind.verdict.named_apart import named_apart
from dupfind.verdict.relation import relation

OLDER = Record("412", "Scanner skips the last page", "Of five pages four arrive.")


def named(body: str, other: Record = OLDER, title: str = "Scanner skips blank pages") -> str | None:
    found = named_apart(Record("530", title, body), other)
    return None if found is None else found.left


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("See also #412.", "See also #412"),
        ("Blank ones are left out.\n\nFollow-up to https://example.org/scan/issues/412", "Follow-up to #412"),
        ("This depends on #398 and #412", "depends on #412"),
        ("A different problem from GH-412, which is about the last page", "different problem from #412"),
        ("The case was not covered by #412.", "not covered by #412"),
        ("#412 took care of the last page alone.", "#412 took care of"),
        ("It was split off from issue #412", "split off from #412"),
        ("Unlike #412 this happens with one page, too", "Unlike #412"),
        ("Like #412, but in the viewer.", "Like #412"),
        ("Blank ones are left out.\n\nRelated: #412", "Related #412"),
        ("Related issues: #398, #412", "Related issues #412"),
        ("The last page was filed separately as #412.", "filed separately as #412"),
        ("Related to #412, but not quite the same", "#412 but not quite the same"),
    ],
)
def test_an_issue_that_calls_another_one_another_matter_is_none_of_its_duplicates(
    body: str, words: str
) -> None:
    assert named(body) == words
    newer = Record("530", "Scanner skips the last page", f"Of five pages four arrive. {body}")
    for pair in ((newer, OLDER), (OLDER, newer)):
        found = relation(*pair, is_same_text=False)
        assert found.difference is not None
        assert not found.is_near_copy


@pytest.mark.parametrize(
    "body",
    [
        "This is a duplicate of #412",
        "Looks like #412 again",
        "The same as #412, reopened because it is back",
        "Seems very similar to #412",
        "Related to #412",
        "It was filed as #412 before",
        "It may be related: #412 has the same lines",
        "See also the wiki. Broken since #412",
        "This was fixed in #412, but it is back",
        "See also #4120 and #41",
        "See also other/tracker#412",
        "see also page 412",
        "",
    ],
)
def test_other_words_about_an_issue_decide_nothing(body: str) -> None:
    assert named(body) is None


def test_a_key_with_letters_is_known_whole() -> None:
    older = Record("SCAN-41", "Scanner skips the last page", "")
    assert named("Blocked by SCAN-41.", older) == "Blocked by SCAN-41"
    assert named("Blocked by SCAN-410.", older) is None
    assert named("Blocked by SCAN-7 and SCAN-41.", older) == "Blocked by SCAN-41"


def test_a_number_of_another_tracker_is_another_issue() -> None:
    newer = Record("530", "Scanner skips blank pages", "See also #412.", source="b", project="web")
    assert named_apart(newer, Record("412", "x", "", source="a", project="web")) is None
    assert named_apart(newer, Record("412", "x", "", source="b", project="app")) is None
    assert named_apart(newer, Record("412", "x", "", source="b", project="web")) is not None
    assert named_apart(newer, Record("", "x", "")) is None
