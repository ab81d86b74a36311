"""A folder in TMPDIR for the copy of a source; if its process is killed, the next run removes it."""

import os
import shutil
import stat
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "dupfind-copy-"
_LOCK, _COPY = "lock", "copy"


class TemporaryFolder:
    """An empty folder that only its owner reads, removed when the last reference to this object is gone.

    Attributes:
        path: The folder.
        place: The folder of all temporary files, which TMPDIR names.
    """

    def __init__(self) -> None:
        """Remove what killed processes left, and make a folder.

        Raises:
            OSError: TMPDIR cannot be written.
        """
        remove_abandoned()
        outer, held = _locked_folder()
        self.place = outer.parent
        self.path = outer / _COPY
        # Unlike __del__, it is certain to run at the interpreter's exit.
        self._end = weakref.finalize(self, _remove, outer, held)
        self.path.mkdir()

    def remove(self) -> None:
        """Remove the folder and all in it now; does nothing the second time."""
        self._end()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder, and remove it at the end of the block."""
    folder = TemporaryFolder()
    try:
        yield folder.path
    finally:
        folder.remove()


def remove_abandoned() -> None:
    """Remove the copies in TMPDIR whose processes were killed: those of this user that no process has locked."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                with suppress(OSError):  # another run removes it, too
                    _remove_if_abandoned(Path(entry.path))


def _remove_if_abandoned(outer: Path) -> None:
    lock = outer / _LOCK
    status, lock_status = outer.lstat(), lock.lstat()
    # On Windows there is no such id, and each user has a folder of temporary files.
    user = os.geteuid() if hasattr(os, "geteuid") else status.st_uid
    is_own = status.st_uid == lock_status.st_uid == user
    if not (is_own and stat.S_ISDIR(status.st_mode) and stat.S_ISREG(lock_status.st_mode)):
        return
    held = FileLock(lock, timeout=0, thread_local=False)
    try:
        held.acquire()
    except Timeout:
        return
    _remove(outer, held)


def _locked_folder() -> tuple[Path, FileLock]:
    """Return a new folder, and the lock in it that this process holds."""
    while True:
        outer = Path(tempfile.mkdtemp(prefix=PREFIX))
        held = FileLock(outer / _LOCK, timeout=0, thread_local=False)
        try:
            held.acquire()
        except Timeout:  # another run took it for abandoned in this moment
            continue
        return outer, held


def _remove(outer: Path, held: FileLock) -> None:
    shutil.rmtree(
        outer / _COPY, ignore_errors=True
    )  # before the lock: the next run finishes what a kill stops here
    shutil.rmtree(outer, ignore_errors=True)
    held.release()
    shutil.rmtree(outer, ignore_errors=True)  # Windows removes no file that is open, as the lock was
