"""Decide whether an issue gets a suggestion, and how its one comment changes."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dupfind.integrations.github.comment import State, SuggestedIssue, comment_state, suggestion, withdrawal
from dupfind.integrations.github.thread import GitHubComment, GitHubIssue
from dupfind.verdict.bands import VERDICTS

MAX_OBJECTORS = 20
"""People with a thumbs-down whose membership is requested from GitHub; the author's thumbs-down counts anyway."""


class CommentDecision(NamedTuple):
    """The comment that an issue is to have.

    Attributes:
        summary: The decision in a few words, without any text that other people wrote.
        before: The present text of our comment, or None.
        body: The text that it is to have; None for no comment.
        add: A label to put on the issue, or None.
        remove: A label to take off, or None.
    """

    summary: str
    before: str | None
    body: str | None
    add: str | None = None
    remove: str | None = None

    @property
    def is_change(self) -> bool:
        """Whether the comment has to be written, edited or deleted."""
        return self.body != self.before

    @property
    def is_new(self) -> bool:
        """Whether a first comment has to be written."""
        return self.before is None and self.body is not None


def own(issue: GitHubIssue) -> list[GitHubComment]:
    """Return our suggestions, oldest first.

    A suggestion has our login and our hidden line: people quote the line, and other programs share the login.
    """
    return [
        comment
        for comment in issue.comments
        if comment.author == issue.viewer and comment_state(comment.body) is not None
    ]


def decide(
    issue: GitHubIssue,
    candidates: Sequence[SuggestedIssue] | None,
    *,
    least: str,
    label: str | None,
    skips_bots: bool,
    is_member: Callable[[str], bool],
) -> CommentDecision:
    """Decide on the comment of an issue. An objection of a person outweighs any similarity.

    Args:
        issue: The issue as it is now.
        candidates: The most similar issues, likeliest first; None to look for objections only.
        least: The weakest verdict, of `VERDICTS`, that is worth a comment.
        label: The label to add with the first comment, or None.
        skips_bots: Whether issues that programs filed are left alone.
        is_member: Returns whether a person may triage issues of this repository.
    """
    standing = next((comment.body for comment in own(issue)), None)
    state = State() if standing is None else comment_state(standing) or State()
    own_label = state.label if state.label in issue.labels else None
    if state.is_withdrawn:
        return CommentDecision("was withdrawn before", standing, standing)
    if is_objected(issue, is_member):
        if standing is None:
            return CommentDecision("nothing: a person has objected", None, None)
        return CommentDecision("withdraws: a person has objected", standing, withdrawal(), remove=own_label)
    if any(comment.is_edited for comment in own(issue)):
        return CommentDecision("keeps the comment that a person has edited", standing, standing)
    if candidates is None:
        return CommentDecision("nothing: nobody has objected", standing, standing)
    if issue.record.state == "closed" or issue.is_locked or issue.is_marked:
        return CommentDecision("nothing: closed, locked, or marked as a duplicate", standing, standing)
    if skips_bots and issue.author.endswith("[bot]"):
        return CommentDecision("nothing: filed by a program", standing, standing)
    if not worth_commenting(candidates, least):
        # The nearest score explains to the user why no comment is written.
        nearest = "".join(
            f"; nearest is #{first.match_id}, score {first.score:.2f}" for first in candidates[:1]
        )
        action = "nothing" if standing is None else "takes its suggestion back"
        return CommentDecision(f"{action}: not sure enough{nearest}", standing, None, remove=own_label)
    with_verdict = [candidate for candidate in candidates if candidate.verdict is not None]
    numbers = ", ".join(f"#{candidate.record.id}" for candidate in with_verdict)
    if standing is None:
        new_label = None if label in issue.labels else label
        body = suggestion(with_verdict, State(new_label))
        return CommentDecision(f"suggests {numbers}", None, body, add=new_label)
    return CommentDecision(f"suggests now {numbers}", standing, suggestion(with_verdict, state))


def worth_commenting(candidates: Sequence[SuggestedIssue], least: str) -> bool:
    """Whether one of the candidates has the verdict `least` or a surer one."""
    verdicts = VERDICTS[: VERDICTS.index(least) + 1]
    return any(candidate.verdict in verdicts for candidate in candidates)


def is_objected(issue: GitHubIssue, is_member: Callable[[str], bool]) -> bool:
    """Whether the author or a member objected to a suggestion.

    An objection is the line `COMMAND` in a comment, a thumbs-down on our suggestion, or its deletion.
    """
    if issue.comment_deleted:
        return True
    for comment in issue.comments:
        is_author = comment.author == issue.author != ""
        if comment.objects and comment.author != issue.viewer and (is_author or comment.is_member):
            return True
    people = {login for comment in own(issue) for login in comment.objectors} - {issue.viewer}
    return issue.author in people or any(is_member(login) for login in sorted(people)[:MAX_OBJECTORS])
