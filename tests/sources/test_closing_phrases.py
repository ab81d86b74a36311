"""What the comment at a closing says without the word "duplicate"."""

import pytest

from dupfind.records import Ref
from dupfind.sources.closing_phrases import original_at_closing, original_mentioned, original_of_closing
from dupfind.sources.issue_mentions import Mention

OWN = Ref(None, "6")


def by_number(mention: Mention) -> Ref | None:
    return Ref(mention.project, mention.id)


@pytest.mark.parametrize(
    "comment",
    [
        "Closed in favor of #2.",
        "Thanks! This is the same as #2",
        "Superseded by #2, which has more details.",
        "That was already reported in https://tracker.example.org/larkq/issues/2",
        "Let us go on there: see #2",
        "#2",
        "**#2**.",
        "Siehe #2",
        "Bereits gemeldet in #2.",
        "Voir #2",
        "Ya reportado en #2",
        "O mesmo que #2",
        "Già segnalato in #2",
        "См. #2",
    ],
)
def test_the_one_issue_that_is_named_at_closing_is_the_original(comment: str) -> None:
    assert [ref.id for ref in original_at_closing(comment, OWN, by_number)] == ["2"]


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "Fixed by #2",
        "Not the same as #2",
        "Is it the same as #2?",
        "Maybe the same as #2",
        "Same as #2. Tracked in #3.",
        "#2 and #3",
        "Same as #6",
        "#2 is superseded by #3",
        "> see #2\n\nThanks!",
        "3 similar issues: see #2",
    ],
)
def test_other_words_at_closing_name_no_original(comment: str) -> None:
    assert original_at_closing(comment, OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "Closing in favour of #2.",
        "Closing this in favor of the more general #2, which has a plan.",
        "I'm going to close this one in favour of issue 2",
        "#2 has the better log, so I am closing this in favour of that one.",
        "This is the same issue as #2.",
        "Agreed, it's the same as #2.",
        "It looks like the same problem as #2",
        "Same as #2.",
        "Subsumed by #2",
        "That has been superseded by #2",
        "Already reported in #2. Closing.",
        "Duplicated by #2, with a better log.",
        "Closing, this is tracked in #2",
        "I'll close this since it is covered by #2.",
        "Redundant with #2, closing.",
        "Oops, an accidental double-post of #2.",
        "This is a repost of #2",
        "#2 has a patch by now. Let me close this in favor of the older issue.",
        "#2 subsumes this.",
        "I think #2 supersedes this. Reopen it if you disagree.",
        "The hum of #2 would cover it? No: #2 covers the same problem, and has a log.",
        "#2 seems to be the same issue and has a better log.",
        "Closing this, because #2 tracks that.",
        "Duplicated (with a better log) by #2, closing.",
        "Superseeded by #2",
        "A subset of #2. Closing.",
        "Since it appears this is part of #2, closing this one.",
        "It is more or less the same bug as #2, seen from the other side.",
        "Same bug as in #2, which is easier to read.",
        "Closing in favour of #2. Only some of the lamps are left, by the way.",
        "Closing in favour of the general problem, #2.",
        "Closing in favour of the list of all hums: #2",
        "It is covered more broadly by #2, so I'm closing this.",
    ],
)
def test_a_comment_closes_its_issue_for_another(comment: str) -> None:
    assert [ref.id for ref in original_of_closing(comment, OWN, by_number)] == ["2"]


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "#2",
        "See #2",
        "Closing, see #2.",
        "Closed by #2.",
        "Fixed in #2, closing.",
        "This was fixed; the rest is tracked in #2. Closing.",
        "Closing. The remaining work is tracked in #2.",
        "Most of it is done, closing in favour of #2.",
        "Closing that one in favour of #2.",
        "Closing #2 in favour of this.",
        "I suggest closing this in favour of #2",
        "Should we close this in favour of #2?",
        "Nominated for closure in favour of #2",
        "Probably the same as #2",
        "It may be the same as #2",
        "Not the same as #2",
        "It's the same as #2 or #3.",
        "This is the same as #2, but I am not entirely sure.",
        "The third point is the same issue as #2.",
        "#2 is the same as #3",
        "Tracked in #2.",
        "When #2 lands it is covered by #3, closing.",
        "Closing in favour of #2 and #3.",
        "Closing in favour of #6.",
        "Closing in favour of that.",
        "Closing in favour of the newer bug.",
        "#2 and #3 are about it. Closing in favour of the newer one.",
        "Not a repost of #2",
        "> Closing in favour of #2.",
        "Two similar issues: same as #2",
        "Closing in favour of https://tracker.example.org/other/project/issues/2",
        "Closed as part of #2.",
        "A part of #2 is left.",
        "#2 supersedes #3",
        "When #2 lands it subsumes this.",
        "#2 may be the same issue.",
        "Fixed in #2, superseded by #3 since.",
        "Closing in favour of the patch in #2",
        "Closing in favour of (see #2 for the reasons) the new way.",
        "#2 is not the same issue.",
    ],
)
def test_a_comment_that_says_less_closes_its_issue_for_no_other(comment: str) -> None:
    assert original_of_closing(comment, OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "We follow it up in #2.",
        "Please go on in #2, which has the log.",
        "Thanks! #2 has a plan.",
        "Merging into #2",
        "Wird in #2 behandelt.",
        "Suivi dans #2",
        "Lo seguimos en #2",
        "Acompanhem em #2",
        "Seguiamo in #2",
        "Смотрите #2",
        "请看 #2",
        "#2 を参照してください",
        "#2 참고해 주세요",
        "#2, that is #2",
    ],
)
def test_the_only_issue_that_is_mentioned_at_the_closing_of_a_duplicate_is_the_original(comment: str) -> None:
    assert [ref.id for ref in original_mentioned(comment, OWN, by_number)] == ["2"]


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "Thanks!",
        "Fixed by #2",
        "It was introduced in #2",
        "Unlike #2 it rings on Sundays",
        "Not #2.",
        "Nicht #2",
        "See #2 and #3",
        "#2 fixes it",
        "#2 is a duplicate of this",
        "2 similar issues: #2",
        "Closing #2",
        "> #2",
        "See #6",
    ],
)
def test_several_issues_a_fix_and_another_problem_are_no_original(comment: str) -> None:
    assert original_mentioned(comment, OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "The dimmer behaves the same as #2 by now. Closing.",
        "It works exactly the same as #2, so I am closing it.",
        "Equivalent to #2 in size. Closing as not planned.",
        "It is the same as #2 in priority, closing for now.",
        "Closing, this was discussed in #2 and turned down.",
        "Already raised in #2, but it was rejected. Closing.",
        "#2 covers this partly. I close it for want of time.",
        "It is covered in part by #2. Closing.",
        "It is covered by #2 to some extent. Closing.",
        "Same bug as #2 but on another lamp, so let us leave both of them open.",
        "Same problem as #2 but for candles.",
        "It is #2 of 7 steps. Closing.",
        "That's #2 of three lamps. Closing.",
        "Closing because #2 is now our tracking issue for the next release.",
        "Closing: the same root cause as #2 was suspected.",
        "Closing. I thought this was the same issue as #2, but it turned out to be my socket.",
        "Closing. It used to be the same problem as #2.",
    ],
)
def test_a_phrase_that_is_limited_or_taken_back_closes_its_issue_for_no_other(comment: str) -> None:
    assert original_of_closing(comment, OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "It looks exactly the same as #2. Closing.",
        "It hums the same bug as #2 does, in my house. Closing.",
        "Closing, because #2 is now the tracking issue for this.",
        "Closing, #2 is the tracking issue for dimmed lamps.",
        "Same bug as #2 but with a better log.",
        "Same problem as #2 but for candles. Closing.",
        "Already reported in #2 and fixed there.",
        "Superseded by #2, but I keep that one open.",
    ],
)
def test_other_words_after_a_phrase_do_not_limit_it(comment: str) -> None:
    assert [ref.id for ref in original_of_closing(comment, OWN, by_number)] == ["2"]


@pytest.mark.parametrize(
    "comment",
    [
        "Thanks to #2 the lamp now says more, so please try it.",
        "I filed #2 to get a better message.",
        "I have opened a separate issue (#2) on the dimmer.",
        "The follow-up goes to #2.",
        "Follow up: #2",
        "The fix is in #2",
        "There is a workaround in #2",
        "That is step #2 of 4.",
        "It was closed for #2 by mistake.",
    ],
)
def test_a_lone_issue_that_has_another_matter_is_no_original(comment: str) -> None:
    assert original_mentioned(comment, OWN, by_number) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "We opened #2 for this.",
        "That was opened as #2 already.",
        "It is open as #2, with a log.",
        "I had started #2 about the same lamp.",
    ],
)
def test_a_lone_issue_that_was_opened_for_the_same_is_the_original(comment: str) -> None:
    assert [ref.id for ref in original_mentioned(comment, OWN, by_number)] == ["2"]
