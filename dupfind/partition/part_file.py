"""The file of one part of a divided run: a header, sections of bytes, and a checksum as the mark of its end."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from dupfind.durability import sync_folder
from dupfind.errors import PartError
from dupfind.partition.share import MAX_PARTS, Share

MAGIC = b"dupfind part 1\n"

_MAX_HEADER = 1 << 20  # bytes
_PIECE = 1 << 18  # bytes that are read at a time
_END = 65  # bytes of the checksum and its newline

Plan = Mapping[str, Any]
"""All that decides a run, as JSON: parts with another plan are not of this run."""
Section = tuple[int, Iterable[bytes]]
"""Number of bytes, and these bytes piece by piece."""


def plan_id(plan: Plan) -> str:
    """Return the SHA-256 of a plan, as hex."""
    return sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PartFile:
    """A part that is whole: its bytes have their checksum.

    Attributes:
        path: The file.
        kind: "texts" or "pairs".
        plan: Of its run.
        share: Of the run.
        checksum: SHA-256 of its content, as hex: equal for equal parts.
        sections: First byte and number of bytes of each section.
    """

    path: Path
    kind: str
    plan: dict[str, Any]
    share: Share
    checksum: str
    sections: Mapping[str, tuple[int, int]]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the header of a part, and compare all of its bytes with its checksum.

        Raises:
            PartError: It is missing, no part, cut short, or damaged.
        """
        try:
            if not path.is_file():  # a pipe would never end
                raise PartError(f"{path} is no file: name the parts that `--part` wrote")
            size = path.stat().st_size
            digest = sha256()
            with path.open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    raise PartError(f"{path} is no part: name files that `dupfind ... --part` wrote")
                line = file.readline(_MAX_HEADER)
                digest.update(MAGIC + line)
                left = size - len(MAGIC) - len(line) - _END
                while left > 0 and (piece := file.read(min(left, _PIECE))):
                    digest.update(piece)
                    left -= len(piece)
                end = file.read(_END + 1)
        except OSError as error:
            raise PartError(f"{path} cannot be read ({error.strerror or error})") from error
        if end != digest.hexdigest().encode() + b"\n":
            raise PartError(f"{path} is cut short or damaged: compute this part again")
        return cls._parsed(path, line, digest.hexdigest(), size)

    @classmethod
    def _parsed(cls, path: Path, line: bytes, checksum: str, size: int) -> Self:
        try:
            header = json.loads(line)
            kind, plan, (number, of) = header["kind"], header["plan"], header["share"]
            share = Share(number, of)
            start = len(MAGIC) + len(line)
            sections = {}
            for name, n_bytes in header["sections"]:
                if type(n_bytes) is not int or n_bytes < 0:
                    raise ValueError(name)
                sections[str(name)] = start, n_bytes
                start += n_bytes
            is_sound = (
                kind in ("texts", "pairs")
                and isinstance(plan, dict)
                and type(number) is type(of) is int
                and 1 <= number <= of <= MAX_PARTS
                and start + _END == size
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            is_sound = False
        if not is_sound:
            raise PartError(f"{path} has a header that this dupfind does not know: compute this part again")
        return cls(path, kind, plan, share, checksum, sections)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a section, piece by piece; the file is closed meanwhile."""
        start, left = self.sections.get(name, (0, 0))
        while left:
            piece = self.read(start, min(left, _PIECE))
            start, left = start + len(piece), left - len(piece)
            yield piece

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a section, without their newlines."""
        rest: list[bytes] = []
        for piece in self.pieces(name):
            first, *others = piece.split(b"\n")
            rest.append(first)
            if others:
                yield b"".join(rest)
                yield from others[:-1]
                rest = [others[-1]]
        if any(rest):
            yield b"".join(rest)

    def read(self, start: int, n_bytes: int) -> bytes:
        """Return some bytes of the file.

        Raises:
            PartError: They are not there any more.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                data = file.read(n_bytes)
        except OSError as error:
            raise PartError(f"{self.path} cannot be read ({error.strerror or error})") from error
        if len(data) != n_bytes:
            raise PartError(f"{self.path} was changed while it was read: run the same command again")
        return data


def write_part(path: Path, kind: str, plan: Plan, share: Share, sections: Mapping[str, Section]) -> None:
    """Write a part that is whole under its name, or does not exist; the caller has its journal.

    Args:
        path: The file; one that is there is replaced.
        kind: "texts" or "pairs".
        plan: Of the run.
        share: Of the run.
        sections: By name, in their order.

    Raises:
        PartError: The file cannot be written; none is left behind.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    header = {
        "kind": kind,
        "plan": plan,
        "share": [share.number, share.of],
        "sections": [[name, n_bytes] for name, (n_bytes, _) in sections.items()],
    }
    line = json.dumps(header, sort_keys=True).encode() + b"\n"
    if len(line) > _MAX_HEADER:
        raise PartError(f"{path} would have a header of {len(line):,} bytes: name fewer sources in one run")
    digest = sha256()
    try:
        temporary.unlink(missing_ok=True)  # left by a kill
        temporary.touch(mode=0o600)  # it may hold texts of issues
        with temporary.open("wb") as file:
            for piece in (MAGIC, line):
                digest.update(piece)
                file.write(piece)
            for name, (n_bytes, pieces) in sections.items():
                left = n_bytes
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                    left -= len(piece)
                assert left == 0, name
            file.write(digest.hexdigest().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise PartError(
            f"{path} cannot be written ({error.strerror or error}): free some space, or name another file with -o"
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def finished(path: Path, plan: Plan, share: Share) -> bool:
    """Return whether a part is there already.

    Raises:
        PartError: The file is there and is no part, so it is not replaced; nor is a device or a pipe.
    """
    if not path.exists():
        return False
    # A rename would put a file in its place. /dev/stdout may be a link to a file.
    if not path.is_file() or path.absolute().parent == Path("/dev"):
        raise PartError(f"{path} is no file: name another one with -o")
    try:
        part = PartFile.open(path)
    except PartError:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) not in (MAGIC, b""):
                raise PartError(
                    f"{path} is there and is no part of a run: name another file with -o"
                ) from None
        return False  # of a copy that was cut short
    return part.share == share and part.plan == plan
