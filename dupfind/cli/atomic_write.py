"""Files that a command writes: whole, or not at all."""

import os
from pathlib import Path

from dupfind.errors import DupfindError


def write_whole(path: Path, text: str, *, option: str = "-o") -> None:
    """Write beside, then in its place: what was there stays until the new file is whole.

    Raises:
        DupfindError: It cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8", errors="replace", newline="")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise DupfindError(
            f"{path} cannot be written ({error.strerror}): name another with {option}"
        ) from error
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
