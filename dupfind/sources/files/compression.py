"""Decompress gzip, zstd, bzip2 and xz while reading; the format is detected by the first bytes."""

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from dupfind.errors import SourceError

MAX_RATIO = 200
"""How many times its compressed size a file may grow; texts of issues grow 3 to 20 times."""
FREE = 64 * 1024 * 1024
"""Bytes that any compressed file may grow to, at any ratio."""

HEAD = 512
"""Bytes that `head` returns; a tar archive is known by those at 257."""

_READ = 128 * 1024


def _zstd(file: BinaryIO) -> IO[bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return cast("IO[bytes]", zstd.open(file))


_MAGIC: dict[bytes, tuple[str, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\0": ("xz", lzma.open),
}


def open_binary(path: Path) -> BinaryIO:
    """Open a file, decompressed if it is compressed.

    Raises:
        SourceError: It cannot be opened; and when it is read, it is damaged, ends in the middle, or grows beyond
            `MAX_RATIO`.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    return decompress(file, str(path), is_own=True)


def head(path: Path) -> bytes:
    """Return the first bytes of a file after decompression."""
    with open_binary(path) as file:
        return file.read(HEAD)


def decompress(file: BinaryIO, where: str, *, is_own: bool = False) -> BinaryIO:
    """Wrap a stream so that it is decompressed if it is compressed.

    Args:
        file: Read from its current position; it need not be seekable.
        where: Names it in errors.
        is_own: Whether closing the result also closes `file`.
    """
    counted = _Counted(file, where, is_own)
    buffered = io.BufferedReader(counted, _READ)
    head = buffered.peek(6)  # bytes of the longest magic number, xz's
    for magic, (kind, unpack) in _MAGIC.items():
        if head.startswith(magic):
            return io.BufferedReader(_Unpacked(unpack(buffered), counted, kind, where), _READ)
    return buffered


class _Counted(io.RawIOBase):
    """A stream that counts the bytes read from it."""

    def __init__(self, file: BinaryIO, where: str, is_own: bool) -> None:
        self.n_read = 0
        self._is_own = is_own
        self._file = file
        self._where = where
        # read1 gives what a pipe has; read waits until the buffer is full.
        self._read = getattr(file, "read1", file.read)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        try:
            data = self._read(len(into))
        except OSError as error:
            raise SourceError(f"{self._where} cannot be read further: {error.strerror}") from error
        into[: len(data)] = data
        self.n_read += len(data)
        return len(data)

    def close(self) -> None:
        if self._is_own:
            self._file.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """The decompressed stream, which fails if it grows too large."""

    def __init__(self, unpacking: IO[bytes], packed: _Counted, kind: str, where: str) -> None:
        self._unpacking = unpacking
        self._packed = packed
        self._kind = kind
        self._where = where
        self._n_out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        try:
            data = self._unpacking.read(len(into))
        except EOFError as error:
            raise SourceError(
                f"{self._where} ends in the middle of its {self._kind}: get it again"
            ) from error
        except (OSError, zlib.error, lzma.LZMAError, ValueError) as error:
            raise SourceError(f"{self._where} is damaged {self._kind}: {error}") from error
        except Exception as error:
            if type(error).__name__ != "ZstdError":  # its module is imported only where it is needed
                raise
            raise SourceError(f"{self._where} is damaged {self._kind}: {error}") from error
        into[: len(data)] = data
        self._n_out += len(data)
        if self._n_out > max(FREE, MAX_RATIO * self._packed.n_read):
            raise SourceError(
                f"{self._where} grows to more than {MAX_RATIO} times its size, more than any tracker's text:"
                " if this is intended, unpack it first"
            )
        return len(data)

    def close(self) -> None:
        self._unpacking.close()
        self._packed.close()
        super().close()
