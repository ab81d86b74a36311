"""Staged: the files that a commit or a push changes, and what git has of them, whatever lies in the working folder."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from dupfind.errors import SourceError

_LINK, _SUBMODULE = "120000", "160000"
_REFS = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")


@dataclass(frozen=True, slots=True)
class GitChange:
    """A file as git is about to keep it.

    Attributes:
        path: In the repository.
        is_new: Whether the commit or push adds it; a file that was renamed or edited was there before.
        is_link: Whether it is a symbolic link.
        blob: The name of its content.
        before: The name of its content before, under whatever path; None where it is new.
    """

    path: str
    is_new: bool
    is_link: bool
    blob: str
    before: str | None


# A folder of a stranger's may look like a repository itself, whose settings name programs to be run.
_GIT = ("git", "-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false")
_IS_UNKNOWN = 1  # what `git ls-files` ends with where it has no such file


def is_kept(file: Path) -> bool:
    """Whether git has a file, which so may have come with a clone; also where git does not say.

    Args:
        file: In a folder of the repository's; that folder is not where git is asked.
    """
    folder = file.absolute().parent
    if not any(os.path.lexists(place / ".git") for place in folder.parents):
        return False
    command = [*_GIT, "ls-files", "--error-unmatch", "--", f":(literal){folder.name}/{file.name}"]
    try:
        done = subprocess.run(command, cwd=folder.parent, capture_output=True, check=False)
    except OSError:
        return True
    return done.returncode != _IS_UNKNOWN


class GitRepository:
    """A git repository, asked by the program `git`."""

    def __init__(self, here: Path) -> None:
        """Find the repository that a folder is in.

        Raises:
            SourceError: There is none, or no git.
        """
        self._here = here
        self.root = Path(os.fsdecode(self._git("rev-parse", "--show-toplevel").rstrip(b"\n")))
        self._here = self.root

    def changes(self) -> list[GitChange]:
        """What the commit changes against HEAD; in a pre-push hook, what is pushed against where it set out."""
        from_ref, to_ref = map(os.environ.get, _REFS)
        if from_ref and to_ref:
            # Histories that have nothing in common, or not within a shallow clone, are compared at their ends.
            is_forked = self._ran("merge-base", "--end-of-options", from_ref, to_ref).returncode == 0
            against = ["--end-of-options", f"{from_ref}{'...' if is_forked else '..'}{to_ref}"]
        else:
            against = ["--cached", "--end-of-options", self._head()]
        listed = self._git("diff", "--raw", "-z", "--no-abbrev", "--no-ext-diff", "-M", *against)
        return list(_changes(listed.split(b"\0")))

    def kept(self, paths: Iterable[str]) -> list[GitChange]:
        """Files as git's index has them, each as if it was new."""
        listed = self._git("ls-files", "-s", "-z", "--", *(f":(literal){path}" for path in paths))
        entries = (entry.partition(b"\t") for entry in listed.split(b"\0") if entry)
        return [
            GitChange(os.fsdecode(path), True, mode == _LINK, blob, None)
            for meta, _, path in entries
            for mode, blob, _ in [meta.decode().split()]
            if mode != _SUBMODULE
        ]

    def sizes(self, blobs: Sequence[str]) -> list[int]:
        """How many bytes the blobs of these names have."""
        said = self._git("cat-file", "--batch-check", sent=_lines(blobs)).splitlines()
        return [_size(head, blob) for head, blob in zip(said, blobs, strict=True)]

    def contents(self, blobs: Sequence[str]) -> list[bytes]:
        """What the blobs of these names hold."""
        answer = BytesIO(self._git("cat-file", "--batch", sent=_lines(blobs)))
        # Behind each head and each content a line ends.
        return [answer.read(_size(answer.readline().rstrip(), blob) + 1)[:-1] for blob in blobs]

    def _head(self) -> str:
        """HEAD; before the first commit, the tree with nothing in it."""
        if self._ran("rev-parse", "--verify", "-q", "HEAD").returncode == 0:
            return "HEAD"
        return self._git("hash-object", "-t", "tree", "--stdin").decode().strip()

    def _git(self, *arguments: str, sent: bytes = b"") -> bytes:
        done = self._ran(*arguments, sent=sent)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise SourceError(f"git {arguments[0]}: {said}")
        return done.stdout

    def _ran(self, *arguments: str, sent: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                [*_GIT, *arguments], cwd=self._here, input=sent, capture_output=True, check=False
            )
        except OSError as error:
            raise SourceError(
                f"git cannot be run ({error.strerror}): install it, or leave --staged out"
            ) from error


def _changes(parts: list[bytes]) -> Iterator[GitChange]:
    """Read `git diff --raw -z`: modes, blobs and a status, then one path, or two where a file was renamed."""
    fields = iter(parts)
    for meta in fields:
        if not meta:
            return
        _, mode, before, blob, status = meta.removeprefix(b":").decode().split()
        path = next(fields)
        if status[0] in "RC":
            path = next(fields)
        if status[0] not in "DU" and mode != _SUBMODULE:
            is_new = status[0] in "AC"
            yield GitChange(os.fsdecode(path), is_new, mode == _LINK, blob, None if is_new else before)


def _lines(blobs: Sequence[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in blobs).encode()


def _size(head: bytes, blob: str) -> int:
    """What `git cat-file` says before a blob: name, kind and size, or that it is missing."""
    size = head.rpartition(b" ")[2]
    if not size.isdigit():
        raise SourceError(f"git has no content of the name {blob}: see `git fsck`")
    return int(size)
