"""Upgrades a collection's database to the newest revision, in one transaction."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dupfind.errors import StoreError, StoreTooNew
from dupfind.storage import database, network_folder


def upgrade(path: Path, target: str = "head") -> None:
    """Create the database, or run its missing revisions; a database at `target` is not changed.

    The caller holds the writer's lock. All revisions run in one `BEGIN IMMEDIATE` transaction with foreign
    keys off, which ends in a foreign key check. A kill at any statement leaves the old revision intact.

    Args:
        path: The database file; created if it is missing.
        target: Name of the revision to reach.

    Raises:
        StoreError: The file is another program's, cannot be written, or breaks a foreign key.
        StoreTooNew: A newer dupfind wrote it.
    """
    connection = database.connect(path, write=True, create=True)
    try:
        application_id, revision = database.index_header(connection)
        is_new = database.is_blank(connection)
        if not is_new and application_id != database.APPLICATION_ID:
            raise StoreError(f"{path} is not a dupfind index: name another folder with --index")
        if revision > database.REVISION:
            raise StoreTooNew(
                f"{path} has revision {revision}, this dupfind has {database.REVISION}: upgrade dupfind"
            )
        if revision == database.REVISION and target == "head":
            return
        if not is_new:
            database.check_schema(connection, path, revision)
            _check_revision(connection, path, revision)
        if is_new:
            connection.execute("PRAGMA page_size = 8192")  # fixed by the first table, and by WAL mode
        # Neither pragma works inside a transaction.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = OFF")
        _run(connection, path, target)
    except sqlite3.DatabaseError as error:
        database.raise_interruption(error)
        way_out = "free some space, or make the folder writable, and run the same command again"
        if network_folder.is_lock_error(error):
            way_out = network_folder.WAY_OUT
        raise StoreError(f"{path} cannot be written ({error}) and is unchanged: {way_out}") from error
    finally:
        connection.close()


def migrations() -> Path:
    """Return the folder of revisions: inside the installed package, or next to it in a checkout."""
    packaged = Path(__file__).parents[1] / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "migrations"


def _check_revision(connection: sqlite3.Connection, path: Path, revision: int) -> None:
    """Refuse a database whose two numbers of its revision differ: Alembic's decides which revisions run."""
    rows = connection.execute("SELECT version_num FROM alembic_version LIMIT 2").fetchall()
    if rows != [(f"{revision:04}",)]:
        raise StoreError(
            f"{path} is damaged or was changed (table alembic_version has other revisions than {revision}): move "
            f"{path.parent} away and run `dupfind index` again"
        )


def upgrade_postgresql(connect: Callable[[], Any], first: str | None) -> None:
    """Run the missing revisions on a database in PostgreSQL, in one transaction.

    Args:
        connect: Returns a connection of the driver, which stays open.
        first: The revision that a database without tables is taken for; None where it has its own.

    Raises:
        StoreError: A statement failed; nothing was changed.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import StaticPool

    raw = connect()
    was_autocommit, raw.autocommit = raw.autocommit, False
    try:
        engine = create_engine("postgresql+psycopg2://", creator=lambda: raw, poolclass=StaticPool)
        with engine.begin() as bound:
            _run_revisions(bound, "head", first)
        raw.commit()
    except DBAPIError as error:
        if not raw.closed:
            raw.rollback()
        [what, *_] = str(error.orig).splitlines() or [""]
        raise StoreError(f"the database cannot be upgraded ({what}) and is unchanged") from error
    finally:
        if not raw.closed:
            raw.autocommit = was_autocommit


def _run_revisions(bound: Any, target: str, first: str | None = None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    # ConfigParser interpolates a single "%".
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.attributes["connection"] = bound
    if first is not None:
        command.stamp(config, first)
    command.upgrade(config, target)


def _run(connection: sqlite3.Connection, path: Path, target: str) -> None:
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    # The driver's own transactions are off (`database.connect`), so SQLAlchemy's begin needs an explicit statement.
    event.listen(engine, "begin", lambda bound: bound.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as bound:
            _run_revisions(bound, target)
            broken = bound.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise StoreError(
                    f"upgrading {path} would break table {broken[0]}: the index is unchanged, please report it"
                )
    except DBAPIError as error:
        raise (error.orig or error) from error  # sqlite3's error, which `upgrade` catches
