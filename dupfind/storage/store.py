"""Reads a collection's database; a writer may work meanwhile."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from dupfind import interruption
from dupfind.errors import StoreError
from dupfind.records import Record, RecordHead, RecordName, Ref, storable
from dupfind.storage import database, hidden_rows
from dupfind.storage.connection import Connection
from dupfind.storage.database_url import IndexPlace, as_folder, index_again
from dupfind.storage.encoding import MAX_DIM, Encoding
from dupfind.storage.hidden_rows import Aliases
from dupfind.storage.record_head import HEAD_COLUMNS, record_head
from dupfind.storage.row_filter import Filter
from dupfind.storage.stored_times import moment, timestamp
from dupfind.storage.stored_values import stored_json, wrong
from dupfind.text.boilerplate import Boilerplate
from dupfind.text.comment_terms import CommentLists
from dupfind.text.composition import ComposedText
from dupfind.text.terms import TermLists
from dupfind.vectors.base import RowIds

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer

T = TypeVar("T")


class Store:
    """Read access to a collection's database; it never writes, and never waits for a writer."""

    def __init__(self, path: IndexPlace, connection: Connection) -> None:
        """Wrap a connection from `database.connect`, or one to PostgreSQL.

        Args:
            path: The database file, or the URL.
            connection: Used by one thread at a time.
        """
        self.path = path
        self.connection = connection
        self._is_closed = False
        self._aliases: tuple[object, Aliases] | None = None  # with the database's version

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database read-only.

        Raises:
            StoreError: It is missing, damaged or another program's; `StoreTooOld`, `StoreTooNew`: its revision differs.
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
        self._is_closed = True
        self.connection.close()

    def _check_open(self) -> None:
        """Raise a StoreError if the store was closed."""
        if self._is_closed:
            raise StoreError(
                f"{self.path.parent} was closed: use it inside its `with` block, or open it again"
            )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open a read transaction: all reads inside see the database at one moment.

        Raises:
            StoreError: A transaction is open already, the store was closed, or the database cannot be read.
        """
        interruption.check()
        self._check_open()
        is_busy: bool = self.connection.in_transaction
        if is_busy:
            raise StoreError(
                f"{self.path} is being read already: a Collection is not thread-safe; open one for each thread"
            )
        with self.watching():
            self.connection.execute("BEGIN")  # deferred: the first read fixes the moment
            try:
                yield
            finally:
                if self.connection.in_transaction:  # some errors of SQLite end it already
                    self.connection.execute("ROLLBACK")

    def version(self) -> object:
        """Return a value that differs as soon as another connection has changed the database; None if nothing tells.

        Compare values of one connection alone, each read in a read transaction.
        """
        return self.one("PRAGMA data_version")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Turn SQLite's errors about a damaged file into a StoreError that names the way out.

        Raises:
            StoreError: The store was closed, or the database cannot be read.
            KeyboardInterrupt: The user interrupted a statement.
            GivenUp: Nobody waits for the result of one.
        """
        self._check_open()
        try:
            yield
        except sqlite3.DatabaseError as error:
            database.raise_interruption(error)
            raise StoreError(
                f"{self.path} cannot be read ({error}): see `dupfind doctor --read-data`, or"
                f" {index_again(self.path)}"
            ) from error

    # Encodings

    def encoding(self) -> Encoding:
        """Return the current encoding.

        Raises:
            StoreError: Nothing has been indexed yet, or a number is out of its range.
        """
        row = self.connection.execute(
            "SELECT id, model, model_fingerprint, dim, model_folder, recipe, title_weight"
            " FROM encoding WHERE is_current"
        ).fetchone()
        if row is None:
            raise StoreError(f"{self.path.parent} is empty: fill it with `dupfind index SOURCE`")
        encoding = Encoding(*row)
        if not isinstance(encoding.dim, int) or not 0 < encoding.dim <= MAX_DIM:
            raise wrong("the width of a vector", encoding.dim)
        if not isinstance(encoding.title_weight, float) or not 0 <= encoding.title_weight <= 1:
            raise wrong("the title's share of a vector", encoding.title_weight)
        return encoding

    def calibration(self, encoding_id: int) -> dict[str, Any] | None:
        """Return the result of `dupfind calibrate` for an encoding, or None."""
        row = self.connection.execute(
            "SELECT document FROM calibration WHERE encoding_id = ?", (encoding_id,)
        ).fetchone()
        return None if row is None else stored_json(row[0])

    def deleted_rows(self, up_to: int) -> RowIds:
        """Return the deleted rows up to a row id, in order."""
        return self.ids(
            "SELECT row_id FROM record WHERE died IS NOT NULL AND row_id <= ? ORDER BY row_id", (up_to,)
        )

    # Records

    def allowed(self, filter: Filter) -> RowIds:
        """Return the live rows that pass a filter, in order."""
        tests, values = self.filter_tests(filter)
        return self.ids(f"SELECT row_id FROM record WHERE {tests} ORDER BY row_id", values)  # noqa: S608

    def filter_tests(self, row_filter: Filter) -> tuple[str, list[str]]:
        """Return the SQL test that a row of `record` is live and passes a filter, and the values of its parameters."""
        tests, values = ["died IS NULL"], []
        if row_filter.state is not None:
            tests.append("state = ?")
            values.append(row_filter.state)
        if row_filter.project is not None:
            tests.append("project = ?")
            values.append(storable(row_filter.project))
        if row_filter.source is not None:
            own = self._source_id(row_filter.source)
            others = [row for (source_id, *_), row in self.aliases().shown.items() if source_id == own]
            tests.append(
                "(source_id = (SELECT id FROM source WHERE name = ?) OR row_id IN (SELECT value FROM json_each(?)))"
            )
            values += [storable(row_filter.source), json.dumps(others)]
        if row_filter.before is not None:
            tests.append("created < ?")
            values.append(timestamp(row_filter.before))
        if row_filter.since is not None:
            tests.append("created >= ?")
            values.append(timestamp(row_filter.since))
        return " AND ".join(tests), values

    def aliases(self) -> Aliases:
        """Return the names of hidden rows, and the rows that are shown in their place."""
        version = self.version()
        if self._aliases is None or self._aliases[0] != version:
            self._aliases = version, hidden_rows.aliases(self)
        return self._aliases[1]

    def forget_aliases(self) -> None:
        """Let `aliases` read them again, after a change by this connection."""
        self._aliases = None

    def shown_row(self, source: str, project: str, id: str) -> int | None:
        """Return the row that is shown under a name: that of the name itself, or of another source; None for none."""
        source_id = self._source_id(source)
        if source_id is None:
            return None
        row = self.connection.execute(
            "SELECT row_id FROM record WHERE source_id = ? AND project = ? AND id = ? AND died IS NULL",
            (source_id, project, id),
        ).fetchone()
        return self.aliases().shown.get((source_id, project, id)) if row is None else int(row[0])

    def _source_id(self, name: str) -> int | None:
        row = self.connection.execute("SELECT id FROM source WHERE name = ?", (storable(name),)).fetchone()
        return None if row is None else int(row[0])

    def rows_of(self, source_id: int) -> RowIds:
        """Return the rows of a source's records in order, those among them in whose place another source's is shown."""
        return self.ids(
            "SELECT row_id FROM record WHERE source_id = ?1 AND died IS NULL UNION"  # noqa: S608
            f" SELECT row_id FROM record WHERE source_id = ?1 AND {hidden_rows.IS_HIDDEN} ORDER BY row_id",
            (source_id,),
        )

    def records(self, row_ids: Iterable[int]) -> dict[int, Record]:
        """Return the records of these rows, by row id.

        Raises:
            StoreError: A row does not exist.
        """
        distinct = dict.fromkeys(int(row_id) for row_id in row_ids)
        rows = json.dumps(list(distinct))
        marks: dict[int, list[Ref]] = {}
        for row_id, project, id in self.connection.execute(
            "SELECT row_id, project, m.id FROM json_each(?) CROSS JOIN mark m ON row_id = value ORDER BY key, 2, 3",
            (rows,),
        ):
            marks.setdefault(row_id, []).append(Ref(project or None, id))
        columns = (
            "row_id, name, project, r.id, title, body, state, resolution, url,"
            " created, updated, closed, n_children, n_responses"
        )
        records = {}
        for row_id, source, project, id, title, body, *more in self._rows(columns, rows):
            state, resolution, url, created, updated, closed, n_children, n_responses = more
            records[row_id] = Record(
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
                closed=moment(closed),
                n_children=n_children,
                n_responses=n_responses,
            )
        if len(records) != len(distinct):
            raise StoreError(self._lost)
        return records

    def heads(self, row_ids: Iterable[int]) -> list[RecordHead]:
        """Return the heads of these rows, in their order.

        Raises:
            StoreError: A row does not exist.
        """
        numbers = [int(row_id) for row_id in row_ids]
        rows = self._rows(f"row_id, name, project, r.id, {HEAD_COLUMNS}", json.dumps(numbers)).fetchall()
        if len(rows) != len(numbers):
            raise StoreError(self._lost)
        return [record_head(row, (name, project, id), *cells) for row, name, project, id, *cells in rows]

    def names(self, row_ids: Iterable[int]) -> list[RecordName]:
        """Return source, project and id of these rows, in their order.

        Raises:
            StoreError: A row does not exist.
        """
        numbers = [int(row_id) for row_id in row_ids]
        names: list[RecordName] = self._rows("name, project, r.id", json.dumps(numbers)).fetchall()
        if len(names) != len(numbers):
            raise StoreError(self._lost)
        return names

    def titles(self, row_ids: Iterable[int]) -> dict[int, str]:
        """Return the titles of these rows as they were read, by row id; a row that does not exist is left out."""
        return dict(self._rows("row_id, title", json.dumps([int(row_id) for row_id in row_ids])))

    def bodies(self, row_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Yield row id and body of these rows; a row that does not exist is left out."""
        yield from self._rows("row_id, body", json.dumps([int(row_id) for row_id in row_ids]))

    def terms(self, row_ids: Iterable[int]) -> TermLists:
        """Return words and names of the texts of these rows, in their order.

        Raises:
            StoreError: A row has no text, or its words are damaged.
        """
        rows = [int(row_id) for row_id in row_ids]
        blobs = self.connection.execute(
            "SELECT title, body, names FROM json_each(?) CROSS JOIN terms ON row_id = value",
            (json.dumps(rows),),
        ).fetchall()
        if len(blobs) != len(rows):
            raise StoreError(self._lost)
        try:
            return TermLists.of_bytes(blobs)
        except ValueError as error:
            raise StoreError(
                f"{self.path}: {error}: {index_again(self.path)}; nothing but the index is lost"
            ) from None

    def comments(self, row_ids: Iterable[int]) -> CommentLists:
        """Return words and times of the comments on these rows, in their order.

        Raises:
            StoreError: The comments on a row are damaged.
        """
        rows = [int(row_id) for row_id in row_ids]
        found = self.connection.execute(
            "SELECT key, times, lengths, words FROM json_each(?) CROSS JOIN comment_terms ON row_id = value"
            " ORDER BY key",
            (json.dumps(rows),),
        ).fetchall()
        try:
            return CommentLists.of_bytes(len(rows), found)
        except ValueError as error:
            raise StoreError(
                f"{self.path}: {error}: {index_again(self.path)}; nothing but the index is lost"
            ) from None

    def projects(self) -> list[str]:
        """Return the projects of live records, in order."""
        rows = self.connection.execute(
            "SELECT DISTINCT project FROM record WHERE died IS NULL AND project <> '' ORDER BY project"
        )
        return [project for (project,) in rows]

    def newest(self) -> Record | None:
        """Return the live record that was indexed last, or None."""
        (row_id,) = self.connection.execute("SELECT max(row_id) FROM record WHERE died IS NULL").fetchone()
        return None if row_id is None else self.records([row_id])[row_id]

    def find(
        self, id: str, *, project: str | None = None, source: str | None = None
    ) -> list[tuple[int, Record]]:
        """Return the live records with this id, in one project and source or in any, by source and project.

        An issue that is in several sources is found under each of them; its record is that of the newest.
        """
        rows = self.connection.execute(
            "SELECT row_id FROM record r JOIN source s ON s.id = source_id WHERE r.id = ?1 AND died IS NULL"
            " AND (?2 IS NULL OR project = ?2)"
            " AND (?3 IS NULL OR name = ?3 OR row_id IN (SELECT value FROM json_each(?4))) ORDER BY name, project",
            (
                *(None if name is None else storable(name) for name in (id, project, source)),
                self._others(id, source),
            ),
        ).fetchall()
        return list(self.records(row[0] for row in rows).items())

    def _others(self, id: str, source: str | None) -> str:
        """Return, as JSON, the rows of other sources that are shown in place of a source's records with an id."""
        source_id = None if source is None else self._source_id(source)
        return json.dumps(
            [] if source_id is None else self.aliases().by_id.get((source_id, storable(id)), [])
        )

    def text_fingerprints(self, row_ids: Iterable[int]) -> dict[int, str]:
        """Return the `text_fingerprint` of these rows; "" where it is not known, or the text has no word.

        Raises:
            StoreError: A row does not exist.
        """
        distinct = dict.fromkeys(int(row_id) for row_id in row_ids)
        fingerprints = dict(self._rows("row_id, text_fingerprint", json.dumps(list(distinct))).fetchall())
        if len(fingerprints) != len(distinct):
            raise StoreError(self._lost)
        return fingerprints

    # Boilerplate

    def boilerplate(self, source_id: int | None = None) -> Boilerplate:
        """Return the boilerplate of a source, or of all sources together."""
        with self.watching():
            return Boilerplate(
                dict(
                    self.connection.execute(
                        "SELECT line, sum(n_records) FROM boilerplate WHERE ?1 IS NULL OR source_id = ?1 GROUP BY line",
                        (source_id,),
                    )
                )
            )

    def text(self, row_id: int) -> ComposedText:
        """Return the composed text of a live record; it is empty for a record without words."""
        row = self.connection.execute(
            "SELECT title, body FROM composed WHERE row_id = ?", (row_id,)
        ).fetchone()
        return ComposedText("", "") if row is None else ComposedText(*row)

    def composed(self, row_ids: Iterable[int]) -> dict[int, ComposedText]:
        """Return the composed texts of live records, by row id; a record without words has none."""
        rows = self.connection.execute(
            "SELECT row_id, title, body FROM json_each(?) CROSS JOIN composed ON row_id = value",
            (json.dumps([int(row_id) for row_id in row_ids]),),
        )
        return {row_id: ComposedText(title, body) for row_id, title, body in rows}

    def cached(self, name: object, load: Callable[[], T]) -> T:
        """Return what a function reads of the whole index; some stores cache it until the index changes.

        Args:
            name: Of the value; equal names have equal values at any moment.
            load: Reads it, in the present transaction.
        """
        return load()

    def texts(self, source: str | None = None) -> Iterator[tuple[int, Ref, str, str]]:
        """Yield row id, name, title and body of each live record, in no order; they are not composed.

        Args:
            source: The name of a source; None for the records of all sources.
        """
        for row_id, project, id, title, body in self.connection.execute(
            "SELECT row_id, project, r.id, title, body FROM record r JOIN source s ON s.id = source_id"
            " WHERE died IS NULL AND (?1 IS NULL OR name = ?1)",
            (None if source is None else storable(source),),
        ):
            yield row_id, Ref(project or None, id), title, body

    def n_records(self) -> int:
        """Return the number of live records."""
        return self.one("SELECT count(*) FROM record WHERE died IS NULL")

    def n_first_records(self, most: int) -> int:
        """Return the number of live records, or `most` where there are more; takes the time of so many."""
        return self.one(
            "SELECT count(*) FROM (SELECT row_id FROM record WHERE died IS NULL LIMIT ?) AS first", (most,)
        )

    def open_writer(self) -> "Writer":
        """Open the same database for writing; close it afterwards.

        Raises:
            StoreLocked: Another process is writing to it.
            StoreError: It cannot be written.
        """
        from dupfind.storage.writer import Writer

        return Writer.open(as_folder(self.path))

    def stream(self, statement: str, values: Sequence[Any]) -> Any:
        """Run a SELECT of many rows in a read transaction; the cursor reads some of them at a time."""
        return self.connection.execute(statement, values)

    def _rows(self, columns: str, rows: str) -> Any:
        """Select columns of records and their sources, in the order of a JSON list of row ids."""
        return self.connection.execute(
            # CROSS JOIN keeps the list's order; one JSON value avoids the limit on parameters.
            f"SELECT {columns} FROM json_each(?) CROSS JOIN record r ON row_id = value"  # noqa: S608
            " CROSS JOIN source s ON s.id = source_id",
            (rows,),
        )

    @property
    def _lost(self) -> str:
        return f"{self.path} has lost a record: see `dupfind doctor --read-data`, or {index_again(self.path)}"

    def ids(self, statement: str, values: Sequence[Any]) -> RowIds:
        """Return the first column of a statement's rows, (n,) int64."""
        return np.fromiter((row[0] for row in self.connection.execute(statement, values)), dtype=np.int64)

    def one(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Return the single number that a statement selects."""
        (value,) = self.connection.execute(statement, values).fetchone()
        return int(value)
