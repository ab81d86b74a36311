"""The issues in the files of a git repository that the index does not have, or has with another text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

from dupfind.check import drafts
from dupfind.check.drafts import Draft
from dupfind.check.files import File
from dupfind.check.issue_source import IssueSource, issue_sources
from dupfind.errors import SourceError
from dupfind.sources.files.filenames import is_issue_file
from dupfind.sources.files.folder import is_about
from dupfind.sources.files.issue_file import MAX_FILE, too_large
from dupfind.sources.locations import source_of
from dupfind.storage import source_state
from dupfind.storage.store import Store
from dupfind.storage.stored_form import stored_text
from dupfind.workspace.git import GitChange, GitRepository

MAX_UNINDEXED = 500
"""Issues that are compared without being indexed; every check encodes them again."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TrackedIssues:
    """The differences between an index and the issue files of its repository.

    Attributes:
        unindexed: The issues that the index does not have, or has with another text; the newest first.
        outdated: Rows of the index whose issue has another text now, or was deleted.
        n_left_out: Number of issues that are not indexed either, and are older than those in `unindexed`.
        unread: A line about each file that cannot be read.
    """

    unindexed: tuple[Draft, ...] = ()
    outdated: tuple[int, ...] = ()
    n_left_out: int = 0
    unread: tuple[str, ...] = ()


def tracked_issues(store: Store, index: Path, checked: Sequence[File], new: Sequence[Draft]) -> TrackedIssues:
    """Compare the issue files of the repository of the working folder with an index.

    The files are those that a commit or push leaves: git's index, or in a pre-push hook the pushed commit. They
    are the files of the index's sources, and the files next to the checked ones.

    Args:
        store: The index's database, in a read transaction.
        index: The index's folder.
        checked: The files with the new issues, at least one.
        new: The new issues; they are not among the results.

    Raises:
        SourceError: Git fails.
        StoreError: The index cannot be read.
    """
    repository = GitRepository(Path.cwd())
    folders = {file.path.parent for file in checked}
    sources = issue_sources(store, index, repository.root)
    files = _TrackedFiles(repository, sources, folders)
    files.read(source_state.locations(store), index)
    issues, outdated = _changes(sources, store, repository)
    issues |= _without_copy(files.others, store, set(outdated))
    for draft in new:
        issues.pop(draft.place, None)
    newest = sorted(issues.values(), key=_age, reverse=True)
    n_left_out = max(0, len(newest) - MAX_UNINDEXED)
    return TrackedIssues(tuple(newest[:MAX_UNINDEXED]), tuple(outdated), n_left_out, tuple(files.unread))


class _TrackedFiles:
    """The issue files of a repository, as a commit or push leaves them.

    Attributes:
        others: The issues of files that no source reads, by their places.
        unread: A line about each file that could not be read.
    """

    def __init__(
        self, repository: GitRepository, sources: Sequence[IssueSource], folders: Iterable[Path]
    ) -> None:
        """List the files of the sources, and those in some folders; none is read yet."""
        self.others: dict[str, Draft] = {}
        self.unread: list[str] = []
        self._repository = repository
        # By blob; a file may belong to several sources, or to none.
        self._files: dict[str, list[tuple[GitChange, IssueSource | None, PurePath]]] = {}
        near = {folder.relative_to(repository.root).as_posix() for folder in folders}
        paths = near.union(source.path for source in sources if source.is_complete)
        for file in repository.checked(sorted(paths)):
            is_near = (file.path.rpartition("/")[0] or ".") in near
            homes: list[tuple[GitChange, IssueSource | None, PurePath]] = [
                (file, source, inner)
                for source in sources
                if (source.is_complete or is_near) and (inner := source.inner(file.path)) is not None
            ]
            if not homes and is_near and is_issue_file(PurePath(file.path)):
                homes = [(file, None, PurePath(file.path))]
            self._files.setdefault(file.blob, []).extend(homes)

    def read(self, locations: Mapping[str, str], index: Path) -> None:
        """Read the files, and give the sources their issues.

        Args:
            locations: The name of each source of the index, by its remembered location.
            index: The index's folder.
        """
        blobs = [blob for blob, homes in self._files.items() if homes]
        for blob, data in self._repository.small_contents(blobs, MAX_FILE):
            for file, source, inner in self._files[blob]:
                if source is not None:
                    is_page = source.is_folder and data is not None and is_about(inner, data)
                    source.add(inner, [] if is_page else self._issues(file, data, inner, source.name))
                else:
                    name, inner = source_of(self._repository.root / file.path, locations, index)
                    issues = self._issues(file, data, inner, name) or ()
                    self.others |= {issue.place: issue for issue in issues}

    def _issues(
        self, file: GitChange, data: bytes | None, inner: PurePath, source: str
    ) -> list[Draft] | None:
        """Return the issues of a file; None where it is not read, as links are not."""
        if file.is_link:
            return None
        try:
            if data is None:
                raise too_large(PurePath(file.path), MAX_FILE)
            return drafts.read(data, inner, source=source, shown=file.path)
        except SourceError as error:
            self.unread.append(str(error))
            return None


def _changes(
    sources: Iterable[IssueSource], store: Store, repository: GitRepository
) -> tuple[dict[str, Draft], list[int]]:
    """Return the issues of sources that are not indexed as they are, by their places, and the rows they replace."""
    issues: dict[str, Draft] = {}
    up_to_date: set[str] = set()
    outdated: list[int] = []
    for source in sources:
        issues |= {draft.place: draft for same_name in source.issues.values() for draft, _ in same_name}
        missing = {}
        for row_id, ref, title, body in store.texts(source.name):
            same_name = source.issues.get(ref, ())
            same = [issue.draft.place for issue in same_name if issue.text == (title, body)]
            up_to_date.update(same)
            if not same_name:
                missing[ref] = row_id
            elif not same:
                outdated.append(row_id)
        if missing and source.is_complete:
            outdated += source.deleted(missing, repository)
    return {place: issue for place, issue in issues.items() if place not in up_to_date}, outdated


def _without_copy(issues: Mapping[str, Draft], store: Store, outdated: set[int]) -> dict[str, Draft]:
    """Return the issues of files of no source whose text no record has; the index has no names for them."""
    if not issues:
        return {}
    texts = {place: stored_text(issue.record)[1] for place, issue in issues.items()}
    unmatched = set(texts.values())
    for row_id, _, title, body in store.texts():
        if row_id not in outdated:
            unmatched.discard((title, body))
    return {place: issue for place, issue in issues.items() if texts[place] in unmatched}


def _age(issue: Draft) -> tuple[datetime, list[int], str]:
    """Return a key that sorts by date, and issues without a date by the numbers in their ids."""
    record = issue.record
    numbers = [int(number) for number in re.findall(r"[0-9]{1,18}", record.id)]
    return record.created or _EARLIEST, numbers, issue.place
