"""Open a database behind an SQLAlchemy URL in one read-only transaction; passwords are never shown."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from dupfind.errors import SourceError
from dupfind.sources.databases.connection import Database

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_PACKAGES = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""The packages of drivers whose module has another name."""

_SERVICES = {
    "github.com": "github",
    "www.github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "codeberg",
    "bitbucket.org": "bitbucket",
}
"""The services that are read by the owner and the name of a project, by host."""

_PROJECT = re.compile(r"([\w.-]+/[\w.-]+)(?:/|$)", re.ASCII)


def parse_url(location: str) -> "URL":
    """Parse a location as a database URL.

    Raises:
        SourceError: It is invalid; the message omits any password.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(location)
    except (ArgumentError, ValueError):
        scheme = location.partition("://")[0]
        # The cause may quote the whole location with its password, so it is not shown.
        raise SourceError(
            f"{scheme}://... is not a database URL: write it like postgresql://me@localhost/tracker"
        ) from None


def display_url(url: "URL") -> str:
    """Return the URL without password and options; its records are stored under it."""
    from sqlalchemy import URL

    return URL.create(
        url.drivername, username=url.username, host=url.host, port=url.port, database=url.database
    ).render_as_string()


@contextmanager
def open_database(url: "URL", source: str) -> Iterator[Database]:
    """Connect for reading in one transaction.

    Args:
        url: The URL of a database other than SQLite.
        source: The name of the records' source.

    Raises:
        SourceError: The driver is missing, or connecting or reading failed.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = _engine(url)
        with engine.connect() as connection:
            _begin(connection)
            tables, views = _schema(connection)
            with closing(Database(connection, tables, views, source=source)) as database:
                yield database
    except SQLAlchemyError as error:
        reason = _without_password(" ".join(str(getattr(error, "orig", None) or error).split()), url)
        raise SourceError(f"{display_url(url)} cannot be read: {reason}") from None


def _engine(url: "URL") -> "Engine":
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.pool import NullPool

    try:
        return create_engine(url, poolclass=NullPool)
    except NoSuchModuleError:
        scheme = url.drivername
        if scheme in ("http", "https"):
            raise SourceError(f"{display_url(url)} is an address of the web: {_web_address(url)}") from None
        raise SourceError(
            f"{display_url(url)}: no database is known by {scheme}://; postgresql:// and mysql+pymysql:// are"
        ) from None
    except ModuleNotFoundError as error:
        module = error.name or "its driver"
        package = _PACKAGES.get(module, module)
        raise SourceError(
            f"{display_url(url)} needs a driver that is not installed: pip install '{package}',"
            f" or name another one as in {url.get_backend_name()}+DRIVER://"
        ) from None


def _web_address(url: "URL") -> str:
    """Return how a project of the web, or a file of it, is read."""
    project = _PROJECT.match(url.database or "")
    if url.host in _SERVICES:
        name = "owner/repo" if project is None else project[1].removesuffix(".git")
        return f"write {'a project like ' if project is None else ''}{_SERVICES[url.host]}:{name}"
    return (
        f"download the file and name that, or write a service's project, such as discourse:{url.host} or"
        f" jira:{url.host}/PROJECT"
    )


def _begin(connection: "Connection") -> None:
    """Begin a read-only transaction on one snapshot, as far as the server supports it."""
    backend = connection.dialect.name
    if backend == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    elif backend in ("mysql", "mariadb"):
        connection.execution_options(isolation_level="REPEATABLE READ")
        # MySQL applies it from the next transaction on, hence the commit.
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.commit()


def _schema(connection: "Connection") -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    from sqlalchemy import inspect

    inspector = inspect(connection)
    descriptions = inspector.get_multi_columns()
    tables = {
        table: tuple(column["name"] for column in columns) for (_, table), columns in descriptions.items()
    }
    return tables, dict.fromkeys(inspector.get_view_names(), "view")


def _without_password(message: str, url: "URL") -> str:
    password = None if url.password is None else str(url.password)
    if password:
        for form in (password, quote(password, safe=""), quote_plus(password)):  # as it is, and as in a URL
            message = message.replace(form, "***")
    return message
