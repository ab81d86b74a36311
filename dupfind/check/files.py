"""The files that a check reads: as they are on the disk, or as a commit or a push has them."""

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
from dupfind.workspace.settings import is_inside


@dataclass(frozen=True, slots=True)
class File:
    """A file that may hold new issues.

    Attributes:
        path: Absolute; it need not exist.
        shown: Its name in messages.
        data: Its content.
        old_data: Its content before the change; None where the whole file counts as new.
    """

    path: Path
    shown: str
    data: bytes
    old_data: bytes | None = None

    def drafts(self, sources: Mapping[str, str], index: Path) -> list[Draft]:
        """Read the issues of the file that its old content does not have.

        Args:
            sources: The name of each source of the index, by its remembered location.
            index: The index's folder.

        Raises:
            SourceError: The content is broken.
        """
        source, inner = locations.source_of(self.path, sources, index)
        old_ids = set() if self.old_data is None else drafts.ids(self.old_data, self.shown)
        return drafts.read(self.data, inner, source=source, shown=self.shown, old_ids=old_ids)


def on_disk(paths: Sequence[str], root: Path) -> list[File]:
    """Read files as they are on the disk.

    Args:
        paths: From the working folder.
        root: The repository's topmost folder; a link may not lead out of it.

    Raises:
        SourceError: A path does not exist, is not a file, or follows a link that leads out of the repository.
    """
    return [File(Path(os.path.abspath(path)), path, _read(path, root)) for path in paths]


def in_git(paths: Sequence[str], left_out: list[str] | None = None) -> list[File]:
    """Read the files of issues that a commit or a push adds, as git has them.

    The changed files count if they are new, or may hold several issues. If a path is named that did not change, as
    `pre-commit run --all-files` does, every named file counts as new.

    Args:
        paths: From the working folder; none for every change.
        left_out: Gets a line about each symbolic link, which is then left out; None refuses links.

    Raises:
        SourceError: The working folder is in no git repository, or a file is a symbolic link or too large.
    """
    repository = GitRepository(Path.cwd())
    inner_paths = {os.path.relpath(os.path.abspath(path), repository.root) for path in paths}
    changes = {change.path: change for change in repository.changes() if is_issue_file(PurePath(change.path))}
    if inner_paths <= changes.keys():
        selected = [
            change
            for path, change in changes.items()
            if (not inner_paths or path in inner_paths) and (change.is_new or holds_many(PurePath(path)))
        ]
    else:
        selected = repository.tracked(inner_paths)
    for change in selected:
        if change.is_link:
            message = f"{change.path} is a symbolic link: put a copy in its place"
            if left_out is None:
                raise SourceError(message)
            left_out.append(message)
    selected = [change for change in selected if not change.is_link]
    contents = _contents(repository, selected)
    return [_file(repository.root, change, contents) for change in selected]


def _contents(repository: GitRepository, changes: Sequence[GitChange]) -> dict[str, bytes]:
    """Read the new and the old content of files, by the names of their blobs.

    Raises:
        SourceError: A content is too large, or all of them are; the sizes are compared before anything is read.
    """
    paths = {
        blob: change.path for change in changes for blob in (change.blob, change.old_blob) if blob is not None
    }
    blobs = list(paths)
    sizes = dict(zip(blobs, repository.sizes(blobs), strict=True))
    for blob, n_bytes in sizes.items():
        if n_bytes > MAX_JSON:
            raise too_large(paths[blob], MAX_JSON)
    # Each file counts: a thousand of them may share one content, and each is read.
    if sum(sizes[change.blob] for change in changes) > MAX_JSON:
        raise SourceError(
            f"the {len(changes):,} changed files have more than {MAX_JSON >> 20} MiB together: name some of them"
        )
    return dict(zip(blobs, repository.contents(blobs), strict=True))


def _file(root: Path, change: GitChange, contents: Mapping[str, bytes]) -> File:
    old_data = None if change.old_blob is None else contents[change.old_blob]
    return File(root / change.path, change.path, contents[change.blob], old_data)


def _read(name: str, root: Path) -> bytes:
    path = Path(os.path.abspath(name))
    if path.is_relative_to(root) and not is_inside(root, path):
        raise SourceError(f"{name} is a link that leads out of {root}: put a copy in its place")
    if path.exists() and not path.is_file():  # reading a pipe would wait for its writer
        raise SourceError(f"{name} is no file: name the files of issues")
    try:
        with path.open("rb") as file:
            return file.read(MAX_JSON + 1)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
