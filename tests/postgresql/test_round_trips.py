"""A query sends few statements, an open reader sees every commit, and a model passes through memory in pieces."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection.collection import Collection
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.received_model import write_files
from dupfind.errors import DupfindError, ModelError, StoreError
from dupfind.postgresql import model_files
from dupfind.postgresql.connection import PostgresConnection
from dupfind.postgresql.writer import PostgresStore, PostgresWriter
from dupfind.storage.database_url import DatabaseUrl
from tests.postgresql.test_command_line import sql
from tests.postgresql.test_contract import QUERIES, many, renamed
from tests.postgresql.test_shared_issues import issues
from tests.support.samples import WordEncoder
from tests.support.verdicts import judged

FIRST, LATER = 30, 22
"""The most statements of the first query of a connection, and of one after it."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are sent; what a test clears is counted no more."""
    sent: list[str] = []
    run = PostgresConnection.run

    def noted(connection: PostgresConnection, sql: str, parameters: Any = None) -> Any:
        sent.append(sql)
        return run(connection, sql, parameters)

    monkeypatch.setattr(PostgresConnection, "run", noted)
    return sent


@pytest.mark.parametrize("n", [60, 400])
def test_the_statements_of_a_query_are_bounded(database: str, statements: list[str], n: int) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(many(n), source="one", complete=True)
        judged(collection, likely=0.9, possible=0.7)
    text = "worker crash on a full disk\nthe page is slow to load and login fails"
    with Collection.open(database, encoder=WordEncoder()) as reader:
        for query, options, most in [
            (text, {}, FIRST),
            (text, {}, LATER),
            (text, {"state": "open", "source": "one"}, LATER + 4),
            ("worker crash", {}, LATER + 8),  # a lookup reads titles, bodies and comments
            ("memry leak", {}, LATER + 8),  # and for a misspelt word the words that it may be
            ("memry", {}, LATER + 8),
        ]:
            statements.clear()
            assert reader.search(query, **options)  # type: ignore[arg-type]
            assert 0 < len(statements) <= most, statements
        statements.clear()
        reader.summary()
        reader.summary()
        assert len(statements) <= 8  # the second one begins and ends a transaction


def test_an_open_reader_sees_every_commit(database: str) -> None:
    with Collection.create(database, encoder=WordEncoder()) as writer, ExitStack() as stack:
        writer.index(many(80), source="one", complete=True)
        reader = stack.enter_context(Collection.open(database, encoder=WordEncoder()))

        def changes() -> Iterator[None]:
            yield
            judged(writer, likely=0.9, possible=0.7)
            yield
            writer.index(issues(3, n=30), source="two", complete=True)
            yield
            writer.index(
                issues(2, n=30, title="later"), source="three", complete=True
            )  # hides those of "two"
            yield
            writer.index(renamed("x", many(30, 7)), source="four", complete=True)
            yield
            writer.remove("three")  # shows them again
            yield
            writer.publish(tail_limit=0)
            yield
            assert writer.compact().rows
            yield

        for _ in changes():
            with Collection.open(database, encoder=WordEncoder()) as fresh:
                assert reader.summary() == fresh.summary()
                for query, source in ((QUERIES[0], None), (QUERIES[1], None), (QUERIES[1], "two")):
                    assert _answer(reader, query, source) == _answer(fresh, query, source)


def _answer(collection: Collection, query: str, source: str | None) -> list[dict[str, Any]] | str:
    """The hits of a search, or that the index has no such source."""
    try:
        return [asdict(hit) for hit in collection.search(query, 100, source=source)]
    except DupfindError as error:
        return str(error)


def test_a_read_that_cannot_begin_leaves_the_connection_usable(database: str) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(many(20), source="one")
    with Collection.open(database, encoder=WordEncoder()) as reader:
        sql(database, "ALTER TABLE dupfind.word_total RENAME TO elsewhere")
        with pytest.raises(StoreError, match="word_total"):
            reader.summary()
        sql(database, "ALTER TABLE dupfind.elsewhere RENAME TO word_total")
        assert reader.summary()["records"] == 20


def test_a_model_is_copied_piece_by_piece(
    tmp_path: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(model_files, "PIECE", 1_000)
    url = DatabaseUrl.parse(database)
    original = ModelFolder(model)
    with Collection.create(database, model=model) as collection:
        collection.index(many(5), source="one")
    sizes: list[int] = []
    run = PostgresConnection.run

    def noted(connection: PostgresConnection, sql: str, parameters: Any = None) -> Any:
        cursor = run(connection, sql, parameters)
        if "SELECT content" in sql:
            sizes.append(cursor.rowcount)
        return cursor

    monkeypatch.setattr(PostgresConnection, "run", noted)
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "another"))
    with closing(PostgresStore.connect(url)) as store:
        copy = model_files.shared_model(store, store.encoding())
    assert copy.fingerprint == original.fingerprint
    assert copy.path.is_relative_to(tmp_path / "another")
    assert set(sizes) == {1}
    assert len(sizes) >= original.size // 1_000 > 20
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "other"))
    sql(database, "DELETE FROM dupfind.model_file WHERE piece = 3")
    with (
        closing(PostgresStore.connect(url)) as store,
        pytest.raises(ModelError, match="lacks a part of the model"),
    ):
        model_files.shared_model(store, store.encoding())


def test_an_empty_file_of_a_model_comes_back(tmp_path: Path, database: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "vocab.txt").write_bytes(b"")

    class Folder:
        path, files, size, fingerprint = tmp_path / "model", ("vocab.txt",), 0, "f" * 64

    Collection.create(database, encoder=WordEncoder()).close()
    with closing(PostgresWriter.connect(DatabaseUrl.parse(database))) as writer:
        model_files.put_model(writer, Folder())  # type: ignore[arg-type]
        (tmp_path / "copy").mkdir()
        write_files(tmp_path / "copy", model_files.stored_pieces(writer, "f" * 64))
    assert (tmp_path / "copy" / "vocab.txt").read_bytes() == b""
