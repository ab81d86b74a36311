"""Open text files of any common encoding, compressed or not."""

import codecs
import io
from pathlib import Path
from typing import BinaryIO, TextIO

from dupfind.sources.files import compression

# These codecs drop the mark; "utf-8" and "utf-16-le" would keep it as a character.
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def open_text(path: Path, *, newline: str = "\n") -> TextIO:
    """Open a text file; lines end at `newline`, or with "" at any line end, untranslated.

    UTF-16 is detected by its byte order mark, or by the zero bytes of its first letters. Everything else is read
    as UTF-8, and its invalid bytes as Windows-1252, so that old files and mixed files are read in one pass.
    """
    return decode(compression.open_binary(path), newline=newline)


def decode(stream: BinaryIO, *, newline: str = "\n") -> TextIO:
    """Decode a stream of bytes in the same way; it must support `peek`."""
    encoding = _encoding(stream.peek(4)[:4])  # type: ignore[attr-defined]
    errors = "replace" if encoding.startswith("utf-16") else "windows-1252"
    return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=newline)


def _encoding(head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    if len(head) == 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le"
    if len(head) == 4 and head[0] == head[2] == 0 and head[1] and head[3]:
        return "utf-16-be"
    return "utf-8"


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _as_windows_1252)
