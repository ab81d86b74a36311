"""The update of one GitHub issue: read it, decide, and bring its one comment and its label in line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dupfind.check.comparison import compared_matches
from dupfind.collection.collection import Collection
from dupfind.errors import TextError
from dupfind.integrations.github.api import GitHubRepository
from dupfind.integrations.github.comment import MAX_CANDIDATES, SuggestedIssue
from dupfind.integrations.github.policy import CommentDecision, decide, own, worth_commenting
from dupfind.integrations.github.thread import GitHubComment, GitHubIssue
from dupfind.records import Record
from dupfind.search.match import SearchRequest
from dupfind.sources.apis.api_client import Uncertain
from dupfind.storage.row_filter import Filter
from dupfind.verdict.bands import BALANCED


@dataclass(frozen=True, slots=True)
class SuggestOptions:
    """Options of suggestions.

    Attributes:
        least: The lowest verdict that leads to a comment, "likely" or "possible".
        label: A label that is set with a comment and removed with it, or None.
        skips_bots: Whether issues that programs file are left alone.
        posts: Whether changes are written to GitHub; else they are only decided.
        verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.
    """

    least: str = "likely"
    label: str | None = None
    skips_bots: bool = True
    posts: bool = False
    verdicts: str = BALANCED


_N_MATCHES = 20  # the first few are suggested; all of them count for how rare a word is


def update_issue(
    repository: GitHubRepository, number: int, collection: Collection | None, options: SuggestOptions
) -> CommentDecision:
    """Read an issue as it is now, decide, and carry out the decision.

    A second call changes nothing. If the answer to a change is lost, the issue is read again: it shows whether
    the change was made.

    Args:
        repository: In a session.
        number: Of the issue.
        collection: The index; None to handle objections only.
        options: The options.

    Raises:
        Gone: The issue does not exist.
        SourceError: GitHub does not answer, or refuses.
    """
    try:
        return _update_once(repository, number, collection, options)
    except Uncertain:
        return _update_once(repository, number, collection, options)


def update_backlog(
    collection: Collection, repository: GitHubRepository, options: SuggestOptions
) -> Iterator[int]:
    """Yield the numbers of a repository's open issues that deserve a comment, newest first."""
    with collection.store.reading():
        rows = collection.store.allowed(
            Filter(state="open", project=repository.project, source=repository.source)
        )
        records = list(collection.store.records(rows.tolist()).values())
    numbered = [record for record in records if record.id.isascii() and record.id.isdigit()]
    for record in sorted(numbered, key=lambda record: int(record.id), reverse=True):
        if worth_commenting(near(collection, record, options.verdicts), options.least):
            yield int(record.id)


def near(collection: Collection, record: Record, verdicts: str = BALANCED) -> list[SuggestedIssue]:
    """Return the nearest older issues of a record's repository, likeliest first; none where the record has no word."""
    request = SearchRequest(
        record,
        _N_MATCHES,
        source=record.source,
        project=record.project,
        before=record.created,
        fold=True,
        verdicts=verdicts,
    )
    try:
        response = collection.searcher.search(request)
    except TextError:
        return []
    compared = compared_matches(response, response.matches[:MAX_CANDIDATES])
    return [
        SuggestedIssue(
            _original(collection, record, match.record),
            match.record.id,
            match.hit.verdict,
            match.hit.score,
            match.hit.probability,
            why,
        )
        for match, why in compared
    ]


def _update_once(
    repository: GitHubRepository, number: int, collection: Collection | None, options: SuggestOptions
) -> CommentDecision:
    thread = repository.thread(number)
    decision = decide(
        thread,
        None if collection is None else near(collection, thread.record, options.verdicts),
        least=options.least,
        label=options.label,
        skips_bots=options.skips_bots,
        is_member=repository.is_member,
    )
    if options.posts:
        _apply(repository, thread, decision)
    return decision


def _apply(repository: GitHubRepository, thread: GitHubIssue, decision: CommentDecision) -> None:
    comments = own(thread)
    if decision.body is None:
        _delete(repository, comments)
    elif not comments:
        repository.add_comment(thread.number, decision.body)
    else:
        if decision.is_change:
            repository.edit_comment(comments[0], decision.body)
        _delete(repository, comments[1:])
    if decision.add is not None:
        repository.add_label(thread.number, decision.add)
    if decision.remove is not None:
        repository.remove_label(thread.number, decision.remove)


def _delete(repository: GitHubRepository, comments: Sequence[GitHubComment]) -> None:
    for comment in comments:
        repository.delete_comment(comment)


def _original(collection: Collection, record: Record, match: Record) -> Record:
    """Follow a match's duplicate links to their end; return the match itself if that is not an older issue."""
    original, seen = match, {record.ref}
    while original.ref not in seen:
        seen.add(original.ref)
        targets = [
            target
            for ref in original.duplicate_of
            for target in collection.find(ref.id, project=ref.project, source=original.source)
            if target.ref == ref
        ]
        original = targets[0] if targets else original
    is_older = record.created is None or (original.created or record.created) < record.created
    return original if is_older and original.ref != record.ref else match
