"""Schemas of an index in PostgreSQL that somebody prepared: each with what would run with the rights of its user."""

from typing import NamedTuple

import psycopg2


class Hostile(NamedTuple):
    """What somebody did to a schema.

    Attributes:
        about: Its name in the tests.
        statements: Make it; "dupfind" is the schema of an index.
        named: Part of the message that refuses it.
        proof: A statement that runs the function `elsewhere.note`; "" where nothing of it runs.
    """

    about: str
    statements: tuple[str, ...]
    named: str
    proof: str = ""


ELSEWHERE = (
    "CREATE SCHEMA elsewhere",
    "CREATE TABLE elsewhere.caught (what text)",
    "CREATE FUNCTION elsewhere.note(what text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS"
    " $$ BEGIN RETURN what; END $$",
    "CREATE FUNCTION elsewhere.trigger() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN PERFORM elsewhere.note('trigger'); RETURN NEW; END $$",
)
"""What any schema of `HOSTILE` uses: a function that is harmless until `AWAKE`, as an index needs it."""

AWAKE = (
    "CREATE OR REPLACE FUNCTION elsewhere.note(what text) RETURNS text LANGUAGE plpgsql VOLATILE AS"
    " $$ BEGIN INSERT INTO elsewhere.caught VALUES (what); RETURN what; END $$"
)
"""From now on the function writes down that it was called."""

NEW_SOURCE = "INSERT INTO dupfind.source (name, kind, location, mapping) VALUES ('x', 'y', 'z', '{}')"
GRAPH = "half_vector USING hnsw ((vector::public.halfvec(64)) public.halfvec_ip_ops)"
PARTITIONED = (
    "ALTER TABLE dupfind.half_vector RENAME TO half_vector_whole",
    "CREATE TABLE dupfind.half_vector (LIKE dupfind.half_vector_whole) PARTITION BY HASH ({by})",
    "DROP TABLE dupfind.half_vector_whole",
    "ALTER TABLE dupfind.half_vector ADD FOREIGN KEY (encoding_id) REFERENCES dupfind.encoding (id) ON DELETE CASCADE",
    "ALTER TABLE dupfind.half_vector ADD FOREIGN KEY (row_id) REFERENCES dupfind.record (row_id)",
    "CREATE INDEX half_vector_row ON dupfind.half_vector (row_id)",
)
PLAIN_PARTITIONS = (
    *(statement.format(by="row_id") for statement in PARTITIONED),
    "ALTER TABLE dupfind.half_vector ADD PRIMARY KEY (encoding_id, row_id)",
    "CREATE TABLE dupfind.half_vector_0 PARTITION OF dupfind.half_vector FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
)
LAST_PARTITION = (
    "dupfind.half_vector_1 PARTITION OF dupfind.half_vector FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
)

HOSTILE = (
    Hostile(
        "trigger",
        ("CREATE TRIGGER t BEFORE INSERT ON dupfind.source FOR EACH ROW EXECUTE FUNCTION elsewhere.trigger()",),
        "dupfind has no trigger source.t)",
        NEW_SOURCE,
    ),
    Hostile(
        "trigger of a statement on the table of the revision",
        ("CREATE TRIGGER t AFTER UPDATE ON dupfind.alembic_version EXECUTE FUNCTION elsewhere.trigger()",),
        "dupfind has no trigger alembic_version.t)",
        "UPDATE dupfind.alembic_version SET version_num = version_num",
    ),
    Hostile("foreign keys off", ("ALTER TABLE dupfind.mark DISABLE TRIGGER ALL",), "dupfind has no trigger mark."),
    Hostile(
        "deferred trigger",
        (
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON dupfind.source DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION elsewhere.trigger()",
        ),
        "dupfind has no trigger source.t)",
        NEW_SOURCE,
    ),
    Hostile(
        "rule",
        ("CREATE RULE r AS ON INSERT TO dupfind.source DO ALSO SELECT elsewhere.note('rule')",),
        "dupfind has no rule source.r)",
        NEW_SOURCE,
    ),
    Hostile(
        "view in place of a table",
        (
            "ALTER TABLE dupfind.word_total RENAME TO word_total0",
            "CREATE VIEW dupfind.word_total AS SELECT *, elsewhere.note('view') FROM dupfind.word_total0",
        ),
        "dupfind has no view word_total)",
        "SELECT * FROM dupfind.word_total",
    ),
    Hostile(
        "view in place of the table of the revision",
        (
            "DROP TABLE dupfind.alembic_version",
            "CREATE VIEW dupfind.alembic_version AS SELECT elsewhere.note('0009')::varchar(32) AS version_num",
        ),
        "dupfind has no view alembic_version)",
        "SELECT version_num FROM dupfind.alembic_version",
    ),
    Hostile(
        "rows of another table in that of the revision",
        (
            "CREATE TABLE elsewhere.child () INHERITS (dupfind.alembic_version)",
            "INSERT INTO elsewhere.child VALUES ('0010')",
        ),
        "dupfind has no table elsewhere.child)",
    ),
    Hostile(
        "materialized view",
        (
            "DROP TABLE dupfind.reported",
            "CREATE MATERIALIZED VIEW dupfind.reported AS SELECT ''::text AS parameters, 1::bigint AS row_id",
        ),
        "dupfind has no materialized view reported)",
    ),
    Hostile(
        "foreign table",
        (
            "CREATE FOREIGN DATA WRAPPER nowhere",
            "CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere",
            "DROP TABLE dupfind.reported",
            "CREATE FOREIGN TABLE dupfind.reported (parameters text) SERVER nowhere",
        ),
        "dupfind has no foreign table reported)",
    ),
    Hostile(
        "policy",
        (
            "CREATE POLICY p ON dupfind.record USING (elsewhere.note(title) IS NOT NULL)",
            "ALTER TABLE dupfind.record ENABLE ROW LEVEL SECURITY",
        ),
        "dupfind has no policy record.p)",
    ),
    Hostile(
        "row level security without a policy",
        ("ALTER TABLE dupfind.record ENABLE ROW LEVEL SECURITY",),
        "table record is not dupfind's)",
    ),
    Hostile(
        "function of a nearer type than PostgreSQL's own",
        (
            "CREATE FUNCTION dupfind.hashtext(schema name) RETURNS integer LANGUAGE sql AS"
            " $$ SELECT 1 FROM elsewhere.note('function') $$",
        ),
        "dupfind has no function hashtext(name))",
        "SET search_path = dupfind; SELECT hashtext(current_schema())",
    ),
    Hostile(
        "other body of a function",
        (
            "CREATE OR REPLACE FUNCTION dupfind.json_rows(list text) RETURNS TABLE (key bigint, value bigint)"
            " LANGUAGE sql IMMUTABLE AS $$ SELECT 1::bigint, 1::bigint FROM elsewhere.note('body') $$",
        ),
        "function json_rows(text) is not dupfind's)",
        "SELECT dupfind.json_rows('[1]')",
    ),
    Hostile(
        "function with the rights of its owner",
        ("ALTER FUNCTION dupfind.json_rows(text) SECURITY DEFINER",),
        "function json_rows(text) is not dupfind's)",
    ),
    Hostile(
        "function with a search path",
        ("ALTER FUNCTION dupfind.json_rows(text) SET search_path = elsewhere",),
        "function json_rows(text) is not dupfind's)",
    ),
    Hostile(
        "aggregate",
        (
            "CREATE FUNCTION elsewhere.step(text, text) RETURNS text LANGUAGE sql AS 'SELECT elsewhere.note($2)'",
            "CREATE AGGREGATE dupfind.max(varchar) (SFUNC = elsewhere.step, STYPE = text)",
        ),
        "dupfind has no function max(character varying))",
    ),
    Hostile(
        "operator",
        (
            "CREATE FUNCTION elsewhere.same(varchar, varchar) RETURNS boolean LANGUAGE sql AS"
            " $$ SELECT elsewhere.note('operator') IS NOT NULL $$",
            "CREATE OPERATOR dupfind.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = elsewhere.same)",
        ),
        "dupfind has no 'operator ='",
        "SET search_path = dupfind; SELECT 1 FROM alembic_version WHERE version_num = '0009'",
    ),
    Hostile(
        "type",
        ("CREATE TYPE dupfind.halfvec AS (number integer)",),
        "dupfind has no type halfvec)",
    ),
    Hostile(
        "domain",
        ("CREATE DOMAIN dupfind.float16 AS text CHECK (elsewhere.note(VALUE) IS NOT NULL)",),
        "dupfind has no type float16)",
        "SELECT 'a'::dupfind.float16",
    ),
    Hostile(
        "cast of the rows of a table",
        (
            "CREATE FUNCTION elsewhere.as_text(dupfind.record) RETURNS text LANGUAGE sql AS"
            " $$ SELECT elsewhere.note('cast') $$",
            "CREATE CAST (dupfind.record AS text) WITH FUNCTION elsewhere.as_text(dupfind.record)",
        ),
        "dupfind has no cast dupfind.record to text)",
        "SELECT each::text FROM dupfind.record AS each",
    ),
    Hostile(
        "default",
        ("ALTER TABLE dupfind.source ALTER name SET DEFAULT elsewhere.note('default')",),
        "column source.name is not dupfind's)",
        "INSERT INTO dupfind.source (kind, location, mapping) VALUES ('y', 'z', '{}')",
    ),
    Hostile(
        "generated column",
        ("ALTER TABLE dupfind.source ADD more text GENERATED ALWAYS AS (elsewhere.note(name)) STORED",),
        "dupfind has no column source.more)",
        NEW_SOURCE,
    ),
    Hostile(
        "check",
        ("ALTER TABLE dupfind.source ADD CONSTRAINT c CHECK (elsewhere.note(name) IS NOT NULL)",),
        "dupfind has no constraint source.c)",
        NEW_SOURCE,
    ),
    Hostile(
        "index of an expression",
        ("CREATE INDEX i ON dupfind.source (elsewhere.note(name))",),
        "dupfind has no index source.i)",
        NEW_SOURCE,
    ),
    Hostile(
        "index with a condition",
        ("CREATE INDEX i ON dupfind.source (id) WHERE elsewhere.note(name) IS NOT NULL",),
        "dupfind has no index source.i)",
        NEW_SOURCE,
    ),
    Hostile(
        "index with the name of a graph",
        (
            "CREATE INDEX half_vector_graph_7 ON dupfind.half_vector (elsewhere.note(row_id::text))"
            " WHERE encoding_id = 7",
        ),
        "dupfind has no index half_vector.half_vector_graph_7)",
    ),
    Hostile(
        "graph with a condition",
        (f"CREATE INDEX half_vector_graph_7 ON dupfind.{GRAPH} WHERE elsewhere.note(row_id::text) IS NOT NULL",),
        "dupfind has no index half_vector.half_vector_graph_7)",
    ),
    Hostile(
        "graph on another type's name",
        (
            "CREATE DOMAIN elsewhere.halfvec AS public.halfvec CHECK (elsewhere.note('domain') IS NOT NULL)",
            "CREATE INDEX half_vector_graph_7 ON dupfind.half_vector"
            " USING hnsw ((vector::elsewhere.halfvec::public.halfvec(64)) public.halfvec_ip_ops) WHERE encoding_id = 7",
        ),
        "dupfind has no index half_vector.half_vector_graph_7)",
    ),
    Hostile(
        "index of a compaction with a condition",
        ("CREATE INDEX vector_row ON dupfind.vector (row_id) WHERE elsewhere.note(row_id::text) IS NOT NULL",),
        "dupfind has no index vector.vector_row)",
    ),
    Hostile(
        "child of a table",
        (
            "CREATE TABLE elsewhere.child () INHERITS (dupfind.source)",
            "CREATE TRIGGER t BEFORE UPDATE ON elsewhere.child FOR EACH ROW EXECUTE FUNCTION elsewhere.trigger()",
            "INSERT INTO elsewhere.child (id, name, kind, location, mapping) VALUES (7, 'x', 'y', 'z', '{}')",
        ),
        "dupfind has no table elsewhere.child)",
        "UPDATE dupfind.source SET kind = kind",
    ),
    Hostile(
        "child of a table in the schema itself",
        ("CREATE TABLE dupfind.child () INHERITS (dupfind.source)",),
        "dupfind has no table child)",
    ),
    Hostile(
        "table with another parent",
        (
            "CREATE TABLE elsewhere.parent ()",
            "ALTER TABLE dupfind.source INHERIT elsewhere.parent",
        ),
        "table source is not dupfind's)",
    ),
    Hostile(
        "column of a domain",
        (
            'CREATE DOMAIN elsewhere.checked AS text COLLATE "C" CHECK (elsewhere.note(VALUE) IS NOT NULL)',
            "ALTER TABLE dupfind.source ALTER name TYPE elsewhere.checked",
        ),
        "column source.name is not dupfind's)",
        NEW_SOURCE,
    ),
    Hostile(
        "column of another type",
        ("ALTER TABLE dupfind.record ALTER n_children TYPE numeric",),
        "column record.n_children is not dupfind's)",
    ),
    Hostile(
        "column of another collation",
        ("ALTER TABLE dupfind.record ALTER title TYPE text",),
        "column record.title is not dupfind's)",
    ),
    Hostile(
        "half vectors of another type of that name",
        (
            "CREATE TYPE elsewhere.halfvec AS (number integer)",
            "ALTER TABLE dupfind.half_vector DROP vector",
            "ALTER TABLE dupfind.half_vector ADD vector elsewhere.halfvec NOT NULL DEFAULT ROW(1)",
            "ALTER TABLE dupfind.half_vector ALTER vector DROP DEFAULT",
        ),
        "column half_vector.vector is not dupfind's)",
    ),
    Hostile(
        "column that may be empty",
        ("ALTER TABLE dupfind.record ALTER title DROP NOT NULL",),
        "column record.title is not dupfind's)",
    ),
    Hostile("further column", ("ALTER TABLE dupfind.record ADD more text",), "dupfind has no column record.more)"),
    Hostile("further table", ("CREATE TABLE dupfind.extra (x integer)",), "dupfind has no table extra)"),
    Hostile("further view", ("CREATE VIEW dupfind.extra AS SELECT 1",), "dupfind has no view extra)"),
    Hostile(
        "further table with a name that steers a terminal",
        ('CREATE TABLE dupfind."a\n\x1b[31mb" (x integer)',),
        r"dupfind has no 'table a\n\x1b[31mb')",
    ),
    Hostile("lost table", ("DROP TABLE dupfind.reported",), "table reported is missing)"),
    Hostile("lost index", ("DROP INDEX dupfind.record_live",), "index record.record_live is missing)"),
    Hostile(
        "lost foreign key",
        ("ALTER TABLE dupfind.mark DROP CONSTRAINT mark_row_id_fkey",),
        "constraint mark.mark_row_id_fkey is missing)",
    ),
    Hostile(
        "lost bound of sizes",
        ("ALTER TABLE dupfind.record DROP CONSTRAINT record_sizes",),
        "constraint record.record_sizes is missing)",
    ),
    Hostile(
        "bound of sizes that older rows need not keep",
        (
            "CREATE TABLE elsewhere.kept AS SELECT pg_get_constraintdef(oid) AS bound FROM pg_constraint"
            " WHERE conname = 'composed_sizes'",
            "ALTER TABLE dupfind.composed DROP CONSTRAINT composed_sizes",
            "UPDATE dupfind.composed SET body = repeat('a', 300000000) WHERE row_id = 1",
            "DO $$ BEGIN EXECUTE 'ALTER TABLE dupfind.composed ADD CONSTRAINT composed_sizes '"
            " || (SELECT bound FROM elsewhere.kept) || ' NOT VALID'; END $$",
        ),
        "constraint composed.composed_sizes is not dupfind's)",
    ),
    Hostile(
        "foreign key from elsewhere",
        (
            "CREATE TABLE elsewhere.keeper (row_id bigint REFERENCES dupfind.record ON DELETE CASCADE)",
            "CREATE TRIGGER t BEFORE DELETE ON elsewhere.keeper FOR EACH ROW EXECUTE FUNCTION elsewhere.trigger()",
        ),
        "dupfind has no constraint elsewhere.keeper.keeper_row_id_fkey)",
    ),
    Hostile(
        "statistics of an expression",
        ("CREATE STATISTICS elsewhere.s ON (elsewhere.note(name)) FROM dupfind.source",),
        "dupfind has no statistics s)",
        "ANALYZE dupfind.source",
    ),
    Hostile(
        "numbers of rows backwards",
        ("ALTER SEQUENCE dupfind.record_row_id_seq INCREMENT -1 MINVALUE -1000",),
        "sequence record_row_id_seq is not dupfind's)",
    ),
    Hostile("unlogged table", ("ALTER TABLE dupfind.reported SET UNLOGGED",), "table reported is not dupfind's)"),
    Hostile('collation', ('CREATE COLLATION dupfind.c FROM "C"',), "dupfind has no collation c)"),
    Hostile(
        "text search configuration",
        ("CREATE TEXT SEARCH CONFIGURATION dupfind.c (COPY = simple)",),
        "dupfind has no text search configuration c)",
    ),
    Hostile(
        "partitions by a function",
        (*(each.format(by="elsewhere.note(row_id::text)") for each in PARTITIONED),),
        "half_vector",
    ),
    Hostile(
        "partition elsewhere",
        (*PLAIN_PARTITIONS, f"CREATE TABLE {LAST_PARTITION.replace('dupfind.', 'elsewhere.', 1)}"),
        "dupfind has no table elsewhere.half_vector_1)",
    ),
    Hostile(
        "partition on another server",
        (
            *PLAIN_PARTITIONS,
            "ALTER TABLE dupfind.half_vector DROP CONSTRAINT half_vector_pkey, DROP CONSTRAINT half_vector_row_id_fkey,"
            " DROP CONSTRAINT half_vector_encoding_id_fkey",
            "CREATE FOREIGN DATA WRAPPER nowhere",
            "CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere",
            f"CREATE FOREIGN TABLE {LAST_PARTITION} SERVER nowhere",
        ),
        "dupfind has no foreign table half_vector_1)",
    ),
    Hostile(
        "partition with a trigger",
        (
            *PLAIN_PARTITIONS,
            f"CREATE TABLE {LAST_PARTITION}",
            "CREATE TRIGGER t BEFORE INSERT ON dupfind.half_vector_1"
            " FOR EACH ROW EXECUTE FUNCTION elsewhere.trigger()",
        ),
        "dupfind has no trigger half_vector_1.t)",
    ),
    Hostile(
        "partition with an index of an expression",
        (
            *PLAIN_PARTITIONS,
            f"CREATE TABLE {LAST_PARTITION}",
            "CREATE INDEX i ON dupfind.half_vector_1 (elsewhere.note(row_id::text))",
        ),
        "dupfind has no index half_vector_1.i)",
    ),
    Hostile(
        "partition with a default",
        (
            *PLAIN_PARTITIONS,
            f"CREATE TABLE {LAST_PARTITION}",
            "ALTER TABLE dupfind.half_vector_1 ALTER row_id SET DEFAULT length(elsewhere.note('x'))",
        ),
        "dupfind has no column half_vector_1.row_id)",
    ),
)  # fmt: skip
"""Every kind of object that a schema may have and that dupfind does not make."""


def change(url: str, *statements: str) -> None:
    """Run statements as somebody who may change a schema."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def caught(url: str) -> int:
    """Return how many times `elsewhere.note` was called in transactions that were committed."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM elsewhere.caught")
            (number,) = cursor.fetchone() or (0,)
    finally:
        connection.close()
    return int(number)
