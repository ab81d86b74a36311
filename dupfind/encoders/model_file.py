"""One file of a model, before it is opened: a model may come from anywhere."""

import stat
from pathlib import Path

from dupfind.errors import ModelError

MAX_JSON = 128 << 20
"""Bytes of the largest JSON file; tokenizers of 250,000 words have 20 MB."""


def check_plain(path: Path, most: int | None = None) -> None:
    """Check that a file is a plain one, and not too large; a link to a plain file is one.

    Raises:
        FileNotFoundError: It is missing.
        OSError: It cannot be looked at.
        ModelError: It is a folder, a pipe or a device, or too large.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ModelError(f"{path} is no plain file: it is not loaded")
    if most is not None and status.st_size > most:
        raise ModelError(f"{path} has {status.st_size:,} bytes, more than {most:,}: it is not loaded")
