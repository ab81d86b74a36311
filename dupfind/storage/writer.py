"""Writer: the one process that changes a collection's database, under a lock, one transaction a change."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from dupfind.errors import StoreError
from dupfind.records import Ref, storable
from dupfind.storage import database, migrate, record_rows
from dupfind.storage.lock import lock, unlock
from dupfind.storage.record_rows import Entry, StoredRecord
from dupfind.storage.store import Encoding, Store, timestamp
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText
from dupfind.vectors.base import Vectors


class Writer(Store):
    """A Store that may change; at most one exists for a collection at any time."""

    def __init__(self, path: Path, connection: sqlite3.Connection, held: FileLock) -> None:
        """Wrap a writing connection and the lock that protects it."""
        super().__init__(path, connection)
        self._lock = held
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS seen (row_id INTEGER PRIMARY KEY)")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Lock the collection, create or upgrade its database, and open it.

        Raises:
            StoreLocked: Another process is writing; its text says which.
            StoreError: The database cannot be made, upgraded or opened.
        """
        held = lock(path.parent)
        try:
            migrate.upgrade(path)
            connection = database.connect(path, write=True)
            try:
                database.check(connection, path)
                return cls(path, connection, held)
            except BaseException:
                connection.close()
                raise
        except sqlite3.DatabaseError as error:
            unlock(held, path.parent)
            raise StoreError(f"{path} cannot be written ({error})") from error
        except BaseException:
            unlock(held, path.parent)
            raise

    def close(self) -> None:
        """Close the connection and let the next writer in."""
        super().close()
        unlock(self._lock, self.path.parent)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One write transaction: committed whole, or rolled back."""
        try:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"{self.path} cannot be written ({error}): what was committed before is safe; make room, or see "
                "that the folder can be written, and run the same command again"
            ) from error

    # Boilerplate

    def n_unlearned(self, source_id: int) -> int:
        """How many live records of a source came after its boilerplate was learned."""
        return self.one(
            "SELECT count(*) FROM record r JOIN source s ON s.id = source_id"
            " WHERE source_id = ? AND died IS NULL AND row_id > learned_up_to",
            (source_id,),
        )

    def learn(self, source_id: int, boilerplate: Boilerplate) -> None:
        """Remember what was learned from a source that is settled; where it is new, all its rows are unsettled."""
        with self.changing():
            if boilerplate != self.boilerplate(source_id):
                self.connection.execute("DELETE FROM boilerplate WHERE source_id = ?", (source_id,))
                self.connection.executemany(
                    "INSERT INTO boilerplate VALUES (?, ?, ?)",
                    ((source_id, line, n_records) for line, n_records in boilerplate.n_records.items()),
                )
                self.connection.execute(
                    "UPDATE source SET settled_up_to = 0, learned_up_to ="
                    " (SELECT coalesce(max(row_id), 0) FROM record) WHERE id = ?",
                    (source_id,),
                )
                for (encoding_id,) in self.connection.execute(
                    "SELECT id FROM encoding WHERE NOT is_current"
                ).fetchall():
                    self._drop_encoding(encoding_id)  # half of it is composed by what was known before
            else:
                self._settled(source_id)

    def recompose(
        self,
        source_id: int,
        encoding_id: int,
        rows: Iterable[tuple[int, ComposedText]],
        vectors: Mapping[str, Vectors],
        up_to: int | None,
        now: datetime,
    ) -> None:
        """Give records another text, each in a new row, in one transaction with the note how far this has come.

        Args:
            source_id: Whose records.
            encoding_id: Whose vectors.
            rows: Live rows and their new texts.
            vectors: (dim,) float32 of unit length, by fingerprint, for every text that has none yet.
            up_to: The row up to which the source is settled now; None where it is done.
            now: Time of death of the rows that are replaced.
        """
        with self.changing():
            record_rows.add_embeddings(self, encoding_id, vectors)
            for old_id, text in rows:
                record_rows.mark_deleted(self, [old_id], now)
                row_id = self.insert(
                    "INSERT INTO record (source_id, project, id, title, body, state, resolution, created, updated,"
                    " url, fingerprint) SELECT source_id, project, id, title, body, state, resolution, created,"
                    " updated, url, fingerprint FROM record WHERE row_id = ?",
                    (old_id,),
                )
                self.connection.execute(
                    "INSERT INTO mark SELECT ?, project, id FROM mark WHERE row_id = ?", (row_id, old_id)
                )
                self.connection.execute(
                    "INSERT INTO temp.seen SELECT ? FROM temp.seen WHERE row_id = ?", (row_id, old_id)
                )
                record_rows.add_text(self, encoding_id, row_id, text)
            if up_to is None:
                self._settled(source_id)
            else:
                self.connection.execute(
                    "UPDATE source SET settled_up_to = ? WHERE id = ?", (up_to, source_id)
                )

    def _settled(self, source_id: int) -> None:
        self.connection.execute(
            "UPDATE source SET (learned_up_to, settled_up_to) ="
            " (SELECT coalesce(max(row_id), 0), coalesce(max(row_id), 0) FROM record) WHERE id = ?",
            (source_id,),
        )

    # Encodings

    def current_encoding(self) -> Encoding | None:
        """The current encoding, or None in a new collection."""
        (exists,) = self.connection.execute(
            "SELECT EXISTS (SELECT 1 FROM encoding WHERE is_current)"
        ).fetchone()
        return self.encoding() if exists else None

    def add_encoding(self, wanted: Encoding, *, is_current: bool) -> Encoding:
        """Remember an encoding; `wanted.id` is of no account."""
        with self.changing():
            encoding_id = self.insert(
                "INSERT INTO encoding (model, model_fingerprint, dim, model_folder, recipe, title_weight, is_current)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    wanted.model,
                    wanted.model_fingerprint,
                    wanted.dim,
                    wanted.model_folder,
                    wanted.text_version,
                    wanted.title_weight,
                    int(is_current),
                ),
            )
        return self.encoding_by_id(encoding_id)

    def encoding_by_id(self, encoding_id: int) -> Encoding:
        """The encoding of this number."""
        return Encoding(
            *self.connection.execute(
                "SELECT id, model, model_fingerprint, dim, model_folder, recipe, title_weight"
                " FROM encoding WHERE id = ?",
                (encoding_id,),
            ).fetchone()
        )

    def unfinished_encoding(self) -> Encoding | None:
        """The encoding that an interrupted rebuild left in the making."""
        row = self.connection.execute("SELECT max(id) FROM encoding WHERE NOT is_current").fetchone()
        return None if row[0] is None else self.encoding_by_id(row[0])

    def calibrate(self, encoding_id: int, document: Mapping[str, Any], now: datetime) -> None:
        """Keep a calibration of an encoding in place of the one before."""
        with self.changing():
            self.connection.execute(
                "INSERT OR REPLACE INTO calibration VALUES (?, ?, ?)",
                (encoding_id, timestamp(now), json.dumps(document)),
            )

    def drop_encoding(self, encoding_id: int) -> None:
        """Forget an encoding with its vectors and snapshots; the files go at the next sweep."""
        with self.changing():
            self._drop_encoding(encoding_id)

    def adopt_encoding(self, encoding_id: int, words: Iterable[tuple[int, ComposedText]]) -> None:
        """Put an encoding in the current one's place, and refill the word search from its recipe, in one step."""
        with self.changing():
            self._drop_encoding(self.encoding().id)
            self.connection.execute("UPDATE encoding SET is_current = 1 WHERE id = ?", (encoding_id,))
            self.connection.execute("DELETE FROM words")
            self.connection.execute("DELETE FROM terms")
            for row_id, text in words:
                record_rows.add_words(self, row_id, text)
            self.connection.execute("UPDATE source SET settled_up_to = learned_up_to")

    def _drop_encoding(self, encoding_id: int) -> None:
        for table in ("vector", "embedding", "snapshot", "calibration"):
            self.connection.execute(f"DELETE FROM {table} WHERE encoding_id = ?", (encoding_id,))  # noqa: S608
        self.connection.execute("DELETE FROM encoding WHERE id = ?", (encoding_id,))

    # Records and vectors

    def unknown(self, encoding_id: int, fingerprints: Iterable[str]) -> list[str]:
        """Those of the texts' fingerprints that have no vector yet, in their order."""
        return [
            fingerprint
            for fingerprint in fingerprints
            if self.connection.execute(
                "SELECT 1 FROM embedding WHERE encoding_id = ? AND fingerprint = ?",
                (encoding_id, fingerprint),
            ).fetchone()
            is None
        ]

    def known(self, source_id: int, ref: Ref) -> StoredRecord | None:
        """What stands under a name in a source, alive, and whether this run has met it."""
        row = self.connection.execute(
            "SELECT row_id, fingerprint, title, body, EXISTS (SELECT 1 FROM temp.seen s WHERE s.row_id = r.row_id)"
            " FROM record r WHERE source_id = ? AND project = ? AND id = ? AND died IS NULL",
            (source_id, ref.project or "", ref.id),
        ).fetchone()
        if row is None:
            return None
        row_id, fingerprint, title, body, was_seen = row
        return StoredRecord(row_id, fingerprint, title, body, bool(was_seen))

    def see(self, row_ids: Iterable[int]) -> None:
        """Note that this run has met these rows, so that `mark_unseen_deleted` spares them."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO temp.seen VALUES (?)", ((row_id,) for row_id in row_ids)
        )

    def see_names(self, source_id: int, refs: Iterable[Ref]) -> None:
        """Note that a source has the records of these names, so that `mark_unseen_deleted` spares them."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO temp.seen SELECT row_id FROM record"
            " WHERE source_id = ? AND project = ? AND id = ? AND died IS NULL",
            ((source_id, storable(ref.project or ""), storable(ref.id)) for ref in refs),
        )

    def write(
        self,
        source_id: int,
        encoding_id: int,
        entries: Sequence[tuple[Entry, StoredRecord | None]],
        vectors: Mapping[str, Vectors],
        now: datetime,
    ) -> None:
        """Write records with their vectors and words in one transaction: the commit point of indexing.

        A record whose title and body are as before keeps its row; any other becomes a new row, and the old one
        dies.

        Args:
            source_id: Where they come from.
            encoding_id: Whose vectors.
            entries: Each record, and what the database had under its name.
            vectors: (dim,) float32 of unit length, by fingerprint, for every text that has none yet.
            now: Time of death of the rows that are replaced.

        Raises:
            StoreError: The disk is full, or a vector is not of unit length; nothing was written.
        """
        with self.changing():
            record_rows.add_embeddings(self, encoding_id, vectors)
            for entry, known in entries:
                record = entry.record
                if known is not None and entry.text is None:
                    row_id = known.row_id
                    self.connection.execute(
                        "UPDATE record SET state = ?, resolution = ?, created = ?, updated = ?, url = ?,"
                        " fingerprint = ? WHERE row_id = ?",
                        (*record_rows.metadata(record), entry.fingerprint, row_id),
                    )
                    self.connection.execute("DELETE FROM mark WHERE row_id = ?", (row_id,))
                else:
                    if known is not None:
                        record_rows.mark_deleted(self, [known.row_id], now)
                    row_id = record_rows.add_record(self, source_id, encoding_id, entry)
                self.connection.executemany(
                    "INSERT OR IGNORE INTO mark VALUES (?, ?, ?)",
                    ((row_id, ref.project or "", ref.id) for ref in record.duplicate_of),
                )
                self.see([row_id])

    def place(
        self, encoding_id: int, rows: Iterable[tuple[int, ComposedText]], vectors: Mapping[str, Vectors]
    ) -> None:
        """Give existing rows their vectors under another encoding, in one transaction."""
        with self.changing():
            record_rows.add_embeddings(self, encoding_id, vectors)
            for row_id, text in rows:
                record_rows.add_vector(self, encoding_id, row_id, text)

    def mark_unseen_deleted(self, source_id: int, now: datetime) -> int:
        """Mark dead what the source no longer has: its live rows that this run did not meet."""
        with self.changing():
            rows = self.connection.execute(
                "SELECT row_id FROM record WHERE source_id = ? AND died IS NULL"
                " AND row_id NOT IN (SELECT row_id FROM temp.seen)",
                (source_id,),
            ).fetchall()
            record_rows.mark_deleted(self, [row[0] for row in rows], now)
        return len(rows)

    def insert(self, statement: str, values: Sequence[Any]) -> int:
        """Insert a row and give its number; RETURNING would stay open where Ctrl-C comes between."""
        self.connection.execute(statement, values)
        return self.one("SELECT last_insert_rowid()")
