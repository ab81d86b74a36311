"""Writes a collection's database: one process at a time, under a lock, one transaction a change."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Self

from dupfind.errors import StoreError
from dupfind.records import Comment, Ref, storable
from dupfind.storage import (
    comment_rows,
    database,
    hidden_rows,
    line_rows,
    migrate,
    record_rows,
    row_checksums,
    snapshot_rows,
)
from dupfind.storage.connection import Connection
from dupfind.storage.database_url import IndexPlace
from dupfind.storage.encoding import Encoding
from dupfind.storage.hidden_rows import Aliases
from dupfind.storage.lock import lock, unlock
from dupfind.storage.record_rows import COLUMNS, Details, Entry, StoredRecord
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.storage.word_index import word_index
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText
from dupfind.text.line_keys import LineKeys
from dupfind.vectors.base import Vectors

_BATCH = 512  # rows whose words are in memory


class Writer(Store):
    """A Store that can be changed; at most one exists for a collection at any time."""

    is_alone = True
    """Whether no other writer can be at work on another source."""

    def __init__(self, path: IndexPlace, connection: Connection, unlock: Callable[[], None]) -> None:
        """Wrap a writing connection and the lock that protects it.

        Args:
            path: The database file, or the URL.
            connection: May write.
            unlock: Releases the lock.
        """
        super().__init__(path, connection)
        self._unlock = unlock
        self._is_changing = False
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS seen (row_id INTEGER PRIMARY KEY)")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Lock the collection, create or upgrade its database, and open it.

        Raises:
            StoreLocked: Another process is writing; the message names it.
            StoreError: The database cannot be created, upgraded or opened.
        """
        file_lock = lock(path.parent)
        try:
            migrate.upgrade(path)
            connection = database.connect(path, write=True)
            try:
                database.check(connection, path)
                row_checksums.add_triggers(connection)
                writer = cls(path, connection, partial(unlock, file_lock, path.parent))
                snapshot_rows.forget_words_with_wrong(writer)
                return writer
            except BaseException:
                connection.close()
                raise
        except sqlite3.DatabaseError as error:
            unlock(file_lock, path.parent)
            database.raise_interruption(error)
            raise StoreError(f"{path} cannot be written ({error})") from error
        except BaseException:
            unlock(file_lock, path.parent)
            raise

    def close(self) -> None:
        """Close the connection and release the lock."""
        super().close()
        self._unlock()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Open a write transaction: it is committed whole, or rolled back after any exception."""
        self._check_open()
        try:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                self._is_changing = True
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite itself rolls back after some errors
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                self._is_changing = False
                self.forget_aliases()
        except sqlite3.OperationalError as error:
            database.raise_interruption(error)
            raise StoreError(
                f"{self.path} cannot be written ({error}): earlier commits are safe; free some space, or make "
                "the folder writable, and run the same command again"
            ) from error

    def aliases(self) -> Aliases:
        """As `Store.aliases`; in a change they are read anew each time."""
        if self._is_changing:
            self.forget_aliases()
        return super().aliases()

    def lock_source(self, source_id: int) -> None:
        """Lock a source against other writers, until `releasing` ends; in a folder there are no others."""

    @contextmanager
    def releasing(self) -> Iterator[None]:
        """Release at the end of a block the sources that were locked in it."""
        yield

    @contextmanager
    def showing(self) -> Iterator[Set[int] | None]:
        """Lock the rows of all sources for a block that shows some of them and hides others.

        Yields:
            The ids of the sources that no other writer writes to; None for all, as here.
        """
        yield None

    def lock_all_sources(self) -> None:
        """Lock all sources against other writers; in a folder there are no others."""

    def vector_added(self, encoding_id: int, row_id: int) -> None:
        """Note that a row has a vector now; inside a transaction."""

    def rows_deleted(self, row_ids: Sequence[int]) -> None:
        """Note that rows were marked as deleted; inside a transaction."""

    def overwrite_deleted(self) -> None:
        """Let SQLite overwrite what this connection deletes with zeros, so that the file holds none of it."""
        self.connection.execute("PRAGMA secure_delete = ON").fetchall()

    def empty_log(self) -> None:
        """Move what was written into the database file, and empty SQLite's log, unless somebody reads from it."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # Boilerplate

    def replace_boilerplate(self, source_id: int, boilerplate: Boilerplate) -> None:
        """Store the boilerplate of a source; an unfinished encoding is dropped where it changes a line.

        Half of that encoding's texts would be composed without the new boilerplate.
        """
        before = self.boilerplate(source_id)
        if boilerplate == before:
            return
        with self.changing():
            self.connection.execute("DELETE FROM boilerplate WHERE source_id = ?", (source_id,))
            self.connection.executemany(
                "INSERT INTO boilerplate (source_id, line, n_records) VALUES (?, ?, ?)",
                ((source_id, line, n_records) for line, n_records in boilerplate.n_records.items()),
            )
            if boilerplate.n_records.keys() != before.n_records.keys():
                # fetchall, because the loop deletes from the table that it reads.
                for (encoding_id,) in self.connection.execute(
                    "SELECT id FROM encoding WHERE NOT is_current"
                ).fetchall():
                    self._drop_encoding(encoding_id)

    def recompose(
        self,
        encoding_id: int,
        rows: Iterable[tuple[int, ComposedText, LineKeys]],
        vectors: Mapping[str, Vectors],
        now: datetime,
    ) -> None:
        """Store how records are composed now, in one transaction; a record whose text changed gets a new row.

        Args:
            encoding_id: The encoding of the vectors.
            rows: Live rows, their texts and their lines.
            vectors: (dim,) float32 of unit length, by fingerprint, for every text without an embedding.
            now: Time of deletion of the rows that are replaced.
        """
        words: record_rows.Words = []
        with self.changing():
            record_rows.add_embeddings(self, encoding_id, vectors)
            for old_id, text, lines in rows:
                [record] = self.records([old_id]).values()
                if self.is_as_stored(encoding_id, old_id, text):
                    record_rows.renew_words(self, old_id, record, text)
                    line_rows.put(self, old_id, lines)
                    continue
                record_rows.mark_replaced(
                    self, [old_id], now
                )  # first: a name has one live row (unique index)
                row_id = record_rows.insert(
                    self,
                    f"INSERT INTO record ({COLUMNS}) SELECT {COLUMNS} FROM record WHERE row_id = ?",  # noqa: S608
                    (old_id,),
                )
                self.connection.execute(
                    "INSERT INTO mark (row_id, project, id) SELECT ?, project, id FROM mark WHERE row_id = ?",
                    (row_id, old_id),
                )
                # Else `mark_unseen_deleted` would delete the new row.
                self.connection.execute(
                    "INSERT INTO temp.seen SELECT ? FROM temp.seen WHERE row_id = ?", (row_id, old_id)
                )
                record_rows.add_text(self, encoding_id, row_id, record, text, words)
                line_rows.put(self, row_id, lines)
                comment_rows.move(self, old_id, row_id)
            record_rows.index_words(self, words)

    def is_as_stored(self, encoding_id: int, row_id: int, text: ComposedText) -> bool:
        """Return whether a row has a text, and the vector of that text as it is encoded now."""
        return text == self.text(row_id) and record_rows.has_vector(self, encoding_id, row_id, text)

    # Encodings

    def current_encoding(self) -> Encoding | None:
        """Return the current encoding, or None in a new collection."""
        (exists,) = self.connection.execute(
            "SELECT EXISTS (SELECT 1 FROM encoding WHERE is_current)"
        ).fetchone()
        return self.encoding() if exists else None

    def add_encoding(self, encoding: Encoding, *, is_current: bool) -> Encoding:
        """Store an encoding and return it with its new id; `encoding.id` is ignored.

        A current one that another writer has added meanwhile stays, and is returned in its place.
        """
        with self.changing():
            if is_current and (present := self.current_encoding()) is not None:
                return present
            encoding_id = record_rows.insert(
                self,
                "INSERT INTO encoding (model, model_fingerprint, dim, model_folder, recipe, title_weight, is_current)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    encoding.model,
                    encoding.model_fingerprint,
                    encoding.dim,
                    encoding.model_folder,
                    encoding.text_version,
                    encoding.title_weight,
                    is_current,
                ),
            )
        return self.encoding_by_id(encoding_id)

    def place_model(self, encoding_id: int, model_folder: str) -> None:
        """Store another place of an encoding's model."""
        with self.changing():
            self.connection.execute(
                "UPDATE encoding SET model_folder = ? WHERE id = ?", (model_folder, encoding_id)
            )

    def encoding_by_id(self, encoding_id: int) -> Encoding:
        """Return the encoding with this id."""
        return Encoding(
            *self.connection.execute(
                "SELECT id, model, model_fingerprint, dim, model_folder, recipe, title_weight"
                " FROM encoding WHERE id = ?",
                (encoding_id,),
            ).fetchone()
        )

    def unfinished_encoding(self) -> Encoding | None:
        """Return the unfinished encoding of an interrupted rebuild, or None."""
        row = self.connection.execute("SELECT max(id) FROM encoding WHERE NOT is_current").fetchone()
        return None if row[0] is None else self.encoding_by_id(row[0])

    def calibrate(self, encoding_id: int, changes: Mapping[str, Any], now: datetime) -> None:
        """Store what was measured of an encoding; what has other keys stays."""
        with self.changing():
            # Locks the row, so that another writer to a shared database waits.
            self.connection.execute(
                "UPDATE calibration SET created = created WHERE encoding_id = ?", (encoding_id,)
            )
            document = {**(self.calibration(encoding_id) or {}), **changes}
            self.connection.execute(
                "INSERT INTO calibration (encoding_id, created, document) VALUES (?, ?, ?)"
                " ON CONFLICT (encoding_id) DO UPDATE SET created = excluded.created, document = excluded.document",
                (encoding_id, timestamp(now), json.dumps(document)),
            )

    def drop_encoding(self, encoding_id: int) -> None:
        """Delete an encoding with its vectors and snapshots; the next publication deletes the files."""
        with self.changing():
            self._drop_encoding(encoding_id)

    def adopt_encoding(self, encoding_id: int, rows: Iterable[tuple[int, ComposedText, LineKeys]]) -> None:
        """Make an encoding the current one, and refill words, terms and lines with its texts, in one transaction."""
        with self.changing():
            self._drop_encoding(self.encoding().id)
            self.connection.execute("UPDATE encoding SET is_current = TRUE WHERE id = ?", (encoding_id,))
            word_index(self.connection).clear()
            for table in ("composed", "terms", "lines"):
                self.connection.execute(f"DELETE FROM {table}")  # noqa: S608
            each = iter(rows)
            while batch := list(islice(each, _BATCH)):
                words: record_rows.Words = []
                for row_id, text, lines in batch:
                    if text.title:
                        [record] = self.records([row_id]).values()
                        record_rows.add_words(self, row_id, record, text, words)
                    line_rows.put(self, row_id, lines)
                record_rows.index_words(self, words)

    def _drop_encoding(self, encoding_id: int) -> None:
        # Vectors before embeddings, to which they refer by foreign key.
        for table in ("vector", "embedding", "snapshot", "calibration"):
            self.connection.execute(f"DELETE FROM {table} WHERE encoding_id = ?", (encoding_id,))  # noqa: S608
        self.connection.execute("DELETE FROM encoding WHERE id = ?", (encoding_id,))

    # Records and vectors

    def missing_embeddings(self, encoding_id: int, fingerprints: Iterable[str]) -> list[str]:
        """Return the fingerprints of texts without an embedding, in their order."""
        return [
            fingerprint
            for fingerprint in fingerprints
            if self.connection.execute(
                "SELECT 1 FROM embedding WHERE encoding_id = ? AND fingerprint = ?",
                (encoding_id, fingerprint),
            ).fetchone()
            is None
        ]

    def stored_record(self, source_id: int, ref: Ref) -> StoredRecord | None:
        """Return the present row under a name in the source of the run, live or hidden, or None."""
        present = self._present_row(source_id, ref.project or "", ref.id)
        if present is None:
            return None
        row = self.connection.execute(
            "SELECT row_id, fingerprint, title, body, EXISTS (SELECT 1 FROM temp.seen s WHERE s.row_id = r.row_id),"
            " updated, text_fingerprint, closed, n_children, n_responses, comments"
            " FROM record r WHERE row_id = ?",
            (present,),
        ).fetchone()
        if row is None:
            return None
        row_id, fingerprint, title, body, was_seen, updated, *details = row
        return StoredRecord(row_id, fingerprint, Details(*details), title, body, bool(was_seen), updated)

    def _present_row(self, source_id: int, project: str, id: str) -> int | None:
        """Return the row under a name in the source of the present run, live or hidden."""
        row = self.connection.execute(
            "SELECT row_id FROM record WHERE source_id = ? AND project = ? AND id = ? AND died IS NULL",
            (source_id, project, id),
        ).fetchone()
        return hidden_rows.row_of(self, project, id) if row is None else int(row[0])

    def mark_seen(self, row_ids: Iterable[int]) -> None:
        """Note that this run has read these rows, so that `mark_unseen_deleted` spares them."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO temp.seen VALUES (?)", ((row_id,) for row_id in row_ids)
        )

    def refresh(self, rows: Iterable[tuple[int, Details, Sequence[Comment]]]) -> None:
        """Give live rows that did not change in any other way their present details, in one transaction.

        Args:
            rows: Row id, details, and the comments whose fingerprint is among the details.
        """
        with self.changing():
            for row_id, details, comments in rows:
                record_rows.set_details(self, row_id, details, comments)

    def mark_names_seen(self, source_id: int, refs: Iterable[Ref]) -> None:
        """Note that a source has records with these names, so that `mark_unseen_deleted` spares them."""
        rows = (self._present_row(source_id, storable(ref.project or ""), storable(ref.id)) for ref in refs)
        self.mark_seen(row for row in rows if row is not None)

    def write(
        self,
        source_id: int,
        encoding_id: int,
        entries: Sequence[tuple[Entry, StoredRecord | None]],
        vectors: Mapping[str, Vectors],
        now: datetime,
    ) -> None:
        """Write records with their vectors and words in one transaction: the commit point of indexing.

        A record whose title and body are as before keeps its row. Any other becomes a new row, and the old one is
        marked as deleted.

        Args:
            source_id: The source of the records.
            encoding_id: The encoding of the vectors.
            entries: Each record, and the live row under its name.
            vectors: (dim,) float32 of unit length, by fingerprint, for every text without an embedding.
            now: Time of deletion of the rows that are replaced.

        Raises:
            StoreError: The disk is full, or a vector is not of unit length; nothing was written.
        """
        words: record_rows.Words = []
        seen: list[int] = []
        with self.changing():
            record_rows.add_embeddings(self, encoding_id, vectors)
            for entry, stored in entries:
                record = entry.record
                if stored is not None and entry.text is None:
                    row_id = stored.row_id
                    self.connection.execute(
                        "UPDATE record SET state = ?, resolution = ?, created = ?, updated = ?, url = ?,"
                        " fingerprint = ? WHERE row_id = ?",
                        (*record_rows.metadata(record), entry.fingerprint, row_id),
                    )
                    record_rows.set_details(self, row_id, entry.details, record.comments)
                    self.connection.execute("DELETE FROM mark WHERE row_id = ?", (row_id,))
                else:
                    if stored is not None:
                        record_rows.mark_deleted(self, [stored.row_id], now)
                    row_id = record_rows.add_record(self, source_id, encoding_id, entry, words)
                self.connection.executemany(
                    "INSERT OR IGNORE INTO mark (row_id, project, id) VALUES (?, ?, ?)",
                    ((row_id, ref.project or "", ref.id) for ref in record.duplicate_of),
                )
                seen.append(row_id)
            self.mark_seen(seen)
            record_rows.index_words(self, words)

    def add_vectors(
        self, encoding_id: int, rows: Iterable[tuple[int, ComposedText]], vectors: Mapping[str, Vectors]
    ) -> None:
        """Store the vectors of existing rows under another encoding, in one transaction."""
        with self.changing():
            record_rows.add_embeddings(self, encoding_id, vectors)
            for row_id, text in rows:
                record_rows.add_vector(self, encoding_id, row_id, text)

    def mark_names_deleted(self, source_id: int, refs: Iterable[Ref], now: datetime) -> int:
        """Mark the live rows of a source with these names as deleted, and return their number."""
        rows: list[int] = []
        with self.changing():
            for ref in refs:
                row = self._present_row(source_id, storable(ref.project or ""), storable(ref.id))
                rows += [] if row is None else [row]
            record_rows.mark_deleted(self, rows, now)
        return len(rows)

    def mark_unseen_deleted(self, source_id: int, now: datetime) -> int:
        """Mark the live rows of a source that this run did not read as deleted, and return their number."""
        with self.changing():
            rows = self.connection.execute(
                "SELECT row_id FROM record WHERE source_id = ?1 AND died IS NULL"  # noqa: S608
                " AND row_id NOT IN (SELECT row_id FROM temp.seen)"
                f" UNION ALL SELECT row_id FROM record WHERE source_id = ?1 AND {hidden_rows.IS_HIDDEN}"
                " AND row_id NOT IN (SELECT row_id FROM temp.seen)",
                (source_id,),
            ).fetchall()
            record_rows.mark_deleted(self, [row[0] for row in rows], now)
        return len(rows)
