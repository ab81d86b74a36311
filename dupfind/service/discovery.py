"""Find a running service of an index and send it requests, from commands of the same user and without numpy.

A service writes a file into its index's folder, and holds a lock on the file while it runs. A command trusts the file
only if this user owns it, nobody else can access it, and a process holds the lock. A file that came with a repository
or a copied index, or that a killed service left behind, is locked by no process, and nothing is sent to its address.
On Windows there are no such files, and each command opens the index itself.
"""

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dupfind.storage.database import DATABASE
from dupfind.storage.database_url import DatabaseUrl, IndexPlace
from dupfind.version import __version__

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where no mode of a file says who may read or write it
    IS_SUPPORTED = False
else:
    IS_SUPPORTED = True
"""Whether this system can say that a file is private and that a running process holds it."""

FILES = ("service.json", "service-2.json", "service-3.json", "service-4.json")
"""Files of the services of one index; a service takes the first that no running service holds."""

INDEX_HEADER = "Dupfind-Index"
"""The request header in which a command sends the identity of its database."""

FORMAT = 1
CONNECT_S = 0.25
ANSWER_S = 5.0
"""Seconds after which a command stops waiting and opens the index itself."""

_ADDRESSES = ("127.0.0.1", "::1")
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Service:
    """A running service of an index.

    Attributes:
        address: A loopback address.
        port: Its port.
        token: The token that it requires, or None.
        index: The `identity` of its database.
    """

    address: str
    port: int
    token: str | None
    index: str

    def post(self, path: str, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """Post fields and return the answer; None if the service refuses, or does not answer in time."""
        from http.client import (  # takes 20 ms, and most commands need no service
            HTTPConnection,
            HTTPException,
        )

        headers = {"Content-Type": "application/json", INDEX_HEADER: self.index}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = HTTPConnection(self.address, self.port, timeout=CONNECT_S)
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_S)
            connection.request("POST", path, json.dumps(fields).encode(), headers)
            response = connection.getresponse()
            if response.status != 200:
                return None
            answer = json.loads(response.read())
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            connection.close()
        return answer if isinstance(answer, dict) else None


def identity(folder: Path) -> str | None:
    """Return the identity (device and inode) of an index's database; None if there is no database."""
    try:
        status = os.stat(folder / DATABASE)
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}"


def find(folder: IndexPlace) -> Service | None:
    """Return a running service of an index that has the same version of dupfind, or None.

    The services of a database may run anywhere, and none is found.
    """
    if not IS_SUPPORTED or isinstance(folder, DatabaseUrl):
        return None
    return next(filter(None, (_read(folder, name) for name in FILES)), None)


class ServiceFile:
    """The file of a running service; `close` removes it, and its lock ends with the process."""

    def __init__(self, folder: Path, address: str, port: int, token: str | None) -> None:
        """Write the file.

        None is written if the address is not loopback, no name is free, the folder is read-only, or on Windows.
        """
        self._descriptor: int | None = None
        if not IS_SUPPORTED:
            return
        free = next((folder / name for name in FILES if not _is_in_use(folder / name)), None)
        if free is None or address not in _ADDRESSES:
            return
        self._path = free
        with suppress(OSError):
            self._path.unlink()  # a link, another user's file, or the file of a killed service
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
        # A command that reads before this finds no JSON, and opens the index itself.
        os.write(self._descriptor, json.dumps(fields).encode())

    def close(self) -> None:
        """Remove the file, unless another service's file has replaced it."""
        if self._descriptor is None:
            return
        with suppress(OSError):
            if os.path.samestat(os.stat(self._path), os.fstat(self._descriptor)):
                self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = None


def _read(folder: Path, name: str) -> Service | None:
    """Return the service of a file that can be trusted."""
    try:
        descriptor = _open(folder / name)
    except OSError:
        return None
    try:
        if not _is_private(descriptor) or not _is_locked(descriptor):
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


def _is_in_use(path: Path) -> bool:
    """Return whether a running service holds a file."""
    try:
        descriptor = _open(path)
    except OSError:
        return False
    try:
        return _is_private(descriptor) and _is_locked(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    # O_NONBLOCK: opening a named pipe would wait for a writer.
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


def _is_private(descriptor: int) -> bool:
    """Return whether a regular file belongs to this user, and nobody else can access it."""
    status = os.fstat(descriptor)
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _is_locked(descriptor: int) -> bool:
    """Return whether a process holds the lock."""
    try:
        # Shared: with exclusive locks, two commands would take each other for a service.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
