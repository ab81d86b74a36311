"""Copy streams and archives to a temporary folder, which is removed together with its source."""

import os
import stat
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from dupfind.errors import SourceError
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import compression, folder, shards
from dupfind.sources.files.compression import FREE, MAX_RATIO
from dupfind.sources.source import Source
from dupfind.sources.temporary_folder import TemporaryFolder

ZIP = b"PK\x03\x04"
"""The first bytes of an archive."""
MAX_DEPTH = 3
"""Archives inside of each other that are unpacked."""
MAX_MEMBERS = 100_000
"""Files of the largest archive."""

_PIECE = 1024 * 1024
# Pictures of issues, and the repositories of a GitHub archive, are no issues.
_SKIPPED = frozenset(("__MACOSX", "attachments", "uploads", "repositories", "lfs-objects"))
_SPREADSHEET = "[Content_Types].xml"


class Copy:
    """A temporary folder, removed when the last reference to this object is gone."""

    def __init__(self, shown: str) -> None:
        """Make an empty folder; messages show `shown` in place of its path."""
        self._folder = TemporaryFolder()
        self.path = self._folder.path
        self._shown = shown

    def source(self, path: Path, look: Callable[[Path], Source], *, location: str) -> Source:
        """Open a file or folder of the copy; the copy lives as long as the source.

        Args:
            path: In the copy.
            look: Opens the path as a source.
            location: The location of the original.
        """
        try:
            copied_source = look(path)
        except SourceError as error:
            raise SourceError(self._rename(str(error))) from error

        def read() -> Iterator[Entry]:
            try:
                for entry in copied_source.read():
                    if isinstance(entry, LeftOut) and entry.message:
                        entry = replace(entry, message=self._rename(entry.message))
                    yield entry
            except SourceError as error:
                raise SourceError(self._rename(str(error))) from error

        return replace(
            copied_source, location=location, notes=tuple(map(self._rename, copied_source.notes)), read=read
        )

    def _rename(self, message: str) -> str:
        return message.replace(f"{self.path}{os.sep}", self._shown).replace(
            str(self.path), self._shown.rstrip("/")
        )

    def write(self, stream: IO[bytes], target: PurePosixPath, limit: int) -> int:
        """Copy a stream into a file and return its size.

        Raises:
            SourceError: It has more bytes than the limit, or there is no room for it.
        """
        path = self.path / target
        size = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # "x": of two files with one path, the second is refused
            with path.open("xb") as file:
                while piece := stream.read(_PIECE):
                    size += len(piece)
                    if size > limit:
                        raise SourceError(
                            f"{self._shown.rstrip('/')} is too large to unpack here: unpack it first"
                        )
                    file.write(piece)
        except OSError as error:
            raise SourceError(
                f"{self._shown}{target} cannot be copied to {self._folder.place}, which TMPDIR names: {error.strerror}"
            ) from error
        return size


def from_stream(stream: IO[bytes], name: str, look: Callable[[Path], Source]) -> Source:
    """Open a stream of any format by way of a copy."""
    copy = Copy("")
    copy.write(stream, PurePosixPath(name), sys.maxsize)
    return copy.source(copy.path / name, look, location="-")


def from_compressed(path: Path, look: Callable[[Path], Source]) -> Source:
    """Open a compressed file that needs random access, such as a database, by way of a copy."""
    copy = Copy(os.path.join(os.path.dirname(path), ""))
    with compression.open_binary(path) as stream:
        copy.write(stream, PurePosixPath(path.name), sys.maxsize)
    return copy.source(copy.path / path.name, look, location=os.fspath(path))


def from_archive(path: Path, look: Callable[[Path], Source]) -> Source:
    """Open a ZIP archive: its only file, or the files in it that are known to hold issues.

    Raises:
        SourceError: It is damaged, encrypted or too large, names a path outside of itself, or holds several
            files and none of a known format.
    """
    copy = Copy(f"{path}/")
    limit = max(FREE, MAX_RATIO * path.stat().st_size)
    try:
        with ZipFile(path) as archive:
            for member, inner_path in _members(archive, path):
                with archive.open(member) as stream:
                    # The sizes that an archive names may be false.
                    limit -= copy.write(stream, inner_path, limit)
    # zipfile raises NotImplementedError for an unknown compression method.
    except (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise SourceError(f"{path} is a damaged archive: {error}") from error
    return copy.source(_chosen(copy.path, path), look, location=os.fspath(path))


def is_tar(head: bytes) -> bool:
    """Return whether the first bytes of a file, after decompression, are those of a tar archive."""
    return head[257:262] == b"ustar"


def from_tar(path: Path, look: Callable[[Path], Source]) -> Source:
    """Open a tar archive, compressed or not, like a ZIP archive.

    Raises:
        SourceError: It is damaged or too large, names a path outside of itself, or holds several files and none of
            a known format.
    """
    copy = Copy(f"{path}/")
    limit = max(FREE, MAX_RATIO * path.stat().st_size)
    try:
        with compression.open_binary(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_MEMBERS:
                    raise SourceError(f"{path} holds more than {MAX_MEMBERS:,} files: unpack it first")
                inner_path = _inner_path(member.name, path)
                if not member.isreg() or _SKIPPED & set(inner_path.parts):
                    continue
                content = archive.extractfile(member)
                if content is not None:
                    limit -= copy.write(content, inner_path, limit)
    except (tarfile.TarError, LZMAError, EOFError, ValueError, OverflowError, RecursionError) as error:
        raise SourceError(f"{path} is a damaged archive: {error}") from error
    return copy.source(_chosen(copy.path, path), look, location=os.fspath(path))


def _inner_path(name: str, archive: Path) -> PurePosixPath:
    """Return the path of a file in an archive.

    Raises:
        SourceError: It leads out of the archive.
    """
    # Some programs on Windows write backslashes, against the ZIP format.
    inner_path = PurePosixPath(name.replace("\\", "/"))
    # A colon in the first part is that of a drive on Windows.
    if inner_path.is_absolute() or ".." in inner_path.parts or ":" in "".join(inner_path.parts[:1]):
        raise SourceError(f"{archive} names a file outside of itself, {name!r}: it is not read")
    return inner_path


def _members(archive: ZipFile, path: Path) -> Iterator[tuple[ZipInfo, PurePosixPath]]:
    """Yield the files of an archive that may hold issues, with their paths."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise SourceError(f"{path} holds more than {MAX_MEMBERS:,} files: unpack it first")
    if any(member.filename == _SPREADSHEET for member in members):
        raise SourceError(f"{path} is a document of a program that is not read: save it as CSV first")
    for member in members:
        inner_path = _inner_path(member.filename, path)
        # The upper 16 bits are the file's mode on Unix.
        if stat.S_ISLNK(member.external_attr >> 16) or _SKIPPED & set(inner_path.parts):
            continue
        if member.flag_bits & 1:
            raise SourceError(f"{path} is encrypted: unpack it first")
        yield member, inner_path


def _chosen(root: Path, path: Path) -> Path:
    """Return the file or folder of an unpacked archive that is to be read."""
    while (
        len(inner := sorted(root.iterdir())) == 1 and inner[0].is_dir() and not inner[0].name.startswith(".")
    ):
        root = inner[0]
    if shards.find(root):
        return root
    issues_path = folder.find(root)
    if issues_path != root or next(folder.files(root), None) is not None:
        return issues_path
    all_files = [file for file in root.rglob("*") if file.is_file()]
    issues = [file for file in all_files if "issues" in file.name.lower()]
    for files in (all_files, issues):
        if len(files) == 1:
            return files[0]
    names = ", ".join(sorted(file.name for file in all_files)[:10]) or "nothing"
    raise SourceError(
        f"{path} holds no file that is known to hold issues, but {names}: unpack it and name one"
    )
