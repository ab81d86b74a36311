"""Resident: how a running service of an index is found and asked by commands of the same user, without numpy.

A service leaves a file in its index's folder and holds a lock on it as long as it lives. The file is believed only if
it is this user's, nobody else can read it, and the lock is held: a file that a repository brought, that was copied
with an index or that a dead service left behind is locked by nobody, and nothing is ever sent to what it names.
"""

import fcntl
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dupfind.storage.database import DATABASE
from dupfind.version import __version__

FILES = ("service.json", "service-2.json", "service-3.json", "service-4.json")
"""Where services of an index say that they are there; each takes the first that no living one has."""

IDENTITY = "Dupfind-Index"
"""The header in which a command says which database it means."""

FORMAT = 1
CONNECT_S = 0.25
ANSWER_S = 5.0
"""Seconds after which a command does without the service."""

_ADDRESSES = ("127.0.0.1", "::1")
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Service:
    """A running service of an index.

    Attributes:
        address: Of this machine.
        port: Where it listens.
        token: What it wants to be sent, or None.
        index: Its database's `identity`.
    """

    address: str
    port: int
    token: str | None
    index: str

    def ask(self, path: str, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """What it says to a question; None where it does not answer in time, or refuses."""
        from http.client import HTTPConnection, HTTPException  # a fiftieth of a second, which most do without

        headers = {"Content-Type": "application/json", IDENTITY: self.index}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = HTTPConnection(self.address, self.port, timeout=CONNECT_S)
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_S)
            connection.request("POST", path, json.dumps(fields).encode(), headers)
            answer = connection.getresponse()
            if answer.status != 200:
                return None
            said = json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            connection.close()
        return said if isinstance(said, dict) else None


def identity(folder: Path) -> str | None:
    """Which database an index has just now; None where it has none."""
    try:
        found = os.stat(folder / DATABASE)
    except OSError:
        return None
    return f"{found.st_dev}:{found.st_ino}"


def find(folder: Path) -> Service | None:
    """A running service of an index of the same dupfind, or None."""
    return next(filter(None, (_announced(folder, name) for name in FILES)), None)


class ServiceFile:
    """The file of a running service; it goes with the service, and its lock with the process."""

    def __init__(self, folder: Path, address: str, port: int, token: str | None) -> None:
        """Say where the service is, beside others of the index; where that cannot be said, say nothing."""
        self._descriptor: int | None = None
        free = next((folder / name for name in FILES if not _is_taken(folder / name)), None)
        if free is None or address not in _ADDRESSES:
            return
        self._path = free
        with suppress(OSError):
            self._path.unlink()  # a link or a foreign file in our place, or that of a dead service
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        except OSError:
            return
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        fields = {
            "format": FORMAT,
            "version": __version__,
            "pid": os.getpid(),
            "address": address,
            "port": port,
            "token": token,
        }
        os.write(self._descriptor, json.dumps(fields).encode())

    def close(self) -> None:
        """Take it back, unless another service's has taken its place."""
        if self._descriptor is None:
            return
        with suppress(OSError):
            if os.path.samestat(os.stat(self._path), os.fstat(self._descriptor)):
                self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = None


def _announced(folder: Path, name: str) -> Service | None:
    """What one of the files says, if it is to be believed."""
    try:
        descriptor = _opened(folder / name)
    except OSError:
        return None
    try:
        if not _is_ours(descriptor) or not _is_held(descriptor):
            return None
        fields = json.loads(os.read(descriptor, _MAX_BYTES))
        index = identity(folder)
        if (fields["format"], fields["version"]) != (FORMAT, __version__) or index is None:
            return None
        address, port, token = fields["address"], fields["port"], fields["token"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    finally:
        os.close(descriptor)
    return Service(address, port, token, index) if address in _ADDRESSES else None


def _is_taken(path: Path) -> bool:
    """Whether a living service has a file."""
    try:
        descriptor = _opened(path)
    except OSError:
        return False
    try:
        return _is_ours(descriptor) and _is_held(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


def _is_ours(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _is_held(descriptor: int) -> bool:
    """Whether a process has the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
