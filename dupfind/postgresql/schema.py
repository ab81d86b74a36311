"""Opens, checks and upgrades the schema of an index in a PostgreSQL database."""

from contextlib import closing

from dupfind.errors import StoreError, StoreTooNew, StoreTooOld
from dupfind.postgresql.connection import LOCKS, PostgresConnection, connect
from dupfind.postgresql.publish import search_settings
from dupfind.storage import database, migrate
from dupfind.storage.database_url import DatabaseUrl

FIRST = "0008"
"""The revision before the first one that makes tables in PostgreSQL."""

_LEAST_PGVECTOR = (0, 8)


def open_schema(url: DatabaseUrl) -> PostgresConnection:
    """Connect to an index of the present revision.

    Raises:
        StoreError: The server cannot be reached, or has no index there; `StoreTooOld`, `StoreTooNew`: its revision
            differs.
    """
    connection = connect(url)
    try:
        revision = _revision(connection)
        if revision is None:
            raise StoreError(f"no index at {url}: make one with `dupfind index SOURCE --index URL`")
        check_revision(url, revision)
        connection.run(search_settings())
    except BaseException:
        connection.close()
        raise
    return connection


def upgrade(url: DatabaseUrl) -> None:
    """Create the schema and its tables, or run the missing revisions, in one transaction.

    Raises:
        StoreError: Other tables are in the schema, the extension pgvector or a right is missing, or the encoding of
            the database is not UTF8.
        StoreTooNew: A newer dupfind wrote it.
    """
    connection = connect(url)
    try:
        if _revision(connection) == database.REVISION:
            return
        connection.run("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCKS, url.schema))  # until it is closed
        revision = _revision(connection)
        if revision is None:
            _require_empty(connection)
            _require_utf8(connection)
            _require_pgvector(connection)
            connection.run(
                f"CREATE SCHEMA IF NOT EXISTS {url.schema}"
            )  # a name of letters: `DatabaseUrl.parse`
        elif revision > database.REVISION:
            raise _too_new(url, revision)
        migrate.upgrade_postgresql(lambda: connection.raw, FIRST if revision is None else None)
    finally:
        connection.close()


def is_made(url: DatabaseUrl) -> bool:
    """Return whether the schema has the tables of an index, of any revision.

    Raises:
        StoreError: The server cannot be reached, or the tables are not dupfind's.
    """
    with closing(connect(url)) as connection:
        return _revision(connection) is not None


def check_revision(url: DatabaseUrl, revision: int) -> None:
    """Refuse an index of another revision.

    Raises:
        StoreTooOld: It needs an upgrade.
        StoreTooNew: A newer dupfind wrote it.
    """
    if revision > database.REVISION:
        raise _too_new(url, revision)
    if revision < database.REVISION:
        raise StoreTooOld(
            f"{url} has revision {revision}, not {database.REVISION}: `dupfind index` upgrades it"
        )


def _too_new(url: DatabaseUrl, revision: int) -> StoreTooNew:
    return StoreTooNew(
        f"{url} has revision {revision}, this dupfind has {database.REVISION}: upgrade dupfind, or name another --index"
    )


def _revision(connection: PostgresConnection) -> int | None:
    """Return the revision of the schema, or None where it is missing or empty.

    Raises:
        StoreError: The tables in the schema are not dupfind's.
    """
    url = connection.url
    row = connection.run(
        "SELECT to_regclass(%s)::text, to_regclass(%s)::text",
        (f"{url.schema}.alembic_version", f"{url.schema}.word_total"),
    ).fetchone()
    if row is None or row[0] is None:
        return None
    if row[1] is None:
        raise _not_ours(url)
    query = f"SELECT version_num FROM {url.schema}.alembic_version"  # noqa: S608
    versions = connection.run(query).fetchall()
    if len(versions) != 1 or not str(versions[0][0]).isdecimal():
        raise _not_ours(url)
    return int(versions[0][0])


def _require_empty(connection: PostgresConnection) -> None:
    row = connection.run(
        "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(%s)", (connection.url.schema,)
    ).fetchone()
    if row is not None and row[0]:
        raise _not_ours(connection.url)


def _not_ours(url: DatabaseUrl) -> StoreError:
    return StoreError(
        f"the schema {url.schema} at {url} has tables that are not dupfind's: name another one with ?schema=NAME"
    )


def _require_utf8(connection: PostgresConnection) -> None:
    row = connection.run("SHOW server_encoding").fetchone()
    if row != ("UTF8",):
        raise StoreError(f"{connection.url} has the encoding {row and row[0]}: name a database with UTF8")


def _require_pgvector(connection: PostgresConnection) -> None:
    """Create the extension where it is missing and this user may."""
    url = connection.url
    query = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    row = connection.run(query).fetchone()
    if row is None:
        available = connection.run("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone()
        if available is None:
            raise StoreError(
                f"{url} has no pgvector: install it on the server (github.com/pgvector/pgvector)"
            )
        try:
            connection.run("CREATE EXTENSION vector WITH SCHEMA public")
        except StoreError as error:
            raise StoreError(
                f"{url} has no extension pgvector yet: let its owner run `CREATE EXTENSION vector` there"
            ) from error
        row = connection.run(query).fetchone()
    version = tuple(int(part) for part in str(row and row[0]).split(".")[:2])
    if version < _LEAST_PGVECTOR:
        raise StoreError(
            f"{url} has pgvector {row and row[0]}: upgrade it to 0.8 or later, then `ALTER EXTENSION vector UPDATE`"
        )
