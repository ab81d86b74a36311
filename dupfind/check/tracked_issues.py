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
from dupfind.collection.indexing import stored_form
from dupfind.errors import SourceError
from dupfind.sources.files.filenames import is_issue_file
from dupfind.sources.files.folder import is_about
from dupfind.sources.files.issue_file import MAX_FILE, too_large
from dupfind.sources.locations import source_of
from dupfind.storage import source_state
from dupfind.storage.store import Store
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
    for source, inner, file in files.of_sources:
        source.add(inner, files.issues(file, inner, source))
    issues, outdated = _changes(sources, store, repository)
    issues |= _without_copy(files.others(store, index), store, set(outdated))
    for draft in new:
        issues.pop(draft.place, None)
    newest = sorted(issues.values(), key=_age, reverse=True)
    n_left_out = max(0, len(newest) - MAX_UNINDEXED)
    return TrackedIssues(tuple(newest[:MAX_UNINDEXED]), tuple(outdated), n_left_out, tuple(files.unread))


class _TrackedFiles:
    """The issue files of a repository, as a commit or push leaves them.

    Attributes:
        of_sources: The files of the sources, each with its path there; in each source of several.
        unread: A line about each file that could not be read.
    """

    def __init__(
        self, repository: GitRepository, sources: Sequence[IssueSource], folders: Iterable[Path]
    ) -> None:
        """Read all files of the sources, and those in some folders, from git."""
        self._root = root = repository.root
        self.of_sources: list[tuple[IssueSource, PurePath, GitChange]] = []
        self.unread: list[str] = []
        self._others: list[GitChange] = []
        near = {folder.relative_to(root).as_posix() for folder in folders}
        paths = near.union(source.path for source in sources if source.is_complete)
        for file in repository.checked(sorted(paths)):
            is_near = (file.path.rpartition("/")[0] or ".") in near
            inners = [
                (source, inner, file)
                for source in sources
                if (source.is_complete or is_near) and (inner := source.inner(file.path)) is not None
            ]
            self.of_sources += inners
            if not inners and is_near and is_issue_file(PurePath(file.path)) and not file.is_link:
                self._others.append(file)
        self._contents = self._read(repository)

    def issues(self, file: GitChange, inner: PurePath, source: IssueSource) -> list[Draft] | None:
        """Return the issues of a file of a source; None where it is not read, as links are not."""
        data = self._contents.get(file.blob)
        if data is None or file.is_link:
            return None
        if source.is_folder and is_about(inner, data):
            return []
        return self._parsed(data, inner, source.name, file)

    def others(self, store: Store, index: Path) -> dict[str, Draft]:
        """Return the issues of the files that no source reads, by their places."""
        if not self._others:
            return {}
        locations = source_state.locations(store)
        issues: dict[str, Draft] = {}
        for file in self._others:
            name, inner = source_of(self._root / file.path, locations, index)
            if (data := self._contents.get(file.blob)) is not None:
                parsed = self._parsed(data, inner, name, file) or []
                issues |= {issue.place: issue for issue in parsed}
        return issues

    def _parsed(self, data: bytes, inner: PurePath, source: str, file: GitChange) -> list[Draft] | None:
        try:
            return drafts.read(data, inner, source=source, shown=file.path)
        except SourceError as error:
            self.unread.append(str(error))
            return None

    def _read(self, repository: GitRepository) -> dict[str, bytes]:
        """Read the contents of all files but the largest, by the names of their blobs."""
        paths = {file.blob: file.path for file in (*(file for *_, file in self.of_sources), *self._others)}
        contents = repository.small_contents(list(paths), MAX_FILE)
        large = (path for blob, path in paths.items() if blob not in contents)
        self.unread += [str(too_large(PurePath(path), MAX_FILE)) for path in large]
        return contents


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
    texts = {_text(issue) for issue in issues.values()}
    stored = {
        (title, body)
        for row_id, _, title, body in store.texts()
        if (title, body) in texts and row_id not in outdated
    }
    return {place: issue for place, issue in issues.items() if _text(issue) not in stored}


def _text(issue: Draft) -> tuple[str, str]:
    record = stored_form(issue.record)
    return record.title, record.body


def _age(issue: Draft) -> tuple[datetime, list[int], str]:
    """Return a key that sorts by date, and issues without a date by the numbers in their ids."""
    record = issue.record
    numbers = [int(number) for number in re.findall(r"[0-9]{1,18}", record.id)]
    return record.created or _EARLIEST, numbers, issue.place
