"""The answer to `dupfind check`: from a running service of the index, else from the index itself."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dupfind.check.results import CheckAnswer
from dupfind.cli.terminal import note
from dupfind.service import discovery
from dupfind.storage.database_url import IndexPlace

if TYPE_CHECKING:
    from dupfind.check.drafts import Draft
    from dupfind.check.tracked_issues import TrackedIssues
    from dupfind.collection.collection import Collection
    from dupfind.decisions import Decisions
    from dupfind.records import Record


class Question(NamedTuple):
    """What is asked of an index.

    Attributes:
        drafts: The new issues.
        decisions: A team's decisions on pairs; the index has its own besides.
        k: Most originals per issue.
        verdicts: How readily "possible" is said, one of `verdict.bands.MODES`.
        tracked: The differences between the index and its repository.
    """

    drafts: "Sequence[Draft]"
    decisions: "Decisions"
    k: int
    verdicts: str
    tracked: "TrackedIssues | None" = None


def answer_from_service(index: IndexPlace, question: Question) -> CheckAnswer | None:
    """Check new issues with the running service of an index, which takes no time to start.

    Returns:
        None where no service runs or answers, and where it cannot know the answer: it reads neither a team's
        decisions, nor the marks in the issues themselves, nor issues of a repository that are not indexed.
    """
    drafts, decisions, k, verdicts, tracked = question
    if len(decisions) or any(draft.denied or draft.record.duplicate_of for draft in drafts):
        return None
    if tracked is not None and (tracked.unindexed or tracked.outdated):
        return None
    service = discovery.find(index)
    if service is None:
        return None
    issues = [_issue_fields(draft.record) for draft in drafts]
    # One issue alone may be without an id; among several the service gives each an id.
    asked: dict[str, Any] = issues[0] if len(issues) == 1 else {"issues": issues}
    request = {**asked, "k": k, "verdicts": verdicts}
    document = service.post("/check", request)
    if document is None:
        return None
    return CheckAnswer.from_document(document, [draft.record for draft in drafts])


def answer_from_index(index: IndexPlace, question: Question) -> CheckAnswer:
    """Check new issues with an index that is opened for it.

    Raises:
        StoreError: The index cannot be read.
        ModelError: The index's model is gone.
    """
    from dupfind.check import gate
    from dupfind.collection.collection import Collection

    drafts, decisions, k, verdicts, tracked = question
    unindexed, outdated = ((), ()) if tracked is None else (tracked.unindexed, tracked.outdated)
    with Collection.open(index) as collection:
        _note_unknown_names(collection, drafts, unindexed)
        results = gate.check(
            collection,
            [draft.record for draft in drafts],
            k=k,
            rejects=_rejects([*drafts, *unindexed], decisions),
            unindexed=unindexed,
            outdated=outdated,
            verdicts=verdicts,
        )
        return CheckAnswer(collection.summary(), collection.calibration(), results)


def _rejects(drafts: "Sequence[Draft]", decisions: "Decisions") -> "Callable[[Record, Record], bool]":
    """Return whether a new record and another are different by `not_duplicate_of` of either, or by a decision."""
    draft_of = {draft.record: draft for draft in drafts}

    def rejects(new: "Record", other: "Record") -> bool:
        other_draft = draft_of.get(other)
        return (
            draft_of[new].denies(other)
            or (other_draft is not None and other_draft.denies(new))
            or decisions.rejects(new, other)
        )

    return rejects


def _issue_fields(record: "Record") -> dict[str, Any]:
    """Return a new issue as the service takes it."""
    names = ("id", "title", "body", "source", "project", "state", "url")
    fields = {name: getattr(record, name) for name in names}
    return {**fields, "created_at": record.created and record.created.isoformat()}


def _note_unknown_names(
    collection: "Collection", drafts: "Sequence[Draft]", unindexed: "Sequence[Draft]"
) -> None:
    """Report the names in `not_duplicate_of` that no issue has: they have no effect."""
    new_ids = {draft.record.id for draft in (*drafts, *unindexed)}
    with collection.store.reading():
        for draft in drafts:
            for name in draft.denied:
                id = name.rpartition("#")[2]
                if id not in new_ids and not collection.store.find(id):
                    note(f"{draft.place}: not_duplicate_of names {name!r}, but no issue has that id")
