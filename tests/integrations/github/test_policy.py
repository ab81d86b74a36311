"""What a person has said goes before what a text looks like, and nothing is said where nothing is sure."""

from dataclasses import replace

import pytest

from dupfind.integrations.github.comment import State, SuggestedIssue, comment_state, suggestion, withdrawal
from dupfind.integrations.github.policy import CommentDecision, decide
from dupfind.integrations.github.thread import GitHubComment, GitHubIssue
from tests.support.samples import record

BOT = "github-actions[bot]"
THREAD = GitHubIssue(record("57", "Crash", state="open"), 57, author="ann", viewer=BOT)
LIKELY = SuggestedIssue(record("12", "Crash on startup"), "12", "likely", 0.8, None, "")
POSSIBLE = replace(LIKELY, record=record("13", "Crash again"), match_id="13", verdict="possible")
UNSURE = replace(LIKELY, verdict=None, score=0.61)
STANDING = GitHubComment(1, suggestion([LIKELY], State()), BOT)


def decided(
    thread: GitHubIssue,
    candidates: list[SuggestedIssue] | None,
    *,
    least: str = "likely",
    label: str | None = None,
    skips_bots: bool = True,
) -> CommentDecision:
    return decide(
        thread,
        candidates,
        least=least,
        label=label,
        skips_bots=skips_bots,
        is_member=lambda login: login == "max",
    )


def talk(*comments: GitHubComment, thread: GitHubIssue = THREAD) -> GitHubIssue:
    return replace(thread, comments=comments)


def test_a_likely_duplicate_gets_a_comment() -> None:
    decision = decided(THREAD, [LIKELY, POSSIBLE, UNSURE])
    assert decision.summary == "suggests #12, #13"
    assert decision.is_new
    assert decision.body == suggestion([LIKELY, POSSIBLE], State())


@pytest.mark.parametrize("candidates", [[], [UNSURE], [POSSIBLE]])
def test_nothing_is_said_where_nothing_is_sure(candidates: list[SuggestedIssue]) -> None:
    decision = decided(THREAD, candidates)
    assert (decision.body, decision.is_change) == (None, False)


def test_silence_is_explained_by_what_was_nearest() -> None:
    assert decided(THREAD, [UNSURE]).summary == "nothing: not sure enough; nearest is #12, score 0.61"


def test_a_possible_duplicate_is_worth_a_comment_where_that_is_asked_for() -> None:
    assert decided(THREAD, [POSSIBLE], least="possible").is_new


def test_the_same_again_changes_nothing() -> None:
    decision = decided(talk(STANDING), [LIKELY])
    assert (decision.is_change, decision.is_new) == (False, False)


def test_other_candidates_change_the_comment() -> None:
    decision = decided(talk(STANDING), [LIKELY, POSSIBLE])
    assert (decision.is_change, decision.is_new) == (True, False)


def test_a_comment_that_is_no_longer_sure_is_taken_back() -> None:
    decision = decided(talk(STANDING), [UNSURE])
    assert (decision.body, decision.is_change) == (None, True)
    assert decision.summary.startswith("takes its suggestion back")


@pytest.mark.parametrize(
    "thread",
    [
        replace(THREAD, record=record("57", "Crash", state="closed")),
        replace(THREAD, is_marked=True),
        replace(THREAD, is_locked=True),
        replace(THREAD, author="dependabot[bot]"),
    ],
    ids=["closed", "marked", "locked", "bot"],
)
def test_what_is_closed_or_marked_or_locked_or_filed_by_a_program_is_left_as_it_is(
    thread: GitHubIssue,
) -> None:
    assert decided(thread, [LIKELY]).body is None
    assert not decided(talk(STANDING, thread=thread), []).is_change


def test_issues_of_programs_are_looked_at_where_that_is_asked_for() -> None:
    assert decided(replace(THREAD, author="dependabot[bot]"), [LIKELY], skips_bots=False).is_new


OBJECTIONS = {
    "the author's answer": talk(STANDING, GitHubComment(2, "No.\n\n  /not-a-duplicate, see the log", "ann")),
    "a member's answer": talk(STANDING, GitHubComment(2, "/not-a-duplicate", "sue", is_member=True)),
    "the author's thumb": talk(replace(STANDING, objectors=("ann",))),
    "a member's thumb": talk(replace(STANDING, objectors=("eve", "max"))),
    "a deletion": replace(THREAD, comment_deleted=True),
}

NO_OBJECTIONS = {
    "somebody's answer": talk(STANDING, GitHubComment(2, "/not-a-duplicate", "eve")),
    "our own text": talk(STANDING, GitHubComment(2, "/not-a-duplicate", BOT, is_member=True)),
    "a quotation": talk(STANDING, GitHubComment(2, "> /not-a-duplicate\n\nwhat is that?", "ann")),
    "in a sentence": talk(STANDING, GitHubComment(2, "when do I say /not-a-duplicate?", "ann")),
    "another command": talk(STANDING, GitHubComment(2, "/not-a-duplicate-at-all", "ann")),
    "somebody's thumb": talk(replace(STANDING, objectors=("eve",))),
    "our own thumb": talk(replace(STANDING, objectors=(BOT,))),
    "a thumb on another comment": talk(STANDING, GitHubComment(2, "+1", "sue", objectors=("ann",))),
    "an answer of one who is gone": talk(
        STANDING, GitHubComment(2, "/not-a-duplicate", ""), thread=replace(THREAD, author="")
    ),
}


@pytest.mark.parametrize("thread", OBJECTIONS.values(), ids=OBJECTIONS)
def test_an_objection_of_the_author_or_a_member_ends_it(thread: GitHubIssue) -> None:
    for candidates in ([LIKELY], [], None):
        decision = decided(thread, candidates)
        assert decision.body == (withdrawal() if thread.comments else None)


@pytest.mark.parametrize("thread", NO_OBJECTIONS.values(), ids=NO_OBJECTIONS)
def test_nothing_else_is_an_objection(thread: GitHubIssue) -> None:
    assert decided(thread, [LIKELY]).body == STANDING.body
    assert decided(thread, None).body == STANDING.body


def test_an_objection_before_anything_was_said_is_heard_too() -> None:
    thread = talk(GitHubComment(2, "/not-a-duplicate of the crash in 12", "ann"))
    assert decided(thread, [LIKELY]).body is None


def test_a_comment_that_a_person_has_edited_is_theirs_until_somebody_objects() -> None:
    edited = replace(STANDING, body="Same as 12, I think.\n" + STANDING.body, is_edited=True)
    for candidates in ([LIKELY, POSSIBLE], [], None):
        assert not decided(talk(edited), candidates).is_change
    objection = GitHubComment(2, "/not-a-duplicate", "ann")
    assert decided(talk(edited, objection), [LIKELY]).body == withdrawal()


def test_what_was_withdrawn_does_not_come_back() -> None:
    withdrawn = talk(replace(STANDING, body=withdrawal()))
    for candidates in ([LIKELY], [], None):
        assert not decided(withdrawn, candidates).is_change


@pytest.mark.parametrize("author", ["github-actions", "eve", "other[bot]"])
def test_a_mark_that_somebody_else_has_copied_is_not_ours(author: str) -> None:
    assert decided(talk(replace(STANDING, author=author)), [LIKELY]).is_new
    assert decided(talk(replace(STANDING, author=author, body=withdrawal())), [LIKELY]).is_new


def test_a_comment_of_another_workflow_is_not_ours() -> None:
    assert decided(talk(GitHubComment(1, "Thanks for the report!", BOT)), [LIKELY]).is_new


def test_a_label_comes_with_the_comment_and_goes_with_it() -> None:
    first = decided(THREAD, [LIKELY], label="maybe")
    assert first.add == "maybe"
    assert first.body is not None
    assert comment_state(first.body) == State("maybe")
    labelled = replace(talk(GitHubComment(1, first.body, BOT)), labels=frozenset({"maybe", "bug"}))
    assert decided(labelled, [LIKELY], label="maybe").add is None
    assert decided(labelled, [], label="maybe").remove == "maybe"
    assert decided(replace(labelled, comment_deleted=True), [], label="maybe").remove == "maybe"


def test_a_label_that_a_person_has_put_there_stays() -> None:
    labelled = replace(THREAD, labels=frozenset({"maybe"}))
    first = decided(labelled, [LIKELY], label="maybe")
    assert first.add is None
    assert first.body is not None
    assert decided(replace(labelled, comments=(GitHubComment(1, first.body, BOT),)), []).remove is None


def test_a_label_that_a_person_has_taken_off_does_not_come_back() -> None:
    first = decided(THREAD, [LIKELY], label="maybe")
    assert first.body is not None
    again = decided(talk(GitHubComment(1, first.body, BOT)), [LIKELY], label="maybe")
    assert (again.add, again.is_change) == (None, False)
    assert decided(talk(GitHubComment(1, first.body, BOT)), []).remove is None
