"""Decision: what our one comment on an issue shall say, if anything."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dupfind.check.results import VERDICTS
from dupfind.integrations.github.comment import State, SuggestedIssue, remembered, suggestion, withdrawal
from dupfind.integrations.github.thread import GitHubComment, GitHubIssue

MAX_ASKED = 20
"""People whose thumbs-down is looked into; the author's counts in any case."""


class CommentDecision(NamedTuple):
    """What there shall be.

    Attributes:
        told: The same in a few words, with nothing that other people wrote.
        before: The text that our comment has; None where there is none.
        body: The text that it shall have; None where there shall be none.
        add: A label to put on the issue, or None.
        remove: A label to take off, or None.
    """

    told: str
    before: str | None
    body: str | None
    add: str | None = None
    remove: str | None = None

    @property
    def is_change(self) -> bool:
        """Whether something has to be written."""
        return self.body != self.before

    @property
    def is_new(self) -> bool:
        """Whether a comment has to be made."""
        return self.before is None and self.body is not None


def own(thread: GitHubIssue) -> list[GitHubComment]:
    """Our suggestions, oldest first: written by us, and with our mark; people quote, and others use our login, too."""
    return [
        comment
        for comment in thread.comments
        if comment.author == thread.viewer and remembered(comment.body) is not None
    ]


def decide(
    thread: GitHubIssue,
    candidates: Sequence[SuggestedIssue] | None,
    *,
    least: str,
    label: str | None,
    skips_bots: bool,
    is_member: Callable[[str], bool],
) -> CommentDecision:
    """Decide what to say; what a person has said goes before what a text looks like.

    Args:
        thread: The issue as it is now.
        candidates: What is near, likeliest first; None where that was not asked.
        least: The verdict, of `VERDICTS`, without which nothing is said.
        label: What the issue is labelled with when the comment is first written, or None.
        skips_bots: Whether issues that programs file are left alone.
        is_member: Whether a person may sort issues in this repository.
    """
    standing = next((comment.body for comment in own(thread)), None)
    state = State() if standing is None else remembered(standing) or State()
    ours = state.label if state.label in thread.labels else None
    if state.is_withdrawn:
        return CommentDecision("was withdrawn before", standing, standing)
    if is_objected(thread, is_member):
        if standing is None:
            return CommentDecision("nothing: a person has objected", None, None)
        return CommentDecision("withdraws: a person has objected", standing, withdrawal(), remove=ours)
    if any(comment.is_edited for comment in own(thread)):
        return CommentDecision("leaves its comment as a person has edited it", standing, standing)
    if candidates is None:
        return CommentDecision("nothing: nobody has objected", standing, standing)
    if thread.record.state == "closed" or thread.is_locked or thread.is_marked:
        return CommentDecision("nothing: closed, locked, or marked as a duplicate", standing, standing)
    if skips_bots and thread.author.endswith("[bot]"):
        return CommentDecision("nothing: filed by a program", standing, standing)
    if not worth_commenting(candidates, least):
        # Whoever wonders about the silence wants to know how near it was.
        nearest = "".join(f"; nearest is #{it.found}, score {it.score:.2f}" for it in candidates[:1])
        told = "nothing" if standing is None else "takes its suggestion back"
        return CommentDecision(f"{told}: not sure enough{nearest}", standing, None, remove=ours)
    sure = [candidate for candidate in candidates if candidate.verdict is not None]
    named = ", ".join(f"#{candidate.record.id}" for candidate in sure)
    if standing is None:
        adds = None if label in thread.labels else label
        return CommentDecision(f"suggests {named}", None, suggestion(sure, State(adds)), add=adds)
    return CommentDecision(f"suggests now {named}", standing, suggestion(sure, state))


def worth_commenting(candidates: Sequence[SuggestedIssue], least: str) -> bool:
    """Whether one of the candidates is worth speaking up."""
    enough = VERDICTS[: VERDICTS.index(least) + 1]
    return any(candidate.verdict in enough for candidate in candidates)


def is_objected(thread: GitHubIssue, is_member: Callable[[str], bool]) -> bool:
    """Whether the author or a member has said that this is no duplicate.

    They do so by a line of a comment, by a thumbs-down on our suggestion, or by deleting it.
    """
    if thread.comment_deleted:
        return True
    for comment in thread.comments:
        is_authors = comment.author == thread.author != ""
        if comment.objects and comment.author != thread.viewer and (is_authors or comment.is_member):
            return True
    people = {login for comment in own(thread) for login in comment.objectors} - {thread.viewer}
    return thread.author in people or any(is_member(login) for login in sorted(people)[:MAX_ASKED])
