"""The lines of records as the database keeps them, and the rows whose texts the present boilerplate changes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import StoreError
from dupfind.storage.database_url import index_again
from dupfind.storage.store import Store
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.line_keys import LineKeys, hashes
from dupfind.vectors.base import RowIds


@dataclass(frozen=True, slots=True)
class _Column:
    """Hashes of all rows, (h,) uint64, with the place of the row of each, (h,) int64, in order."""

    hashes: NDArray[np.uint64]
    places: RowIds

    @classmethod
    def of(cls, store: Store, cells: Sequence[bytes]) -> Self:
        if any(len(cell) % 8 for cell in cells):
            raise StoreError(f"{store.path} holds damaged lines: {index_again(store.path)}")
        lengths = [len(cell) // 8 for cell in cells]
        numbers = np.frombuffer(b"".join(cells), dtype="<u8").astype(np.uint64, copy=False)
        return cls(numbers, np.repeat(np.arange(len(cells)), lengths))


@dataclass(frozen=True, slots=True)
class SourceLines:
    """The lines of a source's records, those among them in whose place another source's is shown.

    Attributes:
        row_ids: The rows that have lines, (n,), in order.
        unknown: Rows that an older dupfind composed, (m,), in order.
    """

    row_ids: RowIds
    unknown: RowIds
    _counted: _Column
    _asked: _Column
    _left_out: _Column
    _hidden: RowIds

    @classmethod
    def read(cls, store: Store, source_id: int) -> Self:
        """Read the lines of a source.

        Raises:
            StoreError: They are damaged.
        """
        rows = store.connection.execute(
            "SELECT r.row_id, counted, asked, left_out, died FROM record r LEFT JOIN lines l ON l.row_id = r.row_id"
            " WHERE r.row_id IN (SELECT value FROM json_each(?)) ORDER BY r.row_id",
            (json.dumps(store.rows_of(source_id).tolist()),),
        ).fetchall()
        known = [row for row in rows if row[1] is not None]
        counted, asked, left_out = (_Column.of(store, [row[column] for row in known]) for column in (1, 2, 3))
        return cls(
            row_ids=np.array([row[0] for row in known], dtype=np.int64),
            unknown=np.array([row[0] for row in rows if row[1] is None], dtype=np.int64),
            _counted=counted,
            _asked=asked,
            _left_out=left_out,
            _hidden=np.array([row[0] for row in rows if row[4] is not None], dtype=np.int64),
        )

    def counts(self) -> dict[int, int]:
        """Return the number of records that contain each line, by the hash of its key."""
        keys, counts = np.unique(self._counted.hashes, return_counts=True)
        return dict(zip(keys.tolist(), counts.tolist(), strict=True))

    def with_line(self, key_hash: int) -> int:
        """Return the first row that contains a line."""
        place = self._counted.places[np.flatnonzero(self._counted.hashes == np.uint64(key_hash))[0]]
        return int(self.row_ids[place])

    def stale(self, boilerplate: Boilerplate) -> RowIds:
        """Return the rows whose texts may be others with this boilerplate, in order; all others stay as they are."""
        is_boilerplate = np.isin(
            self._asked.hashes, np.frombuffer(hashes(boilerplate.n_records), dtype="<u8")
        )
        now = set(
            zip(
                self._asked.places[is_boilerplate].tolist(),
                self._asked.hashes[is_boilerplate].tolist(),
                strict=True,
            )
        )
        before = set(zip(self._left_out.places.tolist(), self._left_out.hashes.tolist(), strict=True))
        places = np.array(sorted({place for place, _ in now ^ before}), dtype=np.int64)
        # A hidden row has no text; it gets one when it is shown again.
        return np.setdiff1d(np.concatenate([self.row_ids[places], self.unknown]), self._hidden)


def put(store: Store, row_id: int, keys: LineKeys) -> None:
    """Store the lines of a row in place of those before; inside a transaction of the index's only writer."""
    store.connection.execute(
        "INSERT INTO lines (row_id, counted, asked, left_out) VALUES (?, ?, ?, ?) ON CONFLICT (row_id) DO UPDATE"
        " SET counted = excluded.counted, asked = excluded.asked, left_out = excluded.left_out",
        (row_id, keys.counted, keys.asked, keys.left_out),
    )
