"""Locks a collection for one writer, and names that writer to others."""

import json
import logging
import os
import socket
import sys
import warnings
from pathlib import Path
from typing import cast

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from dupfind.errors import StoreError, StoreLocked
from dupfind.storage import network_folder

_log = logging.getLogger("dupfind")
_NO_LOCKS = "flock is missing"


def lock(folder: Path) -> FileLock:
    """Take the collection's lock; the operating system releases it when its process ends.

    Raises:
        StoreLocked: Another process holds it; the message names that process.
        StoreError: The folder cannot be written, or has no locks.
    """
    file = FileLock(folder / "writer.lock", timeout=0)
    # Only the command's name: the URL of a source may contain a password.
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    who = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "command": command})
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold texts of issues
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of filelock, where a folder has no locks
            file.acquire()
        if _is_soft(file):
            raise NotImplementedError(_NO_LOCKS)
        (folder / "writer.json").touch(mode=0o600)
        (folder / "writer.json").write_text(who, encoding="utf-8")
    except Timeout:  # an OSError itself, so it comes first
        if _is_soft(file):  # the file stays after each run, so it says nothing
            raise StoreError(f"{folder} cannot be written ({_NO_LOCKS}): {network_folder.WAY_OUT}") from None
        raise StoreLocked(
            f"{folder} is being written by {_holder(folder)}: wait for it to end, or stop it"
        ) from None
    except (OSError, NotImplementedError) as error:
        file.release()
        way_out = "free some space, or name another folder with --index"
        if isinstance(error, FileExistsError | NotADirectoryError):
            way_out = "an index is a folder, and this is a file or lies in one"
        if network_folder.is_lock_error(error):
            way_out = network_folder.WAY_OUT
        raise StoreError(f"{folder} cannot be written ({error}): {way_out}") from error
    if (kind := network_folder.network_type(folder)) is not None:
        _log.warning(
            "%s is in a network folder (%s): use it from one machine alone, and give others a copy",
            folder,
            kind,
        )
    return file


def unlock(file: FileLock, folder: Path) -> None:
    """Release the lock."""
    (folder / "writer.json").unlink(missing_ok=True)  # first, else it may be the next writer's
    file.release()


def _is_soft(file: FileLock) -> bool:
    """Return whether filelock has found no locks, and took the file's existence for one, which survives a kill."""
    return isinstance(cast(BaseFileLock, file), SoftFileLock)


def _holder(folder: Path) -> str:
    try:
        who = json.loads((folder / "writer.json").read_text(encoding="utf-8"))
        return f"process {who['pid']} on {who['host']} (`{who['command']}`)"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
