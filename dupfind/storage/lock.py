"""Locking: one writer at a time, and who that is."""

import json
import os
import socket
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from dupfind.errors import StoreError, StoreLocked


def lock(folder: Path) -> FileLock:
    """Take the collection's lock, or say at once who holds it; the system frees it when its holder dies."""
    file = FileLock(folder / "writer.lock", timeout=0)
    # No more than the command's name: a source's URL may hold a password.
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    who = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "command": command})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.acquire()
        (folder / "writer.json").write_text(who, encoding="utf-8")
    except Timeout:
        raise StoreLocked(
            f"{folder} is being written by {_holder(folder)}: wait for it to end, or stop it"
        ) from None
    except OSError as error:
        file.release()
        raise StoreError(
            f"{folder} cannot be written ({error}): make room, or name another folder with --index"
        ) from error
    return file


def unlock(file: FileLock, folder: Path) -> None:
    """Let the next writer in."""
    (folder / "writer.json").unlink(missing_ok=True)
    file.release()


def _holder(folder: Path) -> str:
    try:
        who = json.loads((folder / "writer.json").read_text(encoding="utf-8"))
        return f"process {who['pid']} on {who['host']} (`{who['command']}`)"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
