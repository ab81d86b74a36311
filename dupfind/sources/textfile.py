"""Text files of any common encoding, as lines."""

import codecs
from pathlib import Path
from typing import TextIO

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def opened(path: Path, *, newline: str = "\n") -> TextIO:
    """Open a text; lines end at `newline`, or with "" at any line end, and nothing is translated.

    UTF-16 is known by its byte order mark. All else is UTF-8, of which bytes that are none are taken for
    Windows-1252, so that old files, and files of both, are read in one pass.
    """
    with path.open("rb") as file:
        head = file.read(4)
    encoding = next((encoding for bom, encoding in _BOMS if head.startswith(bom)), "utf-8")
    errors = "replace" if encoding == "utf-16" else "windows-1252"
    return path.open(encoding=encoding, errors=errors, newline=newline)


def decoded(line: bytes) -> str:
    """A line of bytes, read as `opened` reads files."""
    return line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "windows-1252")


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _as_windows_1252)
