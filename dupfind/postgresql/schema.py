"""Opens, checks and upgrades the schema of an index in a PostgreSQL database."""

import time
from collections.abc import Sequence
from contextlib import closing

from dupfind.errors import StoreError, StoreTooNew, StoreTooOld
from dupfind.postgresql import description
from dupfind.postgresql.catalog import EXTENSION, SchemaObject, objects
from dupfind.postgresql.connection import LOCKS, PostgresConnection, connect
from dupfind.postgresql.publish import search_settings
from dupfind.storage import database, migrate
from dupfind.storage.database_url import DatabaseUrl, index_again

FIRST = "0008"
"""The revision before the first one that makes tables in PostgreSQL."""

_LEAST_PGVECTOR = (0, 8)

_READINGS = 5
"""How often a schema that differs is read: an index that another process drops meanwhile has no form for a moment."""

_PAUSE_S = 0.05


def open_schema(url: DatabaseUrl) -> PostgresConnection:
    """Connect to an index of the present revision, whose objects are those that its migrations make.

    Raises:
        StoreError: The server cannot be reached, has no index there, or somebody changed its schema; `StoreTooOld`,
            `StoreTooNew`: its revision differs.
    """
    connection = connect(url)
    try:
        found = objects(connection)
        revision = _revision(connection, found)
        if revision is None:
            raise StoreError(f"no index at {url}: make one with `dupfind index SOURCE --index URL`")
        check_revision(url, revision)
        extension = _check_objects(connection, found, revision)
        connection.trust(extension, search_settings())
    except BaseException:
        connection.close()
        raise
    return connection


def upgrade(url: DatabaseUrl) -> None:
    """Create the schema and its tables, or run the missing revisions, in one transaction.

    Raises:
        StoreError: Other objects are in the schema, the extension pgvector or a right is missing, or the encoding of
            the database is not UTF8.
        StoreTooNew: A newer dupfind wrote it.
    """
    connection = connect(url)
    try:
        if _revision(connection, objects(connection)) == database.REVISION:
            return
        connection.run("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCKS, url.schema))  # until it is closed
        found = objects(connection)
        revision = _revision(connection, found)
        if revision is None:
            _require_empty(url, found)
            _require_utf8(connection)
            extension = _require_pgvector(connection)
            connection.run(
                f"CREATE SCHEMA IF NOT EXISTS {url.schema}"
            )  # a name of letters: `DatabaseUrl.parse`
        elif revision > database.REVISION:
            raise _too_new(url, revision)
        else:
            extension = _check_objects(connection, found, revision)
        connection.trust(extension)
        migrate.upgrade_postgresql(lambda: connection.raw, FIRST if revision is None else None)
    finally:
        connection.close()


def is_made(url: DatabaseUrl) -> bool:
    """Return whether the schema has the tables of an index, of any revision.

    Raises:
        StoreError: The server cannot be reached, or the tables are not dupfind's.
    """
    with closing(connect(url)) as connection:
        return _revision(connection, objects(connection)) is not None


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


def _revision(connection: PostgresConnection, found: Sequence[SchemaObject]) -> int | None:
    """Return the revision of the schema, or None where it is missing or has no such table.

    Raises:
        StoreError: The tables in the schema are not dupfind's, or the one that is read is no plain table.
    """
    url = connection.url
    names = {each.name for each in found if not each.owner}
    if description.VERSIONS not in names:
        return None
    if "word_total" not in names:
        raise _not_ours(url)
    difference = description.versions_difference(found, database.REVISION)
    if difference is not None:
        raise _changed(url, difference)
    # Only: a table elsewhere may be its child.
    query = f"SELECT version_num FROM ONLY {url.schema}.{description.VERSIONS} LIMIT 2"  # noqa: S608
    versions = connection.run(query).fetchall()
    if len(versions) != 1 or not str(versions[0][0]).isdecimal():
        raise _not_ours(url)
    return int(versions[0][0])


def _check_objects(connection: PostgresConnection, found: Sequence[SchemaObject], revision: int) -> str:
    """Refuse a schema with other objects than its revision makes; return the schema of pgvector.

    A view, a trigger, a default or a function that somebody put there would run with the rights of this user.

    Raises:
        StoreError: One is missing, other, or of somebody else, and stays so.
    """
    for left in reversed(range(_READINGS)):
        extension = next((each.form for each in found if each.kind == EXTENSION), None)
        difference = description.difference(found, revision)
        if extension is not None and difference is None:
            return extension
        if left:
            time.sleep(_PAUSE_S)
            found = objects(connection)
    raise _changed(connection.url, difference or "extension vector is missing")


def _changed(url: DatabaseUrl, difference: str) -> StoreError:
    return StoreError(
        f"the schema {url.schema} at {url} is damaged or was changed ({difference}): undo that, or {index_again(url)}"
    )


def _require_empty(url: DatabaseUrl, found: Sequence[SchemaObject]) -> None:
    if any(each.kind == EXTENSION and each.form == url.schema for each in found):
        raise StoreError(
            f"pgvector is in the schema {url.schema} at {url}: name another one with ?schema=NAME, or let its owner run"
            " `ALTER EXTENSION vector SET SCHEMA public`"
        )
    others = sorted(each.key for each in found if each.kind != EXTENSION)
    if any(each.kind == "table" for each in found):
        raise _not_ours(url)
    if others:
        raise StoreError(
            f"the schema {url.schema} at {url} has a {description.shown(others[0])} that is not dupfind's: name"
            " another one with ?schema=NAME"
        )


def _not_ours(url: DatabaseUrl) -> StoreError:
    return StoreError(
        f"the schema {url.schema} at {url} has tables that are not dupfind's: name another one with ?schema=NAME"
    )


def _require_utf8(connection: PostgresConnection) -> None:
    row = connection.run("SHOW server_encoding").fetchone()
    if row != ("UTF8",):
        raise StoreError(f"{connection.url} has the encoding {row and row[0]}: name a database with UTF8")


def _require_pgvector(connection: PostgresConnection) -> str:
    """Create the extension where it is missing and this user may, and return its schema as a statement names it."""
    url = connection.url
    query = (
        "SELECT extversion, quote_ident(nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace"
        " WHERE extname = 'vector'"
    )
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
    assert row is not None
    version = tuple(int(part) for part in str(row[0]).split(".")[:2])
    if version < _LEAST_PGVECTOR:
        raise StoreError(
            f"{url} has pgvector {row[0]}: upgrade it to 0.8 or later, then `ALTER EXTENSION vector UPDATE`"
        )
    return str(row[1])
