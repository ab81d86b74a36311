"""The compressed index: every row is compared by the signs of its vector, and the nearest ones by finer codes.

A file holds one bit and four bits of each coordinate of a rotated vector (RaBitQ: Gao & Long, 2024). It selects some
hundred rows, whose exact vectors the caller then compares.
"""

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import DimensionMismatch, SnapshotDamaged, StoreError
from dupfind.vectors.base import NO_ROW, Block, Mask, RowIds, Vectors
from dupfind.vectors.flat import FlatIndex
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
_MIDDLE = np.float32((_LEVELS - 1) / 2)
_MARGIN = 0.6
"""Divided by the root of the width: how far a score by the codes may lie from the true one (five deviations)."""

_WIDTH = 768
"""The next numbers are for vectors of this width; narrower ones have fewer signs, and more of them are selected."""
_MIN_BY_SIGNS = 8_192
_SHARE_BY_SIGNS = 64
"""A 64th of all rows is selected by signs alone: of 1,000,000 it has .9998 of the 200 nearest."""
_MIN_BY_GAIN = 2_048
_GAIN_FACTOR = (
    16  # of k rows wanted: the next choice, by the query's coordinates and the signs, has .9997 of them
)
_CHUNK = 512  # codes that are decoded together


class Put(Protocol):
    """Takes the bytes of a file, piece by piece."""

    def __call__(self, piece: bytes, *, is_checked: bool = True) -> object:
        """Take a piece; `is_checked` is False for a part that the checksum for readers leaves out."""
        ...


class ScanIndex:
    """Selects the rows that may be the nearest; the vectors themselves are in the database."""

    def __init__(
        self,
        path: Path,
        dim: int,
        row_ids: RowIds,
        codes: NDArray[np.uint8],
        signs: NDArray[np.uint64],
        gains: Vectors,
        checksums: NDArray[np.uint32],
        file: OpenFile,
    ) -> None:
        """Use `ScanIndex.load`.

        Args:
            path: The file, for messages.
            dim: Width of a vector.
            row_ids: (n,) increasing.
            codes: (n, bytes of a code), mapped.
            signs: (blocks, words, rows of a block) of the rotated vectors; the last block may hold more than n rows.
            gains: (n,) factor that turns a sum of signed coordinates into a score.
            checksums: (n,) CRC-32 of each code.
            file: The same codes, for a first search: mapped pages bring their neighbours into memory.
        """
        self._path = path
        self._dim = dim
        self._width = rotated_width(dim)
        self._row_ids = row_ids
        self._codes = codes
        self._signs = signs
        self._gains = gains
        self._checksums = checksums
        self._file = file
        self._n_searches = 0

    @classmethod
    def load(cls, path: Path) -> "ScanIndex":
        """Map a snapshot file; the caller verifies its checksum, and each code is verified when it is read.

        Raises:
            StoreError: The file is not a compressed index.
        """
        with path.open("rb") as file:
            dim, n_rows = _read_header(path, file.read(_HEADER.size))
            width = rotated_width(dim)
            n_blocks, words = -(-n_rows // _BLOCK), width // 64
            start = _tail(dim, n_rows)
            size = _code_size(width)
            sizes = (8 * n_rows, 8 * n_blocks * words * _BLOCK, 4 * n_rows, 4 * n_rows)
            if os.fstat(file.fileno()).st_size != start + sum(sizes):
                raise StoreError(f"{path} does not have the size of its {n_rows} rows")
            at = [start + sum(sizes[:place]) for place in range(len(sizes))]
            mapped = np.asarray(np.memmap(file, dtype=np.uint8, mode="r"))
            row_ids, signs, gains, checksums = (
                mapped[offset : offset + n_bytes].view(kind)
                for offset, n_bytes, kind in zip(at, sizes, ("<i8", "<u8", "<f4", "<u4"), strict=True)
            )
            codes = mapped[_HEADER.size : _HEADER.size + size * n_rows].reshape(n_rows, size)
            opened = OpenFile(path, os.dup(file.fileno()))  # stays open after the with block
        shaped = signs.reshape(n_blocks, words, _BLOCK)
        return cls(path, dim, np.array(row_ids), codes, shaped, gains, checksums, opened)

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        return self._row_ids

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self._dim

    def candidates(self, queries: Vectors, k: int, allowed: Mask | None = None) -> list[RowIds]:
        """Return for each query the rows that may be among its k nearest, increasing; some are too far.

        Whether a row is selected depends on its vector, the query and the scores of the others, and not on its place.

        Args:
            queries: (q, dim) float32, rows of unit length or shorter.
            k: Number of neighbours, at least 1.
            allowed: (n,) bool: the rows that may be returned; None for all.

        Raises:
            DimensionMismatch: The queries are not as wide as the index.
            SnapshotDamaged: A code does not match its checksum.
        """
        if queries.ndim != 2 or queries.shape[1] != self._dim:
            raise DimensionMismatch(f"queries of shape {queries.shape} meet an index of width {self._dim}")
        self._n_searches += 1
        with np.errstate(all="ignore"):  # NaN of a damaged file
            return [self._row_ids[self._places(query, k, allowed)] for query in rotated(queries)]

    def _places(self, query: Vectors, k: int, allowed: Mask | None) -> NDArray[np.intp]:
        """Return the places of the rows that may be among the k nearest of one rotated query, increasing."""
        more = max(1.0, _WIDTH / self._width)
        n_by_gain = max(_MIN_BY_GAIN, int(more * _GAIN_FACTOR * k))
        n_by_signs = max(_MIN_BY_SIGNS, int(more * len(self._row_ids) / _SHARE_BY_SIGNS), 4 * n_by_gain)
        n_allowed = len(self._row_ids) if allowed is None else int(np.count_nonzero(allowed))
        places = np.arange(len(self._row_ids)) if allowed is None else np.flatnonzero(allowed)
        if n_allowed > n_by_signs:
            distances = self._distances(query)
            if allowed is not None:
                distances = distances[places]
            # Rows at the same distance as the last one are selected, too.
            n_within = np.cumsum(np.bincount(distances))
            places = places[distances <= np.searchsorted(n_within, n_by_signs)]
        if len(places) > n_by_gain:
            scores = self._by_signs(query, places)
            places = places[scores >= np.partition(scores, -n_by_gain)[-n_by_gain]]
        if len(places) > k:
            scores = self._by_codes(query, places)
            floor = np.partition(scores, -k)[-k] - _MARGIN * np.linalg.norm(query) / self._width**0.5
            places = places[scores >= floor]
        return places

    def _distances(self, query: Vectors) -> NDArray[np.uint16]:
        """Return the number of signs in which each row differs from a rotated query, (n,)."""
        own = np.packbits(query > 0).view("<u8")[:, None]  # (words, 1)
        distances = np.empty(len(self._signs) * _BLOCK, dtype=np.uint16)
        differ = np.empty((len(own), _BLOCK), dtype=np.uint64)
        counts = np.empty((len(own), _BLOCK), dtype=np.uint8)
        for block, signs in enumerate(self._signs):  # signs is (words, rows)
            np.bitwise_xor(signs, own, out=differ)
            np.bitwise_count(differ, out=counts)
            at = block * _BLOCK
            np.add.reduce(counts, axis=0, dtype=np.uint16, out=distances[at : at + _BLOCK])
        return distances[: len(self._row_ids)]

    def _by_signs(self, query: Vectors, places: NDArray[np.intp]) -> Vectors:
        """Return the scores of rows by their signs and the whole query, (m,)."""
        packed = self._signs[places // _BLOCK, :, places % _BLOCK]  # (m, words)
        packed = np.ascontiguousarray(packed.view(np.uint8).reshape(len(places), -1).T)  # (bytes, m)
        every_byte = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float32)
        table = query.reshape(-1, 8) @ (2 * every_byte - 1).T  # (bytes, 256): what each byte adds to a sum
        scores = np.zeros(len(places), dtype=np.float32)
        for sums, values in zip(table, packed, strict=True):
            scores += np.take(sums, values)
        return np.asarray(scores * self._gains[places])

    def _by_codes(self, query: Vectors, places: NDArray[np.intp]) -> Vectors:
        """Return the scores of rows by their codes, (m,)."""
        half = self._width // 2
        offset = _MIDDLE * query.sum()
        scores = np.empty(len(places), dtype=np.float32)
        for start in range(0, len(places), _CHUNK):
            codes = self._verified(places[start : start + _CHUNK])
            levels = codes[
                :, 4:
            ]  # (rows, width / 2): the first half of the coordinates in the lower four bits
            sums = (levels & 15).astype(np.float32) @ query[:half]
            sums += (levels >> 4).astype(np.float32) @ query[half:]
            scales = np.ascontiguousarray(codes[:, :4]).view("<f4")[:, 0]
            scores[start : start + _CHUNK] = scales * (sums - offset)
        return scores

    def _verified(self, places: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return the codes of rows, (m, bytes of a code), each by its checksum."""
        if self._n_searches > 1:
            codes = self._codes[places]
        else:
            size = self._codes.shape[1]
            codes = np.empty((len(places), size), dtype=np.uint8)
            for code, place in zip(codes, places.tolist(), strict=True):
                self._file.fill(code, _HEADER.size + size * place)
        if [crc32(code) for code in codes] != self._checksums[places].tolist():
            raise SnapshotDamaged(f"{self._path} is damaged")
        return codes


class RescoredIndex:
    """A compressed index with the exact vectors of its rows: the scores that it returns are exact."""

    def __init__(self, scan: ScanIndex, read: Callable[[RowIds], Vectors]) -> None:
        """Join an index and a function that returns the vectors of rows, (m, dim) float32, in their order."""
        self._scan = scan
        self._read = read

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        return self._scan.row_ids

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self._scan.dim

    def vectors(self, row_ids: RowIds) -> Vectors:
        """Return the vectors of rows, as `VectorIndex.vectors`."""
        return self._read(row_ids)

    def nearest(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """Find the nearest rows, as `VectorIndex.nearest`; one in some thousand neighbours may be missed."""
        return self.begin(queries, k, allowed)()

    def compare_all(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """Find the nearest rows by reading every vector, as `VectorIndex.nearest`: slow, and right without the file."""
        scores = np.full((len(queries), k), -2, dtype=np.float32)
        row_ids = np.full((len(queries), k), NO_ROW, dtype=np.int64)
        for start in range(0, len(self.row_ids), _BLOCK):
            rows = self.row_ids[start : start + _BLOCK]
            mask = None if allowed is None else allowed[start : start + _BLOCK]
            more_scores, more_rows = FlatIndex(rows, self._read(rows)).nearest(queries, k, mask)
            scores, row_ids = np.hstack([scores, more_scores]), np.hstack([row_ids, more_rows])
            order = np.lexsort((row_ids, -scores))[:, :k]  # (queries, k) highest first, equal ones by row id
            scores = np.take_along_axis(scores, order, axis=1)
            row_ids = np.take_along_axis(row_ids, order, axis=1)
        return scores, row_ids

    def begin(
        self, queries: Vectors, k: int, allowed: Mask | None = None
    ) -> Callable[[], tuple[Vectors, RowIds]]:
        """Select candidates now; the result reads their vectors and returns what `nearest` does."""
        candidates = self._scan.candidates(queries, k, allowed)

        def finish() -> tuple[Vectors, RowIds]:
            scores = np.full((len(queries), k), -2, dtype=np.float32)
            row_ids = np.full((len(queries), k), NO_ROW, dtype=np.int64)
            for place, (query, rows) in enumerate(zip(queries, candidates, strict=True)):
                exact = self._exact(query, rows)
                order = np.lexsort((rows, -exact))[:k]
                scores[place, : len(order)], row_ids[place, : len(order)] = exact[order], rows[order]
            return scores, row_ids

        return finish

    def _exact(self, query: Vectors, rows: RowIds) -> Vectors:
        """Return the exact scores of rows, (m,); there may be many, as of equal vectors all are candidates."""
        exact = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK):
            vectors = self._read(rows[start : start + _BLOCK])
            products = np.einsum("ij,j->i", vectors, query.astype(np.float64))
            exact[start : start + _BLOCK] = np.clip(products, -1, 1)
        return exact


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
    scales = squares / np.einsum("ij,ij->i", turned, levels - _MIDDLE)
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
