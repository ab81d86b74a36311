"""The commands with --index postgresql://..., and their errors of one line."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from dupfind import interruption
from dupfind.collection import indexing
from dupfind.collection.collection import Collection
from dupfind.decisions import Decision
from dupfind.errors import StoreError, StoreLocked, StoreTooNew, StoreTooOld
from dupfind.postgresql.connection import LOCKS
from dupfind.postgresql.writer import MAX_NAME, PostgresWriter
from dupfind.records import Record, Ref
from dupfind.storage import decisions
from dupfind.storage.database import REVISION
from dupfind.storage.database_url import DatabaseUrl, index_place
from tests.support.modules import import_line
from tests.support.paths import ROOT
from tests.support.samples import NOW, Command, WordEncoder, corpus
from tests.support.servers import fresh_database

END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name LIKE 'dupfind%' AND datname = current_database()"
)
ISSUES = ROOT / "examples" / "tracker.db"


def sql(url: str, *statements: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def in_one_line(dupfind: Command, *arguments: object) -> str:
    ran = dupfind(*arguments)
    assert (ran.code, ran.out) == (2, "")
    *notes, line = ran.err.splitlines()
    assert line.startswith("dupfind: ")
    assert not any(each.startswith("dupfind: ") for each in notes)  # a reader says what it left out
    return line


def without_place(document: Any) -> Any:
    """An answer without what differs between two indexes of the same issues."""
    if isinstance(document, dict):
        left_out = {"generation", "read_at", "folder", "bytes", "last_run", "location"}
        left_out |= {"created_at"} if "parameters" in document else set()
        return {name: without_place(value) for name, value in document.items() if name not in left_out}
    return [without_place(value) for value in document] if isinstance(document, list) else document


def test_every_command_answers_as_with_a_folder(
    dupfind: Command, here: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    found, codes = [], list[int]()
    for place in (here / "index", database):
        assert dupfind("index", ISSUES, "--index", place, "--model", model).code == 0
        again = dupfind("index", ISSUES, "--index", place)
        assert again.code == 0
        answers = [
            dupfind(*command, "--index", place, "--json").json
            for command in (
                ("query", "login page is slow", "-k", "20", "--why"),
                ("query", "--id", "12", "--fold"),
                ("info",),
            )
        ]
        checked = dupfind("check", "--title", "The login page is slow", "--index", place, "--json")
        reported = dupfind("report", "--min-score", "0.5", "--format", "json", "--index", place)
        assert reported.code == 0
        codes.append(checked.code)
        answers += [checked.json, reported.json]
        found.append([without_place(answer) for answer in answers])
    assert codes[0] == codes[1] in (0, 1)
    assert found[0] == found[1]
    assert found[0][0]["hits"]
    assert dupfind("sync", "--index", database).code == 0
    assert dupfind("remove", "tracker.db", "--yes", "--index", database).code == 0
    assert dupfind("info", "--index", database, "--json").json["records"] == 0


def test_a_database_holds_its_model_without_being_asked(dupfind: Command, database: str) -> None:
    line = in_one_line(dupfind, "index", ISSUES, "--portable", "--index", database)
    assert "always holds its model: leave out --portable" in line


def test_a_database_without_an_index_is_named_without_its_password(dupfind: Command, database: str) -> None:
    url = database.replace("postgres:@", "postgres:secret@")
    line = in_one_line(dupfind, "query", "login", "--index", url)
    assert "no index at postgresql://postgres@" in line
    assert "secret" not in line


def test_a_server_that_is_not_there_is_one_line(dupfind: Command, tmp_path: Path) -> None:
    for command in (["query", "login"], ["info"], ["index", ISSUES]):
        line = in_one_line(dupfind, *command, "--index", f"postgresql://me:secret@/x?host={tmp_path}")
        assert "cannot be reached" in line
        assert "secret" not in line


def test_a_url_that_cannot_be_read_is_one_line(dupfind: Command) -> None:
    assert "cannot be read" in in_one_line(dupfind, "info", "--index", "postgresql://[me@x/y")
    assert "no name of a schema" in in_one_line(dupfind, "info", "--index", "postgresql://x/y?schema=a;b")


def test_a_database_without_the_extension_or_the_right_to_create_it_is_one_line(
    dupfind: Command, database: str
) -> None:
    sql(database, "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN")
    line = in_one_line(dupfind, "index", ISSUES, "--index", database.replace("postgres:@", "guest:@"))
    assert "CREATE EXTENSION vector" in line
    sql(database, "CREATE EXTENSION vector")
    line = in_one_line(dupfind, "index", ISSUES, "--index", database.replace("postgres:@", "guest:@"))
    assert "grant the right" in line


def test_a_reader_needs_no_right_to_write(database: str, dupfind: Command) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(corpus(20), source="one")
    sql(
        database,
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        "GRANT USAGE ON SCHEMA dupfind TO reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA dupfind TO reader",
    )
    url = database.replace("postgres:@", "reader:@")
    with Collection.open(url, encoder=WordEncoder()) as reader:
        assert len(reader.search("worker crash")) == 10
    with (
        pytest.raises(StoreError, match="grant the right"),
        Collection.create(url, encoder=WordEncoder()) as writer,
    ):
        writer.index(corpus(5), source="two")
    sql(database, "DROP OWNED BY reader", "DROP ROLE reader")


def test_a_newer_and_an_older_index_are_named(database: str) -> None:
    Collection.create(database, encoder=WordEncoder()).close()
    newest = REVISION
    sql(database, f"UPDATE dupfind.alembic_version SET version_num = '{newest + 1:04}'")
    for opened in (Collection.open, Collection.create):
        with pytest.raises(StoreTooNew, match=f"revision {newest + 1}, this dupfind has {newest}"):
            opened(database, encoder=WordEncoder())
    sql(database, f"UPDATE dupfind.alembic_version SET version_num = '{newest - 1:04}'")
    with pytest.raises(StoreTooOld, match="`dupfind index` upgrades it"):
        Collection.open(database, encoder=WordEncoder())


@pytest.mark.parametrize("table", ["alembic_version (version_num text)", "orders (id integer)"])
def test_the_tables_of_another_program_are_left_alone(database: str, table: str) -> None:
    sql(database, "CREATE SCHEMA dupfind", f"CREATE TABLE dupfind.{table}")
    with pytest.raises(StoreError, match=r"tables that are not dupfind's: name another one with \?schema="):
        Collection.create(database, encoder=WordEncoder())
    with Collection.create(f"{database}&schema=mine", encoder=WordEncoder()) as collection:
        collection.index(corpus(5), source="one")
        assert len(collection) == 5


def test_a_database_of_another_encoding_is_refused(server: str) -> None:
    options = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    with fresh_database(server, options) as url, pytest.raises(StoreError, match="has the encoding LATIN1"):
        Collection.create(url, encoder=WordEncoder())


def test_a_first_run_is_upgraded_whole_or_not_at_all(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sql(
        database,
        "CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'posting')"
        " THEN RAISE 'no room'; END IF; END $$",
        "CREATE EVENT TRIGGER refuse ON ddl_command_end EXECUTE FUNCTION public.refuse()",
    )
    with pytest.raises(StoreError, match=r"cannot be upgraded \(no room\) and is unchanged"):
        Collection.create(database, encoder=WordEncoder())
    sql(database, "DROP EVENT TRIGGER refuse")
    with Collection.create(database, encoder=WordEncoder()) as collection:
        assert collection.index(corpus(5), source="one").n_new == 5


def test_one_process_writes_to_a_source_and_others_to_other_sources(database: str) -> None:
    with (
        Collection.create(database, encoder=WordEncoder()) as one,
        Collection.create(database, encoder=WordEncoder()) as other,
    ):

        def during() -> Iterator[Record]:
            yield from corpus(40)
            with pytest.raises(StoreLocked, match=r"is being written by dupfind \d+@.*: wait for it to end"):
                other.index(corpus(40), source="one")
            other.index(corpus(30, 1), source="two")

        one.index(during(), source="one")
        other.index(corpus(20, 2), source="one")
        with (
            pytest.raises(StoreLocked),
            Collection.create(database, encoder=WordEncoder(16), rebuild=True) as third,
        ):
            third.rebuild()
        assert len(one) == len(other) == 70


def test_a_run_that_is_refused_leaves_the_source_as_it_was(database: str) -> None:
    with (
        Collection.create(database, encoder=WordEncoder()) as one,
        Collection.create(database, encoder=WordEncoder()) as other,
    ):

        def during() -> Iterator[Record]:
            yield from corpus(10)
            with pytest.raises(StoreLocked):
                other.index(corpus(5), source="web", location="/home/ann/other.csv")

        one.index(during(), source="web", location="https://tracker.example")
        rows = one.store.connection.execute("SELECT location FROM source").fetchall()
        assert rows == [("https://tracker.example",)]


def test_a_writer_that_waits_for_another_one_hears_ctrl_c_and_writes_later(database: str) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(corpus(10), source="one")
        holder = psycopg2.connect(database)
        with holder.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock({LOCKS}, hashtext('dupfind'))")
        ctrl_c = threading.Timer(0.3, interruption.interrupt)
        ctrl_c.start()
        try:
            with pytest.raises(KeyboardInterrupt), collection.store.changing():
                pass
        finally:
            interruption.forget()
        end = threading.Timer(0.3, holder.close)
        end.start()
        assert collection.index(corpus(20), source="one").n_new == 10


def test_no_argument_reaches_the_server_as_the_name_of_a_program(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for argv in (["load.py", "postgresql://me:secret@tracker/db"], ["dupfind", "--token=secret"], []):
        monkeypatch.setattr(sys, "argv", argv)
        with Collection.create(database, encoder=WordEncoder()) as collection:
            names = "SELECT string_agg(application_name, ' ') FROM pg_stat_activity"
            [(shown,)] = collection.store.connection.execute(names).fetchall()
        assert "dupfind " in shown
        assert "secret" not in shown


def test_a_connection_that_is_lost_in_a_batch_loses_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = corpus(700)
    with Collection.create(database, encoder=WordEncoder()) as collection:
        n_flushed = 0
        flush = type(collection.store.connection.words).flush  # type: ignore[attr-defined]

        def cutting(words: Any) -> None:
            nonlocal n_flushed
            flush(words)
            n_flushed += words._connection.url is not None
            if n_flushed == 6:  # records, words and vectors of a batch are written, and not committed
                sql(database, END_ALL)

        with monkeypatch.context() as patch:
            patch.setattr(type(collection.store.connection.words), "flush", cutting)  # type: ignore[attr-defined]
            with pytest.raises(
                StoreError, match=r"was lost .*: what was committed is safe; run the same command"
            ):
                collection.index(records, source="one", complete=True)
    with Collection.open(database, encoder=WordEncoder()) as reader:
        n_before = len(reader)
        assert 0 < n_before < 700
    with Collection.create(database, encoder=WordEncoder()) as collection:
        run = collection.index(records, source="one", complete=True)
        assert (run.n_same, run.n_new) == (n_before, 700 - n_before)
        again = [hit.id for hit in collection.search("worker crash", 50)]
    with Collection.create(f"{database}&schema=whole", encoder=WordEncoder()) as collection:
        collection.index(records, source="one", complete=True)
        assert [hit.id for hit in collection.search("worker crash", 50)] == again


def test_a_killed_run_is_continued(database: str) -> None:
    script = (
        "import os, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        f"{import_line(WordEncoder, corpus, Collection)}"
        f"import {indexing.__name__}\n"
        f"{indexing.__name__}.AHEAD, {indexing.__name__}.BATCH = 0, 64\n"
        "def records():\n"
        "    for number, record in enumerate(corpus(400)):\n"
        "        if number == 300: os.kill(os.getpid(), 9)\n"
        "        yield record\n"
        f"with Collection.create({database!r}, encoder=WordEncoder()) as collection:\n"
        "    collection.index(records(), source='one', complete=True)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with Collection.create(database, encoder=WordEncoder()) as collection:
        n_before = len(collection)
        run = collection.index(corpus(400), source="one", complete=True)
        assert run.n_same == n_before > 0
        assert len(collection) == 400


def test_a_graph_of_a_large_index_finds_the_same_and_its_recall_is_measured(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dupfind.postgresql import publish

    monkeypatch.setattr(publish, "EXACT_LIMIT", 500)
    records = corpus(900)
    found = []
    for place in (tmp_path / "index", database):
        with Collection.create(place, encoder=WordEncoder()) as collection:
            collection.index(records, source="one", complete=True)
            found.append(
                [hit.id for query in ("worker crash", "slow page") for hit in collection.search(query, 50)]
            )
            found.append([hit.id for hit in collection.search("worker crash", 50, project="b", state="open")])
            if isinstance(collection.store, PostgresWriter):
                published = publish.newest(collection.store, collection.store.encoding().id)
    assert found[:2] == found[2:]
    assert published is not None
    assert published.kind == publish.GRAPH
    assert 0.99 <= published.recall <= 1


def test_the_full_url_names_the_same_index() -> None:
    for text in ("postgresql://ann:p%40ss@db/t?sslmode=require&schema=issues", "postgresql://db/t"):
        url = index_place(text)
        assert isinstance(url, DatabaseUrl)
        assert index_place(url.full) == url


def test_a_url_shows_its_schema_and_no_password() -> None:
    url = index_place("postgres://ann:secret@db.example:5433/tracker?sslmode=require&schema=issues")
    assert isinstance(url, DatabaseUrl)
    assert str(url) == "postgresql://ann@db.example:5433/tracker?schema=issues"
    assert "secret" not in repr(url)
    assert url.dsn == "postgresql://ann:secret@db.example:5433/tracker?sslmode=require"
    assert index_place("folder/postgresql") == Path("folder/postgresql")


def long_name(n_bytes: int) -> str:
    """A name that no compression shortens."""
    return random.Random(n_bytes).randbytes(n_bytes).hex()[:n_bytes]


def test_a_name_that_no_index_of_the_server_takes_is_one_line(database: str, tmp_path: Path) -> None:
    longest = long_name(MAX_NAME - 1)
    fine = [Record(id="1", title="crash"), Record(id=longest, title="crash", project="p")]
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(fine, source="one")
        first, second = (collection.find(each.id)[0] for each in fine)
        other = replace(second, id=f"{longest[:-1]}x")
        collection.index([other], source="one")
        pair = Decision.of(second, other, "different", decided=NOW, who="ann")
        decisions.keep(collection.store, [pair])  # the names of two records go into one entry of an index
        assert first not in [second, other]
        for record, what in [
            (Record(id=long_name(MAX_NAME + 1), title="crash"), "its project and id have 1,001 bytes"),
            (
                Record(id="2", title="crash", duplicate_of=(Ref(None, long_name(3_000)),)),
                "a mark on it names",
            ),
        ]:
            with pytest.raises(StoreError, match=what) as error:
                collection.index([Record(id="9", title="login"), record], source="one")
            assert len(str(error.value)) < 400  # of a long name it has the beginning
            assert not collection.find("9")
        with pytest.raises(StoreError, match="shorten the name or the text"):
            collection.index([Record(id="9", title="login")], source=long_name(6_000))
        assert collection.index([Record(id="9", title="login")], source="one").n_new == 1
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        assert collection.index([Record(id=long_name(5_000), title="crash")]).n_new == 1


def test_the_way_out_of_damage_fits_a_database(database: str) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(corpus(20), source="one")
    sql(database, "UPDATE dupfind.terms SET title = 'x'")
    with Collection.open(database, encoder=WordEncoder()) as reader, pytest.raises(StoreError) as error:
        reader.search("worker crash")
    assert "restore the schema from a backup" in str(error.value)
    assert "folder" not in str(error.value)
