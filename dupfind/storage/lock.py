"""Locks a collection for one writer, and names that writer to others."""

import json
import os
import socket
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from dupfind.errors import StoreError, StoreLocked


def lock(folder: Path) -> FileLock:
    """Take the collection's lock; the operating system releases it when its process ends.

    Raises:
        StoreLocked: Another process holds it; the message names that process.
        StoreError: The folder cannot be written.
    """
    file = FileLock(folder / "writer.lock", timeout=0)
    # Only the command's name: the URL of a source may contain a password.
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    who = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "command": command})
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold texts of issues
        file.acquire()
        (folder / "writer.json").touch(mode=0o600)
        (folder / "writer.json").write_text(who, encoding="utf-8")
    except Timeout:  # an OSError itself, so it comes first
        raise StoreLocked(
            f"{folder} is being written by {_holder(folder)}: wait for it to end, or stop it"
        ) from None
    except OSError as error:
        file.release()
        raise StoreError(
            f"{folder} cannot be written ({error}): free some space, or name another folder with --index"
        ) from error
    return file


def unlock(file: FileLock, folder: Path) -> None:
    """Release the lock."""
    (folder / "writer.json").unlink(missing_ok=True)  # first, else it may be the next writer's
    file.release()


def _holder(folder: Path) -> str:
    try:
        who = json.loads((folder / "writer.json").read_text(encoding="utf-8"))
        return f"process {who['pid']} on {who['host']} (`{who['command']}`)"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
