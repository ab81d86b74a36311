"""An indexed source of issue files in a git repository: which of git's files it has, and which records lost theirs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NamedTuple

from dupfind.check.drafts import Draft
from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.files import folder
from dupfind.sources.files.filenames import MARKDOWN, holds_many
from dupfind.sources.files.issue_file import id_from_name
from dupfind.sources.locations import source_root
from dupfind.storage import source_state
from dupfind.storage.store import Store
from dupfind.storage.stored_form import stored_text
from dupfind.workspace.git import GitRepository
from dupfind.workspace.settings import is_inside


class TrackedIssue(NamedTuple):
    """An issue in a file that git has.

    Attributes:
        draft: The issue.
        text: Title and body as an index stores them.
    """

    draft: Draft
    text: tuple[str, str]


@dataclass(slots=True)
class IssueSource:
    """A source of issue files, as far as git has it.

    Attributes:
        name: Its name in the index.
        root: Its folder, or its only file; it need not exist.
        is_folder: Whether it is a folder.
        is_complete: Whether it lies in the repository; a record without a file was then deleted.
        path: Its path in the repository, "." for all of it; of an incomplete one, the repository's path in it.
        issues: The issues of its files, by their names.
        unread: The likely names of issues in files that are not read.
    """

    name: str
    root: Path
    is_folder: bool
    is_complete: bool
    path: str
    issues: dict[Ref, list[TrackedIssue]] = field(default_factory=dict)
    unread: set[Ref] = field(default_factory=set)

    def inner(self, path: str) -> PurePath | None:
        """Return the path in the source of a file of the repository, or None where the source does not read it."""
        if not self.is_folder:
            return PurePath(self.root.name) if path == self.path else None
        start = "" if self.path == "." else f"{self.path}/"
        if self.is_complete and not path.startswith(start):
            return None
        inner = PurePath(path[len(start) :] if self.is_complete else start + path)
        return inner if folder.is_listed(inner, self.root) else None

    def add(self, inner: PurePath, issues: list[Draft] | None) -> None:
        """Add the issues of one of its files.

        Args:
            inner: The path of the file in the source.
            issues: None where the file is not read.
        """
        if issues is None:
            self.unread.add(Ref(None, id_from_name(inner)))
            return
        for issue in issues:
            ref, text = stored_text(issue.record)
            self.issues.setdefault(ref, []).append(TrackedIssue(issue, text))

    def deleted(self, rows: Mapping[Ref, int], repository: GitRepository) -> Iterator[int]:
        """Yield the rows whose issue is neither in git nor in a file of the disk that git does not track.

        Args:
            rows: The row of each record that none of the source's issues has the name of.
            repository: The repository that the source lies in.
        """
        try:
            untracked = list(self._untracked(repository))
        except SourceError:
            return  # a link leads out of the folder: nothing is known about it
        if untracked and not self.issues:
            return  # git has nothing of this source, which lies in the repository all the same
        if self.unread and not self.is_folder:
            return  # any of its issues may be in the only file
        kept = set(self.unread)
        for path in untracked:
            inner = path.relative_to(self.root)
            try:
                kept.add(stored_text(folder.read_file(path, inner, self.name))[0])
            except SourceError:
                kept.add(Ref(None, id_from_name(inner)))
        yield from (row for ref, row in rows.items() if ref not in kept)

    def _untracked(self, repository: GitRepository) -> Iterator[Path]:
        """Yield the files on the disk that git does not track.

        Raises:
            SourceError: A link leads out of the folder.
        """
        if not is_inside(repository.root, self.root):
            raise SourceError(f"{self.root} is a link that leads out of {repository.root}")
        tracked = {file.path for file in repository.tracked([self.path])}
        on_disk = (
            folder.files(self.root) if self.root.is_dir() else [self.root] if self.root.is_file() else []
        )
        for path in on_disk:
            if path.relative_to(repository.root).as_posix() not in tracked:
                yield path


def issue_sources(store: Store, index: Path, repository: Path) -> list[IssueSource]:
    """Return the sources of an index that share files with a repository, in the order of their first runs.

    Sources whose columns the user named are left out, since a check reads files without these names.

    Args:
        store: The index's database, in a read transaction.
        index: The index's folder.
        repository: The topmost folder of the repository.
    """
    sources = []
    for reading in source_state.readings(store):
        root = source_root(reading.location, index)
        if root is None or any(isinstance(option, str) for option in reading.mapping.values()):
            continue
        is_file = root.suffix.lower() in MARKDOWN if reading.kind == "markdown" else holds_many(root)
        is_folder = reading.kind == "markdown" and (root.is_dir() or not is_file)
        is_complete = root.is_relative_to(repository)
        if (is_file or is_folder) and (is_complete or repository.is_relative_to(root)):
            path = root.relative_to(repository) if is_complete else repository.relative_to(root)
            sources.append(IssueSource(reading.name, root, is_folder, is_complete, path.as_posix()))
    return sources
