"""A schema that was found is not believed: its objects are compared with those of its revision before it is used."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError, StoreError
from dupfind.postgresql import catalog, description, schema
from dupfind.postgresql.catalog import SchemaObject
from dupfind.postgresql.connection import PostgresConnection, connect
from dupfind.postgresql.model_files import PIECE
from dupfind.records import Record
from dupfind.storage import migrate
from dupfind.storage.database import MAX_VALUE, REVISION
from dupfind.storage.database_url import DatabaseUrl
from dupfind.storage.encoding import MAX_DIM
from dupfind.storage.stored_form import MAX_BODY, MAX_TITLE
from tests.postgresql.test_command_line import in_one_line
from tests.postgresql.test_contract import QUERIES, hits, many
from tests.support.hostile_schemas import (
    AWAKE,
    ELSEWHERE,
    HOSTILE,
    LAST_PARTITION,
    PLAIN_PARTITIONS,
    Hostile,
    caught,
    change,
)
from tests.support.make_schema import made_in_postgresql
from tests.support.samples import Command, WordEncoder, corpus
from tests.support.servers import fresh_database, postgresql

pytestmark = pytest.mark.slow

READING = (
    ("query", "worker crash"),
    ("check", "--title", "worker crash"),
    ("info",),
    ("report", "-o", "report.html"),
    ("review", "--export", "-"),
    ("model", "list"),
)
WRITING = (
    ("index", "issues.jsonl", "-q"),
    ("sync", "-q"),
    ("remove", "one", "--yes"),
    ("doctor", "--compact"),
)


@pytest.fixture(scope="module")
def made(server: str) -> Iterator[str]:
    """An index to copy, with the schema `elsewhere`; nobody is connected to it."""
    with fresh_database(server) as url:
        with Collection.create(url, encoder=WordEncoder()) as collection:
            collection.index(many(30), source="one", complete=True)
        change(url, *ELSEWHERE)
        yield url


@pytest.fixture
def copied(server: str, made: str) -> Iterator[str]:
    name = made.partition("/test_")[2].partition("?")[0]
    with fresh_database(server, f"TEMPLATE test_{name}") as url:
        yield url


def test_the_stored_description_is_that_of_the_migrations(database: str) -> None:
    path = Path(description.__file__).with_name(description.FILE)
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored == made_in_postgresql(database)
    assert max(map(len, stored[str(REVISION)].values())) < catalog.MOST_CHARACTERS


def test_the_description_holds_for_a_server_of_another_version() -> None:
    """Its tables are made without pgvector, which this server does not have."""
    path = migrate.migrations() / "versions" / "0009_postgresql.py"
    spec = importlib.util.spec_from_file_location("revision", path)
    assert spec is not None
    assert spec.loader is not None
    revision = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(revision)
    stored = json.loads(Path(description.__file__).with_name(description.FILE).read_text(encoding="utf-8"))
    with postgresql() as url:
        place = DatabaseUrl.parse(url.replace("+psycopg2", ""))
        with closing(connect(place)) as connection:
            made = revision.TABLES.format(text='text COLLATE "C"', halfvec="bytea")
            connection.run(f"CREATE SCHEMA dupfind; SET search_path = dupfind; {made}")
            connection.run(f"{';'.join(revision.bounds())}; SET search_path = ''")
            found = {each.key: each.form for each in catalog.objects(connection)}
    expected = {key: form for key, form in stored["9"].items() if description.VERSIONS not in key}
    assert {**found, "column half_vector.vector": "<vector>.halfvec not null"} == expected


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.about)
def test_what_dupfind_did_not_make_is_refused_by_every_command_before_it_runs(
    copied: str, here: Path, dupfind: Command, hostile: Hostile
) -> None:
    (here / "issues.jsonl").write_text('{"id": 1, "title": "worker crash"}\n', encoding="utf-8")
    change(copied, *hostile.statements, AWAKE)
    for arguments in (*READING, *WRITING):
        line = in_one_line(dupfind, *arguments, "--index", copied)
        assert "is damaged or was changed (" in line
        assert hostile.named in line
        assert "index into another one with ?schema=NAME" in line
    ran = dupfind("doctor", "--index", copied)
    assert ran.code == 2
    assert "is damaged or was changed (" in ran.out
    assert caught(copied) == 0
    if hostile.proof:  # what it would have done
        change(copied, hostile.proof)
        assert caught(copied) > 0


def test_an_empty_schema_with_a_function_is_not_filled(database: str) -> None:
    [prepared] = (each for each in HOSTILE if "nearer type" in each.about)
    change(database, *ELSEWHERE, "CREATE SCHEMA dupfind", *prepared.statements, AWAKE)
    with pytest.raises(
        StoreError, match=r"has a function hashtext\(name\) that is not dupfind's: name another"
    ):
        Collection.create(database, encoder=WordEncoder())
    assert caught(database) == 0


def test_no_other_schema_and_no_default_path_of_the_database_stands_before_postgresql(
    database: str, here: Path, dupfind: Command
) -> None:
    """Functions of nearer types in `public`, and one named as the first that a connection calls."""
    name = database.partition("/test_")[2].partition("?")[0]
    change(
        database,
        *ELSEWHERE,
        "CREATE EXTENSION vector",
        "CREATE FUNCTION public.hashtext(name) RETURNS integer LANGUAGE sql AS"
        " $$ SELECT 1 FROM elsewhere.note('hashtext') $$",
        "CREATE FUNCTION elsewhere.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS"
        " $$ SELECT elsewhere.note('set_config') $$",
        "CREATE FUNCTION elsewhere.same(varchar, varchar) RETURNS boolean LANGUAGE sql AS"
        " $$ SELECT elsewhere.note('=') IS NOT NULL $$",
        "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = elsewhere.same)",
        "CREATE TABLE public.word_total (version bigint)",
        AWAKE,
        f"ALTER DATABASE test_{name} SET search_path = elsewhere, public, pg_catalog",
    )
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(many(30), source="one", complete=True)
        assert hits(collection, QUERIES[0])
    with Collection.open(database, encoder=WordEncoder()) as reader:
        assert hits(reader, QUERIES[0])
    assert caught(database) == 0
    change(database, "SELECT hashtext(current_schema()), set_config('a.b', 'c', false)")
    assert caught(database) == 2


def test_pgvector_may_be_in_any_schema_but_that_of_the_index(database: str) -> None:
    change(database, 'CREATE SCHEMA "a B"', 'CREATE EXTENSION vector SCHEMA "a B"')
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(many(30), source="one", complete=True)
        assert hits(collection, QUERIES[0])
    change(database, "CREATE SCHEMA other", "ALTER EXTENSION vector SET SCHEMA other")
    with Collection.open(database, encoder=WordEncoder()) as reader:
        assert hits(reader, QUERIES[0])
    with pytest.raises(StoreError, match="`ALTER EXTENSION vector SET SCHEMA public`"):
        Collection.create(f"{database}&schema=other", encoder=WordEncoder())


def test_what_dupfind_itself_makes_for_a_while_is_believed(copied: str) -> None:
    """The indexes that a killed compaction leaves, a graph, and the partitions of docs/scale.md with graphs."""
    graph = "CREATE INDEX half_vector_graph_{} ON dupfind.half_vector USING hnsw"
    graph += " ((vector::public.halfvec(64)) public.halfvec_ip_ops) WHERE encoding_id = {}"
    change(
        copied,
        "CREATE INDEX vector_row ON dupfind.vector (row_id)",
        "CREATE INDEX vector_title ON dupfind.vector (title_embedding)",
        graph.format(1, 1),
    )
    Collection.open(copied, encoder=WordEncoder()).close()
    change(copied, *PLAIN_PARTITIONS, f"CREATE TABLE {LAST_PARTITION}", graph.format(2, 2))
    Collection.open(copied, encoder=WordEncoder()).close()
    Collection.create(copied, encoder=WordEncoder()).close()


def test_a_schema_that_changes_meanwhile_is_still_read_as_plain_tables(copied: str) -> None:
    """A view that takes the place of a table after the check is refused by servers that have a setting for it."""
    with Collection.open(copied, encoder=WordEncoder()) as reader:
        change(
            copied,
            "ALTER TABLE dupfind.record RENAME TO record0",
            "CREATE VIEW dupfind.record AS SELECT *, elsewhere.note('view') FROM dupfind.record0",
            AWAKE,
        )
        with pytest.raises(StoreError, match='access to non-system view "record" is restricted'):
            reader.search("worker crash")
    assert caught(copied) == 0


def test_a_schema_with_too_many_objects_is_one_line(copied: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change(copied, *(f"CREATE TABLE dupfind.t{number} (x integer)" for number in range(50)))
    monkeypatch.setattr(catalog, "MOST_OBJECTS", 290)
    with pytest.raises(StoreError, match="has more than 290 objects"):
        Collection.open(copied, encoder=WordEncoder())


@pytest.mark.parametrize("n_wrong", [1, 10])
def test_a_difference_that_is_gone_at_the_next_reading_is_none(
    n_wrong: int, copied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form of an index that another process drops is missing in the moment in which it is read."""
    n_readings = 0

    def without_a_form(connection: PostgresConnection) -> list[SchemaObject]:
        nonlocal n_readings
        n_readings += 1
        found = catalog.objects(connection)
        place = next(
            place for place, each in enumerate(found) if (each.kind, each.owner) == ("index", "record")
        )
        if n_readings <= n_wrong:
            found[place] = found[place]._replace(form="btree")
        return found

    monkeypatch.setattr(schema, "objects", without_a_form)
    if n_wrong == 1:
        Collection.open(copied, encoder=WordEncoder()).close()
    else:
        with pytest.raises(StoreError, match="damaged or was changed"):
            Collection.open(copied, encoder=WordEncoder())
    assert 1 < n_readings < 10


def test_a_partition_that_is_missing_is_no_long_text(copied: str) -> None:
    change(copied, *PLAIN_PARTITIONS)
    with Collection.create(copied, encoder=WordEncoder()) as collection:
        with pytest.raises(StoreError, match="no partition of relation") as refused:
            collection.index(corpus(60), source="two")
        assert "shorten" not in str(refused.value)


@pytest.mark.parametrize(
    ("table", "column", "most"),
    [
        ("record", "title", 4 * MAX_TITLE),
        ("record", "body", 4 * MAX_BODY),
        ("record", "url", MAX_VALUE),
        ("embedding", "vector", 4 * MAX_DIM),
        ("model_file", "content", PIECE),
        ("row_stems", "stems", MAX_VALUE),
    ],
)
def test_a_value_larger_than_its_bound_is_not_stored(copied: str, table: str, column: str, most: int) -> None:
    change(copied, "INSERT INTO dupfind.model_file VALUES ('f', 'a', 0, '')")
    value = "repeat('a', {})"
    if column == "stems":
        value, most = "ARRAY[repeat('a', {})]", most - len("{}")
    elif column in ("vector", "content"):
        value = "decode(repeat('00', {}), 'hex')"
    update = f"UPDATE dupfind.{table} SET {column} = {value}"
    update += f" WHERE ctid = (SELECT min(ctid) FROM dupfind.{table})"
    change(copied, update.format(most))
    with pytest.raises(psycopg2.errors.CheckViolation, match=f"{table}_sizes"):
        change(copied, update.format(most + 1))


def test_the_longest_record_is_stored_and_a_value_beyond_a_bound_is_one_line(database: str) -> None:
    record = Record(id="1", title="\U0001d11e" * MAX_TITLE, body="\U0001d11e" * MAX_BODY)
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index([record], source="one")
        [(_, stored)] = collection.store.find("1")
        assert (stored.title, stored.body) == (record.title, record.body)
        change(
            database,
            "ALTER TABLE dupfind.record DROP CONSTRAINT record_sizes",
            "ALTER TABLE dupfind.record ADD CONSTRAINT record_sizes CHECK (octet_length(url) <= 9)",
        )
        with pytest.raises(
            StoreError, match=r"cannot hold this \(.*record_sizes.*shorten the name or the text"
        ):
            collection.index([replace(record, id="2", url="https://bugs.example/2")], source="one")
        assert not collection.find("2")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE encoding SET dim = 100000000",
        "UPDATE encoding SET dim = -1, title_weight = 1e308",
        "UPDATE encoding SET title_weight = 'NaN'",
        "UPDATE record SET created = '0000-00-00'",
        "UPDATE record SET created = '0001-01-01T00:00:00+23:59'",
        "UPDATE record SET closed = 'soon'",
        "UPDATE record SET n_children = -2147483648",
        "INSERT INTO calibration SELECT id, '2024-01-01', repeat('[', 50000) FROM encoding",
        "INSERT INTO calibration SELECT id, '2024-01-01', '{\"order\": 1, \"verdict\": []}' FROM encoding",
        "UPDATE source SET mapping = '{'",
        "UPDATE run SET counts = '7'",
        "INSERT INTO cursor SELECT id, '[' FROM source",
        "UPDATE terms SET title = decode(repeat('00', 4000000), 'hex') WHERE row_id = 1",
        "UPDATE terms SET title = '\\xff'",
        "UPDATE comment_terms SET lengths = '\\xffffffff'",
        "UPDATE snapshot SET dim = -4, n_rows = -1",
        "UPDATE snapshot SET max_row_id = 9223372036854775807, dim = 32",
        "UPDATE embedding SET vector = '\\x00'",
        "UPDATE embedding SET crc32 = -1",
        "UPDATE half_vector SET vector = '[1,2]'",
        "UPDATE posting SET occurrences = '\\x00'",
        "UPDATE posting SET n_rows = -2147483648",
        "UPDATE posting SET block = 9223372036854775807 WHERE stem = 'crash'",
        "UPDATE word_length SET lengths = decode(repeat('ff', 24576), 'hex')",
        "UPDATE word_total SET n_rows = 9223372036854775807, title = -1",
        "DELETE FROM word_total",
        "INSERT INTO word_total SELECT 7, 7, 7, 7, 7, 7, 7 FROM generate_series(1, 1000)",
        "UPDATE boilerplate SET n_records = -1",
        "INSERT INTO boilerplate SELECT id, repeat('x', 100000), 7 FROM source",
        "INSERT INTO decision (first_source, first_project, first_id, first_fingerprint, second_source, second_project,"
        " second_id, second_fingerprint, answer, decided, who, why)"
        " VALUES ('', '', '1', '', '', '', '2', '', 'different', 'junk', 'me', '')",
    ],
)
def test_a_value_that_cannot_be_is_one_line_or_does_no_harm(
    copied: str, here: Path, dupfind: Command, statement: str
) -> None:
    change(copied, f"SET search_path = dupfind, public; {statement}")
    uses: tuple[Callable[[Collection], object], ...] = (
        lambda collection: hits(collection, QUERIES[0]),
        lambda collection: hits(collection, "memry"),
        lambda collection: collection.check(many(3)),
        lambda collection: collection.report(min_score=0.7),
        lambda collection: collection.info(),
    )
    for use in uses:
        with suppress(DupfindError), Collection.open(copied, encoder=WordEncoder()) as reader:
            use(reader)
    ran = dupfind("doctor", "--read-data", "--index", copied)
    assert ran.code in (0, 2)
    with suppress(DupfindError), Collection.create(copied, encoder=WordEncoder()) as collection:
        collection.index(many(40), source="one", complete=True)
