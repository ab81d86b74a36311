"""Write a file atomically: it is complete, or the old file stays."""

import os
from pathlib import Path

from dupfind.errors import DupfindError


def write_whole(path: Path, text: str, *, option: str = "-o") -> None:
    """Write a text to a temporary file in the same folder, then rename it into place.

    A device or a pipe, such as /dev/null, is written to as it is: a rename would put a file in its place.

    Args:
        path: The file.
        text: Its new content; written in UTF-8, with "?" for a lone surrogate.
        option: The option by which the user names the file, for the error.

    Raises:
        DupfindError: The file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", errors="replace", newline="")
            return
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DupfindError(
            f"{path} cannot be written ({error.strerror}): name another with {option}"
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
