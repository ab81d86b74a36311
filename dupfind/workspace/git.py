"""Read from git the files that a commit or a push changes, and their contents, independent of the working folder."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

from dupfind.errors import SourceError

_LINK, _SUBMODULE = "120000", "160000"  # modes
_REFS = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")
# A folder in a stranger's repository may look like a repository itself, with settings that name programs to run.
_GIT = (
    "git",
    "-c",
    "safe.bareRepository=explicit",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
)
# A partial clone fetches what it lacks, by programs that its settings name. The first variable is known to git 2.45 and
# newer. The second allows no protocol in any git; unlike protocol.allow, the repository's settings cannot change it.
_NO_FETCH = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
# They change what a path specification means: with the first, no file has the name ":(literal)a.md".
_PATH_VARIABLES = (
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)
# They name a repository, as git does for its hooks; `git rev-parse --local-env-vars` lists them.
_PLACE_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
)
_NOT_TRACKED = 1  # the exit code of `git ls-files --error-unmatch` for a file that git does not have
_PIECE = 1 << 20  # bytes of a large content that are skipped at once


@dataclass(frozen=True, slots=True)
class GitChange:
    """A file as a commit has it.

    Attributes:
        path: In the repository.
        is_new: Whether the change adds the file; a renamed or edited file is not new.
        is_link: Whether it is a symbolic link.
        blob: The name of its content.
        old_blob: The name of its content before the change, under any path; None for a new file.
    """

    path: str
    is_new: bool
    is_link: bool
    blob: str
    old_blob: str | None


def is_tracked(file: Path) -> bool:
    """Whether git has a file, so that it may have come with a clone; True also where git fails.

    Args:
        file: In a folder of the repository. Git runs in the folder above, since the folder itself is not trusted.
    """
    folder = file.absolute().parent
    if not any(os.path.lexists(place / ".git") for place in folder.parents):
        return False
    command = [*_GIT, "ls-files", "--error-unmatch", "--", f":(literal){folder.name}/{file.name}"]
    try:
        process = subprocess.run(
            command,
            cwd=folder.parent,
            env=_environment(_PLACE_VARIABLES),  # the folder may lie in another repository than a hook's
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return True
    return process.returncode != _NOT_TRACKED


class GitRepository:
    """A git repository, read through the program `git`."""

    def __init__(self, here: Path) -> None:
        """Find the repository that a folder is in.

        Raises:
            SourceError: The folder is in no repository, or git is not installed.
        """
        self._folder = here
        self.root = Path(os.fsdecode(self._git("rev-parse", "--show-toplevel").rstrip(b"\n")))
        self._folder = self.root

    def changes(self) -> list[GitChange]:
        """List the files that a commit changes against HEAD; in a pre-push hook, those that the push changes.

        Deleted files are left out.

        Raises:
            SourceError: Git fails, as where a ref of the hook does not exist.
        """
        from_ref, to_ref = map(os.environ.get, _REFS)
        if from_ref and to_ref:
            # Without a common ancestor, as in a shallow clone, the two ends are compared directly.
            has_ancestor = self._run("merge-base", "--end-of-options", from_ref, to_ref).returncode == 0
            revisions = ["--end-of-options", f"{from_ref}{'...' if has_ancestor else '..'}{to_ref}"]
        else:
            revisions = ["--cached", "--end-of-options", self._head()]
        output = self._git("diff", "--raw", "-z", "--no-abbrev", "--no-ext-diff", "-M", *revisions)
        return list(_changes(output.split(b"\0")))

    def tracked(self, paths: Iterable[str]) -> list[GitChange]:
        """List files as git's index has them, each as if it was new; paths that git does not have are left out.

        Args:
            paths: Files and folders in the repository; "." is all of it.
        """
        return _entries(self._git("ls-files", "-s", "-z", "--", *_literal(paths)))

    def checked(self, paths: Iterable[str]) -> list[GitChange]:
        """List files as `tracked`, but in a pre-push hook as the last pushed commit has them.

        Raises:
            SourceError: Git fails, as where the hook's ref does not exist.
        """
        from_ref, to_ref = map(os.environ.get, _REFS)
        if not (from_ref and to_ref):
            return self.tracked(paths)
        command = ("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", to_ref, "--")
        return _entries(self._git(*command, *_literal(paths)))

    def sizes(self, blobs: Sequence[str]) -> list[int]:
        """Return the number of bytes of each blob.

        Raises:
            SourceError: Git does not have a blob of that name.
        """
        heads = self._git("cat-file", "--batch-check", stdin=_lines(blobs)).splitlines()
        return [_size(head, blob) for head, blob in zip(heads, blobs, strict=True)]

    def contents(self, blobs: Sequence[str]) -> list[bytes]:
        """Return the content of each blob.

        Raises:
            SourceError: Git does not have a blob of that name.
        """
        output = BytesIO(self._git("cat-file", "--batch", stdin=_lines(blobs)))
        # A line feed follows each head and each content.
        return [output.read(_size(output.readline().rstrip(), blob) + 1)[:-1] for blob in blobs]

    def small_contents(self, blobs: Sequence[str], most: int) -> Iterator[tuple[str, bytes | None]]:
        """Yield each blob's name and content, or None in place of a content of more than so many bytes.

        One process of git reads all of them, while the caller works on those before.

        Raises:
            SourceError: Git does not have a blob of that name, or cannot be run.
        """
        with TemporaryFile() as names:
            names.write(_lines(blobs))
            names.seek(0)
            command = [*_GIT, "cat-file", "--batch", "--buffer"]
            try:
                process = subprocess.Popen(
                    command,
                    cwd=self._folder,
                    env=_environment(),
                    stdin=names,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                raise _no_git(error) from error
            with process:
                assert process.stdout is not None
                for blob in blobs:
                    n_left = _size(process.stdout.readline().rstrip(), blob) + 1  # a line feed follows
                    if n_left <= most + 1:
                        content = process.stdout.read(n_left)
                        if len(content) < n_left:
                            raise _no_content(blob)
                        yield blob, content[:-1]
                        continue
                    yield blob, None
                    while n_left > 0:
                        n_left -= len(process.stdout.read(min(n_left, _PIECE))) or n_left

    def _head(self) -> str:
        """Return HEAD, or before the first commit the name of the empty tree."""
        if self._run("rev-parse", "--verify", "-q", "HEAD").returncode == 0:
            return "HEAD"
        # Computed, since the name differs between SHA-1 and SHA-256 repositories.
        return self._git("hash-object", "-t", "tree", "--stdin").decode().strip()

    def _git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git and return its output.

        Raises:
            SourceError: It fails; the message is the first line of git's own.
        """
        process = self._run(*arguments, stdin=stdin)
        if process.returncode:
            message = process.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise SourceError(f"git {arguments[0]}: {message}")
        return process.stdout

    def _run(self, *arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                [*_GIT, *arguments],
                cwd=self._folder,
                env=_environment(),
                input=stdin,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise _no_git(error) from error


def _environment(without: Sequence[str] = ()) -> dict[str, str]:
    """Return the variables for git, less those that change its paths, and less some others."""
    left_out = {*_PATH_VARIABLES, *without}
    return {name: value for name, value in os.environ.items() if name not in left_out} | _NO_FETCH


def _no_git(error: OSError) -> SourceError:
    return SourceError(f"git cannot be run ({error.strerror}): install it, or leave --staged out")


def _changes(parts: list[bytes]) -> Iterator[GitChange]:
    """Read the output of `git diff --raw -z`: modes, blobs and a status, then one path, or two for a rename."""
    fields = iter(parts)
    for meta in fields:
        if not meta:
            return
        _, mode, old_blob, blob, status = meta.removeprefix(b":").decode().split()
        path = next(fields)
        if status[0] in "RC":  # R: renamed, C: copied
            path = next(fields)  # the old path came first
        if status[0] not in "DU" and mode != _SUBMODULE:  # D: deleted, U: unmerged
            is_new = status[0] in "AC"
            yield GitChange(os.fsdecode(path), is_new, mode == _LINK, blob, None if is_new else old_blob)


def _entries(output: bytes) -> list[GitChange]:
    """Read the output of `git ls-files -s -z` or `git ls-tree -r -z`; submodules are left out."""
    entries = (entry.partition(b"\t") for entry in output.split(b"\0") if entry)
    return [
        GitChange(os.fsdecode(path), True, mode == _LINK, max(second, third, key=len), None)
        for meta, _, path in entries
        # ls-files writes mode, blob and stage, ls-tree mode, kind and blob; the blob's name is the longer one.
        for mode, second, third in [meta.decode().split()]
        if mode != _SUBMODULE
    ]


def _literal(paths: Iterable[str]) -> list[str]:
    """Return path specifications; without (literal), git takes * and ? in a name for a pattern."""
    return [f":(literal){path}" for path in paths]


def _lines(blobs: Sequence[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in blobs).encode()


def _size(head: bytes, blob: str) -> int:
    """Read the line of `git cat-file` before a blob: name, kind and size, or "missing"."""
    size = head.rpartition(b" ")[2]
    if not size.isdigit():
        raise _no_content(blob)
    return int(size)


def _no_content(blob: str) -> SourceError:
    return SourceError(
        f"git has no content of the name {blob}: see `git fsck`, or in a partial clone, run `git cat-file -e {blob}`"
    )
