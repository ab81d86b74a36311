"""Open text files of any common encoding, compressed or not."""

import codecs
import io
from pathlib import Path
from typing import BinaryIO, TextIO

from dupfind.sources.files import compression, encodings
from dupfind.sources.files.encodings import Detected

# These codecs drop the mark; "utf-8" and "utf-16-le" would keep it as a character.
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def open_text(path: Path, *, newline: str = "\n", encoding: str | None = None) -> TextIO:
    """Open a text file; lines end at `newline`, or with "" at any line end, untranslated.

    UTF-16 is detected by its byte order mark, or by the zero bytes of its first letters, and the encodings of
    countries by the letters that they give. Everything else is read as UTF-8, and its invalid bytes as
    Windows-1252, so that old files and mixed files are read in one pass.

    Args:
        path: The file, compressed or not.
        newline: As of `open`.
        encoding: The encoding that the user names; None detects it.

    Raises:
        SourceError: The file cannot be opened, or there is no such encoding.
    """
    return decode(compression.open_binary(path), newline=newline, encoding=encoding)


def decode(stream: BinaryIO, *, newline: str = "\n", encoding: str | None = None) -> TextIO:
    """Decode a stream of bytes in the same way; it must support `peek`."""
    name = encodings.known(encoding) if encoding is not None else _encoding(stream).name or "utf-8"
    errors = "windows-1252" if name.startswith("utf-8") and encoding is None else "replace"
    return io.TextIOWrapper(stream, encoding=name, errors=errors, newline=newline)


def detected(path: Path) -> Detected:
    """Return the encoding in which `open_text` reads a file.

    Raises:
        SourceError: The file cannot be opened.
    """
    with compression.open_binary(path) as stream:
        return _encoding(stream)


def notes(path: Path, encoding: str | None) -> tuple[str, ...]:
    """Return a line for the user where the encoding was detected by the text alone."""
    name = None if encoding is not None else detected(path).name
    is_by_text = name is not None and not name.startswith("utf")
    return (f"encoding: {name}, by its letters (change with --encoding)",) if is_by_text else ()


def doubts(path: Path, encoding: str | None) -> tuple[str, ...]:
    """Return what is doubtful about the encoding, with the way out."""
    if encoding is not None or detected(path).is_sure:
        return ()
    return ("its encoding is not clear: name it, as with --encoding cp1251",)


def _encoding(stream: BinaryIO) -> Detected:
    head: bytes = stream.peek(encodings.SAMPLED)[: encodings.SAMPLED]  # type: ignore[attr-defined]
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return Detected(encoding)
    if len(head) >= 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return Detected("utf-16-le")
    if len(head) >= 4 and head[0] == head[2] == 0 and head[1] and head[3]:
        return Detected("utf-16-be")
    return encodings.detect(head)


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _as_windows_1252)
