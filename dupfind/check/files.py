"""Incoming: the files of issues that a check is about, as they lie on the disk or as git is about to keep them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from dupfind.check import drafts
from dupfind.check.drafts import MAX_JSON, Draft
from dupfind.errors import SourceError
from dupfind.sources import locations
from dupfind.sources.files.filenames import holds_many, is_issue_file
from dupfind.sources.files.issue_file import too_large
from dupfind.workspace.git import GitChange, GitRepository
from dupfind.workspace.settings import inside


@dataclass(frozen=True, slots=True)
class File:
    """A file that may hold new issues.

    Attributes:
        path: Absolute; it need not exist.
        shown: What a person knows it by.
        data: What it holds.
        before: What it held before, where it may hold several issues and was there; else None.
    """

    path: Path
    shown: str
    data: bytes
    before: bytes | None = None

    def drafts(self, sources: Mapping[str, str], index: Path) -> list[Draft]:
        """The new issues in it.

        Args:
            sources: The name of each source of the index by its remembered location.
            index: The index's folder.

        Raises:
            SourceError: It cannot be read.
        """
        source, inner = locations.source_of(self.path, sources, index)
        known = set() if self.before is None else drafts.ids(self.before, inner)
        return drafts.read(self.data, inner, source=source, shown=self.shown, known=known)


def on_disk(paths: Sequence[str], root: Path) -> list[File]:
    """Files as they are.

    Args:
        paths: From the working folder.
        root: The repository's topmost folder, out of which no link may lead.

    Raises:
        SourceError: One is not there, is no file, or is a link, or behind one, that leads out of the repository.
    """
    return [File(Path(os.path.abspath(path)), path, _data(path, root)) for path in paths]


def in_git(paths: Sequence[str]) -> list[File]:
    """Files of issues as git is about to keep them.

    Of what a commit or a push changes, the files that it adds, and those that may hold several issues. Where a path
    is named that is not changed, as `pre-commit run --all-files` does, all that are named count as new.

    Args:
        paths: From the working folder; none for all that is changed.

    Raises:
        SourceError: This is no git repository, or a file is a symbolic link, or too large.
    """
    repository = GitRepository(Path.cwd())
    named = {os.path.relpath(os.path.abspath(path), repository.root): path for path in paths}
    changed = {change.path: change for change in repository.changes() if is_issue_file(PurePath(change.path))}
    if named.keys() <= changed.keys():
        among = [change for path, change in changed.items() if not named or path in named]
        chosen = [change for change in among if change.is_new or holds_many(PurePath(change.path))]
    else:
        chosen = repository.kept(named)
    for change in chosen:
        if change.is_link:
            raise SourceError(f"{change.path} is a symbolic link: put a copy in its place")
    named_by = {
        blob: change.path for change in chosen for blob in (change.blob, change.before) if blob is not None
    }
    blobs = list(named_by)
    for blob, n_bytes in zip(blobs, repository.sizes(blobs), strict=True):
        if n_bytes > MAX_JSON:
            raise too_large(named_by[blob], MAX_JSON)
    contents = dict(zip(blobs, repository.contents(blobs), strict=True))
    return [_file(repository.root, change, contents) for change in chosen]


def _file(root: Path, change: GitChange, contents: Mapping[str, bytes]) -> File:
    before = None if change.before is None else contents[change.before]
    return File(root / change.path, change.path, contents[change.blob], before)


def _data(name: str, root: Path) -> bytes:
    path = Path(os.path.abspath(name))
    if path.is_relative_to(root) and not inside(root, path):
        raise SourceError(f"{name} is a link that leads out of {root}: put a copy in its place")
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise SourceError(f"{name} is no file: name the files of issues")
    try:
        with path.open("rb") as file:
            return file.read(MAX_JSON + 1)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
