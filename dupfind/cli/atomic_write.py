"""Write a file atomically: it is complete, or the old file stays."""

import os
from pathlib import Path

from dupfind.errors import DupfindError

_DEVICES = Path("/dev")
"""Its links are written through: /dev/stdout may be a link to a file."""


def write_whole(path: Path, content: str | bytes, *, option: str = "-o") -> None:
    """Write to a temporary file in the same folder, then rename it into place.

    A device or a pipe, such as /dev/null, is written to as it is: a rename would put a file in its place.

    Args:
        path: The file.
        content: Its new content; a text is written in UTF-8, with "?" for a lone surrogate.
        option: The option by which the user names the file, for the error.

    Raises:
        DupfindError: The file cannot be written.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.absolute().parent == _DEVICES or (path.exists() and not path.is_file()):
            path.write_bytes(data)
            return
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DupfindError(
            f"{path} cannot be written ({error.strerror}): name another with {option}"
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
