"""Folders on other machines: SQLite needs locks and shared memory there that some of them lack."""

import errno
import re
import sqlite3
from pathlib import Path, PurePath

MOUNTS = Path("/proc/self/mounts")
"""Linux lists its file systems here; where this file is missing, only the paths of Windows' shares are known."""

WAY_OUT = "network folders may lack locks or shared memory: name a folder on a local disk with --index"

_NETWORK = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "davfs", "virtiofs"),
        *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.davfs", "fuse.gcsfuse", "fuse.smbnetfs"),
    )
)  # fmt: skip
_LOCK_ERRORS = frozenset((errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP))
_SQLITE_ERRORS = frozenset(
    (
        *("SQLITE_IOERR_LOCK", "SQLITE_IOERR_RDLOCK", "SQLITE_IOERR_UNLOCK", "SQLITE_PROTOCOL"),
        *("SQLITE_IOERR_SHMOPEN", "SQLITE_IOERR_SHMLOCK", "SQLITE_IOERR_SHMMAP"),
        "SQLITE_IOERR_CHECKRESERVEDLOCK",
    )
)  # fmt: skip


def network_type(folder: Path) -> str | None:
    """Return the type of the network file system that holds a folder, such as "nfs4"; None for a local or unknown one.

    The folder may be missing; then its first parent that exists counts.
    """
    place = folder.resolve()
    if _is_share(place):
        return "smb"
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    found = ("", "")
    for line in lines:  # of two mounts at one place the later hides the earlier
        _, mounted, kind, *_ = *line.split(" "), "", "", ""
        at = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), mounted)
        if at.startswith("/") and place.is_relative_to(at) and len(at) >= len(found[0]):
            found = at, kind
    return found[1] if found[1] in _NETWORK else None


def is_lock_error(error: BaseException) -> bool:
    """Return whether an error says that a folder has no locks, or no memory that processes share."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "") in _SQLITE_ERRORS
    return isinstance(error, NotImplementedError) or (
        isinstance(error, OSError) and error.errno in _LOCK_ERRORS
    )


def _is_share(place: PurePath) -> bool:
    return place.drive.startswith(("\\\\", "//"))
