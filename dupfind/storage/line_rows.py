"""The lines of records as the database keeps them, and the rows whose texts the present boilerplate changes."""

import json
from array import array
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
    def of(cls, store: Store, cells: bytearray, n_bytes: Sequence[int]) -> Self:
        """Take the cells of all rows, one after the other, and the length of each."""
        lengths = np.array(n_bytes, dtype=np.int64)
        if (lengths % 8).any():
            raise StoreError(f"{store.path} holds damaged lines: {index_again(store.path)}")
        numbers = np.frombuffer(cells, dtype="<u8").astype(np.uint64, copy=False)
        return cls(numbers, np.repeat(np.arange(len(lengths)), lengths // 8))


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
        known, unknown, hidden = array("q"), array("q"), array("q")
        cells = bytearray(), bytearray(), bytearray()  # counted, asked, left_out
        n_bytes = array("q"), array("q"), array("q")
        # Rows are read one by one, because those of a million records would take a gigabyte together.
        for row_id, counted, asked, left_out, died in store.stream(
            "SELECT r.row_id, counted, asked, left_out, died FROM record r LEFT JOIN lines l ON l.row_id = r.row_id"
            " WHERE r.row_id IN (SELECT value FROM json_each(?)) ORDER BY r.row_id",
            (json.dumps(store.rows_of(source_id).tolist()),),
        ):
            if died is not None:
                hidden.append(row_id)
            if counted is None:
                unknown.append(row_id)
                continue
            known.append(row_id)
            for cell, column, lengths in zip((counted, asked, left_out), cells, n_bytes, strict=True):
                column += cell
                lengths.append(len(cell))
        all_counted, all_asked, all_left_out = (
            _Column.of(store, *each) for each in zip(cells, n_bytes, strict=True)
        )
        return cls(
            row_ids=np.array(known, dtype=np.int64),
            unknown=np.array(unknown, dtype=np.int64),
            _counted=all_counted,
            _asked=all_asked,
            _left_out=all_left_out,
            _hidden=np.array(hidden, dtype=np.int64),
        )

    def counts(self, least: float) -> dict[int, int]:
        """Return the number of records that contain each line of at least `least` records, by the hash of its key."""
        keys, counts = np.unique(self._counted.hashes, return_counts=True)
        is_frequent = counts >= least
        return dict(zip(keys[is_frequent].tolist(), counts[is_frequent].tolist(), strict=True))

    def with_line(self, key_hash: int) -> int:
        """Return the first row that contains a line."""
        place = self._counted.places[np.flatnonzero(self._counted.hashes == np.uint64(key_hash))[0]]
        return int(self.row_ids[place])

    def stale(self, boilerplate: Boilerplate) -> RowIds:
        """Return the rows whose texts may be others with this boilerplate, in order; all others stay as they are."""
        is_boilerplate = np.isin(
            self._asked.hashes, np.frombuffer(hashes(boilerplate.n_records), dtype="<u8")
        )
        places = np.concatenate([self._asked.places[is_boilerplate], self._left_out.places])
        keys = np.concatenate([self._asked.hashes[is_boilerplate], self._left_out.hashes])
        order = np.lexsort((keys, places))
        places, keys = places[order], keys[order]
        # A line that was left out and would be again stands twice, one behind the other.
        is_twice = (places[1:] == places[:-1]) & (keys[1:] == keys[:-1])
        is_single = np.ones(len(places), dtype=np.bool_)
        is_single[1:] &= ~is_twice
        is_single[:-1] &= ~is_twice
        places = np.unique(places[is_single])
        # A hidden row has no text; it gets one when it is shown again.
        return np.setdiff1d(np.concatenate([self.row_ids[places], self.unknown]), self._hidden)


def put(store: Store, row_id: int, keys: LineKeys) -> None:
    """Store the lines of a row in place of those before; inside a transaction of the index's only writer."""
    store.connection.execute(
        "INSERT INTO lines (row_id, counted, asked, left_out) VALUES (?, ?, ?, ?) ON CONFLICT (row_id) DO UPDATE"
        " SET counted = excluded.counted, asked = excluded.asked, left_out = excluded.left_out",
        (row_id, keys.counted, keys.asked, keys.left_out),
    )
