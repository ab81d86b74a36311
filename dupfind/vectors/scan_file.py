"""The file of a compressed index: for each row the signs of its rotated vector, and four bits of each coordinate.

Each row is encoded by itself (RaBitQ: Gao & Long, 2024): its codes are the same in every file.
"""

import io
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import DimensionMismatch, SnapshotDamaged, StoreError
from dupfind.vectors.base import Block, RowIds, Vectors
from dupfind.vectors.mapped_file import MappedFile
from dupfind.vectors.open_file import OpenFile
from dupfind.vectors.rotation import rotated, rotated_width

KIND = "scan"

# The file: header; one code a row, which holds four bits of each coordinate; then what every search reads: row ids,
# signs in blocks of rows, gains, and a CRC-32 of each code.
_HEADER = struct.Struct("<8sIIQ40x")  # magic, dim, rotated width, number of rows
_MAGIC = b"dupfscan"
_ALIGNED = 8
_BLOCK = 4096  # rows of a block of signs; within a block the words of all rows stand together

_LEVELS = 16
_STEP = 0.335
"""Width of a level in standard deviations of a coordinate: the best for a normal distribution (Max, 1960)."""
MIDDLE = np.float32((_LEVELS - 1) / 2)
"""What a level of zero stands for."""

_CHUNK = 512  # rows that are encoded together


class Put(Protocol):
    """Takes the bytes of a file, piece by piece."""

    def __call__(self, piece: bytes, *, is_checked: bool = True) -> object:
        """Take a piece; `is_checked` is False for a part that the checksum for readers leaves out."""
        ...


class ScanFile:
    """The codes of some rows, mapped from a file.

    Attributes:
        row_ids: (n,) increasing.
        dim: Width of a vector.
        gains: (n,) factor that turns a sum of signed coordinates into a score.
        is_damaged: Whether a code did not match its checksum.
        n_searches: Queries that have read it.
    """

    def __init__(
        self,
        path: Path,
        content: NDArray[np.uint8],
        file: OpenFile | None = None,
        pages: MappedFile | None = None,
    ) -> None:
        """Use `ScanFile.load`, or `ScanFile.of_blocks`.

        Args:
            path: The file, for messages.
            content: All its bytes, mapped.
            file: The same file, for a first search: mapped pages bring their neighbours into memory.
            pages: The same file, for `release`.

        Raises:
            StoreError: The bytes are no compressed index.
        """
        self._path = path
        self._file = file
        self._pages = pages
        self.is_damaged = False
        self.n_searches = 0
        self.dim, n_rows = _read_header(path, content[: _HEADER.size].tobytes())
        width = rotated_width(self.dim)
        n_blocks, words = -(-n_rows // _BLOCK), width // 64
        start, size = _tail(self.dim, n_rows), _code_size(width)
        sizes = (8 * n_rows, 8 * n_blocks * words * _BLOCK, 4 * n_rows, 4 * n_rows)
        if len(content) != start + sum(sizes):
            raise StoreError(f"{path} does not have the size of its {n_rows} rows")
        at = [start + sum(sizes[:place]) for place in range(len(sizes))]
        row_ids, signs, gains, checksums = (
            content[offset : offset + n_bytes].view(kind)
            for offset, n_bytes, kind in zip(at, sizes, ("<i8", "<u8", "<f4", "<u4"), strict=True)
        )
        self.row_ids: RowIds = np.array(row_ids)
        self.gains: Vectors = gains
        self._signs = signs.reshape(n_blocks, words, _BLOCK)
        self._checksums = checksums
        self._codes = content[_HEADER.size : _HEADER.size + size * n_rows].reshape(n_rows, size)

    @classmethod
    def load(cls, path: Path) -> "ScanFile":
        """Map a file; the caller verifies its checksum, and each code is verified when it is read.

        Raises:
            StoreError: The file is not a compressed index.
        """
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _HEADER.size:
                raise StoreError(f"{path} is too short for a snapshot")
            pages = MappedFile(file)
            opened = OpenFile(path, os.dup(file.fileno()))  # stays open after the with block
        return cls(path, pages.content, opened, pages)

    @classmethod
    def of_blocks(cls, path: Path, dim: int, n_rows: int, blocks: Iterable[Block]) -> "ScanFile":
        """Make in memory what the file of these rows would hold; see `write`."""
        stream = io.BytesIO()

        def put(piece: bytes, *, is_checked: bool = True) -> int:
            del is_checked
            return stream.write(piece)

        write(put, dim, n_rows, blocks)
        return cls(path, np.frombuffer(stream.getbuffer(), dtype=np.uint8))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.row_ids)

    def distances(self, own: NDArray[np.uint64]) -> NDArray[np.uint16]:
        """Return the number of signs in which each row differs from those of a query, (words, 1) -> (n,)."""
        distances = np.empty(len(self._signs) * _BLOCK, dtype=np.uint16)
        differ = np.empty((len(own), _BLOCK), dtype=np.uint64)
        counts = np.empty((len(own), _BLOCK), dtype=np.uint8)
        for block, signs in enumerate(self._signs):  # signs is (words, rows)
            np.bitwise_xor(signs, own, out=differ)
            np.bitwise_count(differ, out=counts)
            at = block * _BLOCK
            np.add.reduce(counts, axis=0, dtype=np.uint16, out=distances[at : at + _BLOCK])
        self._release()
        return distances[: len(self)]

    def signs(self, places: NDArray[np.intp]) -> NDArray[np.uint64]:
        """Return the signs of rows, (m, words)."""
        signs = np.asarray(self._signs[places // _BLOCK, :, places % _BLOCK])
        self._release()
        return signs

    def _release(self) -> None:
        """Give back the pages of a first search: a process of one query reads no signs again, a service reads all."""
        if self._pages is not None and self.n_searches <= 1:
            self._pages.release()

    def codes(self, places: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return the codes of rows, (m, bytes of a code), each verified by its checksum.

        Raises:
            SnapshotDamaged: A code does not match its checksum.
        """
        if self._file is None or self.n_searches > 1:
            codes = self._codes[places]
        else:
            size = self._codes.shape[1]
            codes = np.empty((len(places), size), dtype=np.uint8)
            try:
                for code, place in zip(codes, places.tolist(), strict=True):
                    self._file.fill(code, _HEADER.size + size * place)
            except SnapshotDamaged:
                self.is_damaged = True
                raise
        if [crc32(code) for code in codes] != self._checksums[places].tolist():
            self.is_damaged = True
            raise SnapshotDamaged(f"{self._path} is damaged")
        return codes


def write(put: Put, dim: int, n_rows: int, blocks: Iterable[Block]) -> None:
    """Write a compressed index; 120 bytes a row are in memory meanwhile.

    Args:
        put: Called with the bytes, piece by piece.
        dim: Width of a vector.
        n_rows: Number of rows in all blocks, for the header.
        blocks: Row ids, (rows,) increasing, and their vectors, (rows, dim).

    Raises:
        DimensionMismatch: A block has another width.
        StoreError: The blocks do not hold `n_rows` rows.
    """
    width = rotated_width(dim)
    put(_HEADER.pack(_MAGIC, dim, width, n_rows))
    row_ids, gains, checksums = [np.empty(0, dtype=np.int64)], [np.empty(0, np.float32)], []
    signs = np.zeros((-(-n_rows // _BLOCK), width // 64, _BLOCK), dtype=np.uint64)
    n_written = 0
    for ids, vectors in blocks:
        if vectors.shape != (len(ids), dim):
            raise DimensionMismatch(f"vectors of shape {vectors.shape} meet a snapshot of width {dim}")
        places = np.arange(n_written, n_written + len(ids))
        n_written += len(ids)
        if n_written <= n_rows:  # else the number is reported at the end
            for part in _parts(len(ids)):
                turned = rotated(vectors[part])
                at = places[part]
                signs[at // _BLOCK, :, at % _BLOCK] = np.packbits(turned > 0, axis=1).view("<u8")
                lengths, codes = _encoded(turned)
                gains.append(lengths)
                put(codes.tobytes(), is_checked=False)
                checksums += [crc32(code) for code in codes]
        row_ids.append(ids)
    if n_written != n_rows:
        raise StoreError(
            f"the index has {n_written} rows, but {n_rows} were expected: see `dupfind doctor --read-data`"
        )
    put(bytes(-(_code_size(width) * n_rows) % _ALIGNED), is_checked=False)
    put(np.concatenate(row_ids).astype("<i8").tobytes())
    for block in signs:
        put(block.astype("<u8").tobytes())
    put(np.concatenate(gains).astype("<f4").tobytes())
    put(np.array(checksums, dtype="<u4").tobytes())


def checksum(path: Path) -> int:
    """Return the CRC-32 of all but the codes, each of which has its own.

    Raises:
        OSError: The file cannot be read.
        StoreError: It is not a compressed index.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
        crc = crc32(head)
        file.seek(_tail(*_read_header(path, head)))
        while piece := file.read(1 << 20):
            crc = crc32(piece, crc)
    return crc


def _encoded(turned: Vectors) -> tuple[Vectors, NDArray[np.uint8]]:
    """Return the gain of each rotated vector, (m,), and its code, (m, bytes of a code)."""
    squares = np.einsum("ij,ij->i", turned, turned)  # (m,) squared lengths
    steps = np.float32(_STEP) * np.sqrt(squares / turned.shape[1])
    levels = np.clip(np.floor(turned / steps[:, None]) + _LEVELS // 2, 0, _LEVELS - 1)  # (m, width)
    # The scale makes a vector's score with itself right, and others unbiased.
    scales = squares / np.einsum("ij,ij->i", turned, levels - MIDDLE)
    gains = squares / np.abs(turned).sum(axis=1)
    half = turned.shape[1] // 2
    whole = levels.astype(np.uint8)
    packed = whole[:, :half] | whole[:, half:] << 4
    return gains, np.concatenate([scales.astype("<f4")[:, None].view(np.uint8), packed], axis=1)


def _parts(n_rows: int) -> Iterator[slice]:
    """Yield slices of at most `_CHUNK` rows."""
    for start in range(0, n_rows, _CHUNK):
        yield slice(start, min(start + _CHUNK, n_rows))


def _read_header(path: Path, head: bytes) -> tuple[int, int]:
    """Return the width of a vector and the number of rows.

    Raises:
        StoreError: The header is of another kind of file.
    """
    if len(head) != _HEADER.size:
        raise StoreError(f"{path} is too short for a snapshot")
    magic, dim, width, n_rows = _HEADER.unpack(head)
    if magic != _MAGIC or not dim or width != rotated_width(dim):
        raise StoreError(f"{path} is not a compressed snapshot")
    return dim, n_rows


def _code_size(width: int) -> int:
    """Return the bytes of a code: its scale, and four bits a coordinate."""
    return 4 + width // 2


def _tail(dim: int, n_rows: int) -> int:
    """Return the place of the first byte after the codes."""
    end = _HEADER.size + _code_size(rotated_width(dim)) * n_rows
    return end + -end % _ALIGNED
