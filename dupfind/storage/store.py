"""Store: what a collection's database says, read in one transaction while a writer may go on."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from dupfind.errors import StoreError
from dupfind.records import Record, RecordHead, Ref, storable
from dupfind.storage import database
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.composition import ComposedText
from dupfind.text.terms import TermLists
from dupfind.vectors.base import Block, RowIds, SnapshotFile, Vectors
from dupfind.vectors.title_body import concat

_BLOCK_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Encoding:
    """A model and a text recipe, which together decide every vector.

    Attributes:
        id: Its number in the database.
        model: What a person calls the model.
        model_fingerprint: Hash of all that decides the model's vectors.
        dim: Width of one embedding.
        model_folder: The model's files: a folder inside the collection, an absolute path, or None.
        text_version: Version of the text recipe.
        title_weight: Share of the title in a record's vector, 0 to 1.
    """

    id: int
    model: str
    model_fingerprint: str
    dim: int
    model_folder: str | None
    text_version: str
    title_weight: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published index file and what it covers."""

    generation: int
    file: SnapshotFile
    dim: int
    n_rows: int
    max_row_id: int
    recall: float


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records may be found; None means any."""

    state: str | None = None
    project: str | None = None
    source: str | None = None
    before: datetime | None = None
    since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return self == Filter()


class Store:
    """Reads a collection's database; never writes, and never waits for who does."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Wrap a connection from `schema.connect`."""
        self.path = path
        self.connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database read-only.

        Raises:
            StoreError: It is missing, damaged or foreign, or of another revision (its children say which).
        """
        connection = database.connect(path)
        try:
            database.check(connection, path)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One read transaction: everything read inside is of one moment.

        Raises:
            StoreError: There is one already, or the database cannot be read.
        """
        is_busy: bool = self.connection.in_transaction
        if is_busy:
            raise StoreError(
                f"{self.path} is being read already: one thread may use a Collection at a time; open it once for each"
            )
        with self.watching():
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Turn SQLite's own words about a damaged file into one that names the way out."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{self.path} cannot be read ({error}): see `dupfind doctor --read-data`, or move the folder "
                "away and index again"
            ) from error

    # Encodings and snapshots

    def encoding(self) -> Encoding:
        """The current encoding.

        Raises:
            StoreError: Nothing has been indexed yet.
        """
        row = self.connection.execute(
            "SELECT id, model, model_fingerprint, dim, model_folder, recipe, title_weight"
            " FROM encoding WHERE is_current"
        ).fetchone()
        if row is None:
            raise StoreError(f"{self.path.parent} is empty: fill it with `dupfind index SOURCE`")
        return Encoding(*row)

    def snapshots(self, encoding_id: int) -> list[Snapshot]:
        """The snapshots of an encoding, newest first."""
        return [
            Snapshot(
                generation, SnapshotFile(name, kind, size, crc32, sha256), dim, n_rows, max_row_id, recall
            )
            for generation, name, kind, size, crc32, sha256, dim, n_rows, max_row_id, recall in self.connection.execute(
                "SELECT generation, file, kind, bytes, crc32, sha256, dim, n_rows, max_row_id, recall FROM snapshot"
                " WHERE encoding_id = ? ORDER BY generation DESC",
                (encoding_id,),
            )
        ]

    def generation(self, encoding_id: int) -> int:
        """The number of the newest snapshot, 0 where there is none."""
        return self.one(
            "SELECT coalesce(max(generation), 0) FROM snapshot WHERE encoding_id = ?", (encoding_id,)
        )

    def calibration(self, encoding_id: int) -> dict[str, Any] | None:
        """What `dupfind calibrate` found for an encoding, or None."""
        row = self.connection.execute(
            "SELECT document FROM calibration WHERE encoding_id = ?", (encoding_id,)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def n_vectors(self, encoding_id: int, after: int = 0) -> int:
        """How many live records beyond a row id have a vector."""
        return self.one(
            "SELECT count(*) FROM vector JOIN record USING (row_id)"
            " WHERE encoding_id = ? AND row_id > ? AND died IS NULL",
            (encoding_id, after),
        )

    def has_bodies(self, encoding_id: int) -> bool:
        """Whether any vector's whole text differs from its title."""
        return bool(
            self.one(
                "SELECT EXISTS (SELECT 1 FROM vector JOIN record USING (row_id)"
                " WHERE encoding_id = ? AND died IS NULL AND title_embedding <> whole_embedding)",
                (encoding_id,),
            )
        )

    def iter_vectors(self, encoding: Encoding, *, after: int = 0, joint: bool = True) -> Iterator[Block]:
        """Stream the vectors of live records in the order of their row ids.

        Args:
            encoding: Whose vectors.
            after: Only rows beyond this row id.
            joint: Title and whole text side by side, (rows, 2 * dim); else the title's alone, (rows, dim).

        Raises:
            StoreError: A vector's checksum does not fit.
        """
        cursor = self.connection.execute(
            "SELECT v.row_id, t.vector, t.crc32, w.vector, w.crc32 FROM vector v"
            " JOIN record r ON r.row_id = v.row_id"
            " JOIN embedding t ON t.id = v.title_embedding JOIN embedding w ON w.id = v.whole_embedding"
            " WHERE v.encoding_id = ? AND v.row_id > ? AND r.died IS NULL ORDER BY v.row_id",
            (encoding.id, after),
        )
        while rows := cursor.fetchmany(_BLOCK_ROWS):
            row_ids = np.array([row[0] for row in rows], dtype=np.int64)
            titles = self._decode([(row[1], row[2]) for row in rows], encoding.dim)
            if not joint:
                yield row_ids, titles
                continue
            wholes = self._decode([(row[3], row[4]) for row in rows], encoding.dim)
            yield row_ids, concat(titles, wholes, encoding.title_weight)

    def dead(self, up_to: int) -> RowIds:
        """The dead rows up to a row id, in order."""
        return self._ids(
            "SELECT row_id FROM record WHERE died IS NOT NULL AND row_id <= ? ORDER BY row_id", (up_to,)
        )

    def damaged(self) -> Iterator[int]:
        """The ids of the embeddings whose checksum does not fit; reads all of them."""
        for embedding_id, vector, crc32 in self.connection.execute("SELECT id, vector, crc32 FROM embedding"):
            if zlib.crc32(vector) != crc32:
                yield embedding_id

    # Records

    def allowed(self, wanted: Filter) -> RowIds:
        """The live rows that pass a filter, in order."""
        tests, values = ["died IS NULL"], []
        if wanted.state is not None:
            tests.append("state = ?")
            values.append(wanted.state)
        if wanted.project is not None:
            tests.append("project = ?")
            values.append(storable(wanted.project))
        if wanted.source is not None:
            tests.append("source_id = (SELECT id FROM source WHERE name = ?)")
            values.append(storable(wanted.source))
        if wanted.before is not None:
            tests.append("created < ?")
            values.append(timestamp(wanted.before))
        if wanted.since is not None:
            tests.append("created >= ?")
            values.append(timestamp(wanted.since))
        return self._ids(f"SELECT row_id FROM record WHERE {' AND '.join(tests)} ORDER BY row_id", values)  # noqa: S608

    def rows_of(self, source_id: int) -> RowIds:
        """The live rows of a source, in order."""
        return self._ids(
            "SELECT row_id FROM record WHERE source_id = ? AND died IS NULL ORDER BY row_id", (source_id,)
        )

    def records(self, row_ids: Iterable[int]) -> dict[int, Record]:
        """The records of these rows.

        Raises:
            StoreError: A row does not exist.
        """
        asked = dict.fromkeys(int(row_id) for row_id in row_ids)
        rows = json.dumps(list(asked))
        marks: dict[int, list[Ref]] = {}
        for row_id, project, id in self.connection.execute(
            "SELECT row_id, project, m.id FROM json_each(?) CROSS JOIN mark m ON row_id = value ORDER BY key, 2, 3",
            (rows,),
        ):
            marks.setdefault(row_id, []).append(Ref(project or None, id))
        columns = "row_id, name, project, r.id, title, body, state, resolution, created, updated, url"
        found = {
            row_id: Record(
                id=id,
                title=title,
                body=body,
                source=source,
                project=project or None,
                state=state,
                resolution=resolution,
                created=moment(created),
                updated=moment(updated),
                url=url,
                duplicate_of=tuple(marks.get(row_id, ())),
            )
            for row_id, source, project, id, title, body, state, resolution, created, updated, url in self._rows(
                columns, rows
            )
        }
        if len(found) != len(asked):
            raise StoreError(self._lost)
        return found

    def heads(self, row_ids: Iterable[int]) -> list[RecordHead]:
        """Name, state and time of creation of each of these rows, in their order.

        Raises:
            StoreError: A row does not exist.
        """
        rows = [int(row_id) for row_id in row_ids]
        found = self._rows("row_id, name, project, r.id, state, created", json.dumps(rows)).fetchall()
        if len(found) != len(rows):
            raise StoreError(self._lost)
        return [
            RecordHead(row, (name, project, id), state, moment(created))
            for row, name, project, id, state, created in found
        ]

    def terms(self, row_ids: Iterable[int]) -> TermLists:
        """Words and names of the texts of these rows, in their order.

        Raises:
            StoreError: A row has no text, or its words are damaged.
        """
        rows = [int(row_id) for row_id in row_ids]
        found = self.connection.execute(
            "SELECT title, body, names FROM json_each(?) CROSS JOIN terms ON row_id = value",
            (json.dumps(rows),),
        ).fetchall()
        if len(found) != len(rows):
            raise StoreError(self._lost)
        try:
            return TermLists.of_bytes(found)
        except ValueError as error:
            raise StoreError(
                f"{self.path}: {error}: move the folder away and index again; nothing but the index is lost"
            ) from None

    def projects(self) -> list[str]:
        """The projects of live records, in order."""
        rows = self.connection.execute(
            "SELECT DISTINCT project FROM record WHERE died IS NULL AND project <> '' ORDER BY project"
        )
        return [project for (project,) in rows]

    def newest(self) -> Record | None:
        """The live record that was indexed last, or None where there is none."""
        (row_id,) = self.connection.execute("SELECT max(row_id) FROM record WHERE died IS NULL").fetchone()
        return None if row_id is None else self.records([row_id])[row_id]

    def find(
        self, id: str, *, project: str | None = None, source: str | None = None
    ) -> list[tuple[int, Record]]:
        """The live records with this id, in one project and source or in any."""
        rows = self.connection.execute(
            "SELECT row_id FROM record r JOIN source s ON s.id = source_id WHERE r.id = ? AND died IS NULL"
            " AND (?2 IS NULL OR project = ?2) AND (?3 IS NULL OR name = ?3) ORDER BY row_id",
            tuple(None if name is None else storable(name) for name in (id, project, source)),
        ).fetchall()
        found = self.records(row[0] for row in rows)
        return list(found.items())

    # Boilerplate

    def boilerplate(self, source_id: int | None = None) -> Boilerplate:
        """What was learned from a source, or from all of them together."""
        with self.watching():
            return Boilerplate(
                dict(
                    self.connection.execute(
                        "SELECT line, sum(n_records) FROM boilerplate WHERE ?1 IS NULL OR source_id = ?1 GROUP BY line",
                        (source_id,),
                    )
                )
            )

    def unsettled(self, source_id: int) -> RowIds:
        """The live rows of a source whose texts may still hold much of what was learned since, in order."""
        return self._ids(
            "SELECT row_id FROM record r JOIN source s ON s.id = source_id WHERE source_id = ? AND died IS NULL"
            " AND row_id > settled_up_to AND row_id <= learned_up_to ORDER BY row_id",
            (source_id,),
        )

    def text(self, row_id: int) -> ComposedText:
        """The text that stands for a live record; it is empty where the record says nothing."""
        row = self.connection.execute("SELECT title, body FROM words WHERE rowid = ?", (row_id,)).fetchone()
        return ComposedText("", "") if row is None else ComposedText(*row)

    # Reports

    def last_row(self) -> int:
        """The highest row id so far, 0 where there is none; newer records have higher ones."""
        return self.one("SELECT coalesce(max(row_id), 0) FROM record")

    def reported(self, parameters: str) -> int:
        """The highest row id when a report with these parameters was last made, 0 where there was none."""
        return self.one("SELECT coalesce(max(row_id), 0) FROM reported WHERE parameters = ?", (parameters,))

    def newer(self, row_id: int) -> RowIds:
        """The live rows beyond a row id that say something new, in order.

        A record whose text was merely composed anew is a new row, too; it said the same before.
        """
        return self._ids(
            "SELECT row_id FROM record WHERE row_id > ?1 AND died IS NULL AND row_id NOT IN"
            " (SELECT n.row_id FROM record o JOIN record n"
            " ON n.source_id = o.source_id AND n.project = o.project AND n.id = o.id AND n.died IS NULL"
            " WHERE o.died IS NOT NULL AND o.row_id <= ?1 AND n.row_id > ?1"
            " AND n.title = o.title AND n.body = o.body) ORDER BY row_id",
            (row_id,),
        )

    # Summaries

    def n_records(self) -> int:
        """How many records are live."""
        return self.one("SELECT count(*) FROM record WHERE died IS NULL")

    def fresh(self, source: str, after: int, limit: int) -> list[Record]:
        """The newest records of a source beyond a row id that no row before had the name of."""
        rows = self.connection.execute(
            "SELECT row_id FROM record r WHERE source_id = (SELECT id FROM source WHERE name = ?) AND row_id > ?2"
            " AND died IS NULL AND NOT EXISTS (SELECT 1 FROM record d WHERE d.died IS NOT NULL AND d.row_id <= ?2"
            " AND d.source_id = r.source_id AND d.project = r.project AND d.id = r.id)"
            " ORDER BY row_id DESC LIMIT ?3",
            (storable(source), after, limit),
        ).fetchall()
        return list(self.records(row_id for (row_id,) in rows).values())

    def _rows(self, columns: str, rows: str) -> sqlite3.Cursor:
        """Columns of records and their sources, in the order of a JSON list of row ids."""
        return self.connection.execute(
            f"SELECT {columns} FROM json_each(?) CROSS JOIN record r ON row_id = value"  # noqa: S608
            " CROSS JOIN source s ON s.id = source_id",
            (rows,),
        )

    @property
    def _lost(self) -> str:
        return (
            f"{self.path} has lost a record: see `dupfind doctor --read-data`, or move the folder away and"
            " index again"
        )

    def _decode(self, cells: Sequence[tuple[bytes, int]], dim: int) -> Vectors:
        for vector, crc32 in cells:
            if len(vector) != 4 * dim or zlib.crc32(vector) != crc32:
                raise StoreError(
                    f"{self.path} holds a damaged vector: `dupfind index --rebuild` encodes the records anew"
                )
        flat = np.frombuffer(b"".join(vector for vector, _ in cells), dtype="<f4")
        return flat.reshape(len(cells), dim).astype(np.float32, copy=False)

    def _ids(self, statement: str, values: Sequence[Any]) -> RowIds:
        return np.fromiter((row[0] for row in self.connection.execute(statement, values)), dtype=np.int64)

    def one(self, statement: str, values: Sequence[Any] = ()) -> int:
        """The one number that a statement gives."""
        (value,) = self.connection.execute(statement, values).fetchone()
        return int(value)


def timestamp(when: datetime) -> str:
    """A moment as the database keeps it: UTC, of fixed width, so that text order is time order."""
    try:
        when = when.astimezone(UTC)
    except OverflowError:  # the first or last hours of the calendar, elsewhere than in UTC
        when = datetime.min if when.year == 1 else datetime.max
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def moment(text: str | None) -> datetime | None:
    """What `timestamp` wrote."""
    return None if text is None else datetime.fromisoformat(text)
