"""Each row carries a checksum of its values: the writer keeps it, and damage of any value is found by it."""

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dupfind.cli import folder_checks
from dupfind.cli.diagnostic import Diagnostic
from dupfind.collection.collection import Collection
from dupfind.decisions import Decision
from dupfind.records import Comment, Record, Ref
from dupfind.storage import decisions, new_records, row_checksums, source_state, trained_models
from dupfind.storage.connection import as_sqlite
from dupfind.storage.row_checksums import WrongRow, row_checksum, wrong_rows
from dupfind.storage.store import Store
from dupfind.storage.trained_models import TrainedModel
from dupfind.storage.writer import Writer
from tests.support.samples import NOW, Command, WordEncoder, record

pytestmark = pytest.mark.slow

TEMPLATE = "Please answer every question below before you send this form."
LATER = NOW + timedelta(days=1)


def records(n: int = 60) -> list[Record]:
    """Records with marks, comments, a line of a template and all other fields."""
    return [
        record(
            str(number),
            f"The worker {number} crashes at the start",
            f"{TEMPLATE}\nIt prints ERR_{number}.",
            project="a" if number % 2 else "",
            state="closed" if number % 3 else "open",
            resolution="duplicate" if number % 3 else None,
            created=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number),
            updated=datetime(2024, 6, 1, tzinfo=UTC) if number % 4 else None,
            closed=datetime(2024, 7, 1, tzinfo=UTC) if number % 3 else None,
            url=f"https://tracker.example/{number}",
            duplicate_of=(Ref("a" if number % 2 else "", str(number - 2)),) if number % 5 == 0 else (),
            comments=(Comment(f"The host {number} is down too", at=NOW),) if number % 7 == 0 else (),
        )
        for number in range(n)
    ]


def fill(folder: Path) -> None:
    """Make an index that has rows in every table, after edits, deletions, and a decision that was replaced."""
    encoder = WordEncoder()
    with Collection.create(folder, encoder=encoder) as collection:
        collection.index(records(), source="tracker", complete=True)
        collection.publish(tail_limit=0)
        edited = [replace(one, title=f"{one.title} again") for one in records()[:10]]
        collection.index([*edited, *records()[10:50]], source="tracker", complete=True)
    with closing(Writer.open(folder / "dupfind.db")) as writer:
        encoding = writer.encoding()
        writer.calibrate(encoding.id, {"threshold": 0.8}, NOW)
        writer.calibrate(encoding.id, {"threshold": 0.9}, LATER)
        [(_, one)], [(_, other)] = writer.find("20"), writer.find("21")
        decisions.keep(writer, [Decision.of(one, other, "different", decided=NOW, who="ann")])
        decisions.keep(writer, [Decision.of(one, other, "same", decided=LATER, who="ann")])
        new_records.remember_report(writer, "threshold 0.8", 40, NOW)
        trained_models.remember(
            writer, TrainedModel("tuned", "ab12", "trained/tuned", "cd34", NOW, {"gate": {"is_better": True}})
        )
        [source] = source_state.source_ids(writer).values()
        source_state.keep_cursor(writer, source, '{"page": 1}')
        source_state.keep_cursor(writer, source, '{"page": 2}')


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    return folder


@pytest.fixture
def store(filled: Path) -> Iterator[Store]:
    """The filled database, whose changes this connection alone sees and loses at the end."""
    connection = sqlite3.connect(filled / "dupfind.db", isolation_level=None)
    connection.execute("BEGIN")
    yield Store(filled / "dupfind.db", connection)
    connection.close()


def own_tables(connection: sqlite3.Connection) -> set[str]:
    """The tables with rows of their own: neither those of SQLite and Alembic nor those of the word search."""
    names = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    return {name for (name,) in names if not name.startswith(("sqlite_", "alembic_"))}


def test_every_table_has_checksums_and_every_column_is_covered(store: Store) -> None:
    assert own_tables(as_sqlite(store.connection)) - {"embedding"} == set(row_checksums.KEYS)
    for table in row_checksums.KEYS:
        assert store.one(f"SELECT count(*) FROM {table}") > 0, table
        (*_, last) = store.connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
        assert last == ("checksum",)


def test_what_the_writer_wrote_fits_its_checksums(store: Store) -> None:
    assert list(wrong_rows(store)) == []
    assert store.one("SELECT count(*) FROM record WHERE died IS NOT NULL") > 10
    assert store.one("SELECT count(DISTINCT checksum) FROM record") == store.one(
        "SELECT count(*) FROM record"
    )


def others(value: object) -> list[object]:
    """Values near a value, as damage makes them."""
    if value is None:
        return ["x"]
    if isinstance(value, int):
        return [value ^ 1 << 20, value ^ 1 << 40]
    if isinstance(value, float):
        return [math.nextafter(value, 9)]
    if isinstance(value, str):
        return [f"{value} ", value[:-1] + chr(ord(value[-1]) ^ 1)] if value else ["x"]
    assert isinstance(value, bytes)
    return [value + b"\0", bytes([*value[:-1], value[-1] ^ 128])] if value else [b"\0"]


@pytest.mark.parametrize("table", row_checksums.KEYS)
def test_every_cell_that_is_damaged_is_found(store: Store, table: str) -> None:
    key, *more = row_checksums.KEYS[table]
    columns = [
        name for (name,) in store.connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    ]
    rows = store.connection.execute(f"SELECT {key}, * FROM {table} ORDER BY {key} LIMIT 12").fetchall()
    for row_key, *values in rows:
        this = " AND ".join(f"{name} = ?" for name in (key, *more))
        cells = dict(zip(columns, values, strict=True))
        where = (row_key, *(cells[name] for name in more))
        for column, value in cells.items():
            for other in others(value):
                store.connection.execute("SAVEPOINT before")
                store.connection.execute(f"UPDATE {table} SET {column} = ? WHERE {this}", (other, *where))
                expected = [(table, other if column == key else row_key)]
                assert list(wrong_rows(store)) == expected, (table, column, value, other)
                store.connection.execute("ROLLBACK TO before")
    assert list(wrong_rows(store)) == []


def test_a_text_that_is_no_utf_8_any_more_is_found(store: Store) -> None:
    store.connection.execute("UPDATE record SET body = CAST(x'41ff' AS TEXT) WHERE row_id = 3")
    assert list(wrong_rows(store)) == [WrongRow("record", 3)]


@pytest.fixture
def loose(filled: Path, tmp_path: Path) -> Iterator[Store]:
    """The filled database with columns that take values of any type, as damage of a page makes them."""
    copy = tmp_path / "dupfind.db"
    with closing(sqlite3.connect(filled / "dupfind.db")) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
        new.execute("PRAGMA writable_schema = ON")
        for pattern in (", STRICT", "STRICT, ", "STRICT"):
            new.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, '') WHERE type = 'table'", (pattern,))
        new.commit()
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        yield Store(copy, connection)


def test_a_number_or_blob_that_became_a_text_of_no_utf_8_is_a_damaged_row(loose: Store) -> None:
    n_damaged = 0
    for table, (key, *_) in row_checksums.KEYS.items():
        columns = row_checksums._columns(as_sqlite(loose.connection), table)
        for column in [name for name, kind in columns.items() if kind != "TEXT" and name != key]:
            # No value of such a column is a text, so that checksums of older rows are the same.
            assert loose.one(f"SELECT count(*) FROM {table} WHERE typeof({column}) = 'text'") == 0
            loose.connection.execute("SAVEPOINT before")
            loose.connection.execute(
                f"UPDATE {table} SET {column} = CAST(x'41ff' AS TEXT)"
                f" WHERE {key} = (SELECT {key} FROM {table} LIMIT 1)"
            )
            assert {row.table for row in wrong_rows(loose)} == {table}, column
            state, found = about(folder_checks._rows(loose))
            assert (state, " damaged: " in found, "cannot be read" in found) == ("bad", True, False)
            loose.connection.execute("ROLLBACK TO before")
            n_damaged += 1
    assert n_damaged > 20


def about(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.state, diagnostic.found


def test_doctor_reads_the_other_tables_after_one_that_cannot_be_read(store: Store) -> None:
    store.connection.execute("ALTER TABLE lines RENAME TO lost")
    store.connection.execute("UPDATE record SET state = 'opem' WHERE row_id = 3")
    assert about(folder_checks._rows(store)) == (
        "bad",
        "1 row is damaged: record 3; the table lines cannot be read (no such table: lines)",
    )


def test_ctrl_c_while_doctor_reads_rows_is_an_interruption(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*values: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(row_checksums, "row_checksum", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder_checks._rows(store)


def test_two_rows_that_only_differ_in_where_a_text_ends_have_other_checksums() -> None:
    assert row_checksum(1, b"ab", b"c") != row_checksum(1, b"a", b"bc")
    assert (
        len({row_checksum(*values) for values in [(None,), (b"",), (0,), (0.0,), (b"0",), (b"None",)]}) == 6
    )


def test_doctor_names_the_first_damaged_rows_and_the_way_out(
    tmp_path: Path, model: Path, dupfind: Command
) -> None:
    with Collection.create(tmp_path / "index", model=str(model)) as collection:
        collection.index(records(), source="tracker")
    fits = dupfind("doctor", "--read-data", "--json", "--index", tmp_path / "index")
    assert (fits.code, about_rows(fits.json)) == (0, ("ok", "every checksum fits", ""))
    with closing(sqlite3.connect(tmp_path / "index" / "dupfind.db")) as connection, connection:
        connection.execute("UPDATE terms SET title = x'00000000' WHERE row_id = 7")
        connection.execute("UPDATE record SET state = 'opem' WHERE row_id > 50")
    ran = dupfind("doctor", "--read-data", "--json", "--index", tmp_path / "index")
    assert ran.code == 2
    assert about_rows(ran.json) == (
        "bad",
        "11 rows are damaged: record 51, record 52, record 53, record 54, record 55, ...",
        "move the folder away and index again",
    )
    with closing(sqlite3.connect(tmp_path / "index" / "dupfind.db")) as connection, connection:
        connection.execute(
            "INSERT INTO decision SELECT 1, '', '', '1', '', '', '', '2', '', 'same', '2024', 'me', '', 5"
        )
    ran = dupfind("doctor", "--read-data", "--json", "--index", tmp_path / "index")
    _, found, remedy = about_rows(ran.json)
    assert found.startswith("12 rows are damaged: decision 1, record 51")
    assert "dupfind review --export FILE" in remedy


def about_rows(document: dict[str, list[dict[str, str]]]) -> tuple[str, str, str]:
    [rows] = [finding for finding in document["findings"] if finding["about"] == "rows"]
    return rows["state"], rows["found"], rows["remedy"]


def test_ctrl_c_while_a_checksum_is_computed_is_an_interruption_and_nothing_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*values: object) -> int:
        raise KeyboardInterrupt

    with closing(Writer.open(tmp_path / "dupfind.db")) as writer:
        pass
    monkeypatch.setattr(row_checksums, "row_checksum", interrupted)
    with closing(Writer.open(tmp_path / "dupfind.db")) as writer, pytest.raises(KeyboardInterrupt):
        new_records.remember_report(writer, "threshold 0.8", 40, NOW)
    with closing(Store.open(tmp_path / "dupfind.db")) as store:
        assert store.one("SELECT count(*) FROM reported") == 0
