"""Visit: one issue looked at, and its one comment brought in line with what shall be said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dupfind.check.gate import reasons
from dupfind.collection.collection import Collection
from dupfind.errors import TextError
from dupfind.integrations.github.api import GitHubRepository
from dupfind.integrations.github.comment import MAX_CANDIDATES, SuggestedIssue
from dupfind.integrations.github.policy import CommentDecision, decide, own, worth_commenting
from dupfind.integrations.github.thread import GitHubComment, GitHubIssue
from dupfind.records import Record
from dupfind.sources.apis.api_client import Uncertain
from dupfind.storage.store import Filter


@dataclass(frozen=True, slots=True)
class SuggestOptions:
    """How suggestions are made.

    Attributes:
        least: The verdict, "likely" or "possible", without which nothing is said.
        label: A label that comes and goes with a suggestion, or None.
        skips_bots: Whether issues that programs file are left alone.
        posts: Whether anything is written; else it is only decided.
    """

    least: str = "likely"
    label: str | None = None
    skips_bots: bool = True
    posts: bool = False


_LOOKED_AT = 20  # records that tell how rare a word is


def update_issue(
    repository: GitHubRepository, number: int, collection: Collection | None, manner: SuggestOptions
) -> CommentDecision:
    """Read an issue as it is now, decide, and bring it about.

    Doing so again changes nothing. Where an answer was lost, the issue is read again, which shows what was done.

    Args:
        repository: In a session.
        number: Of the issue.
        collection: The index; None to look for objections only.
        manner: How.

    Raises:
        Gone: There is no such issue.
        SourceError: GitHub does not answer, or refuses.
    """
    try:
        return _visit(repository, number, collection, manner)
    except Uncertain:
        return _visit(repository, number, collection, manner)


def update_backlog(collection: Collection, source: str, manner: SuggestOptions) -> Iterator[int]:
    """The numbers of a source's open issues about which there is something to say, newest first."""
    with collection.store.reading():
        rows = collection.store.allowed(Filter(state="open", source=source))
        records = list(collection.store.records(rows.tolist()).values())
    for record in sorted(records, key=lambda record: int(record.id), reverse=True):
        if worth_commenting(near(collection, record), manner.least):
            yield int(record.id)


def near(collection: Collection, record: Record) -> list[SuggestedIssue]:
    """The older issues of its source that are nearest to one, likeliest first; none where it has no word in it."""
    try:
        hits = collection.search(record, _LOOKED_AT, source=record.source, before=record.created, fold=True)
    except TextError:
        return []
    found = [(hit, other) for hit in hits if (other := collection.record(hit)) is not None]
    whys = reasons(collection, record, [other for _, other in found], MAX_CANDIDATES)
    return [
        SuggestedIssue(
            _original(collection, record, other), other.id, hit.verdict, hit.score, hit.probability, why
        )
        for (hit, other), why in zip(found, whys, strict=False)
    ]


def _visit(
    repository: GitHubRepository, number: int, collection: Collection | None, manner: SuggestOptions
) -> CommentDecision:
    thread = repository.thread(number)
    decision = decide(
        thread,
        None if collection is None else near(collection, thread.record),
        least=manner.least,
        label=manner.label,
        skips_bots=manner.skips_bots,
        is_member=repository.is_member,
    )
    if manner.posts:
        _bring_about(repository, thread, decision)
    return decision


def _bring_about(repository: GitHubRepository, thread: GitHubIssue, decision: CommentDecision) -> None:
    standing = own(thread)
    if decision.body is None:
        _delete(repository, standing)
    elif not standing:
        repository.add_comment(thread.number, decision.body)
    else:
        if decision.is_change:
            repository.edit_comment(standing[0], decision.body)
        _delete(repository, standing[1:])
    if decision.add is not None:
        repository.add_label(thread.number, decision.add)
    if decision.remove is not None:
        repository.remove_label(thread.number, decision.remove)


def _delete(repository: GitHubRepository, comments: Sequence[GitHubComment]) -> None:
    for comment in comments:
        repository.delete_comment(comment)


def _original(collection: Collection, record: Record, found: Record) -> Record:
    """What an issue that was found is marked a duplicate of, and that in turn; itself where that is no older one."""
    original, passed = found, {record.ref}
    while original.ref not in passed:
        passed.add(original.ref)
        targets = [
            it
            for ref in original.duplicate_of
            for it in collection.find(ref.id, project=ref.project, source=original.source)
            if it.ref == ref
        ]
        original = targets[0] if targets else original
    is_older = record.created is None or (original.created or record.created) < record.created
    return original if is_older and original.ref != record.ref else found
