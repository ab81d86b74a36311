"""The segments of vectors that a reader has open; what a file has lost is made anew from the database, in memory."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from dupfind.errors import StoreError
from dupfind.storage.encoding import Encoding
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import has_bodies, iter_vectors, n_vectors
from dupfind.vectors.scan_file import ScanFile
from dupfind.vectors.snapshot_file import check_inside, is_intact


class ScanFiles:
    """The open segments of a folder, each opened and verified once for all searches."""

    def __init__(self, folder: Path) -> None:
        """Name the folder of snapshots; nothing is opened yet."""
        self._folder = folder
        self._open: dict[str, ScanFile] = {}
        # Names of files in whose place there is one in memory, and the first row of its range.
        self._made: dict[str, int] = {}
        self._intact: set[str] = set()

    def opened(
        self,
        store: Store,
        encoding: Encoding,
        segments: Sequence[Snapshot],
        rejected: Collection[str],
        reject: Callable[[Snapshot, object], None],
    ) -> tuple[ScanFile, ...]:
        """Open segments, or make them in memory: both hold the same codes, and select the same rows.

        Live rows between two segments belong to one that is named no more: the next one is made with them.

        Args:
            store: In a read transaction.
            encoding: Of the vectors.
            segments: All segments, in the order of their rows.
            rejected: Names of files that are not used.
            reject: Called with a file that cannot be used, and the reason.
        """
        files, first = {}, 1
        for segment in segments:
            name = segment.file.name
            file = self._open.get(name)
            if self._made.get(name, first) != first:  # the segments before it are others now
                del self._made[name]
                file = None
            if name not in self._made and (name in rejected or (file is not None and file.is_damaged)):
                if name not in rejected:
                    reject(segment, "a code is damaged")
                file = None
            elif file is None:
                file = self._load(segment, first, reject)
            is_file = file is not None and name not in self._made
            if file is None or (is_file and lacks_rows(store, encoding, first, file)):
                file = _made(self._folder / name, store, encoding, first, segment.max_row_id)
                self._made[name] = first
            files[name] = file
            first = segment.max_row_id + 1
        self._open = files
        self._made = {name: made for name, made in self._made.items() if name in files}
        self._intact &= files.keys()
        return tuple(files.values())

    def wrong(self, segments: Sequence[Snapshot]) -> list[Snapshot]:
        """Return the segments whose checksums are wrong; each is computed once."""
        found = []
        for segment in segments:
            name = segment.file.name
            if name in self._made or name in self._intact:
                continue
            if is_intact(self._folder / name, segment.file, quick=True):
                self._intact.add(name)
            else:
                found.append(segment)
        return found

    def _load(
        self, segment: Snapshot, first: int, reject: Callable[[Snapshot, object], None]
    ) -> ScanFile | None:
        path = self._folder / segment.file.name
        try:
            check_inside(self._folder, segment.file.name)
            if path.stat().st_size != segment.file.bytes:
                raise StoreError(f"{path} does not have the size it was written with")
            file = ScanFile.load(path)
            rows = file.row_ids
            is_within = len(rows) and first <= rows[0] and rows[-1] <= segment.max_row_id
            if (len(rows), file.dim) != (segment.n_rows, segment.dim) or not is_within:
                raise StoreError(f"{path} does not have the rows that the database names")
        except (OSError, StoreError, ValueError) as error:
            reject(segment, error)
            return None
        return file


def lacks_rows(store: Store, encoding: Encoding, first: int, file: ScanFile) -> bool:
    """Return whether live rows stand between a row id and the first row of a file."""
    after = int(file.row_ids[0]) if len(file) else first
    return after > first and n_vectors(store, encoding.id, first - 1, after - 1) > 0


def _made(path: Path, store: Store, encoding: Encoding, first: int, last: int) -> ScanFile:
    """Return the codes of the live rows of a range in memory: 600 bytes a row."""
    joint = has_bodies(store, encoding.id)
    blocks = iter_vectors(store, encoding, after=first - 1, up_to=last, joint=joint)
    n_rows = n_vectors(store, encoding.id, first - 1, last)
    return ScanFile.of_blocks(path, encoding.dim * (2 if joint else 1), n_rows, blocks)
