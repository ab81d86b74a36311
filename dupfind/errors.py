"""The errors that dupfind raises; a class exists where a caller would act differently."""

import errno

_NO_MEMORY = ("cannot allocate memory", "can't allocate memory", "failed to map segment", "not enough memory")
"""Parts of messages of the dynamic linker and of torch, in small letters."""


class DupfindError(Exception):
    """Base of every error that dupfind raises on purpose; its text is one line for people."""


class SourceError(DupfindError):
    """A source cannot be read, or a line of it is broken."""


class TextError(DupfindError):
    """A query has no word that a model could encode."""


class ModelError(DupfindError):
    """A model cannot be found, is damaged, or no installed engine runs it."""


class EncoderMismatch(DupfindError):
    """An index was made with another model, or with another version of text composition."""


class DimensionMismatch(DupfindError):
    """Vectors do not have the width of the index."""


class StoreError(DupfindError):
    """An index is missing, damaged, or cannot be written."""


class SnapshotDamaged(StoreError):
    """A snapshot file is damaged; the same search without it has the right answer."""


class StoreTooNew(StoreError):
    """An index was written by a newer version of dupfind."""


class StoreTooOld(StoreError):
    """An index must be upgraded before it can be read."""


class StoreLocked(StoreError):
    """Another process is writing to the index."""


class RankerError(DupfindError):
    """The ranker's weights are damaged or of another version of dupfind, or there are too few labels to fit them."""


class PartError(DupfindError):
    """A part of a divided run is missing, damaged, or of another run."""


class ClusterError(DupfindError):
    """A cluster of Ray cannot be reached, or it cannot do the work."""


def shortage(error: BaseException) -> DupfindError | None:
    """Return the error to raise where another one is a shortage of memory, files or threads, and no damage; else None.

    Libraries raise it as MemoryError, OSError, ImportError or RuntimeError. It is no `ModelError`.
    """
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EMFILE, errno.ENFILE):
        return DupfindError("too many files are open: close other programs, or raise `ulimit -n`")
    said = str(error).lower() if isinstance(error, (ImportError, OSError, RuntimeError)) else ""
    if "can't start new thread" in said:
        return DupfindError(
            "no thread can be started: close other programs, or raise `ulimit -u` and `ulimit -v`"
        )
    if isinstance(error, MemoryError) or number == errno.ENOMEM or any(part in said for part in _NO_MEMORY):
        return DupfindError("there is not enough memory: close other programs, or raise `ulimit -v`")
    return None
